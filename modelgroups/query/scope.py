"""Names in a body and what they stand for; functions and their parameters, checked and built."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modelgroups.query.conditions import condition
from modelgroups.query.enriched import ENRICHED
from modelgroups.query.faults import Faults, nearest
from modelgroups.query.library.registry import (
    REQUIRED,
    Call,
    Function,
    Kind,
    Parameter,
    Takes,
    known,
    registered,
)
from modelgroups.query.names import ORDER, column_name, hidden_name, shown_name
from modelgroups.query.operand import Deferred, Level, Operand
from modelgroups.query.subject import Subject
from modelgroups.query.tree import COMPARATORS, Item

__all__ = ["Scope"]

_EVALUATION_PARAMETERS: Final = ("threshold", "predicted_property", "ground_truth_property")
_MOST_WHOLE: Final = 2**63
_NESTED_KEYS: Final = ("function", "alias", "parameters")


_CALLED_ELSEWHERE: Final = {
    "accuracy": "accuracyRate",
    "average": "avg",
    "mean": "avg",
    "median": "quantile",
    "nunique": "categoriesCount",
    "roc_auc": "auc",
    "std": "stdDev",
    "var": "variance",
}
"""Functions by the names that pandas, SQL and scikit-learn have for them."""


@dataclass
class Scope:
    """The names that a body may use.

    Parameters
    ----------
    subject
        The model.
    table
        The rows, an Ibis table.
    items
        The entries of select by their keys, each with its path.
    faults
        Where faults go.
    grouped
        Of rows that a grouped subquery hands over: the columns that they are grouped by.
    ordering
        What the rows are ordered by, as Ibis sort keys.
    known
        All columns that could have been asked for.
    has_scores
        Whether there are explanations; None where the rows are not enriched.
    """

    subject: Subject
    table: Any
    items: Mapping[str, tuple[str, Item]]
    faults: Faults
    grouped: Sequence[str] | None = None
    ordering: Sequence[Any] = ()
    known: Sequence[str] = ()
    has_scores: bool | None = None
    inner: dict[str, Any] = field(default_factory=dict)
    folded: Any = None
    _compiling: list[str] = field(default_factory=list)
    _done: dict[str, Operand | None] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The columns of the source."""
        shown = (shown_name(column) for column in self.table.columns)
        return [name for name in shown if name is not None]

    # --- names ---------------------------------------------------------------------------

    def column(self, name: str, path: str) -> Operand | None:
        """Return a column of the source, or note that there is none."""
        if name in self.names:
            return Operand(self.table[column_name(name)], Level.ROW, frozenset({name}))
        told = nearest(name, self.known or self.names, "property")
        if name in ENRICHED and name not in self.known:
            told = f"{name!r} is a column of 'enriched' rows; ask from 'enriched'"
        self.faults.add(path, told)
        return None

    def score(self, name: str) -> Any:
        """Return the scores of a part of explanations, null where it has none."""
        column = hidden_name(name)
        if column in self.table.columns:
            return self.table[column]
        order = self.table[ORDER]
        return order.nullif(order).cast("float64")

    def item(self, key: str, path: str) -> Operand | None:
        """Return what an entry of select stands for; each is compiled once."""
        if key in self._done:
            return self._done[key]
        if key in self._compiling:
            self.faults.add(path, f"the aliases {' → '.join([*self._compiling, key])} are a circle")
            return None
        self._compiling.append(key)
        place, item = self.items[key]
        found = self.compile_item(item, place)
        self._compiling.pop()
        self._done[key] = found
        return found

    def compile_item(self, item: Item, path: str) -> Operand | None:
        """Return what an entry of select stands for."""
        if item.function is not None:
            return self.call(item.function, item.parameters or {}, path)
        return self.column(str(item.property), f"{path}.property")

    def named(self, name: str, path: str) -> Operand | None:
        """Return a column or, where there is none, an entry of select by its alias."""
        if name not in self.names and name in self.items:
            return self.item(name, path)
        return self.column(name, path)

    def operand(self, raw: Any, path: str, *, literal: bool = False) -> Operand | None:
        """Return what a parameter stands for: a name, a constant, or something nested."""
        if isinstance(raw, str):
            if raw in self.names or raw in self.items:
                return self.named(raw, path)
            return Operand(raw, Level.CONSTANT) if literal else self.column(raw, path)
        if isinstance(raw, bool) or (raw is None and literal):
            return Operand(raw, Level.CONSTANT)
        number = _as_number(raw)
        if number is not None:
            return Operand(number, Level.CONSTANT)
        if isinstance(raw, Mapping):
            return self._nested(raw, path)
        self.faults.add(path, f"a name, a finite number or something nested is wanted, not {raw!r}")
        return None

    def _nested(self, raw: Mapping[str, Any], path: str) -> Operand | None:
        if set(raw) == {"alias_ref"}:
            name = raw["alias_ref"]
            if not isinstance(name, str):
                self.faults.add(f"{path}.alias_ref", "an alias is a text")
                return None
            if name in self.items:
                return self.item(name, f"{path}.alias_ref")
            return self.column(name, f"{path}.alias_ref")
        if set(raw) == {"nested_function"} and isinstance(raw["nested_function"], Mapping):
            inner, place = raw["nested_function"], f"{path}.nested_function"
            for key in inner:
                if key not in _NESTED_KEYS:
                    self.faults.add(place, nearest(key, _NESTED_KEYS, "key"))
            parameters = inner.get("parameters") or {}
            if not isinstance(parameters, Mapping):
                self.faults.add(f"{place}.parameters", "parameters are a dict")
                return None
            found = known(str(inner.get("function")))
            if found is not None and found.makes_rows:
                self.faults.add(place, f"{found.name} makes rows; it stands in select itself")
                return None
            return self.call(inner.get("function"), parameters, place)
        self.faults.add(path, "give exactly one of alias_ref and nested_function")
        return None

    # --- functions -----------------------------------------------------------------------

    def call(self, name: Any, raw: Mapping[str, Any], path: str) -> Operand | None:
        """Return a function of what its parameters stand for."""
        found = known(name) if isinstance(name, str) else None
        if found is None:
            self.faults.add(f"{path}.function", _unknown_function(name))
            of = raw.get("property")
            if isinstance(of, str):  # tells it if there is none
                self.column(of, f"{path}.parameters.property")
            return None
        return _CallBuilder(self, found, path).build(raw)

    def spread(self, operand: Operand) -> Operand:
        """Return a constant as a column, to be aggregated."""
        import ibis

        present = self.table[ORDER].notnull()
        return Operand(ibis.ifelse(present, operand.value, None), Level.ROW)

    def fold(self, operand: Operand) -> Operand:
        """Return a value for each group of the subquery as a column over these groups."""
        name = f"#inner{len(self.inner)}"
        self.inner[name] = operand.value
        if self.folded is not None:
            return Operand(self.folded[name], Level.ROW)
        keys = [column_name(key) for key in self.grouped or ()]
        trial = self.table.group_by(keys).aggregate(**{name: operand.value})
        return Operand(trial[name], Level.ROW)


