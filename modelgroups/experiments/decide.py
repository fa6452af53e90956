"""What is to be done about a deployment, by what was found of its versions. Loads numpy and scipy.

All tests are always valid, so that whoever looks often is not misled more often. One chance of a
false alarm, ``1 − confidence``, is shared out among all of them (Bonferroni): among candidates,
guardrails, and the steps of a canary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modelgroups.experiments.comparison import Line
from modelgroups.experiments.effect import Effect
from modelgroups.experiments.sequential import always_valid
from modelgroups.experiments.traffic import Split
from modelgroups.experiments.wording import number_text, p_equals

__all__ = [
    "FEWEST",
    "Decision",
    "Finding",
    "Guardrail",
    "GuardrailState",
    "decide",
    "finding_of",
    "guardrail_of",
]

FEWEST: Final = 50
"""With fewer rows of either version nothing is concluded: the tests hold for many rows."""


class Decision(StrEnum):
    """What is to be done.

    Examples
    --------
    >>> Decision("keep") is Decision.KEEP, Decision.KEEP == "keep"
    (True, True)
    """

    PROMOTE = "promote"
    """A candidate is to become the champion."""
    KEEP = "keep"
    """What was there before is to stay."""
    CONTINUE = "continue"
    """Nothing is certain yet, or the next step may come."""
    ABORT = "abort"
    """All traffic is to go back."""


class GuardrailState(StrEnum):
    """What is known of a guardrail.

    Examples
    --------
    >>> GuardrailState("broken") is GuardrailState.BROKEN
    True
    """

    HOLDS = "holds"
    BROKEN = "broken"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """How a candidate does in the metric that is to improve.

    Parameters
    ----------
    metric, baseline, candidate
        What is compared.
    sign
        1 where more is better, -1 where less is.
    effect
        The values, the difference with its confidence sequence, and the always-valid p-value.
    is_established
        Whether there is a difference, at this look and at any other.

    Examples
    --------
    >>> effect = Effect(0.5, 0.75, 800, 800, "DeLong", False)
    >>> Finding("MAE", "V1", "V2", -1, effect, is_established=True).gain  # less is better
    -0.25
    """

    metric: str
    baseline: str
    candidate: str
    sign: int
    effect: Effect
    is_established: bool

    @property
    def gain(self) -> float:
        """How much better the candidate is; 0 where that is not known."""
        return (self.effect.difference or 0.0) * self.sign


@dataclass(frozen=True, slots=True)
class Guardrail:
    """Whether a candidate is worse in something than it may be.

    Parameters
    ----------
    metric, candidate
        What is watched.
    tolerance
        How much worse it may be; where neither more nor less is better, how different.
    sign
        1 where more is better, -1 where less is, 0 where neither is.
    effect
        The difference from the baseline with its confidence sequence.
    state
        ``holds`` where the whole interval is within the tolerance, ``broken`` where the whole of
        it lies beyond, else ``open``.

    Examples
    --------
    >>> effect = Effect(0.5, 0.75, 800, 800, "DeLong", False)
    >>> rail = Guardrail("Recall", "V2", 0.02, 1, effect, GuardrailState.HOLDS)
    >>> print(rail.state, rail.bounds)
    holds [-0.02]
    """

    metric: str
    candidate: str
    tolerance: float
    sign: int
    effect: Effect
    state: GuardrailState

    @property
    def bounds(self) -> list[float]:
        """The differences that are tolerated just so."""
        return {1: [-self.tolerance], -1: [self.tolerance]}.get(
            self.sign, [-self.tolerance, self.tolerance]
        )


def finding_of(line: Line, *, planned: int, confidence: float, n_tests: int) -> Finding:
    """Return what is established of a metric, where so many tests share the error.

    Examples
    --------
    >>> from modelgroups.experiments.rates import compare_rates
    >>> line = Line({}, "Recall", 1, "V1", "V2", compare_rates(480, 800, 560, 700))
    >>> finding_of(line, planned=5000, confidence=0.95, n_tests=1).is_established
    True
    """
    share = (1 - confidence) / n_tests
    effect = always_valid(line.effect, planned=planned, confidence=1 - share)
    known = effect.p_value is not None and effect.p_value <= share and _is_enough(effect)
    return Finding(line.metric, line.first, line.other, line.sign, effect, known)


def guardrail_of(
    line: Line, tolerance: float, *, planned: int, confidence: float, n_tests: int
) -> Guardrail:
    """Return whether a guardrail holds, where so many tests share the error.

    Examples
    --------
    >>> from modelgroups.experiments.rates import compare_rates
    >>> line = Line({}, "Recall", 1, "V1", "V2", compare_rates(560, 700, 480, 800))
    >>> print(guardrail_of(line, 0.05, planned=5000, confidence=0.95, n_tests=1).state)
    broken
    """
    effect = always_valid(line.effect, planned=planned, confidence=1 - (1 - confidence) / n_tests)
    state = GuardrailState.OPEN
    if effect.interval is not None and _is_enough(effect):
        low, high = effect.interval.low, effect.interval.high
        worst = {1: -low, -1: high, 0: max(-low, high)}[line.sign]
        best = {1: -high, -1: low, 0: max(-high, low)}[line.sign]
        if worst <= tolerance:
            state = GuardrailState.HOLDS
        elif best > tolerance:
            state = GuardrailState.BROKEN
    return Guardrail(line.metric, line.other, tolerance, line.sign, effect, state)


def _is_enough(effect: Effect) -> bool:
    return min(effect.n_first, effect.n_other) >= FEWEST


def decide(
    findings: Sequence[Finding],
    guardrails: Sequence[Guardrail],
    split: Split | None,
    counts: Mapping[str, int],
    *,
    planned: int | None,
    canary: tuple[str, bool] | None = None,
) -> tuple[Decision, str | None, str]:
    """Return what is to be done, the version to promote if any, and why.

    Parameters
    ----------
    findings
        Of each candidate, in the metric that is to improve.
    guardrails
        Of each candidate.
    split
        Whether traffic was divided as it should have been.
    counts
        The inferences by version.
    planned
        After how many inferences it is decided all the same; None for never.
    canary
        The new version of a canary, and whether it is at its last step.
    """
    broken = [each for each in guardrails if each.state is GuardrailState.BROKEN]
    if broken:
        return Decision.ABORT, None, "; ".join(map(_broken_text, broken))
    if split is not None and split.is_broken:
        shares = ", ".join(
            f"{version!r} got {n:,} of {split.expected[version]:,.0f} expected"
            for version, n in split.counts.items()
        )
        told = (
            f"traffic was not divided as planned ({p_equals(split.p_value)}): {shares}. No "
            "conclusion holds; abort, find out what loses inferences, and start anew"
        )
        return Decision.ABORT, None, told
    unknown = [each for each in guardrails if each.state is GuardrailState.OPEN]
    if canary is not None:
        return _of_canary(canary, unknown)
    return _of_findings(findings, unknown, sum(counts.values()), planned)


def _of_canary(
    canary: tuple[str, bool], unknown: Sequence[Guardrail]
) -> tuple[Decision, str | None, str]:
    version, is_last = canary
    if unknown:
        return Decision.CONTINUE, None, _open_text(unknown)
    if is_last:
        return (
            Decision.PROMOTE,
            version,
            f"{version!r} is at its last step, and no guardrail broke",
        )
    return Decision.CONTINUE, None, "the guardrails hold: advance() to the next step"


def _of_findings(
    findings: Sequence[Finding],
    unknown: Sequence[Guardrail],
    n: int,
    planned: int | None,
) -> tuple[Decision, str | None, str]:
    better = [each for each in findings if each.is_established and each.gain > 0]
    if better:
        best = max(better, key=lambda each: each.gain)
        waiting = [each for each in unknown if each.candidate == best.candidate]
        told = f"{best.candidate!r} is better than {best.baseline!r}: {_finding_text(best)}"
        if waiting:
            return Decision.CONTINUE, None, f"{told}; but {_open_text(waiting)}"
        return Decision.PROMOTE, best.candidate, told
    if findings and all(each.is_established for each in findings):
        told = "; ".join(f"{each.candidate!r}: {_finding_text(each)}" for each in findings)
        head = f"no candidate is better than {findings[0].baseline!r}"
        return Decision.KEEP, None, f"{head}: {told}"
    if planned is not None and n >= planned:
        told = (
            f"{n:,} inferences were made, as many as planned, and no candidate is established to "
            "be better"
        )
        return Decision.KEEP, None, told
    told = "; ".join(f"{each.candidate!r}: {_finding_text(each)}" for each in findings)
    return Decision.CONTINUE, None, f"nothing is established yet: {told}"


def _finding_text(finding: Finding) -> str:
    effect = finding.effect
    if effect.interval is None:
        return f"{finding.metric} cannot be compared yet ({effect.reason})"
    return (
        f"{finding.metric} differs by {number_text(effect.difference, signed=True)} "
        f"({number_text(effect.interval.low, signed=True)} to "
        f"{number_text(effect.interval.high, signed=True)}, {p_equals(effect.p_value)})"
    )


def _broken_text(guardrail: Guardrail) -> str:
    interval = guardrail.effect.interval
    bounds = ""
    if interval is not None:
        low, high = (number_text(end, signed=True) for end in (interval.low, interval.high))
        bounds = f" ({low} to {high})"
    return (
        f"the guardrail {guardrail.metric!r} of {guardrail.candidate!r} is broken: it differs by "
        f"{number_text(guardrail.effect.difference, signed=True)}{bounds}, and "
        f"{number_text(guardrail.tolerance)} is tolerated"
    )


def _open_text(guardrails: Sequence[Guardrail]) -> str:
    told = [
        f"{each.metric!r} of {each.candidate!r}"
        + (f" ({each.effect.reason})" if each.effect.interval is None else "")
        for each in guardrails
    ]
    return f"it is not known yet whether the guardrails hold: {', '.join(told)}"
