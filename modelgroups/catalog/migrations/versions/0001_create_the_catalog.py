"""Create the catalog: groups, versions, attributes, tags, snapshots, reference sets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "model_group",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("description", sa.String),
        sa.Column("last_sequence_num", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("updated_at", sa.String, nullable=False),
        sa.Column("archived_at", sa.String),
    )
    op.create_index("ix_model_group_name", "model_group", ["name"])
    op.create_table(
        "model",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("group_id", sa.String(36), sa.ForeignKey("model_group.id"), nullable=False),
        sa.Column("sequence_num", sa.Integer, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("partner_model_id", sa.String, nullable=False),
        sa.Column("active_partner_model_id", sa.String),
        sa.Column("display_name", sa.String),
        sa.Column("description", sa.String),
        sa.Column("input_type", sa.String, nullable=False),
        sa.Column("output_type", sa.String, nullable=False),
        sa.Column("is_batch", sa.Boolean, nullable=False),
        sa.Column("classifier_threshold", sa.Float),
        sa.Column("text_delimiter", sa.String),
        sa.Column("expected_throughput_gb_per_day", sa.Float),
        sa.Column("pixel_height", sa.Integer),
        sa.Column("pixel_width", sa.Integer),
        sa.Column("image_class_labels", sa.String),
        sa.Column("explainability", sa.String),
        sa.Column("tags", sa.String),
        sa.Column("attributes", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("updated_at", sa.String, nullable=False),
        sa.Column("archived_at", sa.String),
        sa.UniqueConstraint("group_id", "sequence_num", name="uq_model_sequence_num"),
        sa.UniqueConstraint("group_id", "label", name="uq_model_label"),
        sa.UniqueConstraint("active_partner_model_id", name="uq_model_active_partner_model_id"),
    )
    op.create_index("ix_model_display_name", "model", ["display_name"])
    op.create_index("ix_model_label", "model", ["label"])
    op.create_table(
        "attribute",
        sa.Column("model_serial", sa.Integer, sa.ForeignKey("model.serial"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("value_type", sa.String, nullable=False),
    )
    op.create_index("ix_attribute_name", "attribute", ["name", "model_serial"])
    op.create_table(
        "tag",
        sa.Column("model_serial", sa.Integer, sa.ForeignKey("model.serial"), primary_key=True),
        sa.Column("tag", sa.Text, primary_key=True),
    )
    op.create_index("ix_tag_tag", "tag", ["tag", "model_serial"])
    op.create_table(
        "snapshot",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("n_rows", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
    )
    op.create_table(
        "reference_set",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.String(36), sa.ForeignKey("model.id"), nullable=False),
        sa.Column("sequence_num", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("closed_at", sa.String),
        sa.UniqueConstraint("model_id", "sequence_num", name="uq_reference_set_sequence_num"),
    )
    op.create_table(
        "reference_file",
        sa.Column(
            "set_serial", sa.Integer, sa.ForeignKey("reference_set.serial"), primary_key=True
        ),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), sa.ForeignKey("snapshot.digest"), nullable=False),
    )
    op.create_index("ix_reference_file_digest", "reference_file", ["digest"])
