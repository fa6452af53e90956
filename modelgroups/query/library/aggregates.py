"""Aggregates: one value for each group. Nulls are passed over; nothing left gives null."""

from __future__ import annotations

from typing import Any

from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function

__all__ = ["as_number", "is_ordered"]

_COLUMN = Parameter(Takes.COLUMN)
_ORDERED = ("numeric", "timestamp", "string")


def as_number(call: Call, value: Any, name: str = "property") -> Any:
    """Return a column of numbers, booleans as 0 and 1; blame the query for anything else."""
    import ibis

    if isinstance(value, bool | int | float):
        return ibis.literal(value, type="float64" if isinstance(value, float) else "int64")
    if value.type().is_boolean():
        return value.cast("int64")
    if value.type().is_decimal():
        return value.cast("float64")
    if not value.type().is_numeric():
        call.blame(name, f"numbers are wanted, not {value.type()}")
    return value


def is_ordered(value: Any) -> bool:
    """Return whether the values of a column have an order."""
    type_ = value.type()
    return bool(type_.is_numeric() or type_.is_timestamp() or type_.is_string())


def _finite(value: Any) -> Any:
    """Return floats with null in place of NaN and infinities."""
    import ibis

    if not value.type().is_floating():
        return value
    return ibis.ifelse(value.isnan() | value.isinf(), ibis.null(value.type()), value)


@function("avg", Kind.AGGREGATE, {"property": _COLUMN})
def avg(call: Call, property: Any) -> Any:
    """Mean: sum of the values / their number."""
    return _finite(as_number(call, property).mean())


@function("avgAbs", Kind.AGGREGATE, {"property": _COLUMN})
def avg_abs(call: Call, property: Any) -> Any:
    """Mean of the absolute values."""
    return _finite(as_number(call, property).cast("float64").abs().mean())


@function("sum", Kind.AGGREGATE, {"property": _COLUMN})
def sum_(call: Call, property: Any) -> Any:
    """Sum of the values, exact for whole numbers."""
    if hasattr(property, "type") and property.type().is_decimal():
        return property.sum()
    total = as_number(call, property).sum()
    return total.cast("decimal(38, 0)") if total.type().is_integer() else total


@function("max", Kind.AGGREGATE, {"property": _COLUMN})
def max_(call: Call, property: Any) -> Any:
    """Largest value, of numbers, times or texts."""
    return _require_ordered(call, property).max()


@function("min", Kind.AGGREGATE, {"property": _COLUMN})
def min_(call: Call, property: Any) -> Any:
    """Smallest value, of numbers, times or texts."""
    return _require_ordered(call, property).min()


def _require_ordered(call: Call, value: Any) -> Any:
    value = as_number(call, value) if value.type().is_boolean() else value
    if not is_ordered(value):
        call.blame("property", f"numbers, times or texts are wanted, not {value.type()}")
    return value


@function("variance", Kind.AGGREGATE, {"property": _COLUMN})
def variance(call: Call, property: Any) -> Any:
    """Sample variance: sum of squared deviations from the mean / (n − 1); null for n < 2."""
    return _finite(as_number(call, property).var(how="sample"))


@function("stdDev", Kind.AGGREGATE, {"property": _COLUMN})
def std_dev(call: Call, property: Any) -> Any:
    """Square root of the sample variance."""
    return _finite(as_number(call, property).std(how="sample"))


@function("count", Kind.AGGREGATE, {"property": Parameter(Takes.COLUMN, None)})
def count(call: Call, property: Any) -> Any:
    """Number of rows, or of values that are not null."""
    return call.order.count() if property is None else property.count()


@function(
    "countIf",
    Kind.AGGREGATE,
    {
        "property": _COLUMN,
        "comparator": Parameter(Takes.COMPARATOR),
        "value": Parameter(Takes.CONSTANT, None),
    },
)
def count_if(call: Call, property: Any, comparator: str, value: Any) -> Any:
    """Number of rows that fulfil a condition."""
    holds = call.condition(property, comparator, value)
    return None if holds is None else holds.sum().fill_null(0)


@function("categoriesCount", Kind.AGGREGATE, {"property": _COLUMN})
def categories_count(_call: Call, property: Any) -> Any:
    """Number of different values, exact."""
    return property.nunique()


@function(
    "rate",
    Kind.AGGREGATE,
    {
        "property": _COLUMN,
        "comparator": Parameter(Takes.COMPARATOR),
        "value": Parameter(Takes.CONSTANT, None),
    },
)
def rate(call: Call, property: Any, comparator: str, value: Any) -> Any:
    """Rows that fulfil a condition / all rows, those without a value included."""
    holds = call.condition(property, comparator, value)
    return None if holds is None else holds.cast("float64").mean()


@function(
    "quantile",
    Kind.AGGREGATE,
    {"property": _COLUMN, "level": Parameter(Takes.NUMBER, least=0, most=1)},
)
def quantile(call: Call, property: Any, level: float) -> Any:
    """Value at (n − 1)·level of the sorted values, between two of them in proportion."""
    return _finite(as_number(call, property).cast("float64").quantile(float(level)))


@function("argMax", Kind.AGGREGATE, {"argument": _COLUMN, "value": _COLUMN})
def arg_max(call: Call, argument: Any, value: Any) -> Any:
    """Argument of the row with the largest value, the first of several."""
    return _extreme(call, argument, value, largest=True)


@function("argMin", Kind.AGGREGATE, {"argument": _COLUMN, "value": _COLUMN})
def arg_min(call: Call, argument: Any, value: Any) -> Any:
    """Argument of the row with the smallest value, the first of several."""
    return _extreme(call, argument, value, largest=False)


def _extreme(call: Call, argument: Any, value: Any, *, largest: bool) -> Any:
    import ibis

    if not is_ordered(value):
        call.blame("value", f"numbers, times or texts are wanted, not {value.type()}")
        return None
    first = ibis.desc(value) if largest else ibis.asc(value)
    present = argument.notnull() & value.notnull()
    return argument.first(where=present, order_by=[first, call.order])


@function(
    "anyIf",
    Kind.AGGREGATE,
    {
        "property": _COLUMN,
        "comparator": Parameter(Takes.COMPARATOR),
        "value": Parameter(Takes.CONSTANT, None),
        "result": _COLUMN,
    },
)
def any_if(call: Call, property: Any, comparator: str, value: Any, result: Any) -> Any:
    """Result of the first row that fulfils a condition and has one."""
    holds = call.condition(property, comparator, value)
    if holds is None:
        return None
    return result.first(where=holds & result.notnull(), order_by=call.order)
