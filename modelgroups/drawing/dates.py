"""Dates along an axis, each of which says what it is. Loads matplotlib: import it lazily."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import matplotlib.dates
from matplotlib.ticker import FixedLocator, Formatter

__all__ = ["TimeFormatter", "round_places"]

_LEAST_GAP: Final = 0.75
"""The least share of the usual distance between ticks at which their texts do not collide."""

_dates: Any = matplotlib.dates  # it is typed in part


def round_places(first: float, last: float) -> FixedLocator:
    """Return round times between two, both in matplotlib's days: no tick says what has no data."""
    locator = _dates.AutoDateLocator(tz=UTC)
    places = locator.tick_values(*_dates.num2date([first, last], tz=UTC))
    return FixedLocator(_apart([float(place) for place in places if first <= place <= last]))


def _apart(places: Sequence[float]) -> list[float]:
    """Return places without those just before the next: of 25 and 29 November and 1 December, two.

    >>> _apart([21.0, 25.0, 29.0, 31.0, 35.0]), _apart([1.0, 2.0])
    ([21.0, 25.0, 31.0, 35.0], [1.0, 2.0])
    """
    gaps = [after - before for before, after in pairwise(places)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    near = [gap < _LEAST_GAP * usual for gap in gaps]
    return [place for place, is_near in zip(places, [*near, False], strict=True) if not is_near]


class TimeFormatter(Formatter):
    r"""Writes days, months, years or times of day, with what holds of the next ones at the first.

    Examples
    --------
    >>> days = matplotlib.dates.date2num([datetime(2025, 12, 29), datetime(2026, 1, 2)])
    >>> TimeFormatter().format_ticks(days)
    ['29 Dec\n2025', '2 Jan\n2026']
    """

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Return the text of one time, as where a window tells what is pointed at."""
        return f"{_dates.num2date(value, tz=UTC):%Y-%m-%d %H:%M}"

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the texts of all ticks."""
        moments = [_dates.num2date(value, tz=UTC) for value in values]
        is_by_day = all(value == int(value) for value in values)
        heads = [_year(moment) if is_by_day else _day(moment) for moment in moments]
        if is_by_day and all(moment.timetuple().tm_yday == 1 for moment in moments):
            return heads
        has_seconds = any(moment.second for moment in moments)
        texts = []
        for place, (moment, head) in enumerate(zip(moments, heads, strict=True)):
            text = f"{moment.day} {moment:%b}" if is_by_day else f"{moment:%H:%M}"
            if has_seconds:
                text = f"{moment:%H:%M:%S}"
            is_new = place == 0 or head != heads[place - 1]
            texts.append(f"{text}\n{head}" if is_new else text)
        return texts


def _year(moment: datetime) -> str:
    return f"{moment:%Y}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
