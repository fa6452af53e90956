"""How groups and versions stand, for those who look at one; no file is read for it."""

from __future__ import annotations

from typing import NamedTuple

from modelgroups.catalog import aliases, models, references
from modelgroups.errors import ModelGroupsError
from modelgroups.registry import Registry

__all__ = ["Amounts", "amounts_of", "group_in_words"]


class Amounts(NamedTuple):
    """How many rows a version has; None without reference data."""

    reference_rows: int | None
    inferences: int


def group_in_words(registry: Registry | None, group_id: str) -> str:
    """Return how many versions a group has and which is the champion; nothing if it cannot be told.

    Parameters
    ----------
    registry
        None, or open, or closed, or damaged: what is looked at in a debugger never raises.
    group_id
        The group.
    """
    if registry is None or registry.catalog.closed:
        return ""
    try:
        with registry.catalog.read() as session:
            n_versions = models.count_versions(session, group_id)
            key = aliases.live(session, group_id).get("champion")
            number, label = (0, None) if key is None else models.number_and_label(session, key)
    except ModelGroupsError:
        return ""
    told = f"{n_versions:,} version{'' if n_versions == 1 else 's'}"
    return told if key is None else f"{told}, champion {label or f'version {number}'}"


def amounts_of(registry: Registry | None, model_id: str) -> Amounts | None:
    """Return how many rows a version has, or None if that cannot be told, as of a closed registry.

    Parameters
    ----------
    registry, model_id
        As in `group_in_words`.
    """
    from modelgroups.inferences.summary import count

    if registry is None or registry.catalog.closed:
        return None
    try:
        with registry.catalog.read() as session:
            held = references.current(session, model_id)
        n_rows = None if held is None else sum(file.n_rows for file in held.files)
        return Amounts(n_rows, count(registry, model_id).n_inferences)
    except ModelGroupsError:
        return None
