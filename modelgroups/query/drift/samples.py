"""Values of a target beside those of its base, in ascending order and without nulls.

All cells of the answer are worked on at once: a log by the hour has thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.lazy import lazy
from modelgroups.query.drift.sums import Counted

__all__ = ["Sample", "ks_distances", "rank_counts", "wasserstein_distances"]

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.integer[Any]]

_SMALL: Final = 32
"""How many times more values a base has than a target that is compared with sums of it."""


@dataclass(frozen=True)
class Sample:
    """The values of the base in one group.

    Parameters
    ----------
    ordered
        All of them, ascending.

    Examples
    --------
    >>> sample = Sample(np.array([1.0, 3.0, 3.0]))
    >>> sample.values, sample.upto
    (array([1., 3.]), array([0, 1, 3]))
    """

    ordered: Floats

    @lazy
    def values(self) -> Floats:
        """The distinct ones."""
        return self.ordered if len(self.upto) > len(self) else self.ordered[self.upto[:-1]]

    @lazy
    def upto(self) -> NDArray[np.int64]:
        """How many rows have one of the first values: of none of them, of the first, and so on."""
        is_new = np.ones(len(self) + 1, bool)  # the last one is the end
        np.not_equal(self.ordered[1:], self.ordered[:-1], out=is_new[1:-1])
        return np.flatnonzero(is_new)

    def __len__(self) -> int:
        return len(self.ordered)


def rank_counts(base: Sample, ordered: Floats) -> tuple[Codes, NDArray[np.int64]]:
    """Return how many values lie where in a base: 2 i + 1 at its value i, 2 i before it.

    Parameters
    ----------
    base
        The base.
    ordered
        The values, in ascending order.

    Returns
    -------
    tuple of array
        The places where there are any, ascending, and how many there are.

    Examples
    --------
    >>> rank_counts(Sample(np.array([1.0, 3.0])), np.array([0.0, 1.0, 1.0, 3.0, 4.0]))
    (array([0, 1, 3, 4]), array([1, 2, 1, 1]))
    """
    values = base.values
    if 2 * len(values) < len(ordered):  # the fewer are looked up among the more
        ends = np.empty(2 * len(values) + 1, np.int64)
        ends[:-1:2] = ends[1::2] = before = np.searchsorted(ordered, values)
        hits = np.flatnonzero(ordered.take(before, mode="clip") == values)
        ends[2 * hits + 1] = np.searchsorted(ordered, values[hits], side="right")
        ends[-1] = len(ordered)
        n = np.diff(ends, prepend=0)
        ranks = np.flatnonzero(n)
        return ranks, n[ranks]
    places = np.searchsorted(values, ordered)
    ranks = 2 * places + (np.append(values, np.nan)[places] == ordered)
    starts = np.flatnonzero(np.diff(ranks, prepend=-1))
    return ranks[starts], np.diff(starts, append=len(ranks))


def ks_distances(counts: Counted, base_of: Callable[[int], Sample], groups: Codes) -> Floats:
    """Return the largest distance of two empirical distribution functions, for each cell.

    The function of the base is constant between two of its values, and that of the target grows
    there: the largest distance lies at one of the base's values, or right before it. So it follows
    from how many values of the target are at each value of the base, and how many between.

    Parameters
    ----------
    counts
        The rows of each cell by rank (`rank_counts`).
    base_of
        From a group to its base.
    groups
        The group of each cell.

    Returns
    -------
    array
        NaN where a side has no values.
    """
    n_cells = len(groups)
    totals = np.bincount(counts.cells, counts.n, n_cells)
    after = np.cumsum(counts.n) - (np.cumsum(totals) - totals)[counts.cells]
    before = after - counts.n
    low, high = _base_shares(counts, base_of, groups)
    found = np.full(n_cells, np.nan)
    if len(counts):
        size = totals[counts.cells]
        apart = np.fmax(after / size - high, low - before / size)  # NaN where there is no base
        starts = np.flatnonzero(np.diff(counts.cells, prepend=-1))
        found[counts.cells[starts]] = np.fmax.reduceat(apart, starts)
    return found


def _base_shares(
    counts: Counted, base_of: Callable[[int], Sample], groups: Codes
) -> tuple[Floats, Floats]:
    """Return the base's distribution function right before and at each rank."""
    low, high = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    found = np.unique(groups).tolist()
    for group in found:
        rows = slice(None) if len(found) == 1 else groups[counts.cells] == group
        sample, ranks = base_of(group), counts.buckets[rows]
        if len(sample):
            low[rows] = sample.upto[ranks >> 1] / len(sample)
            high[rows] = sample.upto[(ranks + 1) >> 1] / len(sample)
    return low, high


