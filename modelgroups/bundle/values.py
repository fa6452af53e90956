"""What single values of a bundle may be: times, ids and JSON as this library writes them."""

from __future__ import annotations

import json
from uuid import UUID

from modelgroups.catalog.clock import as_stored
from modelgroups.errors import ModelGroupsError

__all__ = ["is_json", "is_time", "is_uuid"]


def is_time(value: str) -> bool:
    """Return whether a text is a moment as it is stored.

    >>> is_time("2026-01-31T12:00:00.000000+00:00"), is_time("2026-01-31")
    (True, False)
    """
    try:
        return as_stored(value, parameter="at") == value
    except ModelGroupsError:
        return False


def is_uuid(value: str) -> bool:
    """Return whether a text is an id.

    >>> is_uuid("00000000-0000-4000-8000-000000000000"), is_uuid("../x")
    (True, False)
    """
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def is_json(document: str | bytes, kind: type) -> bool:
    """Return whether a document is JSON, of a value of some type.

    >>> is_json("{}", dict), is_json("[]", dict), is_json("{", dict)
    (True, False, False)
    """
    try:
        return isinstance(json.loads(document), kind)
    except (ValueError, RecursionError):
        return False
