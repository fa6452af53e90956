"""Lineage: which versions a version was made from, for example trained on from."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from modelgroups.catalog import origins
from modelgroups.registry import Registry

__all__ = ["parents_of", "problems_of_lineage"]


def parents_of(registry: Registry, model_id: str) -> tuple[str, ...]:
    """Return the ids of the versions that a version was made from."""
    with registry.catalog.read() as session:
        return origins.parents(session, model_id)


def problems_of_lineage(parents: Mapping[str, set[str]]) -> list[str]:
    """Return what is wrong with the parents of versions: one that is its own ancestor.

    >>> problems_of_lineage({"b": {"a"}, "c": {"a", "b"}})
    []
    >>> problems_of_lineage({"b": {"a"}, "a": {"b"}})
    ['the model a is its own ancestor: a, b, a']
    """
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        circle = error.args[1]
        start = circle.index(min(circle))
        turned = [*circle[start:-1], *circle[:start], circle[start]]
        return [f"the model {turned[0]} is its own ancestor: {', '.join(turned)}"]
    return []
