"""Drift as a table of attributes and periods, whose cells are the warmer the further it went.

What chance alone would show has no colour: few rows always seem to have drifted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError
from modelgroups.report.chance import Chance
from modelgroups.report.performance import intervals
from modelgroups.report.periods import Periods, coarser, periods_of
from modelgroups.report.subjects import Version
from modelgroups.report.window import TRAFFIC
from modelgroups.report.words import plain, short, short_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BOUNDS",
    "Cell",
    "Heat",
    "HeatRow",
    "furthest",
    "gather_heat",
    "heat_text",
    "level_of",
    "whole_drift",
]

MOST_ROWS: Final = 40
BOUNDS: Final = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Between the levels of PSI. Below 0.1 a shift is small, from 0.25 on large: Siddiqi, Credit Risk
Scorecards, Wiley 2006. Whether it is beyond chance is another question."""

_ENOUGH: Final = 300
"""Rows of which one in twenty samples shows a moderate PSI, 0.1, by chance: over 20 buckets."""
_PREPOSITIONS: Final = {
    "batch": "in the batch",
    "day": "on",
    "week": "in the week of",
    "month": "in",
    "year": "in",
}
_FEWEST: Final = 4
"""Periods into which time is divided at the least, where days have too few rows."""


@dataclass(frozen=True)
class Cell:
    """A number of drift, None where it is not defined, and its level from 0.

    Parameters
    ----------
    value
        PSI.
    is_chance
        Whether so few rows would show as much by chance; then it has no level.
    """

    value: float | None
    is_chance: bool = False

    @property
    def level(self) -> int | None:
        """How warm it is."""
        return None if self.is_chance else level_of(self.value)

    @property
    def text(self) -> str:
        """The number, as short as it is told apart."""
        return heat_text(self.value)

    @property
    def rank(self) -> tuple[bool, float]:
        """What comes first has the smallest rank: what is no chance, by its size."""
        return self.is_chance or self.value is None, -(self.value or 0.0)


@dataclass(frozen=True)
class HeatRow:
    """An attribute: its drift over all of the time, and in each period."""

    name: str
    whole: Cell
    cells: tuple[Cell, ...]

    @property
    def rank(self) -> tuple[bool, float]:
        """That of the cell which comes first."""
        return min(cell.rank for cell in (self.whole, *self.cells))


@dataclass(frozen=True)
class Heat:
    """The attributes that drifted most.

    Parameters
    ----------
    periods
        The columns.
    counts
        The inferences of each.
    n_inferences
        Those of all of the time.
    rows
        The attributes, the one that drifted furthest, over all of the time or in a period, first.
    n_others
        How many are left out.
    peak
        The largest drift of a period, in words, where that is of a higher level than all of the
        time: drifts to and fro cancel each other out. Empty where there is none.
    finer
        A shorter interval and the inferences of its middle period, where those are too few.
    """

    periods: Periods
    counts: tuple[int, ...]
    n_inferences: int
    rows: tuple[HeatRow, ...]
    n_others: int
    peak: str
    finer: tuple[str, int] | None

    @property
    def whole(self) -> tuple[str, Cell] | None:
        """The attribute that drifted furthest over all of the time, and how far."""
        known = [(row.name, row.whole) for row in self.rows if row.whole.value is not None]
        return min(known, key=lambda each: each[1].rank, default=None)

    @property
    def note(self) -> str:
        """What a reader must know of the columns."""
        if self.finer is None:
            return self.periods.note
        word, n = self.finer
        return f"{self.periods.grain}: a {word} has about {n:,} inferences, too few to compare."


def whole_drift(version: Version, *, has_reference: bool) -> tuple[pd.DataFrame | None, str]:
    """Return PSI of each attribute over all of the time; else why there is none."""
    if not has_reference:
        return None, "The version has no reference data to compare with."
    if not version.summary(attributes=False).n_inferences:
        return None, "There are no inferences yet."
    try:
        return version.drift(), ""
    except UserValueError as error:  # of no attribute, such as where all are texts
        text = str(error)
        return None, f"{text[0].upper()}{text[1:]}."


def level_of(value: float | None) -> int | None:
    """Return how warm a number is, from 0.

    >>> level_of(0.0), level_of(0.1), level_of(7.5), level_of(None)
    (0, 3, 6, None)
    """
    return None if value is None else bisect_right(BOUNDS, value)


def heat_text(value: float | None) -> str:
    """Return a number that is short enough for a narrow cell.

    >>> heat_text(0.0349), heat_text(0.001), heat_text(12.34), heat_text(None)
    ('.03', '0', '12', '–')
    """
    if value is None:
        return "–"
    if value >= 10:
        return f"{value:.0f}"
    if value >= 0.995:
        return f"{value:.1f}"
    digits = f"{value:.2f}"
    return "0" if digits == "0.00" else digits.removeprefix("0")


