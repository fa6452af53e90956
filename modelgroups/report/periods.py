"""Stretches of time that values are rolled up by: few enough to be read. Loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from statistics import median_high
from typing import Any, Final

from modelgroups.report.words import day_text, moment_of, short

__all__ = ["MOST", "Period", "Periods", "coarser", "interval_of", "periods_of"]

MOST: Final = 62
"""So many days are shown one by one; where there are more, weeks, months or years are."""

_LENGTHS: Final = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.2}
_FAR: Final = 3
_FORMS: Final = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True)
class Period:
    """A day, a week, a month, a year, or a batch.

    Parameters
    ----------
    at
        Its place on an axis: days since 1970, or the number of the batch.
    name
        What it is called.
    short
        What it is called below its head.
    head
        What it shares with its neighbours: the month of a day, the year of a month.
    is_after_gap
        Whether there were none between the one before and this one.
    """

    at: float
    name: str
    short: str
    head: str
    is_after_gap: bool = False


@dataclass(frozen=True)
class Periods:
    """The periods that have inferences, in order.

    Parameters
    ----------
    word
        ``day``, ``week``, ``month``, ``year`` or ``batch``.
    members
        The periods.
    n_left_out
        How many earlier ones are not among them.
    """

    word: str
    members: tuple[Period, ...]
    n_left_out: int = 0

    @property
    def is_time(self) -> bool:
        """Whether they have a place in time."""
        return self.word != "batch"

    @property
    def heads(self) -> list[tuple[str, int]]:
        """What neighbours share, and how many they are."""
        return [(head, len(list(some))) for head, some in groupby(p.head for p in self.members)]

    @property
    def note(self) -> str:
        """What a reader must know of them."""
        if self.word in ("batch", "day"):
            return f"{self.grain}."
        return f"{self.grain}: there are more than {MOST} days."

    @property
    def grain(self) -> str:
        """What they are, without a full stop."""
        if self.word == "batch":
            left = f"; {self.n_left_out:,} earlier ones are left out" if self.n_left_out else ""
            return f"By batch, in the order in which they began{left}"
        starts = {"week": ", which begin on Monday"}.get(self.word, "")
        return f"By {self.word}{starts}, in UTC"


def interval_of(first: str | None, last: str | None) -> str:
    """Return the shortest interval of which there are not too many between two times.

    >>> interval_of("2026-03-01T00:00:00+00:00", "2026-03-31T12:00:00+00:00")
    'day'
    >>> interval_of("2025-01-01T00:00:00+00:00", "2026-03-31T12:00:00+00:00")
    'month'
    """
    one, two = moment_of(first), moment_of(last)
    n_days = 0.0 if one is None or two is None else (two - one).total_seconds() / 86400
    fitting = [word for word, length in _LENGTHS.items() if n_days / length + 1 <= MOST]
    return next(iter(fitting), "year")


def coarser(interval: str) -> list[str]:
    """Return an interval and those that are longer; a batch stays a batch.

    >>> coarser("week"), coarser("batch_id")
    (['week', 'month', 'year'], ['batch_id'])
    """
    words = list(_LENGTHS)
    return words[words.index(interval) :] if interval in words else [interval]


def periods_of(keys: Sequence[Any], interval: str) -> Periods:
    """Return the periods that rows of an answer belong to.

    Parameters
    ----------
    keys
        The starts of the intervals, or the batches, in their order and of each one.
    interval
        What they were rolled up by, ``batch_id`` for batches.
    """
    if interval == "batch_id":
        n_left_out = max(0, len(keys) - MOST)
        shown = enumerate(keys[n_left_out:])
        named = [Period(float(place), str(key), short(key, 12), "batch") for place, key in shown]
        return Periods("batch", tuple(named), n_left_out)
    n_left_out = max(0, len(keys) - MOST)  # of years
    starts = [key.to_pydatetime() for key in keys[n_left_out:]]
    members = [
        _period(start, is_after_gap, interval)
        for start, is_after_gap in zip(starts, _gaps(starts, interval), strict=True)
    ]
    return Periods(interval, tuple(members), n_left_out)


def _gaps(starts: Sequence[datetime], interval: str) -> list[bool]:
    """Return which periods come after a gap: one far longer than is common among them.

    >>> days = [datetime(2026, 3, day) for day in (1, 3, 5, 7, 20)]
    >>> _gaps(days, "day")
    [False, False, False, False, True]
    """
    if len(starts) < 2:
        return [False] * len(starts)
    steps = [two - one for one, two in pairwise(starts)]
    common = max(median_high(steps), timedelta(days=_LENGTHS[interval]))
    return [False, *(step > _FAR * common for step in steps)]


def _period(start: datetime, is_after_gap: bool, interval: str) -> Period:
    name = f"{start:{_FORMS[interval]}}"
    shorts = {"day": str(start.day), "week": day_text(start), "month": f"{start:%b}"}
    heads = {"day": f"{start:%B %Y}", "week": f"{start:%Y}", "month": f"{start:%Y}"}
    at = start.timestamp() / 86400
    return Period(at, name, shorts.get(interval, name), heads.get(interval, ""), is_after_gap)
