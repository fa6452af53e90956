"""Segments as files: written and indexed before they are published, and read by row.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.catalog.interrupts import interrupts_wait
from modelgroups.catalog.records import Segment
from modelgroups.inferences.layout import BATCH, Kind, time_column
from modelgroups.inferences.times import as_text
from modelgroups.storage.background import in_background
from modelgroups.storage.parquet import open_parquet, write_parquet
from modelgroups.storage.segments import SegmentName, footer_digest

if TYPE_CHECKING:
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    from modelgroups.registry import Registry

__all__ = ["ROWS_PER_GROUP", "StagedSegment", "WrittenRows", "rows_at", "slices", "staged_segment"]

Ordered = TypeVar("Ordered", int, str)

ROWS_PER_GROUP = 1 << 17
"""Rows that a reader must read at once, and skips at once by their times."""


@dataclass(frozen=True, slots=True)
class StagedSegment:
    """A segment that is written, hashed and fsynced, and not yet published."""

    name: SegmentName
    rows: Path
    index: Path
    record: Segment


@dataclass
class _Bounds:
    """The least and the greatest time and batch id of some rows."""

    time: str
    times: list[int] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)

    def watch(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            if len(table):
                ends = pc.min_max(table[self.time].cast(pa.int64())).as_py()
                self.times = _ends([*self.times, ends["min"], ends["max"]])
            if BATCH in table.column_names:
                found = pc.unique(table[BATCH]).drop_null().to_pylist()
                self.batches = _ends([*self.batches, *found])
            yield table


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """Rows that are in a file and not in memory; they answer as their table would."""

    path: Path
    column_names: Sequence[str]

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self._read([name])[name]

    def take(self, places: pa.Array) -> pa.Table:
        """Return some rows, by their places."""
        with open_parquet(self.path) as file:
            return rows_at(file, places.to_numpy())

    def filter(self, kept: pa.Array) -> pa.Table:
        """Return some rows, by a mask."""
        return self._read(self.column_names).filter(kept)

    def _read(self, names: Sequence[str]) -> pa.Table:
        with open_parquet(self.path) as file:
            return file.read([*names])


def _ends(values: list[Ordered]) -> list[Ordered]:
    return [min(values), max(values)] if values else []


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """Cut a table into row groups."""
    for start in range(0, max(len(table), 1), ROWS_PER_GROUP):
        yield table.slice(start, ROWS_PER_GROUP)


@contextmanager
def staged_segment(
    registry: Registry,
    model_id: str,
    kind: Kind,
    tables: Iterable[pa.Table],
    schema: pa.Schema,
    write_index: Callable[[Path], str],
) -> Iterator[StagedSegment]:
    """Write rows and their index as files that can be published.

    Parameters
    ----------
    registry
        Where to.
    model_id, kind
        Whose rows, and which half of them.
    tables
        The rows, a row group each.
    schema
        The columns of each table.
    write_index
        Writes the index to a path and returns its SHA-256; runs beside the writing of the rows.
    """
    objects = registry.objects
    time = time_column(kind)
    bounds = _Bounds(time)
    with objects.stage() as rows, objects.stage() as index, ExitStack() as beside:
        with interrupts_wait():  # a thread that Ctrl-C met while it starts would be forgotten
            index_digest = beside.enter_context(in_background(partial(write_index, index.path)))
        written = write_parquet(
            bounds.watch(tables),
            schema,
            rows.path,
            durable=objects.durable,
            statistics=[time],
        )
        with interrupts_wait():
            beside.close()
        registry.segments.prepare(model_id)
        name = SegmentName(model_id, uuid4().hex)
        record = Segment(
            serial=0,
            id=name.id,
            kind=kind,
            n_rows=written.n_rows,
            n_deleted=0,
            size=written.size + index.path.stat().st_size,
            digest=written.digest,
            footer_digest=footer_digest(rows.path),
            index_digest=index_digest(),
            from_time=as_text(bounds.times[0]),
            to_time=as_text(bounds.times[1]),
            from_batch=bounds.batches[0] if bounds.batches else None,
            to_batch=bounds.batches[1] if bounds.batches else None,
            deleted=None,
        )
        yield StagedSegment(name, rows.path, index.path, record)


def rows_at(
    file: pq.ParquetFile, rows: NDArray[np.int64], columns: Sequence[str] | None = None
) -> pa.Table:
    """Return some rows of a file, in the order asked for; only their row groups are read."""
    metadata = file.metadata
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    ends = np.cumsum(sizes)
    groups = np.unique(np.searchsorted(ends, rows, side="right"))
    starts = np.concatenate(([0], ends[:-1]))
    read = file.read_row_groups(groups.tolist(), columns=None if columns is None else [*columns])
    offsets = np.concatenate(([0], np.cumsum(np.asarray(sizes)[groups])[:-1]))
    place = np.searchsorted(groups, np.searchsorted(ends, rows, side="right"))
    return read.take(pa.array(rows - starts[groups[place]] + offsets[place]))
