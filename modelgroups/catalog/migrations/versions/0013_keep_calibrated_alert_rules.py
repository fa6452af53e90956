"""Let the threshold of an alert rule follow the size of windows, and let rules be deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add two columns; the thresholds of all rules that are there stay as they are."""
    op.add_column("alert_rule", sa.Column("confidence", sa.Float))
    op.add_column("alert_rule", sa.Column("deleted_at", sa.String))
