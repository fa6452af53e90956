"""Make the tables of alert rules and alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables; nothing that was there changes."""
    op.create_table(
        "alert_rule",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("metric_id", sa.String(36), nullable=False),
        sa.Column("metric_name", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("bound", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("lookback_period", sa.Integer, nullable=False),
        sa.Column("wait_time", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("metric_parameters", sa.String),
        sa.Column("filters", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("from_minute", sa.Integer),
        sa.Column("visited_minute", sa.Integer),
        sa.Column("seen", sa.String, nullable=False),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_alert_rule_model_id", "alert_rule", ["model_id"])
    op.create_table(
        "alert",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("rule_id", sa.String(36), sa.ForeignKey("alert_rule.id"), nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("metric_value", sa.Float, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("window_start", sa.String),
        sa.Column("minute", sa.Integer),
        sa.Column("batch_id", sa.String),
        sa.Column("rule", sa.String, nullable=False),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("rule_id", "minute", name="uq_alert_minute"),
        sa.UniqueConstraint("rule_id", "batch_id", name="uq_alert_batch"),
    )
    op.create_index("ix_alert_model_at", "alert", ["model_id", "at"])
