"""How the values of a column are distributed: computed with NumPy from all values of a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from modelgroups.query.library.aggregates import as_number
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function
from modelgroups.query.operand import Deferred

__all__: list[str] = []

_COLUMN = Parameter(Takes.COLUMN)


def _of_values(call: Call, column: Any, finish: Callable[[np.ndarray[Any, Any]], Any]) -> Deferred:
    """Return what is computed from the finite values of a group."""
    is_whole = column.type().is_integer() or column.type().is_boolean()
    numbers = as_number(call, column)

    def read(row: Mapping[str, Any]) -> Any:
        from modelgroups.storage.arrays import as_numpy

        values = np.empty(0) if row["values"] is None else as_numpy(row["values"])
        values = values.astype(np.int64 if is_whole else np.float64, copy=False)
        return finish(values if is_whole else values[np.isfinite(values)])

    return Deferred({"values": numbers.collect(where=numbers.notnull())}, read)


@function(
    "distribution",
    Kind.AGGREGATE,
    {
        "property": _COLUMN,
        "num_bins": Parameter(Takes.WHOLE, None, least=1),
        "bin_thresholds": Parameter(Takes.NUMBERS, None),
    },
)
def distribution(
    call: Call, property: Any, num_bins: int | None, bin_thresholds: list[float] | None
) -> Any:
    """Counts in buckets, lower bound inclusive: of equal width, or between thresholds."""
    if (num_bins is None) == (bin_thresholds is None):
        call.blame("", "distribution needs exactly one of num_bins and bin_thresholds")
        return None
    if not (property.type().is_numeric() or property.type().is_boolean()):
        call.blame("property", "numbers are wanted; group texts and count them")
        return None
    if bin_thresholds is not None:
        edges = sorted(set(bin_thresholds))
        return _of_values(call, property, lambda values: _between(values, edges))
    return _of_values(call, property, lambda values: _equal_width(values, int(num_bins or 1)))


def _between(values: np.ndarray[Any, Any], edges: list[float]) -> list[dict[str, Any]]:
    counts = np.bincount(np.digitize(values, edges), minlength=len(edges) + 1)
    buckets = []
    for number, n_values in enumerate(counts):
        bucket: dict[str, Any] = {"lower": edges[number - 1]} if number else {}
        if number < len(edges):
            bucket["upper"] = edges[number]
        buckets.append(bucket | {"count": int(n_values)})
    return buckets


def _equal_width(values: np.ndarray[Any, Any], num_bins: int) -> list[dict[str, Any]]:
    distinct = len(np.unique(values))
    if distinct == 0:
        return []
    if distinct == 1:
        only = values[0].item()
        return [{"lower": only, "upper": only, "count": len(values)}]
    counts, edges = np.histogram(values, bins=min(num_bins, distinct))
    return [
        {"lower": float(low), "upper": float(high), "count": int(n_values)}
        for low, high, n_values in zip(edges, edges[1:], counts, strict=False)
    ]


@function("deciles", Kind.AGGREGATE, {"property": _COLUMN})
def deciles(call: Call, property: Any) -> Any:
    """Quantiles at 0, 0.1 … 1."""
    names = ["min", *(f"q{number}" for number in range(1, 10)), "max"]

    def read(values: np.ndarray[Any, Any]) -> Any:
        if not len(values):
            return None
        return dict(zip(names, map(float, np.quantile(values, np.linspace(0, 1, 11))), strict=True))

    return _of_values(call, property, read)


@function(
    "binsToQuantiles",
    Kind.AGGREGATE,
    {"property": _COLUMN, "num_bins": Parameter(Takes.WHOLE, least=1, most=100_000)},
)
def bins_to_quantiles(call: Call, property: Any, num_bins: int) -> Any:
    """Quantiles at 1/k, 2/k … 1."""

    def read(values: np.ndarray[Any, Any]) -> Any:
        if not len(values):
            return None
        levels = np.arange(1, num_bins + 1) / num_bins
        return [float(value) for value in np.quantile(values, levels)]

    return _of_values(call, property, read)


@function(
    "rankedItemMaxK", Kind.AGGREGATE, {"property": _COLUMN, "item_filter": Parameter(Takes.TEXT)}
)
def ranked_item_max_k(call: Call, property: Any, item_filter: str) -> Any:
    """Largest rank, from 1, at which an item stands in any list."""
    if not property.type().is_array():
        call.blame("property", "the item ids of a ranked list are wanted, such as 'items_item_id'")
        return None
    rank = property.index(item_filter) + 1
    return rank.nullif(0).max()
