"""Counts of segments that are kept beside them: they can be made again at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Self

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session

from modelgroups.catalog.log_tables import InferenceLogRow, SegmentCountRow, SegmentRow
from modelgroups.catalog.tables import table

__all__ = ["KeptCount", "forget", "keep", "of_log"]

_COUNT = table(SegmentCountRow).c
_SEGMENT = table(SegmentRow).c
_LOG = table(InferenceLogRow).c

_MOST_OF_A_SEGMENT = 1_000
"""Rows of one segment; the oldest go when more are kept."""


class KeptCount(NamedTuple):
    """Counts of the rows of a segment.

    Parameters
    ----------
    segment
        The id of the segment.
    n_deleted
        How many of its rows were deleted.
    key
        What the rows are counted by: a hash.
    digest
        The SHA-256 of all of this.
    counts
        The counts.
    """

    segment: str
    n_deleted: int
    key: bytes
    digest: bytes
    counts: bytes

    @classmethod
    def of(cls, segment: str, n_deleted: int, key: bytes, counts: bytes) -> Self:
        """Return counts with their digest."""
        return cls(segment, n_deleted, key, _digest(segment, n_deleted, key, counts), counts)

    @property
    def is_whole(self) -> bool:
        """Whether they are what was written."""
        counts: object = self.counts
        if not isinstance(counts, bytes):  # SQLite keeps any type in any column
            return False
        return self.digest == _digest(self.segment, self.n_deleted, self.key, counts)


def _digest(segment: str, n_deleted: int, key: bytes, counts: bytes) -> bytes:
    head = f"{segment} {n_deleted} {key.hex()} ".encode()
    return hashlib.sha256(head + counts).digest()


_COLUMNS = [_COUNT[name] for name in KeptCount._fields]
_OF_LOG = (
    select(*_COLUMNS)
    .join(table(SegmentRow), _SEGMENT.id == _COUNT.segment)
    .join(table(InferenceLogRow), _LOG.serial == _SEGMENT.log)
    .where(_LOG.model_id == bindparam("model"), _COUNT.key.in_(bindparam("keys", expanding=True)))
)

_STATE = select(_SEGMENT.id, _SEGMENT.n_deleted).where(_SEGMENT.id == bindparam("id"))
_DELETE_SAME = delete(table(SegmentCountRow)).where(
    _COUNT.segment == bindparam("id"), _COUNT.key == bindparam("same")
)
_NEWEST = (
    select(_COUNT.serial)
    .where(_COUNT.segment == bindparam("id"))
    .order_by(_COUNT.serial.desc())
    .limit(bindparam("most"))
)
_DELETE_OLD = delete(table(SegmentCountRow)).where(
    _COUNT.segment == bindparam("id"), _COUNT.serial.not_in(_NEWEST)
)


def of_log(session: Session, model_id: str, keys: Sequence[bytes]) -> list[KeptCount]:
    """Return what is kept for the segments of a log, of some keys."""
    rows = session.execute(_OF_LOG, {"model": model_id, "keys": list(keys)})
    return list(map(KeptCount._make, rows))


def keep(session: Session, counts: Sequence[KeptCount]) -> None:
    """Keep counts of segments that are still as they were when they were counted."""
    ids = sorted({count.segment for count in counts})
    live = {tuple(row) for id_ in ids for row in session.execute(_STATE, {"id": id_})}
    rows = [count._asdict() for count in counts if (count.segment, count.n_deleted) in live]
    if rows:
        same = [{"id": row["segment"], "same": row["key"]} for row in rows]
        connection = session.connection()
        connection.execute(_DELETE_SAME, same)
        connection.execute(insert(table(SegmentCountRow)), rows)
    for id_ in ids:
        session.execute(_DELETE_OLD, {"id": id_, "most": _MOST_OF_A_SEGMENT})


def forget(session: Session, segment: str) -> None:
    """Delete what is kept for a segment, for it goes or rows of it are deleted."""
    session.execute(delete(table(SegmentCountRow)).where(_COUNT.segment == segment))
