"""The difference between two versions, as every test here returns it. Loads scipy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

__all__ = ["Effect", "Interval", "finite", "two_sided", "wald", "z_of"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval.

    Parameters
    ----------
    low, high
        Its limits.

    Examples
    --------
    >>> 0.2 in Interval(0.1, 0.3)
    True
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Effect:
    """What two versions have of something, and how far apart they are.

    Parameters
    ----------
    first, other
        The value of either version.
    n_first, n_other
        The rows that each value is of; of pairs, their number.
    method
        What the interval and the p-value were computed by.
    is_paired
        Whether both values are of the same rows.
    interval
        The confidence interval of ``difference``.
    p_value
        Of a difference at least this large if there were none, two-sided.
    error
        The standard error of ``difference``.
    reason
        Why something is None.

    Examples
    --------
    >>> Effect(0.5, 0.75, 8, 8, "DeLong", False).difference
    0.25
    """

    first: float | None
    other: float | None
    n_first: int
    n_other: int
    method: str
    is_paired: bool
    interval: Interval | None = None
    p_value: float | None = None
    error: float | None = None
    reason: str | None = None

    @property
    def difference(self) -> float | None:
        """``other − first``."""
        if self.first is None or self.other is None:
            return None
        return self.other - self.first

    def without_test(self, reason: str) -> Self:
        """Return the values alone, with the reason why they cannot be compared.

        Parameters
        ----------
        reason
            Why they cannot be compared.

        Examples
        --------
        >>> effect = Effect(0.5, 0.75, 8, 8, "DeLong", False, p_value=0.3)
        >>> effect.without_test("too few rows").p_value is None
        True
        """
        return replace(self, interval=None, p_value=None, error=None, reason=reason)


def finite(effect: Effect) -> Effect:
    """Return an effect in which what is too large for a number is None.

    >>> finite(Effect(1.0, math.inf, 8, 8, "Welch", False)).reason
    'the values are too large to compute with'
    """
    interval = effect.interval
    limits = () if interval is None else (interval.low, interval.high)
    numbers = (effect.first, effect.other, effect.difference, effect.error, effect.p_value)
    if all(number is None or math.isfinite(number) for number in (*numbers, *limits)):
        return effect
    one, two = (
        value if value is not None and math.isfinite(value) else None
        for value in (effect.first, effect.other)
    )
    bare = replace(effect, first=one, other=two)
    return bare.without_test("the values are too large to compute with")


def z_of(confidence: float) -> float:
    """Return the z with so much of a standard normal distribution between −z and z.

    >>> round(z_of(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def two_sided(z: float) -> float:
    """Return the share of a standard normal distribution that lies beyond −z and z.

    >>> round(two_sided(1.959964), 6)
    0.05
    """
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def wald(effect: Effect, error: float | None, confidence: float) -> Effect:
    """Return an effect with ``difference ± z·error`` and the p-value of ``difference / error``.

    >>> found = wald(Effect(0.5, 0.75, 8, 8, "", True), 0.125, 0.95)
    >>> round(found.interval.low, 4), round(found.p_value, 4)
    (0.005, 0.0455)
    """
    difference = effect.difference
    if difference is None:
        return effect.without_test(effect.reason or "a version has no value")
    if error is None or not math.isfinite(error) or error <= 0:
        return effect.without_test("the difference does not vary between rows")
    margin = z_of(confidence) * error
    return replace(
        effect,
        interval=Interval(difference - margin, difference + margin),
        p_value=two_sided(difference / error),
        error=error,
    )
