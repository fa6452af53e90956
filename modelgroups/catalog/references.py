"""Reference sets and snapshots in the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel import Session

from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.records import ReferenceSet, Snapshot
from modelgroups.catalog.tables import (
    ReferenceFileRow,
    ReferenceSetRow,
    SnapshotRow,
    table,
)

__all__ = [
    "add_files",
    "current",
    "drop_unreferenced",
    "history",
    "models_without_files",
    "snapshots",
]

_SNAPSHOT = table(SnapshotRow).c
_SET = table(ReferenceSetRow).c
_FILE = table(ReferenceFileRow).c

# Built once: building a statement takes longer than SQLite takes to answer it.
_LAST_SET = Prepared(
    select(_SET.serial, _SET.sequence_num, _SET.closed_at)
    .where(_SET.model_id == bindparam("model"))
    .order_by(_SET.sequence_num.desc())
    .limit(1)
)
_COUNT_FILES = Prepared(select(func.count()).where(_FILE.set_serial == bindparam("set")))
_CLOSE = Prepared(
    update(table(ReferenceSetRow))
    .where(_SET.serial == bindparam("set"))
    .values(closed_at=bindparam("at"))
)
_KNOWN = Prepared(select(_SNAPSHOT.digest).where(_SNAPSHOT.digest == bindparam("key")))
_INSERT_SET = Prepared(inserting(table(ReferenceSetRow), but="serial").returning(_SET.serial))
_INSERT_FILE = Prepared(inserting(table(ReferenceFileRow)))
_INSERT_SNAPSHOT = Prepared(inserting(table(SnapshotRow)))


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
    serial, ordinal = _open_set(session, model_id, close=close, at=at)
    for number, file in enumerate(files, start=ordinal):
        _register(session, file, at)
        values = {"set_serial": serial, "ordinal": number, "digest": file.digest}
        _INSERT_FILE.run(session, values)


def _open_set(session: Session, model_id: str, *, close: bool, at: str) -> tuple[int, int]:
    """Return the open set of a model, begun if there is none, and the number of its files."""
    last = _LAST_SET.first(session, {"model": model_id})
    number = 0
    if last is not None:
        serial, number, closed_at = last
        if closed_at is None:
            if close:
                _CLOSE.run(session, {"set": serial, "at": at})
            return serial, int(_COUNT_FILES.scalar(session, {"set": serial}))
    values = {"model_id": model_id, "sequence_num": number + 1, "created_at": at}
    return int(_INSERT_SET.scalar(session, values | {"closed_at": at if close else None})), 0


def _register(session: Session, file: Snapshot, at: str) -> None:
    if _KNOWN.first(session, {"key": file.digest}) is None:
        _INSERT_SNAPSHOT.run(session, file._asdict() | {"created_at": at})


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


def models_without_files(session: Session) -> list[str]:
    """Return the models with a closed reference set that has no file; there should be none."""
    files = select(_FILE.digest).where(_FILE.set_serial == _SET.serial)
    statement = select(_SET.model_id).where(_SET.closed_at.is_not(None), ~files.exists())
    return list(session.execute(statement).scalars())


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
