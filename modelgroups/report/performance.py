"""The metrics of a version over time. Loads pandas by way of what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserError
from modelgroups.report.charts import Lines, line_of
from modelgroups.report.periods import Periods, periods_of
from modelgroups.report.subjects import Version
from modelgroups.report.words import count_text, number_text, plain
from modelgroups.types import MetricType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.query.metrics import Metric

__all__ = ["Performance", "Series", "counts_metric", "intervals", "performance_of"]

MOST: Final = 36
_COUNTS: Final = ("count", "countIf")


@dataclass(frozen=True)
class Series:
    """One metric: its value over all of the time, and in each period.

    Parameters
    ----------
    name
        Of the metric.
    whole
        Over all of the time.
    values
        In each period; None where it is not defined.
    is_count
        Whether it is a number of rows.
    chart
        The same as a line.
    detail
        What of it its name does not say.
    """

    name: str
    whole: float | None
    values: tuple[float | None, ...]
    is_count: bool
    chart: Lines
    detail: str = ""

    def text(self, value: float | None) -> str:
        """Return one of its values as it is written."""
        return count_text(value) if self.is_count else number_text(value)


@dataclass(frozen=True)
class Performance:
    """Metrics over time; `undefined` have no value at all, and of these `notes` tell more."""

    periods: Periods
    series: tuple[Series, ...]
    undefined: tuple[str, ...]
    n_others: int
    notes: tuple[str, ...]


def counts_metric(metric: Metric) -> bool:
    """Return whether a metric is a number of inferences."""
    select = metric.query.get("select", ())
    return len(select) == 1 and select[0].get("function") in _COUNTS


def intervals(version: Version, frame: pd.DataFrame, interval: str) -> list[Any]:
    """Return the rows' periods in order: times as they are, batches as they began."""
    if interval != "batch_id":
        return list(frame["timestamp"])
    seen = set(frame["batch_id"])
    return [batch for batch in version.batches()["batch_id"] if batch in seen]


def performance_of(version: Version, timed: Version, interval: str) -> Performance:
    """Return the metrics of a version that has inferences.

    Metrics of its own are among them where they need no parameters.

    Parameters
    ----------
    version
        That of all of the time.
    timed
        The same one, of what is shown over time.
    interval
        What that is rolled up by.
    """
    known = [
        each for each in version.get_metrics()
        if each.type != MetricType.ModelDataDriftMetric and _is_complete(each)
    ]  # fmt: skip
    metrics, n_others = known[:MOST], max(0, len(known) - MOST)
    notes: list[str] = []
    try:
        frame, whole = _asked(version, timed, metrics, interval)
    except UserError:  # a metric of the user's own, which nobody has asked before
        faults = _faults(version, [each for each in metrics if not each.is_default])
        notes += [f"{name} is left out: {fault}." for name, fault in faults.items()]
        metrics = [each for each in metrics if each.name not in faults]
        frame, whole = _asked(version, timed, metrics, interval)
    key = "batch_id" if interval == "batch_id" else "timestamp"
    frame = frame.set_index(key).reindex(intervals(version, frame, interval))
    periods = periods_of(list(frame.index), interval)
    frame = frame.iloc[periods.n_left_out :]
    series = [_series(metric, frame, whole, periods) for metric in metrics]
    return Performance(
        periods,
        tuple(each for each in series if _is_defined(each)),
        tuple(each.name for each in series if not _is_defined(each)),
        n_others,
        tuple(notes),
    )


def _is_complete(metric: Metric) -> bool:
    return all("default" in parameter for parameter in metric.parameters or ())


def _faults(version: Version, metrics: Sequence[Metric]) -> dict[str, UserError]:
    """Return why metrics have no value, of those that have none."""
    faults = {}
    for metric in metrics:
        try:
            version.metrics([metric.name], every=None)
        except UserError as error:
            faults[metric.name] = error
    return faults


def _asked(
    version: Version, timed: Version, metrics: Sequence[Metric], interval: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [metric.name for metric in metrics]
    return timed.metrics(names, every=interval), version.metrics(names, every=None)


def _series(metric: Metric, frame: pd.DataFrame, whole: pd.DataFrame, periods: Periods) -> Series:
    values = tuple(map(plain, frame[metric.name]))
    is_count = counts_metric(metric)
    chart = line_of(metric.name, periods, values, is_count=is_count)
    value = plain(whole[metric.name].iloc[0])
    return Series(metric.name, value, values, is_count, chart, _detail(metric))


def _detail(metric: Metric) -> str:
    """Return of which class rows are counted, where that is one of two and the name has none."""
    is_counted = metric.query.get("select", [{}])[0].get("function") == "countIf"
    if not is_counted or not metric.is_default or not metric.attribute:
        return ""
    return "" if metric.attribute in metric.name else f"predicted positive by {metric.attribute}"


def _is_defined(series: Series) -> bool:
    return series.whole is not None or any(value is not None for value in series.values)
