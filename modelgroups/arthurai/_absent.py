"""The names of the SDK that stand for something the local edition does not have.

They can be imported, since code written for the SDK imports them, and say so when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from modelgroups.errors import MethodNotApplicableError, ModelGroupsError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NO_HTTP", "Absent", "absent"]

NO_HTTP = (
    "a registry on this machine is not reached over HTTP; use the methods of ArthurAI, "
    "ArthurModel and ArthurModelGroup"
)


def absent(
    name: str, instead: str, error: type[ModelGroupsError] = MethodNotApplicableError
) -> Callable[..., NoReturn]:
    """Return a function that raises whatever it is called with.

    Parameters
    ----------
    name
        The name of the function in the SDK.
    instead
        What the caller can do instead, or why there is nothing to do.
    error
        The class of the exception.

    Examples
    --------
    >>> absent("user_login", "there are no accounts")("me", password="...")
    Traceback (most recent call last):
    modelgroups.errors.MethodNotApplicableError: the local edition has no user_login: there are...
    """

    def function(*args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG001  # any call is refused
        raise error(_message(name, instead))

    function.__qualname__ = name
    function.__name__ = name.rpartition(".")[2]
    function.__doc__ = f"Raise `{error.__name__}`: {instead}."
    return function


class Absent:
    """Base of the SDK's classes of which the local edition can make no object."""

    _instead: ClassVar[str]
    _error: ClassVar[type[ModelGroupsError]] = MethodNotApplicableError

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002  # any call is refused
        raise self._error(_message(type(self).__name__, self._instead))


def _message(name: str, instead: str) -> str:
    return f"the local edition has no {name}: {instead}"
