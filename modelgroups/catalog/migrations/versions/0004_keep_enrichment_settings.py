"""Make the table of the settings of enrichments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; nothing that was there changes."""
    op.create_table(
        "enrichment_setting",
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("config", sa.String, nullable=False),
    )
