"""Writing a group into a bundle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from modelgroups.bundle.archive import CATALOG, written
from modelgroups.bundle.deployments import DEPLOYMENTS, read_deployments
from modelgroups.bundle.documents import dump_content
from modelgroups.bundle.history import HISTORY, read_history
from modelgroups.bundle.members import members_of
from modelgroups.bundle.moves import MOVES, read_moves
from modelgroups.catalog.transfer import Content, read
from modelgroups.errors import (
    ConflictError,
    MethodNotApplicableError,
    ModelGroupsError,
    SnapshotMissingError,
    UnexpectedError,
    UserTypeError,
    UserValueError,
)
from modelgroups.inferences.compact import compact
from modelgroups.inferences.recipient import recipient_of
from modelgroups.lifecycle.backup import with_its_files
from modelgroups.lifecycle.lookup import require_group
from modelgroups.progress import tracked
from modelgroups.registry import Registry
from modelgroups.storage.new_file import new_file

__all__ = ["export_group", "require_path"]


def export_group(registry: Registry, group_id: str, path: object, *, with_logs: bool) -> Path:
    """Write a group with all its versions and files into one new file.

    Parameters
    ----------
    registry, group_id
        Which group.
    path
        The file; there must be none.
    with_logs
        Whether inferences and ground truths go with it.

    Returns
    -------
    Path
        The file, which holds the same bytes for the same content.

    Raises
    ------
    UserTypeError, UserValueError
        The path is none, or something is there.
    MethodNotApplicableError
        Deleted rows lie in the files of a log, and cannot be removed from a read-only registry.
    ConflictError
        Inferences were deleted meanwhile.
    SnapshotMissingError, SnapshotCorruptError, CatalogCorruptError
        A file of the registry is gone, or it or an audit event was changed.
    UnexpectedError
        The disk refused.
    """
    target = require_path(path)
    if target.exists():
        raise _taken(target)
    try:
        with new_file(target) as file:
            if with_logs:
                _purge(registry, group_id)
            with_its_files(registry, lambda: _write(registry, group_id, file, with_logs=with_logs))
    except ModelGroupsError:  # some of ours are OSErrors too
        raise
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        raise UnexpectedError(
            f"no bundle can be written at {target}: {error.strerror or error}"
        ) from error
    return target


def _taken(target: Path) -> UserValueError:
    return UserValueError(f"{target} is there already; choose another name for the bundle")


def require_path(path: object) -> Path:
    """Return the path of a file that a user gives, or raise."""
    if not isinstance(path, str | os.PathLike):
        raise UserTypeError(f"a bundle is a file, given by its path, got {type(path).__name__}")
    name = os.fspath(path)
    if not isinstance(name, str) or not name or "\0" in name:
        raise UserValueError(f"{name!r} is not the path of a file")
    return Path(name).expanduser().absolute()


def _write(registry: Registry, group_id: str, file: BinaryIO, *, with_logs: bool) -> None:
    content = _content(registry, group_id, with_logs=with_logs)
    catalog = dump_content(content)
    places = {
        name: (place, digest)
        for member in members_of(content)
        for (name, digest), place in zip(member.files.items(), member.paths(registry), strict=True)
    }
    with _missing_is_told():
        sizes = {name: place.stat().st_size for name, (place, _) in places.items()}
    files = {name: (sizes[name], digest) for name, (_, digest) in places.items()}
    with written(file) as writer:
        told = {CATALOG: (len(catalog), sha256(catalog).hexdigest())}
        writer.add_manifest(group_id, files | told)
        writer.add_catalog(catalog)
        for name in tracked(sorted(places), "Writing the bundle", total=len(places)):
            place, digest = places[name]
            with _missing_is_told(), place.open("rb") as source:
                writer.add(name, source, sizes[name], digest)


def _content(registry: Registry, group_id: str, *, with_logs: bool) -> Content:
    """Return the rows of a group, of whose logs no deleted row may be left on the disk."""
    with registry.catalog.read() as session:
        require_group(session, group_id)
        content = read(session, group_id, with_logs=with_logs)
        content[MOVES] = read_moves(session, group_id)
        content[DEPLOYMENTS] = read_deployments(session, group_id, with_failures=with_logs)
        content[HISTORY] = read_history(session, group_id)
    if _with_deleted_rows(content):
        raise ConflictError(
            "inferences were deleted while their log was being exported, and must not go with it; "
            "export the group again"
        )
    return content


def _purge(registry: Registry, group_id: str) -> None:
    """Remove deleted rows from the disk."""
    with registry.catalog.read() as session:
        found = _with_deleted_rows(read(session, group_id, with_logs=True))
    if found and registry.read_only:
        raise MethodNotApplicableError(
            "deleted inferences still lie in the files of the group's logs, and must not be "
            "exported; open the registry with read_only=False, and they are removed first"
        )
    for model_id in found:
        compact(recipient_of(registry, model_id))


def _with_deleted_rows(content: Content) -> list[str]:
    """Return the models in whose segments deleted rows lie."""
    logs = {row["log"] for row in content.get("segment", ()) if row["n_deleted"]}
    return [row["model_id"] for row in content.get("inference_log", ()) if row["serial"] in logs]


@contextmanager
def _missing_is_told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SnapshotMissingError(
            f"there is no file {error.filename}, which the catalog names; connection.verify() "
            "tells what else is wrong"
        ) from error
