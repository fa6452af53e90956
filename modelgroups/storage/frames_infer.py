"""What the cells of an object column are, found by looking at all of them.

The look goes level by level: the types that occur at one level as a set, then the items of
all lists, or the values of all dicts under one key, as the next level. Only rare types are
looked at one by one.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa

from modelgroups.storage.frames_cells import (
    SCALARS,
    SEQUENCES,
    Cell,
    UnkeepableError,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["check_text", "infer", "is_json"]

_MAX_DIGITS = 38  # of a 128-bit decimal, the widest that most engines read
_JSON_SCALARS = (str, bool, int, float, np.bool_, np.integer, np.floating, type(None))
_CONVERSION_ERRORS = (pa.ArrowException, OverflowError, TypeError, ValueError)


def infer(values: list[Any]) -> Cell:
    """Say what the cells are, from all of them.

    Parameters
    ----------
    values
        The cells; None is missing, and no other missing value is.

    Raises
    ------
    UnkeepableError
        They have no common type, or one that cannot be kept exactly.

    Examples
    --------
    >>> infer([[1, 2], None, []])
    Cell(kind='list', detail='', parts=(('item', Cell(kind='int', detail='', parts=())),))
    >>> infer([{"the": 0.9}, {"a": 0.5, "an": 0.25}]).kind
    'json'
    """
    kinds = {_kind(type_) for type_ in set(map(type, values))} - {"null"}
    if not kinds:
        return Cell("null")
    if kinds == {"int", "float"}:
        return _infer_float(values)
    if len(kinds) > 1:
        raise UnkeepableError(
            f"mixes {' and '.join(sorted(kinds))}", "make all its values of one type"
        )
    kind = kinds.pop()
    look_closer = _CLOSER.get(kind)
    return look_closer([v for v in values if v is not None]) if look_closer else Cell(kind)


# --- what a Python type is -------------------------------------------------------------

_EXACT_TYPES: dict[type, str] = {
    list: "list",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    dict: "dict",
    np.ndarray: "array",
    type(None): "null",
}
_UNSUPPORTED = (type(pd.NaT), np.timedelta64, np.longdouble)  # though subclasses of the below
_SUBCLASSES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "str"),
    (bytes, "bytes"),
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    (Decimal, "Decimal"),
    (UUID, "UUID"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "timedelta"),
)
_ADVICE = {
    "Fraction": "convert them with float, or keep the text",
    "complex": "keep the real and the imaginary part in two columns",
    "complex128": "keep the real and the imaginary part in two columns",
    "longdouble": "convert them with float",
    "datetime64": "convert the column with pandas.to_datetime",
    "timedelta64": "convert the column with pandas.to_timedelta",
    "Period": "give the column a period dtype, with pandas.array(values)",
    "Interval": "give the column an interval dtype, with pandas.array(values)",
    "NaTType": "put None instead",
    "NAType": "put None instead",
}


def _kind(type_: type) -> str:
    if type_ in _EXACT_TYPES:
        return _EXACT_TYPES[type_]
    if not issubclass(type_, _UNSUPPORTED):
        for base, kind in _SUBCLASSES:
            if issubclass(type_, base):
                return kind
    advice = "convert them to numbers, text, dates, lists or dicts"
    if any(base.__name__ == "Enum" for base in type_.__mro__):
        advice = "keep the value or the name of each member"
    raise UnkeepableError(
        f"holds objects of type {type_.__qualname__}", _ADVICE.get(type_.__name__, advice)
    )


# --- a closer look at the values of one kind -------------------------------------------


def check_text(values: Sequence[str]) -> None:
    """Check that all values are text that UTF-8 can express.

    Parameters
    ----------
    values
        Text, and nothing else.

    Raises
    ------
    UnkeepableError
        A value is text that is not valid Unicode.

    Examples
    --------
    >>> check_text(["a", "ä"])
    """
    try:
        "".join(values).encode()
    except UnicodeEncodeError as error:
        raise UnkeepableError(
            "holds text with a lone surrogate, which is not valid Unicode",
            "clean it with .str.encode('utf-8', 'replace').str.decode('utf-8')",
        ) from error


def _infer_text(values: list[str]) -> Cell:
    check_text(values)
    return Cell("str")


def _infer_float(values: list[Any]) -> Cell:
    try:
        pa.array(values, type=pa.float64(), from_pandas=False)
    except _CONVERSION_ERRORS as error:
        raise UnkeepableError(
            "mixes float and an int that no float equals", "make all its values of one type"
        ) from error
    return Cell("float")


def _infer_int(values: list[Any]) -> Cell:
    for kind in ("int", "uint"):
        with suppress(*_CONVERSION_ERRORS):
            pa.array(values, type=SCALARS[kind])
            return Cell(kind)
    raise UnkeepableError(
        "holds whole numbers that no 64-bit integer can", "convert them to float or to text"
    )


def _infer_decimal(values: list[Decimal]) -> Cell:
    parts = [value.as_tuple() for value in values]
    exponents = {part.exponent for part in parts}
    exponent = exponents.pop()
    digits = max(len(part.digits) for part in parts)
    signed_zero = any(value.is_zero() and value.is_signed() for value in values)
    if exponents or signed_zero or not isinstance(exponent, int):
        return Cell("number")
    precision = max(digits, -exponent)
    if exponent > 0 or precision > _MAX_DIGITS:
        return Cell("number")
    return Cell("Decimal", f"{precision},{-exponent}")


def _infer_datetime(values: list[dt.datetime]) -> Cell:
    zones = sorted({"" if value.tzinfo is None else str(value.tzinfo) for value in values})
    if len(zones) > 1:
        raise UnkeepableError(
            "mixes datetimes with and without a time zone"
            if "" in zones
            else f"mixes the time zones {' and '.join(zones)}",
            "bring all to one time zone, as pandas.to_datetime(..., utc=True) does",
        )
    try:
        zone = pa.array(values[:1]).type.tz if zones[0] else ""
    except _CONVERSION_ERRORS as error:
        raise UnkeepableError(
            f"holds datetimes of the time zone {zones[0]}, which Parquet cannot name",
            "use a zone of the IANA database, or an offset of whole minutes",
        ) from error
    return _first_exact(
        values,
        Cell("Timestamp", zone) if all(isinstance(v, pd.Timestamp) for v in values) else None,
        Cell("datetime", zone),
    )


def _infer_timedelta(values: list[dt.timedelta]) -> Cell:
    return _first_exact(
        values,
        Cell("Timedelta") if all(isinstance(v, pd.Timedelta) for v in values) else None,
        Cell("timedelta"),
    )


def _infer_time(values: list[dt.time]) -> Cell:
    if any(value.tzinfo is not None for value in values):
        raise UnkeepableError(
            "holds times of day with a time zone", "use datetimes, or drop the time zone"
        )
    return Cell("time")


def _infer_items(values: list[Any]) -> Cell:
    return Cell(
        type(values[0]).__name__, parts=(("item", infer(list(chain.from_iterable(values)))),)
    )


def _infer_array(values: list[np.ndarray[Any, Any]]) -> Cell:
    if any(value.ndim != 1 for value in values):
        raise UnkeepableError(
            "holds arrays that do not have one dimension", "convert them to lists with .tolist()"
        )
    names = sorted({value.dtype.str for value in values})
    dtype = values[0].dtype
    if len(names) > 1 or dtype.kind not in "biuf" or dtype.itemsize > 8 or not dtype.isnative:
        raise UnkeepableError(
            f"holds arrays of dtype {' and '.join(names)}",
            "use one dtype of plain numbers, or lists",
        )
    return Cell("array", names[0])


def _infer_dict(values: list[dict[str, Any]]) -> Cell:
    keys = set(map(frozenset, values))
    if any(not isinstance(key, str) for key in chain.from_iterable(keys)):
        raise UnkeepableError("holds dicts with keys that are not text", "make all keys text")
    if keys != {frozenset()} and len(keys) == 1:
        try:
            check_text(list(values[0]))
            return Cell(
                "dict",
                parts=tuple((key, infer([value[key] for value in values])) for key in values[0]),
            )
        except UnkeepableError:
            if not all(map(is_json, values)):
                raise
    if not all(map(is_json, values)):
        raise UnkeepableError(
            "holds dicts whose keys differ and whose values JSON has no type for",
            "give all dicts the same keys, or use text, numbers, lists and dicts as values",
        )
    return Cell("json")


def is_json(value: Any) -> bool:
    """Whether JSON text gives back an equal value."""
    if type(value) is dict:
        return all(type(key) is str and is_json(item) for key, item in value.items())
    if type(value) is list:
        return all(map(is_json, value))
    return isinstance(value, _JSON_SCALARS) and not isinstance(value, _UNSUPPORTED)


def _first_exact(values: list[Any], *cells: Cell | None) -> Cell:
    for cell in cells:
        if cell is not None and _converts(values, cell):
            return cell
    raise UnkeepableError(
        "holds times that microseconds since 1970 in 64 bits do not express exactly",
        "use text, or values that exist in their time zone and lie between years 1 and 9999",
    )


def _converts(values: list[Any], cell: Cell) -> bool:
    try:
        return decode(encode(values, cell), cell) == values
    except _CONVERSION_ERRORS:
        return False


_CLOSER: dict[str, Callable[[list[Any]], Cell]] = {
    "str": _infer_text,
    "int": _infer_int,
    "Decimal": _infer_decimal,
    "datetime": _infer_datetime,
    "timedelta": _infer_timedelta,
    "time": _infer_time,
    "array": _infer_array,
    "dict": _infer_dict,
    **dict.fromkeys(SEQUENCES, _infer_items),
}
