"""Calls that do not fit a signature, told in the words of the method that was called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

from modelgroups.errors import MissingParameterError
from modelgroups.hints import did_you_mean

__all__ = ["checked_call", "checked_calls"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def checked_call(function: Callable[P, R]) -> Callable[P, R]:
    """Raise `MissingParameterError` where a call lacks an argument or has one too many.

    It is a ``TypeError`` too, as Python's own would be; other errors pass through. A call
    that fits costs nothing.

    >>> @checked_call
    ... def area(width, height): return width * height
    >>> area(2)
    Traceback (most recent call last):
    modelgroups.errors.MissingParameterError: area(): missing a required argument: 'height'
    >>> area(2, hight=3)
    Traceback (most recent call last):
    modelgroups.errors.MissingParameterError: area(): missing a required argument: 'height'; did you
    mean 'height'?
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            try:
                inspect.signature(function).bind(*args, **kwargs)
            except TypeError as mismatch:
                told = f"{function.__name__}(): {mismatch}{_hint(function, kwargs)}"
                raise MissingParameterError(told) from None
            raise

    return call


def _hint(function: Callable[..., Any], given: Mapping[str, object]) -> str:
    """Return the nearest names of arguments for those that are unknown."""
    known = [name for name in inspect.signature(function).parameters if name != "self"]
    unknown = [name for name in given if name not in known]
    if not unknown:
        return ""
    hints = [hint for name in unknown if (hint := did_you_mean(name, known))]
    return "".join(f"; {hint}" for hint in hints or [f"it takes {', '.join(known)}"])


def checked_calls(cls: C) -> C:
    """Apply `checked_call` to the public methods that a class defines itself."""
    for name, value in list(vars(cls).items()):
        if isinstance(value, FunctionType) and not name.startswith("_"):
            setattr(cls, name, checked_call(value))
    return cls
