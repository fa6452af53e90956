"""Statements that go straight to the driver, for the few that run under the write lock.

SQLAlchemy takes ten times as long to send a statement as SQLite takes to answer it, and
meanwhile every other writer waits. It still writes these statements, in the words of the
database at hand; but values pass to the driver, and rows come back from it, as they are. So
what is stored as another type than Python has for it (on SQLite, a boolean) can be written
in this way, and not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Dialect, Insert, Table, bindparam, insert
from sqlmodel import Session

__all__ = ["Prepared", "inserting"]

Values = Mapping[str, Any]


class Prepared:
    """A statement that is compiled once for each kind of database.

    Parameters
    ----------
    statement
        With a named `bindparam` for each value that is given when it is run.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, str], _Compiled] = {}

    def run(self, session: Session, values: Values) -> None:
        """Send it."""
        self._send(session, values).close()

    def run_many(self, session: Session, rows: Iterable[Values]) -> None:
        """Send it for each of the rows."""
        cursor, compiled = self._ready(session)
        cursor.executemany(compiled.text, [compiled.arranged(values) for values in rows])
        cursor.close()

    def first(self, session: Session, values: Values) -> tuple[Any, ...] | None:
        """Send it and return the first row of the answer, or None."""
        cursor = self._send(session, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()  # a write takes effect when its answer was read or given up
        return row

    def rows(self, session: Session, values: Values) -> Iterator[tuple[Any, ...]]:
        """Send it and yield the rows of the answer."""
        cursor = self._send(session, values)
        try:
            yield from cursor
        finally:
            cursor.close()

    def scalar(self, session: Session, values: Values) -> Any:
        """Send it and return the first value of an answer that has one."""
        row = self.first(session, values)
        if row is None:
            raise LookupError(f"no row came back from {self._statement}")
        return row[0]

    def _send(self, session: Session, values: Values) -> Any:
        cursor, compiled = self._ready(session)
        cursor.execute(compiled.text, compiled.arranged(values))
        return cursor

    def _ready(self, session: Session) -> tuple[Any, _Compiled]:
        way = session.info.get("way") or _way_of(session)
        compiled = self._compiled.get(way.database)
        if compiled is None:
            compiled = self._compiled[way.database] = _Compiled(self._statement, way.dialect)
        return way.cursor(), compiled


class _Way(NamedTuple):
    """The driver's own connection below a session, and the kind of database it leads to."""

    cursor: Callable[[], Any]
    database: tuple[str, str]
    dialect: Dialect


def _way_of(session: Session) -> _Way:
    """Begin the session's transaction if need be, and keep with it the way to the driver.

    A session of the catalog has one transaction, so the way stays the same.
    """
    connection = session.connection()
    dialect = connection.dialect
    way = _Way(connection.connection.cursor, (dialect.name, dialect.driver), dialect)
    session.info["way"] = way
    return way


class _Compiled:
    """The text of a statement for one kind of database, and how it takes its values."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        self._names: list[str] | None = compiled.positiontup if compiled.positional else None
        self._constants = {
            name: bound.value for bound, name in compiled.bind_names.items() if not bound.required
        }

    def arranged(self, values: Values) -> Values | list[Any]:
        """Return the values in the order, or under the names, that the driver expects."""
        given = {**self._constants, **values} if self._constants else values
        return given if self._names is None else [given[name] for name in self._names]


def inserting(into: Table, *, but: str | None = None) -> Insert:
    """Return the statement that inserts a row, given each column by name.

    Parameters
    ----------
    into
        The table.
    but
        The column that the database fills in.
    """
    names = [column.name for column in into.c if column.name != but]
    return insert(into).values({name: bindparam(name) for name in names})
