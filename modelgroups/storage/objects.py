"""The object store: immutable files named by the SHA-256 of their bytes.

A file is staged under a temporary name, hashed and fsynced, outside any lock. It is
published, that is renamed into place and its folder fsynced, inside the catalog
transaction that names it, so that whoever collects garbage under the same lock sees
either the file and its row or neither. One that was offered has its name before that;
publishing it makes sure that nobody has collected it meanwhile.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from modelgroups.errors import (
    CatalogCorruptError,
    ModelGroupsError,
    ReadOnlyError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UnexpectedError,
)
from modelgroups.storage.digest import sha256_of_file
from modelgroups.storage.lock import try_lock

__all__ = ["Collected", "Identity", "ObjectStore", "Staged", "fsync", "identity_of"]

Identity = tuple[int, int]
"""Tells a file from another one that took its name."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_STAGING_PREFIX = "staging-"
_STAGING_LOCK = ".lock"
_STAGING_GRACE_SECONDS = 60.0
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True, slots=True)
class Staged:
    """A place for a file that is being written; its lock says that its writer lives."""

    path: Path
    fd: int


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection of garbage removed.

    Parameters
    ----------
    digests
        The SHA-256 of each object that nothing referred to.
    n_staging, n_log_files
        Temporary files, and files of inference logs.
    size
        Bytes of all of them.

    Examples
    --------
    >>> Collected(digests=(), n_staging=1, size=512).size
    512
    """

    digests: tuple[str, ...]
    n_staging: int
    size: int
    n_log_files: int = 0


class ObjectStore:
    """The ``objects`` folder of a registry.

    Parameters
    ----------
    root
        The folder; made by the first file.
    durable
        Whether publishing waits for the disk.
    suffix
        The end of the names of its files.
    """

    def __init__(self, root: Path, *, durable: bool = True, suffix: str = ".parquet") -> None:
        self.root = root
        self.durable = durable
        self.suffix = suffix

    def path(self, digest: str) -> Path:
        """Return where the file with this hash lies.

        Raises
        ------
        CatalogCorruptError
            It is not a hash; it could lead anywhere.
        """
        if not _SHA256.fullmatch(str(digest)):  # SQLite gives back what it holds, of any type
            raise CatalogCorruptError(
                f"the catalog of {self.root.parent} names a snapshot {digest!r}, which is not a "
                "SHA-256 in hexadecimal; restore the catalog from a backup"
            )
        return self.root / f"{digest}{self.suffix}"

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        """Offer a temporary file to write; what was not published is removed at the end.

        Raises
        ------
        ReadOnlyError
            The folder cannot be written.
        UnexpectedError
            The disk refused: no space, a limit, a fault.
        """
        with self._translated():
            path = self.root / f"{_STAGING_PREFIX}{uuid4().hex}{self.suffix}"
            try:
                with self._created(path) as file:
                    try_lock(file.fileno())
                    yield Staged(path, file.fileno())
            finally:
                path.unlink(missing_ok=True)

    def _created(self, path: Path) -> BinaryIO:
        try:
            return path.open("xb")
        except FileNotFoundError:  # as once in the life of a registry
            self.root.mkdir(parents=True, exist_ok=True)
            return path.open("xb")

    @contextmanager
    def stage_folder(self) -> Iterator[Path]:
        """Offer a temporary folder for many files; what was not published is removed at the end.

        Raises what `stage` raises.
        """
        with self._translated():
            folder = self.root / f"{_STAGING_PREFIX}{uuid4().hex}"
            folder.mkdir(parents=True)
            try:
                with (folder / _STAGING_LOCK).open("xb") as lock:
                    try_lock(lock.fileno())  # as long as it holds, its writer lives
                    yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def offer(self, staged: Path, digest: str) -> None:
        """Give a staged, fsynced file its name ahead of the transaction that publishes it.

        The write lock is then held for half the time. The file keeps its staged name too, for
        until a row names it, whoever collects garbage may remove it. Where an equal file is
        there, or the disk knows no links, all is left to `publish`.
        """
        try:
            os.link(staged, self.path(digest))
        except OSError:
            return
        self.fsync(self.root)

    def withdraw(self, staged: Path, digest: str) -> None:
        """Take the name of an offered file back; call it inside a write transaction."""
        target = self.path(digest)
        if identity_of(target) == identity_of(staged):  # else another save has put its equal there
            target.unlink(missing_ok=True)

    def publish(self, staged: Path, digest: str) -> None:
        """Rename a staged, fsynced file into place; call it inside the write transaction.

        An equal file that was there already is replaced by its equal: that costs nothing
        and mends it where its bytes had rotted. One that was offered is there.
        """
        target = self.path(digest)
        offered = identity_of(target)
        if offered is None or offered != identity_of(staged):
            staged.replace(target)
            self.fsync(self.root)

    @contextmanager
    def reading(self, digest: str) -> Iterator[Path]:
        """Offer the file with this hash to be read.

        Raises
        ------
        SnapshotMissingError
            There is no such file.
        UnexpectedError
            The disk or the permissions do not let it be read.
        """
        path = self.path(digest)
        try:
            yield path
        except ModelGroupsError:  # some of ours are OSErrors too
            raise
        except FileNotFoundError as error:
            raise SnapshotMissingError(
                f"the snapshot {digest} is gone: there is no file {path}; "
                "restore it from a backup of the registry"
            ) from error
        except OSError as error:
            raise UnexpectedError(f"the snapshot {path} cannot be read: {error}") from error

    def verify(self, digest: str) -> int:
        """Hash a file's bytes again and return its size.

        Raises
        ------
        SnapshotMissingError
            There is no such file.
        SnapshotCorruptError
            Its bytes have another hash.
        UnexpectedError
            The disk or the permissions do not let it be read.
        """
        with self.reading(digest) as path:
            self._require_hash(path, digest, sha256_of_file(path))
            return path.stat().st_size

    @staticmethod
    def _require_hash(path: Path, digest: str, found: str) -> None:
        if found != digest:
            raise SnapshotCorruptError(
                f"the file {path} was changed since it was saved: the SHA-256 of its bytes is "
                f"{found}; restore it from a backup of the registry"
            )

    def open(self, digest: str) -> BinaryIO:
        """Open a file after comparing all of it with its hash; whoever asks closes it.

        Raises what `verify` raises.
        """
        with self.reading(digest) as path, ExitStack() as files:
            file = files.enter_context(path.open("rb"))
            self._require_hash(path, digest, hashlib.file_digest(file, "sha256").hexdigest())
            file.seek(0)
            files.pop_all()
            return file

    def published(self) -> dict[str, Identity]:
        """Return every published file, by digest; publishing one anew changes its identity."""
        return {
            path.stem: identity
            for path in sorted(self.root.glob(f"*{self.suffix}"))
            if _SHA256.fullmatch(path.stem) and (identity := identity_of(path)) is not None
        }

    def collect(self, garbage: Mapping[str, Identity]) -> Collected:
        """Remove files that nothing refers to; call it inside a write transaction.

        Parameters
        ----------
        garbage
            What to remove, as `published` found it; what was published anew since is kept.

        Returns
        -------
        Collected
            What was removed. Temporary files whose writer is alive are left alone.
        """
        removed, size = [], 0
        for digest, identity in garbage.items():
            path = self.path(digest)
            if identity_of(path) == identity:
                size += path.stat().st_size
                path.unlink()
                removed.append(digest)
        n_staging = 0
        for path in self.root.glob(f"{_STAGING_PREFIX}*"):
            abandoned = _size_if_abandoned(path)
            if abandoned is not None:
                _remove(path)
                n_staging += 1
                size += abandoned
        return Collected(tuple(removed), n_staging, size)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ModelGroupsError:  # some of ours are OSErrors too
            raise
        except OSError as error:
            if error.errno in _FORBIDDEN:
                raise ReadOnlyError(
                    f"the files of the registry in {self.root} cannot be written: {error}; "
                    "nothing was stored"
                ) from error
            if error.errno is None:
                raise
            raise UnexpectedError(
                f"the disk that holds {self.root} refused a file: {error}; free some space or "
                "lift the limit, and try again. Nothing was stored."
            ) from error

    def fsync(self, folder: Path) -> None:
        """Wait until the names in a folder outlast a power cut."""
        if self.durable:
            fsync(folder)


def fsync(path: Path) -> None:
    """Wait until a file, or the names in a folder, outlast a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def identity_of(path: Path) -> Identity | None:
    """Return what tells a file from another one that took its name, or None without a file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns


def _size_if_abandoned(path: Path) -> int | None:
    """Return the size of a temporary file, or folder, whose writer is dead, or None."""
    try:
        if time.time() - path.stat().st_mtime < _STAGING_GRACE_SECONDS:
            return None  # it may be so new that its writer has not locked it yet
        fd = os.open(path / _STAGING_LOCK if path.is_dir() else path, os.O_RDWR)
    except FileNotFoundError:
        return _size(path) if path.is_dir() else None  # its writer died before the lock was there
    try:
        return _size(path) if try_lock(fd) else None
    finally:
        os.close(fd)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(_size(file) for file in path.iterdir())
    return path.stat().st_size


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
