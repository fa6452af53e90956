"""The sequential test: its formulas, its false alarms under A/A, its power, its coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from modelgroups.experiments.areas import compare_paired_areas
from modelgroups.experiments.means import compare_means
from modelgroups.experiments.rates import Pairs, compare_paired_rates, compare_rates
from modelgroups.experiments.sequential import (
    always_valid,
    margin_of,
    mixture_p,
    mixture_variance,
)

PLANNED = 10_000
LOOKS = 500
EVERY = 100  # inferences, half of them of either version


@settings(max_examples=25)
@given(st.floats(-0.3, 0.3), st.floats(1e-4, 0.1), st.floats(1e-4, 0.1))
def test_the_p_value_is_the_likelihood_ratio_mixed_over_a_normal_distribution(d, v, tau2):
    def ratio(theta):
        density = stats.norm.pdf(d, theta, v**0.5) / stats.norm.pdf(d, 0.0, v**0.5)
        return density * stats.norm.pdf(theta, 0.0, tau2**0.5)

    middle, spread = d * tau2 / (v + tau2), (v * tau2 / (v + tau2)) ** 0.5
    mixed, _ = integrate.quad(ratio, middle - 12 * spread, middle + 12 * spread, epsabs=0)
    assert float(mixture_p(d, v, tau2)) == pytest.approx(min(1.0, 1 / mixed), rel=1e-7)


@given(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0), st.sampled_from([0.8, 0.95, 0.999]))
def test_the_confidence_sequence_ends_where_the_p_value_reaches_alpha(v, tau2, confidence):
    margin = margin_of(v, tau2, confidence)
    assert float(mixture_p(margin, v, tau2)) == pytest.approx(1 - confidence, rel=1e-6)


@given(st.integers(1, 10**6), st.floats(0.01, 100.0), st.sampled_from([0.9, 0.95]))
def test_the_margin_is_the_one_that_growthbook_computes(n, s2, confidence):
    """As its package gbstats has it, after Waudby-Smith et al.: N* and ρ instead of τ²."""
    alpha = 1 - confidence
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / PLANNED)
    inside = 2 * (n * rho**2 + 1) * np.log(np.sqrt(n * rho**2 + 1) / alpha) / (n * rho) ** 2
    tau2 = mixture_variance(s2, PLANNED, confidence)
    assert float(margin_of(s2 / n, tau2, confidence)) == pytest.approx(
        float(np.sqrt(s2 * inside)), rel=1e-9
    )


@pytest.mark.parametrize(
    ("counted", "planned", "confidence", "p_value", "low", "high"),
    [  # what gbstats 0.8.0 says of them, printed by make_sequential.py
        (
            (480, 800, 560, 700), 5000, 0.95,
            4.923749695420727e-12, 0.1264378901854647, 0.27356210981453544,
        ),
        (
            (50, 1000, 75, 1000), 10_000, 0.95,
            0.31190899315140647, -0.011366566875726278, 0.06136656687572627,
        ),
        (
            (7, 1000, 19, 1100), 2000, 0.9,
            0.35628336692006995, -0.002802575862926983, 0.02334803040838153,
        ),
        (
            (4100, 50_000, 4350, 50_000), 100_000, 0.99,
            0.08600403418600747, -0.001282557017898059, 0.01128255701789804,
        ),
    ],
)  # fmt: skip
def test_rates_are_watched_as_by_gbstats(counted, planned, confidence, p_value, low, high):
    found = always_valid(compare_rates(*counted), planned=planned, confidence=confidence)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)
    limits = (found.interval.low, found.interval.high)
    assert limits == pytest.approx((low, high), rel=1e-9)


def test_the_sequence_is_narrowest_near_the_planned_number_among_all_mixtures():
    margins = [float(margin_of(1 / PLANNED, mixture_variance(1.0, n))) for n in
               (PLANNED // 4, PLANNED, PLANNED * 4)]  # fmt: skip
    assert min(margins) == margins[1]


def looks(random, rates, experiments):
    """Rates so far, at each look: the hits of either version, and the rows of each."""
    half = EVERY // 2
    hits = random.binomial(half, np.array(rates)[:, None, None], size=(2, experiments, LOOKS))
    return np.cumsum(hits, axis=2), half * np.arange(1, LOOKS + 1)


def difference_and_variance(hits, n):
    p, q = hits / n
    return q - p, (p * (1 - p) + q * (1 - q)) / n


def always_valid_p(hits, n):
    d, v = difference_and_variance(hits, n)
    tau2 = mixture_variance(v * 2 * n, PLANNED)
    return np.minimum.accumulate(mixture_p(d, v, tau2), axis=1)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_looking_after_every_100_inferences_raises_no_more_false_alarms_than_it_may(rate):
    hits, n = looks(np.random.default_rng(20), (rate, rate), experiments=1000)
    assert (always_valid_p(hits, n)[:, -1] <= 0.05).mean() <= 0.05

    d, v = difference_and_variance(hits, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.nan_to_num(np.abs(d) / np.sqrt(v))
    peeked = (z > stats.norm.ppf(0.975)).any(axis=1).mean()
    assert peeked > 0.4  # the same looks with an ordinary test


def test_the_one_that_users_call_is_the_one_that_was_simulated():
    hits, n = looks(np.random.default_rng(21), (0.1, 0.12), experiments=3)
    p_values = always_valid_p(hits, n)
    for experiment in range(3):
        lowest = 1.0
        for look in range(0, LOOKS, 25):
            one, two = (int(side[experiment, look]) for side in hits)
            rows = int(n[look])
            found = always_valid(compare_rates(one, rows, two, rows), planned=PLANNED)
            lowest = min(lowest, found.p_value)
            assert (0.0 in found.interval) == (found.p_value > 0.05)
        assert lowest >= p_values[experiment, -1] * (1 - 1e-9)


def test_a_true_lift_is_found_and_sooner_the_larger_it_is():
    random = np.random.default_rng(22)
    powers, ends = [], []
    for lift in (0.01, 0.02, 0.04):
        hits, n = looks(random, (0.1, 0.1 + lift), experiments=400)
        found = always_valid_p(hits, n) <= 0.05
        powers.append(found[:, -1].mean())
        ends.append(np.median(np.where(found.any(axis=1), found.argmax(axis=1), LOOKS)))
    assert powers[0] < powers[1] <= powers[2]
    assert powers[1] > 0.97
    assert powers[2] == 1.0
    assert ends[0] > ends[1] > ends[2]


def test_the_confidence_sequence_holds_at_all_looks_together():
    hits, n = looks(np.random.default_rng(23), (0.2, 0.23), experiments=1000)
    d, v = difference_and_variance(hits, n)
    margins = margin_of(v, mixture_variance(v * 2 * n, PLANNED))
    assert (np.abs(d - 0.03) <= margins).all(axis=1).mean() >= 0.95


def test_means_of_skewed_values_raise_no_more_false_alarms_than_they_may():
    random = np.random.default_rng(24)
    values = random.exponential(1.0, size=(2, 1000, 100, EVERY // 2)).astype(np.float32)
    n = EVERY // 2 * np.arange(1, 101)
    sums = np.cumsum(values.sum(axis=3, dtype=np.float64), axis=2)
    squares = np.cumsum((values**2).sum(axis=3, dtype=np.float64), axis=2)
    variance = (squares / n - (sums / n) ** 2).sum(axis=0) / (n - 1)
    difference = (sums[1] - sums[0]) / n
    p = mixture_p(difference, variance, mixture_variance(variance * 2 * n, PLANNED))
    assert (p <= 0.05).any(axis=1).mean() <= 0.05


def test_any_effect_with_a_standard_error_can_be_watched():
    random = np.random.default_rng(25)
    truth = random.random(500) < 0.4
    one, two = (random.normal(truth * shift, 1.0) for shift in (0.5, 1.5))
    effects = [
        compare_paired_areas(one, two, truth),
        compare_means(one, two),
        compare_paired_rates(Pairs(50, 10, 40, 100)),
    ]
    for effect in effects:
        found = always_valid(effect, planned=500)
        assert found.difference == effect.difference
        assert found.p_value >= effect.p_value
        assert found.interval.low < effect.interval.low < effect.interval.high
        assert found.interval.high > effect.interval.high


def test_nothing_is_told_of_nothing():
    found = always_valid(compare_rates(0, 50, 0, 50))
    assert (found.p_value, found.interval) == (None, None)
    assert "of none" in found.reason
    assert mixture_p(0.1, 0.0, 0.1) == 1.0
    assert np.isinf(margin_of(0.0, 0.1))
