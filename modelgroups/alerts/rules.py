"""Alert rules and alerts as users hold them, and what a rule may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final, Self

from modelgroups.drawing.texts import number_of_things
from modelgroups.errors import BadRequestError, UserError, UserTypeError
from modelgroups.schema.serial import JsonDataclass
from modelgroups.types import AlertRuleBound, AlertRuleSeverity

__all__ = ["MOST_TEXT", "Alert", "AlertRule", "completed", "single_values"]

_LOOKBACK: Final = 5
"""Minutes that an evaluation looks back, unless the rule says otherwise."""

_MOST_MINUTES: Final = 10 * 366 * 24 * 60
MOST_TEXT: Final = 255
"""Characters of the name of a rule."""


@dataclass
class AlertRule(JsonDataclass):
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
    confidence
        Of the default rules of drift: each window has a threshold of its own, which as many rows
        drawn from the reference data stay below with this probability; the fewer rows, the higher
        it is. `threshold` is then that of a window as large as the reference data were when it
        was set; the rule of an alert has that of its window.

    Examples
    --------
    >>> AlertRule("upper", 0.2, "m-1", "warning", name="drift").to_dict()["name"]
    'drift'
    """

    bound: str
    threshold: float
    metric_id: str
    severity: str
    name: str | None = None
    lookback_period: float | None = None
    subsequent_alert_wait_time: float | None = None
    enabled: bool = True
    id: str | None = None
    metric_name: str | None = None
    metric_parameters: dict[str, Any] | None = None
    filters: list[dict[str, Any]] | None = None
    confidence: float | None = None

    def __repr__(self) -> str:
        """Return a line that tells what the rule watches for.

        >>> AlertRule("lower", 0.8, "m-1", "critical", name="Accuracy", lookback_period=60)
        <AlertRule 'Accuracy': critical below 0.8, in windows of 1 hour>
        """
        side = "above" if self.bound == AlertRuleBound.Upper else "below"
        level = _shown(self.threshold)
        if self.confidence is not None:
            level = f"what chance explains for its rows (confidence {_shown(self.confidence)})"
        parts = [
            f"<AlertRule {self.name!r}: {self.severity} {side} {level}",
            "" if self.lookback_period is None else f"in windows of {self._window()}",
            "" if self.enabled else "disabled",
            f"id {self.id}" if self.id else "",
        ]
        return ", ".join(filter(None, parts)) + ">"

    def _window(self) -> str:
        minutes = self.lookback_period
        for unit, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
            if _is_number(minutes) and minutes and minutes % length == 0:
                return number_of_things(int(minutes // length), unit)
        return f"{minutes!r} minutes"


@dataclass
class Alert(JsonDataclass):
    """A metric that crossed the threshold of a rule, with the window or batch it did so in.

    Parameters
    ----------
    id
        Its UUID, which follows from the rule and the window.
    timestamp
        The end of the window, or of the batch, in UTC.
    metric_value, message
        What the metric was, and a sentence about it.
    model_id
        The model.
    status
        ``new``, ``acknowledged`` or ``resolved``.
    alert_rule
        The rule as it was then.
    window_start, window_end, batch_id
        Where the metric was looked at.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     (count,) = model.get_metrics(metric_name="Inference Count")
    ...     _ = model.create_alert_rule(count.id, "upper", 1, "warning", lookback_period=60)
    ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]},
    ...                               inference_timestamps=["2026-03-01T09:00:00Z"] * 2)
    ...     alert = model.get_alerts()[0]
    >>> alert.metric_value, alert.status, alert.alert_rule.threshold
    (2.0, 'new', 1.0)
    """

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

    def __repr__(self) -> str:
        """Return a line that tells what happened."""
        severity = getattr(self.alert_rule, "severity", "")
        return f"<Alert {self.status} {severity}: {self.message}, id {self.id}>"

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Make an alert, and the rule in it, from a dictionary; unknown keys are ignored.

        Parameters
        ----------
        record
            Fields by name, as `to_dict` returns them.

        Examples
        --------
        >>> rule = AlertRule("lower", 0.8, "m-1", "warning")
        >>> alert = Alert("a-1", "2026-03-01T00:00:00Z", 0.7, "too low", "model-1", "new", rule)
        >>> Alert.from_dict(alert.to_dict()) == alert
        True
        """
        alert = super().from_dict(record)
        if isinstance(alert.alert_rule, dict):
            alert.alert_rule = AlertRule.from_dict(alert.alert_rule)
        return alert


def completed(rule: AlertRule, metric_name: str) -> AlertRule:
    """Return a rule with its defaults, as it is kept.

    Raises
    ------
    BadRequestError
        Lists what is wrong with it.

    Examples
    --------
    >>> rule = AlertRule("lower", 0.8, "m-1", "warning")
    >>> completed(rule, "Accuracy Rate").name, completed(rule, "Accuracy Rate").lookback_period
    ('Accuracy Rate lower bound', 5)
    """
    problems = [
        f"{name}={value!r} is not one of {', '.join(kind.list())}"
        for name, value, kind in (
            ("bound", rule.bound, AlertRuleBound),
            ("severity", rule.severity, AlertRuleSeverity),
        )
        if value not in kind.list()
    ]
    if not _is_number(rule.threshold):
        problems.append(f"threshold={rule.threshold!r} is not a finite number")
    name: Any = f"{metric_name} {rule.bound} bound" if rule.name is None else rule.name
    if not isinstance(name, str) or not name or len(name) > MOST_TEXT:
        problems.append(f"name={name!r} is not a text of 1 to {MOST_TEXT} characters")
    enabled: Any = rule.enabled
    if not isinstance(enabled, bool):
        problems.append(f"enabled={enabled!r} is not True or False")
    lookback = _minutes("lookback_period", rule.lookback_period, _LOOKBACK, 1, problems)
    wait = _minutes("subsequent_alert_wait_time", rule.subsequent_alert_wait_time, 0, 0, problems)
    confidence = rule.confidence
    if confidence is not None and not (_is_number(confidence) and 0 < confidence < 1):
        problems.append(f"confidence={confidence!r} does not lie between 0 and 1")
    if confidence is not None and rule.bound != AlertRuleBound.Upper:
        problems.append("only an upper bound has a confidence; set a threshold for a lower one")
    if problems:
        raise BadRequestError(f"the alert rule is not valid: {'; '.join(problems)}")
    return AlertRule(
        bound=str(rule.bound),
        threshold=float(rule.threshold),
        metric_id=rule.metric_id,
        severity=str(rule.severity),
        name=name,
        lookback_period=lookback,
        subsequent_alert_wait_time=wait,
        enabled=enabled,
        id=rule.id,
        metric_name=metric_name,
        metric_parameters=single_values(rule.metric_parameters) or None,
        filters=_conditions(rule.filters) or None,
        confidence=None if confidence is None else float(confidence),
    )


def single_values(metric_parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the metric parameters of an alert rule, each with its one value.

    Parameters
    ----------
    metric_parameters
        Values by parameter; a list or tuple of one value stands for the value, an empty one
        for none.

    Raises
    ------
    UserError
        A parameter has several values, or a dictionary.

    Examples
    --------
    >>> single_values({"classes": ["fraud"], "top": 3, "unset": []})
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


def _conditions(filters: Any) -> list[dict[str, Any]]:
    if filters is None:
        return []
    if not isinstance(filters, list | tuple) or not all(isinstance(f, Mapping) for f in filters):
        raise UserTypeError(
            "filters must be a list of conditions, as {'property': …, 'comparator': …, 'value': …}"
        )
    return [dict(condition) for condition in filters]


def _minutes(name: str, value: Any, default: int, least: int, problems: list[str]) -> int:
    if value is None:
        return default
    if not _is_number(value) or value != int(value) or not least <= value <= _MOST_MINUTES:
        problems.append(f"{name}={value!r} is not a whole number of minutes from {least} on")
        return default
    return int(value)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if _is_number(value) else repr(value)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
