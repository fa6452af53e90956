"""The values of a metric, window by window and batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from modelgroups.alerts.rules import AlertRule
from modelgroups.alerts.windows import Schedule
from modelgroups.inferences.times import as_text
from modelgroups.progress import tracked
from modelgroups.query.metrics import Metric, Rows, evaluate, is_drift, needs_ground_truth
from modelgroups.query.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COUNT",
    "MINUTE",
    "Seen",
    "Watched",
    "WatchedMetric",
    "in_windows",
    "number_of",
    "window_of",
]

MINUTE: Final = 60_000_000
"""Microseconds."""

COUNT: Final = Metric("", "rows", {"select": [{"function": "count"}]}, is_default=True)
"""How many inferences there are."""

_NEVER: Final = {
    "property": "inference_timestamp",
    "comparator": "lt",
    "value": "0001-01-01T00:00:00Z",
}


class Seen(NamedTuple):
    """What a rule sees in one window: the value, and the threshold that it has there."""

    value: float | None
    threshold: float


class Watched(Protocol):
    """What a rule sees of a log."""

    @property
    def needs_ground_truth(self) -> bool:
        """Whether its value changes when ground truth comes."""

    def of_nothing(self) -> Seen:
        """Return what it sees without any inference: a count has a value then."""

    def by_batch(self) -> dict[str, Seen]:
        """Return what it sees in each batch that has inferences."""

    def by_tick(self, schedule: Schedule, ticks: range) -> dict[int, Seen]:
        """Return what it sees at each of the ticks with inferences in their window."""


class WatchedMetric:
    """Any metric, beside one threshold.

    Parameters
    ----------
    subject
        The model.
    metric
        The metric.
    rule
        The rule.
    """

    def __init__(self, subject: Subject, metric: Metric, rule: AlertRule) -> None:
        self._subject = subject
        self._metric = metric
        self._parameters = rule.metric_parameters or {}
        self._filters = rule.filters or []
        self._threshold = rule.threshold

    @property
    def needs_ground_truth(self) -> bool:
        """Whether its value changes when ground truth comes."""
        return needs_ground_truth(self._metric.query, self._subject)

    def of_nothing(self) -> Seen:
        """Return what it sees without any inference."""
        found = self._evaluated(Rows(window=[_NEVER], filters=self._filters))
        return self._seen(found[self._metric.name].iloc[0] if len(found) else None)

    def by_batch(self) -> dict[str, Seen]:
        """Return what it sees in each batch that has inferences."""
        found = self._evaluated(Rows(filters=self._filters, every="batch_id"))
        values = map(self._seen, found[self._metric.name])
        return dict(zip(found["batch_id"], values, strict=True))

    def by_tick(self, schedule: Schedule, ticks: range) -> dict[int, Seen]:
        """Return what it sees at each of the ticks with inferences in their window."""
        asked = (schedule, ticks, self._filters)
        if is_drift(self._metric.query):
            values = self._one_by_one(schedule, sorted(in_windows(self._subject, COUNT, *asked)))
        else:
            values = in_windows(self._subject, self._metric, *asked, self._parameters)
        return {tick: self._seen(value) for tick, value in values.items()}

    def _one_by_one(self, schedule: Schedule, ticks: Sequence[int]) -> dict[int, Any]:
        """Ask for each window by itself, which drift needs."""
        found = {}
        for tick in tracked(ticks, f"Looking at {self._metric.name}", total=len(ticks)):
            window = window_of(tick - schedule.lookback, tick)
            frame = self._evaluated(Rows(window=window, filters=self._filters))
            found[tick] = frame[self._metric.name].iloc[0] if len(frame) else None
        return found

    def _evaluated(self, rows: Rows) -> pd.DataFrame:
        return evaluate(self._subject, [self._metric], rows, self._parameters)

    def _seen(self, value: Any) -> Seen:
        return Seen(number_of(value), self._threshold)


def in_windows(
    subject: Subject,
    metric: Metric,
    schedule: Schedule,
    ticks: range,
    filters: Sequence[Mapping[str, Any]] = (),
    parameters: Mapping[str, Any] | None = None,
) -> dict[int, float | None]:
    """Return the value of a metric at each of the ticks with inferences in their window.

    Parameters
    ----------
    subject, metric
        The model, and a metric that is no drift.
    schedule, ticks
        When it is looked at.
    filters, parameters
        What is asked of it.
    """
    found: dict[int, float | None] = {}
    for offset in schedule.offsets() if ticks else ():
        rows = Rows(
            window=window_of(ticks[0] - schedule.lookback, ticks[-1]),
            filters=filters,
            stretch=(schedule.lookback, offset),
        )
        frame = evaluate(subject, [metric], rows, parameters or {})
        for moment, value in zip(frame["timestamp"], frame[metric.name], strict=True):
            tick = moment.value // 1000 // MINUTE + schedule.lookback
            if tick in ticks:
                found[tick] = number_of(value)
    return found


def window_of(start: int, end: int) -> list[dict[str, Any]]:
    """Return the conditions on the inferences from one minute on and before another."""
    return [
        {"property": "inference_timestamp", "comparator": comparator, "value": as_text(at)}
        for comparator, at in (("gte", start * MINUTE), ("lt", end * MINUTE))
    ]


def number_of(value: Any) -> float | None:
    """Return a value as a number, None for what is not defined.

    >>> number_of(True), number_of(float("nan")), number_of(None)
    (1.0, None, None)
    """
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
