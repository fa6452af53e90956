"""The states of a deployment: started, changed, ended; each step in one transaction.

A step is made by who saw the deployment as it is: of two processes that saw the same, one wins,
and the other is told so. What traffic goes where is not decided here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from uuid import uuid4

from sqlmodel import Session

from modelgroups.catalog import aliases, deployments
from modelgroups.catalog.clock import now
from modelgroups.catalog.deployments import DeploymentRecord
from modelgroups.catalog.documents import dump
from modelgroups.catalog.events import record as record_event
from modelgroups.errors import ConflictError, NotFoundError
from modelgroups.lifecycle.aliases import CHAMPION, move_within
from modelgroups.lifecycle.lookup import require_group, require_version, version_name
from modelgroups.lifecycle.moments import holding_from
from modelgroups.registry import Registry
from modelgroups.types import EventType

__all__ = [
    "ABORTED",
    "CONCLUDED",
    "LIVE",
    "WHOLE",
    "Plan",
    "change",
    "find_deployment",
    "finish",
    "history_of",
    "live_of",
    "repeat",
    "replace_champion",
    "require_live",
    "start",
]

LIVE: Final = "live"
CONCLUDED: Final = "concluded"
ABORTED: Final = "aborted"

WHOLE: Final = 1 << 53
"""Where the last piece of a plan ends: JSON keeps such numbers exactly."""


@dataclass(frozen=True)
class Plan:
    """What a deployment does; versions are named by id.

    Parameters
    ----------
    versions
        What each version is called, by id; the one that others are compared with comes first.
    champion
        The champion when it was started.
    salt, pieces
        Of the `Assignment` of keys.
    since
        When the traffic was last divided anew.
    metric, guardrails
        What is to improve, and by how much what may be worse.
    confidence, planned
        Of the tests.
    steps, step
        Of a canary: the shares of the new version, and which of them holds.
    phase
        How often traffic was divided.
    shadow
        The version that answers nobody.
    """

    versions: Mapping[str, str]
    champion: str | None
    salt: str
    pieces: tuple[tuple[int, str], ...]
    since: str
    metric: str | None = None
    guardrails: Mapping[str, float] | None = None
    confidence: float = 0.95
    planned: int = 0
    steps: tuple[float, ...] = ()
    step: int = 0
    phase: int = 1
    shadow: str | None = None

    @classmethod
    def load(cls, document: str) -> Self:
        """Return the plan of the JSON that `dump` made."""
        fields = json.loads(document)
        fields["pieces"] = tuple((end, version) for end, version in fields["pieces"])
        fields["steps"] = tuple(fields["steps"])
        return cls(**fields)

    def dump(self) -> str:
        """Return the plan as JSON."""
        return dump(vars(self))

    @property
    def baseline(self) -> str:
        """The id of the version that others are compared with."""
        return next(iter(self.versions))

    @property
    def weights(self) -> dict[str, float]:
        """The share of traffic of each version, by id."""
        shares = dict.fromkeys(self.versions, 0)
        start = 0
        for end, version in self.pieces:
            shares[version] += end - start
            start = end
        return {version: share / start for version, share in shares.items()}

    def all_to(self, version: str) -> Self:
        """Return the plan that gives all traffic to one version."""
        return replace(self, pieces=((self.pieces[-1][0], version),))


def find_deployment(registry: Registry, deployment_id: str) -> DeploymentRecord:
    """Return a deployment as it is now."""
    with registry.catalog.read() as session:
        return _require(session, deployment_id)


def live_of(registry: Registry, group_id: str) -> DeploymentRecord | None:
    """Return the deployment of a group that goes on, or None."""
    with registry.catalog.read() as session:
        return deployments.live(session, group_id)


def history_of(registry: Registry, group_id: str) -> list[DeploymentRecord]:
    """Return all deployments of a group, in order of starting."""
    with registry.catalog.read() as session:
        return deployments.of_group(session, group_id)


def start(
    registry: Registry,
    group_id: str,
    kind: str,
    plan: Plan,
    *,
    reason: str | None,
    at: str | None = None,
) -> DeploymentRecord:
    """Begin a deployment, now or as of a moment in the past.

    Raises
    ------
    ConflictError
        Another one of the group goes on, the group or a version is archived, there is another
        champion by now, or something of this was changed after `at`.
    """
    with registry.catalog.write() as session:
        _require_ready(session, group_id, plan)
        record = _record(session, group_id, kind, plan, LIVE, at)
        deployments.create(session, record)
        _tell(session, EventType.DeploymentStarted, record, None, plan, reason, at=at)
        return record


def replace_champion(
    registry: Registry, group_id: str, plan: Plan, *, reason: str | None, at: str | None = None
) -> DeploymentRecord:
    """Give all traffic to the only version of a plan, and make it the champion, at once.

    Raises
    ------
    ConflictError
        As `start`.
    """
    with registry.catalog.write() as session:
        _require_ready(session, group_id, plan)
        record = _record(session, group_id, "replace", plan, CONCLUDED, at)
        deployments.create(session, record)
        _tell(session, EventType.DeploymentStarted, record, None, plan, reason, at=at)
        _promote(session, record, plan, plan.baseline, reason, at)
        _tell(session, EventType.DeploymentConcluded, record, plan, plan, reason, at=at)
        return record


def change(
    registry: Registry,
    seen: DeploymentRecord,
    plan: Plan,
    type: EventType,
    *,
    reason: str | None,
    at: str | None = None,
) -> DeploymentRecord:
    """Divide the traffic of a deployment anew.

    Raises
    ------
    ConflictError
        It is not as it was seen, has ended, a version of it was archived, or it was changed after
        `at`.
    """
    with registry.catalog.write() as session:
        require_live(_require(session, seen.id), seen)
        _require_active(session, seen.group_id, plan)
        since = _changed_at(seen, at)
        plan = replace(plan, since=since, phase=plan.phase + 1)
        record = seen._replace(revision=seen.revision + 1, plan=plan.dump(), updated_at=since)
        _rewrite(session, record)
        _tell(session, type, record, Plan.load(seen.plan), plan, reason, at=at)
        return record


def finish(
    registry: Registry,
    seen: DeploymentRecord,
    state: str,
    winner: str,
    *,
    reason: str | None,
    decision: Mapping[str, Any] | None = None,
    at: str | None = None,
) -> DeploymentRecord:
    """End a deployment; all traffic goes to the winner, which becomes champion where it concluded.

    Parameters
    ----------
    registry
        Where.
    seen
        The deployment as it was seen.
    state
        ``concluded`` or ``aborted``.
    winner
        The id of the version that gets all traffic.
    reason
        Why.
    decision
        What it was decided by, for the event.
    at
        When, if not now.

    Raises
    ------
    ConflictError
        It is not as it was seen, has ended, the winner is archived, there is another champion
        by now than when it was started, or it was changed after `at`.
    """
    with registry.catalog.write() as session:
        require_live(_require(session, seen.id), seen)
        before = Plan.load(seen.plan)
        plan = before.all_to(winner)
        ended = _changed_at(seen, at)
        record = seen._replace(
            state=state,
            revision=seen.revision + 1,
            plan=plan.dump(),
            updated_at=ended,
            concluded_at=ended,
        )
        _rewrite(session, record)
        if state == CONCLUDED and winner != before.baseline:
            _promote(session, record, before, winner, reason, at)
        told = EventType.DeploymentConcluded if state == CONCLUDED else EventType.DeploymentAborted
        _tell(session, told, record, before, plan, reason, decision, at=at)
        return record


def repeat(session: Session, record: DeploymentRecord, seen: DeploymentRecord | None) -> None:
    """Store a deployment as it is in another registry, where it began or went on.

    Parameters
    ----------
    session
        A session that writes.
    record
        The deployment.
    seen
        As it is here; None where it is not.
    """
    if seen is None:
        deployments.create(session, record)
    elif not deployments.rewrite(session, record, seen=seen.revision):
        raise _changed(record)
    plan = Plan.load(record.plan)
    what = {"deployment": record.id, "kind": record.kind}
    before = None if seen is None else Plan.load(seen.plan)
    record_event(
        session,
        EventType.DeploymentImported,
        group_id=record.group_id,
        before=None if before is None else what | {"weights": _shown(before)},
        after=what
        | {
            "state": record.state,
            "weights": _shown(plan),
            "fingerprint": deployments.fingerprint(record),
            "at": record.updated_at,
        },
    )


def require_live(record: DeploymentRecord, seen: DeploymentRecord | None = None) -> None:
    """Raise unless a deployment goes on, as it was seen."""
    if record.state != LIVE:
        raise ConflictError(
            f"the {record.kind} deployment {record.id} was {record.state} at "
            f"{record.concluded_at}, and nothing more happens to it; start another one with "
            "group.deploy"
        )
    if seen is not None and record.revision != seen.revision:
        raise ConflictError(
            f"the {record.kind} deployment {record.id} was changed by somebody else at "
            f"{record.updated_at}. Nothing was changed here; refresh() it, and decide anew"
        )


# --- within a transaction ----------------------------------------------------------------------


def _require(session: Session, deployment_id: str) -> DeploymentRecord:
    record = deployments.find(session, deployment_id)
    if record is None:
        raise NotFoundError(
            f"no deployment has the id {deployment_id!r}; group.deploy.history() lists them"
        )
    return record


def _require_ready(session: Session, group_id: str, plan: Plan) -> None:
    """Raise unless a deployment can begin now."""
    going_on = deployments.live(session, group_id)
    if going_on is not None:
        raise ConflictError(
            f"the group {group_id} has a live deployment already: the {going_on.kind} "
            f"{going_on.id}, started at {going_on.created_at}. Get it with group.deploy.live(), "
            "and conclude() or abort() it first"
        )
    _require_active(session, group_id, plan)
    pointer = aliases.current(session, group_id, CHAMPION)
    if (None if pointer is None else pointer.model_id) != plan.champion:
        raise ConflictError(
            f"the champion of the group {group_id} was changed while the deployment was prepared. "
            "Nothing was started; try again"
        )


def _require_active(session: Session, group_id: str, plan: Plan) -> None:
    group = require_group(session, group_id)
    if group.archived_at is not None:
        raise ConflictError(
            f"the model group {group.name!r} ({group.id}) is archived and gets no traffic; bring "
            "it back first with group.restore()"
        )
    for version in plan.versions:
        record = require_version(session, group_id, version)
        if record.archived_at is not None:
            raise ConflictError(
                f"{version_name(record)} of the group {group_id} is archived and cannot be "
                "deployed; bring it back first with model.restore()"
            )


def _record(
    session: Session, group_id: str, kind: str, plan: Plan, state: str, at: str | None
) -> DeploymentRecord:
    since = now()
    if at is not None:
        champion = aliases.last_moved(session, group_id, CHAMPION)
        rests_on = (champion, deployments.last_changed(session, group_id))
        since = holding_from(at, rests_on, f"what is in use in the group {group_id}")
    ended = None if state == LIVE else since
    stored = replace(plan, since=since).dump()
    times = (since, since, ended)
    return DeploymentRecord(str(uuid4()), group_id, kind, state, 1, stored, *times, 0, None)


def _changed_at(seen: DeploymentRecord, at: str | None) -> str:
    if at is None:
        return now()
    return holding_from(at, [seen.updated_at], f"the {seen.kind} deployment {seen.id}")


def _rewrite(session: Session, record: DeploymentRecord) -> None:
    if not deployments.rewrite(session, record):
        raise _changed(record)


def _changed(record: DeploymentRecord) -> ConflictError:
    return ConflictError(
        f"the deployment {record.id} was changed by somebody else. Nothing was changed here; "
        "refresh() it, and decide anew"
    )


def _promote(
    session: Session,
    record: DeploymentRecord,
    plan: Plan,
    winner: str,
    reason: str | None,
    at: str | None,
) -> None:
    move_within(
        session,
        record.group_id,
        CHAMPION,
        winner,
        kind="promote",
        reason=reason or f"{record.kind} deployment {record.id}",
        if_current=plan.champion,
        at=at,
    )


def _tell(
    session: Session,
    type: EventType,
    record: DeploymentRecord,
    before: Plan | None,
    after: Plan,
    reason: str | None,
    decision: Mapping[str, Any] | None = None,
    *,
    at: str | None,
) -> None:
    """Write the event of a change."""
    what: dict[str, Any] = {"deployment": record.id, "kind": record.kind}
    told = what | {"weights": _shown(after), "fingerprint": deployments.fingerprint(record)}
    if after.steps:
        told["step"] = after.step
    if before is None:
        fields = ("metric", "guardrails", "confidence", "planned", "steps", "salt")
        told |= {name: value for name in fields if (value := getattr(after, name))}
    if after.shadow is not None:
        told["shadow"] = after.versions[after.shadow]
    if decision is not None:
        told["decision"] = dict(decision)
    if at is not None:
        told["at"] = at
    record_event(
        session,
        type,
        at=record.updated_at if at is None else now(),
        group_id=record.group_id,
        before=None if before is None else what | {"weights": _shown(before)},
        after=told,
        reason=reason,
    )


def _shown(plan: Plan) -> dict[str, float]:
    return {plan.versions[version]: share for version, share in plan.weights.items()}
