"""A column of values as Arrow: whole columns at once where their type says what they are.

What the vectorised ways cannot vouch for is read cell by cell, by the rules of `cells`. Loads
pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from modelgroups.errors import UserValueError
from modelgroups.inferences.cells import MisfitError, cell_of, is_null
from modelgroups.inferences.layout import TIME_TYPE, arrow_type
from modelgroups.inferences.records import array_of
from modelgroups.inferences.times import as_text
from modelgroups.types import ValueType

__all__ = ["Column", "as_list", "read_cells", "read_column"]

Column: TypeAlias = Any
"""The values of one attribute, in the order of the rows: a list, a NumPy or Arrow array, a Series.

Where a row lacks the key of the column, there is None.
"""

_TEXT: Final = frozenset({ValueType.String, ValueType.Unstructured_Text, ValueType.Image})
_WHOLE_TYPES: Final = {"string", "boolean", "integer", "floating", "decimal"}
_LEAST, _MOST = -(2.0**63), 2.0**63


def as_list(column: Column) -> list[Any]:
    """Return the values of a column as Python objects."""
    if isinstance(column, list):
        return list(column)
    if isinstance(column, pa.Array | pa.ChunkedArray):
        values: list[Any] = column.to_pylist()
        return values
    if isinstance(column, pd.Series):
        return list(column)
    if isinstance(column, np.ndarray):
        return list(pd.Series(column)) if column.dtype.kind == "M" else column.tolist()
    return list(column)


def read_cells(
    column: Column, value_type: str, name: str, tz: tzinfo | None
) -> tuple[list[Any], dict[int, str]]:
    """Return the values of a column as they are kept, and what is wrong with rows.

    Parameters
    ----------
    column
        What the caller gave.
    value_type, name
        Of the attribute.
    tz
        The zone of times without one.

    Examples
    --------
    >>> read_cells([1, None, "a"], "FLOAT", "age", None)
    ([1.0, None, None], {2: "'age' is FLOAT and cannot be str 'a'"})
    """
    read = cell_of(value_type, name, tz)
    try:
        values = as_list(column)
    except (OverflowError, ValueError) as error:  # of times in Arrow that `datetime` cannot hold
        raise UserValueError(f"{name!r} holds a value that is out of range: {error}") from error
    faults: dict[int, str] = {}
    for row, value in enumerate(values):
        if is_null(value):
            values[row] = None
            continue
        try:
            values[row] = read(value)
        except MisfitError as misfit:
            faults[row] = str(misfit)
            values[row] = None
    return values, faults


def read_column(
    column: Column, value_type: str, name: str, tz: tzinfo | None
) -> tuple[pa.Array | pa.ChunkedArray, dict[int, str]]:
    """Return a column in the Arrow type of its attribute, and what is wrong with rows.

    Examples
    --------
    >>> array, faults = read_column(np.array([1.0, np.inf]), "INTEGER", "age", None)
    >>> array.to_pylist(), faults
    ([1, None], {})
    """
    array = _as_arrow(column)
    quick = None if array is None else _convert(array, value_type, name, tz)
    if quick is not None:
        return quick, {}
    values, faults = read_cells(column, value_type, name, tz)
    return array_of(values, arrow_type(value_type)), faults


def _as_arrow(column: Column) -> pa.Array | pa.ChunkedArray | None:
    """Return a column as Arrow sees it, or None where its cells must be looked at."""
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return _plain(column)
    if isinstance(column, np.ndarray) and column.dtype.kind == "O":
        column = pd.Series(column)
    if not isinstance(column, pd.Series | np.ndarray):
        column = pd.Series(list(column), dtype=object)
    if column.dtype == object:
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind == "empty":
            return pa.nulls(len(column))
        if kind not in _WHOLE_TYPES:
            return None
    try:
        return _plain(pa.array(column, from_pandas=True))
    except (pa.ArrowException, OverflowError, UnicodeError, TypeError):  # of infinite decimals
        return None


def _plain(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if pat.is_dictionary(array.type):
        return array.cast(array.type.value_type)
    return array


def _convert(
    array: pa.Array | pa.ChunkedArray, value_type: str, name: str, tz: tzinfo | None
) -> pa.Array | pa.ChunkedArray | None:
    """Return an array in the type of an attribute if all of it fits, else None."""
    target = arrow_type(value_type)
    if pat.is_null(array.type):
        return array.cast(target)
    if value_type == ValueType.Float:
        return _floats(array)
    if value_type == ValueType.Integer:
        return _integers(array)
    if value_type == ValueType.Boolean:
        return array if pat.is_boolean(array.type) else None
    if value_type in _TEXT:
        is_text = pat.is_string(array.type) or pat.is_large_string(array.type)
        return array.cast(target) if is_text or pat.is_string_view(array.type) else None
    if value_type == ValueType.Timestamp and pat.is_timestamp(array.type):
        return _times(array, name, tz)
    return None


def _floats(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    if pat.is_decimal(array.type):  # as texts they are rounded as Python rounds them
        return array.cast(pa.string()).cast(pa.float64())
    if pat.is_integer(array.type):
        return array.cast(pa.float64(), safe=False)
    return _finite(array.cast(pa.float64())) if pat.is_floating(array.type) else None


def _finite(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return floats with nulls in place of NaN and infinities."""
    finite = pc.is_finite(array)
    if pc.all(finite, min_count=0).as_py():
        return array
    return pc.if_else(finite, array, pa.scalar(None, array.type))


def _integers(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    try:
        if pat.is_integer(array.type):
            return array.cast(pa.int64())
        if not pat.is_floating(array.type):
            return None
        numbers = _finite(array.cast(pa.float64()))
        bounds = pc.min_max(numbers).as_py()
        if bounds["min"] is not None and not _LEAST <= bounds["min"] <= bounds["max"] < _MOST:
            return None
        return numbers.cast(pa.int64())
    except pa.ArrowInvalid:  # a fraction, or more than 63 bits
        return None


def _times(
    array: pa.Array | pa.ChunkedArray, name: str, tz: tzinfo | None
) -> pa.Array | pa.ChunkedArray | None:
    array = _in_micros(array, name)
    if array.type.tz is not None:
        return array.cast(TIME_TYPE)
    if array.null_count == len(array):
        return pa.nulls(len(array), TIME_TYPE)
    if tz is None:
        raise UserValueError(
            f"the times of {name!r} have no time zone; add one with "
            "frame[column].dt.tz_localize('UTC'), or pass tz='UTC' or another zone"
        )
    offset = tz.utcoffset(None)
    if offset is None:  # it changes in the year: cell by cell
        return None
    utc = pc.subtract(array, pa.scalar(offset // timedelta(microseconds=1), pa.duration("us")))
    return pc.assume_timezone(utc, "UTC")


def _in_micros(array: pa.Array | pa.ChunkedArray, name: str) -> pa.Array | pa.ChunkedArray:
    """Return times in microseconds, within the years of `datetime`; finer parts are cut off."""
    is_fine = array.type.unit == "ns"
    if is_fine and (pc.min(array.cast(pa.int64())).as_py() or 0) < 0:  # a cast rounds towards 1970
        array = pc.floor_temporal(array, unit="microsecond")
    try:
        times = array.cast(pa.timestamp("us", array.type.tz), safe=not is_fine)
        ends = pc.min_max(times.cast(pa.int64())).as_py()
        if ends["min"] is not None:
            as_text(ends["min"]), as_text(ends["max"])
    except (pa.ArrowInvalid, OverflowError) as error:
        raise UserValueError(f"{name!r} holds a time that is out of range: {error}") from error
    return times
