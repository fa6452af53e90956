"""The tables, as SQLModel classes in a registry of their own.

A host application that uses SQLModel too keeps its metadata to itself. There are
no relationships and no defaults beyond the column types: rows are written and
read by explicit statements, and checked before they get here. Times are ISO 8601
text in UTC with a fixed width (`modelgroups.catalog.clock`), so that their order
as text is their order in time on every database.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

__all__ = [
    "AlertRow",
    "AlertRuleRow",
    "AliasMoveRow",
    "AliasRow",
    "ArtifactRow",
    "AttributeRow",
    "AuditHeadRow",
    "Base",
    "DeploymentRow",
    "EnrichmentSettingRow",
    "EventRow",
    "GroupRow",
    "ImportedEventRow",
    "MetricRow",
    "ModelRow",
    "OriginRow",
    "ParentRow",
    "ProvenanceRow",
    "ReferenceFileRow",
    "ReferenceSetRow",
    "RevisionRow",
    "SchemaRow",
    "SnapshotRow",
    "TagRow",
    "table",
]


class Base(SQLModel, registry=registry()):
    """Base of the tables; holds their metadata apart from everyone else's."""


def table(row: type[Base]) -> Table:
    """Return the Core table of a row class, for statements."""
    return cast("Table", cast("Any", row).__table__)


def _model_key() -> Column[str]:
    """Return the column that names the model of a row, as a part of the primary key."""
    return Column(String(36), ForeignKey("model.id"), primary_key=True)


class RevisionRow(Base, table=True):
    """The schema's revision, in the table that Alembic keeps."""

    __tablename__ = "alembic_version"

    version_num: str = Field(primary_key=True, max_length=32)


class GroupRow(Base, table=True):
    """A model group. `last_sequence_num` only grows: a number is never issued twice."""

    __tablename__ = "model_group"
    __table_args__ = (Index("ix_model_group_name", "name"),)

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    name: str
    description: str | None
    last_sequence_num: int
    created_at: str
    updated_at: str
    archived_at: str | None


class ModelRow(Base, table=True):
    """A version: one immutable model object in a group.

    `serial` is the order of saving. `active_partner_model_id` is the partner id while
    the model is not archived and null afterwards, which makes it unique among the
    active ones on any database. `attributes` is the schema as JSON; it stands last, for
    SQLite reads through a long text to get at what stands behind it.
    """

    __tablename__ = "model"
    __table_args__ = (
        UniqueConstraint("group_id", "sequence_num", name="uq_model_sequence_num"),
        UniqueConstraint("group_id", "label", name="uq_model_label"),
        UniqueConstraint("active_partner_model_id", name="uq_model_active_partner_model_id"),
        Index("ix_model_display_name", "display_name"),
        Index("ix_model_label", "label"),
        Index("ix_model_created_at", "created_at"),
    )

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    group_id: str = Field(foreign_key="model_group.id", max_length=36)
    sequence_num: int
    label: str | None
    partner_model_id: str
    active_partner_model_id: str | None
    display_name: str | None
    description: str | None
    input_type: str
    output_type: str
    is_batch: bool
    classifier_threshold: float | None
    text_delimiter: str | None
    expected_throughput_gb_per_day: float | None
    pixel_height: int | None
    pixel_width: int | None
    image_class_labels: str | None
    explainability: str | None
    tags: str | None
    created_at: str
    updated_at: str
    archived_at: str | None
    fingerprint: str = Field(max_length=64)
    attributes: str


class AttributeRow(Base, table=True):
    """The names of the attributes of every schema, for finding versions by them.

    Versions of a group mostly have the same attributes: they are written once, and a save writes
    the one row that says whose they are. `schema_digest` is the SHA-256 over the names.
    """

    __tablename__ = "attribute"
    __table_args__ = {"sqlite_with_rowid": False}  # as SQLAlchemy wants it

    name: str = Field(primary_key=True)
    schema_digest: str = Field(primary_key=True, max_length=64)


class SchemaRow(Base, table=True):
    """The schema of every version."""

    __tablename__ = "model_schema"
    __table_args__ = {"sqlite_with_rowid": False}

    schema_digest: str = Field(primary_key=True, max_length=64)
    model_serial: int = Field(
        sa_column=Column(Integer, ForeignKey("model.serial"), primary_key=True, autoincrement=False)
    )


