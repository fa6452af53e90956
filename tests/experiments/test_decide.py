"""The rules by which a deployment is decided."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelgroups.experiments.comparison import Line
from modelgroups.experiments.decide import (
    FEWEST,
    Decision,
    Finding,
    Guardrail,
    GuardrailState,
    decide,
    finding_of,
    guardrail_of,
)
from modelgroups.experiments.effect import Effect, Interval
from modelgroups.experiments.rates import compare_rates
from modelgroups.experiments.sequential import margin_of, mixture_p, mixture_variance
from modelgroups.experiments.traffic import check_split


def line(effect, sign=1, metric="m"):
    return Line({}, metric, sign, "V1", "V2", effect)


def finding(difference, *, established, candidate="V2"):
    effect = Effect(0.5, 0.5 + difference, 99, 99, "mSPRT", False, Interval(-1, 1), 0.01)
    return Finding("m", "V1", candidate, 1, effect, established)


def guardrail(state, candidate="V2"):
    effect = Effect(0.5, 0.4, 99, 99, "mSPRT", False, Interval(-0.2, 0.0), 0.01)
    return Guardrail("g", candidate, 0.05, 1, effect, state)


def decided(findings=(), guardrails=(), *, split=None, n=100, planned=None, canary=None):
    decision, version, why = decide(
        findings, guardrails, split, {"V1": n}, planned=planned, canary=canary
    )
    assert why
    return decision, version


def test_the_share_of_error_is_that_of_all_tests():
    effect = compare_rates(480, 800, 560, 800)
    found = finding_of(line(effect), planned=4000, confidence=0.95, n_tests=5)
    variance = effect.error**2
    tau2 = mixture_variance(variance * 1600, 4000, 0.99)
    assert found.effect.p_value == pytest.approx(float(mixture_p(0.1, variance, tau2)), rel=1e-9)
    margin = float(margin_of(variance, tau2, 0.99))
    assert found.effect.interval.high == pytest.approx(0.1 + margin, rel=1e-9)
    assert found.is_established == (found.effect.p_value <= 0.01)


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 0.5), st.sampled_from([1, -1, 0]))
def test_a_guardrail_is_judged_by_its_whole_interval(hits, other_hits, tolerance, sign):
    effect = compare_rates(hits, 400, other_hits, 400)
    found = guardrail_of(line(effect, sign), tolerance, planned=1000, confidence=0.9, n_tests=1)
    interval = found.effect.interval
    if interval is None:
        assert found.state is GuardrailState.OPEN
        return
    values = np.linspace(interval.low, interval.high, 101)
    harm = np.abs(values) if sign == 0 else -sign * values
    if found.state is GuardrailState.HOLDS:
        assert (harm <= tolerance + 1e-12).all()
    elif found.state is GuardrailState.BROKEN:
        assert (harm > tolerance - 1e-12).all()
    else:
        assert harm.max() > tolerance - 1e-12


def test_little_data_decides_nothing():
    n = FEWEST - 1
    effect = compare_rates(1, n, n - 1, n)
    options = {"planned": 100, "confidence": 0.95, "n_tests": 1}
    assert not finding_of(line(effect), **options).is_established
    assert guardrail_of(line(effect, -1), 0.1, **options).state is GuardrailState.OPEN
    more = compare_rates(1, FEWEST, FEWEST - 1, FEWEST)
    assert finding_of(line(more), **options).is_established
    assert guardrail_of(line(more, -1), 0.1, **options).state is GuardrailState.BROKEN


def test_the_best_of_the_better_is_promoted_and_none_of_the_worse():
    up, more, down = (finding(d, established=True, candidate=v) for d, v in
                      ((0.1, "V2"), (0.2, "V3"), (-0.2, "V4")))  # fmt: skip
    assert decided([up, more, down]) == (Decision.PROMOTE, "V3")
    assert decided([down]) == (Decision.KEEP, None)
    open_ = finding(0.3, established=False, candidate="V5")
    assert decided([down, open_]) == (Decision.CONTINUE, None)
    assert decided([open_], n=99, planned=100) == (Decision.CONTINUE, None)
    assert decided([open_], n=100, planned=100) == (Decision.KEEP, None)


def test_a_guardrail_stands_before_everything():
    up = finding(0.1, established=True)
    broken_split = check_split({"V1": 10, "V2": 990}, {"V1": 0.5, "V2": 0.5})
    states = GuardrailState
    assert decided([up], [guardrail(states.HOLDS)]) == (Decision.PROMOTE, "V2")
    assert decided([up], [guardrail(states.OPEN)]) == (Decision.CONTINUE, None)
    assert decided([up], [guardrail(states.OPEN, "V3")]) == (Decision.PROMOTE, "V2")
    assert decided([up], [guardrail(states.BROKEN)]) == (Decision.ABORT, None)
    assert decided([up], [guardrail(states.HOLDS)], split=broken_split) == (Decision.ABORT, None)


def test_a_canary_goes_on_with_its_guardrails():
    states = GuardrailState
    for is_last, state in itertools.product((False, True), (states.OPEN, states.HOLDS)):
        wanted = Decision.PROMOTE if is_last and state is states.HOLDS else Decision.CONTINUE
        assert decided([], [guardrail(state)], canary=("V2", is_last))[0] is wanted
    assert decided([], [guardrail(states.BROKEN)], canary=("V2", True))[0] is Decision.ABORT


def test_looking_after_every_hundred_inferences_does_not_raise_false_alarms():
    random = np.random.default_rng(11)
    n_alarms = n_found = 0
    experiments, looks = 300, 20
    for rate, is_null in ((0.3, True), (0.45, False)):
        for _ in range(experiments):
            hits = random.binomial(50, [[0.3], [rate]], (2, looks)).cumsum(axis=1)
            established = any(
                finding_of(
                    line(compare_rates(int(a), n, int(b), n)),
                    planned=2000,
                    confidence=0.95,
                    n_tests=1,
                ).is_established
                for n, a, b in zip(range(50, 50 * looks + 1, 50), *hits, strict=True)
            )
            n_alarms += is_null and established
            n_found += not is_null and established
    assert n_alarms / experiments <= 0.05
    assert n_found / experiments >= 0.95
