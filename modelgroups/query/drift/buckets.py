"""Buckets: edges from the base's quantiles, and values counted between them."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["count", "edges_of", "place", "split_sorted"]

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.integer[Any]]

_FEW_EDGES: Final = 64
_MANY_VALUES: Final = 2_000


def edges_of(ordered: Floats, num_bins: int) -> Floats:
    """Return the inner edges of buckets with about as many values each.

    They are the quantiles at k/num_bins, interpolated linearly between values, equal ones merged.
    Bucket i holds the values from edge i − 1 on and below edge i; the outer ones are open.

    Parameters
    ----------
    ordered
        The values of the base in ascending order, without nulls.
    num_bins
        How many buckets there are at most.

    Examples
    --------
    >>> edges_of(np.array([0.0, 1.0, 2.0, 4.0]), 2), edges_of(np.array([5.0, 5.0]), 4)
    (array([1.5]), array([5.]))
    """
    if not len(ordered):
        return np.empty(0)
    places = (len(ordered) - 1) * (np.arange(1, num_bins) / num_bins)
    below = places.astype(np.int64)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    return np.unique(_between(low, high, places - below))


def _between(low: Floats, high: Floats, weight: Floats) -> Floats:
    """Return linear interpolations, rounded as NumPy rounds its quantiles, without overflow."""
    with np.errstate(over="ignore"):
        apart = high - low
    near = np.isfinite(apart)
    apart = np.where(near, apart, 0.0)
    edges = np.where(weight < 0.5, low + apart * weight, high - apart * (1 - weight))
    return np.where(near, edges, low * (1 - weight) + high * weight)


def place(values: Floats, edges: Floats, null: int) -> Codes:
    """Return the number of the bucket of each value; `null` for NaN.

    Comparing with each of a few edges is several times faster than searching among them, for
    the processor does it for many values at once.

    Examples
    --------
    >>> place(np.array([-1.0, 0.0, 7.0, np.nan]), np.array([0.0, 5.0]), 3)
    array([0, 1, 2, 3])
    """
    if len(edges) > _FEW_EDGES or len(values) < _MANY_VALUES:
        codes: Codes = np.searchsorted(edges, values, side="right")
    else:
        codes = np.zeros(len(values), np.min_scalar_type(null))
        for edge in edges:
            codes += values >= edge
    codes[np.isnan(values)] = null
    return codes


def count(cells: Codes | None, codes: Codes, *, n_cells: int, n_buckets: int) -> NDArray[np.int64]:
    """Return how many rows of each cell lie in each bucket.

    Parameters
    ----------
    cells
        The cell of each row; None if there is one for all.
    codes
        The bucket of each row.
    n_cells, n_buckets
        How many there are.

    Examples
    --------
    >>> count(np.array([0, 1, 1]), np.array([2, 0, 0]), n_cells=2, n_buckets=3)
    array([[0, 0, 1],
           [2, 0, 0]])
    """
    if cells is None:
        return np.bincount(codes, minlength=n_buckets)[None, :]
    flat = cells.astype(np.int64) * n_buckets + codes
    return np.bincount(flat, minlength=n_cells * n_buckets).reshape(n_cells, n_buckets)


def split_sorted(values: Floats, rows: list[Codes] | None) -> list[Floats]:
    """Return the values of each cell in ascending order, without NaN.

    Parameters
    ----------
    values
        The values of all rows.
    rows
        The rows of each cell; None if one cell has them all.
    """
    parts = [values] if rows is None else [values[chosen] for chosen in rows]
    return [_sorted(part) for part in parts]


def _sorted(values: Floats) -> Floats:
    ordered = np.sort(values)  # NaN comes last
    return ordered[: np.searchsorted(ordered, np.nan)]
