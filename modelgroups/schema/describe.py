"""The facts of a column: whether it is categorical, its categories, its range, its uniqueness.

Imports pandas, so import this module only where data is at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelgroups.schema.attribute import Attribute, AttributeCategory
from modelgroups.schema.clean import Kind, as_numbers, kind_of, present
from modelgroups.types import ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_declared", "are_whole", "column_range", "describe"]

_MOST_CATEGORIES = {ValueType.Integer: 20, ValueType.Float: 25, ValueType.String: 25}
"""With more distinct values than this, a number is a quantity and a text is unique."""

_UNIQUE_ABOVE = 10
"""Up to this many rows, values that all differ are categories and not identifiers."""

_HEAD = 1000
"""So many rows are looked at first: they settle most questions about a long column."""


def describe(values: pd.Series, attribute: Attribute) -> Attribute:
    """Set what the present values say: categorical, is_unique, categories and range.

    Parameters
    ----------
    values
        Values of the kind that the attribute's value type stands for, without nulls.
    attribute
        The attribute to complete.

    Returns
    -------
    Attribute
        The same attribute.
    """
    value_type = attribute.value_type
    if value_type == ValueType.TimeSeries:
        attribute.is_unique = True
        return attribute
    if value_type in (ValueType.Timestamp, ValueType.Image):
        attribute.is_unique = _all_differ(values)
        return attribute
    if value_type not in (ValueType.Float, ValueType.Integer):
        distinct = _by_frequency(_array(values), _MOST_CATEGORIES[ValueType.String])
        return _set_categories(attribute, distinct, len(values))
    numbers = as_numbers(values)
    if value_type == ValueType.Integer or are_whole(numbers):
        distinct = _by_frequency(numbers, _MOST_CATEGORIES[ValueType(value_type)])
        if distinct is not None:
            return _set_categories(attribute, distinct, len(values))
    attribute.is_unique = _all_differ(numbers)
    attribute.min_range, attribute.max_range = _ends(numbers)
    return attribute


def add_declared(attribute: Attribute, column: pd.Series) -> Attribute:
    """Add the categories that a categorical dtype declares and no row holds.

    >>> sizes = pd.Series(pd.Categorical(["M", "M", "L"], categories=["S", "M", "L", "XL"]))
    >>> size = describe(present(sizes), Attribute("size", "STRING", "PIPELINE_INPUT"))
    >>> [category.value for category in add_declared(size, sizes).categories]
    ['M', 'L', 'S', 'XL']
    """
    if attribute.categories is not None and isinstance(column.dtype, pd.CategoricalDtype):
        found = {category.value for category in attribute.categories}
        declared = map(str, present(column.cat.categories.to_series()).tolist())
        attribute.categories += [AttributeCategory(text) for text in declared if text not in found]
    return attribute


def column_range(column: pd.Series) -> tuple[Any, Any]:
    """Return the smallest and largest present value as native Python values.

    (None, None) if there is no value, or if the values are neither numbers nor booleans nor
    texts.

    >>> column_range(pd.Series([2, None, 0.5, float("inf")]))
    (0.5, 2.0)
    """
    values = present(column)
    kind = kind_of(values)
    if kind in (Kind.FLOAT, Kind.INTEGER):
        return _ends(as_numbers(values))
    if kind in (Kind.STRING, Kind.BOOLEAN):
        return _ends(values.to_numpy())
    return None, None


def are_whole(numbers: NDArray[Any]) -> bool:
    """Return whether there are numbers and none has a fraction."""
    head = numbers[:_HEAD]
    return len(head) > 0 and bool((head % 1 == 0).all() and (np.floor(numbers) == numbers).all())


def _set_categories(attribute: Attribute, distinct: list[Any] | None, rows: int) -> Attribute:
    """Make an attribute categorical; None stands for too many distinct values to list."""
    attribute.categorical = True
    attribute.is_unique = distinct is None or rows == len(distinct) > _UNIQUE_ABOVE
    if distinct is not None and not attribute.is_unique:
        attribute.categories = [AttributeCategory(str(value)) for value in distinct]
    return attribute


def _by_frequency(values: Any, most: int) -> list[Any] | None:
    """Return the distinct values, the most frequent first, or None if there are too many.

    Equally frequent values come in the order of their first appearance, in every release of
    pandas.
    """
    if len(values) > _HEAD and len(pd.factorize(values[:_HEAD])[1]) > most:
        return None
    codes, distinct = pd.factorize(values)
    if len(distinct) > most:
        return None
    order = np.argsort(-np.bincount(codes, minlength=len(distinct)), kind="stable")
    return list(distinct.take(order).tolist())


def _all_differ(values: NDArray[Any] | pd.Series) -> bool:
    """Return whether no value occurs twice, in more than a handful of rows."""
    if len(values) <= _UNIQUE_ABOVE:
        return False
    if isinstance(values, pd.Series):
        return values.iloc[:_HEAD].is_unique and values.is_unique
    for part in (values[:_HEAD], values):
        ordered = np.sort(part)  # several times as fast as hashing floats
        if (ordered[1:] == ordered[:-1]).any():
            return False
    return True


def _ends(values: NDArray[Any]) -> tuple[Any, Any]:
    if not len(values):
        return None, None
    ends = (values.min(), values.max())
    low, high = (end.item() if isinstance(end, np.generic) else end for end in ends)
    return low, high


def _array(values: pd.Series) -> Any:
    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array
