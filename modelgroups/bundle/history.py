"""The audit events of a group as they travel: each with the hash that it has where it happened.

They cannot be put into the chain of the registry that takes them in. They are kept beside it, each
verifiable by itself, and one event of that chain, the import's, has a hash over all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from sqlmodel import Session

from modelgroups.bundle.values import is_json, is_time
from modelgroups.catalog.history import TravellingEvent, travelling
from modelgroups.catalog.transfer import Content, Row
from modelgroups.errors import CatalogCorruptError
from modelgroups.types import EventType

__all__ = [
    "HISTORY",
    "HISTORY_TYPES",
    "events_of",
    "new_events",
    "problems_of_history",
    "read_history",
]

HISTORY: Final = "history"
"""What the events are called among the tables of a bundle."""

HISTORY_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "previous": (str,),
    "number": (int,),
    "at": (str,),
    "type": (str,),
    "group_id": (str,),
    "model_id": (str, type(None)),
    "actor": (str,),
    "before": (str, type(None)),
    "after": (str, type(None)),
    "reason": (str, type(None)),
    "hash": (str,),
}
"""The columns; `previous` is the hash of the event before, whatever group that was of."""


def read_history(session: Session, group_id: str) -> list[Row]:
    """Return the events of a group, those that came here with bundles too.

    Raises
    ------
    CatalogCorruptError
        One was changed since it was recorded; no registry would take it in.
    """
    found = travelling(session, group_id)
    for event in found:
        if not event.is_as_recorded:
            raise CatalogCorruptError(
                f"audit event {event.number} ({event.type} at {event.at}) of the group {group_id} "
                "is not as it was recorded, and cannot be exported; connection.verify() tells what "
                "else is wrong"
            )
    return [event._asdict() for event in found]


def events_of(rows: list[Row]) -> list[TravellingEvent]:
    """Return rows of a bundle as events."""
    return [TravellingEvent(**row) for row in rows]


def new_events(session: Session, group_id: str, rows: list[Row]) -> list[Row]:
    """Return the events that are not known here: neither happened here, nor came before."""
    known = {event.hash for event in travelling(session, group_id)}
    return [row for row in rows if row["hash"] not in known]


def problems_of_history(content: Content, group_id: str) -> Iterator[str]:
    """Yield what of the events of a bundle this library would not have written."""
    versions = {row["id"] for row in content["model"]}
    types = set(EventType)
    rows = content[HISTORY]
    for number, row in enumerate(rows, start=1):
        if not TravellingEvent(**row).is_as_recorded:
            yield f"event {number} of the history does not have the hash that it was recorded with"
        elif row["type"] not in types or row["number"] < 1 or not is_time(row["at"]):
            yield f"event {number} of the history has a type, number or time that there is not"
        elif row["group_id"] != group_id or row["model_id"] not in {None, *versions}:
            yield f"event {number} of the history is of another group, or of no version of it"
        elif not (_is_actor(row["actor"]) and _are_objects(row["before"], row["after"])):
            yield f"event {number} of the history has an actor or contents that are not JSON"
    if len({row["hash"] for row in rows}) < len(rows):
        yield "an event of the history stands there twice"


def _is_actor(document: str) -> bool:
    if not is_json(document, dict):
        return False
    told = json.loads(document)
    texts, numbers = (("name",), ()) if "name" in told else (("user", "host"), ("process",))
    return all(isinstance(told.get(name), str) for name in texts) and all(
        type(told.get(name)) is int for name in numbers
    )


def _are_objects(*documents: str | None) -> bool:
    return all(document is None or is_json(document, dict) for document in documents)
