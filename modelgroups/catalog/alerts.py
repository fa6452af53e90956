"""Alert rules and alerts in the catalog."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, insert, select, update
from sqlmodel import Session

from modelgroups.catalog.records import AlertRecord, RuleRecord
from modelgroups.catalog.tables import AlertRow, AlertRuleRow, table

__all__ = [
    "add_alerts",
    "add_rule",
    "alerts",
    "find_alert",
    "find_rule",
    "raised",
    "rewrite_rule",
    "rule_ids",
    "rules",
    "set_status",
]

_RULE = table(AlertRuleRow).c
_ALERT = table(AlertRow).c
_RULES = select(*(_RULE[name] for name in RuleRecord._fields))
_ALERTS = select(*(_ALERT[name] for name in AlertRecord._fields))


def rules(session: Session, model_id: str) -> list[RuleRecord]:
    """Return the rules of a model, in the order in which they were made."""
    ours = (_RULE.model_id == model_id) & _RULE.deleted_at.is_(None)
    rows = session.execute(_RULES.where(ours).order_by(_RULE.serial))
    return list(map(RuleRecord._make, rows))


def rule_ids(session: Session, model_id: str) -> set[str]:
    """Return the ids of all rules that a model ever had."""
    return set(session.scalars(select(_RULE.id).where(_RULE.model_id == model_id)))


def find_rule(session: Session, model_id: str, rule_id: str) -> RuleRecord | None:
    """Return a rule of a model, or None."""
    ours = (_RULE.model_id == model_id) & (_RULE.id == rule_id) & _RULE.deleted_at.is_(None)
    row = session.execute(_RULES.where(ours)).first()
    return RuleRecord._make(row) if row else None


def add_rule(session: Session, rule: RuleRecord) -> None:
    """Insert a rule."""
    session.execute(insert(table(AlertRuleRow)), rule._asdict())


def rewrite_rule(session: Session, rule_id: str, **values: object) -> None:
    """Set columns of a rule."""
    statement = update(table(AlertRuleRow)).where(_RULE.id == rule_id)
    session.execute(statement.values(**values))


def raised(session: Session, rule_id: str) -> tuple[set[int], set[str]]:
    """Return the minutes, and the batches, for which a rule has an alert."""
    rows = session.execute(
        select(_ALERT.minute, _ALERT.batch_id).where(_ALERT.rule_id == rule_id)
    ).all()
    return {row[0] for row in rows} - {None}, {row[1] for row in rows} - {None}


def add_alerts(session: Session, found: Iterable[AlertRecord]) -> None:
    """Insert alerts."""
    rows = [alert._asdict() for alert in found]
    if rows:
        session.execute(insert(table(AlertRow)), rows)


def alerts(
    session: Session,
    model_id: str,
    *,
    status: str | None = None,
    rule_id: str | None = None,
    batch_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[AlertRecord]:
    """Return alerts of a model, the latest first."""
    wanted: list[ColumnElement[bool]] = [_ALERT.model_id == model_id]
    for column, value in (("status", status), ("rule_id", rule_id), ("batch_id", batch_id)):
        if value is not None:
            wanted.append(_ALERT[column] == value)
    if since is not None:
        wanted.append(_ALERT.at >= since)
    if until is not None:
        wanted.append(_ALERT.at < until)
    statement = _ALERTS.where(*wanted).order_by(_ALERT.at.desc(), _ALERT.serial.desc())
    return list(map(AlertRecord._make, session.execute(statement.limit(limit).offset(offset))))


def find_alert(session: Session, model_id: str, alert_id: str) -> AlertRecord | None:
    """Return an alert of a model, or None."""
    ours = (_ALERT.model_id == model_id) & (_ALERT.id == alert_id)
    row = session.execute(_ALERTS.where(ours)).first()
    return AlertRecord._make(row) if row else None


def set_status(session: Session, alert_id: str, status: str) -> None:
    """Say what was done about an alert."""
    session.execute(update(table(AlertRow)).where(_ALERT.id == alert_id).values(status=status))
