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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, select, update
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
    "count_matching",
    "event_id",
    "every",
    "follows",
    "head",
    "list_matching",
    "matching",
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
        Its id, a UUID that follows from its hash.
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

    Examples
    --------
    >>> import modelgroups as mg
    >>> from modelgroups.testing import example_version
    >>> with mg.connect(":memory:") as connection:
    ...     _ = connection.on("model.saved", lambda event: print(event.type, event.after["label"]))
    ...     _ = example_version(connection, "V1")
    model.saved V1
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
        """The first part of the type.

        Examples
        --------
        >>> import modelgroups as mg
        >>> from modelgroups.testing import example_version
        >>> with mg.connect(":memory:") as connection:
        ...     _ = connection.on("model.saved", lambda event: print(event.category))
        ...     _ = example_version(connection, "V1")
        model
        """
        return self.type.category


class StoredEvent(NamedTuple):
    """An event as it is stored; `actor`, `before` and `after` are JSON.

    `hash` covers the other columns and the hash of the event before.
    """

    serial: int
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
    def event_id(self) -> str:
        """The id, which follows from the hash."""
        return event_id(self.hash)


class AuditHead(NamedTuple):
    """How many events there are, and the hash of the last, which seals all of them.

    Noted elsewhere, it proves later that none of them was changed: `Connection.verify` takes it.

    Parameters
    ----------
    n_events
        How many events the registry has recorded.
    hash
        The SHA-256 of the last, which covers the one before it and so all, in hexadecimal; zeros
        where there is none.

    Examples
    --------
    >>> import modelgroups as mg
    >>> with mg.connect(":memory:") as connection:
    ...     connection.audit_head().n_events
    0
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
_READ_HEAD = Prepared(select(_HEAD.n_events, _HEAD.hash).where(_HEAD.id == 1))
_HOLD_HEAD = Prepared(select(_HEAD.n_events, _HEAD.hash).where(_HEAD.id == 1).with_for_update())
_SEAL = Prepared(
    update(table(AuditHeadRow))
    .where(_HEAD.id == 1)
    .values(n_events=bindparam("serial"), hash=bindparam("new_hash"))
)
_INSERT = Prepared(inserting(table(EventRow)))
_GROUP_OF = Prepared(select(_MODEL.group_id).where(_MODEL.id == bindparam("model")))
_EVERY = Prepared(select(*_COLUMNS).order_by(_EVENT.serial))


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
    last = _HOLD_HEAD.first(session, {})
    if last is None:
        raise CatalogCorruptError(
            "the catalog has lost the head of its audit events; restore it from a backup"
        )
    if group_id is None and model_id is not None:
        group_id = _GROUP_OF.scalar(session, {"model": model_id})
    actor = _actor(session.info.get("actor"))
    row: dict[str, Any] = {
        "serial": int(last[0]) + 1,
        "at": at or now(),
        "type": type.value,
        "group_id": group_id,
        "model_id": model_id,
        "actor": dump(actor),
        "before": None if before is None else dump(before),
        "after": None if after is None else dump(after),
        "reason": reason,
    }
    row["hash"] = new_hash = chained(last[1], row.values())
    _INSERT.run(session, row)
    _SEAL.run(session, {"serial": row["serial"], "new_hash": new_hash})
    told: list[Event] | None = session.info.get("events")
    if told is not None:
        what = (type, group_id, model_id, actor, before, after, reason)
        told.append(Event(event_id(new_hash), row["at"], *what))
    return int(row["serial"])


def event_id(hash: str) -> str:
    """Return the id of the event with a hash, a UUID made of its beginning.

    >>> event_id("0123456789abcdef" * 4)
    '01234567-89ab-cdef-0123-456789abcdef'
    """
    return f"{hash[:8]}-{hash[8:12]}-{hash[12:16]}-{hash[16:20]}-{hash[20:32]}"


def chained(previous: str, values: Iterable[Any]) -> str:
    """Return the hash of an event, of the values of its other columns, and the one before.

    Raises
    ------
    TypeError
        A value is of a type that is never stored.
    """
    return sha256(_canonical([previous, *values]).encode()).hexdigest()


def follows(previous: str, values: Iterable[Any], stored: object) -> bool:
    """Return whether a hash is that of an event, of its other columns and of the one before."""
    try:
        return chained(previous, values) == stored
    except TypeError:  # values that were never recorded: blobs
        return False


def head(session: Session) -> AuditHead | None:
    """Return how many events there are, and the hash of the last; None if that is lost."""
    row = _READ_HEAD.first(session, {})
    return None if row is None else AuditHead(*row)


def every(session: Session) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of every event, as `StoredEvent` has them, in order."""
    return _EVERY.rows(session, {})


def list_matching(
    session: Session, wanted: EventFilter, *, latest: int | None = None
) -> list[StoredEvent]:
    """Return the events that match, or the latest of them, in order of recording."""
    chosen = select(*_COLUMNS).where(*matching(wanted, _EVENT))
    if latest is None:
        return list(map(StoredEvent._make, session.execute(chosen.order_by(_EVENT.serial))))
    rows = session.execute(chosen.order_by(_EVENT.serial.desc()).limit(latest))
    return list(map(StoredEvent._make, rows))[::-1]


def count_matching(session: Session, wanted: EventFilter) -> dict[str, int]:
    """Return how many events match, by type, the most frequent one first."""
    n = func.count()
    chosen = select(_EVENT.type, n).where(*matching(wanted, _EVENT)).group_by(_EVENT.type)
    return {name: int(count) for name, count in session.execute(chosen.order_by(n.desc()))}


def matching(wanted: EventFilter, columns: Any) -> list[Any]:
    """Return the conditions for the columns of a table of events."""
    conditions = [
        columns[name] == value
        for name in ("group_id", "model_id")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.types is not None:
        conditions.append(columns.type.in_(wanted.types))
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    return conditions


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
