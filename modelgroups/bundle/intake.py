"""Taking a bundle in: everything is checked, copied and hashed, then one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlmodel import Session

from modelgroups.bundle.archive import Bundle, opened
from modelgroups.bundle.checks import require_sound
from modelgroups.bundle.deployments import DEPLOYMENTS, without_failures
from modelgroups.bundle.documents import load_content
from modelgroups.bundle.export import require_path
from modelgroups.bundle.history import HISTORY, events_of
from modelgroups.bundle.members import ObjectMember, SegmentMember, members_of
from modelgroups.bundle.merge import Merged, merge, store_use
from modelgroups.catalog import history
from modelgroups.catalog.events import record
from modelgroups.catalog.exported import EXPORTED
from modelgroups.catalog.records import GroupRecord
from modelgroups.catalog.transfer import Content
from modelgroups.errors import BundleError, ConflictError, ModelGroupsError, SnapshotCorruptError
from modelgroups.lifecycle.lookup import require_group
from modelgroups.progress import tracked
from modelgroups.registry import Registry, require_writable
from modelgroups.storage.digest import copy_checked
from modelgroups.types import EventType

__all__ = ["import_group"]

Member = ObjectMember | SegmentMember


def import_group(registry: Registry, path: object, *, with_logs: bool) -> GroupRecord:
    """Take in the group of a bundle: what is not here yet, wholly or not at all.

    Parameters
    ----------
    registry
        Where to.
    path
        The bundle.
    with_logs
        Whether to take in the inferences and ground truths that it may have.

    Returns
    -------
    GroupRecord
        The group.

    Raises
    ------
    UserTypeError, UserValueError
        The path is none.
    BundleError
        The bundle is damaged, made up, or of a newer release.
    ConflictError
        Lists what is in its way here.
    """
    require_writable(registry)
    with opened(require_path(path)) as bundle:
        content = load_content(bundle.catalog)
        require_sound(content, bundle.group_id)
        _require_its_files(bundle, members_of(content))
        if not with_logs:
            content |= {exported.name: [] for exported in EXPORTED if exported.of_log}
            content[DEPLOYMENTS] = without_failures(content[DEPLOYMENTS])
        with registry.catalog.read() as session:
            wanted = _agreed(merge(session, content, insert=False))
        return _store(registry, bundle, content, wanted)


def _require_its_files(bundle: Bundle, members: list[Member]) -> None:
    """Raise unless the files of a bundle are those that its rows name."""
    named = {name: digest for member in members for name, digest in member.files.items()}
    told = {name: digest for name, (_, digest) in bundle.files.items()}
    if named != told:
        name = min(name for name, _ in named.items() ^ told.items())
        raise BundleError(f"the bundle's catalog and its manifest do not agree on {name!r}")
    for member in members:
        for name in member.files:
            if isinstance(member, ObjectMember) and bundle.files[name][0] != member.size:
                raise BundleError(f"the bundle's catalog and its manifest differ on {name!r}")


def _agreed(merged: Merged) -> list[Member]:
    """Return the files of new rows, or raise because something is in their way."""
    if merged.conflicts:
        n = len(merged.conflicts)
        raise ConflictError(
            f"the bundle cannot be taken in ({n} conflict{'s' if n > 1 else ''}): "
            f"{'; '.join(merged.conflicts)}. Nothing was changed."
        )
    return members_of(merged.new)


def _store(
    registry: Registry, bundle: Bundle, content: Content, wanted: list[Member]
) -> GroupRecord:
    """Copy files, then publish them and insert the rows in one transaction."""
    schemas = {row["id"]: row["attributes"] for row in content["model"]}
    with registry.objects.stage_folder() as folder:
        staged: dict[str, Path] = {}
        for member in tracked(wanted, "Taking files in", total=len(wanted)):
            _stage(registry, bundle, member, folder, staged)
            _check(member, staged, schemas)
            member.prepare(registry)
        with registry.catalog.write() as session:
            merged = merge(session, content, insert=True)
            for member in _agreed(merged):
                if member.files.keys() - staged.keys():
                    raise ConflictError(
                        "the registry was changed while the bundle was being taken in; try again. "
                        "Nothing was changed."
                    )
                member.publish(registry, [staged[name] for name in member.files])
            if any(merged.new.values()):
                _tell(session, bundle.group_id, merged.new)
                store_use(session, content, merged)
                _agreed(merged)
            return require_group(session, bundle.group_id)


def _tell(session: Session, group_id: str, new: Content) -> None:
    """Record what came in, and keep the events that tell of it, sealed by the first of these."""
    came = events_of(new[HISTORY])
    after = {
        "rows": {name: len(rows) for name, rows in new.items() if rows and name != HISTORY},
        "history": {"events": len(came), "sha256": history.seal(event.hash for event in came)},
    }
    told = record(session, EventType.GroupImported, group_id=group_id, after=after)
    history.keep(session, told, came)
    for row in new["model"]:
        after = {
            "version": row["sequence_num"],
            "label": row["label"],
            "fingerprint": row["fingerprint"],
        }
        record(session, EventType.ModelImported, model_id=row["id"], after=after)
    for row in new["artifact"]:
        after = {name: row[name] for name in ("name", "digest", "size")}
        record(session, EventType.ArtifactAdded, model_id=row["model_id"], after=after)


def _stage(
    registry: Registry, bundle: Bundle, member: Member, folder: Path, staged: dict[str, Path]
) -> None:
    for name, digest in member.files.items():
        target = folder / str(len(staged))
        try:
            with bundle.reading(name) as source:
                copy_checked(source, target, digest, durable=registry.objects.durable)
        except SnapshotCorruptError as error:
            raise BundleError(
                f"the file {name!r} of the bundle does not have the hash that its manifest says"
            ) from error
        staged[name] = target


def _check(member: Member, staged: Mapping[str, Path], schemas: Mapping[str, str]) -> None:
    try:
        member.check([staged[name] for name in member.files], schemas)
    except ModelGroupsError as error:
        raise BundleError(f"a file of the bundle is not what its row says: {error}") from error
