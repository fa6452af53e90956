"""An extract of the audit trail, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.catalog.events import EventFilter
from modelgroups.catalog.history import count_everywhere
from modelgroups.lifecycle.audit import audit_frame
from modelgroups.report.words import moment_text, short, short_number

if TYPE_CHECKING:
    from modelgroups.registry import Registry

__all__ = ["EventRow", "Extract", "extract_of"]

MOST: Final = 100
_LONGEST_LIST: Final = 30
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}")


@dataclass(frozen=True)
class EventRow:
    """One event: when, what, who, on which version, what changed, and why."""

    at: str
    type: str
    actor: str
    version: str
    change: str
    reason: str


@dataclass(frozen=True)
class Extract:
    """The latest events, newest first; how many there are in all, and of each type."""

    rows: tuple[EventRow, ...]
    n_events: int
    counts: tuple[tuple[str, int], ...]


def extract_of(registry: Registry, group_id: str | None, names: Mapping[str, str]) -> Extract:
    """Return the latest events.

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
    frame = audit_frame(registry, wanted, latest=MOST)
    with registry.catalog.read() as session:
        counts = count_everywhere(session, wanted)
    rows = [
        EventRow(
            moment_text(event["timestamp"].to_pydatetime()),
            event["type"],
            event["actor"],
            "" if event["model_id"] is None else names.get(event["model_id"], ""),
            change_text(event["before"], event["after"]),
            event["reason"] or "",
        )
        for event in frame[::-1].to_dict("records")
    ]
    return Extract(tuple(rows), sum(counts.values()), tuple(counts.items()))


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
