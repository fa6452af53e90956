"""A version as it looks between two moments, and the stretch of time that holds most of its rows.

A few rows far from the rest, such as some that came without a timestamp and count as of today,
would leave nearly all of a chart empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final, cast

from modelgroups.inferences.times import as_text, bound, bounds
from modelgroups.report.periods import interval_of
from modelgroups.report.subjects import Version
from modelgroups.report.words import moment_text, share_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import pandas as pd

    from modelgroups.inferences.summary import LogSummary

    Moment = datetime | date | str | None

__all__ = ["TRAFFIC", "Window", "bounds_text", "days_of", "in_window", "main_window", "within"]

TRAFFIC: Final = "Inference Count"
_ENOUGH: Final = 0.99
_TIMES: Final = 2
"""The whole time is so many times as long as the window at the least, where only that is shown."""
_NEAR: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """A stretch of time, from a moment on and before another, and the rows outside of it."""

    since: datetime
    until: datetime
    n_outside: int = 0
    n_rows: int = 0

    @property
    def days(self) -> str:
        """The first and the last day."""
        return f"{self.since:%Y-%m-%d} to {self.until - _DAY:%Y-%m-%d}"

    @property
    def note(self) -> str:
        """What is not shown."""
        one = self.n_outside == 1
        share = share_text(self.n_outside / self.n_rows) if self.n_rows else ""
        return (
            f"{self.days} is shown, for {self.n_outside:,} inference{'' if one else 's'} ({share}) "
            f"lie{'s' if one else ''} far from the rest; report(since=…, until=…) of a version "
            "shows any time."
        )


def main_window(days: Sequence[tuple[datetime, int]]) -> Window | None:
    """Return the stretch that holds nearly all rows; None where that is not far shorter.

    It is the shortest with 99 % of the rows, and what lies near it.

    Parameters
    ----------
    days
        Those with rows, in order, and how many rows each has.

    Examples
    --------
    >>> march = [(datetime(2026, 3, day), 100) for day in range(1, 32)]
    >>> main_window(march)
    >>> found = main_window([*march, (datetime(2026, 11, 25), 8)])
    >>> found.days, found.n_outside
    ('2026-03-01 to 2026-03-31', 8)
    """
    if not days:
        return None
    starts = [day for day, _ in days]
    sums = [0, *accumulate(n for _, n in days)]
    first, last = _shortest(starts, sums)
    near = max([_NEAR, *(two - one for one, two in pairwise(starts[first : last + 1]))])
    while first > 0 and starts[first] - starts[first - 1] <= near:
        first -= 1
    while last < len(starts) - 1 and starts[last + 1] - starts[last] <= near:
        last += 1
    until = starts[last] + _DAY
    if starts[-1] + _DAY - starts[0] < _TIMES * (until - starts[first]):
        return None
    n_inside = sums[last + 1] - sums[first]
    return Window(starts[first], until, sums[-1] - n_inside, sums[-1])


def _shortest(starts: Sequence[datetime], sums: Sequence[int]) -> tuple[int, int]:
    """Return the places of the first and the last day of the shortest stretch with enough rows."""
    wanted = _ENOUGH * sums[-1]
    best, last = (0, len(starts) - 1), 0
    for first in range(len(starts)):
        while last < len(starts) and sums[last + 1] - sums[first] < wanted:
            last += 1
        if last == len(starts):
            break
        if starts[last] - starts[first] < starts[best[1]] - starts[best[0]]:
            best = (first, last)
    return best


def within(version: Version, since: Moment, until: Moment) -> Version:
    """Return a version that answers of the inferences from a moment on and before another.

    Raises
    ------
    UserValueError, UserTypeError
        One of them is no time.
    """
    moments = zip(("since", "until"), bounds(since, until), strict=True)
    micros = {name: moment for name, moment in moments if moment is not None}
    return cast("Version", _Within(version, micros)) if micros else version


def days_of(version: Version, summary: LogSummary) -> list[tuple[datetime, int]]:
    """Return the days with inferences, and how many each has."""
    if not summary.n_inferences:
        return []
    frame = version.metrics(TRAFFIC, every="day")
    days = (at.to_pydatetime() for at in frame["timestamp"])
    return list(zip(days, map(int, frame[TRAFFIC]), strict=True))


def in_window(version: Version, summary: LogSummary, window: Window | None) -> tuple[Version, str]:
    """Return the version as it looks in its window, if it has one, and what that is rolled by."""
    if version.is_batch:
        return version, "batch_id"
    if window is None:
        return version, interval_of(summary.first_timestamp, summary.last_timestamp)
    first, last = window.since, window.until - timedelta(seconds=1)
    interval = interval_of(first.isoformat(), last.isoformat())
    return within(version, window.since, window.until), interval


def bounds_text(since: Moment, until: Moment) -> str:
    """Return the bounds of a time in words.

    >>> bounds_text("2026-03-01", None), bounds_text(None, None)
    ('from 2026-03-01 00:00 UTC on', '')
    """
    first, last = (
        None if moment is None else moment_text(as_text(bound(moment, name)))
        for name, moment in (("since", since), ("until", until))
    )
    if first is None:
        return "" if last is None else f"before {last} UTC"
    return f"from {first} UTC on" if last is None else f"from {first} to {last} UTC"


class _Within:
    """What is asked of a version, with bounds; all else is that of the version."""

    def __init__(self, version: Version, micros: Mapping[str, int]) -> None:
        self._version = version
        self._micros = micros
        self._bounds = {name: as_text(moment) for name, moment in micros.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._version, name)

    def metrics(self, *args: Any, **options: Any) -> pd.DataFrame:
        return cast("pd.DataFrame", self._asked().metrics(*args, **options, **self._bounds))

    def drift(self, *args: Any, **options: Any) -> pd.DataFrame:
        return cast("pd.DataFrame", self._asked().drift(*args, **options, **self._bounds))

    def summary(self, *, attributes: bool = True) -> LogSummary:
        return cast("LogSummary", self._asked().summary(attributes=attributes, **self._bounds))

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        if body.get("from") == "reference":
            return self._version.query(body, query_type)
        filters = [*body.get("filter", ()), *self._conditions()]
        return self._version.query({**body, "filter": filters}, query_type)

    @property
    def bias(self) -> _BiasWithin:
        return _BiasWithin(self._version.bias.metrics, self._micros)

    def _conditions(self) -> Iterable[dict[str, Any]]:
        for name, comparator in (("since", "gte"), ("until", "lt")):
            if name in self._bounds:
                yield {"property": "inference_timestamp", "comparator": comparator,
                       "value": self._bounds[name]}  # fmt: skip

    def _asked(self) -> Any:
        return self._version  # whose methods take bounds, of which the protocol says nothing


class _BiasWithin:
    """Metrics of fairness with bounds, of which the later one is included there."""

    def __init__(self, metrics: Any, micros: Mapping[str, int]) -> None:
        self._metrics = metrics
        self._bounds: dict[str, str] = {}
        if "since" in micros:
            self._bounds["start_time"] = as_text(micros["since"])
        if "until" in micros:
            self._bounds["end_time"] = as_text(micros["until"] - 1)

    @property
    def metrics(self) -> _BiasWithin:
        return self

    def demographic_parity(self, name: str) -> Any:
        return self._metrics.demographic_parity(name, **self._bounds)

    def group_counts(self, name: str) -> Any:
        return self._metrics.group_counts(name, **self._bounds)

    def group_confusion_matrices(self, *args: Any, **options: Any) -> Any:
        return self._metrics.group_confusion_matrices(*args, **options, **self._bounds)
