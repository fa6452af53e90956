"""The SDK's exceptions, and the decorator that its public methods wear.

The classes are those of `modelgroups.errors`; four have another name here.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from modelgroups.errors import (
    DownloadError as ArthurDownloadError,
)
from modelgroups.errors import (
    ExpectedParameterNotFoundError,
    ForbiddenError,
    MethodNotApplicableError,
    MissingParameterError,
    PaymentRequiredError,
    ResponseClientError,
    ResponseRedirectError,
    ResponseServerError,
    UnexpectedTypeError,
    UnexpectedValueError,
    UserTypeError,
    UserValueError,
)
from modelgroups.errors import (
    ModelGroupsError as ArthurError,
)
from modelgroups.errors import (
    UnexpectedError as ArthurUnexpectedError,
)
from modelgroups.errors import (
    UserError as ArthurUserError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ArthurDownloadError",
    "ArthurError",
    "ArthurUnexpectedError",
    "ArthurUserError",
    "ExpectedParameterNotFoundError",
    "ForbiddenError",
    "MethodNotApplicableError",
    "MissingParameterError",
    "PaymentRequiredError",
    "ResponseClientError",
    "ResponseRedirectError",
    "ResponseServerError",
    "UnexpectedTypeError",
    "UnexpectedValueError",
    "UserTypeError",
    "UserValueError",
    "arthur_excepted",
]

P = ParamSpec("P")
R = TypeVar("R")


def arthur_excepted(message: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that lets only `ArthurError` out of a function.

    A call that does not fit the signature raises `MissingParameterError`. An `ArthurError` from
    inside passes. Anything else becomes an `ArthurUnexpectedError`, chained from the original.

    Parameters
    ----------
    message
        What failed, such as "failed to retrieve model"; the text of the unexpected error
        starts with it.

    Examples
    --------
    >>> @arthur_excepted("failed to halve")
    ... def half(number):
    ...     return number / 2
    >>> half(6)
    3.0
    >>> half()
    Traceback (most recent call last):
    modelgroups.errors.MissingParameterError: missing a required argument: 'number'
    >>> half("6")
    Traceback (most recent call last):
    modelgroups.errors.UnexpectedError: failed to halve because an unexpected TypeError was raised:
    unsupported operand type(s) for /: 'str' and 'int'
    """
    prefix = "" if message is None else f"{message} because "

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise MissingParameterError(str(error)) from None
            try:
                return function(*args, **kwargs)
            except ArthurError:
                raise
            except Exception as error:  # the contract of this decorator
                raise ArthurUnexpectedError(
                    f"{prefix}an unexpected {type(error).__name__} was raised: {error}"
                ) from error

        return wrapper

    return decorate
