"""Whether the audit events are those that were recorded, and the rest is what they tell of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlmodel import Session

from modelgroups.catalog.audited import NOTED, Told
from modelgroups.catalog.events import GENESIS, AuditHead, StoredEvent, every, follows, head
from modelgroups.catalog.history import problems_of_history

__all__ = ["AuditReport", "check_audit"]

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
    problems = [
        *reading.chain(),
        *reading.told.problems(session),
        *problems_of_history(session, reading.told.imports()),
    ]
    return AuditReport(reading.n_events, problems, reading.told.fingerprints())


class _Reading:
    """One reading of the events; what they tell is known after `chain`."""

    def __init__(self, session: Session, noted: AuditHead | None) -> None:
        self._session = session
        self._noted = noted
        self.told = Told()
        self.n_events = 0

    def chain(self) -> Iterator[str]:
        """Yield the first event that is wrong, and what is wrong with the end."""
        previous, broken = GENESIS, False
        seen: str | None = None
        last = 0
        n_noted = 0 if self._noted is None else self._noted.n_events
        for row in every(self._session):
            serial, stored = row[0], row[-1]
            self.n_events += 1
            if row[_TYPE] in NOTED:
                self.told.note(StoredEvent._make(row))
            if not broken and serial != last + 1:
                broken = True
                yield f"audit {_events(last + 1, serial - 1)} removed"
            elif not broken and not follows(previous, row[:-1], stored):
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


def _events(first: int, last: int) -> str:
    return f"event {first} was" if last <= first else f"events {first} to {last} were"
