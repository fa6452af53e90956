"""Finding groups and versions, with errors that say what there is instead."""

from __future__ import annotations

from difflib import get_close_matches

from sqlmodel import Session

from modelgroups.catalog import aliases, groups, models, versions
from modelgroups.catalog.records import GroupRecord, ModelRecord
from modelgroups.errors import ConflictError, NotFoundError
from modelgroups.registry import Registry

__all__ = [
    "attributes_document",
    "get_bearings",
    "get_group",
    "get_latest_version",
    "get_model",
    "get_model_by_partner_id",
    "get_version",
    "get_versions",
    "require_group",
    "require_model",
    "require_version",
    "version_name",
]


def require_group(session: Session, group_id: str) -> GroupRecord:
    """Return the group with that id.

    Raises
    ------
    NotFoundError
        There is none.
    """
    record = groups.find(session, group_id)
    if record is None:
        raise NotFoundError(
            f"no model group has the id {group_id!r}; connection.model_groups() lists them"
        )
    return record


def require_model(session: Session, model_id: str) -> ModelRecord:
    """Return the version with that id.

    Raises
    ------
    NotFoundError
        There is none.
    """
    record = models.find(session, model_id)
    if record is None:
        hint = "connection.models() lists them"
        if groups.find_by_name(session, model_id):
            hint = f"a group has that name, which get_model_group({model_id!r}) returns"
        raise NotFoundError(f"no model has the id {model_id!r}; {hint}")
    return record


def get_bearings(registry: Registry, model_id: str, group_id: str) -> tuple[str | None, list[str]]:
    """Return the name of a version's group, if there is one, and the aliases of the version."""
    with registry.catalog.read() as session:
        group = groups.find(session, group_id)
        return group and group.name, aliases.names_of_model(session, model_id)


def require_version(session: Session, group_id: str, name: int | str) -> ModelRecord:
    """Return the version of a group with that number, label, alias or id, archived or not.

    Raises
    ------
    NotFoundError
        There is none; the nearest name is told.
    """
    record = versions.find_named(session, group_id, name)
    if record is None:
        raise NotFoundError(_unknown(session, group_id, name))
    return record


def version_name(record: ModelRecord) -> str:
    """Return what people call a version: its label, else its number."""
    return f"version {record.sequence_num}" if record.label is None else record.label


def _unknown(session: Session, group_id: str, name: int | str) -> str:
    if isinstance(name, int):
        return (
            f"the group {group_id} has no version with the number {name}"
            f"{_last(session, group_id)}; group.get_versions() lists them"
        )
    return (
        f"the group {group_id} has no version with the label, alias or id {name!r}"
        f"{_near(name, versions.names(session, group_id))}; group.get_versions() and "
        "group.aliases() list them"
    )


def _last(session: Session, group_id: str) -> str:
    held = models.list_versions(session, group_id, include_archived=True, with_attributes=False)
    return f", the last is {max(record.sequence_num for record in held)}" if held else ""


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else ""


def get_group(registry: Registry, id_or_name: str) -> GroupRecord:
    """Return the group with that id, else the one active group of that name.

    Raises
    ------
    NotFoundError
        No group has that id or name.
    ConflictError
        Several groups have that name.
    """
    with registry.catalog.read() as session:
        by_id = groups.find(session, id_or_name)
        if by_id is not None:
            return by_id
        named = groups.find_by_name(session, id_or_name)
        archived = [] if named else groups.find_by_name(session, id_or_name, archived=True)
        near = "" if named or archived else _near(id_or_name, groups.names(session))
    if len(named) > 1:
        ids = ", ".join(record.id for record in named)
        raise ConflictError(
            f"{len(named)} model groups are named {id_or_name!r}, for save() makes a new group "
            "where none was chosen with group.add_version(); get one by its id, or by a model of "
            f"it: {ids}"
        )
    if archived:
        ids = ", ".join(record.id for record in archived)
        raise NotFoundError(
            f"the model group named {id_or_name!r} is archived; get it by its id ({ids}) and bring "
            "it back with group.restore()"
        )
    if not named:
        raise NotFoundError(
            f"no model group has the id or name {id_or_name!r}{near}; "
            "connection.model_groups() lists them"
        )
    return named[0]


def get_model(registry: Registry, model_id: str) -> ModelRecord:
    """Return the version with that id, archived or not."""
    with registry.catalog.read() as session:
        return require_model(session, model_id)


def get_model_by_partner_id(registry: Registry, partner_model_id: str) -> ModelRecord:
    """Return the active version with that partner id.

    Raises
    ------
    NotFoundError
        There is none.
    """
    with registry.catalog.read() as session:
        record = models.find_by_partner_id(session, partner_model_id)
    if record is None:
        raise NotFoundError(
            f"no active model has the partner_model_id {partner_model_id!r}; archived ones are "
            "found by id: connection.models(archived=True) lists them"
        )
    return record


def get_version(
    registry: Registry,
    group: str,
    *,
    sequence_num: int | None = None,
    label: str | None = None,
    alias: str | None = None,
    include_archived: bool,
) -> ModelRecord:
    """Return the version of a group with that number, label or alias.

    Raises
    ------
    NotFoundError
        There is none, or it is archived.
    """
    asked = f"number {sequence_num}"
    with registry.catalog.read() as session:
        if alias is not None:
            asked = f"alias {alias!r}"
            pointer = aliases.current(session, group, alias)
            target = None if pointer is None else pointer.model_id
            record = None if target is None else models.find(session, target)
            near = "" if record else _near(alias, list(aliases.live(session, group)))
        elif label is not None:
            asked = f"label {label!r}"
            record = models.find_version(session, group, label=label)
            near = "" if record else _near(label, versions.names(session, group))
        else:
            record = versions.find_named(session, group, sequence_num or 0)
            near = "" if record else _last(session, group)
    if record is None:
        raise NotFoundError(
            f"the group {group} has no version with the {asked}{near}; "
            "group.get_versions() lists them"
        )
    if record.archived_at is not None and not include_archived:
        raise NotFoundError(
            f"the version with the {asked} of group {group} is archived; "
            "pass include_archived=True to get it all the same"
        )
    return record


def get_versions(
    registry: Registry, group: str, *, include_archived: bool, with_attributes: bool = True
) -> list[ModelRecord]:
    """Return the versions of a group, newest first."""
    with registry.catalog.read() as session:
        return models.list_versions(
            session, group, include_archived=include_archived, with_attributes=with_attributes
        )


def get_latest_version(registry: Registry, group: str, *, include_archived: bool) -> ModelRecord:
    """Return the version of a group that was saved last.

    Raises
    ------
    NotFoundError
        Every version is archived.
    """
    with registry.catalog.read() as session:
        record = models.latest_version(session, group, include_archived=include_archived)
    if record is None:
        raise NotFoundError(
            f"every version of the group {group} is archived; pass include_archived=True, or "
            "bring one back with model.restore()"
        )
    return record


def attributes_document(registry: Registry, model_id: str) -> str:
    """Return the schema of a version as JSON text.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    with registry.catalog.read() as session:
        document = models.attributes_document(session, model_id)
    if document is None:
        raise NotFoundError(f"no model has the id {model_id!r}; connection.models() lists them")
    return document
