"""Two samples of values, in ascending order and without nulls, compared value by value."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ks_distance", "wasserstein_distance"]

Floats: TypeAlias = NDArray[np.float64]


def ks_distance(a: Floats, b: Floats) -> float:
    """Return the largest distance of two empirical distribution functions.

    Between two values of the smaller sample its function is constant and the other one grows, so
    that the largest distance lies at one of these values, or right before it.

    Examples
    --------
    >>> ks_distance(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.5
    """
    few, many = (a, b) if len(a) <= len(b) else (b, a)
    steps = np.arange(len(few) + 1) / len(few)
    upto = np.searchsorted(many, few, side="right") / len(many)
    before = np.searchsorted(many, few, side="left") / len(many)
    return float(max((steps[1:] - upto).max(), (before - steps[:-1]).max()))


def wasserstein_distance(base: Floats, target: Floats) -> float:
    """Return the Wasserstein distance of order 1.

    ∫ |F − G| over the two empirical distribution functions, also called the earth mover's
    distance (Vaserstein 1969): a distance, in the unit of the values (microseconds for times),
    from 0 up. All non-null values count, without buckets. It equals
    `scipy.stats.wasserstein_distance`. Null where a side has no values, or where it is infinite.

    Examples
    --------
    >>> wasserstein_distance(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0
    """
    if not len(base) or not len(target):
        return np.nan
    values = np.sort(np.concatenate([base, target]), kind="stable")  # merges the two
    f = np.searchsorted(base, values[:-1], side="right") / len(base)
    g = np.searchsorted(target, values[:-1], side="right") / len(target)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.sum(np.abs(f - g) * np.diff(values)))
