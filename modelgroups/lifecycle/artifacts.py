"""Artifacts: files that a version holds under a name, such as the trained model itself.

Their bytes are copied, hashed and fsynced in lots, whatever their size, and published in the
transaction that names them. What is read is compared with its hash first.
"""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from sqlmodel import Session

from modelgroups.catalog import artifacts
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record
from modelgroups.catalog.records import Artifact
from modelgroups.errors import ConflictError, NotFoundError, UserValueError
from modelgroups.lifecycle.lookup import require_model
from modelgroups.registry import Registry, require_writable
from modelgroups.storage.digest import digest_file
from modelgroups.storage.objects import Identity, ObjectStore, identity_of
from modelgroups.types import EventType

__all__ = [
    "ArtifactToStore",
    "StagedArtifact",
    "list_artifacts",
    "no_such_artifact",
    "open_artifact",
    "put_artifacts",
    "require_artifact_name",
    "staged_artifacts",
    "store_artifact",
    "taken",
]

_LOT = 1 << 20
_LONGEST_NAME = 255  # bytes, as file systems have it
_PATH_SIGNS = frozenset("/\\:")


@dataclass(frozen=True, slots=True)
class ArtifactToStore:
    """What is to be kept: bytes, or a file that stays as it is until it is stored.

    Parameters
    ----------
    name
        Under which name.
    source
        The bytes, or where the file lies.
    size
        How many bytes there are.
    identity
        What tells the file from a later one at that place.
    """

    name: str
    source: bytes | Path
    size: int
    identity: Identity | None = None

    @classmethod
    def of(cls, source: bytes | Path, name: str) -> ArtifactToStore:
        """Return what there is to store, of a name that was checked.

        Raises
        ------
        UserValueError
            There is no such file, or it is a folder, a device or a pipe.
        """
        if isinstance(source, bytes):
            return cls(name, source, len(source))
        try:
            found = source.stat()
        except (OSError, ValueError) as error:
            raise UserValueError(
                f"the artifact {name!r} cannot be read: there is no file {str(source)!r} "
                f"({getattr(error, 'strerror', None) or error})"
            ) from error
        if not stat.S_ISREG(found.st_mode):
            hint = "; pack the folder into one file first" if source.is_dir() else ""
            raise UserValueError(f"the artifact {name!r}: {str(source)!r} is not a file{hint}")
        return cls(name, source.absolute(), found.st_size, identity_of(source))

    def open(self) -> BytesIO | BufferedReader:
        """Open it to be read; whoever asks closes it.

        Raises
        ------
        UserValueError
            The file is gone, or is another one by now.
        """
        if isinstance(self.source, bytes):
            return BytesIO(self.source)
        self.require_same()
        try:
            return self.source.open("rb")
        except OSError as error:
            raise UserValueError(
                f"the file {str(self.source)!r} of the artifact {self.name!r} cannot be read: "
                f"{error.strerror}"
            ) from error

    def require_same(self) -> None:
        """Raise where a file is gone, or was changed since it was added."""
        if isinstance(self.source, Path) and identity_of(self.source) != self.identity:
            raise UserValueError(
                f"the file {str(self.source)!r} is gone or was changed since it was added as the "
                f"artifact {self.name!r}; leave it as it is until save(), or give its bytes"
            )

    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        with self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class StagedArtifact:
    """A copy that is written, hashed and fsynced, and not yet published."""

    path: Path
    artifact: Artifact


def require_artifact_name(name: str) -> str:
    r"""Return a name that may be given to an artifact.

    Raises
    ------
    UserValueError
        It is empty, too long, could be a path, or holds what cannot be seen.

    Examples
    --------
    >>> require_artifact_name("../model.onnx")
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: an artifact cannot be named '../model.onnx': a name ...
    """
    problem = None
    if not name.strip():
        problem = "a name needs a letter or a digit"
    elif len(name.encode()) > _LONGEST_NAME:
        problem = f"a name has at most {_LONGEST_NAME} bytes"
    elif _PATH_SIGNS & set(name) or name in {".", ".."}:
        problem = "a name is not a path, and has no '/', '\\' or ':'"
    elif name != name.strip():
        problem = "a name neither begins nor ends with a space"
    elif any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} for sign in name):
        problem = "a name holds no control characters"
    if problem is not None:
        shown = name if len(name) < 80 else f"{name[:80]}…"
        raise UserValueError(f"an artifact cannot be named {shown!r}: {problem}")
    return name


