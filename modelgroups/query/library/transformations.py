"""Transformations: a value for each row, or over aggregates, for each group."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from modelgroups.query.library.aggregates import as_number
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function

__all__: list[str] = []

_COLUMN = Parameter(Takes.COLUMN)
_VALUE = Parameter(Takes.VALUE)
_INTERVALS = ("second", "minute", "hour", "day", "week", "month", "year")
_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_MOST_WHOLE = 9.2e18
_TRUNCATE = {
    "second": "s",
    "minute": "m",
    "hour": "h",
    "day": "D",
    "week": "W",
    "month": "M",
    "quarter": "Q",
    "year": "Y",
}


def _require_time(call: Call, value: Any, name: str) -> bool:
    if not hasattr(value, "type") or not value.type().is_timestamp():
        call.blame(name, "times are wanted")
        return False
    return True


@function(
    "roundTimestamp",
    Kind.ROW,
    {"property": _COLUMN, "time_interval": Parameter(Takes.CHOICE, choices=_INTERVALS)},
)
def round_timestamp(call: Call, property: Any, time_interval: str) -> Any:
    """Start of the interval, in UTC, that a time lies in; weeks begin on Monday."""
    if not _require_time(call, property, "property"):
        return None
    return property.truncate(_TRUNCATE[time_interval])


@function(
    "bucketTimestamp",
    Kind.ROW,
    {
        "property": _COLUMN,
        "minutes": Parameter(Takes.WHOLE, least=1),
        "offset": Parameter(Takes.WHOLE, 0, least=0),
    },
)
def bucket_timestamp(call: Call, property: Any, minutes: int, offset: int) -> Any:
    """Start of the stretch of so many minutes, counted from 1970 and an offset, of a time."""
    if not _require_time(call, property, "property"):
        return None
    length, late = 60 * minutes, 60 * offset
    second = property.truncate("m").epoch_seconds().cast("int64") - late
    into = ((second % length) + length) % length  # the remainder of a negative number is negative
    return (second - into + late).as_timestamp("s").cast(property.type())


@function("labelByMaxColumn", Kind.ROW, {"properties": Parameter(Takes.NAMES)})
def label_by_max_column(call: Call, properties: list[tuple[str, Any]]) -> Any:
    """Name of the column with the largest value of the row, the first of several."""
    import ibis

    values = [as_number(call, value, "properties") for _, value in properties]
    best = ibis.greatest(*values)
    branches = [(value == best, name) for (name, _), value in zip(properties, values, strict=True)]
    return ibis.cases(*branches, else_=ibis.null("string"))


@function(
    "if",
    Kind.ROW,
    {
        "property": _COLUMN,
        "comparator": Parameter(Takes.COMPARATOR),
        "value": Parameter(Takes.CONSTANT, None),
        "then": _VALUE,
        "else": Parameter(Takes.VALUE, None),
    },
)
def if_(call: Call, property: Any, comparator: str, value: Any, then: Any, **rest: Any) -> Any:
    """One value where a condition holds, another, or null, where it does not."""
    import ibis

    holds = call.condition(property, comparator, value)
    return None if holds is None else ibis.ifelse(holds, then, rest["else"])


@function(
    "binContinuous", Kind.ROW, {"property": _COLUMN, "bin_thresholds": Parameter(Takes.NUMBERS)}
)
def bin_continuous(call: Call, property: Any, bin_thresholds: list[float]) -> Any:
    """1 + the number of thresholds that a value reaches."""
    number = as_number(call, property)
    reached = [(number >= threshold).cast("int64") for threshold in sorted(set(bin_thresholds))]
    if not reached:
        return number.notnull().cast("int64").nullif(0)
    return 1 + sum(reached[1:], reached[0])


@function(
    "dateDiff",
    Kind.ROW,
    {"unit": Parameter(Takes.CHOICE, choices=_UNITS), "start_date": _COLUMN, "end_date": _COLUMN},
)
def date_diff(call: Call, unit: str, start_date: Any, end_date: Any) -> Any:
    """Boundaries of a unit between two times, negative where the end is the earlier one."""
    if not all(
        [_require_time(call, start_date, "start_date"), _require_time(call, end_date, "end_date")]
    ):
        return None
    if unit in ("month", "quarter", "year"):
        years = end_date.year() - start_date.year()
        if unit == "year":
            return years.cast("int64")
        part = operator.methodcaller("month" if unit == "month" else "quarter")
        return years.cast("int64") * (12 if unit == "month" else 4) + (
            part(end_date) - part(start_date)
        )
    start, end = (time.truncate(_TRUNCATE[unit]) for time in (start_date, end_date))
    seconds = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}[unit]
    between = end.epoch_seconds().cast("int64") - start.epoch_seconds().cast("int64")
    return (between / seconds).cast("int64")


@function(
    "neighbor",
    Kind.ROW,
    {
        "property": _COLUMN,
        "offset": Parameter(Takes.WHOLE),
        "default": Parameter(Takes.VALUE, None),
    },
)
def neighbor(call: Call, property: Any, offset: int, default: Any) -> Any:
    """Value so many rows further on in the order, or before; a default outside."""
    import ibis

    window = ibis.window(order_by=list(call.ordering))
    shifted = property.lead(offset) if offset >= 0 else property.lag(-offset)
    moved = shifted.over(window)
    if default is None:
        return moved
    number = ibis.row_number().over(window)
    total = call.order.count().over(ibis.window())
    inside = (number + offset >= 0) & (number + offset < total)
    return ibis.ifelse(inside, moved, ibis.literal(default).cast(property.type()))


def _absolute(property: Any) -> Any:
    return None if property is None else abs(property)


# --- arithmetic --------------------------------------------------------------------------


def _numbers(call: Call, left: Any, right: Any) -> tuple[Any, Any]:
    return as_number(call, left, "left"), as_number(call, right, "right")


def _within(work: Callable[..., Any], *numbers: Any) -> Any:
    """Return an operation, of whole numbers null where 64 bits cannot hold the result."""
    import ibis

    if not all(number.type().is_integer() for number in numbers):
        return work(*numbers)
    size = work(*(number.cast("float64") for number in numbers)).abs()
    return ibis.ifelse(size < _MOST_WHOLE, work(*numbers), ibis.null("int64"))


def _scalar(work: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return an operation on two finished values, null where either is."""

    def compute(left: Any, right: Any) -> Any:
        return None if left is None or right is None else work(left, right)

    return compute


