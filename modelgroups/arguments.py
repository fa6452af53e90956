"""Arguments of the wrong kind, refused at the door in words that name them."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.types import OutputType

__all__ = [
    "is_unicode",
    "limit_or_none",
    "require_flag",
    "require_mapping",
    "require_member",
    "require_names",
    "require_share",
    "require_text",
    "require_whole",
    "text_or_none",
]

_MOST: Final = 2**63 - 1

_CLASSIFYING: Final = re.compile("binary|classif|probab")
_CLASSIFIER: Final = (
    "; a classifier is OutputType.Multiclass, also with two classes: it is binary where it has one "
    "predicted attribute, or two"
)

E = TypeVar("E", bound=StrEnum)


def is_unicode(text: str) -> bool:
    r"""Return whether a text can be stored: half of a surrogate pair cannot.

    >>> is_unicode("naïve 😀"), is_unicode("\ud83d")
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_text(value: object, parameter: str) -> str:
    """Return a text that can be stored, or raise.

    >>> require_text(5, "name")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: name must be a str, got int 5
    """
    if not isinstance(value, str):
        raise _wrong(parameter, "a str", value)
    if not is_unicode(value):
        raise UserValueError(
            f"{parameter}={value!r} holds half of a surrogate pair, which is not valid Unicode; "
            "decode the text in the right way where it comes from"
        )
    return str(value)


def text_or_none(value: object, parameter: str) -> str | None:
    """Return a text or None, or raise for anything else."""
    return None if value is None else require_text(value, parameter)


def require_flag(value: object, parameter: str) -> bool:
    """Return True or False, or raise for anything else.

    >>> require_flag("yes", "read_only")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: read_only must be True or False, got str 'yes'
    """
    if not isinstance(value, bool):
        raise _wrong(parameter, "True or False", value)
    return value


def require_whole(value: object, parameter: str) -> int:
    """Return a whole number, or raise; True and False are none.

    >>> require_whole(True, "limit")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: limit must be an int, got bool True
    """
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise _wrong(parameter, "an int", value)
    return int(value)


def limit_or_none(value: object, parameter: str) -> int | None:
    """Return how many to take at most, None for all, or raise.

    >>> limit_or_none(0, "limit")
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: limit must be 1 or more, got 0
    """
    if value is None:
        return None
    most = require_whole(value, parameter)
    if most < 1:
        raise UserValueError(f"{parameter} must be 1 or more, got {most}")
    return min(most, _MOST)


def require_share(value: object, parameter: str) -> float:
    """Return a number between 0 and 1, both excluded, or raise.

    >>> require_share(95, "confidence")
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: confidence must be more than 0 and less than 1, got 95
    """
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise _wrong(parameter, "a number", value)
    share = float(value)
    if not 0 < share < 1:
        raise UserValueError(f"{parameter} must be more than 0 and less than 1, got {value!r}")
    return share


def require_mapping(value: object, parameter: str) -> Mapping[Any, Any]:
    """Return a dict, or raise.

    >>> require_mapping(["a"], "labels")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: labels must be a dict, got list ['a']
    """
    if not isinstance(value, Mapping):
        raise _wrong(parameter, "a dict", value)
    return value


def require_names(value: object, parameter: str) -> list[str]:
    """Return several names as a list, or raise.

    >>> require_names("age", "columns")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: columns must be a list of names, got str 'age'
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise _wrong(parameter, "a list of names", value)
    names = list(value)
    strangers = [name for name in names if not isinstance(name, str)]
    if strangers:
        raise UserTypeError(f"{parameter} must hold names only, got {strangers[0]!r}")
    return names


def require_member(kind: type[E], value: object, parameter: str) -> E:
    """Return the member of an enumeration that a text stands for, or raise.

    The name of a member does too, and neither case nor what is between its words matters.

    >>> from modelgroups.types import Stage
    >>> require_member(Stage, "PREDICTED_VALUE", "stage")
    <Stage.PredictedValue: 'PREDICTED_VALUE'>
    >>> require_member(Stage, "predicted value", "stage")
    <Stage.PredictedValue: 'PREDICTED_VALUE'>
    """
    choices = [member.value for member in kind]
    if not isinstance(value, str):
        raise _wrong(parameter, f"one of {', '.join(choices)}", value)
    if value in choices:
        return kind(value)
    plain = _plain(value)
    meant = [member for member in kind if plain in {_plain(member.value), _plain(member.name)}]
    if len(meant) == 1:
        return meant[0]
    hint = _CLASSIFIER if kind is OutputType and _CLASSIFYING.search(plain) else ""
    raise UserValueError(f"{parameter}={value!r} is not one of {', '.join(choices)}{hint}")


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _wrong(parameter: str, wanted: str, value: object) -> UserTypeError:
    shown = f" {value!r}" if isinstance(value, str | int | float | list | tuple) else ""
    return UserTypeError(f"{parameter} must be {wanted}, got {type(value).__name__}{shown}")
