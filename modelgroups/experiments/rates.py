"""Rates: shares of rows of which something is true, of two versions. Loads scipy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from modelgroups.experiments.effect import Effect, Interval, two_sided, z_of

__all__ = [
    "Pairs",
    "compare_paired_rates",
    "compare_rates",
    "mcnemar",
    "newcombe",
    "newcombe_paired",
    "wilson",
]

FEWEST_DISCORDANT: Final = 25
"""From so many discordant pairs on, McNemar's test is the asymptotic one."""

_FEWEST_EXPECTED: Final = 5  # in each cell, for the z-test (Cochran 1954)


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many rows have something in both versions, in one of them, in neither."""

    both: int
    first_only: int
    other_only: int
    neither: int

    @property
    def n(self) -> int:
        """All of them."""
        return self.both + self.first_only + self.other_only + self.neither


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Return the score interval of a rate; None of no rows.

    ``(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)``: E. B. Wilson, "Probable inference, the
    law of succession, and statistical inference", JASA 22 (1927) 209–212.

    >>> found = wilson(8, 10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.4902, 0.9433)
    """
    if n < 1:
        return None
    z, p = z_of(confidence), successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    margin = z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    low = 0.0 if successes == 0 else max(middle - margin, 0.0)
    high = 1.0 if successes == n else min(middle + margin, 1.0)
    return Interval(low, high)


def newcombe(
    first: int, n_first: int, other: int, n_other: int, confidence: float = 0.95
) -> Interval | None:
    """Return the interval of ``other/n_other − first/n_first`` of independent rows.

    With the Wilson limits l and u of each rate, ``d − √((p₂ − l₂)² + (u₁ − p₁)²)`` to
    ``d + √((u₂ − p₂)² + (p₁ − l₁)²)``: R. G. Newcombe, "Interval estimation for the difference
    between independent proportions", Statistics in Medicine 17 (1998) 873–890, method 10.

    >>> found = newcombe(48, 80, 56, 70)  # the paper's example (a), with its sign turned
    >>> round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """
    one, two = wilson(first, n_first, confidence), wilson(other, n_other, confidence)
    if one is None or two is None:
        return None
    return _squared_and_added(first / n_first, one, other / n_other, two, 0.0)


def newcombe_paired(pairs: Pairs, confidence: float = 0.95) -> Interval | None:
    """Return the interval of the difference of two rates of the same rows.

    As `newcombe`, less twice the product of both distances and φ under either root, φ being the
    correlation of both, where positive corrected for continuity: R. G. Newcombe, "Improved
    confidence intervals for the difference between binomial proportions based on paired data",
    Statistics in Medicine 17 (1998) 2635–2650, method 10.

    >>> found = newcombe_paired(Pairs(36, 12, 2, 0))
    >>> round(found.low, 4), round(found.high, 4)
    (-0.3404, -0.0569)
    """
    n = pairs.n
    n_first, n_other = pairs.both + pairs.first_only, pairs.both + pairs.other_only
    one, two = wilson(n_first, n, confidence), wilson(n_other, n, confidence)
    if one is None or two is None:
        return None
    return _squared_and_added(n_first / n, one, n_other / n, two, _phi(pairs))


def _phi(pairs: Pairs) -> float:
    """Return the correlation of two rates as method 10 takes it."""
    n = pairs.n
    n_first, n_other = pairs.both + pairs.first_only, pairs.both + pairs.other_only
    margins = math.sqrt(n_first * (n - n_first)) * math.sqrt(n_other * (n - n_other))
    if not margins:
        return 0.0
    found = pairs.both * pairs.neither - pairs.first_only * pairs.other_only
    return (max(found - n / 2, 0.0) if found > 0 else found) / margins