@function("add", Kind.ROW, {"left": _COLUMN, "right": _COLUMN}, scalar=_scalar(operator.add))
def add(call: Call, left: Any, right: Any) -> Any:
    """Sum of two values; null where whole numbers leave 64 bits."""
    return _within(operator.add, *_numbers(call, left, right))


@function("subtract", Kind.ROW, {"left": _COLUMN, "right": _COLUMN}, scalar=_scalar(operator.sub))
def subtract(call: Call, left: Any, right: Any) -> Any:
    """Difference of two values; of times, in seconds."""
    both = [value for value in (left, right) if hasattr(value, "type")]
    if len(both) == 2 and all(value.type().is_timestamp() for value in both):
        return left.delta(right, unit="microsecond").cast("float64") / 1e6
    return _within(operator.sub, *_numbers(call, left, right))


@function("multiply", Kind.ROW, {"left": _COLUMN, "right": _COLUMN}, scalar=_scalar(operator.mul))
def multiply(call: Call, left: Any, right: Any) -> Any:
    """Product of two values; null where whole numbers leave 64 bits."""
    return _within(operator.mul, *_numbers(call, left, right))


@function(
    "divide",
    Kind.ROW,
    {"left": _COLUMN, "right": _COLUMN},
    scalar=_scalar(lambda left, right: left / right if right else None),
)
def divide(call: Call, left: Any, right: Any) -> Any:
    """Quotient of two values; null by zero."""
    left, right = _numbers(call, left, right)
    return left.cast("float64") / right.cast("float64").nullif(0.0)


@function("abs", Kind.ROW, {"property": _COLUMN}, scalar=_absolute)
def abs_(call: Call, property: Any) -> Any:
    """Absolute value."""
    return _within(operator.methodcaller("abs"), as_number(call, property))


@function(
    "equals",
    Kind.ROW,
    {"left": _VALUE, "right": _VALUE},
    scalar=_scalar(lambda left, right: int(left == right)),
)
def equals(call: Call, left: Any, right: Any) -> Any:
    """1 where two values are equal, else 0."""
    import ibis

    columns = [value for value in (left, right) if hasattr(value, "type")]
    if not columns:
        return ibis.literal(int(left == right))
    if len(columns) == 2:
        return (left == right).cast("int64")
    column, constant = (left, right) if hasattr(left, "type") else (right, left)
    if constant is None:
        return ibis.null("int64")
    same = call.condition(column, "eq", constant)
    return None if same is None else ibis.ifelse(column.isnull(), None, same.cast("int64"))


def _truth(call: Call, value: Any, name: str) -> Any:
    return as_number(call, value, name) != 0


@function(
    "and",
    Kind.ROW,
    {"left": _COLUMN, "right": _COLUMN},
    scalar=_scalar(lambda left, right: int(bool(left) and bool(right))),
)
def and_(call: Call, left: Any, right: Any) -> Any:
    """1 where both values are not zero, else 0; null where either is null."""
    return _logical(call, left, right, operator.and_)


@function(
    "or",
    Kind.ROW,
    {"left": _COLUMN, "right": _COLUMN},
    scalar=_scalar(lambda left, right: int(bool(left) or bool(right))),
)
def or_(call: Call, left: Any, right: Any) -> Any:
    """1 where either value is not zero, else 0; null where either is null."""
    return _logical(call, left, right, operator.or_)


def _logical(call: Call, left: Any, right: Any, work: Callable[[Any, Any], Any]) -> Any:
    import ibis

    one, other = _truth(call, left, "left"), _truth(call, right, "right")
    both = one.notnull() & other.notnull()
    return ibis.ifelse(both, work(one, other).cast("int64"), None)