def _unknown_function(name: Any) -> str:
    meant = _CALLED_ELSEWHERE.get(str(name).casefold())
    if meant is not None:
        return f"no function {name!r}; did you mean {meant!r}?"
    return nearest(name, registered(), "function")


@dataclass
class _CallBuilder:
    """Checks the parameters of one call, and builds it."""

    scope: Scope
    function: Function
    path: str
    failed: bool = False
    operands: list[Operand] = field(default_factory=list)

    def blame(self, parameter: str, message: str) -> None:
        """Note what is wrong with a parameter, or with the whole call."""
        self.failed = True
        place = f"{self.path}.parameters.{parameter}" if parameter else self.path
        self.scope.faults.add(place, message)

    def build(self, raw: Mapping[str, Any]) -> Operand | None:
        declared = self.function.parameters
        ignored = _EVALUATION_PARAMETERS if self.function.kind is Kind.EVALUATION else ()
        for name in raw:
            if name not in declared and name not in ignored:
                self.blame("", nearest(name, declared, f"parameter of {self.function.name}"))
        given = {name: value for name, value in raw.items() if value is not None}
        values = {name: self._read(name, parameter, given) for name, parameter in declared.items()}
        if self.failed:
            return None
        deferred = [operand for operand in self.operands if operand.is_deferred]
        if deferred:
            return self._finished_later(values)
        return self._built(values)

    def _built(self, values: Mapping[str, Any]) -> Operand | None:
        plain = {
            name: value.value if isinstance(value, Operand) else value
            for name, value in values.items()
        }
        scope = self.scope
        order = scope.table[ORDER] if ORDER in scope.table.columns else None
        call = Call(
            scope.subject,
            order,
            scope.ordering,
            self._column,
            self._condition,
            self.blame,
            self._score,
        )
        try:
            value = self.function.build(call, **plain)
        except _refusals() as error:
            told = str(error).partition("\n")[0]
            self.blame("", f"{self.function.name} cannot be made of this: {told}")
            return None
        if self.failed:
            return None
        is_row = self.function.kind is Kind.ROW
        if self.function.kind is Kind.EXPLANATION:
            is_row = bool(self.operands)  # it lists tokens, a row each
        level = max((o.level for o in self.operands), default=Level.ROW) if is_row else Level.GROUP
        uses = frozenset().union(*(operand.uses for operand in self.operands))
        return Operand(value, level, uses if level is Level.ROW else frozenset())

    def _column(self, name: str) -> Any:
        found = self.scope.column(name, self.path)
        if found is None:
            self.failed = True
            return None
        self.operands.append(found)
        return found.value

    def _score(self, name: str) -> Any:
        if self.scope.has_scores:
            return self.scope.score(name)
        name = self.function.name
        told = f"{name} is asked of 'enriched' rows, and these are others"
        if self.scope.has_scores is not None:
            told = (
                f"{name} reads explanations, and explainability is not enabled; store some with "
                "model.add_enrichments(...)"
            )
        self.blame("", told)
        return None

    def _condition(self, column: Any, comparator: str, value: Any) -> Any:
        try:
            return condition(column, comparator, value)
        except ValueError as error:
            self.blame("value", str(error))
            return None

    def _finished_later(self, values: Mapping[str, Any]) -> Operand | None:
        """Return a function of values that are finished in Python, as one that is too."""
        scalar = self.function.scalar
        if scalar is None:
            self.blame("", f"{self.function.name} cannot work on the result of that function")
            return None
        columns: dict[str, Any] = {}
        readers: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
        for name, value in values.items():
            readers[name] = _reader(name, value, columns)

        def finish(row: Mapping[str, Any]) -> Any:
            return scalar(**{name: read(row) for name, read in readers.items()})

        return Operand(Deferred(columns, finish), Level.GROUP)

    # --- parameters ----------------------------------------------------------------------

    def _read(self, name: str, parameter: Parameter, given: Mapping[str, Any]) -> Any:
        if name not in given:
            if parameter.default is REQUIRED:
                self.blame(name, f"{self.function.name} needs it")
            return None if parameter.default is REQUIRED else parameter.default
        raw = given[name]
        if parameter.takes in (Takes.COLUMN, Takes.VALUE):
            return self._operand(name, raw, literal=parameter.takes is Takes.VALUE)
        if parameter.takes is Takes.NAMES:
            return self._names(name, raw)
        if parameter.takes in (Takes.NUMBER, Takes.WHOLE):
            return self._number(name, raw, parameter)
        if parameter.takes is Takes.NUMBERS:
            return self._numbers(name, raw)
        if parameter.takes is Takes.COMPARATOR:
            return self._choice(name, raw, COMPARATORS)
        if parameter.takes is Takes.CHOICE:
            return self._choice(name, raw, parameter.choices)
        if parameter.takes is Takes.TEXT and not isinstance(raw, str):
            self.blame(name, f"a text is wanted, not {raw!r}")
        return raw

    def _operand(self, name: str, raw: Any, *, literal: bool) -> Operand | None:
        place = f"{self.path}.parameters.{name}"
        found = self.scope.operand(raw, place, literal=literal)
        if found is None:
            self.failed = True
            return None
        if found.level is Level.GROUP and self.function.kind is not Kind.ROW:
            if self.scope.grouped is None or found.is_deferred:
                self.blame(
                    name, "an aggregate of an aggregate needs a subquery that groups the rows"
                )
                return None
            found = self.scope.fold(found)
        if found.level is Level.CONSTANT and self.function.kind is not Kind.ROW:
            found = self.scope.spread(found)
        self.operands.append(found)
        return found

    def _names(self, name: str, raw: Any) -> Any:
        if not isinstance(raw, list | tuple) or not raw:
            self.blame(name, "a list of columns is wanted")
            return None
        found = [self._operand(name, each, literal=False) for each in raw]
        values = [operand.value for operand in found if operand is not None]
        return list(zip(raw, values, strict=False))

    def _number(self, name: str, raw: Any, parameter: Parameter) -> Any:
        wanted = "a whole number" if parameter.takes is Takes.WHOLE else "a number"
        number = _as_number(raw)
        is_whole = number is not None and number == int(number) and abs(number) < _MOST_WHOLE
        if number is None or (parameter.takes is Takes.WHOLE and not is_whole):
            self.blame(name, f"{wanted} is wanted, not {raw!r}")
            return None
        low, high = parameter.least, parameter.most
        if (low is not None and number < low) or (high is not None and number > high):
            bounds = f"from {low:g} on" if high is None else f"from {low:g} to {high:g}"
            self.blame(name, f"{wanted} {bounds} is wanted, not {raw!r}")
            return None
        return int(number) if parameter.takes is Takes.WHOLE else number

    def _numbers(self, name: str, raw: Any) -> Any:
        numbers = [_as_number(each) for each in raw] if isinstance(raw, list | tuple) else [None]
        if any(number is None for number in numbers):
            self.blame(name, f"a list of numbers is wanted, not {raw!r}")
            return None
        return numbers

    def _choice(self, name: str, raw: Any, choices: Sequence[str]) -> Any:
        if not isinstance(raw, str) or raw not in choices:
            self.blame(name, nearest(raw, choices, "such word"))
            return None
        return raw


def _refusals() -> tuple[type[Exception], ...]:
    """Return what Ibis raises where an expression does not fit its operands."""
    from ibis.common.annotations import ValidationError
    from ibis.common.exceptions import IbisError

    return TypeError, ValueError, AttributeError, NotImplementedError, ValidationError, IbisError


def _as_number(raw: Any) -> float | int | None:
    """Return a number, also from text; None for anything else, NaN and infinities included."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = raw if isinstance(raw, int) and abs(raw) < _MOST_WHOLE else float(raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _reader(name: str, value: Any, columns: dict[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads a parameter from a finished row; note the columns that it needs."""
    if not isinstance(value, Operand):
        return lambda _: value
    if value.level is Level.CONSTANT:
        return lambda _: value.value
    if not value.is_deferred:
        columns[name] = value.value
        return lambda row: row[name]
    inner = value.value
    renamed = {key: f"{name}.{key}" for key in inner.columns}
    columns.update({renamed[key]: column for key, column in inner.columns.items()})
    return lambda row: inner.finish({key: row[renamed[key]] for key in renamed})
