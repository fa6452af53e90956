"""Distributions: what is kept of a property while the rows of both sides come part by part.

The base comes first, whole, for it sets the buckets. Of the target only counts are kept, by cell
and bucket, where a measure needs no more. Loads pyarrow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.query.drift.buckets import edges_of, place
from modelgroups.query.drift.cells import Rows
from modelgroups.query.drift.classes import as_text
from modelgroups.query.drift.gathered import Gathered, together
from modelgroups.query.drift.measures import Counts, Measure
from modelgroups.query.drift.numbering import Numbering
from modelgroups.query.drift.request import Measured
from modelgroups.query.drift.samples import Sample, rank_counts
from modelgroups.query.drift.sums import Counted, Sums, Where, counted, summed
from modelgroups.query.drift.values import Part

__all__ = ["Binned", "Buckets", "Counting", "Distribution", "Labelled", "Ranked", "Tally", "Valued"]

Codes: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.float64]

_MOST_DENSE: Final = 1 << 21
"""Counts that are laid out at a time, those of empty buckets among them."""


@dataclass(frozen=True)
class Buckets:
    """The buckets of a group.

    Parameters
    ----------
    edges
        The inner edges.
    n
        How many rows of the base lie in each.
    bounds
        The least and the largest value of the base.
    """

    edges: Floats
    n: NDArray[np.int64]
    bounds: tuple[Any, Any]

    @classmethod
    def of(cls, ordered: Floats, num_bins: int) -> Buckets:
        """Return the buckets that values in ascending order set."""
        edges = edges_of(ordered, num_bins)
        n = np.diff([0, *np.searchsorted(ordered, edges), len(ordered)])
        return cls(edges, n, (ordered[0], ordered[-1]) if len(ordered) else (None, None))


@dataclass(frozen=True)
class Tally:
    """The counts of some rows of the answer.

    Parameters
    ----------
    keys
        The group and time of each, as they stand in the answer.
    groups
        The number of the group.
    base, target
        A row for each row of the answer, a column for each bucket; the last is that of the nulls.
    categories
        Of categories: the value of each bucket but the last.
    buckets
        Of numbers: the buckets of each row.
    """

    keys: Sequence[dict[str, Any]]
    groups: Codes
    base: NDArray[np.int64]
    target: NDArray[np.int64]
    categories: Sequence[Any] | None = None
    buckets: Sequence[Buckets] = ()


class Distribution(Protocol):
    """What is kept of a property."""

    measured: Measured

    def add_base(self, part: Part, where: Where) -> None:
        """Take in some rows of the base."""

    def close_base(self) -> None:
        """Note that the base is complete."""

    def add_target(self, part: Part, where: Where) -> None:
        """Take in some rows of the target, once the base is complete."""

    def drift(self, measure: Measure, rows: Rows) -> Floats:
        """Return the drift in each row of the answer."""


class Counting(ABC):
    """A property that is counted into buckets on both sides.

    Parameters
    ----------
    measured
        The property.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.base = Sums()
        self.target = Sums()

    @property
    @abstractmethod
    def n_buckets(self) -> int:
        """How many buckets there are, with that of the nulls, which is the last."""

    @abstractmethod
    def count(self, part: Part, where: Where) -> Counted:
        """Return how many rows of a part of the target lie in each cell and bucket."""

    @abstractmethod
    def add_base(self, part: Part, where: Where) -> None:
        """Take in some rows of the base."""

    @abstractmethod
    def close_base(self) -> None:
        """Note that the base is complete."""

    def add_target(self, part: Part, where: Where) -> None:
        """Count some rows of the target."""
        self.target.add(self.count(part, where))

    def drift(self, measure: Measure, rows: Rows) -> Floats:
        """Return the drift in each row of the answer."""
        assert measure.of_counts is not None  # noqa: S101  # it takes them
        found = [measure.of_counts(Counts(t.base, t.target)) for t in self.tallies(rows)]
        return np.concatenate(found)

    def tallies(self, rows: Rows) -> Iterator[Tally]:
        """Yield the counts of the rows of the answer, some at a time."""
        base = self._in_order(self.base.total())
        target = _by_row(self._in_order(self.target.total()), rows)
        step = max(_MOST_DENSE // self.n_buckets, 1)
        for start in range(0, len(rows.keys), step):
            groups = rows.groups[start : start + step]
            wanted = np.arange(start, start + len(groups))
            yield Tally(
                rows.keys[start : start + step],
                groups,
                base.dense(groups, self.n_buckets),
                target.dense(wanted, self.n_buckets),
            )

    def _in_order(self, counts: Counted) -> Counted:
        """Return counts with buckets in ascending order."""
        return counts


def _by_row(counts: Counted, rows: Rows) -> Counted:
    """Return counts of cells as counts of the rows of the answer."""
    by_row = Counted(rows.places[counts.cells], counts.buckets, counts.n)
    in_order = (np.diff(rows.places) > 0).all()  # a log in order of time
    return by_row if in_order else summed(by_row)


class Binned(Counting):
    """Numbers between quantiles of the base.

    Parameters
    ----------
    measured
        The property.
    num_bins
        How many buckets there are at most.
    """

    def __init__(self, measured: Measured, num_bins: int) -> None:
        super().__init__(measured)
        self.num_bins = num_bins
        self.buckets: dict[int, Buckets] = {}
        self._values = Gathered()

    @property
    def n_buckets(self) -> int:
        """How many buckets there are."""
        return self.num_bins + 1

    def of(self, group: int) -> Buckets:
        """Return the buckets of a group."""
        return self.buckets.get(group) or Buckets.of(np.empty(0), self.num_bins)

    def add_base(self, part: Part, where: Where) -> None:
        """Keep the values until all are there."""
        values = part.numbers(self.measured)
        self._values.add(values, where)
        nulls = np.flatnonzero(np.isnan(values))
        if len(nulls):
            codes = np.full(len(nulls), self.num_bins)
            self.base.add(counted(where.take(nulls), codes, self.n_buckets))

    def close_base(self) -> None:
        """Turn the values into buckets."""
        for _, group, ordered in self._values.in_order():
            buckets = self.buckets[group] = Buckets.of(ordered, self.num_bins)
            found = np.flatnonzero(buckets.n)
            self.base.add(Counted(np.full(len(found), group), found, buckets.n[found]))

    def count(self, part: Part, where: Where) -> Counted:
        """Return how many rows of a part lie in each cell and bucket."""
        values = part.numbers(self.measured)
        codes: Codes = np.empty(0, np.int64)
        for group, rows in _by_group(where):
            found = place(values[rows], self.of(group).edges, self.num_bins)
            if len(found) == len(values):
                codes = found
                break
            codes = codes if len(codes) else np.empty(len(values), np.int64)
            codes[rows] = found
        return counted(where, codes, self.n_buckets)

    def tallies(self, rows: Rows) -> Iterator[Tally]:
        """Yield the counts of the rows of the answer, some at a time."""
        for tally in super().tallies(rows):
            yield replace(tally, buckets=[self.of(group) for group in tally.groups.tolist()])


class Labelled(Counting):
    """Categories, each a bucket of its own.

    Parameters
    ----------
    measured
        The property.
    in_text
        Whether the two sides have values of other types, which are compared as text.
    """

    def __init__(self, measured: Measured, *, in_text: bool = False) -> None:
        super().__init__(measured)
        self.in_text = in_text
        self.values = Numbering()

    @property
    def n_buckets(self) -> int:
        """How many buckets there are."""
        return len(self.values) + (None not in self.values)

    def add_base(self, part: Part, where: Where) -> None:
        """Count some rows of the base."""
        self.base.add(self.count(part, where))

    def close_base(self) -> None:
        """Note that the base is complete."""

    def count(self, part: Part, where: Where) -> Counted:
        """Return how many rows of a part lie in each cell and bucket."""
        labels = part.labels(self.measured)
        codes = self.values.number(as_text(labels.values) if self.in_text else labels.values)
        return counted(where.take(labels.rows), codes, max(len(self.values), 1))

    def _in_order(self, counts: Counted) -> Counted:
        ranks = self.values.ranks()
        return summed(Counted(counts.cells, ranks[counts.buckets], counts.n))

    def tallies(self, rows: Rows) -> Iterator[Tally]:
        """Yield the counts of the rows of the answer, some at a time."""
        known = [self.values.values[i] for i in np.argsort(self.values.ranks()).tolist()]
        for tally in super().tallies(rows):
            yield replace(tally, categories=known[: self.n_buckets - 1])


class _Sampled:
    """What distributions have in common that compare numbers one by one."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self._base = Gathered()
        self._samples: dict[int, Sample] = {}

    def sample(self, group: int) -> Sample:
        """Return the base of a group."""
        return self._samples.get(group) or Sample(np.empty(0))

    def add_base(self, part: Part, where: Where) -> None:
        """Keep the values."""
        self._base.add(part.numbers(self.measured), where)

    def close_base(self) -> None:
        """Put the values in order."""
        self._samples = {g: Sample(ordered) for _, g, ordered in self._base.in_order()}


class Ranked(_Sampled):
    """Numbers among those of the base: how many are at each of them, and how many between."""

    def __init__(self, measured: Measured) -> None:
        super().__init__(measured)
        self.target = Sums()

    def add_target(self, part: Part, where: Where) -> None:
        """Count the values."""
        values = np.require(part.numbers(self.measured), requirements="W")  # or a copy
        for cell, group, ordered in where.in_order(values):
            ranks, n = rank_counts(self.sample(group), ordered)
            self.target.add(Counted(np.broadcast_to(cell, len(n)), ranks, n))

    def drift(self, measure: Measure, rows: Rows) -> Floats:
        """Return the drift in each row of the answer."""
        assert measure.of_ranks is not None  # noqa: S101  # it takes them
        return measure.of_ranks(_by_row(self.target.total(), rows), self.sample, rows.groups)


class Valued(_Sampled):
    """Numbers, all of which are kept until their drift is asked for."""

    def __init__(self, measured: Measured) -> None:
        super().__init__(measured)
        self._target = Gathered()

    def add_target(self, part: Part, where: Where) -> None:
        """Keep the values."""
        self._target.add(part.numbers(self.measured), where)

    def drift(self, measure: Measure, rows: Rows) -> Floats:
        """Return the drift in each row of the answer."""
        assert measure.of_values is not None  # noqa: S101  # it takes them
        ordered = {row: values for row, _, values in self._target.in_order(rows.places)}
        found = np.full(len(rows.keys), np.nan)
        for group in np.unique(rows.groups).tolist():
            chosen = np.flatnonzero(rows.groups == group)
            parts = [ordered.pop(row, np.empty(0)) for row in chosen.tolist()]
            ends = np.cumsum([len(part) for part in parts])
            found[chosen] = measure.of_values(self.sample(group), together(parts), ends)
        return found


def _by_group(where: Where) -> Iterator[tuple[int, Any]]:
    """Yield the groups of some rows, each with the rows."""
    if not len(where.groups):
        return
    if where.rows is None or (where.groups == where.groups[0]).all():
        yield int(where.groups[0]), slice(None)
        return
    groups = where.groups[where.rows]
    small = groups.astype(np.min_scalar_type(int(groups.max(initial=0))))
    order = np.argsort(small, kind="stable")  # NumPy sorts small integers by counting them
    ends = np.cumsum(np.bincount(groups))
    for group, (start, end) in enumerate(pairwise([0, *ends])):
        if start < end:
            yield group, order[start:end]
