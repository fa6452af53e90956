"""The segments of inference logs: immutable Parquet files, each with an index of its ids.

They are named by ids of their own, and lie in a folder for each model. Like objects they are
staged first and published inside the catalog transaction that names them. Loads pyarrow and
pandas when a segment is opened, not before.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelgroups.errors import CatalogCorruptError, SnapshotCorruptError, SnapshotMissingError
from modelgroups.storage.digest import sha256_of_file
from modelgroups.storage.joins import Joins
from modelgroups.storage.lock import thread_lock
from modelgroups.storage.objects import Identity, ObjectStore, identity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

    from modelgroups.storage.keys import KeyIndex

__all__ = ["SegmentName", "SegmentStore", "footer_digest"]

_ID = re.compile(r"[0-9a-f]{32}")
_MODEL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROWS, _INDEX = ".parquet", ".keys.npy"
_TAIL = 8  # the length of the footer and the magic number
_MOST_INDEXES = 256  # that stay mapped


@dataclass(frozen=True, slots=True)
class SegmentName:
    """The model that a segment belongs to, and its own id."""

    model_id: str
    id: str


class SegmentStore:
    """The ``inferences`` folder of a registry.

    Parameters
    ----------
    root
        The folder; made by the first segment.
    staging
        The store that temporary files are made in; it lies on the same disk.
    """

    def __init__(self, root: Path, staging: ObjectStore) -> None:
        self.root = root
        self._staging = staging
        self._indexes: OrderedDict[SegmentName, KeyIndex] = OrderedDict()
        self._lock = thread_lock()
        self.joins = Joins()
        """Which rows of two segments have one id."""

    def path(self, name: SegmentName) -> Path:
        """Return where the rows of a segment lie.

        Raises
        ------
        CatalogCorruptError
            It is not named by ids; its name could lead anywhere.
        """
        return self._place(name, _ROWS)

    def index_path(self, name: SegmentName) -> Path:
        """Return where the index of a segment lies."""
        return self._place(name, _INDEX)

    def _place(self, name: SegmentName, suffix: str) -> Path:
        if not _MODEL_ID.fullmatch(str(name.model_id)) or not _ID.fullmatch(str(name.id)):
            raise CatalogCorruptError(
                f"the catalog of {self.root.parent} names a segment {name.id!r} of the model "
                f"{name.model_id!r}, which are not ids; restore the catalog from a backup"
            )
        return self.root / name.model_id / f"{name.id}{suffix}"

    def prepare(self, model_id: str) -> None:
        """Make the folder of a model, before the lock is taken."""
        folder = self.root / model_id
        if not folder.exists():
            is_first = not self.root.exists()
            folder.mkdir(parents=True, exist_ok=True)
            self._staging.fsync(self.root)
            if is_first:
                self._staging.fsync(self.root.parent)

    def publish(self, name: SegmentName, rows: Path, index: Path) -> None:
        """Rename staged, fsynced files into place; call it inside the write transaction."""
        index.replace(self.index_path(name))
        rows.replace(self.path(name))
        self._staging.fsync(self.root / name.model_id)

    def open(
        self, name: SegmentName, footer: str, *, encoded: Sequence[str] = ()
    ) -> pq.ParquetFile:
        """Open the rows of a segment; its footer is compared with its SHA-256.

        Parameters
        ----------
        name, footer
            Which segment, and the SHA-256.
        encoded
            Columns of text that come as dictionaries.

        Raises
        ------
        SnapshotMissingError
            There is no such file.
        SnapshotCorruptError
            It is damaged.
        """
        from modelgroups.storage.parquet import open_parquet

        path = self.path(name)
        if footer_digest(path) != footer:
            raise _changed(path)
        return open_parquet(path, encoded=encoded)

    def index(self, name: SegmentName) -> KeyIndex:
        """Return the index of a segment; it stays mapped for the next time.

        Raises
        ------
        SnapshotMissingError
            There is no such file.
        SnapshotCorruptError
            It is not an index.
        """
        from modelgroups.storage.keys import KeyIndex

        with self._lock:
            known = self._indexes.get(name)
            if known is not None:
                self._indexes.move_to_end(name)
                return known
        path = self.index_path(name)
        with _missing_is_told(path):
            index = KeyIndex.load(path)
        with self._lock:
            self._indexes[name] = index
            while len(self._indexes) > _MOST_INDEXES:
                self._indexes.popitem(last=False)
        return index

    def verified_index(self, name: SegmentName, digest: str) -> KeyIndex:
        """Return the index of a segment after comparing all of it with its SHA-256.

        Raises
        ------
        SnapshotMissingError
            There is no such file.
        SnapshotCorruptError
            Its bytes have another hash.
        """
        from modelgroups.storage.keys import KeyIndex

        path = self.index_path(name)
        with _missing_is_told(path):
            if sha256_of_file(path) != digest:
                raise _changed(path)
            return KeyIndex.load(path)

    def remove(self, name: SegmentName) -> None:
        """Delete the files of a segment that no catalog row names any more."""
        with self._lock:
            self._indexes.pop(name, None)
        self.path(name).unlink(missing_ok=True)
        self.index_path(name).unlink(missing_ok=True)

    def verify(self, name: SegmentName, digest: str, index_digest: str) -> int:
        """Hash both files of a segment again and return their size.

        Raises
        ------
        SnapshotMissingError
            One of them is not there.
        SnapshotCorruptError
            The bytes of one have another hash.
        """
        size = 0
        for path, wanted in ((self.path(name), digest), (self.index_path(name), index_digest)):
            with _missing_is_told(path):
                if sha256_of_file(path) != wanted:
                    raise _changed(path)
                size += path.stat().st_size
        return size

    def published(self) -> dict[Path, Identity]:
        """Return every file that was published."""
        return {
            path: identity
            for path in sorted(self.root.glob("*/*"))
            if path.name.endswith((_ROWS, _INDEX)) and (identity := identity_of(path)) is not None
        }

    def collect(self, garbage: Mapping[Path, Identity]) -> tuple[int, int]:
        """Remove files that nothing refers to; call it inside a write transaction.

        Returns
        -------
        tuple of int
            How many files were removed, and their bytes.
        """
        n_files = size = 0
        for path, identity in garbage.items():
            with suppress(FileNotFoundError):  # whoever compacted it away was faster
                if identity_of(path) == identity:
                    n_bytes = path.stat().st_size
                    path.unlink()
                    size += n_bytes
                    n_files += 1
        return n_files, size


def footer_digest(path: Path) -> str:
    """Return the SHA-256 of a Parquet file's footer.

    Raises
    ------
    SnapshotMissingError
        There is no such file.
    SnapshotCorruptError
        It has no footer.
    """
    with _missing_is_told(path), path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        length = int.from_bytes(file.read(4), "little") + _TAIL
        if length > end:
            raise _changed(path)
        file.seek(end - length)
        return hashlib.sha256(file.read()).hexdigest()


@contextmanager
def _missing_is_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SnapshotMissingError(
            f"there is no file {path}; restore it from a backup of the registry"
        ) from error


def _changed(path: Path) -> SnapshotCorruptError:
    return SnapshotCorruptError(
        f"the file {path} was changed since it was written; restore it from a backup of the "
        "registry"
    )
