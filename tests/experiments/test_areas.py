"""AUC and DeLong's test, beside the placement values of the paper counted pair by pair."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from modelgroups.experiments.areas import area_of, compare_areas, compare_paired_areas

CLOSE = {"rel": 1e-9, "abs": 1e-12}
rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), min_size=1, max_size=40
)


def placements(score, truth):
    """ψ of every positive and negative, and its means either way: DeLong et al. (1988)."""
    above = score[truth][:, None] - score[~truth][None, :]
    psi = (above > 0) + (above == 0) / 2
    return psi.mean(axis=1), psi.mean(axis=0)


def by_the_paper(first, other, truth):
    """Areas, and the p-value of their difference, from the matrices S₁₀ and S₀₁."""
    parts = [placements(score, truth) for score in (first, other)]
    s10 = np.cov(np.stack([v for v, _ in parts]))
    s01 = np.cov(np.stack([w for _, w in parts]))
    s = s10 / truth.sum() + s01 / (~truth).sum()
    contrast = np.array([-1, 1])
    variance = float(contrast @ s @ contrast)
    areas = [float(v.mean()) for v, _ in parts]
    return areas, variance


@given(rows)
def test_the_area_and_its_parts_are_those_that_are_counted_pair_by_pair(rows):
    score = np.array([row[0] for row in rows], float)
    truth = np.array([row[2] for row in rows])
    found = area_of(score, truth)
    if truth.all() or not truth.any():
        assert found is None
        return
    positives, negatives = placements(score, truth)
    assert found.of_positives == pytest.approx(positives, **CLOSE)
    assert found.of_negatives == pytest.approx(negatives, **CLOSE)
    assert found.value == pytest.approx(roc_auc_score(truth, score), **CLOSE)


@given(rows)
def test_paired_areas_are_compared_as_in_the_paper(rows):
    first, other = (np.array([row[i] for row in rows], float) for i in (0, 1))
    truth = np.array([row[2] for row in rows])
    found = compare_paired_areas(first, other, truth)
    if min(truth.sum(), (~truth).sum()) < 2:
        assert (found.p_value, found.interval) == (None, None)
        assert found.reason
        return
    (one, two), variance = by_the_paper(first, other, truth)
    assert (found.first, found.other) == pytest.approx((one, two), **CLOSE)
    if variance < 1e-15:
        assert found.p_value is None
        return
    z = (two - one) / math.sqrt(variance)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), **CLOSE)
    margin = stats.norm.ppf(0.975) * math.sqrt(variance)
    wanted = (two - one - margin, two - one + margin)
    assert (found.interval.low, found.interval.high) == pytest.approx(wanted, **CLOSE)


@pytest.fixture
def of_whole_numbers():
    """The scores of make_areas.R, which printed what pROC says of them."""
    i = np.arange(200)
    truth = (i * 7919) % 31 < 11
    first = ((i * 104729) % 97 + 20 * truth) // 7
    other = ((i * 1299709) % 89 + 35 * truth) // 5
    return first.astype(float), other.astype(float), truth


def test_paired_areas_are_compared_as_by_proc(of_whole_numbers):
    found = compare_paired_areas(*of_whole_numbers)
    assert (found.first, found.other) == pytest.approx(
        (0.69131868131868135, 0.81038461538461537), **CLOSE
    )
    assert found.p_value == pytest.approx(0.014326654355100676, **CLOSE)
    assert (-found.interval.high, -found.interval.low) == pytest.approx(
        (-0.21435710597466323, -0.023774762157205045), **CLOSE
    )


def test_areas_of_different_rows_are_as_far_apart_as_by_proc(of_whole_numbers):
    first, other, truth = of_whole_numbers
    found = compare_areas(first[:120], truth[:120], other[120:], truth[120:])
    assert (found.first, found.other) == pytest.approx(
        (0.66620879120879117, 0.8214285714285714), **CLOSE
    )
    z = (found.first - found.other) / found.error  # whose p-value pROC takes from Student's t
    assert z == pytest.approx(-2.2061826241825102, **CLOSE)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), **CLOSE)


def test_areas_of_different_rows_have_the_sum_of_both_variances():
    random = np.random.default_rng(3)
    truths = [random.random(n) < 0.3 for n in (120, 90)]
    scores = [random.normal(truth.astype(float), 1.0) for truth in truths]
    found = compare_areas(scores[0], truths[0], scores[1], truths[1])
    variance = 0.0
    for score, truth in zip(scores, truths, strict=True):
        v, w = placements(score, truth)
        variance += v.var(ddof=1) / len(v) + w.var(ddof=1) / len(w)
    assert found.error == pytest.approx(math.sqrt(variance), **CLOSE)
    assert found.p_value == pytest.approx(
        2 * stats.norm.sf(abs(found.difference) / math.sqrt(variance)), **CLOSE
    )
    assert (found.n_first, found.n_other) == (120, 90)


def test_one_class_alone_gives_no_area_and_says_why():
    some, none = np.array([True, False]), np.array([False, False])
    found = compare_areas(np.array([0.1, 0.2]), some, np.array([0.3, 0.4]), none)
    assert (found.first, found.other, found.p_value) == (0.0, None, None)
    assert "one class only" in found.reason
    assert compare_paired_areas(np.zeros(2), np.zeros(2), none).first is None


def test_equal_scores_give_no_p_value_and_say_why():
    truth = np.array([True, False, True, False, False])
    score = np.array([0.4, 0.1, 0.8, 0.5, 0.3])
    found = compare_paired_areas(score, score, truth)
    assert (found.difference, found.p_value, found.interval) == (0.0, None, None)
    assert "does not vary" in found.reason


def test_intervals_of_paired_and_unpaired_areas_cover_the_difference_as_often_as_they_say():
    random = np.random.default_rng(5)
    n, rounds = 150, 800
    true_areas = [stats.norm.cdf(shift / math.sqrt(2)) for shift in (0.8, 1.2)]
    truth = np.arange(n) < 50
    covered = np.zeros(2)
    for _ in range(rounds):
        common = random.normal(size=n)
        one, two = (
            shift * truth + 0.7 * common + math.sqrt(1 - 0.49) * random.normal(size=n)
            for shift in (0.8, 1.2)
        )
        alone = 1.2 * truth + random.normal(size=n)
        effects = compare_paired_areas(one, two, truth), compare_areas(one, truth, alone, truth)
        covered += [true_areas[1] - true_areas[0] in effect.interval for effect in effects]
    assert (np.abs(covered / rounds - 0.95) < 0.025).all()
