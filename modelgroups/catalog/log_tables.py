"""The tables of inference logs, beside those of `modelgroups.catalog.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from modelgroups.catalog.tables import Base

__all__ = [
    "METADATA",
    "BatchRow",
    "InferenceLogRow",
    "LogObjectRow",
    "ParcelKeyRow",
    "ParcelRow",
    "SegmentCountRow",
    "SegmentRow",
]


class InferenceLogRow(Base, table=True):
    """The inference log of a model, from its first inference or ground truth on.

    `n_truths` counts the ids that have a ground truth, `n_waiting` those of them without an
    inference. `generation` grows with every change of the list of segments, `n_deletions` with
    every deletion of rows. Rows of the other tables name the log by its `serial`.
    """

    __tablename__ = "inference_log"

    serial: int | None = Field(default=None, primary_key=True)
    model_id: str = Field(foreign_key="model.id", unique=True, max_length=36)
    n_truths: int
    n_waiting: int
    generation: int
    n_deletions: int


class SegmentRow(Base, table=True):
    """An immutable Parquet file of a log, with its index of keys.

    `serial` is the order of storing. `footer_digest` is the SHA-256 of the file's footer, where
    names, types and places stand. `deleted` marks the rows that were deleted since the file was
    written: a bit for each row, compressed.
    """

    __tablename__ = "segment"
    __table_args__ = (
        Index("ix_segment_log_kind", "log", "kind"),
        {"sqlite_autoincrement": True},
    )

    serial: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=32)
    log: int = Field(foreign_key="inference_log.serial")
    kind: str
    n_rows: int
    n_deleted: int
    size: int
    digest: str = Field(max_length=64)
    footer_digest: str = Field(max_length=64)
    index_digest: str = Field(max_length=64)
    from_time: str
    to_time: str
    from_batch: str | None
    to_batch: str | None
    created_at: str
    deleted: bytes | None = Field(sa_column=Column(LargeBinary))


class SegmentCountRow(Base, table=True):
    """Counts of the rows of a segment by day and bucket, which can be made again at any time.

    `key` is a hash of the buckets, `n_deleted` says how many rows were deleted when they were
    counted, and `digest` is the SHA-256 of all the others.
    """

    __tablename__ = "segment_count"
    __table_args__ = (UniqueConstraint("segment", "key"),)

    serial: int | None = Field(default=None, primary_key=True)
    segment: str = Field(foreign_key="segment.id", max_length=32)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    n_deleted: int
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    counts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ParcelRow(Base, table=True):
    """Rows of a log that came a few at a time, as a JSON list of objects.

    `serial` is the order of storing, and is never given twice: parcels up to a serial are
    folded into a segment.
    """

    __tablename__ = "parcel"
    __table_args__ = (
        Index("ix_parcel_log_kind", "log", "kind"),
        {"sqlite_autoincrement": True},
    )

    serial: int | None = Field(default=None, primary_key=True)
    log: int = Field(foreign_key="inference_log.serial")
    kind: str
    n_rows: int
    rows: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ParcelKeyRow(Base, table=True):
    """The keys of the rows in parcels."""

    __tablename__ = "parcel_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    log: int = Field(
        sa_column=Column(
            Integer, ForeignKey("inference_log.serial"), primary_key=True, autoincrement=False
        )
    )
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    parcel: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    row: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))


class BatchRow(Base, table=True):
    """Inferences that share a batch id; `n_declared` is the count given when it was closed."""

    __tablename__ = "batch"

    log: int = Field(
        sa_column=Column(
            Integer, ForeignKey("inference_log.serial"), primary_key=True, autoincrement=False
        )
    )
    batch_id: str = Field(sa_column=Column(Text, primary_key=True))
    n_rows: int
    from_time: str
    to_time: str
    created_at: str
    closed_at: str | None
    n_declared: int | None


class LogObjectRow(Base, table=True):
    """A file of the object store that rows of a log name, and how many rows do."""

    __tablename__ = "log_object"

    log: int = Field(
        sa_column=Column(
            Integer, ForeignKey("inference_log.serial"), primary_key=True, autoincrement=False
        )
    )
    digest: str = Field(sa_column=Column(Text, primary_key=True))
    size: int
    n_rows: int


METADATA = Base.metadata
"""Of all tables of a catalog, for those here are the last to be known."""
