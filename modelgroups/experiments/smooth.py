"""Smooth functions of means (precision, F1, RMSE, R²), of two versions: the delta method.

A function of means is, to first order, the mean of its influence values: what each row adds to it.
Their variance gives that of the function (A. W. van der Vaart, "Asymptotic Statistics", 1998,
chapter 3). Rows that are alike may be given once, with how many there are. Loads numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelgroups.experiments.effect import Effect, wald

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Influence",
    "compare_paired_smooth",
    "compare_smooth",
    "r_squared",
    "ratio_of_means",
    "root_mean_square",
]

_ROUNDING = 2.0**-48
_UNDEFINED = "it is not defined for these rows"


@dataclass(frozen=True, slots=True)
class Influence:
    """A function of means, and the influence of each row, or of each kind of row, on it.

    Parameters
    ----------
    value
        The function; None where it is not defined.
    of_rows
        The influence values; their mean is zero.
    """

    value: float | None
    of_rows: NDArray[np.float64]


def ratio_of_means(
    part: NDArray[Any], whole: NDArray[Any], counts: NDArray[Any] | None = None
) -> Influence:
    """Return mean(part)/mean(whole), with the influence ``(part − ratio·whole)/mean(whole)``.

    >>> ratio_of_means(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([1, 3]))
    Influence(value=0.75, of_rows=array([-0.75,  0.25]))
    """
    weights = np.ones(len(whole)) if counts is None else counts
    total = float(weights @ whole)
    if not total:
        return Influence(None, np.zeros(len(whole)))
    ratio = float(weights @ part) / total
    return Influence(ratio, (part - ratio * whole) * (float(weights.sum()) / total))


def root_mean_square(errors: NDArray[np.float64]) -> Influence:
    """Return √mean(e²), with the influence ``(e² − mean(e²))/(2·√mean(e²))``.

    >>> round(root_mean_square(np.array([1.0, 7.0])).value, 6)
    5.0
    """
    if not len(errors):
        return Influence(None, errors)
    squares = errors * errors
    value = math.sqrt(float(squares.mean()))
    return Influence(value, (squares - value * value) / (2 * value) if value else 0 * squares)


def r_squared(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> Influence:
    """Return 1 − Σ(y − p)²/Σ(y − ȳ)²; the influence is that of the ratio, turned.

    >>> round(r_squared(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])).value, 6)
    0.5
    """
    if not len(truth):
        return Influence(None, truth)
    found = ratio_of_means((truth - predicted) ** 2, (truth - truth.mean()) ** 2)
    return Influence(None if found.value is None else 1 - found.value, -found.of_rows)


def compare_paired_smooth(
    first: Influence,
    other: Influence,
    confidence: float = 0.95,
    *,
    counts: NDArray[Any] | None = None,
) -> Effect:
    """Return how two functions of means of the same rows differ.

    var = mean((ψ₂ − ψ₁)²)/n of the influence values ψ.

    Parameters
    ----------
    first, other
        The functions, with influence values of the same rows in one order.
    confidence
        Of the interval.
    counts
        How many rows each influence value is of; one if not given.

    Examples
    --------
    >>> one = ratio_of_means(np.array([1, 0, 1, 0]), np.array([1, 1, 1, 0]))
    >>> two = ratio_of_means(np.array([1, 1, 1, 0]), np.array([1, 1, 1, 1]))
    >>> found = compare_paired_smooth(one, two)
    >>> round(found.difference, 4), found.n_first
    (0.0833, 4)
    """
    n = len(first.of_rows) if counts is None else int(counts.sum())
    effect = Effect(first.value, other.value, n, n, "delta method, paired", is_paired=True)
    if first.value is None or other.value is None:
        return effect.without_test(_UNDEFINED)
    error = _error(other.of_rows - first.of_rows, counts)
    largest = max(abs(first.of_rows).max(), abs(other.of_rows).max())
    return wald(effect, error if error > _ROUNDING * largest else 0.0, confidence)


def compare_smooth(
    first: Influence,
    other: Influence,
    confidence: float = 0.95,
    *,
    counts: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> Effect:
    """Return how two functions of means of different rows differ: the sum of both variances.

    ``counts`` says for either version how many rows each influence value is of.
    """
    of_first, of_other = counts or (None, None)
    n_first = len(first.of_rows) if of_first is None else int(of_first.sum())
    n_other = len(other.of_rows) if of_other is None else int(of_other.sum())
    effect = Effect(first.value, other.value, n_first, n_other, "delta method", is_paired=False)
    if first.value is None or other.value is None:
        return effect.without_test(_UNDEFINED)
    error = math.hypot(_error(first.of_rows, of_first), _error(other.of_rows, of_other))
    return wald(effect, error, confidence)


def _error(influence: NDArray[Any], counts: NDArray[Any] | None) -> float:
    """Return the standard error that influence values have for their function."""
    squares = influence * influence
    n, total = len(squares), float(squares.sum())
    if counts is not None:
        n, total = int(counts.sum()), float(squares @ counts)
    return math.sqrt(total) / n
