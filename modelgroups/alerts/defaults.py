"""The rules that every model has once it has reference data and inferences.

They are made when rules are first listed or alerts first looked for after that: whoever sends
inferences does not wait for it. Their ids follow from the model's, so that two processes that
make them at once make the same, and the catalog keeps one of each. A rule that was deleted
keeps its row, and so does not come back.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from modelgroups.alerts.calibrated import drift_metrics, thresholds
from modelgroups.alerts.rules import MOST_TEXT, AlertRule, completed
from modelgroups.catalog import alerts as kept
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import form_of
from modelgroups.query.metrics import Metric
from modelgroups.query.subject import Subject
from modelgroups.schema.attribute import Attribute
from modelgroups.types import AlertRuleBound, AlertRuleSeverity, Stage, ValueType

__all__ = ["missing_rules"]

_FALSE_ALARMS: Final = 0.05
"""The share of windows of a model in which chance may raise an alarm, by any of its rules."""

_DAY: Final = 24 * 60


def missing_rules(subject: Subject) -> list[AlertRule]:
    """Return the default rules that a model with inferences should have and never had.

    One for the drift of each input, non-input and prediction: PSI from the reference data, day
    by day or batch by batch, above what a window of its size shows by chance. Together they raise
    a false alarm in about 5 % of the windows at most, however the attributes hang together: each
    of m rules has 5 %/m of them (Bonferroni). None for what moves on by its nature, as times and
    ids do, or has no such threshold, as ranked lists have not.
    """
    to = subject.recipient
    with to.registry.catalog.read() as session:
        known = kept.rule_ids(session, to.model_id)
    every = {
        str(uuid5(UUID(metric.id), "default rule")): metric
        for metric in drift_metrics(subject).values()
        if _stays(subject.attributes[str(metric.attribute)])
    }
    missing = {rule_id: metric for rule_id, metric in every.items() if rule_id not in known}
    if not missing:
        return []
    names = [str(metric.attribute) for metric in missing.values()]
    confidence = 1 - _FALSE_ALARMS / len(every)
    found = thresholds(subject, names, confidence)
    return [
        _rule(rule_id, metric, found[str(metric.attribute)], confidence)
        for rule_id, metric in missing.items()
        if str(metric.attribute) in found
    ]


def _stays(attribute: Attribute) -> bool:
    """Return whether the values of an attribute may be expected to stay what they were."""
    if attribute.value_type == ValueType.Timestamp or form_of(attribute) is Form.ITEMS:
        return False
    is_number = attribute.value_type == ValueType.Integer
    is_key = attribute.value_type == ValueType.String or (
        is_number and attribute.stage == Stage.NonInputData
    )
    return not (attribute.is_unique and is_key)


def _rule(rule_id: str, metric: Metric, threshold: float, confidence: float) -> AlertRule:
    rule = AlertRule(
        bound=AlertRuleBound.Upper,
        threshold=threshold,
        metric_id=metric.id,
        severity=AlertRuleSeverity.Warning,
        name=f"{metric.name} upper bound"[:MOST_TEXT],
        lookback_period=_DAY,
        id=rule_id,
        confidence=confidence,
    )
    return completed(rule, metric.name)
