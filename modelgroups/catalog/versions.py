"""A version of a group by any of its names: number, label, alias or id."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from modelgroups.catalog import aliases, models
from modelgroups.catalog.records import ModelRecord

__all__ = ["find_named", "names"]

_ID_LENGTH: Final = 36
_MOST: Final = 2**63 - 1


def find_named(session: Session, group_id: str, name: int | str) -> ModelRecord | None:
    """Return the version of a group that a name stands for, archived or not, or None.

    Parameters
    ----------
    session, group_id
        Which group.
    name
        A number; or an id, a label or an alias, in this order.
    """
    if isinstance(name, int):
        if not 0 < name <= _MOST:
            return None
        return models.find_version(session, group_id, sequence_num=name)
    if len(name) == _ID_LENGTH:
        found = models.find(session, name)
        if found is not None and found.group_id == group_id:
            return found
    found = models.find_version(session, group_id, label=name)
    if found is not None:
        return found
    pointer = aliases.current(session, group_id, name)
    if pointer is None or pointer.model_id is None:
        return None
    return models.find(session, pointer.model_id)


def names(session: Session, group_id: str) -> list[str]:
    """Return the labels and the aliases of a group."""
    versions = models.list_versions(session, group_id, include_archived=True, with_attributes=False)
    labels = [version.label for version in versions if version.label is not None]
    return [*labels, *aliases.live(session, group_id)]
