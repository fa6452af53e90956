"""What differs between two schemas, attribute by attribute. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, NamedTuple

from modelgroups.schema.attribute import Attribute

__all__ = ["SchemaChanges", "schema_changes"]

_COMPARED = tuple(field.name for field in fields(Attribute) if field.name not in {"id", "name"})


class SchemaChanges(NamedTuple):
    """What differs: whole attributes, and for the others each property with both values."""

    added: tuple[Attribute, ...]
    removed: tuple[Attribute, ...]
    changed: dict[str, dict[str, tuple[Any, Any]]]


def schema_changes(before: Iterable[Attribute], after: Iterable[Attribute]) -> SchemaChanges:
    """Return what differs between two schemas; attributes are told apart by name.

    Examples
    --------
    >>> age, city = (Attribute(name, "INTEGER", "PIPELINE_INPUT") for name in ("age", "city"))
    >>> found = schema_changes([age], [Attribute("age", "FLOAT", "PIPELINE_INPUT"), city])
    >>> found.changed, [attribute.name for attribute in found.added], found.removed
    ({'age': {'value_type': ('INTEGER', 'FLOAT')}}, ['city'], ())
    """
    old = {attribute.name: attribute for attribute in before}
    new = {attribute.name: attribute for attribute in after}
    changed = {
        name: properties
        for name, attribute in new.items()
        if name in old and (properties := _properties(old[name], attribute))
    }
    return SchemaChanges(
        added=tuple(attribute for name, attribute in new.items() if name not in old),
        removed=tuple(attribute for name, attribute in old.items() if name not in new),
        changed=changed,
    )


def _properties(old: Attribute, new: Attribute) -> dict[str, tuple[Any, Any]]:
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in _COMPARED)
    return {name: (was, becomes) for name, was, becomes in pairs if was != becomes}
