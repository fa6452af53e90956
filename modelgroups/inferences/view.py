"""A view of the log: what it held at one moment, for as long as somebody reads it.

The files of its segments are open, so that they can be read after a compaction has removed
them. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from modelgroups.catalog import logs, parcels
from modelgroups.catalog.records import Parcel, Segment
from modelgroups.errors import SnapshotMissingError
from modelgroups.inferences.layout import ID, Kind, Layout
from modelgroups.inferences.marks import deleted_rows
from modelgroups.inferences.records import load_records, table_of
from modelgroups.inferences.search import list_segments
from modelgroups.storage.joins import Joins, Pairs
from modelgroups.storage.keys import KeyIndex, Keys, keys_of
from modelgroups.storage.segments import SegmentName

if TYPE_CHECKING:
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    from modelgroups.registry import Registry

__all__ = ["OpenSegment", "ParcelRows", "View", "every", "live_batches", "open_view"]

_TRIES = 20


@dataclass(frozen=True)
class OpenSegment:
    """A segment whose files are open."""

    record: Segment
    file: pq.ParquetFile
    index: KeyIndex

    @property
    def deleted(self) -> NDArray[np.bool_] | None:
        """For each row whether it is deleted, or None if none is."""
        return deleted_rows(self.record)


@dataclass
class ParcelRows:
    """The rows of all parcels of one kind, as a table."""

    parcels: Sequence[Parcel]
    layout: Layout
    kind: Kind
    _table: pa.Table | None = field(default=None, init=False)
    _keys: Keys | None = field(default=None, init=False)
    _index: KeyIndex | None = field(default=None, init=False)

    @property
    def table(self) -> pa.Table:
        """The rows, with the columns that any of them has."""
        if self._table is None:
            records = [record for parcel in self.parcels for record in load_records(parcel.rows)]
            self._table = table_of(records, self.layout.schema(self.kind))
        return self._table

    @property
    def keys(self) -> Keys:
        """The keys of the rows."""
        if self._keys is None:
            self._keys = keys_of(self.table[ID])
        return self._keys

    @property
    def index(self) -> KeyIndex:
        """In which row each key stands."""
        if self._index is None:
            self._index = KeyIndex.of(self.keys)
        return self._index


@dataclass
class View:
    """What a log held at one moment.

    Parameters
    ----------
    layout
        The columns.
    segments
        The segments that are open, oldest first.
    parcels
        The rows in the catalog.
    closed
        The segments that were not wanted open.
    n_waiting
        How many ids have a ground truth and no inference.
    """

    layout: Layout
    segments: list[OpenSegment]
    parcels: dict[Kind, ParcelRows]
    joins: Joins
    closed: Sequence[Segment] = ()
    n_waiting: int = 0

    def of_kind(self, kind: Kind) -> list[OpenSegment]:
        """Return the segments of a kind, oldest first."""
        return [segment for segment in self.segments if segment.record.kind == kind]

    def pairs(self, left: OpenSegment, right: OpenSegment) -> Pairs:
        """Return every pair of rows, one of either segment, that have one id; deleted ones too."""
        return self.joins.pairs(left.record.id, left.index, right.record.id, right.index)

    def columns(self, kind: Kind) -> set[str]:
        """Return the columns that any row has."""
        names = set(self.parcels[kind].table.column_names) if self.parcels[kind].parcels else set()
        return names.union(*(s.file.schema_arrow.names for s in self.of_kind(kind)))


def every(_: Segment) -> bool:
    """Want every segment open."""
    return True


@contextmanager
def open_view(
    registry: Registry,
    model_id: str,
    layout: Layout,
    *,
    wanted: Callable[[Segment], bool] = every,
    encoded: Sequence[str] = (),
) -> Iterator[View]:
    """Open the log of a model to be read.

    Parameters
    ----------
    registry, model_id, layout
        Whose log, and its columns.
    wanted
        Which segments are opened.
    encoded
        Columns of text that come as dictionaries.
    """

    def open_(segment: Segment) -> OpenSegment:
        name = SegmentName(model_id, segment.id)
        file = registry.segments.open(name, segment.footer_digest, encoded=encoded)
        return OpenSegment(segment, files.enter_context(file), registry.segments.index(name))

    with ExitStack() as files:
        yield _open(registry, model_id, layout, files, wanted, open_)


def _open(
    registry: Registry,
    model_id: str,
    layout: Layout,
    files: ExitStack,
    wanted: Callable[[Segment], bool],
    open_: Callable[[Segment], OpenSegment],
) -> View:
    for turn in range(_TRIES):
        with registry.catalog.read() as session:
            log = logs.find(session, model_id)
            listed = () if log is None else list_segments(registry, session, log)
            waiting = {
                kind: [] if log is None else parcels.live(session, log.serial, kind)
                for kind in Kind
            }
        try:
            opened = [open_(segment) for segment in listed if wanted(segment)]
        except SnapshotMissingError:  # a compaction was faster; if not, the file is gone
            if turn == _TRIES - 1:
                raise
            files.close()
        else:
            rows = {kind: ParcelRows(waiting[kind], layout, kind) for kind in Kind}
            closed = [segment for segment in listed if not wanted(segment)]
            n_waiting = 0 if log is None else log.n_waiting
            return View(layout, opened, rows, registry.segments.joins, closed, n_waiting)
    raise AssertionError  # pragma: no cover  # the last turn returns or raises


def live_batches(
    segment: OpenSegment, columns: Sequence[str] | None, groups: Sequence[int] | None = None
) -> Iterator[tuple[pa.Table, int]]:
    """Yield the row groups of a segment, each with the number of its first row."""
    metadata = segment.file.metadata
    starts = np.cumsum(
        [0, *(metadata.row_group(g).num_rows for g in range(metadata.num_row_groups))]
    )
    for group in range(metadata.num_row_groups) if groups is None else groups:
        wanted = None if columns is None else [*columns]
        yield segment.file.read_row_group(group, columns=wanted), int(starts[group])
