"""Rows that the log has already, read to be compared with rows that were sent again.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from modelgroups.catalog import parcels
from modelgroups.catalog.records import Segment
from modelgroups.errors import SnapshotMissingError
from modelgroups.inferences.compare import equal_values
from modelgroups.inferences.latest import LatestReader
from modelgroups.inferences.layout import TIME_FILLED, Layout
from modelgroups.inferences.records import load_records, table_of
from modelgroups.inferences.segment_files import rows_at
from modelgroups.inferences.view import open_view
from modelgroups.storage.parquet import open_parquet
from modelgroups.storage.segments import SegmentName

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.inferences.piece import Piece
    from modelgroups.registry import Registry

__all__ = ["Stored"]

_PATIENCE = 20
"""How often a segment may be gone, merged into another one, before it is missed."""


@dataclass
class Stored:
    """Reads single rows of a log.

    Parameters
    ----------
    registry, model_id, layout
        Whose log.
    staged
        The files of segments that are not published yet, by id.
    """

    registry: Registry
    model_id: str
    layout: Layout
    staged: dict[str, Path] = field(default_factory=dict)
    _patience: int = field(default=_PATIENCE, init=False)

    def inferences(self, source: Segment | int, rows: NDArray[np.int64]) -> pa.Table | None:
        """Return rows of a segment or a parcel, or None if it is not there any more."""
        if isinstance(source, Segment):
            return self._from_segment(source, rows)
        with self.registry.catalog.read() as session:
            parcel = parcels.get(session, source)
        records = [] if parcel is None else load_records(parcel.rows)
        if len(records) <= rows.max():
            return None
        return table_of([records[row] for row in rows], self.layout.inferences)

    def _from_segment(self, segment: Segment, rows: NDArray[np.int64]) -> pa.Table | None:
        if segment.id in self.staged:
            with open_parquet(self.staged[segment.id]) as file:
                return rows_at(file, rows)
        name = SegmentName(self.model_id, segment.id)
        try:
            with self.registry.segments.open(name, segment.footer_digest) as file:
                return rows_at(file, rows)
        except SnapshotMissingError:
            self._patience -= 1
            if not self._patience:
                raise
            return None

    def has_truths(self, piece: Piece, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows of a call bring a ground truth that came before, with a time of ours.

        A retry must not pass for a newer ground truth.
        """
        half = piece.accepted.truths
        given = piece.table(half, np.searchsorted(half.rows, rows))
        names = [name for name in given.column_names if name in self.layout.truth_attributes]
        with open_view(self.registry, self.model_id, self.layout) as view:
            number, history = LatestReader(view, names).history(piece.keys[rows])
        known = np.zeros(len(rows), dtype=bool)
        known[number[equal_values(given.take(pa.array(number)), history, names)]] = True
        filled: NDArray[np.bool_] = np.asarray(given[TIME_FILLED].to_numpy())
        return known & filled
