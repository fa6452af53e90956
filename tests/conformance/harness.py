"""Calls as plain data, and the function that carries them out on either library.

A `Case` is a model's types and a few `Step` calls. Frames are described by `Frame` and `Column`
and built when the case runs, so that pandas 1.5 (which the SDK needs) and today's pandas get the
same data. `run` takes a `Side`, the classes of one library, and returns an `Outcome`; its `record`
is what the golden files hold. Imports nothing but the standard library, NumPy and pandas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from types import ModuleType

Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """Values and how pandas is to hold them: a dtype, or one of the words in `build_series`."""

    dtype: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Frame:
    """Named columns; a name may occur twice."""

    columns: tuple[tuple[Any, Column], ...]


@dataclass(frozen=True)
class Series:
    """One named column, as a pandas Series."""

    name: str
    column: Column


@dataclass(frozen=True)
class Make:
    """An object of one of the library's own classes: ``Attribute``, ``Category`` or ``Bin``."""

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A call: ``method`` of the model, ``name:method`` of an attribute, ``util.function``."""

    call: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Steps on a fresh model.

    Parameters
    ----------
    id
        Unique text; the key in the golden file.
    model
        Input type and output type.
    steps
        The calls; the first that raises ends the case.
    options
        Further constructor arguments of the model.
    returns
        Whether the result of the last step belongs to the outcome.
    attributes
        Whether the model's attributes belong to it.
    differs
        Why modelgroups gives another result on purpose, as the specification names it.
    ours
        That other result, in the form of `Outcome.record`.
    """

    id: str
    model: tuple[str, str]
    steps: tuple[Step, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    returns: bool = False
    attributes: bool = True
    differs: str | None = None
    ours: Record | None = None

    def __post_init__(self) -> None:
        if (self.differs is None) != (self.ours is None):
            raise ValueError(f"{self.id}: give both differs and ours, or neither")


@dataclass(frozen=True)
class Side:
    """The classes of one library."""

    model: type
    attribute: type
    category: type
    bin: type
    util: ModuleType
    client: Any


@dataclass(frozen=True)
class Outcome:
    """What a case came to: attributes and the last result, or the exception."""

    attributes: list[Record]
    returned: Any = None
    error: Exception | None = None
    tracked: frozenset[str] = frozenset()
    before: list[Record] | None = None  # the attributes before the step that raised

    def record(self, case: Case) -> Record:
        """Return the outcome as JSON-ready data.

        An exception is its class and the names of the case that its text mentions, in one list
        for each part of a text that counts errors.
        """
        if self.error is not None:
            _, *parts = re.split(r"ERROR \d+: ", str(self.error))
            mentions = [self._mentioned(part) for part in parts or [str(self.error)]]
            return {"error": type(self.error).__name__, "mentions": mentions}
        outcome: Record = {}
        if case.attributes:
            outcome["attributes"] = self.attributes
        if case.returns:
            outcome["returns"] = encode(self.returned)
        return outcome

    def _mentioned(self, text: str) -> list[str]:
        return sorted(n for n in self.tracked if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text))


def call(name: str, /, *args: Any, **kwargs: Any) -> Step:
    """Return a step."""
    return Step(name, args, kwargs)


def column(dtype: str, *values: Any) -> Column:
    """Return a column."""
    return Column(dtype, values)


def frame(**columns: Column) -> Frame:
    """Return a frame with these columns."""
    return Frame(tuple(columns.items()))


def build_series(name: Any, spec: Column) -> pd.Series:
    """Build a column.

    ``text`` is what pandas makes of a list of strings by itself, ``category of <dtype>`` a
    category whose categories have that dtype, ``zoned <zone>`` takes naive UTC times.
    """
    values = list(spec.values)
    if spec.dtype == "text":
        return pd.Series(values, name=name) if values else pd.Series(values, name=name, dtype=str)
    if spec.dtype == "interval":
        return pd.Series(pd.arrays.IntervalArray.from_tuples(values), name=name)
    kind, _, rest = spec.dtype.partition(" ")
    if kind == "zoned":
        times = pd.Series(pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(rest), name=name)
        return times.astype(pd.DatetimeTZDtype("ns", rest))
    if kind == "category":
        inner = build_series(name, Column(rest.removeprefix("of "), spec.values))
        return inner.astype("category")
    return pd.Series(values, name=name, dtype=spec.dtype)


