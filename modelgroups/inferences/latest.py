"""What came later than an inference: of all ground truths or enrichments of an id, what holds.

In each column the latest value holds: of ground truth by ground_truth_timestamp and then the
latest received, of enrichments the latest received. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from modelgroups.inferences.layout import RECEIVED, Kind, time_column
from modelgroups.inferences.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.inferences.view import OpenSegment
    from modelgroups.storage.keys import Keys

__all__ = ["LatestReader"]


@dataclass
class LatestReader:
    """Looks up the ground truth, or the enrichments, of ids in a view.

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
    _tables: dict[str, pa.Table] = field(default_factory=dict, init=False)

    def history(self, keys: Keys) -> tuple[NDArray[np.int64], pa.Table]:
        """Return all that was sent for some ids: the number of the id, and the rows."""
        numbers, tables = [], []
        for segment in self.view.of_kind(self.kind):
            which, rows = segment.index.matches(keys)
            deleted = segment.deleted
            if deleted is not None and len(rows):
                which, rows = which[~deleted[rows]], rows[~deleted[rows]]
            if len(rows):
                numbers.append(which)
                tables.append(self._table(segment).take(pa.array(rows)))
        waiting = self.view.parcels[self.kind]
        if waiting.parcels:
            which, rows = waiting.index.matches(keys)
            if len(rows):
                numbers.append(which)
                tables.append(self._filled(waiting.table).take(pa.array(rows)))
        if not tables:
            return np.empty(0, dtype=np.int64), self._filled(None)
        return np.concatenate(numbers), pa.concat_tables(tables)

    def latest(self, keys: Keys) -> pa.Table:
        """Return what holds for some ids, a row for each, null where there is nothing."""
        number, rows = self.history(keys)
        time = _micros(rows[time_column(self.kind)])
        order = np.lexsort((np.arange(len(number)), _micros(rows[RECEIVED]), time))
        columns = {}
        for name in (time_column(self.kind), *self.columns):
            valid = np.asarray(rows[name].is_valid().to_numpy())
            place = np.full(len(keys), -1, dtype=np.int64)
            said = order[valid[order]]
            place[number[said]] = said  # of several the last one stays
            absent = pa.array(place, mask=place < 0)
            columns[name] = rows[name].take(absent)
        return pa.table(columns)

    def _table(self, segment: OpenSegment) -> pa.Table:
        table = self._tables.get(segment.record.id)
        if table is None:
            held = segment.file.schema_arrow.names
            names = [name for name in self._names if name in held]
            table = self._filled(segment.file.read(columns=names))
            self._tables[segment.record.id] = table
        return table

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys([time_column(self.kind), RECEIVED, *self.columns]))

    def _filled(self, table: pa.Table | None) -> pa.Table:
        """Return a table with all the wanted columns, null where it has none."""
        schema = self.view.layout.schema(self.kind)
        wanted = pa.schema([schema.field(name).with_nullable(True) for name in self._names])
        if table is None:
            return wanted.empty_table()
        columns = [
            table[f.name] if f.name in table.column_names else pa.nulls(len(table), f.type)
            for f in wanted
        ]
        return pa.table(columns, schema=wanted)


def _micros(times: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(times.cast(pa.int64()).to_numpy())
