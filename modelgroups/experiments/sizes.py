"""How many rows it takes to see a difference. Loads scipy."""

from __future__ import annotations

import math
from typing import Final

from modelgroups.experiments.effect import z_of

__all__ = ["POWER", "more_needed", "needed_for_means", "needed_for_pairs", "needed_for_rates"]

POWER: Final = 0.8
"""The chance of finding a difference that is there, where nothing else is said."""


def _z_of_power(power: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(power))


def needed_for_rates(
    first: float, other: float, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """Return how many rows of each version it takes to tell two rates apart.

    ``(z₁·√(2·p̄(1 − p̄)) + z₂·√(p₁(1 − p₁) + p₂(1 − p₂)))² / (p₂ − p₁)²`` with the z of the
    confidence and of the power: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates
    and Proportions", 3rd edition (2003), formula 4.14. None where they are equal.

    >>> needed_for_rates(0.10, 0.12)
    3841
    """
    if first == other:
        return None
    mean = (first + other) / 2
    under_none = z_of(confidence) * math.sqrt(2 * mean * (1 - mean))
    under_some = _z_of_power(power) * math.sqrt(first * (1 - first) + other * (1 - other))
    return math.ceil(((under_none + under_some) / (other - first)) ** 2)


def needed_for_means(
    deviation: float, difference: float, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """Return how many rows of each version it takes to see two means differ by so much.

    ``2·(z₁ + z₂)²·σ²/δ²``: J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 2nd
    edition (1988), in its normal form. None where the difference is zero.

    >>> needed_for_means(1.0, 0.5)
    63
    """
    if not difference:
        return None
    zs = z_of(confidence) + _z_of_power(power)
    return math.ceil(2 * (zs * deviation / difference) ** 2)


def needed_for_pairs(
    first_only: float, other_only: float, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """Return how many pairs McNemar's test needs, by the shares of either kind of discordant ones.

    ``(z₁·√s + z₂·√(s − d²))²/d²`` with their sum s and difference d: R. J. Connor, "Sample size for
    testing differences in proportions for the paired-sample design", Biometrics 43 (1987) 207–211.
    None where they are equal.

    >>> needed_for_pairs(0.05, 0.10)
    469
    """
    both, difference = first_only + other_only, other_only - first_only
    if not difference:
        return None
    under_some = _z_of_power(power) * math.sqrt(both - difference**2)
    return math.ceil(((z_of(confidence) * math.sqrt(both) + under_some) / difference) ** 2)


def more_needed(
    difference: float | None,
    error: float | None,
    n: int,
    confidence: float = 0.95,
    power: float = POWER,
) -> int | None:
    """Return how many more rows it takes to see a difference, if it is really as it was seen.

    A standard error shrinks with the root of n, and a difference is found with the given power
    once it is (z₁ + z₂) standard errors large: ``n·((z₁ + z₂)·error/difference)² − n``. None
    where there is no difference to be seen; zero where there are enough.

    >>> more_needed(0.02, 0.01, 1000)
    963
    """
    if not difference or not error:
        return None
    zs = z_of(confidence) + _z_of_power(power)
    wanted = n * (zs * error / difference) ** 2
    return max(math.ceil(wanted) - n, 0) if math.isfinite(wanted) else None
