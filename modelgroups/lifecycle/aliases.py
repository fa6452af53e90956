"""Aliases of a group: moving one to a version, back, and away; each move in one transaction."""

from __future__ import annotations

from types import EllipsisType
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlmodel import Session

from modelgroups.arguments import require_text
from modelgroups.catalog import aliases, models
from modelgroups.catalog.aliases import AliasMove, HistoricMove
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import ModelRecord
from modelgroups.errors import ConflictError, NotFoundError, UserValueError
from modelgroups.lifecycle.lookup import require_group, require_model, require_version, version_name
from modelgroups.lifecycle.moments import holding_from
from modelgroups.query.faults import nearest
from modelgroups.registry import Registry
from modelgroups.types import EventType

__all__ = [
    "CHAMPION",
    "Expected",
    "alias_moves",
    "aliased_at",
    "aliased_versions",
    "delete_alias",
    "move_alias",
    "move_within",
    "repeat_move",
    "require_reason",
    "roll_back",
]

CHAMPION: Final = "champion"
"""The alias of the version in production."""

Expected: TypeAlias = int | str | EllipsisType | None
"""What an alias must point at before a move: a version, None for nothing, ``...`` for anything."""

_MAX_NAME = 255
_MAX_REASON = 4_000


def move_alias(
    registry: Registry,
    group_id: str,
    name: str,
    version: int | str,
    *,
    kind: str,
    reason: str | None,
    if_current: Expected,
    at: str | None = None,
) -> ModelRecord:
    """Point an alias at a version in a transaction of its own; see `move_within`."""
    options: dict[str, Any] = {"kind": kind, "reason": reason, "if_current": if_current, "at": at}
    with registry.catalog.write() as session:
        return move_within(session, group_id, name, version, **options)


def move_within(
    session: Session,
    group_id: str,
    name: str,
    version: int | str,
    *,
    kind: str,
    reason: str | None,
    if_current: Expected,
    at: str | None = None,
) -> ModelRecord:
    """Point an alias at a version, and make it if it is new; nothing happens if it does so already.

    Parameters
    ----------
    session
        A session that writes.
    group_id, name
        Which alias.
    version
        Its number, label, alias or id.
    kind
        What the move is called in the history: ``set`` or ``promote``.
    reason
        Why.
    if_current
        What it must point at now.
    at
        Since when it does, if not from now on.

    Returns
    -------
    ModelRecord
        The version.

    Raises
    ------
    NotFoundError
        There is no such version.
    ConflictError
        The version or its group is archived, the name looks like a label, the alias points at
        another version than `if_current`, or was moved after `at`.
    UserValueError
        The name cannot be that of an alias.
    """
    _require_active_group(session, group_id)
    record = require_version(session, group_id, version)
    pointer = aliases.current(session, group_id, name)
    _require_expected(session, group_id, name, pointer, if_current)
    _require_active(record, name)
    if pointer is None:
        _require_name(session, group_id, name)
    elif pointer.model_id == record.id:
        _since(session, group_id, name, at)
        return record
    parent = None if pointer is None else pointer.serial
    _move(session, pointer, group_id, name, kind, record, parent, reason, at)
    return record


def roll_back(
    registry: Registry,
    group_id: str,
    name: str,
    *,
    to: int | str | None,
    reason: str | None,
    if_current: Expected,
    at: str | None = None,
) -> ModelRecord:
    """Point an alias at the version that it pointed at before, or at an earlier one.

    Raises
    ------
    NotFoundError
        There is no such alias or version.
    ConflictError
        There is nothing to go back to, the version is archived, or the alias points at another
        version than `if_current`, or was moved after `at`.
    """
    with registry.catalog.write() as session:
        _require_active_group(session, group_id)
        pointer = aliases.current(session, group_id, name)
        _require_expected(session, group_id, name, pointer, if_current)
        if pointer is None:
            raise NotFoundError(_no_alias(session, group_id, name))
        target = _earlier(session, pointer, to)
        record = require_version(session, group_id, str(target.model_id))
        _require_active(record, name)
        parent = target.parent
        _move(session, pointer, group_id, name, "rollback", record, parent, reason, at)
        return record


