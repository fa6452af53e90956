"""The part of `Model` that watches metrics: rules, and the alerts that they raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.model.finding import Finding

if TYPE_CHECKING:
    from modelgroups.alerts.rules import Alert, AlertRule

__all__ = ["Alerting"]


@checked_calls
class Alerting(Finding):
    """Thresholds for metrics."""

    def create_alert_rule(
        self,
        metric_id: str,
        bound: str,
        threshold: float | None,
        severity: str,
        name: str | None = None,
        lookback_period: float | None = None,
        subsequent_alert_wait_time: float | None = None,
        metric_parameters: Mapping[str, Any] | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        confidence: float | None = None,
    ) -> AlertRule:
        """Watch a metric.

        The rule looks at windows of time, whose ends are the multiples of its wait time (or of
        its lookback period, where it does not wait), and of a batch model at each batch that is
        closed. It raises an alert where the metric lies beyond the threshold; what is not
        defined raises none.

        Parameters
        ----------
        metric_id
            The id of the metric, or its name, in upper or lower case; `get_metrics` lists them.
        bound
            ``"upper"``: a value above the threshold raises an alert; ``"lower"``: one below it.
        threshold
            The value to compare with; None where there is a `confidence`.
        severity
            ``"warning"`` or ``"critical"``.
        name
            A readable name; made of the metric and the bound when not given.
        lookback_period
            Minutes of a window; 5 when not given.
        subsequent_alert_wait_time
            Minutes before the rule may raise another alert; 0 when not given.
        metric_parameters
            One value for each parameter of the metric.
        filters
            Conditions on the rows that the metric sees.
        confidence
            For the PSI of an attribute, in place of a threshold: each window is held against what
            as many rows drawn from the reference data stay below with this probability.

        Returns
        -------
        AlertRule
            The rule with its id.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            It has no such metric.
        BadRequestError
            The rule is not valid; all faults are told.
        UserValueError
            The metric cannot be evaluated with the parameters and filters.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     rule = model.create_alert_rule("Accuracy Rate", "lower", 0.9, "critical")
        ...     rows = {"age": [31, 47], "p": [0.25, 0.75], "y": [1, 1]}
        ...     times = ["2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z"]
        ...     _ = model.send_inferences(rows, inference_timestamps=times)
        ...     for alert in model.get_alerts():
        ...         print(alert.message)
        Accuracy Rate was 0.5, below 0.9, from 2026-01-31T12:00 to 2026-01-31T12:05 UTC
        """
        from modelgroups.alerts.keep import add_rule
        from modelgroups.alerts.rules import AlertRule

        rule = AlertRule(
            bound=bound,
            threshold=threshold,  # type: ignore[arg-type]  # checked, as are filters
            metric_id=metric_id,
            severity=severity,
            name=name,
            lookback_period=lookback_period,
            subsequent_alert_wait_time=subsequent_alert_wait_time,
            metric_parameters=None if metric_parameters is None else dict(metric_parameters),
            filters=None if filters is None else list(filters),  # type: ignore[arg-type]
            confidence=confidence,
        )
        return add_rule(self._subject("create_alert_rule"), rule)

    def get_alert_rules(self, page: int = 1, page_size: int = 20) -> list[AlertRule]:
        """Return the alert rules of the model, in the order in which they were made.

        When they are first asked for, a model that has reference data and inferences gets default
        rules: a warning where the PSI of an input, a non-input or a prediction in a day (or batch)
        is larger than chance explains for its number of rows. That threshold is told by each
        alert; ``rule.threshold`` is the one of as many rows as the reference data have. All rules
        of a model together raise a false alarm in about 5 % of the days: of m rules each has the
        `confidence` 1 − 0.05/m (Bonferroni). With another confidence, say 0.95, each alarms by
        chance in one window of twenty. Times, ids and ranked lists have no such rule. Where the
        reference data have fewer than ten rows for each bucket, or a window fewer than one, it
        raises nothing.

        Parameters
        ----------
        page, page_size
            Which page, from 1 on, and how long it is. A model may well have more than 20 rules;
            where there are more than were asked for, the list says so when it is shown.

        Examples
        --------
        >>> from dataclasses import replace
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     for rule in model.get_alert_rules():
        ...         print(rule.name)
        ...         surer = model.update_alert_rule(replace(rule, confidence=0.999))
        Feature Drift: age upper bound
        Prediction Drift: p upper bound
        """
        from modelgroups.alerts.keep import list_rules
        from modelgroups.alerts.listed import RulePage

        limit, offset = _page(page, page_size)
        found = list_rules(self._subject("get_alert_rules"), limit=limit + 1, offset=offset)
        return RulePage.of(found, limit, page)

    def update_alert_rule(
        self, alert_rule: AlertRule, alert_rule_id: str | None = None
    ) -> AlertRule:
        """Change the name, the thresholds, the times of a rule, or whether it is enabled.

        What was looked at before is not looked at again. A threshold that is set holds for
        windows of any size from then on, in place of the `confidence` of a default rule.

        Parameters
        ----------
        alert_rule
            The rule as it is to be; its id says which one it is. It is not changed.
        alert_rule_id
            Which one it is, where it has no id.

        Returns
        -------
        AlertRule
            The rule as it is kept.

        Raises
        ------
        MethodNotApplicableError
            There is no id, or the model is not saved.
        NotFoundError
            The model has no such rule.
        BadRequestError
            The rule is not valid.
        ConflictError
            Another process changed it meanwhile.
        UserTypeError
            `alert_rule` is no rule.

        Examples
        --------
        >>> from dataclasses import replace
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     (metric,) = model.get_metrics(metric_name="Accuracy Rate")
        ...     rule = model.create_alert_rule(metric.id, "lower", 0.7, "warning")
        ...     model.update_alert_rule(replace(rule, threshold=0.8)).threshold
        0.8
        """
        from modelgroups.alerts.keep import change_rule
        from modelgroups.alerts.rules import AlertRule as Rule

        if not isinstance(alert_rule, Rule):
            raise UserTypeError(f"alert_rule must be an AlertRule, got {type(alert_rule).__name__}")
        rule_id = alert_rule.id or alert_rule_id
        if rule_id is None:
            raise MethodNotApplicableError(
                "the alert rule has no id; take it from get_alert_rules(), or give alert_rule_id"
            )
        return change_rule(self._subject("update_alert_rule"), alert_rule, rule_id)

    def delete_alert_rule(self, alert_rule_id: str) -> None:
        """Delete a rule. The alerts that it raised stay; a default rule does not come back.

        Parameters
        ----------
        alert_rule_id
            Which rule.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            It has no such rule.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     (metric,) = model.get_metrics(metric_name="Accuracy Rate")
        ...     rule = model.create_alert_rule(metric.id, "lower", 0.7, "warning")
        ...     model.delete_alert_rule(rule.id)
        ...     model.get_alert_rules()
        []
        """
        from modelgroups.alerts.keep import remove_rule

        remove_rule(self._subject("delete_alert_rule"), alert_rule_id)

    def evaluate_alerts(self, now: datetime | date | str | None = None) -> int:
        """Let every rule look at what it has not looked at yet.

        Metrics that need ground truth are looked at again once it has come. The same data raise
        nothing twice. `get_alerts` does this by itself.

        Parameters
        ----------
        now
            Look at all windows that end by this moment, empty ones too. When not given it is the
            present, and no later than the last window with an inference in it.

        Returns
        -------
        int
            How many alerts were raised.

        Raises
        ------
        ReadOnlyError
            The registry is open read-only.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.evaluate_alerts()
        0
        """
        from modelgroups.alerts.watch import look

        return look(self._subject("evaluate_alerts"), now)

    def get_alerts(
        self,
        page: int = 1,
        page_size: int = 500,
        status: str | None = None,
        alert_rule_id: str | None = None,
        batch_id: str | None = None,
        start_time: datetime | date | str | None = None,
        end_time: datetime | date | str | None = None,
    ) -> list[Alert]:
        """Return the alerts of the model, the latest first.

        More than a few of them are shown in a line for each rule: how often it raised one, the
        worst value, the first and the last day.

        Parameters
        ----------
        page, page_size
            Which page, from 1 on, and how long it is.
        status
            Only those that are ``"new"``, ``"acknowledged"`` or ``"resolved"``.
        alert_rule_id, batch_id
            Only those of a rule, of a batch.
        start_time, end_time
            Only those from the first moment on and before the second; dates, and datetimes
            without a zone, are in UTC.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.get_alerts(status="new")
        []
        """
        from modelgroups.alerts.keep import list_alerts
        from modelgroups.inferences.times import as_text, bound

        subject = self._subject("get_alerts")
        limit, offset = _page(page, page_size)
        since, until = (
            None if moment is None else as_text(bound(moment, name, UTC))
            for name, moment in (("start_time", start_time), ("end_time", end_time))
        )
        if not self._registry.read_only:
            self.evaluate_alerts()
        return list_alerts(
            subject,
            status=status,
            rule_id=alert_rule_id,
            batch_id=batch_id,
            since=since,
            until=until,
            limit=limit,
            offset=offset,
        )

    def update_alert(self, status: str, alert_id: str) -> Alert:
        """Say what was done about an alert.

        Parameters
        ----------
        status
            ``"acknowledged"`` or ``"resolved"``.
        alert_id
            Which alert.

        Returns
        -------
        Alert
            The alert as it is kept.

        Raises
        ------
        UserValueError
            There is no such status.
        NotFoundError
            The model has no such alert.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     (metric,) = model.get_metrics(metric_name="Inference Count")
        ...     _ = model.create_alert_rule(metric.id, "upper", 1, "warning")
        ...     times = ["2026-01-31T12:00:00Z", "2026-01-31T12:01:00Z"]
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]},
        ...                               inference_timestamps=times)
        ...     (alert,) = model.get_alerts(status="new")
        ...     model.update_alert("acknowledged", alert.id).status
        'acknowledged'
        """
        from modelgroups.alerts.keep import change_status

        return change_status(self._subject("update_alert"), alert_id, status)


def _page(page: object, page_size: object) -> tuple[int, int]:
    number, size = require_whole(page, "page"), require_whole(page_size, "page_size")
    if number < 1 or size < 1:
        raise UserValueError(f"page={page!r} and page_size={page_size!r} must be 1 or more")
    return size, (number - 1) * size
