"""Audit events: what was changed, when, by whom and why, each chained to the one before.

Whoever changes something calls `record` in the transaction of the change. The hash of an event
is the SHA-256 of a JSON list: the hash of the event before, then its columns, where ``actor``,
``before`` and ``after`` are the texts that are stored.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from modelgroups.catalog.clock import now
from modelgroups.catalog.documents import dump
from modelgroups.catalog.prepared import Prepared, inserting
from modelgroups.catalog.tables import AuditHeadRow, EventRow, ModelRow, table
from modelgroups.errors import CatalogCorruptError
from modelgroups.types import EventType

__all__ = [
    "GENESIS",
    "AuditHead",
    "Event",
    "EventFilter",
    "StoredEvent",
    "chained",
    "every",
    "head",
    "list_matching",
    "record",
]

GENESIS: Final = "0" * 64
"""The hash that the first event follows."""

_EVENT = table(EventRow).c
_HEAD = table(AuditHeadRow).c
_MODEL = table(ModelRow).c

_canonical = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a registry, as those are told of it who asked with `Connection.on`.

    Parameters
    ----------
    event_id
        Its id, a UUID.
    timestamp
        When it happened, ISO 8601 text in UTC.
    type
        What happened, an `EventType`.
    group_id, model_id
        What it happened to.
    actor
        Who did it: ``user``, ``host`` and ``process``; or ``name``, as `connect` was told.
    before, after
        What changed; None where there is nothing to say.
    reason
        Why, if that was given.
    """

    event_id: str
    timestamp: str
    type: EventType
    group_id: str | None
    model_id: str | None
    actor: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None

    @property
    def category(self) -> str:
        """The first part of the type."""
        return self.type.category


class StoredEvent(NamedTuple):
    """The columns of an event that its hash covers; `actor`, `before`, `after` are JSON."""

    serial: int
    id: str
    at: str
    type: str
    group_id: str | None
    model_id: str | None
    actor: str
    before: str | None
    after: str | None
    reason: str | None


class AuditHead(NamedTuple):
    """How many events there are, and the hash of the last, which seals all of them.

    Noted elsewhere, it proves later that none of them was changed: `Connection.verify` takes it.
    """

    n_events: int
    hash: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list. None asks for nothing."""

    group_id: str | None = None
    model_id: str | None = None
    types: Sequence[str] | None = None
    since: str | None = None
    until: str | None = None


_COLUMNS = [_EVENT[name] for name in StoredEvent._fields]
_COUNT = Prepared(
    update(table(AuditHeadRow))
    .where(_HEAD.id == 1)
    .values(n_events=_HEAD.n_events + 1)
    .returning(_HEAD.n_events, _HEAD.hash)
)
_SEAL = Prepared(
    update(table(AuditHeadRow)).where(_HEAD.id == 1).values(hash=bindparam("new_hash"))
)
_READ_HEAD = Prepared(select(_HEAD.n_events, _HEAD.hash).where(_HEAD.id == 1))
_INSERT = Prepared(inserting(table(EventRow)))
_GROUP_OF = Prepared(select(_MODEL.group_id).where(_MODEL.id == bindparam("model")))
_EVERY = Prepared(select(*_COLUMNS, _EVENT.hash).order_by(_EVENT.serial))


def record(
    session: Session,
    type: EventType,
    *,
    at: str | None = None,
    group_id: str | None = None,
    model_id: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> int:
    """Write an event in the transaction of the change that it tells of; return its serial.

    Parameters
    ----------
    session
        A session that writes.
    type
        What happened.
    at
        When, as stored; the present moment if it is not given.
    group_id, model_id
        What it happened to; the group of the model if only that is given.
    before, after
        What changed, plain JSON: names, counts, ids and hashes, never values of inferences.
    reason
        Why.

    Raises
    ------
    CatalogCorruptError
        The catalog has lost the head of its chain.
    """
    counted = _COUNT.first(session, {})
    if counted is None:
        raise CatalogCorruptError(
            "the catalog has lost the head of its audit events; restore it from a backup"
        )
    serial, previous = counted
    if group_id is None and model_id is not None:
        group_id = _GROUP_OF.scalar(session, {"model": model_id})
    actor = _actor(session.info.get("actor"))
    event = StoredEvent(
        serial=int(serial),
        id=str(uuid4()),
        at=at or now(),
        type=type.value,
        group_id=group_id,
        model_id=model_id,
        actor=dump(actor),
        before=None if before is None else dump(before),
        after=None if after is None else dump(after),
        reason=reason,
    )
    new_hash = chained(previous, event)
    _INSERT.run(session, {**event._asdict(), "hash": new_hash})
    _SEAL.run(session, {"new_hash": new_hash})
    told: list[Event] = session.info.setdefault("events", [])
    told.append(
        Event(event.id, event.at, type, group_id, model_id, actor, before, after, event.reason)
    )
    return event.serial


def chained(previous: str, event: Sequence[Any]) -> str:
    """Return the hash of an event that follows one with another hash.

    Raises
    ------
    TypeError
        A value is of a type that is never stored.
    """
    return sha256(_canonical([previous, *event]).encode()).hexdigest()


def head(session: Session) -> AuditHead | None:
    """Return how many events there are, and the hash of the last; None if that is lost."""
    row = _READ_HEAD.first(session, {})
    return None if row is None else AuditHead(*row)


def every(session: Session) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of every event and its hash behind them, in order."""
    return _EVERY.rows(session, {})


def list_matching(session: Session, wanted: EventFilter) -> list[StoredEvent]:
    """Return the events that match, in order of recording."""
    conditions = [
        _EVENT[name] == value
        for name in ("group_id", "model_id")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.types is not None:
        conditions.append(_EVENT.type.in_(wanted.types))
    if wanted.since is not None:
        conditions.append(_EVENT.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_EVENT.at < wanted.until)
    rows = session.execute(select(*_COLUMNS).where(*conditions).order_by(_EVENT.serial))
    return list(map(StoredEvent._make, rows))


def _actor(name: str | None) -> dict[str, Any]:
    if name is not None:
        return {"name": name}
    return {"user": _user(), "host": _host(), "process": os.getpid()}


@lru_cache
def _user() -> str:
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):  # a number that has no name, as in containers
        name = str(os.getuid())
    return _unicode(name)


@lru_cache
def _host() -> str:
    return _unicode(socket.gethostname())


def _unicode(text: str) -> str:
    return text.encode(errors="replace").decode()