def _earlier(session: Session, pointer: AliasMove, to: int | str | None) -> AliasMove:
    """Return the move that a rollback goes back to."""
    shown = _shown(session, pointer)
    if to is None:
        target = next(aliases.earlier(session, pointer), None)
        if target is None:
            raise ConflictError(
                f"{shown} is the first {pointer.name} of the group {pointer.group_id}, so there "
                "is nothing to go back to; promote another version instead"
            )
        return target
    wanted = require_version(session, pointer.group_id, to)
    for target in aliases.earlier(session, pointer):
        if target.model_id == wanted.id:
            return target
    if wanted.id == pointer.model_id:
        raise ConflictError(f"{shown} is the {pointer.name} now; there is nothing to go back to")
    raise ConflictError(
        f"{version_name(wanted)} is not among the versions that {shown} followed as "
        f"{pointer.name}; promote it instead with group.promote(...)"
    )


def delete_alias(
    registry: Registry, group_id: str, name: str, *, reason: str | None, at: str | None = None
) -> None:
    """Take an alias away; its history stays.

    Raises
    ------
    NotFoundError
        There is no such alias.
    ConflictError
        It was moved after `at`.
    """
    with registry.catalog.write() as session:
        _require_active_group(session, group_id)
        pointer = aliases.current(session, group_id, name)
        if pointer is None:
            raise NotFoundError(_no_alias(session, group_id, name))
        _move(session, pointer, group_id, name, "delete", None, None, reason, at)


def repeat_move(
    session: Session,
    group_id: str,
    *,
    name: str,
    kind: str,
    at: str,
    model_id: str | None,
    parent: int | None,
    reason: str | None,
) -> int:
    """Make a move that was made in another registry, since the same moment; return its serial.

    Raises
    ------
    UserValueError, ConflictError
        The name cannot be that of an alias here.
    """
    pointer = aliases.current(session, group_id, name)
    record = None if model_id is None else require_model(session, model_id)
    if pointer is None and record is not None:
        _require_name(session, group_id, name)
    return _move(session, pointer, group_id, name, kind, record, parent, reason, at)


def aliased_versions(
    registry: Registry, group_id: str, at: str | None = None
) -> dict[str, ModelRecord]:
    """Return the versions that the aliases of a group point at, or did in a moment, by alias."""
    with registry.catalog.read() as session:
        if at is None:
            found = aliases.live(session, group_id)
        else:
            found = aliases.live_at(session, group_id, at)
        return {name: require_version(session, group_id, key) for name, key in found.items()}


def aliased_at(registry: Registry, group_id: str, name: str, at: str | None) -> ModelRecord | None:
    """Return the version that an alias points at, or pointed at in a moment; None for none."""
    with registry.catalog.read() as session:
        if at is None:
            pointer = aliases.current(session, group_id, name)
            key = None if pointer is None else pointer.model_id
        else:
            key = aliases.current_at(session, group_id, name, at)
        return None if key is None else require_version(session, group_id, key)


def alias_moves(registry: Registry, group_id: str, name: str | None) -> list[HistoricMove]:
    """Return every move of the aliases of a group, or of one of them, in order."""
    with registry.catalog.read() as session:
        return aliases.history(session, group_id, name)


def require_reason(reason: object) -> str | None:
    """Return a reason that can be stored, or raise."""
    if reason is None:
        return None
    text = require_text(reason, "reason")
    if len(text) > _MAX_REASON or "\0" in text:
        raise UserValueError(
            f"a reason has at most {_MAX_REASON} characters and no NUL; got {len(text)} characters"
        )
    return text


