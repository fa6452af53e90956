"""Counts of segments by day and bucket, kept in the catalog when a segment is first read.

A segment never changes but by deletions, so its counts for given buckets hold as long as it has as
many deleted rows. They are a convenience: what is missing or damaged is counted again, and where
the catalog cannot be written at once nothing is kept. Loads pyarrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa

from modelgroups.catalog import segment_counts
from modelgroups.catalog.segment_counts import KeptCount
from modelgroups.errors import (
    CatalogCorruptError,
    ReadOnlyError,
    UnexpectedError,
)
from modelgroups.inferences.layout import Kind
from modelgroups.query.drift.cells import Cells
from modelgroups.query.drift.distributions import Binned, Counting, Labelled
from modelgroups.query.drift.sums import Counted, Sums

if TYPE_CHECKING:
    from modelgroups.catalog.records import Segment
    from modelgroups.inferences.recipient import Recipient

__all__ = ["KeptCounts"]

Place: TypeAlias = tuple[str, int, bytes]
"""A segment, how many of its rows are deleted, and the buckets."""

_MOST_COUNTS: Final = 1 << 16
"""Counts of one property and segment; more are not kept."""

_NULL: Final = -1
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="zstd")


@dataclass
class KeptCounts:
    """The counts that are kept of a log, for some properties.

    Parameters
    ----------
    to
        Whose log.
    keys
        For each property, by its name in the answer, what its buckets are.
    found
        What is kept.
    """

    to: Recipient
    keys: Mapping[str, bytes]
    found: Mapping[Place, KeptCount]
    _new: list[KeptCount] = field(default_factory=list, init=False)
    _sums: dict[str, Sums] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, to: Recipient, properties: Sequence[Counting]) -> KeptCounts:
        """Return what is kept for some properties."""
        keys = {each.measured.key: _key(to, each) for each in properties}
        try:
            with to.registry.catalog.read() as session:
                rows = segment_counts.of_log(session, to.model_id, list(keys.values()))
        except CatalogCorruptError:  # if more than a convenience is damaged, others will tell
            rows = []
        whole = [row for row in rows if row.is_whole]
        return cls(to, keys, {(row.segment, row.n_deleted, row.key): row for row in whole})

    def lacks(self, segment: Segment) -> bool:
        """Return whether the counts of a segment of inferences are not kept for every property."""
        places = (self._place(segment, key) for key in self.keys.values())
        return segment.kind == Kind.INFERENCE and not all(place in self.found for place in places)

    def _place(self, segment: Segment, key: bytes) -> Place:
        return segment.id, segment.n_deleted, key

    def add(self, segment: Segment, properties: Sequence[Counting], cells: Cells) -> list[Counting]:
        """Add what is kept of a segment, and return the properties that it is not kept for."""
        missing = []
        for each in properties:
            row = self.found.get(self._place(segment, self.keys[each.measured.key]))
            if row is None:
                missing.append(each)
            else:
                each.target.add(_unpacked(row.counts, each, cells))
        return missing

    def count(self, each: Counting, counts: Counted) -> None:
        """Add counts of some rows of the segment that is read."""
        self._sums.setdefault(each.measured.key, Sums()).add(counts)

    def close(self, segment: Segment, properties: Sequence[Counting], cells: Cells) -> None:
        """Add what was counted of a segment, and note it to be kept."""
        for each in properties:
            counts = self._sums.pop(each.measured.key, Sums()).total()
            each.target.add(counts)
            if len(counts) <= _MOST_COUNTS:
                key, packed = self.keys[each.measured.key], _packed(counts, each, cells)
                self._new.append(KeptCount.of(segment.id, segment.n_deleted, key, packed))

    def store(self) -> None:
        """Keep what was counted, if the catalog can be written right now."""
        catalog = self.to.registry.catalog
        if not self._new or catalog.read_only:
            return
        try:
            with catalog.write(patience=0) as session:
                segment_counts.keep(session, self._new)
        except (ReadOnlyError, UnexpectedError):  # locked, or no room
            return  # another time


def _key(to: Recipient, each: Counting) -> bytes:
    """Return a hash of what the buckets of a property are."""
    column = str(to.layout.inferences.field(each.measured.column)).encode()  # with its type
    if isinstance(each, Binned):
        gist = b"numbers\0" + each.of(0).edges.astype("<f8").tobytes()
    else:
        assert isinstance(each, Labelled)  # noqa: S101  # there are two
        gist = b"text" if each.in_text else b"values"
    return hashlib.sha256(b"day\0" + column + b"\0" + gist).digest()


def _packed(counts: Counted, each: Counting, cells: Cells) -> bytes:
    """Return counts as bytes, by day and by value or number of the bucket."""
    if isinstance(each, Labelled):
        buckets = pa.array([each.values.values[i] for i in counts.buckets.tolist()])
    else:
        is_null = counts.buckets == each.n_buckets - 1
        buckets = pa.array(np.where(is_null, _NULL, counts.buckets).astype(np.int32))
    days = pa.array(cells.days_of(counts.cells).astype(np.int32))
    batch = pa.record_batch({"day": days, "bucket": buckets, "n": pa.array(counts.n)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=_OPTIONS) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def _unpacked(packed: bytes, each: Counting, cells: Cells) -> Counted:
    """Return counts from bytes."""
    with pa.ipc.open_stream(packed) as reader:
        batch = reader.read_next_batch()
    days, at = np.unique(batch["day"].to_numpy(), return_inverse=True)
    if isinstance(each, Labelled):
        buckets = each.values.number(batch["bucket"])
    else:
        buckets = batch["bucket"].to_numpy().astype(np.int64)
        buckets = np.where(buckets == _NULL, each.n_buckets - 1, buckets)
    return Counted(cells.of_days(days)[at], buckets, batch["n"].to_numpy())
