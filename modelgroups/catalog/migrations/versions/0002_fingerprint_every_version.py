"""Give every version the hash of what it is, so that a damaged row is noticed."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = (
    "id, group_id, sequence_num, label, partner_model_id, display_name, description, input_type, "
    "output_type, is_batch, classifier_threshold, text_delimiter, expected_throughput_gb_per_day, "
    "pixel_height, pixel_width, image_class_labels, explainability, tags, created_at, attributes"
)


def upgrade() -> None:
    """Add the column, fill it, forbid that it is empty, and move `attributes` behind it."""
    connection = op.get_bind()
    op.add_column("model", sa.Column("fingerprint", sa.String(64)))
    rows = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM model").all()  # noqa: S608  # a constant
    for row in rows:
        named = row._asdict()
        values = [bool(value) if key == "is_batch" else value for key, value in named.items()]
        text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        connection.exec_driver_sql(
            "UPDATE model SET fingerprint = ? WHERE id = ?",
            (hashlib.sha256(text.encode()).hexdigest(), row.id),
        )
    last = ("fingerprint", "attributes")  # the long text behind what listings read
    with op.batch_alter_table("model", partial_reordering=[last]) as batch:
        batch.alter_column("fingerprint", existing_type=sa.String(64), nullable=False)
    op.create_index("ix_model_created_at", "model", ["created_at"])
