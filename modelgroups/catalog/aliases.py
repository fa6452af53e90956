"""Aliases in the catalog: where they point, and every move that they ever made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session

from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.tables import AliasMoveRow, AliasRow, EventRow, ModelRow, table

__all__ = [
    "AliasMove",
    "HistoricMove",
    "current",
    "current_at",
    "earlier",
    "history",
    "last_moved",
    "live",
    "live_everywhere",
    "move",
    "moves_everywhere",
    "names_of_model",
]

_ALIAS = table(AliasRow).c
_MOVE = table(AliasMoveRow).c
_EVENT = table(EventRow).c
_MODEL = table(ModelRow).c


class AliasMove(NamedTuple):
    """A move of an alias; to no version when it was deleted.

    `parent` is the move whose version a rollback goes back to.
    """

    serial: int
    group_id: str
    name: str
    kind: str
    at: str
    model_id: str | None
    parent: int | None
    event: int


class HistoricMove(NamedTuple):
    """A move of an alias, as people read it; `actor` is JSON."""

    name: str
    kind: str
    at: str
    model_id: str | None
    sequence_num: int | None
    label: str | None
    actor: str
    reason: str | None


_COLUMNS = [_MOVE[name] for name in AliasMove._fields]
_OURS = (_MOVE.group_id == bindparam("group")) & (_MOVE.name == bindparam("name"))
_POINTER = (_ALIAS.group_id == bindparam("group")) & (_ALIAS.name == bindparam("name"))

# Built once: building a statement takes longer than SQLite takes to answer it.
_CURRENT = Prepared(
    select(*_COLUMNS)
    .select_from(table(AliasRow).join(table(AliasMoveRow), _MOVE.serial == _ALIAS.move))
    .where(_POINTER)
)
_BY_SERIAL = Prepared(select(*_COLUMNS).where(_MOVE.serial == bindparam("serial")))
_AT = Prepared(
    select(*_COLUMNS)
    .where(_OURS, _MOVE.at <= bindparam("at"))
    .order_by(_MOVE.serial.desc())
    .limit(1)
)
_LAST = Prepared(select(_MOVE.at).where(_OURS).order_by(_MOVE.serial.desc()).limit(1))
_LIVE = Prepared(
    select(_ALIAS.name, _ALIAS.model_id)
    .where(_ALIAS.group_id == bindparam("group"))
    .order_by(_ALIAS.name)
)
_OF_MODEL = Prepared(
    select(_ALIAS.name).where(_ALIAS.model_id == bindparam("model")).order_by(_ALIAS.name)
)
_INSERT_MOVE = Prepared(inserting(table(AliasMoveRow), but="serial").returning(_MOVE.serial))
_INSERT = Prepared(inserting(table(AliasRow)))
_POINT = Prepared(
    update(table(AliasRow))
    .where(_POINTER)
    .values(model_id=bindparam("model"), move=bindparam("new_move"))
)
_DELETE = Prepared(delete(table(AliasRow)).where(_POINTER))
_HISTORY = (
    select(
        _MOVE.name,
        _MOVE.kind,
        _MOVE.at,
        _MOVE.model_id,
        _MODEL.sequence_num,
        _MODEL.label,
        _EVENT.actor,
        _EVENT.reason,
    )
    .select_from(
        table(AliasMoveRow)
        .join(table(EventRow), _EVENT.serial == _MOVE.event)
        .outerjoin(table(ModelRow), _MODEL.id == _MOVE.model_id)
    )
    .order_by(_MOVE.serial)
)


def current(session: Session, group_id: str, name: str) -> AliasMove | None:
    """Return the move that brought an alias where it points, or None if there is no such alias."""
    row = _CURRENT.first(session, {"group": group_id, "name": name})
    return None if row is None else AliasMove._make(row)


def earlier(session: Session, made: AliasMove) -> Iterator[AliasMove]:
    """Yield the moves that rollbacks go back to, the nearest first."""
    while made.parent is not None:
        row = _BY_SERIAL.first(session, {"serial": made.parent})
        if row is None:
            return
        made = AliasMove._make(row)
        yield made


def current_at(session: Session, group_id: str, name: str, at: str) -> str | None:
    """Return the id of the model that an alias pointed at in a moment, or None."""
    row = _AT.first(session, {"group": group_id, "name": name, "at": at})
    return None if row is None else AliasMove._make(row).model_id


def last_moved(session: Session, group_id: str, name: str) -> str | None:
    """Return since when an alias, which may be deleted, is where it is; None if it never was."""
    row = _LAST.first(session, {"group": group_id, "name": name})
    return None if row is None else str(row[0])


def live(session: Session, group_id: str) -> dict[str, str]:
    """Return the aliases of a group with the ids of their models, by name."""
    return {row[0]: row[1] for row in _LIVE.rows(session, {"group": group_id})}


def live_at(session: Session, group_id: str, at: str) -> dict[str, str]:
    """Return the aliases that a group had in a moment with the ids of their models, by name."""
    names = {made.name for made in history(session, group_id)}
    then = {name: current_at(session, group_id, name, at) for name in sorted(names)}
    return {name: key for name, key in then.items() if key is not None}


def names_of_model(session: Session, model_id: str) -> list[str]:
    """Return the aliases that point at a model."""
    return [row[0] for row in _OF_MODEL.rows(session, {"model": model_id})]


def move(session: Session, made: AliasMove) -> int:
    """Move an alias; the serial of the move is given here, and returned."""
    serial = int(_INSERT_MOVE.scalar(session, made._asdict()))
    where = {"group": made.group_id, "name": made.name}
    if made.model_id is None:
        _DELETE.run(session, where)
    elif _CURRENT.first(session, where) is None:
        values = {"group_id": made.group_id, "name": made.name, "model_id": made.model_id}
        _INSERT.run(session, values | {"move": serial})
    else:
        _POINT.run(session, where | {"model": made.model_id, "new_move": serial})
    return serial


def history(session: Session, group_id: str, name: str | None = None) -> list[HistoricMove]:
    """Return the moves of the aliases of a group, or of one of them, in order."""
    statement = _HISTORY.where(_MOVE.group_id == group_id)
    if name is not None:
        statement = statement.where(_MOVE.name == name)
    return list(map(HistoricMove._make, session.execute(statement)))


def live_everywhere(session: Session) -> list[tuple[str, str, str, int]]:
    """Return every alias: group, name, model and move."""
    rows = session.execute(select(_ALIAS.group_id, _ALIAS.name, _ALIAS.model_id, _ALIAS.move))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def moves_everywhere(session: Session) -> list[AliasMove]:
    """Return every move of every alias, in order."""
    rows = session.execute(select(*_COLUMNS).order_by(_MOVE.serial))
    return list(map(AliasMove._make, rows))
