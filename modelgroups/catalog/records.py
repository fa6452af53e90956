"""What the catalog's functions return: frozen records, never rows.

Named tuples, for a listing makes tens of thousands of them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "Artifact",
    "BatchRecord",
    "EnrichmentSetting",
    "GroupRecord",
    "LogRecord",
    "MetricRecord",
    "ModelRecord",
    "Parcel",
    "ReferenceSet",
    "Segment",
    "Snapshot",
]


class GroupRecord(NamedTuple):
    """A model group."""

    id: str
    name: str
    description: str | None
    created_at: str
    updated_at: str
    archived_at: str | None


class ModelRecord(NamedTuple):
    """A version. Fields that hold JSON are text here; None where they were not asked for."""

    id: str
    group_id: str
    sequence_num: int
    label: str | None
    partner_model_id: str
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
    attributes: str | None


class Snapshot(NamedTuple):
    """A Parquet file in the object store."""

    digest: str
    size: int
    n_rows: int


class ReferenceSet(NamedTuple):
    """A reference set of a model, with its files in order."""

    model_id: str
    sequence_num: int
    created_at: str
    closed_at: str | None
    files: tuple[Snapshot, ...]


class Artifact(NamedTuple):
    """A file that a version holds under a name; without hash and time before it is stored.

    Parameters
    ----------
    name
        What it is called in its version.
    size
        Its bytes.
    digest
        The SHA-256 of its content, in hexadecimal.
    created_at
        When it was stored, in UTC.

    Examples
    --------
    >>> Artifact("notes.txt", 16).size
    16
    """

    name: str
    size: int
    digest: str | None = None
    created_at: str | None = None


class LogRecord(NamedTuple):
    """The inference log of a model."""

    serial: int
    n_truths: int
    n_waiting: int
    generation: int
    n_deletions: int


class Segment(NamedTuple):
    """A Parquet file of a log, with its index of keys.

    Times and batch ids are the least and the greatest of its rows.
    """

    serial: int
    id: str
    kind: str
    n_rows: int
    n_deleted: int
    size: int
    digest: str
    footer_digest: str
    index_digest: str
    from_time: str
    to_time: str
    from_batch: str | None
    to_batch: str | None
    deleted: bytes | None


class Parcel(NamedTuple):
    """Rows of a log that came a few at a time."""

    serial: int
    kind: str
    n_rows: int
    rows: bytes


class BatchRecord(NamedTuple):
    """A batch of inferences; times are the least and the greatest of its rows."""

    batch_id: str
    n_rows: int
    from_time: str
    to_time: str
    created_at: str
    closed_at: str | None
    n_declared: int | None


class MetricRecord(NamedTuple):
    """A metric that a user added; `query` and `parameters` are JSON."""

    id: str
    model_id: str
    name: str
    type: str
    parameters: str
    created_at: str
    query: str


class EnrichmentSetting(NamedTuple):
    """Whether a kind of enrichment is enabled; `config` is JSON."""

    name: str
    enabled: bool
    config: str


class RuleRecord(NamedTuple):
    """An alert rule; `metric_parameters` and `filters` are JSON."""

    id: str
    model_id: str
    metric_id: str
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


class AlertRecord(NamedTuple):
    """An alert; `minute` is the end of its window, counted from 1970, and `rule` is JSON."""

    id: str
    model_id: str
    rule_id: str
    at: str
    metric_value: float
    message: str
    status: str
    window_start: str | None
    minute: int | None
    batch_id: str | None
    rule: str
