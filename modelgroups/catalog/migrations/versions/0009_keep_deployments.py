"""Make the table of deployments."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table; no group has a deployment yet."""
    op.create_table(
        "deployment",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("group_id", sa.String(36), sa.ForeignKey("model_group.id"), nullable=False),
        sa.Column("live_group_id", sa.String(36)),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("updated_at", sa.String, nullable=False),
        sa.Column("concluded_at", sa.String),
        sa.Column("n_failures", sa.Integer, nullable=False),
        sa.Column("last_failure", sa.String),
        sa.UniqueConstraint("live_group_id", name="uq_deployment_live_group_id"),
    )
    op.create_index("ix_deployment_group_id", "deployment", ["group_id"])
