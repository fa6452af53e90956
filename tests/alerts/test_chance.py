"""The bounds of what chance does, beside simulated windows."""

import numpy as np
import pytest
from scipy.stats import chi2

from modelgroups.alerts.chance import psi_quantile

N_DRAWS = 20_000
SHAPES = {
    "quantile buckets": np.full(20, 500),
    "quantile buckets of few rows": np.full(20, 25),
    "halves": (10_000 * 0.5 ** np.arange(1, 12)).astype(int),
    "harmonic": (2_500 / np.arange(1, 31)).astype(int),
    "three": np.array([600, 300, 100]),
    "two": np.array([5_000, 5_000]),
    "two, one rare": np.array([9_900, 100]),
}


def drawn(counts, n_rows):
    """Return the PSI of windows from what may lie behind the reference data."""
    rng = np.random.default_rng(n_rows)
    windows = rng.multinomial(n_rows, rng.dirichlet(counts, N_DRAWS))
    p, q = counts / counts.sum(), np.maximum(windows, 0.5) / n_rows
    return np.sum((p - q) * np.log(p / q), axis=1)


@pytest.mark.parametrize("n_rows", [50, 144, 1_000, 50_000])
@pytest.mark.parametrize("counts", SHAPES.values(), ids=SHAPES)
def test_chance_exceeds_its_bound_as_often_as_is_said(counts, n_rows):
    psi = drawn(counts, n_rows)
    often, seldom = (
        np.mean(psi > psi_quantile(counts, confidence, n_rows))
        for confidence in (0.95, 1 - 0.05 / 24)
    )
    few_outcomes = len(counts) <= 3 and n_rows < 5_000  # no bound has just 5 % of them above
    assert (0.01 if few_outcomes else 0.042) < often < (0.075 if few_outcomes else 0.058)
    assert seldom < 0.006
    assert seldom > 0.001 or few_outcomes


def test_the_textbook_bound_is_that_of_many_rows_and_too_low_for_a_hundred():
    counts = np.full(20, 500)
    textbook = chi2.ppf(0.95, 19)
    assert np.mean(drawn(counts, 144) > textbook * (1 / 10_000 + 1 / 144)) > 0.09
    many = np.full(20, 10**7)  # of 2·10⁸ rows
    assert psi_quantile(many, 0.95, 10**7) == pytest.approx(textbook * 1.05e-7, rel=2e-3)


def test_what_says_nothing_has_no_drift():
    assert psi_quantile(np.array([]), 0.95, 10) == 0
    assert psi_quantile(np.array([7, 0]), 0.95, 10) == 0


def test_empty_buckets_and_the_order_do_not_matter():
    assert psi_quantile(np.array([0, 3, 9, 40]), 0.9, 30) == psi_quantile(
        np.array([40, 9, 0, 3, 0]), 0.9, 30
    )
