"""The engine: one pool of connections a process, with SQLite set up to be exact.

All that is particular to SQLite is in this module. The pragmas and the handling of
transactions are those that held under kills, power cuts and many writers: WAL with
``synchronous=FULL``, explicit ``BEGIN`` for readers and ``BEGIN IMMEDIATE`` for writers.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from modelgroups.catalog.interrupts import interrupt_if_asked
from modelgroups.errors import CatalogBusyError

__all__ = [
    "APPLICATION_ID",
    "BUSY_SECONDS",
    "checkpoint",
    "copy_database",
    "driver",
    "integrity_problems",
    "make_engine",
    "reading_mode",
    "sqlite_version",
    "undecoded",
    "write_a_page",
]

APPLICATION_ID = 0x6D677270
"""Written into the header of every catalog: "mgrp"."""

BUSY_SECONDS = 60.0
"""How long a writer waits for its turn before it gives up."""

_SHORT_PAUSE, _LONG_PAUSE = (0.0002, 0.0015), (0.002, 0.008)
"""Seconds at least and at most between two attempts to take the lock."""

_SHORT_PAUSES = 20
"""After so many the lock is held by something long."""

_CHECKPOINT_WAIT = 20  # milliseconds
_CHECKPOINT_TRIES = 20

_PRAGMAS = {
    "busy_timeout": 30_000,
    "foreign_keys": "ON",
    "trusted_schema": "OFF",
    "secure_delete": "ON",  # what was deleted is overwritten, for it may be somebody's data
    "cache_size": -8_000,
    "wal_autocheckpoint": 2_000,  # pages; a save writes 40, most of them again and again
}


def driver() -> ModuleType:
    """Return the sqlite3 module to use.

    pysqlite3, where it is installed, carries a newer SQLite than most Pythons do: releases
    up to 3.51.2 have a rare bug in the reset of the write-ahead log.
    """
    return import_module("pysqlite3.dbapi2") if find_spec("pysqlite3") else sqlite3


def make_engine(path: Path, *, read_only: bool, durable: bool = True) -> Engine:
    """Return an engine for the catalog file.

    Parameters
    ----------
    path
        The catalog file.
    read_only
        Open it so that SQLite itself refuses to write.
    durable
        Wait for the disk at every commit; a temporary registry does not.
    """
    module = driver()
    uri = path.absolute().as_uri() + (reading_mode(path) if read_only else "?mode=rw")

    def open_connection() -> Any:
        connection = module.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30.0
        )
        for name, value in _PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        return connection

    engine = create_engine(
        "sqlite://",
        module=module,
        creator=open_connection,
        poolclass=QueuePool,
        max_overflow=-1,  # a thread that waits for the write lock holds a connection meanwhile
    )
    event.listen(engine, "begin", _begin)
    event.listen(engine, "close", _roll_back)
    return engine


def reading_mode(path: Path) -> str:
    """Return how SQLite must open a catalog that is only read, to leave everything as it is.

    On a medium that cannot be written, a cleanly closed catalog opens only as immutable,
    and one with a live write-ahead log only when it is not: immutable would miss the log.
    Where the medium can be written, a reader makes the files ``-wal`` and ``-shm``; it
    removes them at the end if it could write, and would then fold a live log into the file.
    """
    if _has_live_log(path):
        return "?mode=ro"
    if not os.access(path.parent, os.W_OK):
        return "?mode=ro&immutable=1"
    return "?mode=rw" if os.access(path, os.W_OK) else "?mode=ro"


def _has_live_log(path: Path) -> bool:
    """Return whether the write-ahead log holds anything, or somebody has the catalog open."""
    wal, shm = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    try:
        return wal.stat().st_size > 0 or shm.exists()
    except FileNotFoundError:  # as usual; or whoever closed the catalog was faster
        return False


def _begin(connection: Any) -> None:
    """Start a transaction in the way that its execution options ask for."""
    dbapi_connection = connection.connection.dbapi_connection
    patience = connection.get_execution_options().get("patience")
    if patience is not None:
        _begin_immediate(dbapi_connection, patience)
    else:
        dbapi_connection.execute("BEGIN")


def _roll_back(connection: Any, _: object) -> None:
    """End the transaction of a connection that is being closed.

    SQLAlchemy closes one whose statement was interrupted (Ctrl-C). SQLite lets it live, with
    its locks, as long as a cursor does, and the traceback holds the cursor.
    """
    connection.rollback()


def _begin_immediate(connection: Any, patience: float) -> None:
    """Take the write lock, waiting with random pauses between the attempts.

    The pauses of SQLite's own waiting grow to a tenth of a second, and whoever waited long comes
    last: the slowest of eight writers waited 7.4 s. It also begins with a whole millisecond,
    three times as long as a short transaction takes.
    """
    deadline = time.monotonic() + patience
    n_tries = 0
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except driver().OperationalError as error:
                if "locked" not in str(error) and "busy" not in str(error):
                    raise
                interrupt_if_asked()
                if time.monotonic() > deadline:
                    raise CatalogBusyError(
                        f"another process has held the catalog's write lock for "
                        f"{patience:.0f} s; find it (a debugger, a stopped process) and end "
                        "it, then try again. Nothing was written."
                    ) from error
                n_tries += 1
                pause = _SHORT_PAUSE if n_tries <= _SHORT_PAUSES else _LONG_PAUSE
                time.sleep(random.uniform(*pause))  # noqa: S311  # not for secrets
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout={_PRAGMAS['busy_timeout']}")


def write_a_page(connection: Connection) -> None:
    """Make sure that the commit of this transaction writes something.

    A process that dies in its commit leaves a transaction that nobody sees, but that comes
    back when the log is read anew, unless another commit was written in its place.
    """
    (version,) = connection.exec_driver_sql("PRAGMA user_version").one()
    connection.exec_driver_sql(f"PRAGMA user_version={(version + 1) % 2**31}")


def checkpoint(connection: Connection) -> bool:
    """Write all of the log into the file and empty it; return whether nobody was reading from it.

    SQLite lets no other process write while it waits for readers, so it waits little at a time.
    """
    raw: Any = connection.connection.dbapi_connection
    raw.rollback()  # a checkpoint cannot run inside a transaction
    raw.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT}")
    try:
        for _ in range(_CHECKPOINT_TRIES):
            [(is_busy, _, _)] = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not is_busy:
                return True
            time.sleep(_CHECKPOINT_WAIT / 1000)
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout={_PRAGMAS['busy_timeout']}")


def copy_database(connection: Connection, path: Path) -> None:
    """Copy what a reader sees into a new file, whoever writes meanwhile."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now the reader sees one state
    with closing(driver().connect(path, isolation_level=None)) as copy:
        raw.backup(copy)


def sqlite_version() -> str:
    """Return the release of SQLite in use."""
    return str(driver().sqlite_version)


def integrity_problems(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with its own file."""
    answers = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    problems = [str(answer) for answer in answers if answer != "ok"]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return problems + [
        f"row {row} of the table {table} refers to a row of {parent} that is gone"
        for table, row, parent, _ in orphans
    ]


@contextmanager
def undecoded(connection: Connection) -> Iterator[None]:
    """Read texts that are not UTF-8 as they are, with surrogates, instead of failing."""
    raw: Any = connection.connection.dbapi_connection
    raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str