def _squared_and_added(p: float, one: Interval, q: float, two: Interval, phi: float) -> Interval:
    def root(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    difference = q - p
    return Interval(
        difference - root(q - two.low, one.high - p), difference + root(two.high - q, p - one.low)
    )


def mcnemar(first_only: int, other_only: int) -> tuple[float | None, str]:
    """Return the p-value of McNemar's test, and which form of it was used.

    Under the hypothesis of equal rates the b + c discordant pairs fall on either side like a fair
    coin. Fewer than 25 of them: exact, twice the smaller tail of that binomial distribution, at
    most 1. Else asymptotic, z = (b − c)/√(b + c), without a correction for continuity: Q. McNemar,
    "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947) 153–157; on the choice M. W. Fagerland, S. Lydersen, P. Laake, "The
    McNemar test for binary matched-pairs data", BMC Medical Research Methodology 13 (2013) 91.

    >>> mcnemar(1, 6)
    (0.125, 'McNemar, exact')
    >>> mcnemar(0, 0)
    (None, 'McNemar, exact')
    """
    from scipy.special import bdtr

    n = first_only + other_only
    if n >= FEWEST_DISCORDANT:
        return two_sided((first_only - other_only) / math.sqrt(n)), "McNemar, asymptotic"
    if not n:
        return None, "McNemar, exact"
    tail = float(bdtr(min(first_only, other_only), n, 0.5))
    return min(2 * tail, 1.0), "McNemar, exact"


def compare_paired_rates(pairs: Pairs, confidence: float = 0.95) -> Effect:
    """Return how two rates of the same rows differ: `mcnemar`, and the paired Newcombe interval.

    The standard error is ``√(b + c − (b − c)²/n) / n`` of b and c discordant pairs.

    >>> found = compare_paired_rates(Pairs(40, 1, 6, 3))
    >>> round(found.difference, 4), found.p_value, found.method
    (0.1, 0.125, 'McNemar, exact; Newcombe, paired')
    """
    n, b, c = pairs.n, pairs.first_only, pairs.other_only
    p_value, test = mcnemar(b, c)
    method = f"{test}; Newcombe, paired"
    if not n:
        return Effect(None, None, 0, 0, method, is_paired=True, reason="there are no such rows")
    return Effect(
        (pairs.both + b) / n,
        (pairs.both + c) / n,
        n,
        n,
        method,
        is_paired=True,
        interval=newcombe_paired(pairs, confidence),
        p_value=p_value,
        error=math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n,
        reason=None if p_value is not None else "no row has it in one version only",
    )


def compare_rates(
    first: int, n_first: int, other: int, n_other: int, confidence: float = 0.95
) -> Effect:
    """Return how two rates of independent rows differ: a test, and the Newcombe interval.

    The test is z = (p₂ − p₁)/√(p̄(1 − p̄)(1/n₁ + 1/n₂)) with the rate p̄ of all rows, whose square is
    Pearson's chi-squared; where it would expect fewer than five rows in one of the four cells
    (W. G. Cochran, Biometrics 10 (1954) 417–451) it is Fisher's exact test.

    >>> found = compare_rates(48, 80, 56, 70)
    >>> round(found.difference, 4), round(found.p_value, 6), found.method
    (0.2, 0.008045, 'z-test; Newcombe')
    """
    short = [n for n in (n_first, n_other) if n < 1]
    values = (first / n_first if n_first else None, other / n_other if n_other else None)
    if short:
        reason = "a version has no such rows"
        return Effect(*values, n_first, n_other, "z-test; Newcombe", is_paired=False, reason=reason)
    p_value, test = _independent_test(first, n_first, other, n_other)
    p, q = first / n_first, other / n_other
    return Effect(
        *values,
        n_first,
        n_other,
        f"{test}; Newcombe",
        is_paired=False,
        interval=newcombe(first, n_first, other, n_other, confidence),
        p_value=p_value,
        error=math.sqrt(p * (1 - p) / n_first + q * (1 - q) / n_other),
        reason=None if p_value is not None else "it is true of all rows, or of none",
    )


def _independent_test(
    first: int, n_first: int, other: int, n_other: int
) -> tuple[float | None, str]:
    whole = n_first + n_other
    hits = first + other
    if hits in (0, whole):
        return None, "z-test"
    if min(hits, whole - hits) * min(n_first, n_other) / whole < _FEWEST_EXPECTED:
        from scipy.stats import fisher_exact

        table = [[first, n_first - first], [other, n_other - other]]
        return min(float(fisher_exact(table)[1]), 1.0), "Fisher, exact"
    p = hits / whole
    error = math.sqrt(p * (1 - p) * (1 / n_first + 1 / n_other))
    return two_sided((other / n_other - first / n_first) / error), "z-test"
