"""Write the names of the attributes of each schema once, where every version had its own.

In a group of many versions with the same attributes, those rows were a third of what a save wrote.
"""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables anew, from the names in the old one."""
    bind = op.get_bind()
    names: dict[int, set[str]] = {}
    for serial, name in bind.exec_driver_sql("SELECT model_serial, name FROM attribute"):
        names.setdefault(serial, set()).add(name)
    op.drop_index("ix_attribute_name", "attribute")
    op.drop_table("attribute")
    attribute = op.create_table(
        "attribute",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("schema_digest", sa.String(64), primary_key=True),
        sqlite_with_rowid=False,
    )
    model_schema = op.create_table(
        "model_schema",
        sa.Column("schema_digest", sa.String(64), primary_key=True),
        sa.Column("model_serial", sa.Integer, sa.ForeignKey("model.serial"), primary_key=True),
        sqlite_with_rowid=False,
    )
    schemas = {serial: tuple(sorted(found)) for serial, found in names.items()}
    digests = {schema: _digest(schema) for schema in schemas.values()}
    op.bulk_insert(
        attribute,
        [
            {"name": name, "schema_digest": digest}
            for schema, digest in digests.items()
            for name in schema
        ],
    )
    op.bulk_insert(
        model_schema,
        [
            {"schema_digest": digests[schema], "model_serial": serial}
            for serial, schema in schemas.items()
        ],
    )


def _digest(names: tuple[str, ...]) -> str:
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()
