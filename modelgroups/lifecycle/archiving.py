"""Archiving hides a version or a group and keeps everything; restoring brings it back."""

from __future__ import annotations

from sqlmodel import Session

from modelgroups.catalog import aliases, deployments, groups, models
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import GroupRecord, ModelRecord
from modelgroups.errors import ConflictError, NotFoundError
from modelgroups.lifecycle.deployments import Plan
from modelgroups.lifecycle.lookup import require_group, require_model
from modelgroups.registry import Registry
from modelgroups.types import EventType

__all__ = ["archive_group", "archive_model", "restore_group", "restore_model"]


def archive_model(registry: Registry, model_id: str) -> ModelRecord:
    """Archive a version; its number and label stay taken, its partner id becomes free.

    Raises
    ------
    NotFoundError
        There is no such version, or it is archived already.
    ConflictError
        An alias points at it, or it has a part in a live deployment.
    """
    with registry.catalog.write() as session:
        record = require_model(session, model_id)
        if record.archived_at is not None:
            raise NotFoundError(
                f"no active model has the id {model_id!r}: it was archived at "
                f"{record.archived_at}; model.restore() brings it back"
            )
        _require_no_alias(session, record)
        _require_not_deployed(session, record)
        at = now()
        models.archive(session, model_id, at)
        _record(session, EventType.ModelArchived, record, at)
        return require_model(session, model_id)


def restore_model(registry: Registry, model_id: str) -> ModelRecord:
    """Bring an archived version back.

    Raises
    ------
    ConflictError
        It is not archived, its group is, or its partner id was given away meanwhile.
    """
    with registry.catalog.write() as session:
        record = require_model(session, model_id)
        if record.archived_at is None:
            raise ConflictError(f"the model {model_id} is not archived")
        group = require_group(session, record.group_id)
        if group.archived_at is not None:
            raise ConflictError(
                f"the group {group.name!r} ({group.id}) of this model is archived; bring it back "
                "first with group.restore()"
            )
        _require_free_partner_ids(session, [record])
        at = now()
        models.restore(session, model_id, at)
        _record(session, EventType.ModelRestored, record, at)
        return require_model(session, model_id)


def archive_group(registry: Registry, group_id: str) -> GroupRecord:
    """Archive a group and every version in it, in one transaction.

    Aliases stay where they are, and come back with it.

    Raises
    ------
    NotFoundError
        There is no such group, or it is archived already.
    ConflictError
        A deployment of it is live: requests would go on to versions that take none.
    """
    with registry.catalog.write() as session:
        record = require_group(session, group_id)
        if record.archived_at is not None:
            raise NotFoundError(
                f"no active model group has the id {group_id!r}: it was archived at "
                f"{record.archived_at}; group.restore() brings it back"
            )
        going_on = deployments.live(session, group_id)
        if going_on is not None:
            raise ConflictError(
                f"the group {record.name!r} ({group_id}) has the live {going_on.kind} deployment "
                f"{going_on.id} and cannot be archived; conclude() or abort() that first: "
                "group.deploy.live()"
            )
        at = now()
        n_models = models.archive_all(session, group_id, at)
        groups.rewrite(session, group_id, archived_at=at, updated_at=at)
        after = {"models": n_models}
        record_event(session, EventType.GroupArchived, at=at, group_id=group_id, after=after)
        return require_group(session, group_id)


def restore_group(registry: Registry, group_id: str) -> GroupRecord:
    """Bring a group back, with the versions that were archived together with it.

    Raises
    ------
    ConflictError
        It is not archived, or a partner id of its versions was given away meanwhile.
    """
    with registry.catalog.write() as session:
        record = require_group(session, group_id)
        if record.archived_at is None:
            raise ConflictError(f"the model group {group_id} is not archived")
        together = [
            version
            for version in models.list_versions(
                session, group_id, include_archived=True, with_attributes=False
            )
            if version.archived_at == record.archived_at
        ]
        _require_free_partner_ids(session, together)
        at = now()
        groups.rewrite(session, group_id, archived_at=None, updated_at=at)
        models.restore_all(session, group_id, record.archived_at, at)
        after = {"models": len(together)}
        record_event(session, EventType.GroupRestored, at=at, group_id=group_id, after=after)
        return require_group(session, group_id)


def _record(session: Session, type: EventType, record: ModelRecord, at: str) -> None:
    after = {"version": record.sequence_num, "label": record.label}
    record_event(session, type, at=at, group_id=record.group_id, model_id=record.id, after=after)


def _require_no_alias(session: Session, record: ModelRecord) -> None:
    names = aliases.names_of_model(session, record.id)
    if names:
        shown = ", ".join(map(repr, names))
        first = names[0]
        move = "group.promote(...)" if first == "champion" else f"group.set_alias({first!r}, ...)"
        raise ConflictError(
            f"version {record.sequence_num} of the group {record.group_id} is in use as {shown} "
            f"and cannot be archived; point that at another version first with {move}, or take "
            f"it away with group.delete_alias({first!r})"
        )


def _require_not_deployed(session: Session, record: ModelRecord) -> None:
    going_on = deployments.live(session, record.group_id)
    if going_on is not None and record.id in Plan.load(going_on.plan).versions:
        raise ConflictError(
            f"version {record.sequence_num} of the group {record.group_id} has a part in the live "
            f"{going_on.kind} deployment {going_on.id} and cannot be archived; conclude() or "
            "abort() that first: group.deploy.live()"
        )


def _require_free_partner_ids(session: Session, records: list[ModelRecord]) -> None:
    taken = [r for r in records if models.partner_id_is_taken(session, r.partner_model_id)]
    if taken:
        ids = ", ".join(repr(record.partner_model_id) for record in taken)
        raise ConflictError(
            f"another active model has the partner_model_id {ids} by now; archive it first"
        )
