"""The registry of functions: each a small unit with its parameters declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from modelgroups.query.subject import Subject

__all__ = [
    "REQUIRED",
    "Call",
    "Function",
    "Kind",
    "Parameter",
    "Takes",
    "function",
    "known",
    "registered",
]

REQUIRED: Final = object()
"""The default of a parameter that must be given."""


class Kind(StrEnum):
    """What a function makes of rows."""

    AGGREGATE = "aggregate"
    ROW = "per row"
    EVALUATION = "evaluation"
    EXPLANATION = "explanation"


class Takes(StrEnum):
    """What a parameter may be."""

    COLUMN = "column or nested function"
    NUMBER = "number"
    WHOLE = "whole number"
    TEXT = "text"
    CHOICE = "one of some words"
    NAMES = "list of columns"
    NUMBERS = "list of numbers"
    COMPARATOR = "comparator"
    CONSTANT = "constant"
    VALUE = "constant, column or nested function"
    RULES = "list of conditions with thresholds"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function.

    Parameters
    ----------
    takes
        What it may be.
    default
        Its value when it is not given, or `REQUIRED`.
    choices
        The words that it may be.
    least, most
        Bounds of a number.
    """

    takes: Takes
    default: Any = REQUIRED
    choices: Sequence[str] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Call:
    """What a function is built with beside its parameters.

    Parameters
    ----------
    subject
        The model.
    order
        The order of storing, an Ibis column.
    ordering
        What the rows are ordered by, as Ibis sort keys.
    column
        Looks a column up by its name; blames the query where there is none.
    condition
        Makes an Ibis condition from a value, a comparator and a constant.
    blame
        Notes what is wrong with a parameter, by its name, or with the call, by "".
    score
        Looks up the scores of a part of explanations by its column; blames the query where there
        are no explanations.
    """

    subject: Subject
    order: Any
    ordering: Sequence[Any]
    column: Callable[[str], Any]
    condition: Callable[[Any, str, Any], Any]
    blame: Callable[[str, str], None]
    score: Callable[[str], Any]


@dataclass(frozen=True)
class Function:
    """A function of the query language.

    Parameters
    ----------
    name, kind, parameters
        How it is called.
    build
        From a `Call` and its parameters, columns as Ibis expressions, to an Ibis expression or a
        `Deferred`.
    scalar
        For a function per row that may stand over aggregates: the same in Python.
    makes_rows
        Whether it makes several rows of one, and so stands alone.
    """

    name: str
    kind: Kind
    parameters: dict[str, Parameter]
    build: Callable[..., Any]
    scalar: Callable[..., Any] | None = None
    doc: str = ""
    makes_rows: bool = False

    @property
    def signature(self) -> str:
        """How it is called, for readers."""
        shown = []
        for name, parameter in self.parameters.items():
            optional = parameter.default is not REQUIRED
            shown.append(f"[{name}]" if optional else name)
        return f"{self.name}({', '.join(shown)})"


@dataclass
class _Registry:
    functions: dict[str, Function] = field(default_factory=dict)


_registry = _Registry()


def function(
    name: str,
    kind: Kind,
    parameters: Mapping[str, Parameter] = MappingProxyType({}),
    *,
    scalar: Callable[..., Any] | None = None,
    also: Sequence[str] = (),
    makes_rows: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of the query language under a name, and under others that mean the same.

    Parameters
    ----------
    name, also
        Its names.
    kind
        What it makes of rows.
    parameters
        Its parameters by name.
    scalar
        For a function per row that may stand over aggregates: the same in Python.
    makes_rows
        Whether it makes several rows of one, and so stands alone.
    """

    def register(build: Callable[..., Any]) -> Callable[..., Any]:
        summary = (build.__doc__ or "").strip().partition("\n")[0]
        for each in (name, *also):
            _registry.functions[each] = Function(
                each, kind, dict(parameters), build, scalar, summary, makes_rows
            )
        return build

    return register


def registered() -> dict[str, Function]:
    """Return every function by name."""
    from modelgroups.query import library  # noqa: F401  # which registers them

    return _registry.functions


def known(name: str) -> Function | None:
    """Return a function, or None."""
    return registered().get(name)
