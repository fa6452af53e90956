"""The values of a metric, window by window and batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from modelgroups.alerts.windows import Schedule
from modelgroups.inferences.times import as_text
from modelgroups.progress import tracked
from modelgroups.query.metrics import Metric, Rows, evaluate, is_drift, needs_ground_truth
from modelgroups.query.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MINUTE", "Watched"]

MINUTE: Final = 60_000_000
"""Microseconds."""

_COUNT: Final = Metric("", "rows", {"select": [{"function": "count"}]}, is_default=True)
_NEVER: Final = {
    "property": "inference_timestamp",
    "comparator": "lt",
    "value": "0001-01-01T00:00:00Z",
}


class Watched:
    """A metric as a rule sees it.

    Parameters
    ----------
    subject
        The model.
    metric
        The metric.
    parameters, filters
        What the rule asks of it.
    """

    def __init__(
        self,
        subject: Subject,
        metric: Metric,
        parameters: Mapping[str, Any],
        filters: Sequence[Mapping[str, Any]],
    ) -> None:
        self._subject = subject
        self._metric = metric
        self._parameters = parameters
        self._filters = filters

    @property
    def needs_ground_truth(self) -> bool:
        """Whether its value changes when ground truth comes."""
        return needs_ground_truth(self._metric.query, self._subject)

    def of_nothing(self) -> float | None:
        """Return the value that the metric has without any inference: a count has one."""
        found = self._evaluated(self._metric, Rows(window=[_NEVER], filters=self._filters))
        return _number(found[self._metric.name].iloc[0]) if len(found) else None

    def by_batch(self) -> dict[str, float | None]:
        """Return its value for each batch that has inferences."""
        found = self._evaluated(self._metric, Rows(filters=self._filters, every="batch_id"))
        return self._by_key(found, "batch_id")

    def by_tick(self, schedule: Schedule, ticks: range) -> dict[int, float | None]:
        """Return its value at each of the ticks with inferences in their window."""
        if not ticks:
            return {}
        is_slow = is_drift(self._metric.query)
        found: dict[int, float | None] = {}
        for offset in schedule.offsets():
            window = self._window(ticks[0] - schedule.lookback, ticks[-1])
            stretch = (schedule.lookback, offset)
            rows = Rows(window=window, filters=self._filters, stretch=stretch)
            frame = self._evaluated(_COUNT if is_slow else self._metric, rows)
            name = _COUNT.name if is_slow else self._metric.name
            for moment, value in zip(frame["timestamp"], frame[name], strict=True):
                tick = moment.value // 1000 // MINUTE + schedule.lookback
                if tick in ticks:
                    found[tick] = _number(value)
        return self._one_by_one(schedule, sorted(found)) if is_slow else found

    def _one_by_one(self, schedule: Schedule, ticks: Sequence[int]) -> dict[int, float | None]:
        """Ask for each window by itself, which drift needs."""
        found = {}
        for tick in tracked(ticks, f"Looking at {self._metric.name}", total=len(ticks)):
            window = self._window(tick - schedule.lookback, tick)
            frame = self._evaluated(self._metric, Rows(window=window, filters=self._filters))
            found[tick] = _number(frame[self._metric.name].iloc[0]) if len(frame) else None
        return found

    def _evaluated(self, metric: Metric, rows: Rows) -> pd.DataFrame:
        parameters = {} if metric is _COUNT else self._parameters
        return evaluate(self._subject, [metric], rows, parameters)

    def _by_key(self, frame: pd.DataFrame, key: str) -> dict[str, float | None]:
        values = map(_number, frame[self._metric.name])
        return dict(zip(frame[key], values, strict=True))

    @staticmethod
    def _window(start: int, end: int) -> list[dict[str, Any]]:
        return [
            {"property": "inference_timestamp", "comparator": comparator, "value": as_text(at)}
            for comparator, at in (("gte", start * MINUTE), ("lt", end * MINUTE))
        ]


def _number(value: Any) -> float | None:
    """Return a value as a number, None for what is not defined.

    >>> _number(True), _number(float("nan")), _number(None)
    (1.0, None, None)
    """
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
