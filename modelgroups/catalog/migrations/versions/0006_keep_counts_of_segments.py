"""Make the table of the counts of segments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table; nothing that was there changes."""
    op.create_table(
        "segment_count",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("segment", sa.String(32), sa.ForeignKey("segment.id"), nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("n_deleted", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("counts", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("segment", "key"),
    )
