"""The quality of logged values: what is missing, new, or out of range, attribute by attribute.

One pass over the log, part by part; what is kept between the parts does not grow with the number
of rows. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from modelgroups.inferences.layout import TRUTH_TIME, Layout, arrow_type
from modelgroups.schema.attribute import Attribute, as_categories
from modelgroups.types import ValueType

__all__ = [
    "MOST_NEW_CATEGORIES",
    "AttributeQuality",
    "Tally",
    "known_categories",
    "known_range",
]

MOST_NEW_CATEGORIES: Final = 1_000
"""So many new categories of an attribute are told apart; the rows of all are counted."""

_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AttributeQuality:
    """What the values of one attribute are like.

    Parameters
    ----------
    name, stage, value_type
        Of the attribute.
    n_rows
        Inferences, with or without a value.
    n_nulls
        Inferences without a value; of ground truth, those for which none is known.
    n_new_category
        Inferences whose category is not one of the schema; None where the schema lists none.
    new_categories
        These categories, each with its number of inferences, the most frequent first. Of more
        than 1,000 different ones, the first that came.
    n_out_of_range
        Inferences whose value lies outside the range of the schema, which is that of the
        reference data unless it was edited; None where the schema has no range.

    Examples
    --------
    >>> found = AttributeQuality("age", "PIPELINE_INPUT", "INTEGER", 8, 2, None, {}, 1)
    >>> found.null_rate
    0.25
    """

    name: str
    stage: str
    value_type: str
    n_rows: int
    n_nulls: int
    n_new_category: int | None
    new_categories: dict[Any, int]
    n_out_of_range: int | None

    @property
    def null_rate(self) -> float:
        """The share of inferences without a value; NaN without inferences."""
        return self.n_nulls / self.n_rows if self.n_rows else math.nan


@dataclass
class Tally:
    """What was counted of the log so far.

    Parameters
    ----------
    layout
        The columns of the log.
    names
        The attributes that are looked at.

    Examples
    --------
    >>> from modelgroups.inferences.layout import layout_of
    >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT", min_range=18, max_range=95)
    >>> tally = Tally(layout_of([age]), ["age"])
    >>> tally.add(pa.table({"age": [17, None, 40]}))
    >>> [(each.n_nulls, each.n_out_of_range) for each in tally.found()]
    [(1, 1)]
    """

    layout: Layout
    names: Iterable[str]
    n_rows: int = field(default=0, init=False)
    n_ground_truths: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        both = self.layout.inference_attributes | self.layout.truth_attributes
        self._columns = [_Column(both[name]) for name in self.names]

    def add(self, table: pa.Table) -> None:
        """Count rows of the log."""
        self.n_rows += len(table)
        if TRUTH_TIME in table.column_names:
            self.n_ground_truths += len(table) - table[TRUTH_TIME].null_count
        for column in self._columns:
            column.add(table[column.attribute.name])

    def found(self) -> tuple[AttributeQuality, ...]:
        """Return what the attributes are like."""
        return tuple(column.found(self.n_rows) for column in self._columns)


class _Column:
    """The counts of one attribute."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self._known = known_categories(attribute)
        self._range = known_range(attribute)
        self._n_nulls = self._n_new = self._n_outside = 0
        self._new: dict[Any, int] = {}

    def add(self, column: pa.ChunkedArray) -> None:
        self._n_nulls += column.null_count
        if self._known is not None:
            self._add_new(column, self._known)
        if self._range is not None:
            low, high = self._range
            outside = pc.or_(pc.less(column, low), pc.greater(column, high))
            self._n_outside += pc.sum(outside, min_count=0).as_py()

    def _add_new(self, column: pa.ChunkedArray, known: pa.Array) -> None:
        if pat.is_floating(column.type):
            column = pc.add(column, 0.0)  # -0.0 is 0.0, which Arrow's sets tell apart
        new = column.filter(pc.and_(column.is_valid(), pc.invert(pc.is_in(column, known))))
        self._n_new += len(new)
        for entry in pc.value_counts(new).to_pylist():
            value, count = entry["values"], entry["counts"]
            if value in self._new or len(self._new) < MOST_NEW_CATEGORIES:
                self._new[value] = self._new.get(value, 0) + count

    def found(self, n_rows: int) -> AttributeQuality:
        attribute = self.attribute
        return AttributeQuality(
            attribute.name,
            str(attribute.stage),
            str(attribute.value_type),
            n_rows,
            self._n_nulls,
            None if self._known is None else self._n_new,
            dict(sorted(self._new.items(), key=lambda entry: -entry[1])),
            None if self._range is None else self._n_outside,
        )


def known_categories(attribute: Attribute) -> pa.Array | None:
    """Return the categories of the schema, which keeps them as texts, as values of the log."""
    read = _READERS.get(attribute.value_type)
    if read is None or not attribute.categorical or not attribute.categories:
        return None
    texts = [category.value for category in as_categories(attribute.categories) or ()]
    values = [value for text in texts for value in read(text)]
    return pa.array(values, arrow_type(attribute.value_type))


def _whole(text: str) -> list[int]:
    numbers = [int(number) for number in _real(text) if number.is_integer()]
    with suppress(ValueError):  # exactly, where it is more than a float can hold
        numbers = [int(text)]
    return [number for number in numbers if _LEAST <= number <= _MOST]


def _real(text: str) -> list[float]:
    try:
        return [float(text) + 0.0]
    except ValueError:
        return []


def _flag(text: str) -> list[bool]:
    return {"true": [True], "false": [False], "1": [True], "0": [False]}.get(text.lower(), [])


_READERS: Final[dict[str, Callable[[str], list[Any]]]] = {
    ValueType.String: lambda text: [text],
    ValueType.Integer: _whole,
    ValueType.Float: _real,
    ValueType.Boolean: _flag,
}
"""What a category is as a value of its attribute: one, or none where it cannot be one."""


def known_range(attribute: Attribute) -> tuple[pa.Scalar, pa.Scalar] | None:
    """Return the least and the greatest value that the range of the schema allows."""
    low, high = attribute.min_range, attribute.max_range
    if attribute.categorical or not isinstance(low, Real) or not isinstance(high, Real):
        return None
    if attribute.value_type == ValueType.Float:
        return pa.scalar(float(low)), pa.scalar(float(high))
    if attribute.value_type != ValueType.Integer:
        return None
    first, last = math.ceil(low), math.floor(high)
    if first > _MOST or last < _LEAST:
        first, last = _MOST, _LEAST  # all lies outside
    return pa.scalar(max(first, _LEAST), pa.int64()), pa.scalar(min(last, _MOST), pa.int64())
