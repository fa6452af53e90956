"""`Catalog`: sessions to read and to write, and the errors of SQLite in our words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlmodel import Session

from modelgroups.catalog.engine import make_engine
from modelgroups.errors import (
    CatalogBusyError,
    CatalogCorruptError,
    ClosedError,
    ModelGroupsError,
    ReadOnlyError,
    UnexpectedError,
)

__all__ = ["Catalog", "catalog_error"]


class Catalog:
    """The open catalog of a registry.

    Safe to share between threads. A forked child gets an engine of its own, for a
    connection that crosses a fork would mix two processes' transactions.

    Parameters
    ----------
    path
        The catalog file, made before by `modelgroups.catalog.setup.prepare`.
    read_only
        Whether writing is refused.
    durable
        Whether a commit waits for the disk.
    """

    def __init__(self, path: Path, *, read_only: bool = False, durable: bool = True) -> None:
        self.path = path
        self.read_only = read_only
        self.durable = durable
        self.closed = False
        self._engine: Engine | None = None
        self._pid = os.getpid()
        self._lock = Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the catalog until it ends."""
        with self._translated(), Session(self._current_engine()) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that holds the write lock; commit at the end, or roll all back."""
        if self.read_only:
            raise ReadOnlyError(
                f"the registry at {self.path.parent} is open read-only; "
                "open it with connect(..., read_only=False) to change it"
            )
        with self._translated():
            connection = self._current_engine().connect().execution_options(write=True)
            with connection, Session(connection) as session, session.begin():
                yield session

    def close(self) -> None:
        """Release every connection; the last one to leave folds the log into the file."""
        with self._lock:
            self.closed = True
            if self._engine is not None:
                self._engine.dispose(close=os.getpid() == self._pid)
                self._engine = None

    def _current_engine(self) -> Engine:
        with self._lock:
            if self.closed:
                raise ClosedError(
                    "the connection to this registry was closed; "
                    "open it again with modelgroups.connect()"
                )
            if self._engine is not None and self._pid != os.getpid():
                self._engine.dispose(close=False)
                self._engine = None
            if self._engine is None:
                self._engine = make_engine(
                    self.path, read_only=self.read_only, durable=self.durable
                )
                self._pid = os.getpid()
            return self._engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, InterfaceError) as error:
            raise catalog_error(error, self.path) from error


def catalog_error(error: Exception, path: Path) -> ModelGroupsError:
    """Return the error of our tree for one that SQLAlchemy or SQLite raised."""
    text = str(getattr(error, "orig", None) or error)
    if "locked" in text or "busy" in text:
        return CatalogBusyError(f"the catalog {path} is locked by another process: {text}")
    if "readonly" in text or "read-only" in text:
        return ReadOnlyError(f"the catalog {path} cannot be written: {text}")
    if "malformed" in text or "not a database" in text or "disk image" in text:
        return CatalogCorruptError(
            f"the catalog {path} is damaged: {text}; restore it from a backup"
        )
    if isinstance(error, OperationalError) and ("full" in text or "disk I/O" in text):
        return UnexpectedError(
            f"the disk that holds {path} refused the write: {text}; "
            "free some space and try again. Nothing was written."
        )
    return UnexpectedError(f"the catalog {path} refused a statement: {text}")
