"""Functions that a user adds to the query language. Loads pandas and Ibis where they are used."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError
from modelgroups.query.library.registry import (
    REQUIRED,
    Call,
    Function,
    Kind,
    Parameter,
    Takes,
    registered,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add", "remove", "table"]

_own: Final[set[str]] = set()

_TAKES: Final[Mapping[Any, Takes]] = {
    float: Takes.NUMBER,
    int: Takes.WHOLE,
    str: Takes.TEXT,
}


def table() -> pd.DataFrame:
    """Return all functions, each with its signature, its kind and what it computes."""
    import pandas as pd

    from modelgroups.drawing.frames import fitting

    rows = [
        (name, found.signature, str(found.kind), found.doc)
        for name, found in sorted(registered().items(), key=lambda entry: entry[0].lower())
    ]
    frame = pd.DataFrame(rows, columns=["name", "signature", "kind", "doc"]).set_index("name")
    return fitting(frame, "doc", "signature", "kind")


def add(name: str, expression: Callable[..., Any], kind: str) -> None:
    """Add a function under a name that is still free.

    Raises
    ------
    UserValueError
        The name is taken, or the signature cannot be one of the query language.
    """
    _require_text(name)
    if name in registered():
        raise UserValueError(f"there is a function {name!r} already; give another name")
    kinds = [each for each in Kind if each is not Kind.EXPLANATION]
    if kind not in kinds:
        choices = ", ".join(repr(str(each)) for each in kinds)
        raise UserValueError(f"kind={kind!r} is not one of {choices}")
    parameters = _parameters(expression)
    summary = inspect.cleandoc(expression.__doc__ or "").partition("\n")[0]
    registered()[name] = Function(
        name, Kind(kind), parameters, _builder(expression, Kind(kind)), doc=summary
    )
    _own.add(name)


def remove(name: str) -> None:
    """Take away a function that was added.

    Raises
    ------
    UserValueError
        It was not.
    """
    if name not in _own:
        raise UserValueError(f"no function {name!r} was added")
    _own.remove(name)
    del registered()[name]


def _require_text(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise UserValueError(f"the name of a function is a text, not {name!r}")


def _parameters(expression: Callable[..., Any]) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for name, parameter in inspect.signature(expression, eval_str=True).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            raise UserValueError(f"parameter {name!r} must be one parameter, not any number")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise UserValueError(f"parameter {name!r} must be accepted by its name")
        is_required = parameter.default is parameter.empty
        takes = _TAKES.get(parameter.annotation, Takes.COLUMN)
        found[name] = Parameter(takes, REQUIRED if is_required else parameter.default)
    return found


def _builder(expression: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    def build(call: Call, **parameters: Any) -> Any:
        from ibis.expr.types import Column, Scalar

        value = expression(**parameters)
        wanted = Column if kind is Kind.ROW else Scalar
        columns = [given for given in parameters.values() if isinstance(given, Column)]
        if not isinstance(value, wanted) and (kind is not Kind.ROW or columns):
            told = "a value for each row" if kind is Kind.ROW else "one value for all rows"
            call.blame("", f"the function must return an Ibis expression with {told}")
            return None
        return value

    return build
