"""One property, counted: how many rows of each cell lie in each bucket. Loads pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelgroups.query.drift.buckets import count, edges_of, place, split_sorted
from modelgroups.query.drift.cells import Cells, encode
from modelgroups.query.drift.classes import as_text
from modelgroups.query.drift.measures import Counts, Form, Measure, Pair
from modelgroups.query.drift.request import Measured, Request
from modelgroups.query.drift.sides import Labels, labels_of, numbers_of

__all__ = ["Compared", "Tally"]

Codes: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """One property, counted.

    Parameters
    ----------
    base
        A row for each group, a column for each bucket; the last bucket is that of the nulls.
    target
        A row for each cell.
    categories
        Of categories: the value of each bucket but the last.
    edges, bounds
        Of numbers: for each group the inner edges, and the least and largest value of the base.
    """

    base: NDArray[np.int64]
    target: NDArray[np.int64]
    categories: Sequence[Any] | None = None
    edges: Sequence[Floats] = ()
    bounds: Sequence[tuple[Any, Any]] = ()


@dataclass(frozen=True)
class Compared:
    """Both sides of a request.

    Parameters
    ----------
    request
        What is asked.
    base, target
        The rows; without a target, the base is its own.
    cells
        Which rows belong together.
    """

    request: Request
    base: pa.Table
    target: pa.Table | None
    cells: Cells

    def tally(self, measured: Measured) -> Tally:
        """Return the counts of a property."""
        if measured.form is Form.CONTINUOUS:
            return self._of_numbers(measured)
        return self._of_labels(measured)

    def measure(self, measure: Measure, measured: Measured) -> Floats:
        """Return the drift of a property in each cell."""
        if measure.needs_samples(measured.form):
            assert measure.of_samples is not None  # noqa: S101
            return measure.of_samples(self._pairs(measured))
        assert measure.of_counts is not None  # noqa: S101  # a measure has either
        tally = self.tally(measured)
        return measure.of_counts(Counts(tally.base[self.cells.groups], tally.target))

    # --- numbers ----------------------------------------------------------------------------

    def _pairs(self, measured: Measured) -> Iterator[Pair]:
        """Yield the values of both sides in each cell."""
        assert self.target is not None  # noqa: S101  # samples are of two sides
        base = split_sorted(numbers_of(self.base[measured.column]), self.cells.base_rows)
        target = numbers_of(self.target[measured.column])
        for cell, group in enumerate(self.cells.groups):
            rows = None if self.cells.target_rows is None else [self.cells.target_rows[cell]]
            yield base[group], split_sorted(target, rows)[0]

    def _of_numbers(self, measured: Measured) -> Tally:
        cells = self.cells
        values = numbers_of(self.base[measured.column])
        ordered = split_sorted(values, cells.base_rows)
        edges = [edges_of(each, self.request.num_bins) for each in ordered]
        n_buckets = max((len(each) for each in edges), default=0) + 2
        base = np.zeros((cells.n_groups, n_buckets), np.int64)
        for group, (some, at) in enumerate(zip(ordered, edges, strict=True)):
            ends = [0, *np.searchsorted(some, at), len(some)]
            base[group, : len(at) + 1] = np.diff(ends)
            rows = len(values) if cells.base_rows is None else len(cells.base_rows[group])
            base[group, -1] = rows - len(some)
        if self.target is None:
            target = base[cells.groups]
        else:
            codes = self._placed(numbers_of(self.target[measured.column]), edges, n_buckets - 1)
            target = count(cells.target, codes, n_cells=len(cells), n_buckets=n_buckets)
        bounds = [(some[0], some[-1]) if len(some) else (None, None) for some in ordered]
        return Tally(base, target, edges=edges, bounds=bounds)

    def _placed(self, values: Floats, edges: Sequence[Floats], null: int) -> Codes:
        """Return the bucket of each row of the target, by the edges of its group."""
        if len(edges) == 1:
            return place(values, edges[0], null)
        codes = np.zeros(len(values), np.min_scalar_type(null))
        for rows, group in self._target_rows_by_group():
            codes[rows] = place(values[rows], edges[group], null)
        return codes

    def _target_rows_by_group(self) -> Iterator[tuple[Codes, int]]:
        rows = self.cells.target_rows or []
        starts = np.searchsorted(self.cells.groups, np.arange(self.cells.n_groups + 1))
        for group, (start, end) in enumerate(pairwise(starts)):
            yield np.concatenate(rows[start:end]), group

    # --- categories -------------------------------------------------------------------------

    def _of_labels(self, measured: Measured) -> Tally:
        cells, request = self.cells, self.request
        base = labels_of(measured, request.base, self.base)
        target = (
            Labels(base.values.slice(0, 0))
            if self.target is None or request.target is None
            else labels_of(measured, request.target, self.target)
        )
        codes, values = encode(_alike([base.values, target.values]))
        if not (len(values) and values[-1].as_py() is None):
            values = pa.concat_arrays([values, pa.nulls(1, values.type)])
        n_base, n_buckets = len(base.values), len(values)
        of_base = count(
            _taken(cells.base, base.rows),
            codes[:n_base],
            n_cells=cells.n_groups if cells.base is None else cells.n_groups + 1,
            n_buckets=n_buckets,
        )[: cells.n_groups]
        of_target = (
            of_base[cells.groups]
            if self.target is None
            else count(
                _taken(cells.target, target.rows),
                codes[n_base:],
                n_cells=len(cells),
                n_buckets=n_buckets,
            )
        )
        return Tally(of_base, of_target, values[:-1].to_pylist())


def _taken(cells: Codes | None, rows: Codes | None) -> Codes | None:
    return cells if cells is None or rows is None else cells[rows]


def _alike(columns: list[Any]) -> list[Any]:
    """Return categories of two versions as text, if the types differ."""
    if len({column.type for column in columns}) == 1:
        return columns
    return [as_text(column) for column in columns]
