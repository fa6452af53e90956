"""Counts of rows by cell and bucket, added up part by part; empty ones take no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.lazy import lazy
from modelgroups.query.drift.numbering import distinct

__all__ = ["Counted", "Sums", "Where", "counted", "summed"]

Codes: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.float64]

_NONE: Final = np.empty(0, np.int64)
_BITS: Final = 32
_LOW: Final = (1 << _BITS) - 1
_FEWEST_LOOSE: Final = 1 << 20


@dataclass(frozen=True)
class Where:
    """In which cells the rows of a part lie.

    Parameters
    ----------
    cells
        The cells that any row lies in.
    groups
        The group of each of them.
    rows
        For each row the place of its cell among them; None if there is but one.
    """

    cells: Codes
    groups: Codes
    rows: Codes | None = None
    _places: dict[int, Codes] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, cells: Codes, groups: Codes) -> Where:
        """Return where rows lie whose cells are numbered; `groups` has the group of each cell."""
        found, rows = distinct(cells)
        return cls(found, groups[found], None if len(found) == 1 else rows)

    @classmethod
    def joined(cls, parts: Sequence[Where], lengths: Sequence[int]) -> Where:
        """Return where the rows of parts lie, which have so many rows, one after the other."""
        groups = np.concatenate([_NONE, *(part.groups for part in parts)])
        cells, first, places = np.unique(
            np.concatenate([_NONE, *(part.cells for part in parts)]),
            return_index=True,
            return_inverse=True,
        )
        if len(cells) == 1:
            return cls(cells, groups[first])
        of_parts = np.split(places, np.cumsum([len(part.cells) for part in parts]))
        rows = [
            np.broadcast_to(of_part, n) if part.rows is None else of_part[part.rows]
            for part, of_part, n in zip(parts, of_parts, lengths, strict=False)
        ]
        return cls(cells, groups[first], np.concatenate([_NONE, *rows]))

    def first_places(self, n_buckets: int) -> Codes:
        """Return for each row the number of its cell times that of the buckets."""
        assert self.rows is not None  # noqa: S101  # there are several cells
        if n_buckets not in self._places:
            self._places[n_buckets] = self.rows * n_buckets
        return self._places[n_buckets]

    @lazy
    def by_cell(self) -> tuple[Codes, Codes]:
        """The rows, those of each cell together, and where each cell ends; if there are several."""
        assert self.rows is not None  # noqa: S101
        small = self.rows.astype(np.min_scalar_type(len(self.cells)))
        order = np.argsort(small, kind="stable")  # NumPy sorts small integers by counting them
        return order, np.cumsum(np.bincount(self.rows, minlength=len(self.cells)))

    def in_order(self, values: Floats) -> Iterator[tuple[int, int, Floats]]:
        """Yield cells with their group, and their values in ascending order without nulls.

        The array may be put in order itself.
        """
        if self.rows is None:
            parts = [values]
        else:
            order, ends = self.by_cell
            parts = np.split(values[order], ends[:-1]) if len(ends) else []
        for cell, group, part in zip(self.cells.tolist(), self.groups.tolist(), parts, strict=True):
            part.sort()  # NaN comes last
            yield cell, group, part[: np.searchsorted(part, np.nan)]

    def take(self, rows: Codes | None) -> Where:
        """Return where some of the rows lie."""
        if rows is None or self.rows is None:
            return self
        return Where(self.cells, self.groups, self.rows[rows])


@dataclass(frozen=True)
class Counted:
    """How many rows lie in some cells and buckets, ascending; what is not listed has none."""

    cells: Codes
    buckets: Codes
    n: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.n)

    def dense(self, cells: Codes, n_buckets: int) -> NDArray[np.int64]:
        """Return a row of counts for each of some cells."""
        wanted, places = np.unique(cells, return_inverse=True)
        starts, ends = (np.searchsorted(self.cells, wanted, side) for side in ("left", "right"))
        lengths = ends - starts
        found = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        table = np.zeros((len(wanted), n_buckets), np.int64)
        table[np.repeat(np.arange(len(wanted)), lengths), self.buckets[found]] = self.n[found]
        return table[places]


def counted(where: Where, codes: Codes, n_buckets: int) -> Counted:
    """Return how many rows of a part lie in each of its cells and buckets.

    Parameters
    ----------
    where
        The cell of each row.
    codes
        The bucket of each.
    n_buckets
        How many buckets there are.

    Examples
    --------
    >>> where = Where(np.array([5, 8]), np.array([0, 0]), np.array([0, 1, 1]))
    >>> counted(where, np.array([2, 0, 0]), 3)
    Counted(cells=array([5, 8]), buckets=array([2, 0]), n=array([1, 2]))
    """
    flat = codes if where.rows is None else where.first_places(n_buckets) + codes
    size = len(where.cells) * n_buckets
    if size <= 4 * len(flat) + 1_000:
        whole = np.bincount(flat, minlength=size)
        found = np.flatnonzero(whole)
        n = whole[found]
    else:
        found, n = np.unique(flat, return_counts=True)
    return Counted(where.cells[found // n_buckets], found % n_buckets, n)


class Sums:
    """Adds counts up.

    Examples
    --------
    >>> sums = Sums()
    >>> for n in (2, 3):
    ...     sums.add(Counted(np.array([0, 4]), np.array([1, 1]), np.array([n, 1])))
    >>> sums.total()
    Counted(cells=array([0, 4]), buckets=array([1, 1]), n=array([5, 2]))
    """

    def __init__(self) -> None:
        self._keys: list[Codes] = []
        self._n: list[NDArray[np.int64]] = []
        self._n_loose = 0
        self._n_summed = 0

    def add(self, more: Counted) -> None:
        """Add counts."""
        self._keys.append((more.cells.astype(np.int64) << _BITS) | more.buckets)
        self._n.append(more.n)
        self._n_loose += len(more)
        if self._n_loose > max(self._n_summed, _FEWEST_LOOSE):
            self._sum()

    def total(self) -> Counted:
        """Return what was added."""
        self._sum()
        keys = self._keys[0]
        return Counted(keys >> _BITS, keys & _LOW, self._n[0])

    def _sum(self) -> None:
        if len(self._keys) == 1 and not self._n_loose:
            return
        keys = np.concatenate([np.empty(0, np.int64), *self._keys])
        n = np.concatenate([np.empty(0, np.int64), *self._n])
        if not (np.diff(keys) > 0).all():
            order = np.argsort(keys, kind="stable")  # merges what is sorted already
            keys, n = keys[order], n[order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        self._keys = [keys[starts]]
        self._n = [np.add.reduceat(n, starts) if len(starts) else n]
        self._n_loose, self._n_summed = 0, len(starts)


def summed(counts: Counted) -> Counted:
    """Return counts in ascending order, those of the same cell and bucket added up."""
    sums = Sums()
    sums.add(counts)
    return sums.total()
