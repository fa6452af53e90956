"""Conditions that listings share: a name pattern, a state, a period of time, a page."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement, func, select

__all__ = ["Wanted", "common_conditions", "matches"]


class Wanted(Protocol):
    """What every filter can ask for: a name, a state, a period as stored text."""

    @property
    def name(self) -> str | None:
        """A name, or a pattern with ``*``."""

    @property
    def archived(self) -> bool | None:
        """False for active ones, True for archived ones, None for both."""

    @property
    def created_after(self) -> str | None:
        """The first moment that is included."""

    @property
    def created_before(self) -> str | None:
        """The first moment behind it."""


def matches(column: ColumnElement[Any], pattern: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that a text column matches a pattern.

    ``*`` stands for any text and makes the comparison ignore case (on SQLite that of ASCII
    letters, for it knows no others); without one the text
    must be equal, which an index answers.
    """
    if pattern is None:
        return []
    if "*" not in pattern:
        return [column == pattern]
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [func.lower(column).like(func.lower(escaped.replace("*", "%")), escape="\\")]


def common_conditions(
    columns: Any, name: ColumnElement[Any], wanted: Wanted, after: str | None
) -> list[ColumnElement[bool]]:
    """Return the conditions that groups and versions are listed by alike.

    Parameters
    ----------
    columns
        The columns of the table.
    name
        The column that a name is looked for in.
    wanted
        What to look for; the period is ``[created_after, created_before)``.
    after
        Only what was stored behind the row with this id: a page that begins at a key
        neither repeats nor skips when something is written between two pages.
    """
    conditions = matches(name, wanted.name)
    if wanted.archived is not None:
        archived = columns.archived_at.is_not(None)
        conditions.append(archived if wanted.archived else ~archived)
    if wanted.created_after is not None:
        conditions.append(columns.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        conditions.append(columns.created_at < wanted.created_before)
    if after is not None:
        start = select(columns.serial).where(columns.id == after).scalar_subquery()
        conditions.append(columns.serial > start)
    return conditions
