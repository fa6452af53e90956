"""The deployments of a group as they travel, and how they come together with those of a registry.

Where both have one, that which went further holds, if it was once as the other is now: that is what
the events say, which have a fingerprint of each state of a deployment.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from sqlmodel import Session

from modelgroups.bundle.values import is_time, is_uuid
from modelgroups.catalog import deployments, groups, models
from modelgroups.catalog.deployments import DeploymentRecord, fingerprint
from modelgroups.catalog.events import EventFilter
from modelgroups.catalog.history import trail
from modelgroups.catalog.transfer import Content, Row
from modelgroups.lifecycle.deployments import ABORTED, CONCLUDED, LIVE, WHOLE, Plan, repeat
from modelgroups.lifecycle.lookup import version_name

__all__ = [
    "DEPLOYMENTS",
    "DEPLOYMENT_TYPES",
    "new_deployments",
    "problems_of_deployments",
    "read_deployments",
    "store_deployments",
    "without_failures",
]

DEPLOYMENTS: Final = "deployments"
"""What they are called among the tables of a bundle."""

DEPLOYMENT_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "id": (str,),
    "kind": (str,),
    "state": (str,),
    "revision": (int,),
    "plan": (str,),
    "created_at": (str,),
    "updated_at": (str,),
    "concluded_at": (str, type(None)),
    "n_failures": (int,),
    "last_failure": (str, type(None)),
}
"""The columns; failures, which tell of inferences, travel with those only."""

_FAILURES: Final = ("n_failures", "last_failure")
_KINDS: Final = frozenset({"replace", "ab", "canary", "shadow"})


def read_deployments(session: Session, group_id: str, *, with_failures: bool) -> list[Row]:
    """Return the deployments of a group, in order of starting."""
    found = [
        {name: getattr(record, name) for name in DEPLOYMENT_TYPES}
        for record in deployments.of_group(session, group_id)
    ]
    return found if with_failures else without_failures(found)


def without_failures(rows: list[Row]) -> list[Row]:
    """Return deployments as if none of their shadows had failed."""
    return [row | {"n_failures": 0, "last_failure": None} for row in rows]


# --- how they come together --------------------------------------------------------------------


def new_deployments(
    session: Session, group_id: str, rows: list[Row], history: list[Row]
) -> tuple[list[str], list[Row]]:
    """Find out which deployments are new here or went on, and what is in their way.

    Parameters
    ----------
    session
        A session, before it stores what came.
    group_id
        Their group.
    rows, history
        The deployments and the events of a bundle.

    Returns
    -------
    tuple of list
        One sentence for each thing that is in the way, and what is new.
    """
    here = {record.id: record for record in deployments.of_group(session, group_id)}
    told_here = _told(
        each.event._asdict() for each in trail(session, EventFilter(group_id=group_id))
    )
    told_there = _told(history)
    conflicts: list[str] = []
    new: dict[str, DeploymentRecord] = {}
    for record in (DeploymentRecord(group_id=group_id, **row) for row in rows):
        known = here.get(record.id)
        if known is None:
            new[record.id] = record
            if deployments.find(session, record.id) is not None:
                conflicts.append(f"the deployment {record.id} is one of another group here")
            continue
        ours, theirs = fingerprint(known), fingerprint(record)
        if ours == theirs or theirs in told_here[record.id]:
            continue
        new[record.id] = record
        if ours not in told_there[record.id]:
            conflicts.append(f"the {record.kind} deployment {record.id} went on in another way")
    conflicts += _problems_of_two(here, new)
    return conflicts, [row for row in rows if row["id"] in new]


def store_deployments(session: Session, group_id: str, new: list[Row]) -> list[str]:
    """Store what is new; return one sentence for each thing that is in the way of its traffic."""
    here = {record.id: record for record in deployments.of_group(session, group_id)}
    records = [DeploymentRecord(group_id=group_id, **row) for row in new]
    for record in sorted(records, key=lambda record: record.id not in here):  # one is live at most
        seen = here.get(record.id)
        failures = {} if seen is None else {name: getattr(seen, name) for name in _FAILURES}
        repeat(session, record._replace(**failures), seen)
    return list(_problems_of_live(session, records))


def _told(events: Iterable[Row]) -> dict[str, set[str]]:
    """Return the fingerprints of the states that deployments were in, by id."""
    found: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["type"].startswith("deployment."):
            after = json.loads(event["after"] or "{}")
            found[str(after.get("deployment"))].add(str(after.get("fingerprint")))
    return found


def _problems_of_two(
    here: dict[str, DeploymentRecord], new: dict[str, DeploymentRecord]
) -> Iterator[str]:
    live = [record for record in (here | new).values() if record.state == LIVE]
    ours = [record for record in live if record.id not in new]
    theirs = [record for record in live if record.id in new]
    if ours and theirs:
        yield (
            f"the {ours[0].kind} deployment {ours[0].id} is live here, and the {theirs[0].kind} "
            f"{theirs[0].id} in the bundle; conclude() or abort() one of them first"
        )


def _problems_of_live(session: Session, new: Iterable[DeploymentRecord]) -> Iterator[str]:
    for record in new:
        if record.state != LIVE:
            continue
        group = groups.find(session, record.group_id)
        if group is not None and group.archived_at is not None:
            yield f"the {record.kind} deployment {record.id} would be live in an archived group"
        for version_id in Plan.load(record.plan).versions:
            version = models.find(session, version_id)
            if version is not None and version.archived_at is not None:
                yield (
                    f"the {record.kind} deployment {record.id} would give traffic to "
                    f"{version_name(version)}, which is archived here; bring it back first with "
                    "model.restore()"
                )


# --- what they may be --------------------------------------------------------------------------


def problems_of_deployments(content: Content) -> Iterator[str]:
    """Yield what of the deployments of a bundle this library would not have written."""
    versions = {row["id"] for row in content["model"]}
    rows = content[DEPLOYMENTS]
    for number, row in enumerate(rows, start=1):
        problem = _problem_of(row, versions)
        if problem is not None:
            yield f"deployment {number} {problem}"
    yield from (
        f"two deployments have the id {id_}"
        for id_, n in Counter(row["id"] for row in rows).items()
        if n > 1
    )
    if sum(row["state"] == LIVE for row in rows) > 1:
        yield "two deployments of the group are live"


def _problem_of(row: Row, versions: set[str]) -> str | None:
    if not is_uuid(row["id"]):
        return "has no id"
    if row["kind"] not in _KINDS or row["state"] not in {LIVE, CONCLUDED, ABORTED}:
        return "is of a kind or in a state that there is not"
    times = [row["created_at"], row["updated_at"], row["concluded_at"] or row["updated_at"]]
    if not all(map(is_time, times)) or sorted(times) != times:
        return "has no times, or not in their order"
    if (row["state"] == LIVE) != (row["concluded_at"] is None):
        return "is neither live nor ended"
    if row["revision"] < 1 or row["n_failures"] < 0:
        return "has a number that it cannot have"
    try:
        plan = Plan.load(row["plan"])
        sound = _is_sound(plan, row["kind"], versions)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    return None if sound else "has a plan that it cannot have"


def _is_sound(plan: Plan, kind: str, versions: set[str]) -> bool:
    """Return whether a plan may be that of a deployment; one of other types may raise instead."""
    ends = [0, *(end for end, _ in plan.pieces)]
    return all(
        (
            bool(plan.versions),
            plan.versions.keys() <= versions,
            all(map(_is_text, plan.versions.values())),
            len(set(plan.versions.values())) == len(plan.versions),
            plan.champion is None or plan.champion in versions,
            all(_is_whole_number(end) for end in ends) and ends[-1] == WHOLE,
            all(one < two for one, two in pairwise(ends)),
            all(version in plan.versions for _, version in plan.pieces),
            _is_text(plan.salt) and is_time(plan.since),
            plan.metric is None or _is_text(plan.metric),
            plan.guardrails is None
            or all(_is_text(name) and _is_number(v) for name, v in plan.guardrails.items()),
            _is_number(plan.confidence) and 0 < plan.confidence < 1,
            all(map(_is_whole_number, (plan.planned, plan.step, plan.phase))),
            plan.planned >= 0 and plan.phase >= 1,
            all(_is_number(share) and 0 < share <= 1 for share in plan.steps),
            bool(plan.steps) == (kind == "canary") and 0 <= plan.step <= len(plan.steps),
            plan.shadow in (plan.versions if kind == "shadow" else {None}),
        )
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole_number(value: Any) -> bool:
    return type(value) is int and abs(value) <= WHOLE


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and abs(value) < float("inf")
