"""Conditions that listings share: a name pattern, a period of time."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement, func

__all__ = ["Period", "matches", "period"]


class Period(Protocol):
    """Anything with the two ends of a period, as stored text."""

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


def period(column: ColumnElement[Any], wanted: Period) -> list[ColumnElement[bool]]:
    """Return the conditions that a time lies in ``[created_after, created_before)``."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.created_after is not None:
        conditions.append(column >= wanted.created_after)
    if wanted.created_before is not None:
        conditions.append(column < wanted.created_before)
    return conditions