def build_frame(spec: Frame) -> pd.DataFrame:
    """Build a frame."""
    return pd.concat([build_series(*item) for item in spec.columns], axis=1)


def build_value(value: Any, side: Side) -> Any:
    """Replace the descriptions inside an argument by the objects."""
    if isinstance(value, Frame):
        return build_frame(value)
    if isinstance(value, Series):
        return build_series(value.name, value.column)
    if isinstance(value, Make):
        made = {key: build_value(item, side) for key, item in value.values.items()}
        return getattr(side, value.kind.lower())(**made)
    if isinstance(value, list):
        return [build_value(item, side) for item in value]
    return value


def run(case: Case, side: Side) -> Outcome:
    """Carry out the steps of a case on a fresh model of one library."""
    input_type, output_type = case.model
    options = {"display_name": "pid", **case.options}
    options = {key: build_value(value, side) for key, value in options.items()}
    model = side.model("pid", input_type, output_type, client=side.client, **options)
    returned = None
    names: set[str] = set()
    for step in case.steps:
        names.update(_names([*step.args, *step.kwargs.values()]))
        before = attribute_records(model)
        try:
            returned = perform(step, model, side)
        except Exception as error:  # noqa: BLE001  # the exception is the outcome
            return Outcome(attribute_records(model), None, error, frozenset(names), before)
    return Outcome(attribute_records(model), returned)


def perform(step: Step, model: Any, side: Side) -> Any:
    """Make one call."""
    args = [build_value(value, side) for value in step.args]
    kwargs = {key: build_value(value, side) for key, value in step.kwargs.items()}
    if step.call.startswith("util."):
        return getattr(side.util, step.call.removeprefix("util."))(*args, **kwargs)
    attribute, _, method = step.call.rpartition(":")
    owner = model.get_attribute(attribute) if attribute else model
    return getattr(owner, method)(*args, **kwargs)


def attribute_records(model: Any) -> list[Record]:
    """Return the attributes of a model as records; a schema that is None is an empty one."""
    return [attribute_record(attribute) for attribute in model.attributes or ()]


def attribute_record(attribute: Any) -> Record:
    """Return the fields of an attribute, but its id and those that have the default value.

    A category is its value, or a dict when it has a label; a bin is a pair.
    """
    record = {}
    for item in fields(attribute):
        value = getattr(attribute, item.name)
        if item.name != "id" and value is not item.default:
            record[item.name] = encode(value)
    return record


def encode(value: Any) -> Any:
    """Return a result as JSON-ready data.

    Dicts become lists of pairs, for their order counts; but not if they hold attributes by name.
    """
    if isinstance(value, pd.DataFrame):
        rows = [encode(list(row)) for row in value.itertuples(index=False, name=None)]
        return {"columns": list(value.columns), "rows": rows}
    match type(value).__name__:
        case "AttributeCategory":
            label = value.label
            return value.value if label is None else {"label": label, "value": value.value}
        case "AttributeBin":
            return [encode(value.continuous_start), encode(value.continuous_end)]
    if is_dataclass(value):
        return attribute_record(value)
    if isinstance(value, dict):
        pairs = [[key, encode(item)] for key, item in value.items()]
        return dict(pairs) if value and all(map(is_dataclass, value.values())) else pairs
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return f"<{value}>"  # pandas.NA, a Timestamp: shown, and equal to nothing else


def as_text(record: Any) -> str:
    """Return a record as JSON text, in which 1, 1.0 and true differ."""
    return json.dumps(record, indent=1, sort_keys=True)


def _names(value: Any) -> Iterator[str]:
    """Yield the names in a call: of its columns, and among its other arguments.

    Single letters and what is in capitals are left out: they are words, or constants.
    """
    if isinstance(value, Frame):
        yield from (name for name, _ in value.columns if isinstance(name, str) and name)
    elif isinstance(value, Series):
        yield value.name
    elif isinstance(value, Make):
        yield from _names(dict(value.values))
    elif isinstance(value, Mapping):
        yield from _names(list(value.items()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _names(item)
    elif isinstance(value, str) and len(value) > 1 and not value.isupper():
        yield value
