"""Values of a target beside those of its base, in ascending order and without nulls.

All cells of the answer are worked on at once: a log by the hour has thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.query.drift.sums import Counted

__all__ = ["Sample", "ks_distances", "rank_counts", "wasserstein_distances"]

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Sample:
    """The values of the base in one group.

    Parameters
    ----------
    ordered
        All of them, ascending.
    values
        The distinct ones.
    upto
        How many rows have one of the first values: of none of them, of the first, and so on.
    """

    ordered: Floats
    values: Floats
    upto: NDArray[np.int64]

    @classmethod
    def of(cls, ordered: Floats) -> Sample:
        """Return the sample with the values, which are in ascending order.

        >>> Sample.of(np.array([1.0, 3.0, 3.0])).upto
        array([0, 1, 3])
        """
        is_new = np.append(ordered[:1] == ordered[:1], ordered[1:] != ordered[:-1])
        starts = np.flatnonzero(is_new)
        return cls(ordered, ordered[starts], np.append(starts, len(ordered)))

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
    >>> rank_counts(Sample.of(np.array([1.0, 3.0])), np.array([0.0, 1.0, 1.0, 3.0, 4.0]))
    (array([0, 1, 3, 4]), array([1, 2, 1, 1]))
    """
    values = base.values
    if 2 * len(values) < len(ordered):  # the fewer are looked up among the more
        ends = np.empty(2 * len(values) + 1, np.int64)
        ends[:-1:2] = np.searchsorted(ordered, values, side="left")
        ends[1::2] = np.searchsorted(ordered, values, side="right")
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
    functions. G⁻¹ is one value v of the target on each of n intervals; F⁻¹ grows there and
    crosses v at F(v) at most once, so each integral is a difference of sums of the base.

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
    >>> wasserstein_distances(Sample.of(np.array([0.0, 1.0])), np.array([2.0, 3.0, 0.5]), [2, 3])
    array([2. , 0.5])
    """
    sizes = np.diff(ends, prepend=0)
    found = np.full(len(sizes), np.nan)
    if not len(base) or not len(ordered):
        return found
    # The distance is the same either way, and takes time by the values of the second side.
    is_large = sizes > len(base)
    for cell in np.flatnonzero(is_large).tolist():
        target = Sample.of(ordered[ends[cell] - sizes[cell] : ends[cell]])
        found[cell] = _distances(target, base.ordered, np.array([len(base)]))[0]
    small = sizes[~is_large]
    if small.any():
        found[~is_large] = _distances(base, ordered[np.repeat(~is_large, sizes)], np.cumsum(small))
    return found


def _distances(base: Sample, ordered: Floats, ends: Codes) -> Floats:
    """Return what `wasserstein_distances` does, for targets of any size."""
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
