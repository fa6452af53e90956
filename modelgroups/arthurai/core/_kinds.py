"""What a single value is. Imports NumPy, and is itself imported lazily."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from dateutil.parser import ParserError, parse  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "can_cast",
    "is_bool_like",
    "is_date_like",
    "is_float_like",
    "is_int_like",
    "is_list_like",
    "is_str_like",
    "is_valid_datetime_obj",
]


def is_float_like(obj: object) -> bool:
    """Return whether something is a Python or NumPy float."""
    return isinstance(obj, float | np.floating)


def is_int_like(obj: object) -> bool:
    """Return whether something is a Python or NumPy integer, and no boolean."""
    return isinstance(obj, int | np.integer) and not isinstance(obj, bool)


def is_str_like(obj: object) -> bool:
    """Return whether something is a text."""
    return isinstance(obj, str)


def is_bool_like(obj: object) -> bool:
    """Return whether something is a Python or NumPy boolean."""
    return isinstance(obj, bool | np.bool_)


def is_date_like(obj: object) -> bool:
    """Return whether something is a datetime of Python, NumPy or pandas."""
    return isinstance(obj, datetime | np.datetime64)


def is_list_like(obj: object) -> bool:
    """Return whether something is a list or a NumPy array."""
    return isinstance(obj, list | np.ndarray)


def is_valid_datetime_obj(obj: str) -> bool:
    """Return whether a text names a complete date: day, month and year.

    >>> is_valid_datetime_obj("3 May 2024"), is_valid_datetime_obj("May 2024")
    (True, False)
    """
    try:
        # What the text leaves open is filled from the default, so two defaults tell.
        return bool(
            parse(obj, default=datetime(MINYEAR, 1, 1))  # noqa: DTZ001
            == parse(obj, default=datetime(MAXYEAR, 2, 2))  # noqa: DTZ001
        )
    except (ParserError, OverflowError):
        return False


def can_cast(cast_type: Callable[[Any], object], obj: object) -> bool:
    """Return whether a type takes a value.

    >>> can_cast(float, "1e3"), can_cast(int, "1e3")
    (True, False)
    """
    try:
        cast_type(obj)
    except (ValueError, OverflowError):
        return False
    return True
