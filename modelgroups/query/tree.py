"""The typed tree of a body, and its making: what can be checked without knowing the model."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from modelgroups.errors import UserValueError
from modelgroups.query.faults import Faults, nearest
from modelgroups.query.intake import taken_in

__all__ = [
    "COMPARATORS",
    "SOURCES",
    "Body",
    "Condition",
    "Item",
    "Key",
    "Node",
    "Order",
    "parse_as",
    "parse_body",
]

COMPARATORS: Final = (
    "eq",
    "ne",
    "lt",
    "gt",
    "lte",
    "gte",
    "in",
    "like",
    "NotNull",
    "IsNull",
)
NAMED_AFTER_ATTRIBUTE: Final = "regionalFeatureImportance"
"""The function of which the value is called as the attribute that it is about."""

SOURCES: Final = ("inference", "enriched", "reference", "ground_truth")

Comparator = Literal["eq", "ne", "lt", "gt", "lte", "gte", "in", "like", "NotNull", "IsNull"]


class Node(BaseModel):
    """A part of a body: it takes its keys and no others, and is not changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


N = TypeVar("N", bound=Node)


class Condition(Node):
    """What a row must fulfil."""

    property: str
    comparator: Comparator
    value: Any = None


class Item(Node):
    """One entry of select: a column, ``*``, or a function."""

    property: str | None = None
    function: str | None = None
    alias: str | None = Field(default=None, min_length=1)
    parameters: dict[str, Any] | None = None
    stage: str | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Item:
        if self.property is not None and self.function is not None:
            raise PydanticCustomError(
                "item",
                "give either property or function; the column that a function is of stands in "
                "its parameters: {'property': '{name}'}",
                {"name": self.property},
            )
        if self.property is None and self.function is None:
            raise PydanticCustomError("item", "give either property or function")
        if self.property is not None and self.parameters:
            raise PydanticCustomError("item", "a property takes no parameters")
        return self

    @builtins.property
    def key(self) -> str:
        """Name of the value in the answer."""
        if self.alias is None and self.function == NAMED_AFTER_ATTRIBUTE:
            return str((self.parameters or {}).get("attribute_name") or self.function)
        return self.alias or self.property or self.function or ""


class Key(Node):
    """What rows are grouped by: a column, or an item of select by its alias."""

    property: str | None = None
    alias: str | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Key:
        if (self.property is None) == (self.alias is None):
            raise PydanticCustomError("key", "give either property or alias")
        return self

    @builtins.property
    def name(self) -> str:
        """Name of the column, or the alias."""
        return self.property or self.alias or ""


class Order(Key):
    """What rows are ordered by."""

    direction: Literal["asc", "desc"] = "asc"


Count = Annotated[int, Field(ge=0, le=2**62)]


class Body(Node):
    """A base query."""

    select: list[Item] = Field(min_length=1)
    source: Literal["inference", "enriched", "reference", "ground_truth"] | None = Field(
        default=None, alias="from"
    )
    subquery: Body | None = None
    filter: list[Condition] = Field(default_factory=list)
    where: list[Condition] = Field(default_factory=list)
    group_by: list[Key] = Field(default_factory=list)
    order_by: list[Order] = Field(default_factory=list)
    limit: Count | None = None
    offset: Count | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Body:
        if self.source is not None and self.subquery is not None:
            raise PydanticCustomError("source", "give either from or subquery")
        return self

    @builtins.property
    def conditions(self) -> list[tuple[str, Condition]]:
        """All conditions, each with its place in the body."""
        return [
            (f"{name}[{number}]", condition)
            for name, listed in (("filter", self.filter), ("where", self.where))
            for number, condition in enumerate(listed)
        ]


def parse_body(body: object) -> Body:
    """Return the tree of a body.

    Raises
    ------
    UserValueError
        Lists every fault of its form, with its path.

    Examples
    --------
    >>> parse_body({"select": [{"function": "count"}], "filtre": []})
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: the query has 1 fault: no key 'filtre'; did you mean
    'filter'?
    """
    return parse_as(Body, body, _KEYS)


def parse_as(kind: type[N], body: object, keys: Mapping[str, tuple[str, ...]]) -> N:
    """Return the tree of a body of some kind.

    Parameters
    ----------
    kind
        The class of its root.
    body
        What the caller gave.
    keys
        The keys that may stand below each key, and below ``"body"``: what to suggest.

    Raises
    ------
    UserValueError
        Lists every fault of its form, with its path.
    """
    if not isinstance(body, Mapping):
        raise UserValueError(f"the query must be a dict, got {type(body).__name__}")
    try:
        return kind.model_validate(taken_in(body))
    except ValidationError as error:
        faults = Faults()
        for found in error.errors(include_url=False):
            faults.add(*_told(found, keys))
        faults.raise_if_any()
        raise


_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "body": (
        "select",
        "from",
        "subquery",
        "filter",
        "where",
        "group_by",
        "order_by",
        "limit",
        "offset",
    ),
    "select": ("property", "function", "alias", "parameters", "stage"),
    "filter": ("property", "comparator", "value"),
    "where": ("property", "comparator", "value"),
    "group_by": ("property", "alias"),
    "order_by": ("property", "alias", "direction"),
}


def _told(found: ErrorDetails, keys: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    """Return the path and the words of a fault that pydantic found."""
    steps = list(found["loc"])
    kind = found["type"]
    if kind == "extra_forbidden":
        key = steps.pop()
        within = next((step for step in reversed(steps) if step in keys), "body")
        return _path(steps), nearest(key, keys[str(within)], "key")
    if kind == "missing":
        return _path(steps[:-1]), f"{steps[-1]!r} is missing"
    if kind == "literal_error":
        return _path(steps), f"{found['input']!r} is not {found['ctx']['expected']}"
    if kind == "model_type" and isinstance(found["input"], str):
        return _path(steps), f"write {{'property': {found['input']!r}}} for a column"
    return _path(steps), found["msg"][0].lower() + found["msg"][1:]


def _path(steps: list[int | str]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path
