"""What a version does not know itself: its group, its aliases, what its reference data holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from modelgroups.catalog.aliases import names_of_model
from modelgroups.lifecycle.lookup import require_group, require_model
from modelgroups.reference.reading import column_names, has_reference
from modelgroups.registry import Registry
from modelgroups.report.chance import Chance, chance_of

__all__ = ["Context", "context_of"]


@dataclass(frozen=True)
class Context:
    """What stands around a version.

    Parameters
    ----------
    group
        The name of its group.
    aliases
        Those that point at it, the champion first.
    held
        The columns of its reference data; none where there is no such data.
    chance
        Returns what chance alone would show in some attributes.
    """

    group: str
    aliases: Sequence[str]
    held: Collection[str]
    chance: Callable[[Sequence[str]], Chance]


def context_of(registry: Registry, model_id: str) -> Context:
    """Return what stands around a saved version."""
    with registry.catalog.read() as session:
        group = require_group(session, require_model(session, model_id).group_id)
        aliases = names_of_model(session, model_id)
    has_data = has_reference(registry, model_id)
    held = column_names(registry, model_id) if has_data else frozenset[str]()
    ranked = sorted(aliases, key=lambda name: (name != "champion", name))
    return Context(group.name, ranked, held, partial(chance_of, registry, model_id))
