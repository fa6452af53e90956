"""Files of the object store that inferences name, such as images, and how many rows do."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from modelgroups.catalog.log_tables import LogObjectRow
from modelgroups.catalog.tables import table

__all__ = ["add", "forget", "has", "live"]

_OBJECT = table(LogObjectRow).c


def add(session: Session, log: int, sizes: Mapping[str, int], n_rows: Mapping[str, int]) -> None:
    """Count rows that name files, by digest."""
    for digest, more in n_rows.items():
        mine = (_OBJECT.log == log) & (_OBJECT.digest == digest)
        known = session.execute(
            update(table(LogObjectRow))
            .where(mine)
            .values(n_rows=_OBJECT.n_rows + more)
            .returning(_OBJECT.n_rows)
        ).first()
        if known is None:
            values = {"log": log, "digest": digest, "size": sizes[digest], "n_rows": more}
            session.execute(insert(table(LogObjectRow)).values(values))


def forget(session: Session, log: int, n_rows: Mapping[str, int]) -> None:
    """Count rows that are gone; a file that no row names any more is garbage."""
    for digest, fewer in n_rows.items():
        mine = (_OBJECT.log == log) & (_OBJECT.digest == digest)
        left = session.execute(
            update(table(LogObjectRow))
            .where(mine)
            .values(n_rows=_OBJECT.n_rows - fewer)
            .returning(_OBJECT.n_rows)
        ).scalar_one_or_none()
        if left is not None and left <= 0:
            session.execute(delete(table(LogObjectRow)).where(mine))


def has(session: Session, log: int, digest: str) -> bool:
    """Return whether a row of a log names a file."""
    mine = (_OBJECT.log == log) & (_OBJECT.digest == digest)
    return session.execute(select(_OBJECT.n_rows).where(mine)).first() is not None


def live(session: Session) -> set[str]:
    """Return the digest of every file that a row of any log names."""
    return set(session.execute(select(_OBJECT.digest)).scalars())
