"""Metrics of several versions over time, in one picture each: a line for each version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from modelgroups.drawing.looks import DASHES
from modelgroups.report.charts import Lines, line_of, ticks_of
from modelgroups.report.performance import counts_metric
from modelgroups.report.periods import Periods, interval_of, periods_of
from modelgroups.report.subjects import Version
from modelgroups.report.window import TRAFFIC, Window, main_window, within
from modelgroups.report.words import plain
from modelgroups.types import MetricType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Course", "Picture", "Together", "together_of"]

MOST: Final = 3
_PATTERNS: Final = dict(zip(DASHES, ("", "6 3", "1.5 3", "6 3 1.5 3"), strict=True))


@dataclass(frozen=True)
class Course:
    """A version: what it is called, its number, how its line is dashed, and the line."""

    name: str
    number: int
    line: Lines
    values: tuple[float | None, ...]

    @property
    def dashes(self) -> str:
        """The ``stroke-dasharray`` of its line, that of its number in all pictures."""
        return _PATTERNS[DASHES[(self.number - 1) % len(DASHES)]]


@dataclass(frozen=True)
class Picture:
    """A metric, with the line of each version that has it; all have the same axes."""

    metric: str
    courses: tuple[Course, ...]

    @property
    def axes(self) -> Lines:
        """A line whose axes are those of all."""
        return self.courses[0].line

    @property
    def description(self) -> str:
        """What is to be seen, for those who cannot see it."""
        return " ".join(f"{each.name}: {each.line.description}" for each in self.courses)


@dataclass(frozen=True)
class Together:
    """The first metrics of versions over time; `note` says which time it is."""

    periods: Periods
    pictures: tuple[Picture, ...]
    note: str


def together_of(named: Mapping[str, Version]) -> Together | None:
    """Return the first metrics of versions that have inferences; None without any value.

    They are the first ones of the first version, but for numbers of rows, that all of them have.

    Parameters
    ----------
    named
        The versions, and what they are called.
    """
    metrics = _shared(list(named.values()))
    if len(named) < 2 or not metrics:
        return None
    window, interval = _time(list(named.values()))
    bounds = (None, None) if window is None else (window.since, window.until)
    frames = {
        name: _asked(within(version, *bounds), metrics, interval) for name, version in named.items()
    }
    keys = _keys(named, frames, interval)
    periods = periods_of(keys, interval)
    frames = {
        name: frame.reindex(keys).iloc[periods.n_left_out :] for name, frame in frames.items()
    }
    numbers = {name: version.version_sequence_num or 1 for name, version in named.items()}
    pictures = [_picture(metric, frames, numbers, periods) for metric in metrics]
    shown = tuple(each for each in pictures if each is not None)[:MOST]
    note = "" if window is None or not window.n_outside else f" {window.note}"
    return Together(periods, shown, f"{periods.note}{note}") if shown else None


def _shared(versions: Sequence[Version]) -> list[str]:
    """Return the default metrics of the first version, but for counts, that all have."""
    if not versions:
        return []
    known = [{metric.name for metric in version.get_metrics()} for version in versions]
    return [
        metric.name
        for metric in versions[0].get_metrics()
        if metric.is_default
        and metric.type != MetricType.ModelDataDriftMetric
        and not counts_metric(metric)
        and all(metric.name in names for names in known)
    ]


def _time(versions: Sequence[Version]) -> tuple[Window | None, str]:
    """Return what is shown of time, if not all of it, and what that is rolled up by."""
    if all(version.is_batch for version in versions):
        return None, "batch_id"
    days: dict[datetime, int] = {}
    for version in versions:
        frame = version.metrics(TRAFFIC, every="day")
        for at, n in zip(frame["timestamp"], frame[TRAFFIC], strict=True):
            days[at.to_pydatetime()] = days.get(at.to_pydatetime(), 0) + int(n)
    window = main_window(sorted(days.items()))
    first, last = min(days), max(days)
    if window is not None:
        first, last = window.since, window.until - timedelta(days=1)
    return window, interval_of(first.isoformat(), last.isoformat())


def _asked(version: Version, metrics: Sequence[str], interval: str) -> pd.DataFrame:
    key = "batch_id" if interval == "batch_id" else "timestamp"
    return version.metrics(metrics, every=interval).set_index(key)


def _keys(
    named: Mapping[str, Version], frames: Mapping[str, pd.DataFrame], interval: str
) -> list[Any]:
    """Return the periods of all in order: batches as they began, each version's in turn."""
    if interval != "batch_id":
        return sorted({at for frame in frames.values() for at in frame.index})
    batches: Iterable[str] = (
        batch
        for name, version in named.items()
        for batch in version.batches()["batch_id"]
        if batch in frames[name].index
    )
    return list(dict.fromkeys(batches))


def _picture(
    metric: str, frames: Mapping[str, pd.DataFrame], numbers: Mapping[str, int], periods: Periods
) -> Picture | None:
    values = {name: tuple(map(plain, frame[metric])) for name, frame in frames.items()}
    defined = [value for some in values.values() for value in some if value is not None]
    if not defined:
        return None
    ticks = ticks_of(min(defined), max(defined))
    return Picture(
        metric,
        tuple(
            Course(name, numbers[name], line_of(metric, periods, some, ticks=ticks), some)
            for name, some in values.items()
        ),
    )
