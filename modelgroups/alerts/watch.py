"""Looking whether rules raise alerts: at windows of time, or at batches that were closed.

Alerts come from what was logged, whenever that was: the log of last year raises alerts of last
year. Looked at twice, the same data raise nothing twice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Final
from uuid import uuid4

from modelgroups.alerts.keep import rule_of, watched
from modelgroups.alerts.rules import AlertRule
from modelgroups.alerts.values import MINUTE
from modelgroups.alerts.windows import Schedule, due
from modelgroups.catalog import alerts as kept
from modelgroups.catalog import batches, logs, parcels
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import AlertRecord, BatchRecord, RuleRecord
from modelgroups.inferences.layout import Kind
from modelgroups.inferences.summary import LogSummary, count
from modelgroups.inferences.times import as_text, micros
from modelgroups.query.subject import Subject
from modelgroups.registry import require_writable
from modelgroups.types import AlertRuleBound, EventType

__all__ = ["NEW", "look"]

NEW: Final = "new"
"""The status of an alert about which nothing was done yet."""


def look(subject: Subject, until: datetime | str | None = None) -> int:
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
    end = None if until is None else micros(until, None, "now") / MINUTE
    with to.registry.catalog.read() as session:
        rules = [rule for rule in kept.rules(session, to.model_id) if rule.enabled]
    return sum(_looked(subject, rule, state, end) for rule in rules)


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


def _looked(subject: Subject, record: RuleRecord, state: _State, end: float | None) -> int:
    is_batch = subject.recipient.is_batch
    visited = None if is_batch else _last_minute(record, state, end)
    mark = f"{state.mark}.{visited}"
    if mark == record.seen:
        return 0
    found = list(
        _of_batches(subject, record, state)
        if is_batch
        else _of_windows(subject, record, state, visited)
    )
    with subject.recipient.registry.catalog.write() as session:
        minutes, named = kept.raised(session, record.id)  # another process may have looked too
        fresh = [a for a in found if a.minute not in minutes and a.batch_id not in named]
        kept.add_alerts(session, fresh)
        for alert in fresh:
            after = {"alert_id": alert.id, "rule_id": record.id, "rule": record.name}
            record_event(session, EventType.AlertRaised, model_id=alert.model_id, after=after)
        kept.rewrite_rule(session, record.id, seen=mark, visited_minute=visited)
    return len(fresh)


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


def _of_windows(
    subject: Subject, record: RuleRecord, state: _State, until: int | None
) -> Iterator[AlertRecord]:
    """Yield the alerts of windows of time.

    A window that was looked at is looked at again where ground truth may have come meanwhile.
    """
    first = state.summary.first_timestamp
    if first is None or until is None:
        return
    rule = rule_of(record)
    metric = watched(subject, rule)
    schedule = Schedule(record.lookback_period, record.wait_time)
    after = _minute(first)
    seen = record.from_minute if metric.needs_ground_truth else record.visited_minute
    ticks = schedule.ticks(max(after, -math.inf if seen is None else seen), until)
    values = metric.by_tick(schedule, ticks)
    nothing = metric.of_nothing()
    with subject.recipient.registry.catalog.read() as session:
        raised, _ = kept.raised(session, record.id)
    visits = ticks if _crosses(rule, nothing) else sorted(values)

    def crosses(tick: int) -> bool:
        return _crosses(rule, values.get(tick, nothing))

    for tick in due(merge(visits, sorted(raised)), crosses, raised, record.wait_time):
        value = values.get(tick, nothing) or 0.0
        start, at = (as_text(m * MINUTE) for m in (tick - record.lookback_period, tick))
        yield _alert(subject, rule, value, at, start=start, end=tick)


def _of_batches(subject: Subject, record: RuleRecord, state: _State) -> Iterator[AlertRecord]:
    """Yield the alerts of batches that are closed."""
    rule = rule_of(record)
    metric = watched(subject, rule)
    values, nothing = metric.by_batch(), metric.of_nothing()
    for batch in state.closed:
        value = values.get(batch.batch_id, nothing)
        if _crosses(rule, value):
            yield _alert(subject, rule, value or 0.0, batch.to_time, batch=batch.batch_id)


def _crosses(rule: AlertRule, value: float | None) -> bool:
    if value is None:
        return False
    return value > rule.threshold if rule.bound == AlertRuleBound.Upper else value < rule.threshold


def _alert(
    subject: Subject,
    rule: AlertRule,
    value: float,
    at: str,
    *,
    start: str | None = None,
    end: int | None = None,
    batch: str | None = None,
) -> AlertRecord:
    side = "above" if rule.bound == AlertRuleBound.Upper else "below"
    where = f"in the batch {batch!r}" if start is None else f"from {start[:16]} to {at[:16]} UTC"
    return AlertRecord(
        id=str(uuid4()),
        model_id=subject.recipient.model_id,
        rule_id=str(rule.id),
        at=at,
        metric_value=value,
        message=f"{rule.metric_name} was {value:.6g}, {side} {rule.threshold:g}, {where}",
        status=NEW,
        window_start=start,
        minute=end,
        batch_id=batch,
        rule=rule.to_json(),
    )
