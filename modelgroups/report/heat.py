"""Drift as a table of attributes and periods, whose cells are the warmer the further it went."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelgroups.errors import UserValueError
from modelgroups.report.periods import Periods, periods_of
from modelgroups.report.subjects import Version
from modelgroups.report.words import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BOUNDS", "Cell", "Heat", "HeatRow", "heat_of", "heat_text", "level_of", "whole_drift"]

MOST_ROWS: Final = 40
BOUNDS: Final = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Between the levels of PSI. Below 0.1 is called stable, from 0.25 on shifted: Siddiqi, Credit Risk
Scorecards, Wiley 2006."""


@dataclass(frozen=True)
class Cell:
    """A number of drift, None where it is not defined, and its level from 0."""

    value: float | None
    level: int | None

    @property
    def text(self) -> str:
        """The number, as short as it is told apart."""
        return heat_text(self.value)


@dataclass(frozen=True)
class HeatRow:
    """An attribute: its drift over all of the time, and in each period."""

    name: str
    whole: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heat:
    """The attributes that drifted most, and how many others there are."""

    periods: Periods
    rows: tuple[HeatRow, ...]
    n_others: int


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


def heat_of(frame: pd.DataFrame, whole: pd.DataFrame, key: str, interval: str) -> Heat:
    """Return the table of drift.

    Parameters
    ----------
    frame
        A row for each period, with the column `key` and one for each attribute.
    whole
        The row of all of the time together.
    key
        The column with the periods.
    interval
        What they are.
    """
    periods = periods_of(list(frame[key]), interval)
    shown = frame.iloc[periods.n_left_out :]
    names = [str(name) for name in frame.columns if name != key]
    rows = [_row(name, list(map(plain, shown[name])), plain(whole[name].iloc[0])) for name in names]
    rows.sort(key=lambda row: -max(_numbers(row), default=-1.0))
    return Heat(periods, tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))


def _row(name: str, values: Sequence[float | None], whole: float | None) -> HeatRow:
    cells = tuple(Cell(value, level_of(value)) for value in values)
    return HeatRow(name, Cell(whole, level_of(whole)), cells)


def _numbers(row: HeatRow) -> list[float]:
    return [cell.value for cell in row.cells if cell.value is not None]