def furthest(whole: pd.DataFrame, chance: Chance, n_rows: int) -> tuple[str, Cell] | None:
    """Return the attribute that drifted furthest over all of the time, and how far.

    Parameters
    ----------
    whole
        One row with a column for each attribute.
    chance
        What chance would show.
    n_rows
        The inferences.
    """
    cells = {str(name): _cell(str(name), whole[name].iloc[0], n_rows, chance) for name in whole}
    known = {name: cell for name, cell in cells.items() if cell.value is not None}
    return min(known.items(), key=lambda each: each[1].rank, default=None)


def gather_heat(
    version: Version, whole: pd.DataFrame, n_rows: int, interval: str, chance: Chance
) -> Heat:
    """Return the table of drift.

    Parameters
    ----------
    version
        With inferences and reference data.
    whole
        One row with the drift of each attribute over all of the time.
    n_rows
        The inferences of all of the time.
    interval
        The shortest that may be shown.
    chance
        What chance would show.
    """
    chosen, counts, finer = _fitting((word, _counts(version, word)) for word in coarser(interval))
    frame = version.drift(every=chosen)
    key = "batch_id" if chosen == "batch_id" else "timestamp"
    frame = frame.set_index(key).reindex(intervals(version, frame, chosen))
    periods = periods_of(list(frame.index), chosen)
    frame = frame.iloc[periods.n_left_out :]
    sizes = tuple(counts.get(at, 0) for at in frame.index)
    rows = [
        HeatRow(
            str(name),
            _cell(str(name), whole[name].iloc[0], n_rows, chance),
            tuple(_cell(str(name), value, n, chance)
                  for value, n in zip(frame[name], sizes, strict=True)),
        )
        for name in frame.columns
    ]  # fmt: skip
    rows.sort(key=lambda row: row.rank)
    peak = _peak(rows, periods, sizes, chance)
    n_others = max(0, len(rows) - MOST_ROWS)
    return Heat(periods, sizes, n_rows, tuple(rows[:MOST_ROWS]), n_others, peak, finer)


def _peak(rows: Sequence[HeatRow], periods: Periods, sizes: Sequence[int], chance: Chance) -> str:
    """Return the largest drift of a period, in words; nothing where all of the time has its level.

    It is the largest of many, so that more of it is chance than of a number somewhere in a table.
    """
    n_looks = len(rows) * len(periods.members)
    known = [
        (cell.value, row.name, period)
        for row in rows
        for cell, period, n in zip(row.cells, periods.members, sizes, strict=True)
        if cell.value is not None and not chance.explains(row.name, cell.value, n, n_looks)
    ]
    value, name, period = max(known, key=lambda each: each[0], default=(0.0, "", None))
    most = max((row.whole.level or 0 for row in rows), default=0)
    if period is None or (level_of(value) or 0) <= most:
        return ""
    at = f"{_PREPOSITIONS[periods.word]} {short(period.name, 24)}"
    return f"up to {short_number(value)} of {short(name, 24)} {at}"


def _counts(version: Version, interval: str) -> dict[Any, int]:
    """Return the inferences of each period."""
    frame = version.metrics(TRAFFIC, every=interval)
    key = "batch_id" if interval == "batch_id" else "timestamp"
    return {at: int(n) for at, n in zip(frame[key], frame[TRAFFIC], strict=True)}


def _fitting(
    counted: Iterable[tuple[str, Mapping[Any, int]]],
) -> tuple[str, Mapping[Any, int], tuple[str, int] | None]:
    """Return the shortest interval with enough rows, the shortest of all where none has.

    Parameters
    ----------
    counted
        Intervals from the shortest on, and the rows of each period.

    Returns
    -------
    tuple
        The interval, the rows of its periods, and, where it is not the shortest, that one with
        the rows of its middle period.

    Examples
    --------
    >>> days, weeks, month = dict.fromkeys(range(28), 100), dict.fromkeys(range(4), 700), {0: 2800}
    >>> _fitting([("day", days), ("week", weeks), ("month", month)])
    ('week', {0: 700, 1: 700, 2: 700, 3: 700}, ('day', 100))
    >>> _fitting([("day", {0: 20, 1: 30}), ("week", {0: 50})])
    ('day', {0: 20, 1: 30}, None)
    """
    given = iter(counted)
    first, finest = next(given)
    for word, counts in chain([(first, finest)], given):
        if len(counts) >= _FEWEST and median(counts.values()) >= _ENOUGH:
            shortest = (first, int(median(finest.values())))
            return word, counts, None if word == first else shortest
    return first, finest, None


def _cell(name: str, value: Any, n_rows: int, chance: Chance) -> Cell:
    number = plain(value)
    return Cell(number, chance.explains(name, number, n_rows))
