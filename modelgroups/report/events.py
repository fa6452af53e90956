"""An extract of the audit trail, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from modelgroups.catalog.events import EventFilter
from modelgroups.catalog.history import count_everywhere
from modelgroups.lifecycle.audit import audit_frame
from modelgroups.report.words import moment_text, short, short_number
from modelgroups.types import EventType

if TYPE_CHECKING:
    from modelgroups.registry import Registry

__all__ = ["EventRow", "Extract", "extract_of"]

MOST: Final = 100
_LONGEST_LIST: Final = 30
_MOST_RULES: Final = 3
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}")


@dataclass(frozen=True)
class EventRow:
    """One event, or some of a kind: when, what, who, on which version, what changed, and why."""

    at: str
    type: str
    actor: str
    version: str
    change: str
    reason: str
    n_events: int = 1


@dataclass(frozen=True)
class Extract:
    """The latest events, newest first; how many there are in all, and of each type.

    Alerts are none of `rows`: there are so many of them that nothing else would be seen. Rules that
    were made one after another are one row.
    """

    rows: tuple[EventRow, ...]
    n_events: int
    counts: tuple[tuple[str, int], ...]

    @property
    def n_alerts(self) -> int:
        """How many alerts were raised."""
        return dict(self.counts).get(EventType.AlertRaised, 0)

    @property
    def n_listed(self) -> int:
        """How many events the rows tell of."""
        return sum(row.n_events for row in self.rows)


def extract_of(registry: Registry, group_id: str | None, names: Mapping[str, str]) -> Extract:
    """Return the latest events but for alerts.

    Parameters
    ----------
    registry
        Where.
    group_id
        Of this group only, if any.
    names
        What the versions are called, by id.
    """
    wanted = EventFilter(group_id=group_id)
    others = [kind for kind in EventType if kind != EventType.AlertRaised]
    frame = audit_frame(registry, replace(wanted, types=others), latest=MOST)
    with registry.catalog.read() as session:
        counts = count_everywhere(session, wanted)
    told: list[Mapping[Any, Any]] = [*frame[::-1].to_dict("records")]
    rows = [_row(list(some), names) for _, some in groupby(told, key=_kind)]
    return Extract(tuple(rows), sum(counts.values()), tuple(counts.items()))


def _kind(event: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return what events share that are told as one."""
    if event["type"] != EventType.RuleCreated:
        return (event["event_id"],)
    return event["type"], event["model_id"], event["actor"]


def _row(some: Sequence[Mapping[Any, Any]], names: Mapping[str, str]) -> EventRow:
    """Return how some events of a kind are told, the newest of which is the first."""
    event = some[0]
    change = change_text(event["before"], event["after"])
    if len(some) > 1:
        rules = [str((each["after"] or {}).get("name")) for each in some[::-1]]
        more = f", and {len(rules) - _MOST_RULES:,} more" if len(rules) > _MOST_RULES else ""
        listed = ", ".join(short(name, 48) for name in rules[:_MOST_RULES])
        change = f"{len(rules):,} rules: {listed}{more}"
    return EventRow(
        moment_text(event["timestamp"].to_pydatetime()),
        event["type"],
        event["actor"],
        "" if event["model_id"] is None else names.get(event["model_id"], ""),
        change,
        event["reason"] or "",
        len(some),
    )


def change_text(before: Any, after: Any) -> str:
    """Return what an event says of a change: what differs, else what there is now.

    >>> change_text({"version": 1, "move": "set"}, {"version": 2, "move": "set"})
    'version: 1 → 2'
    >>> change_text(None, {"inferences": 12, "source": None})
    'inferences: 12'
    """
    old, new = (value if isinstance(value, dict) else {} for value in (before, after))
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key) or not old]
    told = []
    for key in keys:
        one, two = old.get(key), new.get(key)
        if one is None and two is None:
            continue
        text = _text(two) if one is None else f"{_text(one)} → {_text(two)}"
        told.append(f"{key}: {text}")
    return "; ".join(told[:6]) + ("; …" if len(told) > 6 else "")


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return short_number(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value[:8]
    if isinstance(value, str | int):
        return short(value, 48)
    if isinstance(value, list):  # of ids, mostly, and then their number says more
        listed = ", ".join(map(str, value))
        return listed if len(listed) <= _LONGEST_LIST else f"{len(value):,}"
    if isinstance(value, dict):
        return short(", ".join(f"{key} {_text(each)}" for key, each in value.items()), 90)
    return short(json.dumps(value, ensure_ascii=False, default=str), 90)
