"""Cells of the answer: the groups and times of the target, and which rows lie in which.

They are numbered as rows come, those of the base by their group alone. Loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelgroups.query.answer import plain, text_of_time
from modelgroups.query.drift.numbering import Numbering, distinct
from modelgroups.query.drift.request import ROLLUP
from modelgroups.query.drift.sums import Where

__all__ = ["DAYS", "Cells", "Rows", "ticks"]

Codes: TypeAlias = NDArray[np.integer[Any]]

DAYS: Final = ("day", "week", "month", "year")
"""The rollups that are sums of days."""

_SECOND: Final = 1_000_000
_UNITS: Final = {
    "second": _SECOND,
    "minute": 60 * _SECOND,
    "hour": 3_600 * _SECOND,
} | dict.fromkeys(DAYS, 86_400 * _SECOND)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """The rows of the answer.

    Parameters
    ----------
    keys
        For each its group and time, as they stand in the answer, in their order.
    groups
        The number of its group.
    places
        For each cell the row that it belongs to.
    """

    keys: Sequence[dict[str, Any]]
    groups: Codes
    places: Codes


class Cells:
    """Numbers the cells of the answer.

    Parameters
    ----------
    names
        The columns that rows are grouped by.
    rollup
        What the target is split by besides.
    """

    def __init__(self, names: Sequence[str], rollup: str | None) -> None:
        self._names = names
        self._rollup = rollup
        self._values = [Numbering() for _ in names]
        self._groups = [_Pairs() for _ in names]
        self._times = Numbering()
        self._cells = _Pairs()

    @property
    def n_groups(self) -> int:
        """How many groups were seen on either side."""
        return len(self._groups[-1]) if self._groups else 1

    def of_base(self, table: pa.Table) -> Where:
        """Return the group of each row of the base."""
        if not self._names:
            return Where.of(np.zeros(min(len(table), 1), np.int64), np.zeros(1, np.int64))
        return Where.of(self._group_of(table), np.arange(self.n_groups))

    def of_target(self, table: pa.Table, times: pa.ChunkedArray | None) -> Where:
        """Return the cell of each row of the target.

        Parameters
        ----------
        table
            With the columns that rows are grouped by.
        times
            The time of each row, or its batch.
        """
        if times is None and not self._names:
            return self._of_one_cell(len(table))
        group = self._group_of(table)
        if times is None:
            time: Codes = np.zeros(len(table), np.int64)
        elif self._rollup == "batch_id":
            time = self._times.number(times)
        else:
            time = self._number_ticks(ticks(times, self._rollup or "day"))
        cells = self._cells.number(group, time)
        return Where.of(cells, self._cells.firsts)

    def _of_one_cell(self, n_rows: int) -> Where:
        """Return where rows lie that are neither grouped nor split by time."""
        first = np.zeros(min(n_rows, 1), np.int64)
        return Where.of(self._cells.number(first, first), first)

    def of_days(self, days: Codes) -> Codes:
        """Return the cells of days, where rows are not grouped."""
        times = self._times.number_each(days.tolist())
        return self._cells.number(np.zeros(len(days), np.int64), times)

    def days_of(self, cells: Codes) -> Codes:
        """Return the days of cells, where rows are not grouped."""
        return np.array(self._times.values, np.int64)[self._cells.seconds[cells]]

    def _group_of(self, table: pa.Table) -> Codes:
        group: Codes = np.zeros(len(table), np.int64)
        for name, values, pairs in zip(self._names, self._values, self._groups, strict=True):
            group = pairs.number(group, values.number(table[name]))
        return group

    def _number_ticks(self, found: tuple[Codes, NDArray[np.bool_] | None]) -> Codes:
        values, is_null = found
        some, places = distinct(values)
        numbers = self._times.number_each(some.tolist())[places]
        if is_null is not None:
            numbers[is_null] = self._times.number_each([None])[0]
        return numbers

    # --- the rows of the answer --------------------------------------------------------------

    def rows(self, *, of_base: bool = False) -> Rows:
        """Return the rows of the answer; without a target, those of the groups of the base."""
        if not self._names and self._rollup is None:
            places = np.zeros(max(len(self._cells), 1), np.int64)
            return Rows([{}], np.zeros(1, np.int64), places)
        groups = np.arange(self.n_groups) if of_base else self._cells.firsts
        if not len(groups):
            return Rows([], groups, groups)
        columns = [
            (name, values.ranks()[codes], [plain(value) for value in values.values], codes)
            for name, values, codes in zip(
                self._names, self._values, self._codes_of(groups), strict=True
            )
        ]
        if self._rollup is not None and not of_base:
            begins = [_begin(value, self._rollup) for value in self._times.values]
            order = Numbering()
            numbers = order.number_each(begins)
            codes = self._cells.seconds
            columns.append((ROLLUP, order.ranks()[numbers][codes], [*map(_text, begins)], codes))
        ranks = np.stack([rank for _, rank, _, _ in columns])
        _, first, places = np.unique(ranks, axis=1, return_index=True, return_inverse=True)
        names = [name for name, *_ in columns]
        shown = [[labels[code] for code in codes[first]] for _, _, labels, codes in columns]
        keys = [dict(zip(names, row, strict=True)) for row in zip(*shown, strict=True)]
        return Rows(keys, groups[first], places.reshape(-1))

    def _codes_of(self, groups: Codes) -> list[Codes]:
        """Return for each column the number of its value in some groups."""
        found: list[Codes] = []
        for pairs in reversed(self._groups):
            found.append(pairs.seconds[groups])
            groups = pairs.firsts[groups]
        return found[::-1]


class _Pairs:
    """Numbers pairs of numbers in the order in which they first appear."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def firsts(self) -> Codes:
        return np.array([first for first, _ in self._numbers], np.int64)

    @property
    def seconds(self) -> Codes:
        return np.array([second for _, second in self._numbers], np.int64)

    def number(self, first: Codes, second: Codes) -> Codes:
        n_second = int(second.max(initial=0)) + 1
        found, places = distinct(first * n_second + second)
        pairs = zip((found // n_second).tolist(), (found % n_second).tolist(), strict=True)
        numbers = [self._numbers.setdefault(pair, len(self._numbers)) for pair in pairs]
        return np.array(numbers, np.int64)[places]


def ticks(times: pa.ChunkedArray, rollup: str) -> tuple[Codes, NDArray[np.bool_] | None]:
    """Return times as whole units since 1970, and which are null, if any is."""
    micros = times.cast(pa.int64())
    is_null = None
    if micros.null_count:
        is_null = micros.is_null().to_numpy()
        micros = pc.fill_null(micros, 0)
    return micros.to_numpy() // _UNITS[rollup], is_null


def _begin(value: Any, rollup: str) -> Any:
    """Return when a time begins, as a moment; a batch is its own."""
    if value is None or isinstance(value, str):
        return value
    moment = _EPOCH + timedelta(microseconds=value * _UNITS[rollup])
    if rollup == "week":
        return moment - timedelta(days=moment.weekday())
    if rollup == "month":
        return moment.replace(day=1)
    return moment.replace(month=1, day=1) if rollup == "year" else moment


def _text(value: Any) -> Any:
    return text_of_time(value, fraction=False) if isinstance(value, datetime) else value
