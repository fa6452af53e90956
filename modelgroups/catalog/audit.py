"""Whether the audit events are those that were recorded, and the rest is what they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from modelgroups.catalog import aliases
from modelgroups.catalog.events import GENESIS, AuditHead, StoredEvent, chained, every, head
from modelgroups.types import EventType

__all__ = ["AuditReport", "check_audit"]

_FINGERPRINTED = frozenset({EventType.ModelSaved, EventType.ModelUpdated})
_ALIASES = frozenset({EventType.AliasMoved, EventType.AliasDeleted})
_NOTED = _FINGERPRINTED | _ALIASES
_TYPE, _AT = StoredEvent._fields.index("type"), StoredEvent._fields.index("at")


class AuditReport(NamedTuple):
    """What the audit events say.

    `fingerprints` has that of each version, by id, as the last event of the version has it.
    """

    n_events: int
    problems: list[str]
    fingerprints: dict[str, str]


def check_audit(session: Session, noted: AuditHead | None = None) -> AuditReport:
    """Read the whole chain, and what it tells of.

    Parameters
    ----------
    session
        An open session.
    noted
        A head that was noted before, which the chain must still contain.
    """
    reading = _Reading(session, noted)
    problems = [*reading.chain(), *reading.aliases()]
    return AuditReport(reading.n_events, problems, reading.fingerprints())


class _Reading:
    """One reading of the events; `aliases` comes after `chain`."""

    def __init__(self, session: Session, noted: AuditHead | None) -> None:
        self._session = session
        self._noted = noted
        self._alias_events: dict[int, StoredEvent] = {}
        self._last_of_model: dict[str, str] = {}
        self.n_events = 0

    def fingerprints(self) -> dict[str, str]:
        """Return the fingerprint of each version, as the last event of it has it."""
        told = {key: _loaded(after) for key, after in self._last_of_model.items()}
        return {key: after["fingerprint"] for key, after in told.items() if "fingerprint" in after}

    def chain(self) -> Iterator[str]:
        """Yield the first event that is wrong, and what is wrong with the end."""
        previous, broken = GENESIS, False
        seen: str | None = None
        last = 0
        n_noted = 0 if self._noted is None else self._noted.n_events
        for row in every(self._session):
            serial, stored = row[0], row[-1]
            self.n_events += 1
            if row[_TYPE] in _NOTED:
                self._note(StoredEvent._make(row))
            if not broken and serial != last + 1:
                broken = True
                yield f"audit {_events(last + 1, serial - 1)} removed"
            elif not broken and not _follows(previous, row[:-1], stored):
                broken = True
                yield (
                    f"audit event {serial} ({row[_TYPE]} at {row[_AT]}) is not as it was "
                    "recorded: it was changed, or events before it were removed or reordered"
                )
            if serial == n_noted:
                seen = stored
            previous, last = stored, serial
        found = head(self._session)
        if found is None:
            yield "the head of the audit events is gone"
        elif found.n_events > last:
            yield f"audit {_events(last + 1, found.n_events)} removed from the end"
        elif found != (last, previous):
            yield f"the head of the audit events is not that of the last, event {last}"
        if self._noted is not None and self._noted.n_events and seen != self._noted.hash:
            yield (
                f"the first {self._noted.n_events} audit events are not those whose head "
                f"{self._noted.hash} was noted"
            )

    def _note(self, event: StoredEvent) -> None:
        """Keep what the rest of the catalog is compared with."""
        if event.type in _ALIASES:
            self._alias_events[event.serial] = event
        elif event.model_id is not None and event.after is not None:
            self._last_of_model[event.model_id] = event.after

    def aliases(self) -> Iterator[str]:
        """Yield which aliases and moves are not as the events have them."""
        last: dict[tuple[str, str], aliases.AliasMove] = {}
        for made in aliases.moves_everywhere(self._session):
            event = self._alias_events.pop(made.event, None)
            if event is None or not _tells_of(event, made):
                yield (
                    f"move {made.serial} of the alias {made.name!r} of group {made.group_id} is "
                    f"not what audit event {made.event} tells of"
                )
            last[made.group_id, made.name] = made
        for event in self._alias_events.values():
            yield f"the move of an alias that audit event {event.serial} tells of is gone"
        held = {(g, n): (m, s) for g, n, m, s in aliases.live_everywhere(self._session)}
        told = {k: (m.model_id, m.serial) for k, m in last.items() if m.model_id is not None}
        for group_id, name in sorted(held.keys() | told.keys()):
            if held.get((group_id, name)) != told.get((group_id, name)):
                yield (
                    f"the alias {name!r} of group {group_id} does not point where its last move "
                    "put it"
                )


def _events(first: int, last: int) -> str:
    return f"event {first} was" if last <= first else f"events {first} to {last} were"


def _follows(previous: str, event: Sequence[Any], stored: str) -> bool:
    try:
        return chained(previous, event) == stored
    except TypeError:  # values that were never recorded: blobs
        return False


def _tells_of(event: StoredEvent, made: aliases.AliasMove) -> bool:
    after, before = _loaded(event.after), _loaded(event.before)
    told = (event.group_id, event.at, after.get("alias", before.get("alias")))
    if told != (made.group_id, made.at, made.name):
        return False
    if event.type == EventType.AliasDeleted:
        return made.model_id is None and made.parent is None
    return (event.model_id, after.get("move"), after.get("parent")) == (
        made.model_id,
        made.kind,
        made.parent,
    )


def _loaded(document: Any) -> dict[str, Any]:
    try:
        found = json.loads(document)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
