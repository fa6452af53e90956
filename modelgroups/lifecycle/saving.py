"""Saving a version: everything is checked and staged, then one short transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from uuid import uuid4

from sqlmodel import Session

from modelgroups.catalog import aliases, groups, models, origins, references
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import GroupRecord, ModelRecord, Snapshot
from modelgroups.cautions import warn
from modelgroups.errors import ConflictError, ModelGroupsError
from modelgroups.lifecycle.artifacts import ArtifactToStore, put_artifacts, staged_artifacts
from modelgroups.lifecycle.lookup import require_group, require_model
from modelgroups.lifecycle.provenance import gather
from modelgroups.reference.intake import (
    FrameToStore,
    StagedSnapshot,
    staged_frame,
)
from modelgroups.registry import Registry, require_writable
from modelgroups.types import EventType

__all__ = ["save_version"]


def save_version(
    registry: Registry,
    wanted: ModelRecord,
    reference: FrameToStore | None,
    *,
    artifacts: Sequence[ArtifactToStore] = (),
    parents: Sequence[str] = (),
    partner_id_is_generated: bool,
    tried_before: bool,
) -> ModelRecord:
    """Store a new version with its reference data; wholly, or not at all.

    Parameters
    ----------
    registry
        Where to.
    wanted
        The version, with its id; the group's id is empty to begin a new group, and the
        number is given here.
    reference
        The reference data, or None.
    artifacts
        The files that the version holds from the first.
    parents
        The ids of the versions that it was made from. They were saved before it, so that no
        version can be its own ancestor.
    partner_id_is_generated
        Whether a suffix may be added to the partner id when it is taken.
    tried_before
        Whether an earlier attempt was broken off, which may have come through all the same.

    Returns
    -------
    ModelRecord
        The version as it is stored, by an earlier attempt if that came through.

    Raises
    ------
    NotFoundError
        The group or a parent does not exist.
    ConflictError
        The group is archived, the label or the partner id is taken, or the label looks like an
        alias of the group.
    FrameError
        The reference data cannot be kept exactly.
    """
    require_writable(registry)
    entries = models.entries_of(wanted)
    provenance = gather(registry.provenance)
    staging = nullcontext() if reference is None else _offered(registry, reference)
    with (
        staging as staged,
        staged_artifacts(registry.artifacts, artifacts) as copies,
        registry.catalog.write() as session,
    ):
        at = now()
        stored = models.find(session, wanted.id) if tried_before else None
        if stored is not None:
            put_artifacts(registry, session, stored.id, copies, at)
            same_parents = origins.parents(session, stored.id) == tuple(parents)
            return _adopt(stored, wanted, same_parents=same_parents)
        for parent_id in parents:
            require_model(session, parent_id)
        group = _group_of(session, wanted, at)
        record = wanted._replace(
            group_id=group.id,
            partner_model_id=_free_partner_id(session, wanted, partner_id_is_generated),
            created_at=at,
            updated_at=at,
        )
        _require_free_label(session, record)
        record = record._replace(sequence_num=groups.next_sequence_num(session, group.id))
        fingerprint = models.create(session, record, entries)
        if staged is not None:
            registry.objects.publish(staged.path, staged.snapshot.digest)
            references.add_files(session, record.id, [staged.snapshot], close=True, at=at)
        origins.add_parents(session, record.id, parents)
        if provenance is not None:
            origins.note_provenance(session, record.id, *provenance)
        snapshot = None if staged is None else staged.snapshot
        _record(session, record, fingerprint, snapshot, parents)
        put_artifacts(registry, session, record.id, copies, at)
        return record


@contextmanager
def _offered(registry: Registry, reference: FrameToStore) -> Iterator[StagedSnapshot]:
    """Write reference data under the name that they will have, taken back if the save fails."""
    with staged_frame(registry.objects, reference) as staged:
        registry.objects.offer(staged.path, staged.snapshot.digest)
        try:
            yield staged
        except BaseException:
            with suppress(ModelGroupsError), registry.catalog.write():  # else it is garbage
                registry.objects.withdraw(staged.path, staged.snapshot.digest)
            raise


def _record(
    session: Session,
    record: ModelRecord,
    fingerprint: str,
    reference: Snapshot | None,
    parents: Sequence[str],
) -> None:
    after = {
        "version": record.sequence_num,
        "label": record.label,
        "display_name": record.display_name,
        "partner_model_id": record.partner_model_id,
        "fingerprint": fingerprint,
        "reference": None if reference is None else reference.digest,
        "reference_rows": 0 if reference is None else reference.n_rows,
        "parents": list(parents),
    }
    record_event(
        session,
        EventType.ModelSaved,
        at=record.created_at,
        group_id=record.group_id,
        model_id=record.id,
        after=after,
    )


def _group_of(session: Session, wanted: ModelRecord, at: str) -> GroupRecord:
    """Return the group that the version asks for, or begin one named after it."""
    if wanted.group_id:
        group = require_group(session, wanted.group_id)
        if group.archived_at is not None:
            raise ConflictError(
                f"the model group {group.name!r} ({group.id}) is archived and takes no new "
                "versions; bring it back with group.restore()"
            )
        return group
    name = wanted.display_name or wanted.partner_model_id
    namesake = groups.first_named(session, name)
    if namesake is not None:
        warn(
            f"save() begins another model group named {name!r}, for the model was given none. To "
            f"make it a version of the group that is there, call connection.get_model_group("
            f"{namesake!r}).add_version(model, label=…), or set model.model_group_id to that id, "
            "before save(); a version in a wrong group is hidden with archive()"
        )
    group = GroupRecord(str(uuid4()), name, None, at, at, None)
    groups.create(session, group)
    record_event(
        session, EventType.GroupCreated, at=at, group_id=group.id, after={"name": group.name}
    )
    return group


def _free_partner_id(session: Session, wanted: ModelRecord, is_generated: bool) -> str:
    if not models.partner_id_is_taken(session, wanted.partner_model_id):
        return wanted.partner_model_id
    if is_generated:
        return f"{wanted.partner_model_id}_{wanted.id[:8]}"
    raise ConflictError(
        f"the partner_model_id {wanted.partner_model_id!r} belongs to another active model; "
        "choose another one, or archive that model"
    )


def _require_free_label(session: Session, record: ModelRecord) -> None:
    if record.label is None:
        return
    holder = models.find_version(session, record.group_id, label=record.label)
    if holder is not None:
        raise ConflictError(
            f"the label {record.label!r} belongs to version {holder.sequence_num} of the group "
            f"{record.group_id}; a label names one version for good, so choose another"
        )
    for alias in aliases.live(session, record.group_id):
        if alias.casefold() == record.label.casefold():
            raise ConflictError(
                f"the label {record.label!r} looks like the alias {alias!r} of the group "
                f"{record.group_id}; choose another, for a name must stand for one version"
            )


def _adopt(stored: ModelRecord, wanted: ModelRecord, *, same_parents: bool) -> ModelRecord:
    """Return what an interrupted save had stored, if it is what is to be saved now."""
    given = wanted._replace(
        group_id=wanted.group_id or stored.group_id,
        sequence_num=stored.sequence_num,
        partner_model_id=stored.partner_model_id,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
        archived_at=stored.archived_at,
    )
    if given == stored and same_parents:
        return stored
    raise ConflictError(
        f"an earlier save() of this model that was interrupted did store it, as version "
        f"{stored.sequence_num} of the group {stored.group_id}, and the model was changed since; "
        f"get the stored one with connection.get_model({stored.id!r})"
    )
