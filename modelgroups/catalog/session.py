"""`Catalog`: sessions to read and to write, and the errors of SQLite in our words."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from weakref import WeakSet

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlmodel import Session

from modelgroups.catalog.engine import BUSY_SECONDS, checkpoint, driver, make_engine
from modelgroups.catalog.hooks import Hooks
from modelgroups.catalog.interrupts import interrupts_wait
from modelgroups.errors import (
    CatalogBusyError,
    CatalogCorruptError,
    ClosedError,
    ModelGroupsError,
    ReadOnlyError,
    UnexpectedError,
)

__all__ = ["Catalog", "catalog_error"]

_OPEN: WeakSet[Catalog] = WeakSet()
_held: list[Catalog] = []
_forking = Lock()

_DAMAGE = ("malformed", "not a database", "disk image", "decode")

_FORK_SECONDS = 10.0
"""How long a fork waits for the transactions of other threads."""


class Catalog:
    """The open catalog of a registry.

    Safe to share between threads, and by a forked child: no connection crosses a fork.
    SQLite counts its locks for each process in that process's memory, so that a child which
    inherited a count believes it holds locks that it does not, and what it commits is lost
    once the parent leaves.

    Parameters
    ----------
    path
        The catalog file, made before by `modelgroups.catalog.setup.prepare`.
    read_only
        Whether writing is refused.
    durable
        Whether a commit waits for the disk.
    actor
        Who changes it, for its events; the user, host and process if that is not said.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        durable: bool = True,
        actor: str | None = None,
    ) -> None:
        self.path = path
        self.actor = actor
        self.read_only = read_only
        self.durable = durable
        self.closed = False
        self.hooks = Hooks()
        self._engine: Engine | None = None
        self._in_use: WeakSet[Connection] = WeakSet()
        self._lock = Lock()
        _OPEN.add(self)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the catalog until it ends."""
        with self._session() as session:
            yield session

    @contextmanager
    def write(self, *, patience: float = BUSY_SECONDS) -> Iterator[Session]:
        """Open a session that holds the write lock; commit at the end, or roll all back.

        After the commit, when nothing is held any more, the hooks of its events are called.

        Parameters
        ----------
        patience
            How many seconds to wait for the lock.
        """
        if self.read_only:
            raise ReadOnlyError(
                f"the registry at {self.path.parent} is open read-only; "
                "open it with connect(..., read_only=False) to change it"
            )
        with interrupts_wait(), self._session(patience=patience) as session, session.begin():
            session.info["actor"] = self.actor
            if self.hooks:
                session.info["events"] = []
            yield session
        self.hooks.tell(session.info.get("events", ()))

    @contextmanager
    def _session(self, *, patience: float | None = None) -> Iterator[Session]:
        with self._translated(), self._connection() as connection:
            try:
                connection.execution_options(patience=patience)
                session = Session(connection)
                try:
                    yield session
                finally:
                    with interrupts_wait():
                        session.close()
            except Exception:
                raise
            except BaseException:
                connection.invalidate()  # a statement may be running, held by the traceback
                raise

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Offer a connection of the pool.

        Ctrl-C must not leave the lock of the pool taken, on which other threads would wait.
        """
        connection = None
        try:
            with interrupts_wait():
                connection = self._connect()
            yield connection
        finally:
            if connection is not None:
                with interrupts_wait():
                    connection.close()

    def truncate_log(self) -> bool:
        """Fold the write-ahead log into the file; return False because somebody reads from it."""
        with self.read() as session:
            return checkpoint(session.connection())

    def close(self) -> None:
        """Release every connection; the last one to leave folds the log into the file."""
        with self._lock:
            self.closed = True
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _connect(self) -> Connection:
        """Take a connection out of the pool, at once, for none may appear during a fork."""
        with self._lock:
            if self.closed:
                raise ClosedError(
                    "the connection to this registry was closed; "
                    "open it again with modelgroups.connect()"
                )
            if self._engine is None:
                self._engine = make_engine(
                    self.path, read_only=self.read_only, durable=self.durable
                )
            connection = self._engine.connect()
            self._in_use.add(connection)
            return connection

    def hold(self) -> None:
        """Give out no connections before `release`."""
        self._lock.acquire()

    def drain(self) -> None:
        """Close every connection once it is idle; call it between `hold` and `release`."""
        if self._engine is not None:
            deadline = time.monotonic() + _FORK_SECONDS
            while any(not used.closed for used in list(self._in_use)):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.001)
            self._engine.dispose()

    def release(self) -> None:
        """Give out connections again."""
        self._lock.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, InterfaceError, UnicodeDecodeError, driver().Error) as error:
            raise catalog_error(error, self.path) from error


def catalog_error(error: Exception, path: Path) -> ModelGroupsError:
    """Return the error of our tree for one that SQLAlchemy or SQLite raised."""
    text = str(getattr(error, "orig", None) or error)
    if "locked" in text or "busy" in text:
        return CatalogBusyError(f"the catalog {path} is locked by another process: {text}")
    if "readonly" in text or "read-only" in text:
        return ReadOnlyError(f"the catalog {path} cannot be written: {text}")
    if any(sign in text for sign in _DAMAGE):
        return CatalogCorruptError(
            f"the catalog {path} is damaged: {text}; restore it from a backup"
        )
    if "full" in text or "disk I/O" in text:
        return UnexpectedError(
            f"the disk that holds {path} refused the write: {text}; "
            "free some space and try again. Nothing was written."
        )
    return UnexpectedError(f"the catalog {path} refused a statement: {text}")


def _hold_all() -> None:
    _forking.acquire()
    for catalog in list(_OPEN):
        catalog.hold()
        _held.append(catalog)
        catalog.drain()


def _release_all() -> None:
    while _held:
        _held.pop().release()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold_all, after_in_parent=_release_all, after_in_child=_release_all)
