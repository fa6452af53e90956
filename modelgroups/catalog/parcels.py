"""Parcels in the catalog: rows of inference logs that came a few at a time, and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel import Session

from modelgroups.catalog.log_tables import ParcelKeyRow, ParcelRow
from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.records import Parcel
from modelgroups.catalog.tables import table

__all__ = [
    "ParcelKey",
    "add",
    "count_rows",
    "drop",
    "find_keys",
    "get",
    "keys_after",
    "last_serial",
    "live",
    "rewrite",
]

_PARCEL = table(ParcelRow).c
_KEY = table(ParcelKeyRow).c
_MOST_KEYS = 500  # bound parameters of one statement

_OURS = (_PARCEL.log == bindparam("log")) & (_PARCEL.kind == bindparam("kind"))
_LIVE = (
    select(_PARCEL.serial, _PARCEL.kind, _PARCEL.n_rows, _PARCEL.rows)
    .where(_OURS)
    .order_by(_PARCEL.serial)
)
_ONE = select(_PARCEL.serial, _PARCEL.kind, _PARCEL.n_rows, _PARCEL.rows).where(
    _PARCEL.serial == bindparam("serial")
)
_COUNT = select(func.coalesce(func.sum(_PARCEL.n_rows), 0)).where(_OURS)
_LAST = select(func.coalesce(func.max(_PARCEL.serial), 0)).where(_OURS)
_OUR_KEYS = (_KEY.log == bindparam("log")) & (_KEY.kind == bindparam("kind"))
_FIND = select(_KEY.key, _KEY.parcel, _KEY.row).where(
    _OUR_KEYS, _KEY.key.in_(bindparam("keys", expanding=True))
)
_FIND_ONE = Prepared(
    select(_KEY.key, _KEY.parcel, _KEY.row)
    .where(_OUR_KEYS, _KEY.key == bindparam("key"))
    .order_by(_KEY.parcel, _KEY.row)
    .limit(1)
)
_AFTER = (
    select(_KEY.key, _KEY.parcel, _KEY.row)
    .where(_OUR_KEYS, _KEY.parcel > bindparam("serial"))
    .order_by(_KEY.parcel, _KEY.row)
)
_INSERT = Prepared(inserting(table(ParcelRow), but="serial").returning(_PARCEL.serial))
_INSERT_KEY = Prepared(inserting(table(ParcelKeyRow)))


class ParcelKey(NamedTuple):
    """Where in the parcels a key stands."""

    key: bytes
    parcel: int
    row: int


def live(session: Session, log: int, kind: str) -> list[Parcel]:
    """Return the parcels of a log, in order of storing."""
    return list(map(Parcel._make, session.execute(_LIVE, {"log": log, "kind": kind})))


def get(session: Session, serial: int) -> Parcel | None:
    """Return a parcel, or None if it was folded or deleted."""
    row = session.execute(_ONE, {"serial": serial}).first()
    return Parcel._make(row) if row else None


def count_rows(session: Session, log: int, kind: str) -> int:
    """Return how many rows lie in the parcels of a log."""
    return int(session.execute(_COUNT, {"log": log, "kind": kind}).scalar_one())


def last_serial(session: Session, log: int, kind: str) -> int:
    """Return the serial of the newest parcel of a log, or 0."""
    return int(session.execute(_LAST, {"log": log, "kind": kind}).scalar_one())


def add(session: Session, log: int, kind: str, rows: bytes, keys: Sequence[bytes]) -> int:
    """Insert a parcel with the keys of its rows, and return its serial."""
    values = {"log": log, "kind": kind, "n_rows": len(keys), "rows": rows}
    serial = int(_INSERT.scalar(session, values))
    _add_keys(session, log, kind, serial, keys)
    return serial


def _add_keys(session: Session, log: int, kind: str, serial: int, keys: Sequence[bytes]) -> None:
    _INSERT_KEY.run_many(
        session,
        [
            {"log": log, "kind": kind, "key": key, "parcel": serial, "row": row}
            for row, key in enumerate(keys)
        ],
    )


def find_keys(session: Session, log: int, kind: str, keys: Iterable[bytes]) -> list[ParcelKey]:
    """Return where some keys stand in the parcels, in order of storing; of one key the first."""
    wanted = list(keys)
    if len(wanted) == 1:
        one = _FIND_ONE.first(session, {"log": log, "kind": kind, "key": wanted[0]})
        return [] if one is None else [ParcelKey._make(one)]
    found: list[ParcelKey] = []
    for some in _lots(wanted):
        rows = session.execute(_FIND, {"log": log, "kind": kind, "keys": some})
        found += map(ParcelKey._make, rows)
    return sorted(found, key=lambda place: place[1:])


def _lots(keys: list[bytes]) -> Iterator[list[bytes]]:
    return (keys[start : start + _MOST_KEYS] for start in range(0, len(keys), _MOST_KEYS))


def keys_after(session: Session, log: int, kind: str, serial: int) -> list[ParcelKey]:
    """Return the keys of all parcels that came after one."""
    rows = session.execute(_AFTER, {"log": log, "kind": kind, "serial": serial})
    return list(map(ParcelKey._make, rows))


def drop(session: Session, log: int, kind: str, parcels: Sequence[Parcel]) -> bool:
    """Delete parcels with their keys; return whether all were still there, as they were."""
    if not parcels:
        return True
    first, last = parcels[0].serial, parcels[-1].serial
    ours = (_PARCEL.log == log) & (_PARCEL.kind == kind) & _PARCEL.serial.between(first, last)
    gone = session.execute(
        delete(table(ParcelRow)).where(ours).returning(_PARCEL.serial, _PARCEL.n_rows)
    )
    session.execute(
        delete(table(ParcelKeyRow)).where(
            _KEY.log == log, _KEY.kind == kind, _KEY.parcel.between(first, last)
        )
    )
    as_they_were = sorted((parcel.serial, parcel.n_rows) for parcel in parcels)
    return sorted(map(tuple, gone)) == as_they_were


def rewrite(session: Session, log: int, parcel: Parcel, keys: Sequence[bytes]) -> None:
    """Replace the rows of a parcel; without rows it goes."""
    mine = _PARCEL.serial == parcel.serial
    session.execute(
        delete(table(ParcelKeyRow)).where(
            _KEY.log == log, _KEY.kind == parcel.kind, _KEY.parcel == parcel.serial
        )
    )
    if not keys:
        session.execute(delete(table(ParcelRow)).where(mine))
        return
    session.execute(update(table(ParcelRow)).where(mine).values(n_rows=len(keys), rows=parcel.rows))
    _add_keys(session, log, parcel.kind, parcel.serial, keys)
