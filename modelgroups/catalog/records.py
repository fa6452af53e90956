"""What the catalog's functions return: frozen records, never rows.

Named tuples, for a listing makes tens of thousands of them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GroupRecord", "ModelRecord", "ReferenceSet", "Snapshot"]


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
