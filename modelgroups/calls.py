"""Calls that do not fit a signature, told in the words of the method that was called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import ParamSpec, TypeVar

from modelgroups.errors import MissingParameterError

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
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            try:
                inspect.signature(function).bind(*args, **kwargs)
            except TypeError as mismatch:
                raise MissingParameterError(f"{function.__name__}(): {mismatch}") from None
            raise

    return call


def checked_calls(cls: C) -> C:
    """Apply `checked_call` to the public methods that a class defines itself."""
    for name, value in list(vars(cls).items()):
        if isinstance(value, FunctionType) and not name.startswith("_"):
            setattr(cls, name, checked_call(value))
    return cls
