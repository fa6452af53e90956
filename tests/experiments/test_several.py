"""Holm's correction, sample sizes, and the split of traffic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelgroups.errors import UserValueError
from modelgroups.experiments.rates import mcnemar
from modelgroups.experiments.several import holm
from modelgroups.experiments.sizes import (
    more_needed,
    needed_for_means,
    needed_for_pairs,
    needed_for_rates,
)
from modelgroups.experiments.traffic import check_split


def test_holm_is_that_of_statsmodels():
    # multipletests([0.01, 0.04, 0.03, 0.005, 0.9, 0.04], method="holm")
    found = holm([0.01, 0.04, 0.03, 0.005, 0.9, 0.04])
    assert found == pytest.approx([0.05, 0.12, 0.12, 0.03, 0.9, 0.12], rel=1e-12)


@given(st.lists(st.none() | st.floats(0, 1), max_size=12), st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_refuses_what_stepping_down_refuses(p_values, level):
    found = holm(p_values)
    known = sorted(p for p in p_values if p is not None)
    n_refused = 0
    while n_refused < len(known) and known[n_refused] * (len(known) - n_refused) <= level:
        n_refused += 1
    assert sum(p is not None and p <= level for p in found) == n_refused
    assert [p is None for p in found] == [p is None for p in p_values]


def test_sizes_are_the_published_ones():
    assert needed_for_rates(0.10, 0.12) == 3841
    assert needed_for_means(1.0, 0.5) == 63  # statsmodels: 62.79, and 63.77 by the t-test
    assert needed_for_rates(0.1, 0.1) is None
    assert needed_for_means(1.0, 0.0) is None
    assert needed_for_pairs(0.1, 0.1) is None


def test_with_so_many_rows_the_difference_is_found_with_the_power_that_was_asked_for():
    random = np.random.default_rng(6)
    n = needed_for_rates(0.3, 0.4, power=0.9)
    hits = random.binomial(n, [[0.3], [0.4]], size=(2, 4000))
    pooled = hits.mean(axis=0) / n
    z = (hits[1] - hits[0]) / n / np.sqrt(2 * pooled * (1 - pooled) / n)
    assert np.mean(np.abs(z) > stats.norm.ppf(0.975)) == pytest.approx(0.9, abs=0.015)

    n = needed_for_pairs(0.05, 0.10)
    found = random.multinomial(n, [0.05, 0.10, 0.85], size=2000)
    power = np.mean([mcnemar(int(b), int(c))[0] < 0.05 for b, c, _ in found])
    assert power == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((0.02, 0.01, 1000), 963), ((0.2, 0.01, 1000), 0), ((0.0, 0.1, 9), None),
     ((None, None, 9), None), ((0.1, None, 9), None)],
)  # fmt: skip
def test_more_are_needed_until_the_difference_stands_out(given, wanted):
    assert more_needed(*given) == wanted
    if wanted:
        n = given[2] + wanted
        error = given[1] * (given[2] / n) ** 0.5
        power = stats.norm.sf(stats.norm.ppf(0.975) - given[0] / error)
        assert power == pytest.approx(0.8, abs=0.001)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 9)), min_size=2, max_size=5))
def test_a_split_is_checked_by_the_chi_squared_test_of_scipy(parts):
    counts = {f"V{i}": count for i, (count, _) in enumerate(parts)}
    weights = {f"V{i}": weight / 10 for i, (_, weight) in enumerate(parts)}
    found = check_split(counts, weights)
    total = sum(counts.values())
    if not total:
        assert found.p_value is None
        assert "no traffic" in found.reason
        return
    shares = np.array(list(weights.values()))
    wanted = stats.chisquare(list(counts.values()), total * shares / shares.sum())
    assert found.p_value == pytest.approx(wanted.pvalue, rel=1e-9, abs=1e-12)


def test_traffic_of_a_version_that_should_get_none_breaks_the_split():
    assert check_split({"V1": 50, "V2": 1}, {"V1": 1.0, "V2": 0.0}).is_broken
    whole = check_split({"V1": 50}, {"V1": 1.0, "V2": 0.0})
    assert (whole.p_value, whole.is_broken) == (None, False)
    assert "one version" in whole.reason


def test_a_fair_split_raises_no_alarm_and_a_broken_one_does():
    random = np.random.default_rng(12)
    alarms = [
        check_split({"a": int(k), "b": 5000 - int(k)}, {"a": 1, "b": 1}).is_broken
        for k in random.binomial(5000, 0.5, 2000)
    ]
    assert sum(alarms) <= 8  # 2 are expected
    assert check_split({"a": 50_000, "b": 48_900}, {"a": 1, "b": 1}).is_broken


@pytest.mark.parametrize(
    ("counts", "weights", "told"),
    [({"V3": 1}, {"V1": 1.0}, "'V3' has no weight"), ({"V1": 1}, {"V1": -1.0}, "negative"),
     ({"V1": 1}, {"V1": 0.0}, "negative, nor all be zero")],
)  # fmt: skip
def test_weights_that_are_none_are_refused(counts, weights, told):
    with pytest.raises(UserValueError, match=told):
        check_split(counts, weights)
