"""Looking whether rules raise alerts: at windows of time, or at batches that were closed.

Alerts come from what was logged, whenever that was: the log of last year raises alerts of last
year. Looked at twice, the same data raise nothing twice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from heapq import merge
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from modelgroups.alerts.calibrated import Drifts
from modelgroups.alerts.keep import make_default_rules, rule_of, watched
from modelgroups.alerts.rules import AlertRule
from modelgroups.alerts.values import MINUTE, Seen, Watched
from modelgroups.alerts.windows import Schedule, due
from modelgroups.catalog import alerts as kept
from modelgroups.catalog import batches, logs, parcels
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import AlertRecord, BatchRecord, RuleRecord
from modelgroups.inferences.layout import Kind
from modelgroups.inferences.summary import LogSummary, count
from modelgroups.inferences.times import as_text, bound, micros
from modelgroups.query.subject import Subject
from modelgroups.registry import require_writable
from modelgroups.types import AlertRuleBound, EventType

if TYPE_CHECKING:
    from sqlmodel import Session

__all__ = ["NEW", "look"]

NEW: Final = "new"
"""The status of an alert about which nothing was done yet."""


def look(subject: Subject, until: datetime | date | str | None = None) -> int:
    """Evaluate every rule of a model; return how many alerts were raised.

    Parameters
    ----------
    subject
        The model.
    until
        Windows that end by then are looked at, where nothing was logged too. When not given it
        is now, and no later than the last window with an inference in it.

    Raises
    ------
    ReadOnlyError
        The registry is open read-only.
    """
    to = subject.recipient
    require_writable(to.registry)
    state = _State.of(subject)
    if state is None:
        return 0
    if state.summary.n_inferences:
        make_default_rules(subject)
    end = None if until is None else bound(until, "now") / MINUTE
    with to.registry.catalog.read() as session:
        rules = [rule for rule in kept.rules(session, to.model_id) if rule.enabled]
    visits = [_Visit.of(subject, rule, state, end) for rule in rules]
    news = [visit for visit in visits if visit.mark != visit.record.seen]
    if not news:
        return 0
    of = _of_batches if to.is_batch else _of_windows
    found = {
        visit: list(of(subject, visit, metric, state)) for visit, metric in _watched(subject, news)
    }
    with to.registry.catalog.write() as session:
        return sum(_keep(session, visit, alerts) for visit, alerts in found.items())


def _keep(session: Session, visit: _Visit, found: Sequence[AlertRecord]) -> int:
    """Keep alerts of a rule, and how far it has looked; return how many alerts are new."""
    rule = visit.record
    if kept.find_rule(session, rule.model_id, rule.id) is None:
        return 0  # it was deleted meanwhile
    minutes, named = kept.raised(session, rule.id)  # another process may have looked too
    fresh = [a for a in found if a.minute not in minutes and a.batch_id not in named]
    kept.add_alerts(session, fresh)
    for alert in fresh:
        after = {"alert_id": alert.id, "rule_id": rule.id, "rule": rule.name}
        record_event(session, EventType.AlertRaised, model_id=alert.model_id, after=after)
    kept.rewrite_rule(session, rule.id, seen=visit.mark, visited_minute=visit.until)
    return len(fresh)


@dataclass(frozen=True)
class _State:
    """What a log is like: it tells whether there is anything new to look at."""

    mark: str
    summary: LogSummary
    closed: list[BatchRecord]

    @classmethod
    def of(cls, subject: Subject) -> _State | None:
        to = subject.recipient
        with to.registry.catalog.read() as session:
            log = logs.find(session, to.model_id)
            if log is None:
                return None
            last = [parcels.last_serial(session, log.serial, kind) for kind in Kind]
            closed = [b for b in batches.live(session, log.serial) if b.closed_at is not None]
        mark = ".".join(map(str, [log.generation, log.n_deletions, *last, len(closed)]))
        return cls(mark, count(to.registry, to.model_id), closed)


@dataclass(frozen=True)
class _Visit:
    """A rule, the minute up to which it looks now, and what the log is like."""

    record: RuleRecord
    until: int | None
    mark: str

    @classmethod
    def of(cls, subject: Subject, record: RuleRecord, state: _State, end: float | None) -> _Visit:
        until = None if subject.recipient.is_batch else _last_minute(record, state, end)
        return cls(record, until, f"{state.mark}.{until}")


def _last_minute(record: RuleRecord, state: _State, end: float | None) -> int | None:
    """Return the minute up to which windows are looked at."""
    last = state.summary.last_timestamp
    if last is None:
        return record.visited_minute
    if end is None:
        over = _minute(last) + record.lookback_period
        end = min(time.time() / 60, over)
    return max(math.floor(end), record.visited_minute or math.floor(end))


def _minute(text: str) -> float:
    return micros(text, None, "inference_timestamp") / MINUTE


def _watched(subject: Subject, visits: Sequence[_Visit]) -> Iterator[tuple[_Visit, Watched]]:
    """Yield each rule with what it sees."""
    rules = {visit.record.id: rule_of(visit.record) for visit in visits}
    drifts = Drifts(subject, [rule for rule in rules.values() if rule.confidence is not None])
    for visit in visits:
        rule = rules[visit.record.id]
        yield visit, watched(subject, rule) if rule.confidence is None else drifts.watched(rule)


def _of_windows(
    subject: Subject, visit: _Visit, metric: Watched, state: _State
) -> Iterator[AlertRecord]:
    """Yield the alerts of windows of time.

    A window that was looked at is looked at again where ground truth may have come meanwhile.
    """
    record, first = visit.record, state.summary.first_timestamp
    if first is None or visit.until is None:
        return
    rule = rule_of(record)
    schedule = Schedule(record.lookback_period, record.wait_time)
    seen = record.from_minute if metric.needs_ground_truth else record.visited_minute
    ticks = schedule.ticks(max(_minute(first), -math.inf if seen is None else seen), visit.until)
    values, nothing = metric.by_tick(schedule, ticks), metric.of_nothing()
    with subject.recipient.registry.catalog.read() as session:
        raised, _ = kept.raised(session, record.id)
    visited = ticks if _crosses(rule, nothing) else sorted(values)

    def crosses(tick: int) -> bool:
        return _crosses(rule, values.get(tick, nothing))

    for tick in due(merge(visited, sorted(raised)), crosses, raised, record.wait_time):
        start, at = (as_text(m * MINUTE) for m in (tick - record.lookback_period, tick))
        yield _alert(subject, rule, values.get(tick, nothing), at, start=start, end=tick)


def _of_batches(
    subject: Subject, visit: _Visit, metric: Watched, state: _State
) -> Iterator[AlertRecord]:
    """Yield the alerts of batches that are closed."""
    rule = rule_of(visit.record)
    values, nothing = metric.by_batch(), metric.of_nothing()
    for batch in state.closed:
        seen = values.get(batch.batch_id, nothing)
        if _crosses(rule, seen):
            yield _alert(subject, rule, seen, batch.to_time, batch=batch.batch_id)


def _crosses(rule: AlertRule, seen: Seen) -> bool:
    if seen.value is None:
        return False
    is_above = seen.value > seen.threshold
    return is_above if rule.bound == AlertRuleBound.Upper else seen.value < seen.threshold


def _alert(
    subject: Subject,
    rule: AlertRule,
    seen: Seen,
    at: str,
    *,
    start: str | None = None,
    end: int | None = None,
    batch: str | None = None,
) -> AlertRecord:
    side = "above" if rule.bound == AlertRuleBound.Upper else "below"
    where = f"in the batch {batch!r}" if start is None else f"from {start[:16]} to {at[:16]} UTC"
    value = seen.value or 0.0
    return AlertRecord(
        id=str(uuid5(UUID(rule.id), str(end) if batch is None else f"batch {batch}")),
        model_id=subject.recipient.model_id,
        rule_id=str(rule.id),
        at=at,
        metric_value=value,
        message=f"{rule.metric_name} was {value:.6g}, {side} {seen.threshold:g}, {where}",
        status=NEW,
        window_start=start,
        minute=end,
        batch_id=batch,
        rule=replace(rule, threshold=seen.threshold).to_json(),
    )
