"""What a column holds: its present values, and of what kind they are.

Typed columns are judged by their dtype, object columns by all their values.
Imports pandas and pyarrow, so import this module only where data is at hand.
"""

from __future__ import annotations

import datetime as dt
import decimal
import reprlib
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types
from pandas.api.extensions import ExtensionDtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Kind", "as_numbers", "example", "families", "kind_of", "present"]


class Kind(StrEnum):
    """What the values of a column are; the text is used in messages."""

    FLOAT = "float"
    INTEGER = "int"
    BOOLEAN = "bool"
    STRING = "str"
    ZONED = "datetime with a time zone"
    NAIVE = "datetime without a time zone"
    LIST = "list"
    NOTHING = "nothing but nulls"
    MIXED = "values of several types"
    OTHER = "values of a type that no attribute has"


_KIND_OF_INFERRED = {
    "string": Kind.STRING,
    "integer": Kind.INTEGER,
    "floating": Kind.FLOAT,
    "decimal": Kind.FLOAT,
    "mixed-integer-float": Kind.FLOAT,
    "boolean": Kind.BOOLEAN,
    "datetime64": Kind.NAIVE,
    "empty": Kind.NOTHING,
    "bytes": Kind.OTHER,
    "complex": Kind.OTHER,
    "date": Kind.OTHER,
    "interval": Kind.OTHER,
    "period": Kind.OTHER,
    "time": Kind.OTHER,
    "timedelta": Kind.OTHER,
    "timedelta64": Kind.OTHER,
}
"""Kinds by the answers of `pandas.api.types.infer_dtype` that leave no doubt."""

_KINDS_OF_NUMPY = {
    "b": Kind.BOOLEAN,
    "i": Kind.INTEGER,
    "u": Kind.INTEGER,
    "f": Kind.FLOAT,
    "M": Kind.NAIVE,
}

_KINDS_BY_FAMILY = {kind.value: kind for kind in Kind}


def present(column: pd.Series) -> pd.Series:
    """Return the values of a column that are neither null nor infinite.

    Categories become their values, and objects that are all numbers, booleans or datetimes get
    the dtype of what they are.

    Parameters
    ----------
    column
        Any column.

    Returns
    -------
    Series
        The values left, with their index; `column` itself when nothing had to change.

    Examples
    --------
    >>> present(pd.Series([1.5, None, float("inf"), 2.0])).tolist()
    [1.5, 2.0]
    >>> present(pd.Series([1, None, 3], dtype=object)).dtype
    dtype('int64')
    """
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind in "biu":
            return column
        if dtype.kind == "f":
            return _keep(column, np.isfinite(column.to_numpy()))
        return _present_objects(column) if dtype.kind == "O" else _keep(column, _not_null(column))
    if isinstance(dtype, pd.CategoricalDtype):
        # the nulls go first, for categories that are integers have no null to become
        return present(_decode(column[_not_null(column)], dtype))
    if isinstance(dtype, pd.ArrowDtype) and pa.types.is_dictionary(dtype.pyarrow_dtype):
        return present(column.astype(pd.ArrowDtype(dtype.pyarrow_dtype.value_type)))
    if types.is_float_dtype(dtype):
        return _keep(column, np.isfinite(as_numbers(column)))
    return _keep(column, _not_null(column))


def _present_objects(column: pd.Series) -> pd.Series:
    if types.infer_dtype(column, skipna=False) == "string":  # far cheaper than looking for nulls
        return column
    column = _keep(column, _not_null(column))
    if types.infer_dtype(column, skipna=False) == "string":
        return column
    return _keep(column, _not_infinite(column)).infer_objects()


