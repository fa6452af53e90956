"""The bootstrap: what would have come out of rows drawn anew from those that there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from modelgroups.experiments.effect import Effect, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RESAMPLES", "bootstrap", "paired_bootstrap"]

RESAMPLES: Final = 2000

_AT_ONCE: Final = 1 << 20  # drawn rows in memory

Statistic = Callable[..., "NDArray[np.float64]"]


def paired_bootstrap(
    first: tuple[NDArray[Any], ...],
    other: tuple[NDArray[Any], ...],
    statistic: Statistic,
    confidence: float = 0.95,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Effect:
    """Return how a statistic differs between two versions of the same rows, by resampling these.

    The interval is that of the percentiles, the p-value twice the smaller share of the resamples
    on one side of zero, (k + 1)/(B + 1) of B: B. Efron, R. J. Tibshirani, "An Introduction to the
    Bootstrap" (1993), chapters 13 and 16.

    Parameters
    ----------
    first, other
        The columns of either version, one row for each pair.
    statistic
        From as many arrays, whose last axis runs over rows, to the statistic.
    confidence
        Of the interval.
    seed
        The same seed gives the same answer.
    resamples
        How many.

    Examples
    --------
    >>> one, two = np.array([3.0, 1.0, 4.0, 1.0, 5.0]), np.array([2.0, 1.0, 3.0, 1.0, 3.0])
    >>> found = paired_bootstrap((one,), (two,), lambda e: np.abs(e).mean(axis=-1))
    >>> round(found.difference, 4), round(found.interval.low, 4), round(found.interval.high, 4)
    (-0.8, -1.4, -0.2)
    """
    random = np.random.default_rng(seed)
    n = len(first[0])
    rows = list(_drawn(random, n, resamples))
    return _compared(first, other, (rows, rows), statistic, confidence, is_paired=True)


def bootstrap(
    first: tuple[NDArray[Any], ...],
    other: tuple[NDArray[Any], ...],
    statistic: Statistic,
    confidence: float = 0.95,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Effect:
    """Return how a statistic differs between two versions of different rows, each resampled.

    The parameters are those of `paired_bootstrap`.
    """
    random = np.random.default_rng(seed)
    rows = tuple(list(_drawn(random, len(side[0]), resamples)) for side in (first, other))
    return _compared(first, other, rows, statistic, confidence, is_paired=False)


def _drawn(random: np.random.Generator, n: int, resamples: int) -> list[NDArray[np.integer[Any]]]:
    """Return the rows of each resample, some resamples at a time."""
    if not n:
        return []
    at_once = max(_AT_ONCE // n, 1)
    sizes = [min(at_once, resamples - start) for start in range(0, resamples, at_once)]
    return [random.integers(0, n, size=(size, n), dtype=np.int32) for size in sizes]


def _compared(
    first: tuple[NDArray[Any], ...],
    other: tuple[NDArray[Any], ...],
    rows: Any,
    statistic: Statistic,
    confidence: float,
    *,
    is_paired: bool,
) -> Effect:
    method = "paired bootstrap" if is_paired else "bootstrap"
    n_first, n_other = len(first[0]), len(other[0])
    if not n_first or not n_other:
        reason = "a version has no such rows"
        return Effect(None, None, n_first, n_other, method, is_paired, reason=reason)
    values = [float(statistic(*side)) for side in (first, other)]
    one, two = (None if not np.isfinite(value) else value for value in values)
    effect = Effect(one, two, n_first, n_other, method, is_paired)
    if one is None or two is None:
        return effect.without_test("it is not defined for these rows")
    drawn = [
        np.concatenate([statistic(*(column[some] for column in side)) for some in chosen])
        for side, chosen in zip((first, other), rows, strict=True)
    ]
    differences = drawn[1] - drawn[0]
    differences = differences[np.isfinite(differences)]
    if len(differences) < 2 or not differences.std():  # a spread takes two
        return effect.without_test("the difference does not vary between rows")
    low, high = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
    fewer = min((differences <= 0).sum(), (differences >= 0).sum())
    return replace(
        effect,
        interval=Interval(float(low), float(high)),
        p_value=min(2 * float(fewer + 1) / (len(differences) + 1), 1.0),
        error=float(differences.std(ddof=1)),
    )
