"""Conditions of the query language as Ibis conditions, with constants fitted to the column."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["MISMATCH", "condition", "fit"]

MISMATCH: Final = object()
"""A constant that cannot be a value of the column."""

_ORDERED: Final = ("lt", "gt", "lte", "gte")


def condition(column: Any, comparator: str, value: Any) -> Any:
    """Return an Ibis condition that is never null.

    Parameters
    ----------
    column
        An Ibis expression.
    comparator
        One of `modelgroups.query.tree.COMPARATORS`.
    value
        The constant.

    Raises
    ------
    ValueError
        The constant cannot be ordered beside the column, or is not what the comparator wants.
    """
    import ibis

    present = column.notnull()
    if comparator == "IsNull" or (comparator == "eq" and value is None):
        return column.isnull()
    if comparator == "NotNull" or (comparator == "ne" and value is None):
        return present
    if comparator == "in":
        return _among(column, value)
    if comparator == "like":
        if not isinstance(value, str) or not column.type().is_string():
            raise ValueError("like compares a text column with a pattern")
        return present & column.like(value).fill_null(False)
    constant = fit(value, column.type())
    if constant is MISMATCH:
        if comparator in _ORDERED:
            raise ValueError(f"{value!r} cannot be ordered beside values of type {column.type()}")
        return present if comparator == "ne" else ibis.literal(False) & present
    compared = {
        "eq": lambda: column == constant,
        "ne": lambda: column != constant,
        "lt": lambda: column < constant,
        "gt": lambda: column > constant,
        "lte": lambda: column <= constant,
        "gte": lambda: column >= constant,
    }[comparator]()
    return present & compared.fill_null(False)


def _among(column: Any, value: Any) -> Any:
    import ibis

    if not isinstance(value, list | tuple):
        raise ValueError("in wants a list of values")  # noqa: TRY004  # a fault of the query
    fitted = [fit(element, column.type()) for element in value if element is not None]
    constants = [constant for constant in fitted if constant is not MISMATCH]
    found = column.isin(constants).fill_null(False) if constants else ibis.literal(False)
    if any(element is None for element in value):
        return found | column.isnull()
    return found & column.notnull()


def fit(value: Any, type_: Any) -> Any:
    """Return a constant as a value of a type, if nothing is lost, else `MISMATCH`."""
    import ibis

    if type_.is_string():
        return _as_text(value)
    if type_.is_boolean():
        return _as_flag(value)
    if type_.is_integer():
        return _as_whole(value)
    if type_.is_numeric():
        return _as_float(_as_number(value))
    if type_.is_timestamp():
        moment = _as_moment(value)
        return MISMATCH if moment is None else ibis.literal(moment, type="timestamp(6)")
    return MISMATCH


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else MISMATCH


def _as_flag(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.lower(), MISMATCH)
    return bool(value) if value in (0, 1) and isinstance(value, bool | int | float) else MISMATCH


def _as_number(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, float) and math.isnan(value):
        return MISMATCH
    return value if isinstance(value, int | float) else MISMATCH


def _parsed(text: str) -> int | float | None:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _as_float(number: Any) -> Any:
    """Return a number as a float; one that is too large for it lies beyond all of them."""
    if number is MISMATCH:
        return MISMATCH
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _as_whole(value: Any) -> Any:
    """Return a number to compare whole numbers with; a fraction can be ordered beside them."""
    number = _as_number(value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    is_storable = isinstance(number, int) and -(2**63) <= number < 2**63
    return number if is_storable else _as_float(number)


def _as_moment(value: Any) -> datetime | None:
    """Return a time in UTC, without its zone; a text without zone is in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