class TagRow(Base, table=True):
    """The tags of every version, for finding versions by them."""

    __tablename__ = "tag"
    __table_args__ = (Index("ix_tag_tag", "tag", "model_serial"),)

    model_serial: int = Field(
        sa_column=Column(Integer, ForeignKey("model.serial"), primary_key=True, autoincrement=False)
    )
    tag: str = Field(sa_column=Column(Text, primary_key=True))


class SnapshotRow(Base, table=True):
    """A Parquet file in the object store, named by the SHA-256 of its bytes."""

    __tablename__ = "snapshot"

    digest: str = Field(primary_key=True, max_length=64)
    size: int
    n_rows: int
    created_at: str


class ReferenceSetRow(Base, table=True):
    """A reference set of a model; the newest closed one is current."""

    __tablename__ = "reference_set"
    __table_args__ = (
        UniqueConstraint("model_id", "sequence_num", name="uq_reference_set_sequence_num"),
    )

    serial: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id", max_length=36)
    sequence_num: int
    created_at: str
    closed_at: str | None


class ReferenceFileRow(Base, table=True):
    """A snapshot that is part of a reference set."""

    __tablename__ = "reference_file"
    __table_args__ = (Index("ix_reference_file_digest", "digest"),)

    set_serial: int = Field(
        sa_column=Column(
            Integer, ForeignKey("reference_set.serial"), primary_key=True, autoincrement=False
        )
    )
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    digest: str = Field(foreign_key="snapshot.digest", max_length=64)


class ArtifactRow(Base, table=True):
    """A file of the object store that a version holds under a name."""

    __tablename__ = "artifact"

    model_id: str = Field(sa_column=_model_key())
    name: str = Field(sa_column=Column(Text, primary_key=True))
    digest: str = Field(max_length=64)
    size: int
    created_at: str


class ProvenanceRow(Base, table=True):
    """What versions were saved with, as JSON, named by the SHA-256 of the text."""

    __tablename__ = "provenance"

    digest: str = Field(primary_key=True, max_length=64)
    document: str


class OriginRow(Base, table=True):
    """The provenance of a version; many share one."""

    __tablename__ = "origin"

    model_id: str = Field(sa_column=_model_key())
    digest: str = Field(foreign_key="provenance.digest", max_length=64)


class ParentRow(Base, table=True):
    """A version that another was made from; it may lie in another registry."""

    __tablename__ = "parent"

    model_id: str = Field(sa_column=_model_key())
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    parent_id: str = Field(max_length=36)


class MetricRow(Base, table=True):
    """A metric that a user added to a model; `query` and `parameters` are JSON."""

    __tablename__ = "metric"
    __table_args__ = (UniqueConstraint("model_id", "name"),)

    id: str = Field(primary_key=True, max_length=36)
    model_id: str = Field(foreign_key="model.id", max_length=36)
    name: str
    type: str
    parameters: str
    created_at: str
    query: str


class EnrichmentSettingRow(Base, table=True):
    """Whether a kind of enrichment is enabled for a model; `config` is JSON."""

    __tablename__ = "enrichment_setting"

    model_id: str = Field(foreign_key="model.id", primary_key=True, max_length=36)
    name: str = Field(primary_key=True)
    enabled: bool
    config: str


class AlertRuleRow(Base, table=True):
    """A threshold for a metric; `metric_parameters` and `filters` are JSON.

    Minutes are counted from 1970. From `from_minute` on the rule holds as it is; what lies before
    was looked at as it was. `visited_minute` is the last that it looked at, and `seen` tells what
    the log was like then. Where there is a `confidence`, windows have thresholds of their own. The
    row of a deleted rule stays, for its alerts, and for a default rule not to be made again.
    """

    __tablename__ = "alert_rule"

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    model_id: str = Field(foreign_key="model.id", max_length=36, index=True)
    metric_id: str = Field(max_length=36)
    metric_name: str
    name: str
    bound: str
    severity: str
    threshold: float
    lookback_period: int
    wait_time: int
    enabled: bool
    metric_parameters: str | None
    filters: str | None
    created_at: str
    from_minute: int | None
    visited_minute: int | None
    seen: str
    confidence: float | None
    deleted_at: str | None


