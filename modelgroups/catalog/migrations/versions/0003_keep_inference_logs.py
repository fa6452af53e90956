"""Make the tables of inference logs, and of metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables; nothing that was there changes."""
    op.create_table(
        "inference_log",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("n_truths", sa.Integer, nullable=False),
        sa.Column("n_waiting", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("n_deletions", sa.Integer, nullable=False),
        sa.UniqueConstraint("model_id"),
    )
    op.create_table(
        "segment",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False),
        _log(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("n_rows", sa.Integer, nullable=False),
        sa.Column("n_deleted", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("footer_digest", sa.String(64), nullable=False),
        sa.Column("index_digest", sa.String(64), nullable=False),
        sa.Column("from_time", sa.String, nullable=False),
        sa.Column("to_time", sa.String, nullable=False),
        sa.Column("from_batch", sa.String),
        sa.Column("to_batch", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("deleted", sa.LargeBinary),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_segment_log_kind", "segment", ["log", "kind"])
    op.create_table(
        "parcel",
        sa.Column("serial", sa.Integer, primary_key=True),
        _log(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("n_rows", sa.Integer, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_parcel_log_kind", "parcel", ["log", "kind"])
    op.create_table(
        "parcel_key",
        _log(primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("parcel", sa.Integer, primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch",
        _log(primary_key=True),
        sa.Column("batch_id", sa.Text, primary_key=True),
        sa.Column("n_rows", sa.Integer, nullable=False),
        sa.Column("from_time", sa.String, nullable=False),
        sa.Column("to_time", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("closed_at", sa.String),
        sa.Column("n_declared", sa.Integer),
    )
    op.create_table(
        "log_object",
        _log(primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("n_rows", sa.Integer, nullable=False),
    )
    op.create_table(
        "log_change",
        sa.Column("serial", sa.Integer, primary_key=True),
        _log(),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("n_inferences", sa.Integer, nullable=False),
        sa.Column("n_truths", sa.Integer, nullable=False),
    )
    op.create_index("ix_log_change_log", "log_change", ["log"])
    op.create_table(
        "metric",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("parameters", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("query", sa.String, nullable=False),
        sa.UniqueConstraint("model_id", "name"),
    )


def _log(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "log",
        sa.Integer,
        sa.ForeignKey("inference_log.serial"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=False,
    )
