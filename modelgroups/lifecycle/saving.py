"""Saving a version: everything is checked and staged, then one short transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from uuid import uuid4

from sqlmodel import Session

from modelgroups.catalog import groups, models, origins, references
from modelgroups.catalog.clock import now
from modelgroups.catalog.records import GroupRecord, ModelRecord
from modelgroups.errors import ConflictError
from modelgroups.lifecycle.artifacts import ArtifactToStore, put_artifacts, staged_artifacts
from modelgroups.lifecycle.lookup import require_group, require_model
from modelgroups.lifecycle.provenance import gather
from modelgroups.reference.intake import (
    FrameToStore,
    require_writable,
    staged_frame,
)
from modelgroups.registry import Registry

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
        The group is archived, or the label or the partner id is taken.
    FrameError
        The reference data cannot be kept exactly.
    """
    require_writable(registry)
    entries = models.entries_of(wanted)
    provenance = gather(registry.provenance)
    staging = nullcontext() if reference is None else staged_frame(registry.objects, reference)
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
        models.create(session, record, entries)
        if staged is not None:
            registry.objects.publish(staged.path, staged.snapshot.digest)
            references.add_files(session, record.id, [staged.snapshot], close=True, at=at)
        put_artifacts(registry, session, record.id, copies, at)
        origins.add_parents(session, record.id, parents)
        if provenance is not None:
            origins.note_provenance(session, record.id, *provenance)
        return record


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
    group = GroupRecord(str(uuid4()), name, None, at, at, None)
    groups.create(session, group)
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
