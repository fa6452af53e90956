"""Keep audit events of other registries, and note what no event told of so far.

Versions and artifacts that were saved before there were events, or that came with a bundle, could
be changed with nothing to compare them with. One event tells what they are now.
"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_FIELDS = ("serial", "at", "type", "group_id", "model_id", "actor", "before", "after", "reason")


def upgrade() -> None:
    """Add the table, and the event."""
    op.create_table(
        "imported_event",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("import_event", sa.Integer, sa.ForeignKey("event.serial"), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("group_id", sa.String(36)),
        sa.Column("model_id", sa.String(36)),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("before", sa.String),
        sa.Column("after", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    connection = op.get_bind()
    models, artifacts = _untold(connection)
    if models or artifacts:
        found = {"fingerprints": models, "artifacts": artifacts}
        _record(connection, {"revision": revision, **found})


def _untold(connection: sa.Connection) -> tuple[dict[str, str], list[list[object]]]:
    """Return the fingerprints of versions, and the artifacts, that no event tells of."""
    saved = connection.execute(sa.text("SELECT id, fingerprint FROM model"))
    models: dict[str, str] = {row[0]: row[1] for row in saved}
    rows = connection.execute(sa.text("SELECT model_id, name, digest, size FROM artifact"))
    artifacts = {(row[0], row[1]): list(row) for row in rows}
    told = connection.execute(
        sa.text(
            'SELECT type, model_id, "after" FROM event '
            "WHERE type IN ('model.saved', 'model.updated', 'artifact.added')"
        )
    )
    for kind, model_id, document in told:
        after = json.loads(document)
        if kind == "artifact.added":
            artifacts.pop((model_id, after["name"]), None)
        elif "fingerprint" in after:
            models.pop(model_id, None)
    return models, sorted(artifacts.values(), key=str)


def _record(connection: sa.Connection, after: dict[str, object]) -> None:
    n_events, last = connection.execute(
        sa.text("SELECT n_events, hash FROM audit_head WHERE id = 1")
    ).one()
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    document = json.dumps(after, separators=(",", ":"))
    values = [n_events + 1, at, "registry.migrated", None, None, '{"name":"not recorded"}']
    values += [None, document, None]
    text = json.dumps([last, *values], separators=(",", ":"))
    hash_ = hashlib.sha256(text.encode()).hexdigest()
    event = sa.table("event", *map(sa.column, (*_FIELDS, "hash")))
    connection.execute(
        sa.insert(event), dict(zip((*_FIELDS, "hash"), [*values, hash_], strict=True))
    )
    connection.execute(
        sa.text("UPDATE audit_head SET n_events = :n_events, hash = :hash WHERE id = 1"),
        {"n_events": n_events + 1, "hash": hash_},
    )
