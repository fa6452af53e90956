"""How often intervals hold what is true, of those that other tests here do not simulate.

Exactly computed or simulated beside their formulas: Wilson's and both of Newcombe (test_rates),
DeLong's (test_areas), of paired and independent means, RMSE, F1 and the paired bootstrap
(test_means), the confidence sequence of rates (test_sequential).
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from modelgroups.experiments import measures
from modelgroups.experiments.areas import compare_paired_areas
from modelgroups.experiments.means import Moments, welch
from modelgroups.experiments.rates import Pairs, compare_paired_rates
from modelgroups.experiments.resampling import bootstrap, paired_bootstrap
from modelgroups.experiments.sequential import always_valid
from modelgroups.experiments.smooth import (
    compare_paired_smooth,
    compare_smooth,
    r_squared,
    root_mean_square,
)

ROUNDS = 1000
WITHIN = 0.025  # of 95 %: more than three standard errors of a share of 1,000


def share(truth, effects):
    found = [truth in effect.interval for effect in effects]
    return sum(found) / len(found)


# --- ratios of the confusion matrix, by the delta method ------------------------------------------

# The chances of (is it true, does the first say so, does the other).
JOINT = np.array([[[0.40, 0.09], [0.05, 0.06]], [[0.06, 0.09], [0.03, 0.22]]])
RATIOS = {
    "Precision": lambda t, p, both: both / p,
    "F1": lambda t, p, both: 2 * both / (t + p),
    "Balanced Accuracy Rate": lambda t, p, both: (both / t + (1 - t - p + both) / (1 - t)) / 2,
}
TESTS = {
    "Precision": measures._precision,
    "F1": measures._f1,
    "Balanced Accuracy Rate": measures._balanced_accuracy,
}


def value(name, cells):
    return RATIOS[name](cells[1].sum(), cells[:, 1].sum(), cells[1, 1])


def of_counts(joint, others=None):
    """Return a pair of versions with these numbers of rows, as the tests take it."""
    cells = (joint.sum(axis=2), (joint if others is None else others).sum(axis=1))
    pair = SimpleNamespace(is_paired=others is None, joint=joint, cells=cells)
    pair.known = pair
    return pair


@pytest.mark.parametrize("name", TESTS)
def test_intervals_of_ratios_cover_the_difference_as_often_as_they_say(name):
    random = np.random.default_rng(40)
    truth = value(name, JOINT.sum(axis=1)) - value(name, JOINT.sum(axis=2))
    draws = random.multinomial(400, JOINT.ravel(), size=(ROUNDS, 2)).reshape(ROUNDS, 2, 2, 2, 2)
    paired = share(truth, (TESTS[name](of_counts(joint), 0.95) for joint, _ in draws))
    apart = share(truth, (TESTS[name](of_counts(*both), 0.95) for both in draws))
    assert abs(paired - 0.95) < WITHIN
    assert abs(apart - 0.95) < WITHIN


# --- RMSE and R² ----------------------------------------------------------------------------------

SPREAD = 0.9, 1.2  # of the errors of either version, of a truth that is standard normal
TRUE_R2 = [1 - spread**2 for spread in SPREAD]


def regressions(random, rounds, n, *, apart):
    """Yield truth and prediction of either version; of the same rows unless they are apart."""
    for _ in range(rounds):
        truth, common = random.normal(size=(2, n))
        sides = []
        for spread in SPREAD:
            if apart:
                truth, common = random.normal(size=(2, n))
            noise = 0.6 * common + 0.8 * random.normal(size=n)
            sides.append((truth + spread * noise, truth))
        yield sides


@pytest.mark.parametrize("apart", [False, True], ids=["paired", "independent"])
def test_intervals_of_rmse_and_r_squared_of_many_rows_cover_the_difference(apart):
    compare = compare_smooth if apart else compare_paired_smooth
    of_rmse, of_r2 = [], []
    for one, two in regressions(np.random.default_rng(41), ROUNDS, 1000, apart=apart):
        errors = (root_mean_square(predicted - truth) for predicted, truth in (one, two))
        of_rmse.append(compare(*errors))
        of_r2.append(compare(r_squared(*one), r_squared(*two)))
    assert abs(share(SPREAD[1] - SPREAD[0], of_rmse) - 0.95) < WITHIN
    assert abs(share(TRUE_R2[1] - TRUE_R2[0], of_r2) - 0.95) < WITHIN


def rmse_of(predicted, truth):
    return np.sqrt(((predicted - truth) ** 2).mean(axis=-1))


@pytest.mark.parametrize("apart", [False, True], ids=["paired", "independent"])
def test_intervals_of_the_bootstrap_cover_the_difference(apart):
    resample = bootstrap if apart else paired_bootstrap
    of_rmse, of_r2 = [], []
    rounds = regressions(np.random.default_rng(42), 300, 150, apart=apart)
    for seed, (one, two) in enumerate(rounds):
        options = {"seed": seed, "resamples": 300}
        of_rmse.append(resample(one, two, rmse_of, **options))
        of_r2.append(resample(one, two, measures._r_squared_of, **options))
    assert abs(share(SPREAD[1] - SPREAD[0], of_rmse) - 0.95) < 0.04
    assert abs(share(TRUE_R2[1] - TRUE_R2[0], of_r2) - 0.95) < 0.04


# --- confidence sequences: at all looks together --------------------------------------------------

LOOKS = np.arange(200, 4001, 200)
EXPERIMENTS = 250


def held(truth, compare):
    """Return in how many experiments no look missed what is true; each compares rows so far."""
    covered = 0
    for experiment in range(EXPERIMENTS):
        random = np.random.default_rng([43, experiment])
        looks = compare(random)
        covered += all(truth in always_valid(effect).interval for effect in looks)
    return covered / EXPERIMENTS


def test_the_sequence_of_paired_rates_holds_at_all_looks_together():
    def compare(random):
        tables = random.multinomial(200, [0.5, 0.1, 0.15, 0.25], size=len(LOOKS)).cumsum(axis=0)
        return (compare_paired_rates(Pairs(*map(int, table))) for table in tables)

    assert held(0.05, compare) >= 0.95


def test_the_sequence_of_means_holds_at_all_looks_together():
    def compare(random):
        one, two = (random.exponential(scale, LOOKS[-1]) for scale in (1.0, 1.3))
        return (welch(Moments.of(one[:n]), Moments.of(two[:n])) for n in LOOKS)

    assert held(0.3, compare) >= 0.95


def test_the_sequence_of_areas_holds_at_all_looks_together():
    def compare(random):
        truth = random.random(LOOKS[-1]) < 0.3
        common = 0.7 * random.normal(size=LOOKS[-1])
        one, two = (
            shift * truth + common + math.sqrt(0.51) * random.normal(size=LOOKS[-1])
            for shift in (0.8, 1.2)
        )
        return (compare_paired_areas(one[:n], two[:n], truth[:n]) for n in LOOKS[::2])

    areas = [stats.norm.cdf(shift / math.sqrt(2)) for shift in (0.8, 1.2)]
    assert held(areas[1] - areas[0], compare) >= 0.95


def test_the_sequence_of_smooth_functions_holds_at_all_looks_together():
    def compare(random):
        one, two = (random.normal(0, spread, LOOKS[-1]) for spread in SPREAD)
        return (compare_smooth(root_mean_square(one[:n]), root_mean_square(two[:n])) for n in LOOKS)

    assert held(SPREAD[1] - SPREAD[0], compare) >= 0.95
