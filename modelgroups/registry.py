"""`Registry`: an open registry, that is its catalog, its object store and where they lie."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any, Final, Protocol, Self
from weakref import finalize

from modelgroups.arguments import is_unicode, require_text
from modelgroups.catalog import setup
from modelgroups.catalog.records import Segment
from modelgroups.catalog.session import Catalog
from modelgroups.errors import (
    ClosedError,
    ModelGroupsError,
    NotARegistryError,
    ReadOnlyError,
    UnexpectedError,
    UserTypeError,
    UserValueError,
)
from modelgroups.storage.lock import locked, thread_lock
from modelgroups.storage.objects import ObjectStore
from modelgroups.storage.segments import SegmentStore

__all__ = [
    "MEMORY",
    "Registry",
    "default_location",
    "open_registry",
    "require_location",
    "require_writable",
]

logger = logging.getLogger("modelgroups")

MEMORY: Final = ":memory:"
"""The location of a registry that vanishes when it is closed."""

_CATALOG = "catalog.db"
_MAX_ACTOR = 255
_LOCK = ".lock"
_OURS = (_CATALOG, f".{_CATALOG}", _LOCK, "objects", "inferences")
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"}


class Stoppable(Protocol):
    """Work in the background."""

    def stop(self) -> None:
        """End it."""


@dataclass
class Registry:
    """An open registry; the handle that the parts of the library share.

    Parameters
    ----------
    location
        What it was opened with: a folder, or ``":memory:"``.
    root
        The folder that holds it.
    catalog
        The groups, versions and reference sets.
    objects
        The reference snapshots.
    media
        Images and other files that inferences name.
    segments
        The files of the inference logs.
    artifacts
        The files that versions hold under a name.
    provenance
        Which parts of their provenance versions are saved with, `ProvenancePart`.
    """

    location: str
    root: Path
    catalog: Catalog
    objects: ObjectStore
    media: ObjectStore
    segments: SegmentStore
    artifacts: ObjectStore
    provenance: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._lock = thread_lock()
        self.listings: dict[int, tuple[int, tuple[Segment, ...]]] = {}
        """The segments of logs, by the log's serial, each with the generation of the list."""
        self.recipients: dict[str, Any] = {}
        """What is known of models that rows were sent to, by id."""
        self.explainers: dict[str, Any] = {}
        """What explains predictions of a model, by id: never kept, for it runs the user's code."""
        self.engine: Any = None
        """What runs queries, as the query part keeps it; None for the default."""
        self.upkeep: Stoppable | None = None
        """What works in the background, if anything was sent."""
        if self.is_temporary:
            self._remove = finalize(self, _remove_folder, self.root, os.getpid())

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self.catalog.read_only

    @property
    def is_temporary(self) -> bool:
        """Whether it vanishes when it is closed."""
        return self.location == MEMORY

    def close(self) -> None:
        """Release the catalog, and remove a temporary registry from the disk."""
        with self._lock:
            if self.catalog.closed:
                return
            if self.upkeep is not None:
                self.upkeep.stop()
            self.catalog.close()
            if self.is_temporary:
                self._remove()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return this registry: a copy of a model belongs to the same one."""
        return self


def require_writable(registry: Registry) -> None:
    """Raise where a save could only fail, before a file is staged.

    Raises
    ------
    ClosedError, ReadOnlyError
        The registry was closed, or opened only to be read.
    """
    if registry.catalog.closed:
        raise ClosedError(
            f"the connection to the registry at {registry.location} was closed; "
            "open it again with modelgroups.connect()"
        )
    if registry.read_only:
        raise ReadOnlyError(
            f"the registry at {registry.location} is open read-only; "
            "open it with connect(..., read_only=False) to change it"
        )


def _remove_folder(root: Path, owner: int) -> None:
    """Remove a temporary registry, unless this is a forked child of the process that made it."""
    if os.getpid() == owner:
        shutil.rmtree(root, ignore_errors=True)


def default_location() -> str:
    """Return where a registry lies when no location is given.

    The environment variable ``MODELGROUPS_HOME``, else the user's data folder.
    """
    home = os.environ.get("MODELGROUPS_HOME")
    if home:
        return home
    from platformdirs import user_data_dir

    return user_data_dir("modelgroups", appauthor=False)


def open_registry(
    location: str | os.PathLike[str] | None = None,
    *,
    read_only: bool = False,
    durable: bool = True,
    actor: str | None = None,
) -> Registry:
    """Open a registry; make it if it is not there.

    Parameters
    ----------
    location
        A folder, ``":memory:"``, or None for `default_location`.
    read_only
        Never write.
    durable
        Whether what is written waits for the disk.
    actor
        Who makes the changes; the user, the host and the process if it is not given.

    Raises
    ------
    NotARegistryError
        Something else is there.
    CatalogTooNewError
        A newer release wrote it.
    ReadOnlyError
        It must be made or migrated, and nothing can be written there.
    """
    if not isinstance(read_only, bool):
        raise UserTypeError(f"read_only must be True or False, got {read_only!r}")
    if actor is not None:
        actor = require_text(actor, "actor")
        if not actor.strip() or "\0" in actor or len(actor) > _MAX_ACTOR:
            raise UserValueError(
                f"actor must have 1 to {_MAX_ACTOR} characters and no NUL, got {actor[:80]!r}"
            )
    if location is None:
        location = default_location()
    name = require_location(location)
    if name == MEMORY:
        return _open_temporary(read_only=read_only, actor=actor)
    root = Path(name).expanduser().absolute()
    with _translated(root):
        if read_only:
            _require_readable(root)
        else:
            _prepare(root)
    return _assemble(name, root, read_only=read_only, durable=durable, actor=actor)


@contextmanager
def _translated(root: Path) -> Iterator[None]:
    try:
        yield
    except ModelGroupsError:  # some of ours are OSErrors too
        raise
    except PermissionError as error:
        raise ReadOnlyError(
            f"this user may not look into the registry at {root}: {error}"
        ) from error
    except OSError as error:
        raise UnexpectedError(f"the registry at {root} cannot be opened: {error}") from error


def require_location(location: object) -> str:
    """Return the name of a folder, or `MEMORY`, as text, or raise."""
    if not isinstance(location, str | os.PathLike):
        raise UserTypeError(
            f"location must be a folder, ':memory:' or None, got {type(location).__name__}"
        )
    name = os.fspath(location)
    if not isinstance(name, str) or not name or "\0" in name:
        raise UserValueError(f"location {name!r} is not the name of a folder")
    if not is_unicode(name) or any(len(os.fsencode(part)) > 255 for part in Path(name).parts):
        raise UserValueError(
            f"location {shorten(name, 80)!r} is not the name of a folder: a part of it is longer "
            "than 255 bytes, or is not valid Unicode"
        )
    if "://" in name:
        raise UserValueError(f"location {name!r} is a URL; a registry is a folder on this machine")
    return name


def _assemble(
    location: str, root: Path, *, read_only: bool, durable: bool, actor: str | None
) -> Registry:
    objects = ObjectStore(root / "objects", durable=durable)
    return Registry(
        location=location,
        root=root,
        catalog=Catalog(root / _CATALOG, read_only=read_only, durable=durable, actor=actor),
        objects=objects,
        media=ObjectStore(root / "objects", durable=durable, suffix=".bin"),
        segments=SegmentStore(root / "inferences", objects),
        artifacts=ObjectStore(root / "objects", durable=durable, suffix=".artifact"),
    )


def _open_temporary(*, read_only: bool, actor: str | None) -> Registry:
    """Make a folder that nobody else knows; nothing in it waits for the disk."""
    root = Path(tempfile.mkdtemp(prefix="modelgroups-"))
    setup.create(root / _CATALOG, durable=False)
    return _assemble(MEMORY, root, read_only=read_only, durable=False, actor=actor)


def _require_readable(root: Path) -> None:
    """Raise unless a registry is there that can be read as it is."""
    catalog = root / _CATALOG
    if not catalog.is_file():
        raise NotARegistryError(
            f"there is no registry at {root} to open read-only; check the path, or open it "
            "without read_only=True to make one"
        )
    if not setup.is_current(catalog):
        raise ReadOnlyError(
            f"the registry at {root} was made by an older release of modelgroups; open it once "
            "without read_only=True to migrate it"
        )


def _prepare(root: Path) -> None:
    """Make the registry, or migrate it, unless it is there and current."""
    catalog = root / _CATALOG
    if not catalog.is_file():
        _require_ours_or_empty(root)
        _under_lock(root, lambda: _create(catalog))
    if not setup.is_current(catalog):
        _under_lock(root, lambda: _migrate(catalog))
    if not os.access(catalog, os.W_OK) or not os.access(root, os.W_OK):
        raise ReadOnlyError(
            f"the registry at {root} cannot be written by this user or on this disk; "
            "open it with connect(..., read_only=True) to read it"
        )


def _create(catalog: Path) -> None:
    """Make the catalog, unless another process has done so meanwhile."""
    if not catalog.is_file():
        setup.create(catalog)


def _migrate(catalog: Path) -> None:
    """Bring the catalog up to date, unless another process has done so meanwhile."""
    if setup.is_current(catalog):
        return
    from modelgroups.catalog.migrations import upgrade

    backup = setup.migrate(catalog, upgrade)
    logger.info("migrated %s; its catalog as it was is kept in %s", catalog.parent, backup)


def _under_lock(root: Path, work: Callable[[], None]) -> None:
    """Make the folder and do some set-up that only one process may do at a time."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        _warn_of_network(root)
        with locked(root / _LOCK):
            work()
    except OSError as error:
        raise ReadOnlyError(
            f"the registry at {root} cannot be set up: {error.strerror or error}; choose a "
            "folder that can be written, or open an existing registry with read_only=True"
        ) from error


def _require_ours_or_empty(root: Path) -> None:
    if not root.exists():
        return
    if not root.is_dir():
        raise NotARegistryError(f"{root} is a file, not a folder; choose another location")
    strangers = sorted(entry.name for entry in root.iterdir() if not entry.name.startswith(_OURS))
    if strangers:
        shown = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
        raise NotARegistryError(
            f"{root} is not a registry: it has no {_CATALOG} and holds other files ({shown}); "
            "choose an empty or a new folder"
        )


def _warn_of_network(root: Path) -> None:
    """Warn where the folder lies on a network file system: SQLite's log needs one host."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    best = ("", "")
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if root.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    if best[1] in _NETWORK_FILE_SYSTEMS:
        logger.warning(
            "%s lies on a network file system (%s); use it from one host at a time, for SQLite "
            "loses data when two hosts write to one file",
            root,
            best[1],
        )
