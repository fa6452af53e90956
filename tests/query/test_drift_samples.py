"""Distances of samples, of many cells at once, beside SciPy."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modelgroups.query.drift import samples as module
from modelgroups.query.drift.gathered import Gathered
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
each_way = pytest.mark.parametrize("small", [0, 3, 1_000])
"""All targets are compared with sums of the base, some, or none."""


def ordered(sample):
    return np.sort(np.array(sample, float))


def wasserstein(base, targets, small):
    parts = [ordered(target) for target in targets]
    ends = np.cumsum([len(part) for part in parts])
    with patch.object(module, "_SMALL", small):
        return wasserstein_distances(Sample(ordered(base)), np.concatenate(parts), ends)


def ks(base, targets):
    sums = Sums()
    sample = Sample(ordered(base))
    for cell, target in enumerate(targets):
        ranks, n = rank_counts(sample, ordered(target))
        sums.add(Counted(np.full(len(n), cell), ranks, n))
    return ks_distances(sums.total(), lambda _: sample, np.zeros(len(targets), int))


@each_way
@ROUNDS
@given(base=samples, targets=st.lists(samples, min_size=1, max_size=4))
def test_wasserstein_distances_are_those_of_scipy(small, base, targets):
    for target, earth in zip(targets, wasserstein(base, targets, small), strict=True):
        expected = stats.wasserstein_distance(base, target)
        assert earth == pytest.approx(expected, rel=1e-10, abs=1e-15)


@ROUNDS
@given(base=samples, targets=st.lists(samples, min_size=1, max_size=4))
def test_ks_distances_are_the_largest_of_all_places(base, targets):
    for target, distance in zip(targets, ks(base, targets), strict=True):
        grid = np.array([*base, *target])
        shares = [(np.asarray(side) <= grid[:, None]).mean(axis=1) for side in (base, target)]
        assert distance == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12)


@pytest.mark.parametrize(("n_base", "n_target"), [(4_000, 60), (60, 4_000), (3_000, 2_900)])
@pytest.mark.parametrize("far", [0.0, 1e7])
@each_way
def test_digits_are_kept_of_many_values_that_hardly_differ(small, n_base, n_target, far):
    rng = np.random.default_rng(4)
    base = far + rng.normal(0, 0.01, n_base).round(5)
    targets = [far + rng.normal(0, 0.01, n_target).round(5) for _ in range(3)]
    for target, found in zip(targets, wasserstein(base, targets, small), strict=True):
        assert found == pytest.approx(stats.wasserstein_distance(base, target), rel=1e-10)


@each_way
def test_a_side_without_values_has_no_distance(small):
    assert np.isnan(wasserstein([], [[1.0]], small)).all()
    for some in ([2.0], [2.0, 3.0]):
        found = wasserstein([1.0], [[], some, []], small)
        assert np.isnan(found).tolist() == [True, False, True]
    found = wasserstein([0.0, 1.0], [[2.0], [0.0, 2.0, 4.0]], small)
    assert found == pytest.approx([1.5, 1.5])
    assert np.isnan(ks([], [[1.0]])).all()
    assert np.isnan(ks([1.0], [[], [2.0]])).tolist() == [True, False]


@each_way
def test_the_largest_and_the_smallest_numbers_have_distances(small):
    assert wasserstein([0.0, 5e-324], [[0.0, 1e-323]], small)[0] >= 0
    (found,) = wasserstein([-1e308, 1e308], [[-1e308, 1e308]], small)
    assert found == 0 or (not small and not np.isfinite(found))  # sums are out of range
    assert not np.isfinite(wasserstein([-1.7e308], [[1.7e308]], small)[0])


parts = st.lists(st.lists(st.tuples(st.integers(0, 3), st.none() | values), max_size=6), max_size=4)


@ROUNDS
@given(parts=parts, merged=st.booleans())
def test_values_are_gathered_by_cell_and_put_in_order(parts, merged):
    groups = np.array([7, 8, 7, 9])
    places = np.array([0, 1, 0, 2]) if merged else np.arange(4)
    gathered, expected = Gathered(), {}
    for rows in parts:
        where = Where.of(np.array([cell for cell, _ in rows], int), groups)
        gathered.add(np.array([value for _, value in rows], float), where)
        for cell, value in rows:
            if value is not None:
                key = (int(places[cell]), int(groups[cell]))
                expected.setdefault(key, []).append(value)
    found = {
        (cell, group): some.tolist()
        for cell, group, some in gathered.in_order(places if merged else None)
        if len(some)
    }
    assert found == {key: sorted(some) for key, some in expected.items()}
    assert [len(some) for *_, some in gathered.in_order()] == []  # they were forgotten


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