def wasserstein_distances(base: Sample, ordered: Floats, ends: Codes) -> Floats:
    """Return the Wasserstein distance of order 1 of several targets from one base.

    ∫ |F⁻¹ − G⁻¹| over the quantile functions, which equals ∫ |F − G| over the distribution
    functions.

    Parameters
    ----------
    base
        The base.
    ordered
        The values of all targets one after the other, each in ascending order.
    ends
        Where each ends.

    Examples
    --------
    >>> wasserstein_distances(Sample(np.array([0.0, 1.0])), np.array([2.0, 3.0, 0.5]), [2, 3])
    array([2. , 0.5])
    """
    sizes = np.diff(ends, prepend=0)
    found = np.full(len(sizes), np.nan)
    if not len(base) or not len(ordered):
        return found
    is_large = sizes * _SMALL > len(base)
    for cell in np.flatnonzero(is_large).tolist():
        target = ordered[ends[cell] - sizes[cell] : ends[cell]]
        found[cell] = _distance(*sorted((base.ordered, target), key=len))
    small = sizes[~is_large]
    if small.any():
        found[~is_large] = _distances(base, ordered[np.repeat(~is_large, sizes)], np.cumsum(small))
    return found


def _distance(few: Floats, many: Floats) -> float:
    """Return the Wasserstein distance of two samples, of which the second has as many or more.

    Value j of n stands for those from j m/n to (j + 1) m/n of the m others; the first of them it
    may share with the value before.
    """
    starts, before = np.divmod(np.arange(len(few)) * len(many), len(few))
    parted = np.flatnonzero(before)
    rows, share = starts[parted], before[parted] / len(few)  # what the value before has of these
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.repeat(few, np.diff(starts, append=len(many)))
        np.abs(np.subtract(apart, many, out=apart), out=apart)
        apart[rows] *= 1 - share
        shared = share * np.abs(few[parted - 1] - many[rows])
        return float((apart.sum() + shared.sum()) / len(many))


def _distances(base: Sample, ordered: Floats, ends: Codes) -> Floats:
    """Return what `wasserstein_distances` does, in time that does not depend on the base.

    G⁻¹ is one value v of the target on each of n intervals; F⁻¹ grows there and crosses v at F(v)
    at most once, so each integral is a difference of running sums of the base.
    """
    sizes = np.diff(ends, prepend=0)
    found = np.full(len(sizes), np.nan)
    size = np.repeat(sizes, sizes)
    is_last = np.zeros(len(ordered), bool)
    is_last[np.asarray(ends)[sizes > 0] - 1] = True
    number = np.arange(len(ordered)) - np.repeat(np.asarray(ends) - sizes, sizes)
    # Value j of n stands for the rows from j m/n to (j + 1) m/n of the m rows of the base: whole
    # rows, and n-ths of a row.
    start = np.divmod(number * len(base), size)
    end = tuple(
        np.where(is_last, bound, np.append(part[1:], 0))
        for part, bound in zip(start, (len(base), 0), strict=True)
    )
    below = base.upto[np.searchsorted(base.values, ordered, side="right")]
    is_before, is_after = below <= start[0], below > end[0]
    turn = tuple(
        np.where(is_before, first, np.where(is_after, last, middle))
        for first, middle, last in zip(start, (below, np.zeros_like(below)), end, strict=True)
    )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        excess = _Excess.of(base.ordered, ordered, size)
        first, middle, last = (excess.upto(*place) for place in (start, turn, end))
        parts = _apart(last, middle) - _apart(middle, first)
        sums = np.add.reduceat(parts, (np.asarray(ends) - sizes)[sizes > 0])
        found[sizes > 0] = np.maximum(sums / len(base), 0.0)
    return found


def _apart(end: tuple[Floats, Floats], start: tuple[Floats, Floats]) -> Floats:
    """Return differences of running sums, the exact parts first."""
    found: Floats = (end[0] - start[0]) + (end[1] - start[1])
    return found


@dataclass(frozen=True)
class _Excess:
    """Running sums of (b − v) over the rows b of a base, for each value v of a target.

    Running sums lose digits in their differences, so each value is split in two: the larger parts
    are multiples of a power of two that add up without rounding, the smaller ones are tiny.
    """

    b: Floats
    v: Floats
    size: Codes
    sums: tuple[Floats, Floats]
    parts: tuple[Floats, Floats]

    @classmethod
    def of(cls, base: Floats, target: Floats, size: Codes) -> _Excess:
        most = max(np.abs(base[[0, -1]]).max(), np.abs(target).max())
        unit = np.ldexp(1.0, int(np.frexp(most * len(base))[1]) - 52)
        split = [(np.round(values / unit) * unit, values) for values in (base, target)]
        if not all(np.isfinite(large).all() for large, _ in split):
            split = [(base, base), (target, target)]  # next to the bounds of what a float holds
        (of_base, of_target) = [(large, values - large) for large, values in split]
        large, small = (np.append(0.0, np.cumsum(part)) for part in of_base)
        return cls(np.append(base, base[-1]), target, size, (large, small), of_target)

    def upto(self, rows: Codes, parts: Codes) -> tuple[Floats, Floats]:
        """Return the sums over some whole rows and parts of the next: exact, and the small rest."""
        large, small = (
            sums[rows] - part * rows for sums, part in zip(self.sums, self.parts, strict=True)
        )
        return large, small + (self.b[rows] - self.v) * parts / self.size
