"""How a deployment went: who got how much of the traffic, and what that says. Loads numpy.

It only looks: unlike `Deployment.evaluate` it never ends a deployment whose guardrail broke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from modelgroups.catalog.events import EventFilter, StoredEvent
from modelgroups.catalog.history import trail
from modelgroups.experiments.deploy import observe
from modelgroups.inferences.summary import count
from modelgroups.lifecycle.deployments import Plan
from modelgroups.lifecycle.naming import find_version
from modelgroups.loading import loading
from modelgroups.query.subject import subject_of
from modelgroups.types import EventType

if TYPE_CHECKING:
    from modelgroups.catalog.deployments import DeploymentRecord
    from modelgroups.experiments.deploy import Observed
    from modelgroups.registry import Registry

__all__ = ["KINDS", "Course", "Division", "course_of", "divisions_of"]

KINDS: Final = {"ab": "A/B test", "canary": "canary", "shadow": "shadow", "replace": "replacement"}
"""What deployments are called, by their kind."""

_INTERVALS: Final = (
    ("minute", timedelta(minutes=1)),
    ("hour", timedelta(hours=1)),
    ("day", timedelta(days=1)),
    ("week", timedelta(days=7)),
)
_MOST: Final = 120  # intervals that are told apart
_TOLD: Final = (
    EventType.DeploymentStarted,
    EventType.DeploymentAdvanced,
    EventType.DeploymentReweighted,
)


@dataclass(frozen=True)
class Division:
    """How traffic was to be divided from one moment to another.

    Parameters
    ----------
    start, end
        The moments.
    weights
        The share of each version.

    Examples
    --------
    >>> one, two = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    >>> Division(one, two, {"V1": 0.5, "V2": 0.5}).weights["V2"]
    0.5
    """

    start: datetime
    end: datetime
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Course:
    """How a deployment went.

    Parameters
    ----------
    kind, state
        Of the deployment.
    versions
        Their names, the baseline first.
    numbers
        Their sequence numbers.
    interval
        ``minute``, ``hour``, ``day`` or ``week``.
    starts
        Of the intervals that have inferences, in UTC.
    counts
        The inferences of each version in each interval.
    divisions
        How traffic was to be divided.
    observed
        The differences since it was last divided; None where there are no two versions.
    confidence
        Of all tests together.

    Examples
    --------
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> counts = {"V1": (30, 10), "V2": (10, 30)}
    >>> course = Course("ab", "live", ("V1", "V2"), (1, 2), "day", (at, at), counts, (), None, 0.95)
    >>> sum(course.counts["V1"])
    40
    """

    kind: str
    state: str
    versions: tuple[str, ...]
    numbers: tuple[int, ...]
    interval: str
    starts: tuple[datetime, ...]
    counts: Mapping[str, tuple[int, ...]]
    divisions: tuple[Division, ...]
    observed: Observed | None
    confidence: float

    @property
    def length(self) -> timedelta:
        """How long an interval is.

        Examples
        --------
        >>> Course("ab", "live", ("V1",), (1,), "hour", (), {"V1": ()}, (), None, 0.95).length
        datetime.timedelta(seconds=3600)
        """
        return dict(_INTERVALS)[self.interval]

    def shares(self, version: str) -> list[float]:
        """Return the share of the inferences of each interval that are of a version.

        Parameters
        ----------
        version
            Its name.

        Examples
        --------
        >>> at = datetime(2026, 3, 1, tzinfo=UTC)
        >>> counts = {"V1": (30, 10), "V2": (10, 30)}
        >>> versions, numbers, starts = ("V1", "V2"), (1, 2), (at, at)
        >>> course = Course("ab", "live", versions, numbers, "day", starts, counts, (), None, 0.95)
        >>> course.shares("V1")
        [0.75, 0.25]
        """
        totals = [sum(of_all) for of_all in zip(*self.counts.values(), strict=True)]
        return [n / total for n, total in zip(self.counts[version], totals, strict=True)]


def course_of(registry: Registry, record: DeploymentRecord) -> Course:
    """Return how a deployment went so far, or until its end."""
    plan = Plan.load(record.plan)
    start = datetime.fromisoformat(record.created_at)
    ended = record.concluded_at
    end = datetime.now(UTC) if ended is None else datetime.fromisoformat(ended)
    if ended is None:  # clocks differ
        end = max([end, *(_last(registry, record, version) for version in plan.versions)])
    fitting = [name for name, length in _INTERVALS if (end - start) / length <= _MOST]
    interval = fitting[0] if fitting else _INTERVALS[-1][0]
    found = {
        name: _counts(registry, record, version, interval)
        for version, name in plan.versions.items()
    }
    starts = sorted({at for counts in found.values() for at in counts})
    return Course(
        record.kind,
        record.state,
        tuple(plan.versions.values()),
        tuple(find_version(registry, record.group_id, v).sequence_num for v in plan.versions),
        interval,
        tuple(starts),
        {name: tuple(counts.get(at, 0) for at in starts) for name, counts in found.items()},
        tuple(divisions_of(registry, record, end)),
        observe(registry, record) if len(plan.versions) > 1 else None,
        plan.confidence,
    )


def divisions_of(registry: Registry, record: DeploymentRecord, end: datetime) -> Sequence[Division]:
    """Return how traffic was to be divided, from what the audit events say."""
    wanted = EventFilter(group_id=record.group_id, types=[kind.value for kind in _TOLD])
    with registry.catalog.read() as session:
        found = [traced.event for traced in trail(session, wanted)]
    told = [each for each in found if _is_of(each, record.id)]
    moments = [*(datetime.fromisoformat(_after(event).get("at", event.at)) for event in told), end]
    return [
        Division(one, max(one, two), _after(event)["weights"])
        for event, (one, two) in zip(told, pairwise(moments), strict=True)
    ]


def _is_of(event: StoredEvent, deployment_id: str) -> bool:
    return bool(_after(event).get("deployment") == deployment_id)


def _after(event: StoredEvent) -> dict[str, Any]:
    import json

    return dict(json.loads(event.after or "{}"))


def _last(registry: Registry, record: DeploymentRecord, version: str) -> datetime:
    """Return when the last inference of a version was made; the start of all if there is none."""
    last = count(registry, find_version(registry, record.group_id, version).id).last_timestamp
    return datetime.fromisoformat(last or record.created_at)


def _counts(
    registry: Registry, record: DeploymentRecord, version: str, interval: str
) -> dict[datetime, int]:
    """Return the inferences of a version in each interval of a deployment."""
    with loading():
        from modelgroups.query.run import run_base

    bounds = [("gte", record.created_at), ("lt", record.concluded_at)]
    rows = run_base(
        subject_of(registry, find_version(registry, record.group_id, version)),
        {
            "select": [
                {
                    "function": "roundTimestamp",
                    "alias": "at",
                    "parameters": {"property": "inference_timestamp", "time_interval": interval},
                },
                {"function": "count", "alias": "n"},
            ],
            "filter": [
                {"property": "inference_timestamp", "comparator": comparator, "value": bound}
                for comparator, bound in bounds
                if bound is not None
            ],
            "group_by": [{"alias": "at"}],
        },
    )
    return {datetime.fromisoformat(row["at"]): int(row["n"]) for row in rows}
