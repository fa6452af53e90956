"""Means, of two versions: Welch's test, and the paired t-test. Loads numpy and scipy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from modelgroups.experiments.effect import Effect, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROUNDING: Final = 2.0**-50

__all__ = ["Moments", "compare_means", "compare_paired_means", "welch"]


@dataclass(frozen=True, slots=True)
class Moments:
    """How many values there are, their mean, and their sample variance (None of one)."""

    n: int
    mean: float | None
    variance: float | None

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """Return those of some values.

        >>> import numpy as np
        >>> Moments.of(np.array([1.0, 2.0, 6.0]))
        Moments(n=3, mean=3.0, variance=7.0)
        """
        n = len(values)
        mean = float(values.mean()) if n else None
        variance = float(values.var(ddof=1)) if n > 1 else None
        if variance is not None and _is_rounding(variance, abs(values).max()):
            variance = 0.0
        return cls(n, mean, variance)


def _is_rounding(variance: float, largest: float) -> bool:
    """Return whether values vary by no more than the rounding of the largest of them."""
    return variance <= (_ROUNDING * largest) ** 2


def compare_paired_means(
    first: NDArray[np.float64], other: NDArray[np.float64], confidence: float = 0.95
) -> Effect:
    """Return how two means of the same rows differ, by the t-test of the differences.

    t = d̄/(s/√n) with n − 1 degrees of freedom: Student, "The probable error of a mean",
    Biometrika 6 (1908) 1–25.

    >>> import numpy as np
    >>> found = compare_paired_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 3.0]))
    >>> found.difference, round(found.p_value, 4)
    (1.0, 0.2254)
    """
    n = len(first)
    effect = Effect(Moments.of(first).mean, Moments.of(other).mean, n, n, "paired t", True)
    of_differences = Moments.of(other - first)
    if of_differences.variance is None:
        return effect.without_test("it takes two rows or more")
    if _is_rounding(of_differences.variance, max(abs(first).max(), abs(other).max())):
        return effect.without_test("the difference does not vary between rows")
    return _t_test(effect, math.sqrt(of_differences.variance / n), n - 1, confidence)


def compare_means(
    first: NDArray[np.float64], other: NDArray[np.float64], confidence: float = 0.95
) -> Effect:
    """Return how two means of different rows differ, by `welch`."""
    return welch(Moments.of(first), Moments.of(other), confidence)


def welch(first: Moments, other: Moments, confidence: float = 0.95) -> Effect:
    """Return how two means of independent rows differ, whose variances may differ too.

    t = (m₂ − m₁)/√(v₁ + v₂) with v = s²/n and (v₁ + v₂)²/(v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) degrees of
    freedom: B. L. Welch, "The generalization of 'Student's' problem when several different
    population variances are involved", Biometrika 34 (1947) 28–35.

    >>> found = welch(Moments(10, 5.0, 2.0), Moments(20, 6.0, 3.0))
    >>> found.difference, round(found.p_value, 4)
    (1.0, 0.1052)
    """
    effect = Effect(first.mean, other.mean, first.n, other.n, "Welch", is_paired=False)
    if first.variance is None or other.variance is None:
        return effect.without_test("it takes two rows or more of each version")
    v1, v2 = first.variance / first.n, other.variance / other.n
    if not v1 + v2:
        return effect.without_test("the values do not vary")
    freedom = (v1 + v2) ** 2 / (v1**2 / (first.n - 1) + v2**2 / (other.n - 1))
    return _t_test(effect, math.sqrt(v1 + v2), freedom, confidence)


def _t_test(effect: Effect, error: float, freedom: float, confidence: float) -> Effect:
    from scipy.special import stdtr, stdtrit

    difference = effect.difference
    if difference is None or not math.isfinite(error):
        return effect.without_test("some values are not finite")
    if not error:
        return effect.without_test("the difference does not vary between rows")
    margin = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    return replace(
        effect,
        interval=Interval(difference - margin, difference + margin),
        p_value=float(2 * stdtr(freedom, -abs(difference) / error)),
        error=error,
    )
