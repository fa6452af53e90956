"""The values of a property in some rows of one side. Loads pyarrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelgroups.query.drift.classes import classes_of
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import Measured, Side

__all__ = ["Labels", "Part"]

Codes: TypeAlias = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Labels:
    """Categories of one side.

    Parameters
    ----------
    values
        The categories.
    rows
        The row that each is of; None if each row has one.
    """

    values: pa.Array | pa.ChunkedArray
    rows: Codes | None = None


@dataclass(frozen=True)
class Part:
    """Some rows of one side."""

    side: Side
    table: pa.Table

    def numbers(self, measured: Measured) -> NDArray[np.float64]:
        """Return a property of numbers or times, NaN for null; times in microseconds."""
        column = self.table[measured.column]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        numbers: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
        return numbers

    def labels(self, measured: Measured) -> Labels:
        """Return the categories of a property."""
        if measured.classes is not None:
            return _classes(measured, self.side, self.table)
        column = self.table[measured.column]
        return _items(column) if measured.form is Form.ITEMS else Labels(column)


def _classes(measured: Measured, side: Side, table: pa.Table) -> Labels:
    """Return the class of each row that has one, and one that counts."""
    values = classes_of(measured.classes, side.subject, table)
    kept = pc.is_valid(values)
    if measured.chosen is not None:
        kept = pc.is_in(values, pa.array(sorted(measured.chosen), values.type))
    mask = kept.to_numpy(zero_copy_only=False)
    return Labels(values.filter(kept), None if mask.all() else np.flatnonzero(mask))


def _items(column: pa.ChunkedArray) -> Labels:
    """Return the ids of all items of ranked lists; null for a list that is missing."""
    lists = column.combine_chunks()
    items = pc.struct_field(pc.list_flatten(lists), "item_id")
    missing = np.flatnonzero(pc.is_null(lists).to_numpy(zero_copy_only=False))
    rows = np.concatenate([pc.list_parent_indices(lists).to_numpy(), missing])
    return Labels(pa.chunked_array([items, pa.nulls(len(missing), items.type)]), rows)