class AlertRow(Base, table=True):
    """A metric that crossed the threshold of a rule; `rule` is the rule as it was then, as JSON."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("rule_id", "minute", name="uq_alert_minute"),
        UniqueConstraint("rule_id", "batch_id", name="uq_alert_batch"),
        Index("ix_alert_model_at", "model_id", "at"),
    )

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    model_id: str = Field(foreign_key="model.id", max_length=36)
    rule_id: str = Field(foreign_key="alert_rule.id", max_length=36)
    at: str
    metric_value: float
    message: str
    status: str
    window_start: str | None
    minute: int | None
    batch_id: str | None
    rule: str


class EventRow(Base, table=True):
    """An audit event; `serial` counts from 1 without a gap, `hash` chains it to the one before.

    It names groups and models by id and no more: it stays when they are in another registry.
    There is no index: each would be two more writes in every commit, for questions that are rare.
    """

    __tablename__ = "event"

    serial: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: str
    type: str
    group_id: str | None = Field(max_length=36)
    model_id: str | None = Field(max_length=36)
    actor: str
    before: str | None
    after: str | None
    reason: str | None
    hash: str = Field(max_length=64)


class AuditHeadRow(Base, table=True):
    """The one row that says how many events there are, and the hash of the last."""

    __tablename__ = "audit_head"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    n_events: int
    hash: str = Field(max_length=64)


class ImportedEventRow(Base, table=True):
    """An audit event of another registry, which came with a bundle.

    `serial` is the order of coming, `number` the serial that it has where it happened, `previous`
    the hash of the event before it there: with them its own `hash` can be computed again.
    `import_event` is the event here that tells of the import, and has a hash over all that came.
    """

    __tablename__ = "imported_event"

    serial: int | None = Field(default=None, primary_key=True)
    import_event: int = Field(foreign_key="event.serial")
    previous: str = Field(max_length=64)
    number: int
    at: str
    type: str
    group_id: str | None = Field(max_length=36)
    model_id: str | None = Field(max_length=36)
    actor: str
    before: str | None
    after: str | None
    reason: str | None
    hash: str = Field(unique=True, max_length=64)


class AliasMoveRow(Base, table=True):
    """A move of an alias, to a version or, when it was deleted, to none.

    `parent` is the move whose version a rollback goes back to. A rollback takes over the parent
    of the move that it goes back to, so that the next one goes back further.
    """

    __tablename__ = "alias_move"
    __table_args__ = (Index("ix_alias_move_group_id", "group_id", "name"),)

    serial: int | None = Field(default=None, primary_key=True)
    group_id: str = Field(foreign_key="model_group.id", max_length=36)
    name: str
    kind: str
    at: str
    model_id: str | None = Field(foreign_key="model.id", max_length=36)
    parent: int | None = Field(foreign_key="alias_move.serial")
    event: int = Field(foreign_key="event.serial")


class AliasRow(Base, table=True):
    """Where an alias points, and the move that made it do so."""

    __tablename__ = "alias"
    __table_args__ = (Index("ix_alias_model_id", "model_id"),)

    group_id: str = Field(foreign_key="model_group.id", primary_key=True, max_length=36)
    name: str = Field(primary_key=True)
    model_id: str = Field(foreign_key="model.id", max_length=36)
    move: int = Field(foreign_key="alias_move.serial")


class DeploymentRow(Base, table=True):
    """How versions of a group share its traffic.

    `live_group_id` is the group while the deployment goes on, so that a group has one at most.
    `revision` counts its changes, `plan` is JSON; failures are those of shadows.
    """

    __tablename__ = "deployment"
    __table_args__ = (
        UniqueConstraint("live_group_id", name="uq_deployment_live_group_id"),
        Index("ix_deployment_group_id", "group_id"),
    )

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    group_id: str = Field(foreign_key="model_group.id", max_length=36)
    live_group_id: str | None = Field(max_length=36)
    kind: str
    state: str
    revision: int
    plan: str
    created_at: str
    updated_at: str
    concluded_at: str | None
    n_failures: int
    last_failure: str | None
