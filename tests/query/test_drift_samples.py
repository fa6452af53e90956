"""Distances of samples, of many cells at once, beside SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modelgroups.query.drift.samples import (
    Sample,
    ks_distances,
    rank_counts,
    wasserstein_distances,
)
from modelgroups.query.drift.sums import Counted, Sums, Where, counted

values = st.sampled_from([0.0, 1.0, 2.0, 1e-5, 1e6]) | st.floats(-1e6, 1e6)
samples = st.lists(values, min_size=1, max_size=30)
ROUNDS = settings(max_examples=60)


def ordered(sample):
    return np.sort(np.array(sample, float))


def wasserstein(base, targets):
    parts = [ordered(target) for target in targets]
    ends = np.cumsum([len(part) for part in parts])
    return wasserstein_distances(Sample.of(ordered(base)), np.concatenate(parts), ends)


def ks(base, targets):
    sums = Sums()
    sample = Sample.of(ordered(base))
    for cell, target in enumerate(targets):
        ranks, n = rank_counts(sample, ordered(target))
        sums.add(Counted(np.full(len(n), cell), ranks, n))
    return ks_distances(sums.total(), lambda _: sample, np.zeros(len(targets), int))


@ROUNDS
@given(base=samples, targets=st.lists(samples, min_size=1, max_size=4))
def test_distances_are_those_of_scipy(base, targets):
    for target, distance, earth in zip(
        targets, ks(base, targets), wasserstein(base, targets), strict=True
    ):
        expected = stats.wasserstein_distance(base, target)
        assert earth == pytest.approx(expected, rel=1e-10, abs=1e-15)
        grid = np.array([*base, *target])
        shares = [(np.asarray(side) <= grid[:, None]).mean(axis=1) for side in (base, target)]
        assert distance == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12)


@pytest.mark.parametrize(("n_base", "n_target"), [(4_000, 60), (60, 4_000), (3_000, 2_900)])
@pytest.mark.parametrize("far", [0.0, 1e7])
def test_digits_are_kept_of_many_values_that_hardly_differ(n_base, n_target, far):
    rng = np.random.default_rng(4)
    base = far + rng.normal(0, 0.01, n_base).round(5)
    targets = [far + rng.normal(0, 0.01, n_target).round(5) for _ in range(3)]
    for target, found in zip(targets, wasserstein(base, targets), strict=True):
        assert found == pytest.approx(stats.wasserstein_distance(base, target), rel=1e-10)


def test_a_side_without_values_has_no_distance():
    assert np.isnan(wasserstein([], [[1.0]])).all()
    assert np.isnan(wasserstein([1.0], [[], [2.0], []])).tolist() == [True, False, True]
    assert np.isnan(wasserstein([1.0], [[], [2.0, 3.0], []])).tolist() == [True, False, True]
    assert wasserstein([0.0, 1.0], [[2.0], [0.0, 2.0, 4.0]]) == pytest.approx([1.5, 1.5])
    assert np.isnan(ks([], [[1.0]])).all()
    assert np.isnan(ks([1.0], [[], [2.0]])).tolist() == [True, False]


def test_the_largest_and_the_smallest_numbers_have_distances():
    assert wasserstein([0.0, 5e-324], [[0.0, 1e-323]])[0] >= 0
    assert not np.isfinite(wasserstein([-1e308, 1e308], [[-1e308, 1e308]])[0])  # out of range
    assert not np.isfinite(wasserstein([-1.7e308], [[1.7e308]])[0])


@ROUNDS
@given(rows=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4000)), max_size=60))
def test_counts_are_those_of_a_plain_loop(rows):
    """Of few buckets, counted in a table, and of many, which are sorted."""
    for n_buckets in (5, 4_001):
        pairs = [(cell, bucket % n_buckets) for cell, bucket in rows]
        sums = Sums()
        for some in (pairs[:20], pairs[20:]):
            cells = np.array([cell for cell, _ in some], int)
            where = Where.of(cells, np.arange(10))
            codes = np.array([bucket for _, bucket in some], int)
            sums.add(counted(where, codes, n_buckets))
        table = sums.total().dense(np.arange(10), n_buckets)
        expected = np.zeros((10, n_buckets), int)
        for cell, bucket in pairs:
            expected[cell, bucket] += 1
        assert (table == expected).all()
