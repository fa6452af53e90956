"""Batches of inferences in the catalog."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session

from modelgroups.catalog.log_tables import BatchRow
from modelgroups.catalog.records import BatchRecord
from modelgroups.catalog.tables import table

__all__ = ["close", "closed_among", "find", "live", "note", "shrink"]

_BATCH = table(BatchRow).c

_COLUMNS = [_BATCH[name] for name in BatchRecord._fields]
_OF_LOG = select(*_COLUMNS).where(_BATCH.log == bindparam("log"))
_LIVE = _OF_LOG.order_by(_BATCH.created_at, _BATCH.batch_id)
_ONE = _OF_LOG.where(_BATCH.batch_id == bindparam("batch"))


def live(session: Session, log: int) -> list[BatchRecord]:
    """Return the batches of a log, in the order in which they began."""
    return list(map(BatchRecord._make, session.execute(_LIVE, {"log": log})))


def find(session: Session, log: int, batch_id: str) -> BatchRecord | None:
    """Return a batch, or None."""
    row = session.execute(_ONE, {"log": log, "batch": batch_id}).first()
    return BatchRecord._make(row) if row else None


def closed_among(session: Session, log: int, batch_ids: Iterable[str]) -> set[str]:
    """Return which of some batches are closed."""
    return {
        batch
        for batch in batch_ids
        if (found := find(session, log, batch)) is not None and found.closed_at is not None
    }


def note(session: Session, log: int, batch: BatchRecord) -> None:
    """Add rows to a batch, which begins with its first."""
    known = find(session, log, batch.batch_id)
    if known is None:
        session.execute(insert(table(BatchRow)), batch._asdict() | {"log": log})
        return
    _change(
        session,
        log,
        batch.batch_id,
        n_rows=known.n_rows + batch.n_rows,
        from_time=min(known.from_time, batch.from_time),
        to_time=max(known.to_time, batch.to_time),
    )


def shrink(
    session: Session, log: int, batch_id: str, n_rows: int, bounds: tuple[str, str] | None
) -> None:
    """Take rows that were deleted out of a batch; one without rows that is open goes.

    Parameters
    ----------
    session, log, batch_id
        Which batch.
    n_rows
        How many rows are deleted.
    bounds
        The first and the last time of the others, if there are any.
    """
    known = find(session, log, batch_id)
    if known is None:
        return
    first, last = bounds or (known.created_at, known.created_at)
    _change(session, log, batch_id, n_rows=known.n_rows - n_rows, from_time=first, to_time=last)
    if known.n_rows == n_rows and known.closed_at is None:
        session.execute(
            delete(table(BatchRow)).where(_BATCH.log == log, _BATCH.batch_id == batch_id)
        )


def close(session: Session, log: int, batch_id: str, n_declared: int | None, at: str) -> None:
    """Close a batch with the count that its sender gives."""
    _change(session, log, batch_id, closed_at=at, n_declared=n_declared)


def _change(session: Session, log: int, batch_id: str, **values: object) -> None:
    session.execute(
        update(table(BatchRow))
        .where(_BATCH.log == log, _BATCH.batch_id == batch_id)
        .values(**values)
    )
