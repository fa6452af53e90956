"""What the names in a call stand for: groups and versions.

A group is named by its name, its id, or the start of it; a version by its id or the start of it,
by ``GROUP@label``, ``GROUP@alias`` or ``GROUP#number``, or by its group alone, whose latest version
it then is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from modelgroups.errors import ConflictError, NotFoundError
from modelgroups.types import ModelStatus

if TYPE_CHECKING:
    from modelgroups.connection import Connection
    from modelgroups.group import ModelGroup
    from modelgroups.model import Model

__all__ = ["find_group", "find_version", "nearest_of", "spelling", "version_in"]

T = TypeVar("T", "Model", "ModelGroup")

_MARKED = frozenset("@#")
_LEAST = 4
"""So many characters of an id stand for it."""


def find_group(connection: Connection, name: str) -> ModelGroup:
    """Return the group of a name, archived ones last.

    Raises
    ------
    NotFoundError
        There is none; the message has the nearest names.
    ConflictError
        There are several.
    """
    groups = connection.model_groups(archived=None)
    found = _named(groups, name)
    if not found:
        raise NotFoundError(f"no group {name!r}{nearest_of(name, [each.name for each in groups])}")
    if len(found) > 1:
        raise ConflictError(_several_groups(name, found))
    return found[0]


def find_version(connection: Connection, name: str, *, include_archived: bool = False) -> Model:
    """Return the version of a name.

    Raises
    ------
    NotFoundError
        There is none; the message has the nearest names.
    ConflictError
        There are several.
    """
    groups = connection.model_groups(archived=None)
    for group, selector in _readings(groups, name):
        if not selector:
            return _latest(group, include_archived=include_archived)
        return version_in(group, selector, include_archived=include_archived)
    models = connection.models(archived=None)
    found = _with_id(models, name)
    if len(found) > 1:
        raise ConflictError(
            f"{name!r} stands for {len(found)} versions; use more of the id: {_listed(found)}"
        )
    if not found:
        raise NotFoundError(f"no model {name!r}{nearest_of(name, [each.name for each in groups])}")
    return _usable(found[0], name, include_archived=include_archived)


def version_in(group: ModelGroup, selector: str, *, include_archived: bool = False) -> Model:
    """Return a version of a group.

    Parameters
    ----------
    group
        The group.
    selector
        ``@label``, ``@alias``, ``#number``, any of them bare, an id or its start.
    include_archived
        Return it also when it is archived.

    Raises
    ------
    NotFoundError
        There is none; the message has the nearest names.
    ConflictError
        There are several.
    """
    versions = group.list_versions(include_archived=True)
    found = _selected(group, versions, selector)
    if len(found) > 1:
        raise ConflictError(f"{selector!r} stands for several versions: {_listed(found)}")
    if not found:
        mark = "" if selector[:1] in _MARKED else "@"
        known = [*map(spelling, versions), *(f"@{alias}" for alias in group.aliases())]
        near = nearest_of(mark + selector, known)
        raise NotFoundError(f"the group {group.name!r} has no version {selector!r}{near}")
    name = group.name + spelling(found[0])
    return _usable(found[0], name, include_archived=include_archived)


def _latest(group: ModelGroup, *, include_archived: bool) -> Model:
    versions = group.list_versions(include_archived=True)
    active = [version for version in versions if not _is_archived(version)]
    return _usable((active or versions)[0], group.name, include_archived=include_archived)


def _usable(version: Model, name: str, *, include_archived: bool) -> Model:
    if _is_archived(version) and not include_archived:
        raise NotFoundError(f"{name!r} is archived; bring it back with 'modelgroups restore'")
    return version


def _is_archived(version: Model) -> bool:
    return version.status == ModelStatus.Archived


def _selected(group: ModelGroup, versions: Sequence[Model], selector: str) -> list[Model]:
    mark, text = (selector[0], selector[1:]) if selector[:1] in _MARKED else ("", selector)
    numbered = [each for each in versions if str(each.version_sequence_num) == text]
    labelled = [each for each in versions if each.version_label == text]
    if mark == "#":
        return numbered
    if not labelled and text in (aliases := group.aliases()):
        labelled = [aliases[text]]
    if mark == "@":
        return labelled
    return labelled or numbered or _with_id(versions, text)


def _readings(groups: Sequence[ModelGroup], name: str) -> Iterator[tuple[ModelGroup, str]]:
    """Yield what a name may mean: a group alone, else one with a mark and what follows it.

    A name or a label may have the marks in it, so the longest name of a group counts.
    """
    ends = [len(name), *(i for i in range(len(name) - 1, 0, -1) if name[i] in _MARKED)]
    for end in ends:
        found = _named(groups, name[:end])
        if len(found) > 1:
            raise ConflictError(_several_groups(name[:end], found))
        if found:
            yield found[0], name[end:]


def _several_groups(name: str, found: Sequence[ModelGroup]) -> str:
    return f"{name!r} stands for {len(found)} groups; use an id: {_listed(found)}"


def _named(groups: Sequence[ModelGroup], name: str) -> list[ModelGroup]:
    """Return the groups of a name: exactly, else in upper or lower case, else by id."""
    for fits in (
        [each for each in groups if each.name == name],
        [each for each in groups if each.name.casefold() == name.casefold()],
    ):
        if fits:
            return [each for each in fits if not each.archived] or fits
    return _with_id(groups, name)


def _with_id(items: Sequence[T], start: str) -> list[T]:
    exact = [item for item in items if item.id == start]
    if exact or len(start) < _LEAST:
        return exact
    return [item for item in items if str(item.id).startswith(start)]


def spelling(version: Model) -> str:
    """Return what follows the name of its group where a version is named."""
    label, number = version.version_label, version.version_sequence_num
    return f"#{number}" if label is None else f"@{label}"


def _listed(items: Iterable[Model | ModelGroup]) -> str:
    return ", ".join(str(item.id) for item in items)


def nearest_of(name: str, known: Sequence[str]) -> str:
    """Return the end of a message: what there is instead.

    >>> nearest_of("Card frad", ["Card fraud", "Churn"])
    "; the nearest is 'Card fraud'"
    """
    if not known:
        return "; there are none yet"
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        what = "the nearest is" if len(near) == 1 else "the nearest are"
    else:
        near, what = list(known)[:3], "there is" if len(known) == 1 else "there are"
    more = ", …" if what == "there are" and len(known) > len(near) else ""
    return f"; {what} {', '.join(map(repr, near))}{more}"
