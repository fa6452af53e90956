"""What a shell offers for names: groups, and the versions in them.

The scripts of some shells evaluate what they are offered, so nothing is offered that has a
character in it which could mean more than itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from modelgroups.connection import Connection
    from modelgroups.group import ModelGroup

__all__ = ["groups", "models", "versions"]

_HARMLESS: Final = frozenset(" -_.@#+")
_MARKS: Final = frozenset("@#")

Names: TypeAlias = "Callable[[Connection], Iterable[str]]"


def groups(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of groups that begin so."""
    return _offered(
        ctx, incomplete, lambda connection: [each.name for each in connection.model_groups()]
    )


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of groups that begin so; behind a mark, those of versions."""

    def known(connection: Connection) -> Iterable[str]:
        named = connection.model_groups()
        chosen = [each for each in named if incomplete[len(each.name) :][:1] in _MARKS]
        for group in chosen:
            if incomplete.startswith(group.name):
                return [group.name + selector for selector in _selectors(group)]
        return [group.name for group in named]

    return _offered(ctx, incomplete, known)


def versions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the labels, aliases and numbers in the group of the call that begin so."""

    def known(connection: Connection) -> Iterable[str]:
        from modelgroups.cli.names import find_group

        selectors = list(_selectors(find_group(connection, ctx.params["group"])))
        return selectors + [each[1:] for each in selectors if each[0] == "@"]

    return _offered(ctx, incomplete, known)


def _selectors(group: ModelGroup) -> Iterable[str]:
    for version in group.list_versions():
        yield f"#{version.version_sequence_num}"
        if version.version_label is not None:
            yield f"@{version.version_label}"
    for alias in group.aliases():
        yield f"@{alias}"


def _offered(ctx: typer.Context, incomplete: str, known: Names) -> list[str]:
    """Return what is known and begins so; nothing where there is no registry to ask."""
    from modelgroups.connection import connect
    from modelgroups.errors import ModelGroupsError

    home: Any = None if ctx.parent is None else ctx.parent.params.get("home")
    try:
        with connect(home, read_only=True) as connection:
            names = [each for each in known(connection) if each.startswith(incomplete)]
    except (ModelGroupsError, OSError):
        return []
    return [_as_typed(name) for name in names if _is_harmless(name)]


def _is_harmless(name: str) -> bool:
    """Return whether every character stands for itself in every shell, but for spaces.

    >>> _is_harmless("Card fraud@V1"), _is_harmless("$(rm -r .)")
    (True, False)
    """
    return all(c.isalnum() or c in _HARMLESS for c in name)


def _as_typed(name: str) -> str:
    """Return a name as it is to stand in the line; bash leaves that to us outside of quotes."""
    if os.environ.get("_MODELGROUPS_COMPLETE") != "complete_bash":
        return name
    words = os.environ.get("COMP_WORDS", "").split("\n")
    place = int(os.environ.get("COMP_CWORD", "0"))
    word = words[place] if place < len(words) else ""
    return name if word[:1] in {"'", '"'} else name.replace(" ", "\\ ")
