"""Reference sets and snapshots in the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from modelgroups.catalog.records import ReferenceSet, Snapshot
from modelgroups.catalog.tables import (
    ReferenceFileRow,
    ReferenceSetRow,
    SnapshotRow,
    table,
)

__all__ = ["add_files", "current", "drop_unreferenced", "history", "snapshots"]

_SNAPSHOT = table(SnapshotRow).c
_SET = table(ReferenceSetRow).c
_FILE = table(ReferenceFileRow).c


def add_files(
    session: Session, model_id: str, files: Iterable[Snapshot], *, close: bool, at: str
) -> None:
    """Add files to the open reference set of a model, begun if there is none.

    Parameters
    ----------
    session
        A session that writes.
    model_id
        The model.
    files
        Snapshots that are in the object store by the end of this transaction.
    close
        Whether the set is complete, and becomes the current one.
    at
        The time, as stored.
    """
    serial = _open_set(session, model_id, at)
    statement = select(func.count()).where(_FILE.set_serial == serial)
    ordinal = int(session.execute(statement).scalar_one())
    for file in files:
        _register(session, file, at)
        session.execute(
            insert(table(ReferenceFileRow)).values(
                set_serial=serial, ordinal=ordinal, digest=file.digest
            )
        )
        ordinal += 1
    if close:
        session.execute(
            update(table(ReferenceSetRow)).where(_SET.serial == serial).values(closed_at=at)
        )


def _open_set(session: Session, model_id: str, at: str) -> int:
    statement = select(_SET.serial).where(_SET.model_id == model_id, _SET.closed_at.is_(None))
    serial = session.execute(statement).scalar_one_or_none()
    if serial is not None:
        return int(serial)
    statement = select(func.count()).where(_SET.model_id == model_id)
    number = int(session.execute(statement).scalar_one()) + 1
    values = {"model_id": model_id, "sequence_num": number, "created_at": at}
    created = insert(table(ReferenceSetRow)).values(**values).returning(_SET.serial)
    return int(session.execute(created).scalar_one())


def _register(session: Session, file: Snapshot, at: str) -> None:
    known = select(_SNAPSHOT.digest).where(_SNAPSHOT.digest == file.digest)
    if session.execute(known).first() is None:
        session.execute(insert(table(SnapshotRow)).values(**file._asdict(), created_at=at))


def current(session: Session, model_id: str) -> ReferenceSet | None:
    """Return the reference set of a model: the newest closed one, else an open one, or None."""
    statement = _select_sets(model_id).order_by(_SET.closed_at.is_(None), _SET.sequence_num.desc())
    row = session.execute(statement.limit(1)).first()
    return _with_files(session, row) if row else None


def history(session: Session, model_id: str) -> list[ReferenceSet]:
    """Return every reference set that a model ever had, oldest first."""
    rows = session.execute(_select_sets(model_id).order_by(_SET.sequence_num)).all()
    return [_with_files(session, row) for row in rows]


def _select_sets(model_id: str) -> Any:
    columns = (_SET.serial, _SET.model_id, _SET.sequence_num, _SET.created_at, _SET.closed_at)
    return select(*columns).where(_SET.model_id == model_id)


def _with_files(session: Session, row: Any) -> ReferenceSet:
    statement = (
        select(_SNAPSHOT.digest, _SNAPSHOT.size, _SNAPSHOT.n_rows)
        .join(table(ReferenceFileRow), _FILE.digest == _SNAPSHOT.digest)
        .where(_FILE.set_serial == row.serial)
        .order_by(_FILE.ordinal)
    )
    files = tuple(Snapshot._make(file) for file in session.execute(statement))
    return ReferenceSet(row.model_id, row.sequence_num, row.created_at, row.closed_at, files)


def snapshots(session: Session) -> list[Snapshot]:
    """Return every snapshot that the catalog knows, by digest."""
    statement = select(_SNAPSHOT.digest, _SNAPSHOT.size, _SNAPSHOT.n_rows)
    rows = session.execute(statement.order_by(_SNAPSHOT.digest))
    return [Snapshot._make(row) for row in rows]


def drop_unreferenced(session: Session) -> list[Snapshot]:
    """Delete the rows of snapshots that no reference set uses, and return them."""
    used = select(_FILE.digest).where(_FILE.digest == _SNAPSHOT.digest).exists()
    statement = select(_SNAPSHOT.digest, _SNAPSHOT.size, _SNAPSHOT.n_rows).where(~used)
    dropped = [Snapshot._make(row) for row in session.execute(statement)]
    session.execute(delete(table(SnapshotRow)).where(~used))
    return dropped
