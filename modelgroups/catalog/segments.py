"""Segments of inference logs in the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session

from modelgroups.catalog import segment_counts
from modelgroups.catalog.log_tables import InferenceLogRow, SegmentRow
from modelgroups.catalog.records import Segment
from modelgroups.catalog.tables import table

__all__ = ["add", "drop", "live", "live_everywhere", "mark_deleted"]

_SEGMENT = table(SegmentRow).c

_COLUMNS = [_SEGMENT[name] for name in Segment._fields]
_LIVE = select(*_COLUMNS).where(_SEGMENT.log == bindparam("log")).order_by(_SEGMENT.serial)
_INSERT = insert(table(SegmentRow)).returning(_SEGMENT.serial)


def live(session: Session, log: int) -> list[Segment]:
    """Return the segments of a log, of both kinds, in order of storing."""
    return list(map(Segment._make, session.execute(_LIVE, {"log": log})))


def live_everywhere(session: Session) -> list[tuple[str, Segment]]:
    """Return every segment that the catalog knows, with the id of its model."""
    log = table(InferenceLogRow)
    rows = session.execute(
        select(log.c.model_id, *_COLUMNS)
        .join(log, log.c.serial == _SEGMENT.log)
        .order_by(_SEGMENT.serial)
    )
    return [(row[0], Segment._make(row[1:])) for row in rows]


def add(session: Session, log: int, segment: Segment, at: str) -> None:
    """Insert a segment, last in the order."""
    values = segment._asdict() | {"log": log, "created_at": at}
    del values["serial"]
    session.execute(_INSERT, values)


def drop(session: Session, segments: Sequence[Segment]) -> bool:
    """Delete segments, and return whether all were still there, as they were."""
    n_dropped = 0
    for segment in segments:
        segment_counts.forget(session, segment.id)
        as_it_was = (_SEGMENT.id == segment.id) & (_SEGMENT.n_deleted == segment.n_deleted)
        gone = session.execute(
            delete(table(SegmentRow)).where(as_it_was).returning(_SEGMENT.serial)
        )
        n_dropped += len(gone.all())
    return n_dropped == len(segments)


def mark_deleted(session: Session, segment: Segment) -> None:
    """Say which rows of a segment are deleted, and what bounds the others have."""
    segment_counts.forget(session, segment.id)
    names = ("deleted", "n_deleted", "from_time", "to_time")
    session.execute(
        update(table(SegmentRow))
        .where(_SEGMENT.id == segment.id)
        .values({name: getattr(segment, name) for name in names})
    )
