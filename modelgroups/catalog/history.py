"""Audit events of other registries, which came here with bundles, beside those that are ours.

They are no part of the chain here, and cannot be: its hashes follow each other as things happened
here. Each keeps the hash that it has where it happened, and that of the event before it there, so
that it can be seen not to have been changed. The event of the import that brought it, which is in
the chain here, has a hash over all that it brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select
from sqlmodel import Session

from modelgroups.catalog import events
from modelgroups.catalog.events import GENESIS, EventFilter, StoredEvent, chained, follows, matching
from modelgroups.catalog.tables import EventRow, ImportedEventRow, table

__all__ = [
    "TracedEvent",
    "TravellingEvent",
    "count_everywhere",
    "keep",
    "problems_of_history",
    "seal",
    "trail",
    "travelling",
]

_HERE = table(EventRow)
_CAME = table(ImportedEventRow)


class TravellingEvent(NamedTuple):
    """An event with all that its hash is computed of; `number` is its serial where it happened."""

    previous: str
    number: int
    at: str
    type: str
    group_id: str | None
    model_id: str | None
    actor: str
    before: str | None
    after: str | None
    reason: str | None
    hash: str

    @property
    def is_as_recorded(self) -> bool:
        """Whether the hash is that of the rest."""
        return follows(self.previous, self[1:-1], self.hash)


class TracedEvent(NamedTuple):
    """An event, and the hash of the event of the import that brought it; None for those of here."""

    event: StoredEvent
    import_hash: str | None


_COLUMNS = [_CAME.c[name] for name in TravellingEvent._fields]


def trail(session: Session, wanted: EventFilter, *, latest: int | None = None) -> list[TracedEvent]:
    """Return the events that match, of here and of elsewhere, or the latest of them.

    Those that came stand before the import that brought them, in the order that they had.
    """
    found = [
        ((event.serial, 1, 0), TracedEvent(event, None))
        for event in events.list_matching(session, wanted, latest=latest)
    ]
    for import_event, serial, import_hash, *values in session.execute(
        select(_CAME.c.import_event, _CAME.c.serial, _HERE.c.hash, *_COLUMNS[1:])
        .select_from(_CAME.join(_HERE, _HERE.c.serial == _CAME.c.import_event))
        .where(*matching(wanted, _CAME.c))
    ):
        event = StoredEvent._make(values)
        found.append(((import_event, 0, serial), TracedEvent(event, import_hash)))
    found.sort(key=lambda each: each[0])
    return [traced for _, traced in found[-latest if latest else 0 :]]


def count_everywhere(session: Session, wanted: EventFilter) -> dict[str, int]:
    """Return how many events match, of here and of elsewhere, by type, the most frequent first."""
    counts = events.count_matching(session, wanted)
    n = func.count()
    chosen = select(_CAME.c.type, n).where(*matching(wanted, _CAME.c)).group_by(_CAME.c.type)
    for name, count in session.execute(chosen):
        counts[name] = counts.get(name, 0) + int(count)
    return dict(sorted(counts.items(), key=lambda each: -each[1]))


def travelling(session: Session, group_id: str) -> list[TravellingEvent]:
    """Return all events of a group, in the order of `trail`, as they go to other registries."""
    before = _HERE.alias()
    ours = (
        select(_HERE, func.coalesce(before.c.hash, GENESIS).label("previous"))
        .select_from(_HERE.outerjoin(before, before.c.serial == _HERE.c.serial - 1))
        .where(_HERE.c.group_id == group_id)
    )
    found = []
    for row in session.execute(ours).mappings():
        values = {"number": row["serial"], **row}
        event = TravellingEvent(*(values[name] for name in TravellingEvent._fields))
        found.append(((row["serial"], 1, 0), event))
    theirs = select(_CAME.c.import_event, _CAME.c.serial, *_COLUMNS)
    for import_event, serial, *rest in session.execute(theirs.where(_CAME.c.group_id == group_id)):
        found.append(((import_event, 0, serial), TravellingEvent._make(rest)))
    found.sort(key=lambda each: each[0])
    return [event for _, event in found]


def seal(hashes: Iterable[str]) -> str:
    """Return a hash over the hashes of events, in their order.

    >>> seal(["a", "b"]) == seal(["b", "a"])
    False
    """
    return chained(GENESIS, hashes)


def keep(session: Session, import_event: int, came: Sequence[TravellingEvent]) -> None:
    """Store events that an import brought, in their order."""
    if came:
        rows = [{"import_event": import_event, **event._asdict()} for event in came]
        session.execute(insert(_CAME), rows)


def problems_of_history(session: Session, told: Mapping[int, tuple[Any, Any]]) -> Iterator[str]:
    """Yield what is wrong with the events of other registries.

    Parameters
    ----------
    session
        An open session.
    told
        How many events each import brought, and their seal, by the serial of its event.
    """
    found: dict[Any, list[Any]] = {}
    rows = session.execute(
        select(_CAME.c.serial, _CAME.c.import_event, *_COLUMNS).order_by(_CAME.c.serial)
    )
    for serial, import_event, *values in rows:
        event = TravellingEvent._make(values)
        if not event.is_as_recorded:
            yield (
                f"imported event {serial} ({event.type} at {event.at}) is not as it was recorded "
                "where it happened"
            )
        found.setdefault(import_event, []).append(event.hash)
    for import_event, (n_events, sealed) in told.items():
        hashes = found.pop(import_event, [])
        if not follows(GENESIS, hashes, sealed):
            yield (
                f"of the {n_events} events that came with the import of audit event "
                f"{import_event}, {len(hashes)} are here, and not as they came: some were "
                "changed, added, removed or reordered"
            )
    for import_event, hashes in found.items():
        yield (
            f"{len(hashes)} imported events are said to have come with audit event "
            f"{import_event}, which tells of none"
        )
