"""What a caller gets for the alerts of a model: the SDK's list, which is short to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from modelgroups.alerts.rules import Alert, AlertRule
from modelgroups.drawing.page import table_in_html
from modelgroups.drawing.texts import number_of_things, table_in_text
from modelgroups.paging import Page
from modelgroups.types import AlertRuleBound, AlertRuleSeverity

__all__ = ["BY_CHANCE", "AlertList", "Raised", "RulePage", "raised_by_rule"]

_MOST_WHOLE: Final = 5
"""Alerts up to which a list is shown as the list that it is."""

_MOST_RULES: Final = 40
BY_CHANCE: Final = "by its rows"
"""In place of the threshold of a rule that has one for each window."""
_DAY: Final = 24 * 60


@dataclass(frozen=True)
class Raised:
    """What one rule raised.

    Parameters
    ----------
    rule, severity
        The name of the rule, and how severe it is.
    n_alerts
        How many windows or batches it raised an alert for.
    worst
        The value furthest beyond the threshold.
    first, last
        The first and the last of these windows or batches: its day, its time, or its id.
    status
        That of all of them, or how many there are of each.
    """

    rule: str
    severity: str
    n_alerts: int
    worst: float
    first: str
    last: str
    status: str

    HEADS: ClassVar = ("rule", "severity", "alerts", "worst", "first", "last", "status")

    @property
    def cells(self) -> list[Any]:
        """The values below `HEADS`."""
        values: list[Any] = [self.rule, self.severity, self.n_alerts, f"{self.worst:.4f}"]
        return [*values, self.first, self.last, self.status]


class AlertList(list[Alert]):
    """A list of alerts.

    It is a ``list`` in every respect but its looks: a month of them would fill many screens, so
    that many are shown in a line for each rule.

    Examples
    --------
    >>> from modelgroups.alerts.rules import AlertRule
    >>> rule = AlertRule("upper", 0.1, "m-1", "warning", name="Drift: age", lookback_period=1440)
    >>> AlertList(
    ...     Alert(f"a-{day}", "", day / 10, "", "m-1", "new", rule, f"2026-03-0{day}T00:00:00Z")
    ...     for day in (7, 6, 5, 4, 3, 2)
    ... )
    6 alerts of 1 rule; a list, the latest first
    rule        severity  alerts  worst   first       last        status
    Drift: age  warning   6       0.7000  2026-03-02  2026-03-07  new
    >>> AlertList()
    []
    """

    def __repr__(self) -> str:
        if not self._is_long():
            return super().__repr__()
        rows, more = self._rows()
        text = table_in_text(Raised.HEADS, rows)
        return f"{self._counted()}; a list, the latest first\n{text}{more}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        if self._is_long() or cycle:
            printer.text(repr(self))
        else:
            printer.pretty(list(self))

    def _repr_html_(self) -> str | None:
        if not self._is_long():
            return None
        rows, more = self._rows()
        return table_in_html(self._counted() + more.strip("\n"), Raised.HEADS, rows)

    def _is_long(self) -> bool:
        return len(self) > _MOST_WHOLE

    def _counted(self) -> str:
        rules = number_of_things(len(raised_by_rule(self)), "rule")
        return f"{len(self):,} alerts of {rules}"

    def _rows(self) -> tuple[list[list[Any]], str]:
        """Return a row for each rule, and what to say of those for which there is no room."""
        rows = [each.cells for each in raised_by_rule(self)]
        n_more = len(rows) - _MOST_RULES
        return rows[:_MOST_RULES], f"\nand {n_more:,} more rules" if n_more > 0 else ""


class RulePage(Page[AlertRule]):
    """A list of alert rules that is shown as a table.

    Examples
    --------
    >>> RulePage.of([AlertRule("lower", 0.8, "m-1", "critical", name="AUC", lookback_period=60)],
    ...             size=20, number=1)
    1 alert rule; a list
    rule  bound  threshold  confidence  severity  minutes  enabled
    AUC   lower  0.8                    critical  60       yes
    """

    HEADS: ClassVar = ("rule", "bound", "threshold", "confidence", "severity", "minutes", "enabled")

    def __repr__(self) -> str:
        if not self:
            return "[]"
        return f"{self._counted()}; a list\n{table_in_text(self.HEADS, self.rows())}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002  # IPython gives it
        printer.text(repr(self))

    def _repr_html_(self) -> str | None:
        return table_in_html(self._counted(), self.HEADS, self.rows()) if self else None

    def _counted(self) -> str:
        counted = number_of_things(len(self), "alert rule")
        return f"{counted} {self.more}" if self.more else counted

    def rows(self) -> list[list[Any]]:
        """Return the cells below `HEADS`, for each rule."""
        return [
            [
                rule.name,
                rule.bound,
                BY_CHANCE if rule.confidence is not None else _short(rule.threshold),
                "" if rule.confidence is None else _short(rule.confidence),
                rule.severity,
                "" if rule.lookback_period is None else _short(rule.lookback_period),
                "yes" if rule.enabled else "no",
            ]
            for rule in self
        ]


def _short(number: float) -> str:
    return f"{number:.6g}"


def raised_by_rule(alerts: Iterable[Alert]) -> list[Raised]:
    """Return what each rule raised: critical ones first, then those that raised most.

    Parameters
    ----------
    alerts
        The latest first.
    """
    found: dict[Any, list[Alert]] = {}
    for alert in alerts:
        rule = alert.alert_rule
        found.setdefault((rule.id or rule.name, rule.severity), []).append(alert)
    raised = list(map(_raised, found.values()))
    return sorted(raised, key=_rank)


def _rank(raised: Raised) -> tuple[bool, int]:
    return raised.severity != AlertRuleSeverity.Critical, -raised.n_alerts


def _raised(alerts: Sequence[Alert]) -> Raised:
    rule = alerts[0].alert_rule
    furthest = max if rule.bound == AlertRuleBound.Upper else min
    statuses = Counter(alert.status for alert in alerts)
    status = ", ".join(f"{n:,} {name}" for name, n in statuses.items())
    return Raised(
        rule.name or rule.metric_name or rule.metric_id,
        str(rule.severity),
        len(alerts),
        furthest(alert.metric_value for alert in alerts),
        _place(alerts[-1]),
        _place(alerts[0]),
        alerts[0].status if len(statuses) == 1 else status,
    )


def _place(alert: Alert) -> str:
    """Return the batch of an alert, or when its window began: the day, if it is days long."""
    if alert.batch_id is not None:
        return alert.batch_id
    start = alert.window_start or alert.timestamp
    minutes = alert.alert_rule.lookback_period or 0
    return start[:10] if minutes >= _DAY else start[:16].replace("T", " ")
