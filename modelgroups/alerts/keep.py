"""Alert rules and alerts between users and the catalog."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from modelgroups.alerts.calibrated import drift_metrics, thresholds
from modelgroups.alerts.defaults import missing_rules
from modelgroups.alerts.listed import AlertList
from modelgroups.alerts.rules import Alert, AlertRule, completed
from modelgroups.alerts.values import MINUTE, Watched, WatchedMetric
from modelgroups.catalog import alerts as kept
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import AlertRecord, RuleRecord
from modelgroups.errors import BadRequestError, ConflictError, NotFoundError, UserValueError
from modelgroups.inferences.summary import count
from modelgroups.inferences.times import as_text
from modelgroups.query.answer import text_of_time
from modelgroups.query.custom import all_metrics
from modelgroups.query.faults import nearest, spelled
from modelgroups.query.metrics import Metric
from modelgroups.query.subject import Subject
from modelgroups.registry import require_writable
from modelgroups.types import AlertStatus, EventType

if TYPE_CHECKING:
    from sqlmodel import Session

__all__ = [
    "add_rule",
    "change_rule",
    "change_status",
    "list_alerts",
    "list_rules",
    "make_default_rules",
    "remove_rule",
    "rule_of",
    "watched",
]

_CHANGEABLE: Final = (
    "name",
    "bound",
    "threshold",
    "severity",
    "lookback_period",
    "subsequent_alert_wait_time",
    "enabled",
    "confidence",
)


def add_rule(subject: Subject, rule: AlertRule) -> AlertRule:
    """Keep a rule, and return it with its id and its defaults.

    Raises
    ------
    NotFoundError
        The model has no such metric.
    BadRequestError
        The rule is not valid.
    UserValueError
        The metric cannot be evaluated with its parameters and filters.
    """
    to = subject.recipient
    require_writable(to.registry)
    rule = replace(rule, metric_id=id_of_metric(subject, rule.metric_id))
    metric = _metric(subject, rule.metric_id)
    whole = replace(_completed(subject, rule, metric), id=str(uuid4()))
    WatchedMetric(subject, metric, whole).of_nothing()  # which tells what is wrong with the query
    with to.registry.catalog.write() as session:
        _add(session, to.model_id, whole)
    return whole


def _completed(subject: Subject, rule: AlertRule, metric: Metric) -> AlertRule:
    given: float | None = rule.threshold
    if rule.confidence is None:
        return completed(rule, metric.name)
    if given is not None:
        raise BadRequestError(
            "the alert rule takes a threshold or a confidence, not both; pass threshold=None"
        )
    whole = completed(replace(rule, threshold=0.0), metric.name)
    return replace(whole, threshold=_calibrated(subject, whole))


def _add(session: Session, model_id: str, rule: AlertRule) -> None:
    kept.add_rule(session, _record(rule, model_id))
    after = {"rule_id": rule.id, **_told(rule)}
    record_event(session, EventType.RuleCreated, model_id=model_id, after=after)


def make_default_rules(subject: Subject) -> None:
    """Keep the default rules of a model with inferences that it never had."""
    to = subject.recipient
    missing = missing_rules(subject)
    if missing:
        with to.registry.catalog.write() as session:
            known = kept.rule_ids(session, to.model_id)  # another process may have made them
            for rule in missing:
                if rule.id not in known:
                    _add(session, to.model_id, rule)


def watched(subject: Subject, rule: AlertRule) -> Watched:
    """Return what a rule with one threshold sees."""
    return WatchedMetric(subject, _metric(subject, rule.metric_id), rule)


def id_of_metric(subject: Subject, id_or_name: str) -> str:
    """Return the id of the metric that has it, else of the one of that name.

    Raises
    ------
    NotFoundError
        There is none; the nearest name is told.
    """
    known = all_metrics(subject)
    if any(metric.id == id_or_name for metric in known):
        return id_or_name
    name = spelled(id_or_name, {metric.name for metric in known})
    for metric in known:
        if metric.name == name:
            return metric.id
    names = dict.fromkeys(metric.name for metric in known)
    raise NotFoundError(
        f"the model {subject.recipient.model_id} has {nearest(id_or_name, names, 'metric')} "
        "(get_metrics() lists those that it has)"
    )


def _metric(subject: Subject, metric_id: str) -> Metric:
    for metric in all_metrics(subject):
        if metric.id == metric_id:
            return metric
    raise NotFoundError(
        f"the model {subject.recipient.model_id} has no metric with the id {metric_id!r}; "
        "get_metrics() lists those that it has"
    )


def change_rule(subject: Subject, rule: AlertRule, rule_id: str) -> AlertRule:
    """Change what may change of a rule, and return it as it is kept.

    What was looked at before the change is not looked at again. A threshold that is set takes the
    place of the rule's confidence, and a confidence that is set that of its threshold.

    Raises
    ------
    NotFoundError
        The model has no such rule.
    BadRequestError
        The rule is not valid.
    """
    to = subject.recipient
    require_writable(to.registry)
    with to.registry.catalog.read() as session:
        seen = rule_of(_found(session, to.model_id, rule_id))
    new = _as_wanted(subject, seen, rule)
    with to.registry.catalog.write() as session:
        record = _found(session, to.model_id, rule_id)
        old = rule_of(record)
        if old != seen:
            raise ConflictError(
                f"the alert rule {rule_id!r} was changed by another process meanwhile; "
                "take it from get_alert_rules() anew"
            )
        values = _record(new, to.model_id)._asdict()
        for name in ("id", "created_at", "visited_minute"):
            del values[name]
        values["from_minute"] = record.visited_minute
        kept.rewrite_rule(session, rule_id, **values)
        record_event(
            session,
            EventType.RuleUpdated,
            model_id=to.model_id,
            before={"rule_id": rule_id, **_told(old)},
            after={"rule_id": rule_id, **_told(new)},
        )
    return new


def _found(session: Session, model_id: str, rule_id: str) -> RuleRecord:
    record = kept.find_rule(session, model_id, rule_id)
    if record is None:
        raise NotFoundError(f"the model {model_id} has no alert rule {rule_id!r}")
    return record


def _as_wanted(subject: Subject, old: AlertRule, rule: AlertRule) -> AlertRule:
    """Return a rule with what is given of another."""
    given = {name: getattr(rule, name) for name in _CHANGEABLE}
    new = replace(old, **{name: value for name, value in given.items() if value is not None})
    is_fixed, is_calibrated = new.threshold != old.threshold, new.confidence != old.confidence
    if is_fixed and is_calibrated:
        raise BadRequestError("the alert rule takes another threshold or confidence, not both")
    if is_fixed:
        new = replace(new, confidence=None)
    new = completed(new, str(old.metric_name))
    return replace(new, threshold=_calibrated(subject, new)) if is_calibrated else new


def _calibrated(subject: Subject, rule: AlertRule) -> float:
    metric = drift_metrics(subject).get(rule.metric_id)
    found: dict[str, float] = {}
    if metric is not None and not (rule.filters or rule.metric_parameters):
        found = thresholds(subject, [str(metric.attribute)], float(rule.confidence or 0))
    if not found:
        raise BadRequestError(
            "confidence is for rules of feature and prediction drift, without filters and metric "
            "parameters; set a threshold"
        )
    return next(iter(found.values()))


def remove_rule(subject: Subject, rule_id: str) -> None:
    """Delete a rule; its alerts stay.

    Raises
    ------
    NotFoundError
        The model has no such rule.
    """
    to = subject.recipient
    require_writable(to.registry)
    with to.registry.catalog.write() as session:
        old = rule_of(_found(session, to.model_id, rule_id))
        at = now()
        kept.rewrite_rule(session, rule_id, deleted_at=at)
        before = {"rule_id": rule_id, **_told(old)}
        record_event(session, EventType.RuleDeleted, at=at, model_id=to.model_id, before=before)


def _told(rule: AlertRule) -> dict[str, Any]:
    """Return what events say of a rule: not its filters, which may hold values of inferences."""
    names = ("metric_name", *_CHANGEABLE)
    return {name: getattr(rule, name) for name in names}


def list_rules(subject: Subject, *, limit: int | None = None, offset: int = 0) -> list[AlertRule]:
    """Return rules of a model, in the order in which they were made.

    Where nothing can be written, default rules that nobody has made yet stand at the end.
    """
    to = subject.recipient
    has_inferences = count(to.registry, to.model_id).n_inferences > 0
    if has_inferences and not to.registry.read_only:
        make_default_rules(subject)
    with to.registry.catalog.read() as session:
        found = list(map(rule_of, kept.rules(session, to.model_id)))
    if has_inferences and to.registry.read_only:
        found += missing_rules(subject)
    return found[offset:][:limit]


def list_alerts(subject: Subject, **wanted: Any) -> AlertList:
    """Return alerts of a model, the latest first; see `modelgroups.catalog.alerts.alerts`."""
    to = subject.recipient
    with to.registry.catalog.read() as session:
        return AlertList(map(_alert_of, kept.alerts(session, to.model_id, **wanted)))


def change_status(subject: Subject, alert_id: str, status: str) -> Alert:
    """Say what was done about an alert, and return it.

    Raises
    ------
    UserValueError
        There is no such status.
    NotFoundError
        The model has no such alert.
    """
    if status not in AlertStatus.list():
        swapped = "; the status comes first, then the id" if alert_id in AlertStatus.list() else ""
        raise UserValueError(
            f"status={status!r} is not one of {', '.join(AlertStatus.list())}{swapped}"
        )
    to = subject.recipient
    require_writable(to.registry)
    with to.registry.catalog.write() as session:
        record = kept.find_alert(session, to.model_id, alert_id)
        if record is None:
            raise NotFoundError(f"the model {to.model_id} has no alert {alert_id!r}")
        kept.set_status(session, alert_id, str(status))
        record_event(
            session,
            EventType.AlertUpdated,
            model_id=to.model_id,
            before={"alert_id": alert_id, "status": record.status},
            after={"alert_id": alert_id, "status": str(status)},
        )
    return _alert_of(record._replace(status=str(status)))


def rule_of(record: RuleRecord) -> AlertRule:
    """Return a rule as users hold it."""
    return AlertRule(
        bound=record.bound,
        threshold=record.threshold,
        metric_id=record.metric_id,
        severity=record.severity,
        name=record.name,
        lookback_period=record.lookback_period,
        subsequent_alert_wait_time=record.wait_time,
        enabled=bool(record.enabled),
        id=record.id,
        metric_name=record.metric_name,
        metric_parameters=_loaded(record.metric_parameters),
        filters=_loaded(record.filters),
        confidence=record.confidence,
    )


def _record(rule: AlertRule, model_id: str) -> RuleRecord:
    return RuleRecord(
        id=str(rule.id),
        model_id=model_id,
        metric_id=rule.metric_id,
        metric_name=str(rule.metric_name),
        name=str(rule.name),
        bound=rule.bound,
        severity=rule.severity,
        threshold=rule.threshold,
        lookback_period=int(rule.lookback_period or 0),
        wait_time=int(rule.subsequent_alert_wait_time or 0),
        enabled=rule.enabled,
        metric_parameters=_dumped("metric_parameters", rule.metric_parameters),
        filters=_dumped("filters", rule.filters),
        created_at=now(),
        from_minute=None,
        visited_minute=None,
        seen="",
        confidence=rule.confidence,
        deleted_at=None,
    )


def _alert_of(record: AlertRecord) -> Alert:
    return Alert(
        id=record.id,
        timestamp=_shown(record.at),
        metric_value=record.metric_value,
        message=record.message,
        model_id=record.model_id,
        status=record.status,
        alert_rule=AlertRule.from_dict(json.loads(record.rule)),
        window_start=None if record.window_start is None else _shown(record.window_start),
        window_end=None if record.minute is None else _shown(as_text(record.minute * MINUTE)),
        batch_id=record.batch_id,
    )


def _shown(text: str) -> str:
    return text_of_time(datetime.fromisoformat(text))


def _dumped(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"{name} must be plain JSON: {error}") from error


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