@contextmanager
def staged_artifacts(
    store: ObjectStore, wanted: Iterable[ArtifactToStore]
) -> Iterator[list[StagedArtifact]]:
    """Copy what is to be kept into temporary files."""
    with ExitStack() as files:
        yield [_stage(store, item, files) for item in wanted]


def _stage(store: ObjectStore, item: ArtifactToStore, files: ExitStack) -> StagedArtifact:
    staged = files.enter_context(store.stage())
    with item.open() as source, digest_file(staged.path, durable=store.durable) as copy:
        while lot := source.read(_LOT):
            copy.write(lot)
    item.require_same()
    return StagedArtifact(staged.path, Artifact(item.name, copy.size, copy.digest))


def put_artifacts(
    registry: Registry, session: Session, model_id: str, staged: Iterable[StagedArtifact], at: str
) -> None:
    """Publish staged artifacts and name them, unless they are there already.

    Raises
    ------
    ConflictError
        The version holds something else under that name.
    """
    for path, artifact in ((item.path, item.artifact) for item in staged):
        known = artifacts.find(session, model_id, artifact.name)
        if known is not None and known.digest != artifact.digest:
            raise taken(artifact.name, model_id)
        registry.artifacts.publish(path, str(artifact.digest))  # also mends a rotten file
        if known is None:
            artifacts.add(session, model_id, artifact._replace(created_at=at))
            after = {"name": artifact.name, "digest": artifact.digest, "size": artifact.size}
            record(session, EventType.ArtifactAdded, at=at, model_id=model_id, after=after)


def taken(name: str, model: str) -> ConflictError:
    """Return the error for a name under which something else is kept."""
    return ConflictError(
        f"the model {model} holds another artifact named {name!r}, and what a version holds does "
        "not change; choose another name, or make a new version"
    )


def store_artifact(registry: Registry, model_id: str, wanted: ArtifactToStore) -> Artifact:
    """Add an artifact to a saved version, wholly or not at all.

    Raises
    ------
    NotFoundError
        There is no such version.
    ConflictError
        It is archived, or holds something else under that name.
    """
    require_writable(registry)
    with (
        staged_artifacts(registry.artifacts, [wanted]) as staged,
        registry.catalog.write() as session,
    ):
        require_unarchived(session, model_id)
        put_artifacts(registry, session, model_id, staged, now())
        stored = artifacts.find(session, model_id, wanted.name)
    assert stored is not None  # noqa: S101  # it was put there
    return stored


def require_unarchived(session: Session, model_id: str) -> None:
    """Raise unless a version may be added to."""
    if require_model(session, model_id).archived_at is not None:
        raise ConflictError(
            f"the model {model_id} is archived and takes no artifacts; "
            "bring it back first with model.restore()"
        )


def list_artifacts(registry: Registry, model_id: str) -> list[Artifact]:
    """Return what a version holds, by name."""
    with registry.catalog.read() as session:
        return artifacts.of_model(session, model_id)


def open_artifact(registry: Registry, model_id: str, name: str) -> BinaryIO:
    """Open an artifact of a version for reading, once all of it was compared with its hash.

    Raises
    ------
    NotFoundError
        The version holds nothing under that name.
    SnapshotMissingError, SnapshotCorruptError
        The file is gone, or its bytes have another hash.
    """
    with registry.catalog.read() as session:
        found = artifacts.find(session, model_id, name)
        if found is None:
            known = [artifact.name for artifact in artifacts.of_model(session, model_id)]
            raise no_such_artifact(name, known, f"the model {model_id}")
    return registry.artifacts.open(str(found.digest))


def no_such_artifact(name: str, known: list[str], model: str) -> NotFoundError:
    """Return the error for a name that a model does not hold anything under."""
    close = get_close_matches(name, known, 1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    elif known:
        hint = f"it has {', '.join(map(repr, sorted(known)[:10]))}"
    else:
        hint = "it has none; model.add_artifact() adds one"
    return NotFoundError(f"{model} has no artifact named {name!r}; {hint}")
