"""What somebody may have meant who asks an object for a method that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, TypeVar

__all__ = [
    "Hinting",
    "did_you_mean",
    "hinted",
    "nearest_name",
    "no_attribute",
    "require_field",
]

C = TypeVar("C", bound=type)

_FACES: Final[dict[type, str]] = {}

_STORED: Final = (
    "build() and save() of a model store a version, add_estimator() an estimator with it"
)
_ELSEWHERE: Final = {
    "predict": "models run where you run them: send_inferences() stores what yours predicted, and "
    "load_estimator() returns an estimator that was stored",
    "log_model": _STORED,
    "register": _STORED,
    "register_model": _STORED,
    "load_model": "connection.get_model() returns a version, its load_estimator() an estimator",
    "delete": "nothing of a registry is deleted but inferences; archive() hides a version or group",
}
"""Names that other libraries have for it, or for what there is not."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the question whether the nearest name was meant, or nothing.

    >>> did_you_mean("labell", ["label", "description"]), did_you_mean("x", ["label"])
    ("did you mean 'label'?", '')
    """
    near = nearest_name(name, known)
    return "" if near is None else f"did you mean {near!r}?"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest, in upper or lower case; None where none is near.

    >>> nearest_name("sex", ["AGE", "SEX"]), nearest_name("x", ["AGE"])
    ('SEX', None)
    """
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def hinted(how: str) -> Callable[[C], C]:
    """Make the methods of a class known, and how one comes by an object that has them."""

    def note(cls: C) -> C:
        _FACES[cls] = how
        return cls

    return note


def no_attribute(item: object, name: str) -> AttributeError:
    """Return the error for a name that an object does not have.

    Its message has the hint, for notebooks do not show the one that Python has; and `obj` is
    None, so that Python does not add its own.
    """
    message = f"{type(item).__name__!r} object has no attribute {name!r}"
    hint = "" if name.startswith("_") else _hint(item, name)
    return AttributeError(f"{message}; {hint}" if hint else message, name=name, obj=None)


def require_field(item: object, name: str, fields: Collection[str]) -> None:
    """Raise unless a name may be set: a value under a name that nobody reads would be lost.

    Parameters
    ----------
    item
        The object.
    name
        The name.
    fields
        What is stored of it.

    Raises
    ------
    AttributeError
        It is neither one of the fields, nor something else that the class has, nor private.

    Examples
    --------
    >>> from modelgroups import Model
    >>> Model("m-1", "TABULAR", "REGRESSION").label = "V1"
    Traceback (most recent call last):
    AttributeError: 'Model' object has no field 'label' that could be set; did you mean
    'version_label'?
    """
    if name in fields or name.startswith("_") or hasattr(type(item), name):
        return
    ends = [field for field in fields if field.endswith(f"_{name}")]
    hint = f"did you mean {ends[0]!r}?" if len(ends) == 1 else did_you_mean(name, fields)
    message = f"{type(item).__name__!r} object has no field {name!r} that could be set"
    raise AttributeError(f"{message}; {hint}" if hint else message, name=name, obj=None)


def _hint(item: object, name: str) -> str:
    for cls, how in _FACES.items():
        if not isinstance(item, cls) and hasattr(cls, name):
            return how.format(name=name)
    mine = [known for known in dir(item) if not known.startswith("_")]
    return _ELSEWHERE.get(name) or did_you_mean(name, mine)


class Hinting:
    """An object that says what may have been meant where it lacks a name."""

    if not TYPE_CHECKING:  # else no name would be unknown to a type checker

        def __getattr__(self, name: str) -> Any:
            raise no_attribute(self, name)
