"""Deployments: what each pattern needs to begin, and what its inferences say. Loads numpy.

Versions are compared over the inferences since traffic was last divided anew, by
inference_timestamp: what was divided otherwise is not of the same experiment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from modelgroups.arguments import require_mapping, require_share, require_text, require_whole
from modelgroups.catalog.clock import now
from modelgroups.catalog.deployments import DeploymentRecord
from modelgroups.catalog.records import ModelRecord
from modelgroups.drawing.texts import number_of_things
from modelgroups.errors import ConflictError, UserTypeError, UserValueError
from modelgroups.experiments.assign import Assignment, checked_weights
from modelgroups.experiments.compare import differences, require_shared
from modelgroups.experiments.decide import (
    Finding,
    Guardrail,
    decide,
    finding_of,
    guardrail_of,
)
from modelgroups.experiments.evaluation import Evaluation
from modelgroups.experiments.measures import Measure, chosen_measures
from modelgroups.experiments.sequential import PLANNED
from modelgroups.experiments.traffic import check_split
from modelgroups.inferences.read import Selection
from modelgroups.inferences.summary import count
from modelgroups.inferences.times import micros
from modelgroups.lifecycle.aliases import CHAMPION, aliased_at
from modelgroups.lifecycle.deployments import Plan
from modelgroups.lifecycle.lookup import version_name
from modelgroups.lifecycle.naming import find_version, name_of
from modelgroups.query.subject import Subject, subject_of
from modelgroups.registry import Registry
from modelgroups.types import Stage

__all__ = [
    "STEPS",
    "Observed",
    "Watch",
    "evaluate",
    "observe",
    "plan_ab",
    "plan_canary",
    "plan_replace",
    "plan_shadow",
    "weighted",
]

STEPS: Final = (0.01, 0.05, 0.25, 1.0)
"""The shares that a canary gets, one after the other."""


@dataclass(frozen=True)
class Watch:
    """What is looked at during a deployment, as the user gave it.

    Parameters
    ----------
    metric
        What is to improve.
    guardrails
        By how much each metric may be worse.
    confidence
        Of all tests together.
    planned
        How many inferences it is to take, if that was said.
    salt
        Of the assignment, if that was said.
    """

    metric: Any = None
    guardrails: Any = None
    confidence: Any = 0.95
    planned: Any = None
    salt: Any = None


def plan_replace(registry: Registry, group_id: str, version: Any) -> Plan:
    """Return the plan that gives all traffic to one version."""
    record = _active(find_version(registry, group_id, version))
    return _plan(registry, group_id, [record], {record.id: 1.0}, {"salt": uuid4().hex})


def plan_ab(registry: Registry, group_id: str, weights: Mapping[Any, float], watch: Watch) -> Plan:
    """Return the plan of an A/B test.

    Raises
    ------
    NotFoundError, UserValueError, UserTypeError, ConflictError
        See `Deploying.ab`.
    """
    records, shares = weighted(registry, group_id, weights)
    if len(records) < 2 or not all(shares.values()):
        raise UserValueError(
            "an A/B test divides traffic among two versions or more, each with a weight above 0, "
            f"got {dict(weights)}"
        )
    champion = aliased_at(registry, group_id, CHAMPION, None)
    records.sort(key=lambda record: champion is None or record.id != champion.id)
    subjects = _require_alike(registry, records)
    options = _options(subjects[0], watch, needs_metric=True)
    return _plan(registry, group_id, records, shares, options)


def plan_canary(
    registry: Registry, group_id: str, version: Any, steps: Sequence[float], watch: Watch
) -> Plan:
    """Return the plan of a canary.

    Raises
    ------
    NotFoundError, UserValueError, UserTypeError, ConflictError
        See `Deploying.canary`.
    """
    records = _against_champion(registry, group_id, version)
    shares = _checked_steps(steps)
    subjects = _require_alike(registry, records)
    options = _options(subjects[0], watch, needs_metric=False)
    if not options["guardrails"]:
        raise UserValueError(
            "guardrails must name what may not get worse, and by how much at most, such as "
            "{'Accuracy Rate': 0.02}; a canary goes on as long as they hold"
        )
    weights = {records[0].id: 1 - shares[0], records[1].id: shares[0]}
    return _plan(registry, group_id, records, weights, options | {"steps": shares})


def plan_shadow(registry: Registry, group_id: str, version: Any, watch: Watch) -> Plan:
    """Return the plan of a shadow.

    Raises
    ------
    NotFoundError, UserValueError, UserTypeError, ConflictError
        See `Deploying.shadow`.
    """
    records = _against_champion(registry, group_id, version)
    subjects = _require_alike(registry, records)
    options = _options(subjects[0], watch, needs_metric=True) | {"shadow": records[1].id}
    return _plan(registry, group_id, records, {records[0].id: 1.0}, options)


def weighted(
    registry: Registry, group_id: str, weights: Mapping[Any, float]
) -> tuple[list[ModelRecord], dict[str, float]]:
    """Return the versions of weights, and the weights by id.

    Raises
    ------
    NotFoundError, UserValueError, ConflictError
        A version is unknown, archived or named twice, or the weights do not sum to one.
    """
    shares = checked_weights(require_mapping(weights, "weights"))
    records = [_active(find_version(registry, group_id, version)) for version in shares]
    ids = [record.id for record in records]
    for place, id_ in enumerate(ids):
        if id_ in ids[:place]:
            raise UserValueError(
                f"weights name the version {name_of(records[place])!r} twice: {dict(weights)}"
            )
    return records, dict(zip(ids, shares.values(), strict=True))


# --- what is checked before the start ----------------------------------------------------------


def _plan(
    registry: Registry,
    group_id: str,
    records: Sequence[ModelRecord],
    weights: Mapping[str, float],
    options: Mapping[str, Any],
) -> Plan:
    champion = aliased_at(registry, group_id, CHAMPION, None)
    names = {record.id: name_of(record) for record in records}
    if len(set(names.values())) < len(names):  # the label of one is the number of another
        names = {record.id: record.id for record in records}
    assignment = Assignment.of(weights, salt=options["salt"])
    return Plan(
        names,
        None if champion is None else champion.id,
        pieces=assignment.pieces,
        since=now(),
        **options,
    )


def _active(record: ModelRecord) -> ModelRecord:
    if record.archived_at is not None:
        raise ConflictError(
            f"{version_name(record)} is archived and cannot be deployed; bring it back first with "
            "model.restore()"
        )
    return record


def _against_champion(registry: Registry, group_id: str, version: Any) -> list[ModelRecord]:
    """Return the champion and the version that is to be tried beside it."""
    record = _active(find_version(registry, group_id, version))
    champion = aliased_at(registry, group_id, CHAMPION, None)
    if champion is None:
        raise ConflictError(
            f"the group {group_id} has no champion that {version_name(record)} could be tried "
            "beside; make a version the champion first with group.promote(...)"
        )
    if champion.id == record.id:
        raise UserValueError(f"{version_name(record)} is the champion already; name another one")
    return [champion, record]


def _require_alike(registry: Registry, records: Sequence[ModelRecord]) -> list[Subject]:
    """Return the versions as subjects, or raise unless one request suits, and is comparable."""
    subjects = [subject_of(registry, record) for record in records]
    first, name = subjects[0], name_of(records[0])
    for record, other in zip(records[1:], subjects[1:], strict=True):
        require_shared(name, first, name_of(record), other)
        if records[0].input_type != record.input_type:
            raise UserValueError(
                f"{name!r} takes {records[0].input_type} inputs and {name_of(record)!r} "
                f"{record.input_type} ones; versions of a deployment get the same requests"
            )
        one, two = (each.recipient.of_stage(Stage.ModelPipelineInput) for each in (first, other))
        shared = one.keys() & two.keys()
        told = [
            f"{attribute!r} is {one[attribute].value_type} in {name!r} and "
            f"{two[attribute].value_type} in {name_of(record)!r}"
            for attribute in one
            if attribute in shared and one[attribute].value_type != two[attribute].value_type
        ]
        if told or (one and two and not shared):
            raise UserValueError(
                "versions of a deployment get the same requests, and these cannot share inputs: "
                + ("; ".join(told) or f"{name!r} and {name_of(record)!r} have none in common")
            )
    return subjects


def _options(subject: Subject, watch: Watch, *, needs_metric: bool) -> dict[str, Any]:
    """Return what is watched, checked."""
    guardrails = _checked_guardrails(watch.guardrails)
    metric = None if watch.metric is None else require_text(watch.metric, "metric")
    if metric is None and needs_metric:
        metric = next(m.name for m in chosen_measures(subject, None) if m.sign)
    wanted = list(dict.fromkeys([*([] if metric is None else [metric]), *guardrails]))
    known = {measure.name: measure for measure in _measures(subject, wanted)}
    if metric is not None and not known[metric].sign:
        raise UserValueError(
            f"metric={metric!r} is neither better for being more nor for being less, so no version "
            "can win by it; it can be a guardrail"
        )
    planned = 0
    if watch.planned is not None:
        planned = require_whole(watch.planned, "planned")
        if planned < 1:
            raise UserValueError(f"planned must be 1 or more, got {planned}")
    return {
        "metric": metric,
        "guardrails": guardrails,
        "confidence": require_share(watch.confidence, "confidence"),
        "planned": planned,
        "salt": uuid4().hex if watch.salt is None else require_text(watch.salt, "salt"),
    }


def _measures(subject: Subject, names: Sequence[str]) -> list[Measure]:
    return chosen_measures(subject, names) if names else []


def _checked_guardrails(guardrails: Any) -> dict[str, float]:
    checked = {}
    for name, tolerance in require_mapping(guardrails or {}, "guardrails").items():
        is_number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
        if not is_number or not math.isfinite(tolerance) or tolerance < 0:
            raise UserValueError(
                f"guardrails[{name!r}] must say how much worse the metric may be, 0 or more, got "
                f"{tolerance!r}"
            )
        checked[require_text(name, "the name of a guardrail")] = float(tolerance)
    return checked


def _checked_steps(steps: Any) -> tuple[float, ...]:
    if isinstance(steps, str) or not isinstance(steps, Sequence):
        raise UserTypeError(f"steps must be a list of shares, got {steps!r}")
    shares: list[float] = []
    for step in steps:
        is_number = isinstance(step, int | float) and not isinstance(step, bool)
        if not is_number or not 0 < step <= 1 or (shares and step <= shares[-1]):
            raise UserValueError(
                f"steps must be shares above 0 that grow up to 1 at most, got {list(steps)}"
            )
        shares.append(float(step))
    if not shares:
        raise UserValueError("steps must hold one share at least, such as [0.01, 0.05, 0.25, 1.0]")
    return tuple(shares)


# --- what was found ------------------------------------------------------------------------------


def evaluate(
    registry: Registry,
    record: DeploymentRecord,
    counts: Mapping[str, int] | None = None,
    *,
    until: str | None = None,
) -> Evaluation:
    """Return what the inferences of a live deployment say, and what is to be done.

    Parameters
    ----------
    registry, record
        Which deployment.
    counts
        What the split is checked by instead of the inferences of each version.
    until
        The moment before which inferences count, if not all do.

    Raises
    ------
    UserValueError
        There was no inference since traffic was last divided.
    """
    plan = Plan.load(record.plan)
    found = observe(registry, record, until=until)
    seen = found.counts
    if not any(seen.values()):
        raise UserValueError(
            f"the {record.kind} deployment {record.id} has had no inference since {plan.since}"
            f"{'' if until is None else f' and before {until}'} (by inference_timestamp), so "
            "there is nothing to evaluate; answer requests with serve(), or send the inferences of "
            f"each version to its log{_earlier(registry, plan)}"
        )
    is_alone = plan.weights[plan.baseline] == 0  # a canary with all traffic has held at each step
    findings, watched = found.findings, () if is_alone else found.guardrails
    split = None
    if plan.shadow is None:
        weights = {plan.versions[id_]: share for id_, share in plan.weights.items() if share}
        given = seen if counts is None else dict(counts)
        due = {name: n for name, n in given.items() if name in weights or name not in seen}
        split = check_split(due, weights)
    canary = None
    if plan.steps:
        canary = (list(seen)[1], plan.step == len(plan.steps) - 1)
    decision, promote, reason = decide(
        findings, watched, split, seen, planned=plan.planned or None, canary=canary
    )
    return Evaluation(
        record.kind,
        plan.since,
        seen,
        findings,
        watched,
        split,
        decision,
        promote,
        reason,
        plan.confidence,
        found.notes,
    )


def _earlier(registry: Registry, plan: Plan) -> str:
    """Say so where the inferences that there are were made before the deployment."""
    n_earlier = sum(count(registry, id_).n_inferences for id_ in plan.versions)
    if not n_earlier:
        return ""
    return (
        f". They hold {number_of_things(n_earlier, 'inference')} of other times: compare() takes "
        "those, and at=… begins a deployment in the past, where nothing in the group changed since"
    )


@dataclass(frozen=True)
class Observed:
    """What the inferences of a deployment say, whatever is to be done about it.

    Parameters
    ----------
    counts
        The inferences of each version, the baseline first.
    findings, guardrails, notes
        As those of an `Evaluation`.

    Examples
    --------
    >>> Observed({"V1": 800, "V2": 200}, (), (), ()).counts["V2"]
    200
    """

    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    guardrails: tuple[Guardrail, ...]
    notes: tuple[str, ...]


def observe(registry: Registry, record: DeploymentRecord, *, until: str | None = None) -> Observed:
    """Return what is seen of a deployment since its traffic was last divided.

    Inferences count until a moment, if one is given, and until the end of the deployment.
    """
    plan = Plan.load(record.plan)
    guardrails = dict(plan.guardrails or {})
    metrics = list(dict.fromkeys([*([plan.metric] if plan.metric else []), *guardrails]))
    ended = until or record.concluded_at
    found = differences(
        registry,
        record.group_id,
        list(plan.versions),
        metrics=metrics,
        selection=Selection(
            since=micros(plan.since, None, "since"),
            until=None if ended is None else micros(ended, None, "until"),
        ),
    )
    baseline, *candidates = plan.versions.values()
    n_tests = len(plan.versions) - 1
    n_tests *= (plan.metric is not None) + len(guardrails)
    n_tests *= len(plan.steps) or 1
    options: dict[str, Any] = {
        "planned": plan.planned or PLANNED,
        "confidence": plan.confidence,
        "n_tests": n_tests,
    }
    lines = [
        replace(line, first=baseline, other=candidate)  # as the deployment calls them
        for candidate, of_candidate in zip(candidates, found.lines, strict=True)
        for line in of_candidate
    ]
    return Observed(
        dict(zip(plan.versions.values(), found.counts, strict=True)),
        tuple(finding_of(line, **options) for line in lines if line.metric == plan.metric),
        tuple(
            guardrail_of(line, guardrails[line.metric], **options)
            for line in lines
            if line.metric in guardrails
        ),
        tuple(found.notes),
    )
