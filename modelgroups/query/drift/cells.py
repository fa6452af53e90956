"""Cells of the answer: the groups and times of the target, and which rows lie in which.

Keys of both sides are numbered together in one pass. Loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelgroups.query.answer import plain, text_of_time

__all__ = ["Cells", "cells_of", "encode"]

Codes: TypeAlias = NDArray[np.integer[Any]]

_ROLLUP: Final = "rollup"


@dataclass(frozen=True)
class Cells:
    """The rows of the answer, and the cells that rows of data belong to.

    Parameters
    ----------
    keys
        For each cell its group and time, as they stand in the answer.
    groups
        For each cell the number of its group.
    n_groups
        How many groups there are.
    base
        For each row of the base the number of its group, `n_groups` if no cell is of it; None
        if there is one group.
    target
        For each row of the target the number of its cell; None if there is one cell.
    """

    keys: Sequence[dict[str, Any]]
    groups: Codes
    n_groups: int
    base: Codes | None = None
    target: Codes | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def base_rows(self) -> list[Codes] | None:
        """The rows of the base in each group."""
        return None if self.base is None else _rows_of(self.base, self.n_groups)

    @cached_property
    def target_rows(self) -> list[Codes] | None:
        """The rows of the target in each cell."""
        return None if self.target is None else _rows_of(self.target, len(self))


def _rows_of(codes: Codes, n: int) -> list[Codes]:
    small = codes.astype(np.min_scalar_type(n))  # NumPy sorts small integers by counting them
    order = np.argsort(small, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=n))[:n]
    return [order[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def cells_of(
    base: pa.Table,
    target: pa.Table | None,
    groups: Sequence[str],
    times: pa.ChunkedArray | None = None,
) -> Cells:
    """Return the cells of the combinations that the target has; without one, those of the base.

    Parameters
    ----------
    base, target
        The rows of both sides.
    groups
        The columns that they are grouped by.
    times
        What the target is split by besides.
    """
    if not groups and times is None:
        return Cells([{}], np.zeros(1, np.int64), 1)
    rows = base if target is None else target
    of_base, of_rows = np.zeros(len(base), np.int64), np.zeros(len(rows), np.int64)
    labels: list[tuple[str, list[Any]]] = []
    for name in groups:
        codes, values = encode([base[name]] if target is None else [base[name], target[name]])
        of_base = of_base * len(values) + codes[: len(base)]
        of_rows = of_rows * len(values) + codes[len(codes) - len(rows) :]
        labels.append((name, [plain(value) for value in values.to_pylist()]))
    if times is not None:
        codes, values = encode([times])
        labels.append((_ROLLUP, [_text(value) for value in values.to_pylist()]))
        of_rows = of_rows * len(values) + codes
    found, cell_of_row = _distinct(of_rows)
    group_of_cell = found if times is None else found // max(len(values), 1)
    distinct, groups_of_cells = np.unique(group_of_cell, return_inverse=True)
    return Cells(
        _keys(found, labels),
        groups_of_cells,
        len(distinct),
        _number_among(of_base, distinct),
        None if target is None else cell_of_row,
    )


def _distinct(codes: Codes) -> tuple[Codes, Codes]:
    """Return the distinct codes in ascending order, and the place of each row's among them."""
    most = int(codes.max(initial=0))
    if most > 2 * len(codes) + 1_000:  # many combinations of keys, of which few may be there
        return np.unique(codes, return_inverse=True)
    found = np.flatnonzero(np.bincount(codes, minlength=most + 1))
    places = np.zeros(most + 1, np.int64)
    places[found] = np.arange(len(found))
    return found, places[codes]


def _number_among(codes: Codes, known: Codes) -> Codes:
    """Return the place of each code among the known ones, their number for an unknown one."""
    places = np.searchsorted(known, codes)
    matches = np.append(known, -1)[places] == codes
    return np.where(matches, places, len(known))


def _keys(found: Codes, labels: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
    """Return the keys of cells from the numbers that were made of them."""
    columns: dict[str, list[Any]] = {}
    for name, values in reversed(labels):
        columns[name] = [values[i] for i in found % max(len(values), 1)]
        found = found // max(len(values), 1)
    names = [name for name, _ in labels]
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*(columns[name] for name in names), strict=True)
    ]


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else text_of_time(value, fraction=False)


def encode(columns: Sequence[pa.ChunkedArray | pa.Array]) -> tuple[Codes, pa.Array]:
    """Return values of several columns, one behind the other, as places among the distinct ones.

    The distinct values are in ascending order, text by code point, null as the last.

    Examples
    --------
    >>> codes, values = encode([pa.array(["b", None]), pa.array(["a", "b"])])
    >>> codes.tolist(), values.to_pylist()
    ([1, 2, 0, 1], ['a', 'b', None])
    """
    chunks = [chunk for column in columns for chunk in _chunks(_one_spelling(column))]
    joined = pa.chunked_array(chunks, columns[0].type)
    if not len(joined):
        return np.empty(0, np.int64), pa.nulls(0, joined.type)
    encoded = joined.dictionary_encode("encode").combine_chunks()
    values = encoded.dictionary
    order = pc.array_sort_indices(values, null_placement="at_end")
    ranks = np.empty(len(values), np.int64)
    ranks[order.to_numpy()] = np.arange(len(values))
    return ranks[encoded.indices.to_numpy()], values.take(order)


def _chunks(column: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def _one_spelling(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Return numbers with one zero, and null for NaN."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.add(pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column), 0.0)
