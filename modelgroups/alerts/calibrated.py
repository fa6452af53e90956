"""Rules whose threshold follows the size of the window: drift beyond what chance explains.

A sample of the reference data itself shows some drift, the more the smaller it is; how much it is
likely to show, `modelgroups.alerts.chance` computes. No fixed number bounds what chance does for a
window of a hundred rows and for one of a million.

A rule alarms by chance in about 1 − `confidence` of the windows, and rules of several attributes
each by themselves. Windows drawn from the data behind the reference data, 24 attributes of the
credit data of Yeh (2009), reference 10,000 rows, thrice 400 windows of each size:

| rows of a window | alarms of one rule at 0.95 | windows with any, at 1 − 0.05/24 |
|---|---|---|
| 20 | 4.9 % | 7.6 % |
| 50 | 4.7 % | 4.8 % |
| 144 | 4.9 % | 5.2 % |
| 1,000 | 4.7 % | 4.8 % |
| 5,000 | 6.8 % | 14 % |

The reference data are themselves a sample: where windows are as large, one that is a little odd
makes the same attribute exceed its threshold time and again (of the three with windows of 5,000
rows, one: 29 %, beside 4 % and 10 %). And with fewer than ten rows of the reference data for each
bucket, or fewer than one of the window, no alert is raised: too little is known then.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from modelgroups.alerts.chance import psi_quantile
from modelgroups.alerts.rules import AlertRule
from modelgroups.alerts.values import COUNT, Seen, Watched, in_windows, number_of, window_of
from modelgroups.alerts.windows import Schedule
from modelgroups.query.defaults import default_metrics
from modelgroups.query.drift.body import MOST_PROPERTIES
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import ROLLUP, form_of
from modelgroups.query.drift.run import reference_counts, run_drift
from modelgroups.query.metrics import Metric, Rows, evaluate, is_drift
from modelgroups.query.subject import Subject

__all__ = ["Drifts", "bucket_counts", "drift_metrics", "thresholds", "window_threshold"]

Key = TypeVar("Key", bound=Hashable)

_PSI: Final = "PSI"
_DAY: Final = 24 * 60

_ROWS_A_BUCKET: Final = 10
"""Rows of the reference data for each bucket, on average, below which chance has no bounds."""


def drift_metrics(subject: Subject) -> dict[str, Metric]:
    """Return the default metrics of drift by id, each of one attribute."""
    return {metric.id: metric for metric in default_metrics(subject) if is_drift(metric.query)}


def thresholds(subject: Subject, names: Sequence[str], confidence: float) -> dict[str, float]:
    """Return what rules are shown with: thresholds of a window as large as the reference data.

    Parameters
    ----------
    subject
        The model.
    names
        Attributes.
    confidence
        The probability with which the PSI of such a window stays below, by chance.

    Returns
    -------
    dict
        By name; empty without reference data.
    """
    return {
        name: psi_quantile(counts, confidence, int(counts.sum()))
        for name, counts in bucket_counts(subject, names).items()
        if counts.any()
    }


def window_threshold(counts: NDArray[np.int64], confidence: float, n_rows: int) -> float | None:
    """Return the threshold of one window, None where it has too few rows for any.

    Parameters
    ----------
    counts
        Rows of the reference data in each bucket.
    confidence
        The probability with which the window stays below, by chance.
    n_rows
        Rows of the window.

    Examples
    --------
    >>> window_threshold(np.array([500, 500]), 0.95, 100), window_threshold(np.array([5]), 0.95, 9)
    (0.04054..., None)
    """
    n_buckets = np.count_nonzero(counts)
    if counts.sum() < _ROWS_A_BUCKET * n_buckets or n_rows < n_buckets:
        return None
    return psi_quantile(counts, confidence, n_rows)


class _Window(NamedTuple):
    """How many rows a window has, and how far each attribute has drifted in it."""

    n_rows: int
    drift: Mapping[str, float | None]


class Drifts:
    """What calibrated rules see: the drift of all their attributes is asked for together.

    Parameters
    ----------
    subject
        The model.
    rules
        The rules. One whose attribute the reference data lack by now sees nothing.
    """

    def __init__(self, subject: Subject, rules: Iterable[AlertRule]) -> None:
        self._subject = subject
        metrics = drift_metrics(subject)
        self._names = {
            str(rule.id): str(metrics[rule.metric_id].attribute)
            for rule in rules
            if rule.metric_id in metrics
        }
        self._all = sorted(set(self._names.values()))
        self._counts: Mapping[str, NDArray[np.int64]] | None = None
        self._windows: dict[tuple[Schedule, range], dict[int, _Window]] = {}
        self._batches: dict[str, _Window] | None = None

    def watched(self, rule: AlertRule) -> Watched:
        """Return what a rule sees."""
        return _Calibrated(self, rule)

    def by_tick(self, schedule: Schedule, ticks: range) -> Mapping[int, _Window]:
        """Return the windows before some ticks that have inferences."""
        asked = (schedule, ticks)
        if asked not in self._windows:
            self._windows[asked] = self._in_windows(schedule, ticks) if ticks else {}
        return self._windows[asked]

    def by_batch(self) -> Mapping[str, _Window]:
        """Return the batches that have inferences."""
        if self._batches is None:
            self._batches = self._in_batches()
        return self._batches

    def seen(self, rule: AlertRule, windows: Mapping[Key, _Window]) -> dict[Key, Seen]:
        """Return what a rule sees in some windows."""
        name = self._names.get(str(rule.id))
        if name is None or not windows:
            return {}
        if self._counts is None:
            self._counts = bucket_counts(self._subject, self._all)
        found = {}
        for key, (n_rows, drift) in windows.items():
            threshold = window_threshold(self._counts[name], float(rule.confidence or 0), n_rows)
            if threshold is not None:
                found[key] = Seen(number_of(drift[name]), threshold)
        return found

    def _in_windows(self, schedule: Schedule, ticks: range) -> dict[int, _Window]:
        counts = in_windows(self._subject, COUNT, schedule, ticks)
        if schedule.lookback == _DAY and schedule.step % _DAY == 0:
            days = _asked(self._subject, self._all, _FROM_REFERENCE | {ROLLUP: "day"})
            drift = {_minute_of(day) + _DAY: row for day, row in days.items()}
        else:
            drift = {tick: self._in_window(tick - schedule.lookback, tick) for tick in counts}
        return {
            tick: _Window(int(n_rows), drift[tick])
            for tick, n_rows in sorted(counts.items())
            if n_rows and tick in drift
        }

    def _in_window(self, start: int, end: int) -> dict[str, Any]:
        target = {"source": "inference", "filter": window_of(start, end)}
        return _asked(self._subject, self._all, _FROM_REFERENCE | {"target": target})[None]

    def _in_batches(self) -> dict[str, _Window]:
        counts = evaluate(self._subject, [COUNT], Rows(every="batch_id"), {})
        n_rows = dict(zip(counts["batch_id"], counts[COUNT.name], strict=True))
        drift = _asked(self._subject, self._all, _FROM_REFERENCE | {ROLLUP: "batch_id"})
        return {key: _Window(int(n_rows[key]), row) for key, row in drift.items() if key in n_rows}


class _Calibrated:
    """What one calibrated rule sees."""

    needs_ground_truth = False

    def __init__(self, drifts: Drifts, rule: AlertRule) -> None:
        self._drifts = drifts
        self._rule = rule

    def of_nothing(self) -> Seen:
        return Seen(None, self._rule.threshold)

    def by_batch(self) -> dict[str, Seen]:
        return self._drifts.seen(self._rule, self._drifts.by_batch())

    def by_tick(self, schedule: Schedule, ticks: range) -> dict[int, Seen]:
        return self._drifts.seen(self._rule, self._drifts.by_tick(schedule, ticks))


_FROM_REFERENCE: Final = {"metric": _PSI, "target": {"source": "inference"}}


def bucket_counts(subject: Subject, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return the rows of the reference data in each bucket of any number of attributes.

    Ranked lists are left out: their drift is not one of buckets.
    """
    names = [name for name in names if form_of(subject.attributes[name]) is not Form.ITEMS]
    found: dict[str, NDArray[np.int64]] = {}
    for start in range(0, len(names), MOST_PROPERTIES):
        found |= reference_counts(subject, names[start : start + MOST_PROPERTIES])
    return found


def _asked(
    subject: Subject, names: Sequence[str], asked: Mapping[str, Any]
) -> dict[Any, dict[str, Any]]:
    """Return the answer of a drift query for any number of attributes, by what rolls it up."""
    found: dict[Any, dict[str, Any]] = {}
    for start in range(0, len(names), MOST_PROPERTIES):
        some = {"properties": names[start : start + MOST_PROPERTIES]}
        body = {**asked, **some, "base": {"source": "reference"}}
        for row in run_drift(subject, body):
            found.setdefault(row.pop(ROLLUP, None), {}).update(row)
    return found


def _minute_of(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60