def _move(
    session: Session,
    pointer: AliasMove | None,
    group_id: str,
    name: str,
    kind: str,
    record: ModelRecord | None,
    parent: int | None,
    reason: str | None,
    since: str | None,
) -> int:
    """Write a move and its event; return the serial of the move."""
    at = _since(session, group_id, name, since)
    before = None
    if pointer is not None and pointer.model_id is not None:
        number, label = models.number_and_label(session, pointer.model_id)
        before = {"alias": name, "version": number, "label": label}
    after: dict[str, Any] | None = None
    if record is not None:
        after = {
            "alias": name,
            "version": record.sequence_num,
            "label": record.label,
            "move": kind,
            "parent": parent,
        }
    if since is not None:
        after = {**(after or {"alias": name}), "at": at}
    event = record_event(
        session,
        EventType.AliasDeleted if record is None else EventType.AliasMoved,
        at=at if since is None else now(),
        group_id=group_id,
        model_id=record.id if record is not None else pointer.model_id if pointer else None,
        before=before,
        after=after,
        reason=reason,
    )
    target = None if record is None else record.id
    return aliases.move(session, AliasMove(0, group_id, name, kind, at, target, parent, event))


def _since(session: Session, group_id: str, name: str, at: str | None) -> str:
    """Return since when a move holds, unless the alias was moved after that."""
    if at is None:
        return now()
    return holding_from(at, [aliases.last_moved(session, group_id, name)], f"the alias {name!r}")


def _require_active_group(session: Session, group_id: str) -> None:
    group = require_group(session, group_id)
    if group.archived_at is not None:
        raise ConflictError(
            f"the model group {group.name!r} ({group.id}) is archived and its aliases stay as "
            "they are; bring it back first with group.restore()"
        )


def _require_active(record: ModelRecord, name: str) -> None:
    if record.archived_at is not None:
        raise ConflictError(
            f"{version_name(record)} of the group {record.group_id} is archived and cannot become "
            f"{name}; bring it back first with model.restore()"
        )


def _require_expected(
    session: Session, group_id: str, name: str, pointer: AliasMove | None, expected: Expected
) -> None:
    if isinstance(expected, EllipsisType):
        return
    wanted = None if expected is None else require_version(session, group_id, expected)
    if (None if wanted is None else wanted.id) != (None if pointer is None else pointer.model_id):
        found = "no version" if pointer is None else _shown(session, pointer)
        assumed = "no version" if wanted is None else version_name(wanted)
        raise ConflictError(
            f"the alias {name!r} points at {found}, and if_current says {assumed}: somebody else "
            "moved it meanwhile. Nothing was changed; look at it again, and decide anew"
        )


def _shown(session: Session, pointer: AliasMove) -> str:
    number, label = models.number_and_label(session, str(pointer.model_id))
    return f"version {number}" if label is None else repr(label)


def _no_alias(session: Session, group_id: str, name: str) -> str:
    return nearest(name, aliases.live(session, group_id), f"alias of the group {group_id} is")


def _require_name(session: Session, group_id: str, name: str) -> None:
    """Raise if a new alias could be taken for something else."""
    if not name or name != name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise UserValueError(
            f"{name[: _MAX_NAME + 1]!r} cannot be an alias: it needs 1 to {_MAX_NAME} printable "
            "characters, and no space at its ends"
        )
    if _is_number(name):
        raise UserValueError(
            f"{name!r} cannot be an alias: it looks like the number of a version; choose a word "
            "such as 'champion' or 'challenger'"
        )
    if _is_uuid(name):
        raise UserValueError(f"{name!r} cannot be an alias: it looks like the id of a version")
    versions = models.list_versions(session, group_id, include_archived=True, with_attributes=False)
    for version in versions:
        if version.label is not None and version.label.casefold() == name.casefold():
            raise ConflictError(
                f"{name!r} cannot be an alias: version {version.sequence_num} of the group "
                f"{group_id} has the label {version.label!r}; choose another name"
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.isnumeric()
    return True


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
