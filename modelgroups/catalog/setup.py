"""Making a catalog, recognising one, and bringing an older one up to date."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from modelgroups.catalog.engine import APPLICATION_ID, driver, reading_mode
from modelgroups.catalog.events import GENESIS
from modelgroups.catalog.log_tables import METADATA
from modelgroups.catalog.session import catalog_error
from modelgroups.errors import (
    CatalogCorruptError,
    CatalogTooNewError,
    NotARegistryError,
    ReadOnlyError,
)

__all__ = ["HEAD", "create", "is_current", "read_revision"]

HEAD = "0013"
"""The schema revision that this release writes; revisions are numbers in order."""


def create(path: Path, *, durable: bool = True) -> None:
    """Make an empty catalog at `path`: wholly there, or not at all.

    It is built under a temporary name and renamed into place.
    """
    building = path.with_name(f".{path.name}.{uuid4().hex}")
    dialect = sqlite.dialect()
    try:
        with closing(driver().connect(building, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("BEGIN")
            for table in METADATA.sorted_tables:
                connection.execute(str(CreateTable(table).compile(dialect=dialect)))
                for index in sorted(table.indexes, key=lambda index: index.name or ""):
                    connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
            connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
            connection.execute("INSERT INTO audit_head VALUES (1, 0, ?)", (GENESIS,))
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
        if durable:
            _fsync(building)
        building.replace(path)
        if durable:
            _fsync(path.parent)
    except driver().Error as error:
        raise catalog_error(error, path) from error
    finally:
        building.unlink(missing_ok=True)


def is_current(path: Path) -> bool:
    """Return whether the catalog has this release's schema.

    Raises
    ------
    NotARegistryError
        The file is not a catalog.
    CatalogTooNewError
        A newer release wrote it.
    """
    revision = read_revision(path)
    if revision > HEAD:
        raise CatalogTooNewError(
            f"the registry at {path.parent} has schema revision {revision}; this release of "
            f"modelgroups knows revisions up to {HEAD}. Upgrade modelgroups to open it. "
            "Nothing was changed."
        )
    return revision == HEAD


def read_revision(path: Path) -> str:
    """Return the schema revision of the catalog file, without changing anything.

    Only SQLite opens the file: a process that closes a file loses all its locks on it, also
    those of its other connections, and what they commit is lost then.
    """
    module = driver()
    uri = path.absolute().as_uri() + reading_mode(path)
    try:
        with closing(module.connect(uri, uri=True, timeout=30.0)) as connection:
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            if application_id != APPLICATION_ID:
                raise NotARegistryError(
                    f"{path} is empty or an SQLite database of another program, not a catalog "
                    "of modelgroups; choose another folder"
                )
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (module.DatabaseError, UnicodeDecodeError) as error:
        if "not a database" in str(error):
            raise NotARegistryError(
                f"{path} is not a catalog (it is not an SQLite database); "
                "choose another folder, or restore the file from a backup"
            ) from error
        if "unable to open" in str(error):
            raise ReadOnlyError(
                f"the catalog {path} cannot be opened by this user or on this disk; where it lies "
                f"beside a {path.name}-wal and nothing can be written, copy the registry to "
                "another folder and open it there"
            ) from error
        raise CatalogCorruptError(
            f"the catalog {path} cannot be read: {error}; restore it from a backup"
        ) from error
    if row is None:
        raise CatalogCorruptError(
            f"the catalog {path} does not say its schema revision; restore it from a backup"
        )
    return str(row[0])


def migrate(path: Path, run: Callable[[Path], None]) -> Path:
    """Keep a copy of an older catalog beside it, then run the migrations.

    Parameters
    ----------
    path
        The catalog file.
    run
        What upgrades it, in one transaction.

    Returns
    -------
    Path
        The copy.
    """
    backup = path.with_name(f"{path.name}.revision-{read_revision(path)}.bak")
    module = driver()
    partial = backup.with_name(f".{backup.name}.{uuid4().hex}")
    try:
        with (
            closing(module.connect(path)) as source,
            closing(module.connect(partial)) as target,
        ):
            source.backup(target)
        _fsync(partial)
        partial.replace(backup)
        _fsync(path.parent)
    except (OSError, module.OperationalError) as error:
        raise ReadOnlyError(
            f"the registry at {path.parent} was made by an older release and must be migrated, "
            f"but no copy of its catalog can be kept there: {error}. Nothing was changed."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    run(path)
    return backup


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
