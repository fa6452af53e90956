"""The SDK's time helpers. Imports pandas, and is itself imported lazily."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelgroups.arthurai._grid import generate_timestamps, normal_random_ints_fixed_sum
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.inferences.times import as_zone, localized
from modelgroups.types import InferenceType, TimestampInferenceType, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "format_time_series_attr_timestamps",
    "format_timestamp",
    "format_timestamps",
    "generate_timestamps",
    "is_valid_datetime_string",
    "normal_random_ints_fixed_sum",
    "value_type_to_python_type",
]

Row = dict[str, Any]

_PYTHON_TYPES: dict[str, type] = {
    ValueType.Integer: int,
    ValueType.Float: float,
    ValueType.Boolean: bool,
    ValueType.String: str,
    ValueType.Unstructured_Text: str,
    ValueType.Image: str,  # the path of a file
    ValueType.BoundingBox: list,
}


def format_timestamp(
    timestamp: datetime | str, tz: tzinfo | str | None = None, col_name: str = ""
) -> str:
    """Return a timestamp as ISO-8601 text with an offset.

    Parameters
    ----------
    timestamp
        A datetime, which becomes UTC, or a text that is already in the format and is kept.
    tz
        The time zone, or its name, of a datetime without one.
    col_name
        Where the timestamp comes from, for the message of an error.

    Raises
    ------
    UserValueError
        A datetime has no time zone and none is given, it is NaT, or a text has another format.
    UserTypeError
        Something else than a datetime or a text.

    Examples
    --------
    >>> format_timestamp(datetime(2024, 1, 1), tz="US/Eastern")
    '2024-01-01T05:00:00+00:00'
    """
    where = f" in column '{col_name}'" if col_name else ""
    if isinstance(timestamp, str):
        if not is_valid_datetime_string(timestamp):
            raise UserValueError(
                f"timestamp '{timestamp}'{where} must be ISO-8601 with an offset, such as "
                "'2024-01-31T12:00:00+00:00'"
            )
        return timestamp
    if not isinstance(timestamp, datetime):
        raise UserTypeError(
            f"a timestamp{where} must be a datetime or an ISO-8601 text, got "
            f"{type(timestamp).__name__} {timestamp!r}"
        )
    if pd.isna(timestamp):
        raise UserValueError(f"a timestamp{where} is missing (NaT)")
    zone = None
    if timestamp.utcoffset() is None:
        zone = as_zone(tz)
        if zone is None:
            raise UserValueError(
                f"timestamp {timestamp}{where} has no time zone; give it one, or pass tz"
            )
    try:
        zoned = timestamp if zone is None else localized(timestamp, zone)
        return zoned.astimezone(UTC).isoformat()
    except (OverflowError, ValueError) as error:  # of datetime, of pandas
        raise UserValueError(f"timestamp {timestamp}{where} cannot be written in UTC") from error


def format_timestamps(
    inferences: list[Row],
    tz: tzinfo | str | None = None,
    timestamp_attributes: Iterable[str] | None = None,
    time_series_attributes: Iterable[str] | None = None,
    is_reference_data: bool = False,
) -> list[Row]:
    """Apply `format_timestamp` to all times of nested rows, in place.

    Parameters
    ----------
    inferences
        Rows with the key ``inference_data``, or ``reference_data``.
    tz
        The time zone, or its name, of datetimes without one.
    timestamp_attributes
        Names of Timestamp attributes; None values are left alone.
    time_series_attributes
        Names of TimeSeries attributes.
    is_reference_data
        Whether the rows have ``reference_data``.

    Returns
    -------
    list of dict
        The same rows.

    Examples
    --------
    >>> format_timestamps([{"inference_timestamp": datetime(2024, 1, 1)}], tz=UTC)
    [{'inference_timestamp': '2024-01-01T00:00:00+00:00'}]
    """
    key = _data_key(is_reference_data)
    timestamp_names = list(timestamp_attributes or ())
    series_names = list(time_series_attributes or ())
    for row in inferences:
        for name in TimestampInferenceType.list():
            if name in row:
                row[name] = format_timestamp(row[name], tz)
        for name in timestamp_names:
            if row[key].get(name) is not None:
                row[key][name] = format_timestamp(row[key][name], tz, name)
        if series_names:
            format_time_series_attr_timestamps(row, series_names, tz, is_reference_data)
    return inferences


def format_time_series_attr_timestamps(
    inference: object,
    time_series_attributes: Iterable[str],
    tz: tzinfo | str | None = None,
    is_reference_data: bool = False,
) -> Row:
    """Apply `format_timestamp` to the points of a nested row's time series, in place.

    Parameters
    ----------
    inference
        A row with the key ``inference_data``, or ``reference_data``.
    time_series_attributes
        Names of TimeSeries attributes; absent ones, and points without a time, are left alone.
    tz
        The time zone, or its name, of datetimes without one.
    is_reference_data
        Whether the row has ``reference_data``.

    Returns
    -------
    dict
        What stands under the key.

    Raises
    ------
    UserValueError
        The row is not a dictionary with the key.

    Examples
    --------
    >>> row = {"inference_data": {"load": [{"timestamp": datetime(2024, 1, 1), "value": 3.5}]}}
    >>> format_time_series_attr_timestamps(row, ["load"], tz=UTC)
    {'load': [{'timestamp': '2024-01-01T00:00:00+00:00', 'value': 3.5}]}
    """
    key = _data_key(is_reference_data)
    if not isinstance(inference, dict) or not isinstance(inference.get(key), dict):
        raise UserValueError(f"a row must be a dict with a dict under '{key}', got {inference!r}")
    data: Row = inference[key]
    for name in time_series_attributes:
        points = data.get(name)
        if not isinstance(points, list | np.ndarray):
            continue
        for point in points:
            if point.get("timestamp") is not None:
                point["timestamp"] = format_timestamp(point["timestamp"], tz, name)
    return data


def is_valid_datetime_string(dt_obj: object) -> bool:
    """Return whether something is an ISO-8601 text with an offset.

    >>> is_valid_datetime_string("2024-01-01T00:00:00Z"), is_valid_datetime_string("2024-01-01")
    (True, False)
    """
    if not isinstance(dt_obj, str):
        return False
    try:
        return datetime.fromisoformat(dt_obj).tzinfo is not None
    except ValueError:
        return False


def value_type_to_python_type(value_type: str) -> type:
    """Return the Python type of an attribute's values.

    Raises
    ------
    UserValueError
        Values of that type have no one Python type.

    Examples
    --------
    >>> value_type_to_python_type("FLOAT")
    <class 'float'>
    """
    if value_type not in _PYTHON_TYPES:
        raise UserValueError(
            f"value type {value_type!r} has no Python type; those that have one are "
            f"{', '.join(_PYTHON_TYPES)}"
        )
    return _PYTHON_TYPES[value_type]


def _data_key(is_reference_data: bool) -> str:
    return InferenceType.REFERENCE_DATA if is_reference_data else InferenceType.INFERENCE_DATA
