"""What users may leave out of a question, checked where it is given."""

from __future__ import annotations

from datetime import date, datetime

from modelgroups.arguments import text_or_none
from modelgroups.catalog.clock import as_stored
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.group import ModelGroup
from modelgroups.model import Model

__all__ = ["key_or_none", "moment_or_none"]


def moment_or_none(value: datetime | date | str | None, parameter: str) -> str | None:
    """Return a moment as it is stored, or None."""
    return None if value is None else as_stored(value, parameter=parameter)


def key_or_none(
    item: Model | ModelGroup | str | None, kind: type[Model | ModelGroup], parameter: str
) -> str | None:
    """Return the id of a saved model or group, given as an object or as its id, or None."""
    if isinstance(item, kind):
        if item.id is None:
            raise UserValueError(f"{parameter} must be saved before, and {item!r} is not")
        return item.id
    if item is None or isinstance(item, str):
        return text_or_none(item, parameter)
    raise UserTypeError(
        f"{parameter} must be a {kind.__name__} or its id, got {type(item).__name__}"
    )
