"""Make the tables of audit events and of aliases; deletions become events."""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables, begin the chain with what was recorded so far, and drop that."""
    _create_events()
    _create_aliases()
    _Chain(op.get_bind()).begin()
    op.drop_index("ix_log_change_log", "log_change")
    op.drop_table("log_change")


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("serial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("group_id", sa.String(36)),
        sa.Column("model_id", sa.String(36)),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("before", sa.String),
        sa.Column("after", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n_events", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def _create_aliases() -> None:
    op.create_table(
        "alias_move",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("group_id", sa.String(36), sa.ForeignKey("model_group.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id")),
        sa.Column("parent", sa.Integer, sa.ForeignKey("alias_move.serial")),
        sa.Column("event", sa.Integer, sa.ForeignKey("event.serial"), nullable=False),
    )
    op.create_index("ix_alias_move_group_id", "alias_move", ["group_id", "name"])
    op.create_table(
        "alias",
        sa.Column("group_id", sa.String(36), sa.ForeignKey("model_group.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("move", sa.Integer, sa.ForeignKey("alias_move.serial"), nullable=False),
    )
    op.create_index("ix_alias_model_id", "alias", ["model_id"])


_EVENT = sa.table(
    "event",
    *map(
        sa.column,
        (
            "serial",
            "at",
            "type",
            "group_id",
            "model_id",
            "actor",
            "before",
            "after",
            "reason",
            "hash",
        ),
    ),
)


class _Chain:
    """Writes events as this revision hashes them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._n_events = 0
        self._hash = "0" * 64

    def begin(self) -> None:
        """Record the deletions of before, and that the rest was not recorded."""
        deletions = self._connection.execute(
            sa.text(
                "SELECT c.at, m.group_id, m.id, c.rule, c.n_inferences, c.n_truths "
                "FROM log_change c JOIN inference_log l ON l.serial = c.log "
                "JOIN model m ON m.id = l.model_id ORDER BY c.at, c.serial"
            )
        ).all()
        for at, group_id, model_id, rule, n_inferences, n_truths in deletions:
            after = {"rule": rule, "inferences": n_inferences, "ground_truths": n_truths}
            self._record("inferences.deleted", at, group_id, model_id, after)
        counts = {
            name: self._connection.execute(sa.text(statement)).scalar_one()
            for name, statement in (
                ("groups", "SELECT count(*) FROM model_group"),
                ("models", "SELECT count(*) FROM model"),
            )
        }
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        self._record("registry.migrated", at, None, None, {"revision": revision, **counts})
        self._connection.execute(
            sa.text("INSERT INTO audit_head VALUES (1, :n_events, :hash)"),
            {"n_events": self._n_events, "hash": self._hash},
        )

    def _record(
        self,
        kind: str,
        at: str,
        group_id: str | None,
        model_id: str | None,
        after: dict[str, object],
    ) -> None:
        self._n_events += 1
        actor = '{"name":"not recorded"}'
        document = json.dumps(after, separators=(",", ":"))
        values = [self._n_events, at, kind, group_id, model_id, actor]
        values += [None, document, None]
        text = json.dumps([self._hash, *values], separators=(",", ":"))
        self._hash = hashlib.sha256(text.encode()).hexdigest()
        row = dict(zip(_EVENT.c.keys(), [*values, self._hash], strict=True))
        self._connection.execute(sa.insert(_EVENT), row)
