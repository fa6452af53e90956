"""Values as plain JSON."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["plain", "rows_of", "text_of_time"]


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return a table as rows of plain JSON."""
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: no NaN, no infinity; times as ISO 8601 text in UTC.

    >>> plain([float("nan"), datetime(2024, 3, 1, 12), {"n": 3}])
    [None, '2024-03-01T12:00:00.000Z', {'n': 3}]
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None  # NumPy's are floats too
    if isinstance(value, datetime):
        return text_of_time(value)
    if isinstance(value, date):
        return text_of_time(datetime(value.year, value.month, value.day))  # noqa: DTZ001  # UTC
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    return plain(value.item())


def text_of_time(moment: datetime, *, fraction: bool = True) -> str:
    """Return a time in UTC as text, with milliseconds or with whole seconds."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if fraction else f"{text}Z"
