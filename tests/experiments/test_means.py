"""Means, smooth functions of means and the bootstrap, beside scipy and plain resampling."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from modelgroups.experiments.means import Moments, compare_means, compare_paired_means, welch
from modelgroups.experiments.resampling import bootstrap, paired_bootstrap
from modelgroups.experiments.smooth import (
    compare_paired_smooth,
    compare_smooth,
    r_squared,
    ratio_of_means,
    root_mean_square,
)

CLOSE = {"rel": 1e-9, "abs": 1e-12}
FEWER = settings(max_examples=40)
numbers = st.lists(st.integers(-9, 9), min_size=2, max_size=25)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=25))
def test_paired_means_are_compared_by_the_t_test_of_scipy(pairs):
    first, other = (np.array(side, float) for side in zip(*pairs, strict=True))
    found = compare_paired_means(first, other)
    if len(set(other - first)) == 1:
        assert (found.p_value, found.interval) == (None, None)
        assert "does not vary" in found.reason
        return
    wanted = stats.ttest_rel(other, first)
    assert found.p_value == pytest.approx(wanted.pvalue, **CLOSE)
    limits = wanted.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(limits), **CLOSE)


@FEWER
@given(numbers, numbers)
def test_independent_means_are_compared_by_welchs_test_of_scipy(first, other):
    first, other = np.array(first, float), np.array(other, float)
    found = compare_means(first, other, 0.9)
    if len(set(first)) == len(set(other)) == 1:
        assert (found.p_value, found.interval) == (None, None)
        return
    with warnings.catch_warnings():  # scipy warns where one side does not vary
        warnings.simplefilter("ignore", RuntimeWarning)
        wanted = stats.ttest_ind(other, first, equal_var=False)
    assert found.p_value == pytest.approx(wanted.pvalue, **CLOSE)
    limits = wanted.confidence_interval(0.9)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(limits), **CLOSE)


@pytest.mark.parametrize(
    "found",
    [
        compare_paired_means(np.empty(0), np.empty(0)),
        compare_paired_means(np.ones(1), np.zeros(1)),
        compare_paired_means(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.3]) + 0.1),
        compare_means(np.full(9, 0.1), np.full(9, 0.7)),
        compare_means(np.ones(1), np.array([1.0, 2.0])),
        welch(Moments(0, None, None), Moments(5, 1.0, 1.0)),
        compare_paired_smooth(root_mean_square(np.empty(0)), root_mean_square(np.empty(0))),
        compare_smooth(*[r_squared(np.ones(3), np.ones(3))] * 2),
        compare_paired_smooth(*[root_mean_square(np.array([1.0, 2.0]))] * 2),
        paired_bootstrap((np.empty(0),), (np.empty(0),), np.mean),
        bootstrap((np.ones(4),), (np.ones(4),), lambda values: values.mean(axis=-1)),
    ],
)
def test_what_cannot_be_told_is_none_with_a_reason(found):
    assert (found.p_value, found.interval, found.error) == (None, None, None)
    assert found.reason


def cells(random, n):
    truth = random.random(n) < 0.4
    one, two = (np.where(truth, random.random(n) < r, random.random(n) < 0.2) for r in (0.6, 0.8))
    return truth, one, two


def influence_of_f1(truth, predicted):
    hit = truth & predicted
    return ratio_of_means(2.0 * hit, 1.0 * truth + predicted)


def test_smooth_functions_have_the_values_of_scikit_learn():
    random = np.random.default_rng(1)
    truth, one, _ = cells(random, 200)
    assert influence_of_f1(truth, one).value == pytest.approx(metrics.f1_score(truth, one), **CLOSE)
    y, p = random.normal(size=(2, 100))
    assert r_squared(p, y).value == pytest.approx(metrics.r2_score(y, p), **CLOSE)
    rmse = metrics.root_mean_squared_error(y, p)
    assert root_mean_square(p - y).value == pytest.approx(rmse, **CLOSE)


@pytest.mark.parametrize("make", [root_mean_square, lambda e: r_squared(e[::-1] + e, e)])
def test_influence_values_are_what_the_infinitesimal_jackknife_finds(make):
    values = np.random.default_rng(2).normal(1, 1, 30)
    n, step = len(values), 1e-6

    def weighted(weights):
        """The same function of weighted rows, written out."""
        w = weights / weights.sum()
        if make is root_mean_square:
            return np.sqrt(w @ values**2)
        p = values[::-1] + values
        return 1 - (w @ (values - p) ** 2) / (w @ (values - w @ values) ** 2)

    of_rows = make(values).of_rows
    for row in range(n):
        moved = np.full(n, 1 / n) * (1 - step)
        moved[row] += step
        slope = (weighted(moved) - weighted(np.full(n, 1 / n))) / step
        assert of_rows[row] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_rows_that_are_alike_may_be_given_once_with_their_count():
    random = np.random.default_rng(4)
    truth, one, two = cells(random, 300)
    whole = compare_paired_smooth(influence_of_f1(truth, one), influence_of_f1(truth, two))
    kinds, counts = np.unique(np.stack([truth, one, two]), axis=1, return_counts=True)
    t, a, b = kinds
    of_one = ratio_of_means(2.0 * (t & a), 1.0 * t + a, counts)
    of_two = ratio_of_means(2.0 * (t & b), 1.0 * t + b, counts)
    counted = compare_paired_smooth(of_one, of_two, counts=counts)
    assert counted.n_first == 300
    assert counted.p_value == pytest.approx(whole.p_value, **CLOSE)
    assert counted.interval.low == pytest.approx(whole.interval.low, **CLOSE)
    apart = compare_smooth(of_one, of_two, counts=(counts, counts))
    assert apart.error == pytest.approx(
        np.hypot(
            influence_of_f1(truth, one).of_rows.std(), influence_of_f1(truth, two).of_rows.std()
        )
        / 300**0.5,
        **CLOSE,
    )


def rmse(errors):
    return np.sqrt((errors**2).mean(axis=-1))


def test_the_bootstrap_agrees_with_the_delta_method_and_with_scipys_and_is_seeded():
    random = np.random.default_rng(8)
    one = random.normal(0, 1.0, 600)
    two = 0.6 * one + random.normal(0, 0.6, 600)
    found = paired_bootstrap((one,), (two,), rmse, seed=3, resamples=4000)
    assert found == paired_bootstrap((one,), (two,), rmse, seed=3, resamples=4000)
    assert found != paired_bootstrap((one,), (two,), rmse, seed=4, resamples=4000)
    delta = compare_paired_smooth(root_mean_square(one), root_mean_square(two))
    assert found.error == pytest.approx(delta.error, rel=0.05)
    theirs = stats.bootstrap(
        (one, two), lambda a, b, axis: rmse(b) - rmse(a), paired=True, n_resamples=4000,
        method="percentile", rng=1,
    ).confidence_interval  # fmt: skip
    assert found.interval.low == pytest.approx(theirs.low, abs=delta.error / 8)
    assert found.interval.high == pytest.approx(theirs.high, abs=delta.error / 8)
    apart = bootstrap((one,), (two,), rmse, resamples=4000)
    together = compare_smooth(root_mean_square(one), root_mean_square(two))
    assert apart.error == pytest.approx(together.error, rel=0.05)
    assert apart.error > found.error


def test_a_bootstrap_p_value_is_never_zero_nor_more_than_one():
    far = paired_bootstrap((np.arange(30.0),), (np.arange(30.0) ** 2,), rmse, resamples=199)
    assert far.p_value == 2 / 200
    near = paired_bootstrap((np.arange(30.0),), (np.arange(30.0)[::-1],), rmse, resamples=199)
    assert near.p_value <= 1


def test_intervals_of_means_rmse_and_f1_cover_the_difference_as_often_as_they_say():
    random = np.random.default_rng(9)
    rounds, n = 1000, 200
    covered = dict.fromkeys(("paired", "Welch", "delta", "F1", "bootstrap"), 0)
    sure = cells(np.random.default_rng(10), 400_000)
    f1_gap = influence_of_f1(sure[0], sure[2]).value - influence_of_f1(sure[0], sure[1]).value
    for turn in range(rounds):
        one = random.normal(0, 1.0, n)
        two = 0.5 * one + random.normal(0.3, 1.2, n)
        sd_two = np.sqrt(0.25 + 1.44 + 0.09)
        covered["paired"] += 0.3 in compare_paired_means(one, two).interval
        apart = random.normal(0.3, 2.0, n)
        covered["Welch"] += 0.3 in compare_means(one, apart).interval
        pair = root_mean_square(one), root_mean_square(two)
        covered["delta"] += sd_two - 1 in compare_paired_smooth(*pair).interval
        truth, a, b = cells(random, n)
        pair = influence_of_f1(truth, a), influence_of_f1(truth, b)
        covered["F1"] += f1_gap in compare_paired_smooth(*pair).interval
        if turn < 300:
            found = paired_bootstrap((one,), (two,), rmse, seed=turn, resamples=400)
            covered["bootstrap"] += sd_two - 1 in found.interval
    shares = {k: v / (300 if k == "bootstrap" else rounds) for k, v in covered.items()}
    assert all(abs(share - 0.95) < 0.035 for share in shares.values()), shares
