"""Metrics, alert rules and alerts as the SDK's dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from modelgroups.arthurai.core.base import ArthurBaseJsonDataclass
from modelgroups.errors import UserError
from modelgroups.query.metrics import Metric
from modelgroups.types import AlertRuleBound, AlertRuleSeverity, AlertStatus, MetricType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelgroups.arthurai.core.base import NumberType

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


@dataclass
class AlertRule(ArthurBaseJsonDataclass):
    """A threshold for a metric.

    Parameters
    ----------
    bound
        Whether values above (``upper``) or below (``lower``) the threshold raise an alert.
    threshold
        The value to compare with.
    metric_id
        The metric that is watched.
    severity
        ``warning`` or ``critical``.
    name
        A readable name.
    lookback_period
        Minutes of data that one evaluation looks at.
    subsequent_alert_wait_time
        Minutes before the same rule may raise another alert.
    enabled
        Whether the rule is evaluated.
    id, metric_name
        Given by the registry.
    metric_parameters
        One value for each parameter of the metric.
    filters
        Restrict the data that the metric sees.
    """

    bound: str
    threshold: NumberType
    metric_id: str
    severity: str
    name: str | None = None
    lookback_period: NumberType | None = None
    subsequent_alert_wait_time: NumberType | None = None
    enabled: bool = True
    id: str | None = None
    metric_name: str | None = None
    metric_parameters: dict[str, Any] | None = None
    filters: list[dict[str, Any]] | None = None


@dataclass
class Alert(ArthurBaseJsonDataclass):
    """A metric that crossed the threshold of a rule, with the window or batch it did so in."""

    id: str
    timestamp: str
    metric_value: float
    message: str
    model_id: str
    status: str
    alert_rule: AlertRule
    window_start: str | None = None
    window_end: str | None = None
    batch_id: str | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Make an alert, and the rule in it, from a dictionary; unknown keys are ignored."""
        alert = super().from_dict(record)
        if isinstance(alert.alert_rule, dict):
            alert.alert_rule = AlertRule.from_dict(alert.alert_rule)
        return alert


def validate_parameters_for_alert(
    metric_parameters: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the metric parameters of an alert rule, each with its one value.

    Parameters
    ----------
    metric_parameters
        Values by parameter; a list or tuple of one value stands for the value, an empty one
        for none.

    Raises
    ------
    ArthurUserError
        A parameter has several values, or a dictionary.

    Examples
    --------
    >>> validate_parameters_for_alert({"classes": ["fraud"], "top": 3, "unset": []})
    {'classes': 'fraud', 'top': 3}
    """
    single: dict[str, Any] = {}
    for name, value in (metric_parameters or {}).items():
        if isinstance(value, dict) or (isinstance(value, list | tuple) and len(value) > 1):
            raise UserError(
                f"an alert rule takes one value for the metric parameter '{name}', "
                f"got {value!r}; make one rule for each value"
            )
        if not isinstance(value, list | tuple):
            single[name] = value
        elif value:
            single[name] = value[0]
    return single
