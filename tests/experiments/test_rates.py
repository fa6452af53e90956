"""Rates: agreement with scipy and statsmodels 0.15, and coverage of the intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelgroups.experiments.rates import (
    Pairs,
    compare_paired_rates,
    compare_rates,
    mcnemar,
    newcombe,
    newcombe_paired,
    wilson,
)

CLOSE = {"rel": 1e-9, "abs": 1e-12}
counts = st.tuples(*[st.integers(0, 60)] * 4)


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_wilson_interval_is_that_of_scipy(successes, n, confidence):
    found = wilson(min(successes, n), n, confidence)
    wanted = stats.binomtest(min(successes, n), n).proportion_ci(confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), **CLOSE)


@pytest.mark.parametrize(
    ("counted", "low", "high"),
    [  # statsmodels: confint_proportions_2indep(..., method="newcomb", compare="diff")
        ((48, 80, 56, 70), 0.05243147240236498, 0.33387265403690614),
        ((9, 10, 3, 10), -0.809017973535488, -0.1705227239345029),
        ((10, 10, 0, 20), -1.0, -0.6790860371419145),
        ((7, 1000, 19, 1100), 0.0006434451342361234, 0.020477950205544784),
    ],
)
def test_a_newcombe_interval_is_that_of_statsmodels(counted, low, high):
    found = newcombe(*counted)
    assert (found.low, found.high) == pytest.approx((low, high), **CLOSE)


def score_limits(successes, n, z):
    """The Wilson limits as the roots of (p − π)² = z²·π(1 − π)/n."""
    p = successes / n
    low, high = sorted(np.roots([1 + z * z / n, -(2 * p + z * z / n), p * p]).real)
    return max(low, 0.0), min(high, 1.0)


@given(counts.filter(any))
def test_a_paired_newcombe_interval_is_what_the_paper_has(table):
    e, f, g, h = table
    n, z = sum(table), stats.norm.ppf(0.975)
    p, q = (e + f) / n, (e + g) / n
    l1, u1 = score_limits(e + f, n, z)
    l2, u2 = score_limits(e + g, n, z)
    product = (e + f) * (g + h) * (e + g) * (f + h)
    above = e * h - f * g
    corrected = max(above - n / 2, 0) if above > 0 else above
    phi = corrected / math.sqrt(product) if product else 0.0
    below = (q - l2) ** 2 - 2 * phi * (q - l2) * (u1 - p) + (u1 - p) ** 2
    upward = (u2 - q) ** 2 - 2 * phi * (u2 - q) * (p - l1) + (p - l1) ** 2
    found = newcombe_paired(Pairs(*table))
    wanted = (q - p - math.sqrt(max(below, 0)), q - p + math.sqrt(max(upward, 0)))
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-7, abs=1e-7)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_is_a_binomial_test_of_few_pairs_and_chi_squared_of_many(b, c):
    p, method = mcnemar(b, c)
    if b + c == 0:
        assert p is None
    elif b + c < 25:
        assert method == "McNemar, exact"
        assert p == pytest.approx(stats.binomtest(b, b + c).pvalue, **CLOSE)
    else:
        assert method == "McNemar, asymptotic"
        assert p == pytest.approx(stats.chi2.sf((b - c) ** 2 / (b + c), 1), **CLOSE)


@given(counts)
def test_independent_rates_are_tested_as_scipy_does(table):
    hits, misses, others, other_misses = table
    found = compare_rates(hits, hits + misses, others, others + other_misses)
    if hits + misses == 0 or others + other_misses == 0:
        assert (found.p_value, found.interval) == (None, None)
        assert "no such rows" in found.reason
        return
    matrix = [[hits, misses], [others, other_misses]]
    if hits + others == 0 or misses + other_misses == 0:
        assert found.p_value is None
        assert found.interval is not None
        assert "of all rows, or of none" in found.reason
        return
    if stats.contingency.expected_freq(matrix).min() < 5:
        assert found.method.startswith("Fisher")
        wanted = stats.fisher_exact(matrix).pvalue
    else:
        wanted = stats.chi2_contingency(matrix, correction=False).pvalue
    assert found.p_value == pytest.approx(wanted, **CLOSE)
    assert found.difference in found.interval


@given(counts)
def test_paired_rates_have_a_standard_error_of_the_differences_and_lie_in_their_interval(table):
    found = compare_paired_rates(Pairs(*table))
    if not any(table):
        assert (found.difference, found.p_value, found.interval) == (None, None, None)
        return
    differences = np.repeat([0.0, -1.0, 1.0, 0.0], table)
    assert found.difference == pytest.approx(differences.mean(), abs=1e-12)
    assert found.error == pytest.approx(differences.std() / len(differences) ** 0.5, abs=1e-9)
    assert found.interval.low - 1e-12 <= found.difference <= found.interval.high + 1e-12
    assert (found.p_value is None) == (table[1] + table[2] == 0)


def coverage(chances, covers):
    return sum(chance for chance, inside in zip(chances, covers, strict=True) if inside)


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5, 0.9])
def test_wilson_intervals_cover_the_rate_as_often_as_they_say(p):
    n, of_all = 80, range(81)
    covers = [p in wilson(k, n) for k in of_all]
    assert 0.93 < coverage(stats.binom.pmf(of_all, n, p), covers) < 0.98


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.1), (0.3, 0.5), (0.85, 0.9)])
def test_newcombe_intervals_cover_the_difference_as_often_as_they_say(p, q):
    n, m = 40, 30
    one, two = stats.binom.pmf(range(n + 1), n, p), stats.binom.pmf(range(m + 1), m, q)
    grid = [(k, j) for k in range(n + 1) for j in range(m + 1) if one[k] * two[j] > 1e-7]
    covers = [q - p in newcombe(k, n, j, m) for k, j in grid]
    assert 0.93 < coverage([one[k] * two[j] for k, j in grid], covers) < 0.98


@pytest.mark.parametrize(
    "shares", [(0.6, 0.1, 0.1, 0.2), (0.3, 0.15, 0.3, 0.25), (0.85, 0.02, 0.08, 0.05)]
)
def test_paired_newcombe_intervals_cover_the_difference_as_often_as_they_say(shares):
    random = np.random.default_rng(11)
    tables, times = np.unique(random.multinomial(60, shares, size=6000), axis=0, return_counts=True)
    truth = shares[2] - shares[1]
    covers = [truth in newcombe_paired(Pairs(*map(int, table))) for table in tables]
    assert 0.93 < coverage(times / times.sum(), covers) < 0.985
