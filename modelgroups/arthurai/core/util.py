"""The SDK's helpers for data of many shapes. Imports pandas, and is itself imported lazily."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_float_dtype, is_object_dtype

from modelgroups.arthurai.core._kinds import (
    can_cast,
    is_bool_like,
    is_date_like,
    is_float_like,
    is_int_like,
    is_list_like,
    is_str_like,
    is_valid_datetime_obj,
)
from modelgroups.arthurai.util import format_timestamp, is_valid_datetime_string
from modelgroups.errors import (
    UnexpectedTypeError,
    UnexpectedValueError,
    UserTypeError,
    UserValueError,
)
from modelgroups.types import ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

__all__ = [
    "NumpyEncoder",
    "can_cast",
    "dataframe_like_to_list_of_dicts",
    "intersection_is_non_empty",
    "is_bool_like",
    "is_date_like",
    "is_float_like",
    "is_int_like",
    "is_list_like",
    "is_str_like",
    "is_valid_datetime_obj",
    "retrieve_json_files",
    "retrieve_parquet_files",
    "series_to_df",
    "standardize_pd_obj",
    "update_column_in_list_of_dicts",
]

Row = dict[str, Any]


class NumpyEncoder(json.JSONEncoder):
    """A JSON encoder that knows NumPy's types.

    >>> json.dumps({"n": np.int64(3), "xs": np.array([0.5])}, cls=NumpyEncoder)
    '{"n": 3, "xs": [0.5]}'
    """

    def default(self, o: object) -> object:
        """Return what to encode instead of a value that JSON does not know."""
        converted: object = self.convert_value(o)
        return super().default(o) if converted is o else converted

    @staticmethod
    def convert_value(obj: Any) -> Any:
        """Return the Python value for a NumPy value or a Timestamp, None for a float NaN.

        >>> NumpyEncoder.convert_value(np.True_), NumpyEncoder.convert_value(float("nan"))
        (True, None)
        """
        if isinstance(obj, np.ndarray):
            return obj.tolist()
        if isinstance(obj, np.generic):
            return obj.item()
        if isinstance(obj, pd.Timestamp):
            return obj.to_pydatetime(warn=False)
        if isinstance(obj, float) and math.isnan(obj):
            return None
        return obj


def standardize_pd_obj(
    data: pd.DataFrame | pd.Series[Any],
    dropna: bool,
    replacedatetime: bool,
    attributes: Mapping[str, str] | None = None,
) -> pd.DataFrame | pd.Series[Any]:
    """Return a column, or all columns of a frame, in the form in which they are sent.

    Infinities become null, whole floats of an Integer attribute become Int64 where there are
    nulls among them, and columns of times are checked.

    Parameters
    ----------
    data
        A Series or a DataFrame; it is not changed.
    dropna
        Leave the nulls of a Series out.
    replacedatetime
        Turn times into ISO-8601 text.
    attributes
        The value type of each column, by name.

    Raises
    ------
    UnexpectedValueError
        `dropna` is asked for a DataFrame.
    UnexpectedTypeError
        `data` is neither a Series nor a DataFrame.
    UserValueError
        A column of times has a value without time zone.

    Examples
    --------
    >>> column = pd.Series([1.0, float("inf")], name="n")
    >>> standardize_pd_obj(column, False, False, {"n": ValueType.Integer}).tolist()
    [1, <NA>]
    """
    types = attributes or {}
    if isinstance(data, pd.Series):
        value_type = types.get(str(data.name))
        return _standardize_column(data, value_type, dropna, replacedatetime)
    if not isinstance(data, pd.DataFrame):
        raise UnexpectedTypeError(
            f"the data must be a pandas DataFrame or Series, got {type(data).__name__}"
        )
    if dropna:
        raise UnexpectedValueError(
            "dropna=True is for a Series only: the columns of a DataFrame must keep their length"
        )
    result = data.copy()
    for i, name in enumerate(data.columns):
        value_type = types.get(str(name))
        column = _standardize_column(data.iloc[:, i], value_type, dropna, replacedatetime)
        result.isetitem(i, column)  # type: ignore[arg-type]  # the stubs forget Series
    return result


def _standardize_column(
    column: pd.Series[Any], value_type: str | None, dropna: bool, replacedatetime: bool
) -> pd.Series[Any]:
    column = _without_infinities(column)
    known = column.dropna()
    if is_float_dtype(column.dtype):
        has_nulls = len(known) < len(column)
        column = known if dropna else column
        if has_nulls and value_type == ValueType.Integer and len(known) and (known % 1 == 0).all():
            return column.astype("Int64")
        return column
    column = known if dropna else column
    holds_times = is_datetime64_any_dtype(column.dtype) or (
        len(known) > 0 and is_valid_datetime_string(known.iloc[0])
    )
    if not holds_times:
        return column
    name = str(column.name)
    texts = column.map(lambda value: format_timestamp(value, col_name=name), na_action="ignore")
    return texts if replacedatetime else column


def _without_infinities(column: pd.Series[Any]) -> pd.Series[Any]:
    if is_float_dtype(column.dtype):
        return column.mask(column.isin([math.inf, -math.inf]))
    if is_object_dtype(column.dtype):
        return column.mask(column.map(_is_infinite).astype(bool), None)
    return column


def _is_infinite(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value)


def dataframe_like_to_list_of_dicts(data: object) -> list[Row]:
    """Return a table of any accepted shape as a list of dictionaries.

    Parameters
    ----------
    data
        A list of dictionaries, which is returned as it is, a dictionary of lists, or a
        DataFrame.

    Raises
    ------
    UserTypeError
        `data` has another shape.

    Examples
    --------
    >>> dataframe_like_to_list_of_dicts({"a": [1, 2], "b": ["x", "y"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    if isinstance(data, Sized) and len(data) == 0:
        return []
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return data
    if isinstance(data, dict):
        data = pd.DataFrame(data)
    if not isinstance(data, pd.DataFrame):
        raise UserTypeError(
            "rows must be a list of dicts, a dict of lists or a DataFrame, got "
            f"{type(data).__name__}"
        )
    records: list[Row] = data.to_dict(orient="records")  # type: ignore[assignment]  # names are str
    return records


def update_column_in_list_of_dicts(
    data: list[Row], target_column: str, column_values: Sequence[Any]
) -> None:
    """Write a column into rows, in place and by position.

    Parameters
    ----------
    data
        The rows.
    target_column
        The key to write.
    column_values
        One value for each row.

    Raises
    ------
    UserTypeError
        `column_values` has no length.
    UserValueError
        There are not as many values as rows.

    Examples
    --------
    >>> rows = [{}, {}]
    >>> update_column_in_list_of_dicts(rows, "a", [1, 2])
    >>> rows
    [{'a': 1}, {'a': 2}]
    """
    if not isinstance(column_values, Sized):
        raise UserTypeError(
            f"the values of column '{target_column}' must have a length, got "
            f"{type(column_values).__name__}"
        )
    if len(column_values) != len(data):
        raise UserValueError(
            f"column '{target_column}' has {len(column_values)} values for {len(data)} rows; "
            "give one value for each row"
        )
    for row, value in zip(data, column_values, strict=True):
        row[target_column] = value


def intersection_is_non_empty(iter1: Iterable[Any], iter2: Iterable[Any]) -> bool:
    """Return whether two collections share an element.

    >>> intersection_is_non_empty([1, 2], {2, 3})
    True
    """
    others = list(iter2)
    return any(value in others for value in iter1)


def series_to_df(data: pd.Series[Any] | pd.DataFrame) -> pd.DataFrame:
    """Return a Series as a DataFrame of one column, and a DataFrame as it is.

    Raises
    ------
    UserTypeError
        `data` is neither.

    Examples
    --------
    >>> series_to_df(pd.Series([1], name="a")).columns.tolist()
    ['a']
    """
    if isinstance(data, pd.Series):
        return data.to_frame()
    if isinstance(data, pd.DataFrame):
        return data
    raise UserTypeError(f"the data must be a pandas DataFrame or Series, got {type(data).__name__}")


def retrieve_parquet_files(directory_path: str | PathLike[str]) -> list[Path]:
    """Return the ``.parquet`` files of a folder and its subfolders, sorted."""
    return _files(directory_path, ".parquet")


def retrieve_json_files(directory_path: str | PathLike[str]) -> list[Path]:
    """Return the ``.json`` files of a folder and its subfolders, sorted."""
    return _files(directory_path, ".json")


def _files(folder: str | PathLike[str], extension: str) -> list[Path]:
    return sorted(path for path in Path(folder).rglob(f"*{extension}") if path.is_file())
