"""Taking in reference data: from a frame or from Arrow batches to a staged snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from modelgroups.catalog.records import Snapshot
from modelgroups.progress import tracked
from modelgroups.storage.frames import KeptFrame
from modelgroups.storage.objects import ObjectStore
from modelgroups.storage.parquet import write_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ROWS_PER_GROUP",
    "FrameToStore",
    "StagedSnapshot",
    "staged_frame",
    "staged_tables",
]

ROWS_PER_GROUP = 1 << 17
"""Rows that are converted and encoded at a time; the memory that a save needs follows it."""


@dataclass(frozen=True, slots=True)
class StagedSnapshot:
    """A Parquet file that is written, hashed and fsynced, and not yet published."""

    path: Path
    snapshot: Snapshot


@dataclass
class FrameToStore:
    """A frame, and how it is kept in Arrow, which is worked out once."""

    frame: pd.DataFrame
    _kept: KeptFrame | None = field(default=None, init=False, repr=False)

    def keep(self, columns: Mapping[Any, pd.Series] | None = None) -> KeptFrame:
        """Return the frame as `KeptFrame` has it; raises what that raises."""
        if self._kept is None:
            self._kept = KeptFrame(self.frame, columns)
        return self._kept


@contextmanager
def staged_frame(objects: ObjectStore, reference: FrameToStore) -> Iterator[StagedSnapshot]:
    """Write a frame as a staged snapshot that gives it back exactly.

    Raises
    ------
    FrameError
        A column holds what Parquet cannot keep.
    """
    kept, n_rows = reference.keep(), len(reference.frame)
    starts = range(0, max(n_rows, 1), ROWS_PER_GROUP)
    tables = (
        kept.table(start=start, stop=min(start + ROWS_PER_GROUP, n_rows))
        for start in tracked(starts, "Writing reference data", total=len(starts))
    )
    with staged_tables(objects, tables, kept.schema) as staged:
        yield staged


@contextmanager
def staged_tables(
    objects: ObjectStore, tables: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema
) -> Iterator[StagedSnapshot]:
    """Write Arrow data as a staged snapshot, one row group for each table."""
    with objects.stage() as staged:
        written = write_parquet(tables, schema, staged.path, durable=objects.durable)
        yield StagedSnapshot(staged.path, Snapshot(written.digest, written.size, written.n_rows))
