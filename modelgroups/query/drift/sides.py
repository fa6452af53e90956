"""The rows of one side, and the values of a property in them. Loads pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelgroups.query.conditions import condition
from modelgroups.query.drift.classes import classes_of
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import Measured, Side, time_of
from modelgroups.query.engines import embedded_of
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.run import selection_of
from modelgroups.query.source import load

__all__ = ["Labels", "labels_of", "numbers_of", "rows_of", "times_of"]

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


def rows_of(side: Side, names: Iterable[str]) -> pa.Table:
    """Return the columns of a side, of the rows that fulfil its conditions."""
    wanted = list(dict.fromkeys(names))
    filtered = list(dict.fromkeys(each.property for each in side.conditions))
    selection = selection_of(side.subject, side.conditions)
    table = load(side.subject, side.source, [*wanted, *filtered], selection)
    if side.conditions:
        table = table.filter(_holds(side, table.select([*filtered, ORDER])))
    return table.select([*wanted, ORDER])


def _holds(side: Side, table: pa.Table) -> pa.Array:
    """Return for each row whether it fulfils all conditions, as the query language has them.

    It is found out in this process, where the rows are, whatever engine runs other queries.
    """
    import ibis

    table = table.rename_columns([n if n == ORDER else column_name(n) for n in table.column_names])
    rows = ibis.memtable(table)
    conditions = [
        condition(rows[column_name(each.property)], each.comparator, each.value)
        for each in side.conditions
    ]
    engine = embedded_of(side.subject.recipient.registry)
    found = engine.run(rows.filter(conditions).select(ORDER))
    holds = np.zeros(len(table), dtype=bool)
    holds[found[ORDER].to_numpy()] = True
    return pa.array(holds)


def times_of(side: Side, table: pa.Table, rollup: str) -> pa.ChunkedArray:
    """Return what the rows of a side are split by: a batch, or the begin of a time."""
    if rollup == "batch_id":
        return table[rollup]
    return pc.floor_temporal(table[time_of(side)], unit=rollup)


def numbers_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of numbers or times, NaN for null; times in microseconds."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    numbers: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return numbers


def labels_of(measured: Measured, side: Side, table: pa.Table) -> Labels:
    """Return the categories of a property."""
    if measured.classes is not None:
        return _classes(measured, side, table)
    column = table[measured.column]
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
