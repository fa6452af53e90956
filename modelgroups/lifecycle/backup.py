"""A copy of a registry that is in use: consistent, checked, and there wholly or not at all.

The catalog is copied as one reader sees it, then the files that this copy names, each hashed
on its way. Files are immutable, but those of logs may be compacted away before they are copied:
then the catalog is copied again, at last while nobody else may write, and only what is new.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from sqlmodel import Session

from modelgroups.catalog import artifacts, log_objects, references, segments, setup
from modelgroups.catalog.engine import copy_database, integrity_problems
from modelgroups.catalog.session import Catalog
from modelgroups.errors import (
    CatalogCorruptError,
    ModelGroupsError,
    SnapshotMissingError,
    UnexpectedError,
    UserValueError,
)
from modelgroups.progress import tracked
from modelgroups.registry import MEMORY, Registry, require_location
from modelgroups.storage.digest import copy_checked
from modelgroups.storage.objects import fsync
from modelgroups.storage.segments import SegmentName

__all__ = ["back_up", "with_its_files"]

T = TypeVar("T")

_FREE_ATTEMPTS = 2
"""How often work is tried before it keeps others from writing."""


def back_up(registry: Registry, location: object) -> Path:
    """Copy a registry into a new folder.

    Parameters
    ----------
    registry
        What to copy; others may go on writing to it.
    location
        A folder that is not there yet, or is empty.

    Returns
    -------
    Path
        The folder. Every file in it was compared with its hash.

    Raises
    ------
    UserTypeError, UserValueError
        The location is no folder, holds something, or lies in the registry itself.
    SnapshotCorruptError, SnapshotMissingError, CatalogCorruptError
        The registry is damaged; no copy is left behind.
    UnexpectedError
        The disk refused.
    """
    target = _require_new_folder(registry, location)
    with _translated(target), _building(target) as folder:
        catalog = folder / registry.catalog.path.name
        with_its_files(registry, lambda: _copy(registry, folder, catalog))
        _require_sound(catalog)
        _fsync_all(folder)
    return target


def with_its_files(registry: Registry, work: Callable[[], T]) -> T:
    """Run work that reads the catalog and then the files that it names, and return its answer.

    The files of logs may be compacted away before they are read; the work, which then raises
    `SnapshotMissingError`, is done again, at last while nobody else can write.
    """
    for _ in range(_FREE_ATTEMPTS):
        with suppress(SnapshotMissingError):
            return work()
    if registry.read_only:
        return work()
    with registry.catalog.write() as session:
        session.connection()  # takes the lock
        return work()


def _require_new_folder(registry: Registry, location: object) -> Path:
    name = require_location(location)
    if name == MEMORY:
        raise UserValueError(f"a backup needs a folder that stays, and {MEMORY!r} is none")
    target = Path(name).expanduser().absolute()
    if target.resolve().is_relative_to(registry.root.resolve()):
        raise UserValueError(f"{target} lies in the registry itself; choose a folder outside of it")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UserValueError(f"{target} is there already; choose a new or an empty folder")
    return target


@contextmanager
def _translated(target: Path) -> Iterator[None]:
    try:
        yield
    except ModelGroupsError:  # some of ours are OSErrors too
        raise
    except OSError as error:
        raise UnexpectedError(
            f"no copy can be made at {target}: {error}; nothing was left there"
        ) from error


@contextmanager
def _building(target: Path) -> Iterator[Path]:
    """Offer a folder that gets its name at the end, or is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f".modelgroups-{uuid4().hex}")
    folder.mkdir()
    try:
        yield folder
        folder.replace(target)
        fsync(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(registry: Registry, session: Session) -> dict[Path, str]:
    """Return every file that the catalog names, with its SHA-256."""
    found = {
        registry.objects.path(snapshot.digest): snapshot.digest
        for snapshot in references.snapshots(session)
    }
    found |= {registry.artifacts.path(digest): digest for digest in artifacts.live(session)}
    found |= {registry.media.path(digest): digest for digest in log_objects.live(session)}
    for model_id, segment in segments.live_everywhere(session):
        name = SegmentName(model_id, segment.id)
        found[registry.segments.path(name)] = segment.digest
        found[registry.segments.index_path(name)] = segment.index_digest
    return {path.relative_to(registry.root): digest for path, digest in found.items()}


def _copy(registry: Registry, folder: Path, catalog: Path) -> None:
    """Copy the catalog anew, and what it names and is not copied yet.

    Raises
    ------
    SnapshotMissingError
        A file is gone.
    """
    catalog.unlink(missing_ok=True)
    with registry.catalog.read() as session:
        copy_database(session.connection(), catalog)
        named = _files(registry, session)
    for path in [path for path in folder.glob("*/**/*") if path.is_file()]:
        if path.relative_to(folder) not in named:
            path.unlink()
    for path in tracked(sorted(named), "Copying files", total=len(named)):
        if not (folder / path).exists():
            _copy_file(registry.root / path, folder / path, named[path])


def _copy_file(path: Path, target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source = path.open("rb")
    except FileNotFoundError as error:
        raise SnapshotMissingError(
            f"there is no file {path}, which the catalog names; connection.verify() tells what "
            "else is wrong"
        ) from error
    with source:
        copy_checked(source, target, digest)


def _require_sound(path: Path) -> None:
    """Raise unless the copy of the catalog opens and SQLite finds nothing wrong with it."""
    setup.is_current(path)
    with closing(Catalog(path, read_only=True)) as catalog, catalog.read() as session:
        problems = integrity_problems(session.connection())
    if problems:
        raise CatalogCorruptError(f"the catalog is damaged: {'; '.join(problems[:3])}")


def _fsync_all(folder: Path) -> None:
    """Wait until the copy of the catalog, and the names of all files, outlast a power cut."""
    for path in folder.rglob("*"):
        if path.is_dir() or path.parent == folder:
            fsync(path)
    fsync(folder)
