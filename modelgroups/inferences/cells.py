"""One value of an attribute: what a caller may give, and the plain Python value that is kept.

Texts, numbers, booleans and lists are kept as such, times as microseconds since 1970 in UTC,
so that a row is plain JSON. What does not fit raises `MisfitError` and fails its row alone; a
time that cannot be read is a fault of the call, as it is for the SDK.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Iterable
from datetime import tzinfo
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, Final

from modelgroups.arguments import is_unicode
from modelgroups.inferences.times import micros
from modelgroups.types import ValueType

__all__ = ["Cell", "MisfitError", "cell_of", "is_null"]

Cell = Callable[[Any], Any]
"""From what a caller gave, not null, to what is kept."""

_MOST_INTEGER: Final = 2**63
_BOX_LENGTH: Final = 6
_RANKED_KEYS: Final = frozenset({"item_id", "label", "score"})
_POINT_KEYS: Final = frozenset({"timestamp", "value"})


class MisfitError(ValueError):
    """A value does not fit its attribute; the row that holds it fails."""


def is_null(value: object) -> bool:
    """Return whether a value says nothing: None, NaN, NaT, NA or an infinite number.

    >>> [is_null(value) for value in (None, float("nan"), float("-inf"), 0, "", [])]
    [True, True, True, False, False, False]
    """
    if value is None:
        return True
    if isinstance(value, float):  # NumPy's float64 too
        return not math.isfinite(value)
    if isinstance(value, str | bool | int | list | dict | tuple):
        return False
    kind = type(value).__name__
    if kind in {"NaTType", "NAType"}:
        return True
    if kind.startswith(("float", "longdouble")) or kind == "Decimal":
        return not math.isfinite(value)  # type: ignore[arg-type]  # a number, by its name
    return kind == "datetime64" and bool(value != value)  # NaT


@lru_cache(maxsize=4096)
def cell_of(value_type: str, name: str, tz: tzinfo | None) -> Cell:
    """Return what reads the values of an attribute.

    Parameters
    ----------
    value_type, name
        Of the attribute.
    tz
        The zone of times without one.

    Examples
    --------
    >>> cell_of("FLOAT", "age", None)(31)
    31.0
    >>> cell_of("FLOAT", "age", None)("31")
    Traceback (most recent call last):
    modelgroups.inferences.cells.MisfitError: 'age' is FLOAT and cannot be str '31'
    """

    def refuse(value: object, told: str = "") -> MisfitError:
        shown = f"{type(value).__name__} {reprlib.repr(value)}"
        return MisfitError(f"{name!r} is {value_type} and cannot be {shown}{told}")

    def time(value: Any) -> int:
        return micros(value, tz, name)

    if value_type == ValueType.Timestamp:
        return time
    if value_type == ValueType.TimeSeries:
        return _list_of(lambda element: _point(element, time), refuse)
    read = _READERS[value_type]

    def cell(value: Any) -> Any:
        try:
            return read(value)
        except _StrangerError as stranger:
            raise refuse(value, f": {stranger}" if str(stranger) else "") from None

    return cell


class _StrangerError(ValueError):
    """A part of a value is wrong; the text says which."""


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    is_number = isinstance(value, Real) or type(value).__name__ == "Decimal"
    if isinstance(value, bool) or not is_number or _is_numpy_bool(value):
        raise _StrangerError
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):  # of Decimal and longdouble, which reach further
        raise _StrangerError("it is too large")
    return number


def _is_numpy_bool(value: object) -> bool:
    return type(value).__name__ in {"bool_", "bool"}


def _integer(value: Any) -> int:
    if type(value) is int:
        number = value
    elif isinstance(value, bool) or _is_numpy_bool(value):
        raise _StrangerError
    elif isinstance(value, Integral):
        number = int(value)
    elif isinstance(value, Real) and float(value).is_integer():
        number = int(float(value))
    else:
        raise _StrangerError
    if not -_MOST_INTEGER <= number < _MOST_INTEGER:
        raise _StrangerError("it needs more than 64 bits")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool) or _is_numpy_bool(value):
        return bool(value)
    raise _StrangerError


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _StrangerError
    text = str(value)
    if not is_unicode(text):
        raise _StrangerError("it holds half of a surrogate pair")
    return text


def _elements(value: Any) -> Iterable[Any]:
    if isinstance(value, list | tuple):
        return value
    if type(value).__name__ == "ndarray":
        elements: list[Any] = value.tolist()
        return elements
    raise _StrangerError("a list is wanted")


def _list(read: Cell) -> Cell:
    def cell(value: Any) -> list[Any]:
        return [read(element) for element in _elements(value)]

    return cell


def _list_of(read: Cell, refuse: Callable[[object, str], MisfitError]) -> Cell:
    def cell(value: Any) -> Any:
        try:
            return [read(element) for element in _elements(value)]
        except _StrangerError as stranger:
            raise refuse(value, f": {stranger}") from None

    return cell


def _number(value: Any) -> float:
    """Return a number inside a list, where none may be missing."""
    if is_null(value):
        raise _StrangerError("a number in it is missing or infinite")
    try:
        return _float(value)
    except _StrangerError:
        raise _StrangerError(f"{value!r} in it is not a number") from None


def _word(value: Any) -> str:
    try:
        return _text(value)
    except _StrangerError:
        raise _StrangerError(f"{value!r} in it is not a text") from None


def _box(value: Any) -> list[float]:
    box = [_number(number) for number in _elements(value)]
    if len(box) != _BOX_LENGTH:
        raise _StrangerError(f"a box has {_BOX_LENGTH} numbers, not {len(box)}")
    return box


def _likelihoods(value: Any) -> list[list[Any]]:
    """Return token likelihoods as pairs, for JSON objects and Arrow maps alike.

    In a struct of Arrow each token has a field in every row, null where it is not there.
    """
    if isinstance(value, dict):
        pairs: Iterable[Any] = [pair for pair in value.items() if pair[1] is not None]
    elif isinstance(value, list | tuple) and all(isinstance(p, list | tuple) for p in value):
        pairs = value  # as Arrow gives maps
    else:
        raise _StrangerError("a dict from token to likelihood is wanted")
    return [[_word(token), _number(likelihood)] for token, likelihood in pairs]


def _item(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not _RANKED_KEYS.issuperset(value):
        raise _StrangerError("a dict with item_id, label and score is wanted")
    if value.get("item_id") is None:
        raise _StrangerError("an item without item_id")
    label, score = value.get("label"), value.get("score")
    return {
        "item_id": _word(value["item_id"]),
        "label": None if label is None else _word(label),
        "score": None if score is None else _number(score),
    }


def _point(value: Any, time: Cell) -> dict[str, Any]:
    if not isinstance(value, dict) or not _POINT_KEYS.issuperset(value):
        raise _StrangerError("a dict with timestamp and value is wanted")
    at, number = value.get("timestamp"), value.get("value")
    return {
        "timestamp": None if is_null(at) else time(at),
        "value": None if is_null(number) else _number(number),
    }


_READERS: dict[str, Cell] = {
    ValueType.Float: _float,
    ValueType.Integer: _integer,
    ValueType.Boolean: _boolean,
    ValueType.String: _text,
    ValueType.Unstructured_Text: _text,
    ValueType.Image: _text,
    ValueType.Tokens: _list(_word),
    ValueType.StringArray: _list(_word),
    ValueType.BoundingBox: _list(_box),
    ValueType.TokenLikelihoods: _list(_likelihoods),
    ValueType.RankedList: _list(_item),
}