def kind_of(column: pd.Series) -> Kind:
    """Return what the values of a column are.

    Parameters
    ----------
    column
        Any column; nulls are passed over.

    Examples
    --------
    >>> kind_of(pd.Series([1, 2])), kind_of(pd.Series([1, "a"], dtype=object))
    (<Kind.INTEGER: 'int'>, <Kind.MIXED: 'values of several types'>)
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(dtype.categories.to_series()) if len(dtype.categories) else Kind.NOTHING
    if not isinstance(dtype, np.dtype):
        return _kind_of_extension(dtype)
    if dtype.kind != "O":
        return _KINDS_OF_NUMPY.get(dtype.kind, Kind.OTHER)
    inferred = types.infer_dtype(column, skipna=True)
    if inferred in _KIND_OF_INFERRED:
        return _KIND_OF_INFERRED[inferred]
    found = set(families(column.dropna()))
    if found <= {"int", "float"}:
        return Kind.FLOAT
    if len(found) > 1:
        return Kind.MIXED
    return _KINDS_BY_FAMILY.get(found.pop(), Kind.OTHER)


def families(values: pd.Series) -> pd.Series:
    """Return for each value of an object column the name of the type that it counts as.

    This walks over the rows in Python: it is for columns that need an explanation.

    >>> families(pd.Series([1, np.float32(2), "a", None, (1,)], dtype=object)).tolist()
    ['int', 'float', 'str', 'NoneType', 'tuple']
    """
    return pd.Series([_family(value) for value in values], index=values.index, dtype=object)


def as_numbers(values: pd.Series) -> NDArray[Any]:
    """Return a column of numbers as an array: float64 for floats, whole numbers as they are.

    >>> as_numbers(pd.Series([1, None], dtype="Float32"))
    array([ 1., nan])
    """
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        numbers = values.to_numpy()
        return numbers.astype(np.float64) if dtype.kind == "f" and dtype.itemsize < 8 else numbers
    if types.is_integer_dtype(dtype):
        unsigned = types.is_unsigned_integer_dtype(dtype)
        return values.to_numpy(dtype=np.uint64 if unsigned else np.int64)
    if kind_of(values) is Kind.INTEGER:
        return values.to_numpy()  # objects: whole numbers that 64 bits cannot hold
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def example(values: pd.Series, row: int) -> str:
    """Return where a row is, by its index, and what it holds, for a message.

    >>> example(pd.Series([0.5, 1.5], index=[10, 11]), 1)
    'at index 11: 1.5'
    """
    label, value = values.index[row], values.iloc[row]
    return f"at index {_native(label)!r}: {reprlib.repr(_native(value))}"


def _native(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _kind_of_extension(dtype: ExtensionDtype) -> Kind:
    if isinstance(dtype, pd.ArrowDtype):
        return _kind_of_arrow(dtype.pyarrow_dtype)
    if isinstance(dtype, pd.StringDtype):
        return Kind.STRING
    if types.is_bool_dtype(dtype):
        return Kind.BOOLEAN
    if types.is_integer_dtype(dtype):
        return Kind.INTEGER
    if types.is_float_dtype(dtype):
        return Kind.FLOAT
    return Kind.ZONED if isinstance(dtype, pd.DatetimeTZDtype) else Kind.OTHER


def _kind_of_arrow(arrow: pa.DataType) -> Kind:
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow):
        return Kind.STRING
    if pa.types.is_boolean(arrow):
        return Kind.BOOLEAN
    if pa.types.is_integer(arrow):
        return Kind.INTEGER
    if pa.types.is_floating(arrow) or pa.types.is_decimal(arrow):
        return Kind.FLOAT
    if pa.types.is_timestamp(arrow):
        return Kind.ZONED if arrow.tz else Kind.NAIVE
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow):
        return Kind.LIST
    if pa.types.is_dictionary(arrow):
        return _kind_of_arrow(arrow.value_type)
    return Kind.NOTHING if pa.types.is_null(arrow) else Kind.OTHER


def _family(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return Kind.BOOLEAN.value
    if isinstance(value, (int, np.integer)):
        return Kind.INTEGER.value
    if isinstance(value, (float, np.floating, decimal.Decimal)):
        return Kind.FLOAT.value
    if isinstance(value, str):
        return Kind.STRING.value
    if isinstance(value, dt.datetime):
        return Kind.NAIVE.value if value.utcoffset() is None else Kind.ZONED.value
    if isinstance(value, np.datetime64):
        return Kind.NAIVE.value
    return Kind.LIST.value if isinstance(value, (list, np.ndarray)) else type(value).__name__


def _decode(column: pd.Series, dtype: pd.CategoricalDtype) -> pd.Series:
    """Return the values of a categorical column in the dtype of its categories.

    Where there are no categories, the dtype that pandas chose for them says nothing.
    """
    return column.astype(dtype.categories.dtype if len(dtype.categories) else np.dtype(object))


def _keep(column: pd.Series, wanted: NDArray[np.bool_]) -> pd.Series:
    return column if wanted.all() else column[wanted]


def _not_null(column: pd.Series) -> NDArray[np.bool_]:
    return ~np.asarray(column.array.isna(), dtype=bool)  # Series.notna makes a Series of it


def _not_infinite(column: pd.Series) -> NDArray[np.bool_]:
    return np.array(
        [not (isinstance(value, (float, np.floating)) and np.isinf(value)) for value in column],
        dtype=bool,
    )
