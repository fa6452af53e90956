"""Rows of a whole group, read from one registry and inserted into another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    PrimaryKeyConstraint,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlmodel import Session

from modelgroups.catalog.exported import EXPORTED, SERIAL, Exported
from modelgroups.catalog.tables import GroupRow, table

__all__ = [
    "Content",
    "Row",
    "clashes",
    "find",
    "insert_one",
    "insert_rows",
    "raise_counter",
    "read",
]

Row = dict[str, Any]
"""The values of a row, by column."""

Content = dict[str, list[Row]]
"""The rows of a group, by table. Serials are numbers from 1, in order of storing."""

_BY_ROW = {exported.row: exported for exported in EXPORTED}
_GROUP = table(GroupRow).c


def read(session: Session, group_id: str, *, with_logs: bool) -> Content:
    """Return all that a group has, the same whatever registry it lies in."""
    numbers: dict[tuple[str, int], int] = {}
    content: Content = {}
    for exported in EXPORTED:
        if exported.of_log and not with_logs:
            continue
        order = [SERIAL] if exported.has_serial else exported.key
        statement = select(exported.table).where(_belongs(exported, group_id))
        found = session.execute(statement.order_by(*(exported.table.c[name] for name in order)))
        rows = [dict(row) for row in found.mappings()]
        for number, row in enumerate(rows, start=1):
            for column, other in exported.references.items():
                row[column] = numbers[other, row[column]]
            if exported.has_serial:
                numbers[exported.name, row[SERIAL]] = number
                row[SERIAL] = number
        content[exported.name] = rows
    return content


def _belongs(exported: Exported, group_id: str) -> ColumnElement[bool]:
    if exported.within is None:
        return _GROUP.id == group_id
    column, owner, other = exported.within
    owners = select(table(owner).c[other]).where(_belongs(_BY_ROW[owner], group_id))
    return exported.table.c[column].in_(owners)


def find(session: Session, exported: Exported, row: Mapping[str, Any]) -> Row | None:
    """Return the row that has the same key here, or None."""
    same = [exported.table.c[name] == row[name] for name in exported.key]
    found = session.execute(select(exported.table).where(*same)).mappings().first()
    return dict(found) if found else None


def clashes(session: Session, exported: Exported, row: Mapping[str, Any]) -> list[list[str]]:
    """Return the columns that another row here has the values of, though only one may."""
    unique = [
        [column.name for column in constraint.columns]
        for constraint in exported.table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    found = []
    for names in sorted(unique):
        if SERIAL in names or any(row[name] is None for name in names):
            continue
        same = [exported.table.c[name] == row[name] for name in names]
        if session.execute(select(exported.table.c[names[0]]).where(*same)).first():
            found.append(names)
    return found


def insert_one(session: Session, exported: Exported, row: Row) -> int:
    """Insert a row of a table with serials, and return the serial that it got."""
    values = {name: value for name, value in row.items() if name != SERIAL}
    statement = insert(exported.table).returning(exported.table.c[SERIAL])
    return int(session.execute(statement, values).scalar_one())


def insert_rows(session: Session, exported: Exported, rows: Iterable[Row]) -> None:
    """Insert rows of a table without serials."""
    values = list(rows)
    if values:
        session.execute(insert(exported.table), values)


def raise_counter(session: Session, group_id: str, last_sequence_num: int) -> None:
    """Say which version numbers of a group are issued."""
    lower = (_GROUP.id == group_id) & (_GROUP.last_sequence_num < last_sequence_num)
    session.execute(
        update(table(GroupRow)).where(lower).values(last_sequence_num=last_sequence_num)
    )
