"""Buckets: edges from the base's quantiles, and values counted between them."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["edges_of", "place"]

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
