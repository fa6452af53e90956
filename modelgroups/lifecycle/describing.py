"""Changing the name and the description of a group."""

from __future__ import annotations

from modelgroups.arguments import require_text
from modelgroups.catalog import groups
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record
from modelgroups.catalog.records import GroupRecord
from modelgroups.errors import BadRequestError, UserValueError
from modelgroups.lifecycle.lookup import require_group
from modelgroups.registry import Registry
from modelgroups.types import EventType

__all__ = ["rewrite_group"]

_MAX_TEXT = 255


def rewrite_group(registry: Registry, group_id: str, field: str, value: object) -> GroupRecord:
    """Store the name or the description of a group.

    Raises
    ------
    UserTypeError, UserValueError, BadRequestError
        It is not a text, empty, or too long.
    NotFoundError
        There is no such group.
    """
    if value is None or (isinstance(value, str) and value == ""):
        raise UserValueError(f"the {field} of a model group cannot be empty")
    value = require_text(value, f"the {field} of a model group")
    if len(value) > _MAX_TEXT or "\0" in value:
        raise BadRequestError(
            f"the {field} of a model group has at most {_MAX_TEXT} characters and no NUL; "
            f"got {len(value)} characters"
        )
    with registry.catalog.write() as session:
        stored = require_group(session, group_id)
        at = now()
        groups.rewrite(session, group_id, **{field: value}, updated_at=at)
        record(
            session,
            EventType.GroupUpdated,
            at=at,
            group_id=group_id,
            before={field: getattr(stored, field)},
            after={field: value},
        )
        return require_group(session, group_id)
