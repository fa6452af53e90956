"""The typed trees of drift bodies: what can be checked without knowing the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from modelgroups.query.tree import Condition, Node, parse_as

__all__ = [
    "MOST_PROPERTIES",
    "THRESHOLDS",
    "Compared",
    "DriftBody",
    "SideBody",
    "TableBody",
    "parse",
]

THRESHOLDS: Final = "Thresholds"
"""The metric that has no target."""

MOST_PROPERTIES: Final = 100
"""Attributes of one query."""
_MOST_BINS: Final = 100_000
_MOST_ROWS: Final = 10**15


def _number(value: Any) -> Any:
    """Return a text as the number that it shows, and anything else as it is."""
    if not isinstance(value, str):
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value


_Bins = Annotated[int, BeforeValidator(_number), Field(ge=1, le=_MOST_BINS)]
_Size = Annotated[int, BeforeValidator(_number), Field(ge=1, le=_MOST_ROWS)]
_Share = Annotated[float, BeforeValidator(_number), Field(gt=0, lt=1)]
_Rollup = Literal["second", "minute", "hour", "day", "week", "month", "year", "batch_id"]
_Classes = Annotated[list[str], Field(min_length=1)]


class Group(Node):
    """A column that the rows of both sides are grouped by."""

    property: str


class SideBody(Node):
    """The rows of one side.

    Parameters
    ----------
    source
        Where they are from.
    filter
        Conditions that they fulfil.
    model
        Of the base: another version, by its id or its label in the same group.
    """

    source: Literal["inference", "reference", "ground_truth"]
    filter: list[Condition] = Field(default_factory=list)
    model: str | None = None


class Compared(Node):
    """What both kinds of bodies hold."""

    num_bins: _Bins = 20
    base: SideBody
    target: SideBody | None = None
    group_by: list[Group] = Field(default_factory=list)
    rollup: _Rollup | None = None


class DriftBody(Compared):
    """A query for drift."""

    metric: str
    properties: list[str] = Field(default_factory=list, max_length=MOST_PROPERTIES)
    predicted_classes: _Classes | None = None
    ground_truth_classes: _Classes | None = None
    target_size: _Size | None = None
    confidence: _Share | None = None


class TableBody(Compared):
    """A query for the table of buckets behind one PSI."""

    property: str
    target: SideBody


_SIDE_KEYS: Final = tuple(SideBody.model_fields)
_BELOW: Final = {
    "base": _SIDE_KEYS,
    "target": _SIDE_KEYS,
    "filter": tuple(Condition.model_fields),
    "group_by": tuple(Group.model_fields),
}


def parse(kind: type[DriftBody | TableBody], body: Mapping[str, Any]) -> Any:
    """Return the tree of a body.

    Raises
    ------
    UserValueError
        Lists every fault of its form, with its path.

    Examples
    --------
    >>> parse(TableBody, {"property": "x", "base": {"sauce": "reference"}, "target": {}})
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: the query has 3 faults: base: 'source' is missing; base: no
    key 'sauce'; did you mean 'source'?; target: 'source' is missing
    """
    return parse_as(kind, body, {"body": tuple(kind.model_fields), **_BELOW})
