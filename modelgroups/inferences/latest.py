"""What came later than an inference: of all ground truths or enrichments of an id, what holds.

In each column the latest value holds: of ground truth by ground_truth_timestamp and then the
latest received, of enrichments the latest received. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from modelgroups.inferences.layout import RECEIVED, Kind, time_column
from modelgroups.inferences.view import OpenSegment, ParcelRows, View
from modelgroups.lazy import lazy
from modelgroups.storage.arrays import as_arrow, as_numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.storage.keys import Keys

    Rows = NDArray[np.integer]
    Source = OpenSegment | ParcelRows

__all__ = ["LatestReader"]

_FEW: Final = 8
"""Of a segment less than one row in so many are looked up by their ids."""


@dataclass
class LatestReader:
    """Looks up the ground truth, or the enrichments, of inferences in a view.

    Columns are read whole when they are first needed, and kept as long as the reader.

    Parameters
    ----------
    view
        The log.
    columns
        The columns that are wanted.
    kind
        Of ground truths or of enrichments.
    """

    view: View
    columns: Sequence[str]
    kind: Kind = Kind.GROUND_TRUTH
    _read: dict[tuple[str | None, str], pa.ChunkedArray] = field(default_factory=dict, init=False)
    _joined: dict[str, _Found] = field(default_factory=dict, init=False)

    def history(self, keys: Keys) -> tuple[Rows, pa.Table]:
        """Return all that was sent for some ids: the number of the id, and the rows."""
        found = self._of_keys(keys)
        rows = as_arrow(found.rows)
        names = dict.fromkeys([time_column(self.kind), RECEIVED, *self.columns])
        return found.numbers, pa.table({name: found.column(name).take(rows) for name in names})

    def of_keys(self, keys: Keys) -> pa.Table:
        """Return what holds for some ids, a row for each, null where there is nothing."""
        return self._holding(self._of_keys(keys), slice(None))

    def of_rows(self, segment: OpenSegment, rows: Rows | slice) -> pa.Table:
        """Return what holds for rows of a segment, a row for each, null where there is nothing.

        All of the segment is joined at the first call.
        """
        found = self._joined.get(segment.record.id)
        if found is None:
            found = self._joined[segment.record.id] = self._of_segment(segment)
        return self._holding(found, rows)

    @staticmethod
    def is_worth_joining(segment: OpenSegment, n_rows: int) -> bool:
        """Return whether so many of its rows are found faster by `of_rows` than by their ids."""
        return n_rows * _FEW >= segment.record.n_rows

    def _holding(self, found: _Found, which: Rows | slice) -> pa.Table:
        columns = {}
        for name in self.columns:
            column, rows = found.column(name), found.holding(name)[which]
            if column.null_count == len(column):
                columns[name] = pa.nulls(len(rows), column.type)
            else:
                columns[name] = column.take(as_arrow(rows, is_null=rows < 0))
        return pa.table(columns)

    # --- where they stand ------------------------------------------------------------------

    def _of_keys(self, keys: Keys) -> _Found:
        found = _Found(self, len(keys))
        for segment in self.view.of_kind(self.kind):
            found.add(segment, *segment.index.matches(keys))
        waiting = self.view.parcels[self.kind]
        if waiting.parcels:
            found.add(waiting, *waiting.index.matches(keys))
        return found

    def _of_segment(self, segment: OpenSegment) -> _Found:
        found = _Found(self, segment.record.n_rows)
        for later in self.view.of_kind(self.kind):
            found.add(later, *self.view.pairs(segment, later))
        waiting = self.view.parcels[self.kind]
        if waiting.parcels:
            rows, inferences = segment.index.matches(waiting.keys)
            found.add(waiting, inferences, rows)
        return found

    def column(self, source: Source, name: str) -> pa.ChunkedArray:
        """Return a column of the log, of null where it has none."""
        place = (source.record.id if isinstance(source, OpenSegment) else None, name)
        if place not in self._read:
            self._read[place] = self._column(source, name)
        return self._read[place]

    def _column(self, source: Source, name: str) -> pa.ChunkedArray:
        if isinstance(source, ParcelRows):
            if name in source.table.column_names:
                return source.table[name]
        elif name in source.file.schema_arrow.names:
            return source.file.read(columns=[name])[name]
        type_ = self.view.layout.schema(self.kind).field(name).type
        return pa.chunked_array([pa.nulls(_n_rows(source), type_)])


@dataclass
class _Found:
    """What was sent later, among the rows of some parts of the log put together.

    Parameters
    ----------
    reader
        Reads the columns.
    n_inferences
        How many inferences they were looked for.
    """

    reader: LatestReader
    n_inferences: int
    _sources: list[Source] = field(default_factory=list, init=False)
    _numbers: list[Rows] = field(default_factory=list, init=False)
    _rows: list[Rows] = field(default_factory=list, init=False)
    _end: int = field(default=0, init=False)
    _holding: dict[str, Rows] = field(default_factory=dict, init=False)

    def add(self, source: Source, numbers: Rows, rows: Rows) -> None:
        """Note numbers of inferences, and for each a row of a source; the sources as stored."""
        deleted = source.deleted if isinstance(source, OpenSegment) else None
        if deleted is not None:
            kept = ~deleted[rows]
            numbers, rows = numbers[kept], rows[kept]
        if len(rows):
            self._sources.append(source)
            self._numbers.append(numbers)
            self._rows.append(rows + np.int64(self._end) if self._end else rows)
            self._end += _n_rows(source)

    @lazy
    def numbers(self) -> Rows:
        """For each row that was found the number of its inference."""
        return _one(self._numbers)

    @lazy
    def rows(self) -> Rows:
        """For each of them where it stands."""
        return _one(self._rows)

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column of all rows of the sources."""
        chunks = [c for s in self._sources for c in self.reader.column(s, name).chunks]
        return pa.chunked_array(
            chunks, self.reader.view.layout.schema(self.reader.kind).field(name).type
        )

    def holding(self, name: str) -> Rows:
        """Return for each inference the row with the value of a column that holds, or -1."""
        if not len(self._rivals):
            return self._any_row
        if name not in self._holding:
            values = self.column(name).take(as_arrow(self.rows[self._rivals]))
            holding = self._any_row.copy()
            holding[self.numbers[self._rivals]] = -1
            said = self._rivals[as_numpy(values.is_valid())]
            holding[self.numbers[said]] = self.rows[said]  # of several the last one stays
            self._holding[name] = holding
        return self._holding[name]

    @lazy
    def _any_row(self) -> Rows:
        """For each inference one of its rows, or -1."""
        found = np.full(self.n_inferences, -1, dtype=np.int64)
        found[self.numbers] = self.rows
        return found

    @lazy
    def _rivals(self) -> Rows:
        """The rows of inferences that have several, the latest last."""
        if np.count_nonzero(self._any_row >= 0) == len(self.numbers):
            return np.empty(0, dtype=np.int64)
        is_rival = np.zeros(self.n_inferences, dtype=bool)
        is_rival[self.numbers[self._any_row[self.numbers] != self.rows]] = True
        rivals = np.flatnonzero(is_rival[self.numbers])
        if not len(rivals):
            return rivals
        rows = self.rows[rivals]
        received, time = (
            self._micros(name, rows) for name in (RECEIVED, time_column(self.reader.kind))
        )
        return rivals[np.lexsort((rows, received, time))]

    def _micros(self, name: str, rows: Rows) -> NDArray[np.int64]:
        return as_numpy(self.column(name).take(as_arrow(rows)).cast(pa.int64()))


def _one(parts: Sequence[Rows]) -> Rows:
    """Return parts one after the other, as they are where there is one."""
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])


def _n_rows(source: Source) -> int:
    return source.record.n_rows if isinstance(source, OpenSegment) else len(source.table)
