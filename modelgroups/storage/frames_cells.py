"""The cells of object columns as Arrow, and back as the Python objects that they were.

A `Cell` says what the cells of a column are: a scalar kind, or a tree for lists and dicts
of such. `encode` and `decode` follow that tree level by level, so that the work is done by
C loops over flat lists rather than by a Python call for each value. What Arrow has no type
for, and has a text that says the same (UUIDs, decimals of several scales, dicts whose keys
vary), is kept as text under a kind that turns it back.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["SCALARS", "SEQUENCES", "Cell", "UnkeepableError", "decode", "encode", "json_text"]

SCALARS = {
    "null": pa.null(),
    "bool": pa.bool_(),
    "int": pa.int64(),
    "uint": pa.uint64(),
    "float": pa.float64(),
    "str": pa.string(),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timedelta": pa.duration("us"),
    "Timedelta": pa.duration("ns"),
    "UUID": pa.string(),
    "number": pa.string(),  # Decimals of several scales, as text
    "json": pa.string(),  # dicts whose keys vary
}
SEQUENCES: dict[str, Callable[[Iterable[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


class UnkeepableError(Exception):
    """A column cannot be kept exactly.

    Parameters
    ----------
    problem
        What the column holds, as the end of a sentence about it.
    advice
        What to do about it.
    position
        The first row at fault, if it is a matter of rows.
    """

    def __init__(self, problem: str, advice: str, position: int | None = None) -> None:
        self.problem = problem
        self.advice = advice
        self.position = position
        super().__init__(problem, advice, position)


@dataclass(frozen=True, slots=True)
class Cell:
    """What the cells of an object column are.

    Parameters
    ----------
    kind
        A scalar kind, ``list``, ``tuple``, ``set``, ``frozenset``, ``array`` or ``dict``.
    detail
        The time zone of datetimes, the dtype of arrays, precision and scale of decimals.
    parts
        The item of a sequence, or the values of a dict by key.
    """

    kind: str
    detail: str = ""
    parts: tuple[tuple[str, Cell], ...] = ()

    @property
    def type(self) -> pa.DataType:
        """The Arrow type of such cells."""
        if self.kind == "datetime":
            return pa.timestamp("us", self.detail or None)
        if self.kind == "Timestamp":
            return pa.timestamp("ns", self.detail or None)
        if self.kind == "Decimal":
            return pa.decimal128(*map(int, self.detail.split(",")))
        if self.kind == "array":
            return pa.list_(pa.from_numpy_dtype(np.dtype(self.detail)))
        if self.kind == "dict":
            return pa.struct([(name, part.type) for name, part in self.parts])
        if self.kind in SEQUENCES:
            return pa.list_(self.parts[0][1].type)
        return SCALARS[self.kind]

    def to_json(self) -> dict[str, Any]:
        """Return the tree as plain lists and dictionaries, without what is empty."""
        record: dict[str, Any] = {"kind": self.kind}
        if self.detail:
            record["detail"] = self.detail
        if self.parts:
            record["parts"] = [[name, part.to_json()] for name, part in self.parts]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Make a cell from what `to_json` returned."""
        parts = tuple((name, cls.from_json(part)) for name, part in record.get("parts", ()))
        return cls(record["kind"], record.get("detail", ""), parts)


def encode(values: Sequence[Any], cell: Cell) -> pa.Array:
    """Return the cells as an Arrow array; None is null."""
    if cell.kind in SEQUENCES or cell.kind == "array":
        present = [value for value in values if value is not None]
        lengths = [0 if value is None else len(value) for value in values]
        offsets = pa.array(np.cumsum([0, *lengths]), type=pa.int32())
        missing = pa.array([value is None for value in values], type=pa.bool_())
        return pa.ListArray.from_arrays(offsets, _encode_items(present, cell), mask=missing)
    if cell.kind == "dict":
        missing = pa.array([value is None for value in values], type=pa.bool_())
        columns = [
            encode([None if value is None else value[name] for value in values], part)
            for name, part in cell.parts
        ]
        return pa.StructArray.from_arrays(columns, fields=list(cell.type), mask=missing)
    if cell.kind in _AS_TEXT:
        as_text = _AS_TEXT[cell.kind][0]
        values = [None if value is None else as_text(value) for value in values]
    return pa.array(values, type=cell.type, from_pandas=False)


def _encode_items(present: list[Any], cell: Cell) -> pa.Array:
    if cell.kind == "array":
        return pa.array(np.concatenate([np.empty(0, cell.detail), *present]), from_pandas=False)
    if "set" in cell.kind:  # in an order that does not change from run to run
        present = [sorted(value, key=repr) for value in present]
    return encode(list(chain.from_iterable(present)), cell.parts[0][1])


def decode(array: pa.Array, cell: Cell) -> list[Any]:
    """Return what `encode` was given."""
    if cell.kind == "array":
        return _split(array, array.flatten().to_numpy(zero_copy_only=False), np.array)
    if cell.kind in SEQUENCES:
        return _split(array, decode(array.flatten(), cell.parts[0][1]), SEQUENCES[cell.kind])
    if cell.kind == "dict":
        names = [name for name, _ in cell.parts]
        columns = [
            decode(child, part)
            for child, (_, part) in zip(array.flatten(), cell.parts, strict=True)
        ]
        rows = zip(array.is_valid().to_pylist(), *columns, strict=True)
        return [dict(zip(names, row, strict=True)) if valid else None for valid, *row in rows]
    if cell.kind in _AS_TEXT:
        from_text = _AS_TEXT[cell.kind][1]
        return [None if text is None else from_text(text) for text in array.to_pylist()]
    if cell.kind in {"int", "uint", "float"} and not array.null_count:
        return array.to_numpy().tolist()  # type: ignore[no-any-return]  # much faster
    return array.to_pylist()  # type: ignore[no-any-return]


def _split(array: pa.ListArray, items: Any, make: Callable[[Any], Any]) -> list[Any]:
    """Cut the flat items into the cells that they came from."""
    cells: list[Any] = []
    start = 0
    for length in pc.list_value_length(array).to_pylist():
        if length is None:
            cells.append(None)
        else:
            cells.append(make(items[start : start + length]))
            start += length
    return cells


def json_text(value: Any) -> str:
    """Return JSON text; NumPy scalars count as plain numbers."""
    return _JSON.encode(value)


_JSON = json.JSONEncoder(separators=(",", ":"), default=lambda scalar: scalar.item())


_AS_TEXT: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "UUID": (str, UUID),
    "number": (str, Decimal),
    "json": (json_text, json.loads),
}
