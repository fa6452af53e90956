"""Metrics, alert rules and alerts as the SDK's dataclasses."""

from __future__ import annotations

from modelgroups.alerts.rules import Alert, AlertRule
from modelgroups.alerts.rules import single_values as validate_parameters_for_alert
from modelgroups.query.metrics import Metric
from modelgroups.types import AlertRuleBound, AlertRuleSeverity, AlertStatus, MetricType

__all__ = [
    "Alert",
    "AlertRule",
    "AlertRuleBound",
    "AlertRuleSeverity",
    "AlertStatus",
    "Metric",
    "MetricType",
    "validate_parameters_for_alert",
]
