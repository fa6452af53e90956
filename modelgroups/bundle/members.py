"""Which files belong to the rows of a group, and where they lie in a bundle and in a registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelgroups.catalog.exported import EXPORTED
from modelgroups.catalog.log_tables import InferenceLogRow, SegmentRow
from modelgroups.catalog.tables import table
from modelgroups.catalog.transfer import Content, Row
from modelgroups.errors import SnapshotCorruptError
from modelgroups.registry import Registry
from modelgroups.storage.objects import ObjectStore
from modelgroups.storage.segments import SegmentName, footer_digest

__all__ = ["ObjectMember", "SegmentMember", "members_of"]

_LOGS = table(InferenceLogRow).name
_SEGMENTS = table(SegmentRow).name


@dataclass(frozen=True)
class ObjectMember:
    """A file of an object store.

    Parameters
    ----------
    store
        Which store of the registry.
    digest, size
        The SHA-256 of its bytes, and how many there are.
    n_rows
        The rows of a snapshot.
    """

    store: str
    digest: str
    size: int
    n_rows: int | None = None

    @property
    def files(self) -> dict[str, str]:
        """Its hash, by its name in a bundle."""
        return {f"{self.store}/{self.digest}": self.digest}

    def paths(self, registry: Registry) -> list[Path]:
        """Return where it lies, in the order of `files`."""
        return [self._store(registry).path(self.digest)]

    def check(self, staged: list[Path], _: Mapping[str, str]) -> None:
        """Raise unless a copy of a snapshot can be read and has its rows."""
        if self.n_rows is not None:
            _require_rows(staged[0], self.n_rows)

    def prepare(self, registry: Registry) -> None:
        """Do nothing: the folder of all objects is there, for copies are staged in it."""

    def publish(self, registry: Registry, staged: list[Path]) -> None:
        """Put it into place; call it inside the write transaction."""
        self._store(registry).publish(staged[0], self.digest)

    def _store(self, registry: Registry) -> ObjectStore:
        store: ObjectStore = getattr(registry, self.store)
        return store


@dataclass(frozen=True)
class SegmentMember:
    """The two files of a segment: its rows, and their index.

    Parameters
    ----------
    name
        Whose it is.
    row
        Its row in the catalog.
    """

    name: SegmentName
    row: Row

    @property
    def files(self) -> dict[str, str]:
        """The hashes of its files, by their names in a bundle."""
        place = f"segments/{self.name.model_id}/{self.name.id}"
        return {
            f"{place}.parquet": self.row["digest"],
            f"{place}.keys.npy": self.row["index_digest"],
        }

    def paths(self, registry: Registry) -> list[Path]:
        """Return where they lie, in the order of `files`."""
        return [registry.segments.path(self.name), registry.segments.index_path(self.name)]

    def check(self, staged: list[Path], schemas: Mapping[str, str]) -> None:
        """Raise unless copies can be read, and are those of the segment.

        Parameters
        ----------
        staged
            The copies, in the order of `files`.
        schemas
            The attributes of each version, by its id.
        """
        from modelgroups.bundle.columns import require_columns
        from modelgroups.storage.keys import KeyIndex

        rows, index = staged
        _require_rows(rows, self.row["n_rows"])
        if footer_digest(rows) != self.row["footer_digest"]:
            raise SnapshotCorruptError(f"the segment {self.name.id} has another footer")
        if len(KeyIndex.load(index)) != self.row["n_rows"]:
            raise SnapshotCorruptError(f"the index of the segment {self.name.id} has other rows")
        require_columns(rows, self.row["kind"], schemas[self.name.model_id])

    def prepare(self, registry: Registry) -> None:
        """Make their folder, before the lock is taken."""
        registry.segments.prepare(self.name.model_id)

    def publish(self, registry: Registry, staged: list[Path]) -> None:
        """Put them into place; call it inside the write transaction."""
        registry.segments.publish(self.name, *staged)


def members_of(content: Content) -> list[ObjectMember | SegmentMember]:
    """Return the files that rows name, each once."""
    objects = {
        (exported.store, row["digest"]): _object(exported.store, row)
        for exported in EXPORTED
        if exported.store is not None
        for row in content.get(exported.name, ())
    }
    return [*objects.values(), *_segments(content)]


def _object(store: str, row: dict[str, Any]) -> ObjectMember:
    n_rows = row["n_rows"] if store == "objects" else None
    return ObjectMember(store, row["digest"], row["size"], n_rows)


def _segments(content: Content) -> Iterable[SegmentMember]:
    models = {row["serial"]: row["model_id"] for row in content.get(_LOGS, ())}
    for row in content.get(_SEGMENTS, ()):
        yield SegmentMember(SegmentName(models[row["log"]], row["id"]), row)


def _require_rows(path: Path, n_rows: int) -> None:
    from modelgroups.storage.parquet import open_parquet

    with open_parquet(path) as file:
        if file.metadata.num_rows != n_rows:
            raise SnapshotCorruptError(
                f"it has {file.metadata.num_rows} rows, and should have {n_rows}"
            )
