"""Where ids stand in the log: looked up in the indexes of segments and in the keys of parcels.

No row of the log is read. Loads numpy: import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from modelgroups.catalog import parcels, segments
from modelgroups.catalog.records import LogRecord, Segment
from modelgroups.inferences.layout import Kind
from modelgroups.inferences.marks import deleted_rows
from modelgroups.storage.keys import KeyIndex, Keys
from modelgroups.storage.segments import SegmentName

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlmodel import Session

    from modelgroups.registry import Registry
    from modelgroups.storage.scratch import Scratch

__all__ = ["Search", "list_segments"]

_MANY_KEYS = 1_000
"""From so many keys on, those of all parcels are read instead of asked for one by one."""


def list_segments(registry: Registry, session: Session, log: LogRecord) -> tuple[Segment, ...]:
    """Return the segments of a log; the list is read again only when it has changed."""
    known = registry.listings.get(log.serial)
    if known is None or known[0] != log.generation:
        known = (log.generation, tuple(segments.live(session, log.serial)))
        registry.listings[log.serial] = known
    return known[1]


@dataclass
class Search:
    """Some keys, and where in one kind of the log each was found.

    It can go on later: what it has looked at it does not look at again, for nothing in the log
    changes but that rows are deleted.

    Parameters
    ----------
    kind
        Where to look: among inferences or among ground truths.
    keys
        What to look for.
    source
        For each key the number of the source that has it, or -1.
    row
        For each key the row in that source.
    sources
        Segments, and serials of parcels.
    """

    kind: Kind
    keys: Keys
    source: NDArray[np.int32] = field(init=False)
    row: NDArray[np.int64] = field(init=False)
    sources: list[Segment | int] = field(default_factory=list, init=False)
    _seen: set[str] = field(default_factory=set, init=False)
    _last_parcel: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.source = np.full(len(self.keys), -1, dtype=np.int32)
        self.row = np.full(len(self.keys), -1, dtype=np.int64)

    def rest(self, scratch: Scratch, keys: Keys) -> None:
        """Let what is known of each key wait in a file; the keys themselves do already."""
        self.keys, self.source, self.row = keys, scratch.put(self.source), scratch.put(self.row)

    def start_again(self) -> None:
        """Forget what was found, for rows were deleted or moved since."""
        self.__post_init__()
        self.sources, self._seen, self._last_parcel = [], set(), 0

    @property
    def found(self) -> NDArray[np.bool_]:
        """For each key whether it stands in the log."""
        return self.source >= 0

    def found_in(self, segment_ids: AbstractSet[str]) -> NDArray[np.bool_]:
        """For each key whether it stands in one of some segments."""
        numbers = [
            number
            for number, source in enumerate(self.sources)
            if isinstance(source, Segment) and source.id in segment_ids
        ]
        return np.isin(self.source, numbers)

    def look(
        self,
        registry: Registry,
        session: Session,
        model_id: str,
        log: LogRecord,
        listed: Iterable[Segment],
    ) -> bool:
        """Look where it was not looked yet; return whether more keys were found."""
        n_sources = len(self.sources)
        if not len(self.keys):
            return False
        self._look_in_parcels(session, log)
        for segment in self.unseen(listed):
            index = registry.segments.index(SegmentName(model_id, segment.id))
            self.look_in_segment(segment, index)
        return len(self.sources) > n_sources

    def unseen(self, listed: Iterable[Segment]) -> list[Segment]:
        """Return the segments of the kind that were not looked at, newest first."""
        fresh = [s for s in listed if s.kind == self.kind and s.id not in self._seen]
        return fresh[::-1]

    def look_in_segment(self, segment: Segment, index: KeyIndex) -> None:
        """Look in one segment."""
        self._seen.add(segment.id)
        open_ = np.flatnonzero(self.source < 0)
        if not len(open_):
            return
        wanted = self.keys if len(open_) == len(self.keys) else self.keys[open_]
        rows = index.rows(wanted, deleted_rows(segment))
        hit = rows >= 0
        if hit.any():
            self._note(segment, open_[hit], rows[hit])

    def _look_in_parcels(self, session: Session, log: LogRecord) -> None:
        if len(self.keys) < _MANY_KEYS:
            wanted = self.keys.as_bytes()
            places = parcels.find_keys(session, log.serial, self.kind, wanted)
        else:
            last = self._last_parcel
            places = parcels.keys_after(session, log.serial, self.kind, last)
        if not places:
            return
        self._last_parcel = max(self._last_parcel, max(place.parcel for place in places))
        standing = Keys.from_bytes([place.key for place in places])
        for number, key in zip(*KeyIndex.of(self.keys).matches(standing), strict=True):
            if self.source[key] < 0:
                place = places[number]
                self._note(place.parcel, np.array([key]), np.array([place.row]))

    def _note(
        self, source: Segment | int, which: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        self.source[which] = len(self.sources)
        self.row[which] = rows
        self.sources.append(source)
