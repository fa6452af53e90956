"""The tables, as SQLModel classes in a registry of their own.

A host application that uses SQLModel too keeps its metadata to itself. There are
no relationships and no defaults beyond the column types: rows are written and
read by explicit statements, and checked before they get here. Times are ISO 8601
text in UTC with a fixed width (`modelgroups.catalog.clock`), so that their order
as text is their order in time on every database.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

__all__ = [
    "AttributeRow",
    "Base",
    "GroupRow",
    "ModelRow",
    "ReferenceFileRow",
    "ReferenceSetRow",
    "RevisionRow",
    "SnapshotRow",
    "TagRow",
    "table",
]


class Base(SQLModel, registry=registry()):
    """Base of the tables; holds their metadata apart from everyone else's."""


def table(row: type[Base]) -> Table:
    """Return the Core table of a row class, for statements."""
    return cast("Table", cast("Any", row).__table__)


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
    """The attributes of every version, for finding versions by them."""

    __tablename__ = "attribute"
    __table_args__ = (Index("ix_attribute_name", "name", "model_serial"),)

    model_serial: int = Field(
        sa_column=Column(Integer, ForeignKey("model.serial"), primary_key=True, autoincrement=False)
    )
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str
    stage: str
    value_type: str


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
