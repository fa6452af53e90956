"""Make the tables of artifacts, of provenance and of lineage."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables; nothing that was there changes."""
    op.create_table(
        "artifact",
        _model(),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_table(
        "provenance",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("document", sa.String, nullable=False),
    )
    op.create_table(
        "origin",
        _model(),
        sa.Column("digest", sa.String(64), sa.ForeignKey("provenance.digest"), nullable=False),
    )
    op.create_table(
        "parent",
        _model(),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("parent_id", sa.String(36), nullable=False),
    )


def _model() -> sa.Column[str]:
    return sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), primary_key=True)
