"""Inferences as pandas frames and as plain dictionaries, with the cells that were sent.

Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.types as pat

__all__ = ["frame_of", "rows_of"]


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return inferences as a DataFrame.

    Whole numbers and booleans are plain where none is missing, else nullable; lists hold what
    was sent, not arrays.

    Examples
    --------
    >>> frame_of(pa.table({"n": [1, None], "tokens": [["a"], None]}))
          n tokens
    0     1    [a]
    1  <NA>   None
    """
    nested = [field.name for field in table.schema if pat.is_nested(field.type)]
    nullable = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in nested:
            columns[name] = pd.Series(_cells(column), dtype=object)
        elif column.null_count and column.type in nullable:
            columns[name] = column.to_pandas(types_mapper=nullable.get)
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns)


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return inferences as dictionaries."""
    columns = [_cells(column) for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    type_ = column.type
    if pat.is_list(type_) and pat.is_map(type_.value_type):
        return [None if cell is None else [dict(token) for token in cell] for cell in values]
    if pat.is_list(type_) and pat.is_struct(type_.value_type):
        return [None if cell is None else [_without_nulls(e) for e in cell] for cell in values]
    return values


def _without_nulls(element: dict[str, Any]) -> dict[str, Any]:
    """Return a point or an item with the keys that were sent."""
    return {key: value for key, value in element.items() if value is not None}
