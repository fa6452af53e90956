"""The shapes in which a caller may give rows, each taken apart into columns.

Rows are a list of dicts, flat or nested, a dict of lists, a DataFrame, or anything with the
Arrow C stream. Predictions and ground truths may be given apart, also as bare values. Loads
pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.hints import nearest_name
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.columns import Column, as_list
from modelgroups.inferences.layout import HALVES, METADATA, SENT, Kind, Layout
from modelgroups.schema.attribute import Attribute
from modelgroups.types import ValueType

__all__ = [
    "TRUTHS",
    "Given",
    "column_of_metadata",
    "columns_of",
    "give_apart",
    "is_arrow",
    "parse",
    "unknown_names",
]

TRUTHS: Final = "ground_truths"
"""The argument of the calls that take ground truths only."""

_FEW_NAMES: Final = 5

_NESTED_TYPES = frozenset(
    {
        ValueType.Tokens,
        ValueType.StringArray,
        ValueType.BoundingBox,
        ValueType.TokenLikelihoods,
        ValueType.RankedList,
        ValueType.TimeSeries,
    }
)


@dataclass
class Given:
    """What a caller gave, by columns.

    Parameters
    ----------
    n_rows
        How many rows.
    values
        The columns of either half, by name of the attribute.
    metadata
        Ids, times and batches.
    faults
        For rows that fail, what is wrong.
    """

    n_rows: int
    values: dict[Kind, dict[str, Column]] = field(
        default_factory=lambda: {Kind.INFERENCE: {}, Kind.GROUND_TRUTH: {}}
    )
    metadata: dict[str, Column] = field(default_factory=dict)
    faults: dict[int, list[str]] = field(default_factory=dict)

    def blame(self, row: int, fault: str) -> None:
        """Note that a row fails."""
        self.faults.setdefault(row, []).append(fault)


def is_arrow(data: object) -> bool:
    """Return whether data is read as Arrow: a table, a batch, or whatever streams batches.

    A single column streams too: a Series of pandas or polars, which has a dtype.
    """
    if isinstance(data, pd.DataFrame | pa.ChunkedArray) or hasattr(data, "dtype"):
        return False
    return hasattr(data, "__arrow_c_stream__") or isinstance(data, pa.RecordBatch)


def parse(rows: object, layout: Layout, what: str = "inferences") -> Given:
    """Take rows apart.

    Parameters
    ----------
    rows
        In any shape.
    layout
        The columns of the log.
    what
        The name of the argument, for messages.

    Raises
    ------
    UserTypeError
        The shape is none of those.
    UserValueError
        A name is unknown, a half is given twice, or columns differ in length.

    Examples
    --------
    >>> from modelgroups.inferences.layout import layout_of
    >>> layout = layout_of([Attribute("age", "INTEGER", "PIPELINE_INPUT")])
    >>> parse([{"age": 1}, {"age": 2, "batch_id": "b"}], layout).metadata
    {'batch_id': [None, 'b']}
    """
    if isinstance(rows, list):
        return _from_rows(rows, layout, what)
    columns = columns_of(rows, what)
    if columns is None:
        raise UserTypeError(
            f"{what} must be a list of dicts, a dict of lists, a DataFrame or an Arrow table, got "
            f"{type(rows).__name__}"
        )
    if any(half in columns for half in HALVES):
        names, lists = list(columns), [as_list(column) for column in columns.values()]
        nested = [dict(zip(names, cells, strict=True)) for cells in zip(*lists, strict=True)]
        return _from_rows(nested, layout, what)
    given = Given(_length(columns, what))
    unknown: list[object] = []
    for name, column in columns.items():
        if name in METADATA:
            given.metadata[name] = column
        elif (kind := _kind_of(name, layout)) is not None:
            given.values[kind][name] = column
        else:
            unknown.append(name)
    if unknown and given.n_rows:
        told = unknown_names(unknown, layout, _wanted(what))
        raise UserValueError(f"{what}: {told} (row 0 and all others){_absent(given, layout, what)}")
    return given


def _absent(given: Given, layout: Layout, what: str) -> str:
    """Say which inputs and predictions no column is for, where another one is for none of them."""
    absent = [attribute.name for attribute in layout.lacking(given.values[Kind.INFERENCE])]
    if not absent or what == TRUTHS:
        return ""
    more = ", …" if len(absent) > _FEW_NAMES else ""
    return f"; there is no column for {', '.join(map(repr, absent[:_FEW_NAMES]))}{more}"


def columns_of(data: object, what: str) -> dict[str, Column] | None:
    """Return the columns of a table in any shape but rows, or None."""
    if isinstance(data, pd.DataFrame):
        if data.index.name in METADATA and data.index.name not in data.columns:
            data = data.reset_index()
        names = list(data.columns)
        _require_plain_names(names, what)
        return {name: data.iloc[:, place] for place, name in enumerate(names)}
    if is_arrow(data):
        table = (
            pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else pa.table(data)
        )
        _require_plain_names(table.column_names, what)
        return dict(zip(table.column_names, table.columns, strict=True))
    if not isinstance(data, Mapping):
        return None
    _require_plain_names(list(data), what)
    for name, column in data.items():
        if not _is_column(column):
            raise UserTypeError(
                f"{what}[{name!r}] must be a list of values, one for each row, got "
                f"{type(column).__name__}; a single row is given as a list of one dict"
            )
    return {name: _by_position(column) for name, column in data.items()}


def _require_plain_names(names: Sequence[object], what: str) -> None:
    strangers = [name for name in names if not isinstance(name, str)]
    if strangers:
        raise UserTypeError(
            f"{what} has a column {strangers[0]!r} of type {type(strangers[0]).__name__}; "
            "names must be texts"
        )
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise UserValueError(
            f"{what} has more than one column named {', '.join(map(repr, repeated))}; keep one"
        )


def _is_column(value: object) -> bool:
    return (
        isinstance(value, Sized)
        and isinstance(value, Iterable)
        and not isinstance(value, str | bytes | Mapping)
    )


def _by_position(column: Any) -> Column:
    """Return a sequence that is read by position, whatever its index says."""
    if isinstance(column, list | np.ndarray | pd.Series | pa.Array | pa.ChunkedArray):
        return column
    return list(column)


def _length(columns: Mapping[str, Column], what: str) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise UserValueError(f"the columns of {what} differ in length: {told}")
    return next(iter(lengths.values()), 0)


def _kind_of(name: str, layout: Layout) -> Kind | None:
    if name in layout.inference_attributes:
        return Kind.INFERENCE
    return Kind.GROUND_TRUTH if name in layout.truth_attributes else None


def _from_rows(rows: list[Any], layout: Layout, what: str) -> Given:
    given = Given(len(rows))
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise UserTypeError(f"{what}[{number}] must be a dict, got {type(row).__name__}")
        halves = {half: row[half] for half in HALVES if not is_null(row.get(half))}
        for key, value in row.items():
            if key in METADATA:
                _put(given.metadata, key, number, value, given.n_rows)
            elif key in HALVES:
                continue
            elif (kind := _kind_of(key, layout)) is None:
                told = unknown_names([key], layout, _wanted(what))
                raise UserValueError(f"{what}[{number}]: {told}")
            elif HALVES[kind == Kind.GROUND_TRUTH] in halves:
                half = HALVES[kind == Kind.GROUND_TRUTH]
                raise UserValueError(
                    f"{what}[{number}] has {key!r} beside {half!r}; put it inside, or write the "
                    "row flat"
                )
            else:
                _put(given.values[kind], key, number, value, given.n_rows)
        for half, values in halves.items():
            _open_half(given, layout, half, values, number, what)
    return given


def _open_half(
    given: Given, layout: Layout, half: str, values: Any, number: int, what: str
) -> None:
    if not isinstance(values, Mapping):
        raise UserTypeError(
            f"{what}[{number}][{half!r}] must be a dict, got {type(values).__name__}"
        )
    kind = Kind.INFERENCE if half == HALVES[0] else Kind.GROUND_TRUTH
    attributes = layout.attributes(kind)
    for name, value in values.items():
        if name in attributes:
            _put(given.values[kind], name, number, value, given.n_rows)
        else:
            given.blame(number, f"{half}: {unknown_names([name], layout, kind)}")


def _put(columns: dict[str, Column], name: str, row: int, value: Any, n_rows: int) -> None:
    column = columns.get(name)
    if column is None:
        column = columns[name] = [None] * n_rows
    column[row] = value


def _wanted(what: str) -> Kind | None:
    return Kind.GROUND_TRUTH if what == TRUTHS else None


def unknown_names(names: Iterable[object], layout: Layout, kind: Kind | None = None) -> str:
    """Say that names are no attributes, with the nearest ones that are.

    Parameters
    ----------
    names
        Those that nobody knows.
    layout
        The columns of the log.
    kind
        Whether inferences or ground truths are wanted; None for both. The few names of ground
        truths are told where none of them is near.

    Examples
    --------
    >>> from modelgroups.inferences.layout import layout_of
    >>> layout = layout_of([Attribute("p_fraud", "FLOAT", "PREDICTED_VALUE"),
    ...                     Attribute("chargeback", "INTEGER", "GROUND_TRUTH_CLASS")])
    >>> unknown_names(["fraud"], layout)
    "no attribute 'fraud' (did you mean 'p_fraud'?)"
    >>> unknown_names(["fraud"], layout, Kind.GROUND_TRUTH)
    "no attribute 'fraud' (the ground truth is 'chargeback')"
    """
    kinds = SENT if kind is None else (kind,)
    declared = [
        name for each in kinds for name, a in layout.attributes(each).items() if not a.implicit
    ]
    told = []
    for name in names:
        near = nearest_name(str(name), [*declared, *METADATA])
        hint = " (leave it out)" if near is None else f" (did you mean {near!r}?)"
        if near is None and kind == Kind.GROUND_TRUTH and 0 < len(declared) <= _FEW_NAMES:
            hint = f" (the ground truth is {', '.join(map(repr, declared))})"
        told.append(f"no attribute {name!r}{hint}")
    return "; ".join(told)


def give_apart(
    given: Given, values: Any, kind: Kind, attributes: Mapping[str, Attribute], what: str
) -> None:
    """Put predictions or ground truths that were given apart over what the rows hold.

    Parameters
    ----------
    given
        The rows; changed in place.
    values
        A table in any shape; vectors as wide as there are attributes; or, where there is one
        attribute that is not implicit, its values.
    kind
        The half that they belong to.
    attributes
        The attributes that they are of, by name.
    what
        The name of the argument, for messages.
    """
    if isinstance(values, Sequence) and values and all(isinstance(v, Mapping) for v in values):
        columns = _part_of_rows(list(values), given, attributes, what)
    else:
        table = columns_of(values, what)
        if table is not None:
            columns = _known(table, given, attributes, what)
        else:
            columns = _bare(values, given, attributes, what)
    for name, column in columns.items():
        below = given.values[kind].get(name)
        given.values[kind][name] = column if below is None else _over(column, below)


def _over(column: Column, below: Column) -> Column:
    """Return a column that shows the one below where it says nothing."""
    return [
        under if is_null(value) else value
        for value, under in zip(as_list(column), as_list(below), strict=True)
    ]


def _require_length(n_values: int, given: Given, what: str) -> None:
    if n_values != given.n_rows:
        raise UserValueError(f"{what} has {n_values} rows for {given.n_rows} inferences")


def _part_of_rows(
    rows: list[Any], given: Given, attributes: Mapping[str, Attribute], what: str
) -> dict[str, Column]:
    _require_length(len(rows), given, what)
    columns: dict[str, Column] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if name in attributes:
                _put(columns, name, number, value, len(rows))
            else:
                given.blame(number, f"{what}: {_stranger(name, attributes)}")
    return columns


def _known(
    table: Mapping[str, Column], given: Given, attributes: Mapping[str, Attribute], what: str
) -> dict[str, Column]:
    _require_length(_length(table, what), given, what)
    for name in table:
        if name not in attributes:
            for number in range(given.n_rows):
                given.blame(number, f"{what}: {_stranger(name, attributes)}")
    return {name: column for name, column in table.items() if name in attributes}


def _stranger(name: object, attributes: Mapping[str, Attribute]) -> str:
    return f"no attribute {name!r} there; it takes {', '.join(map(repr, attributes))}"


def _bare(
    values: Any, given: Given, attributes: Mapping[str, Attribute], what: str
) -> dict[str, Column]:
    """Return values without names as columns."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise UserTypeError(
            f"{what} must be a table or a list of values, got {type(values).__name__}"
        )
    cells = values if isinstance(values, np.ndarray | pd.Series) else _by_position(values)
    _require_length(len(cells), given, what)
    declared = [name for name, attribute in attributes.items() if not attribute.implicit]
    if len(declared) == 1 and attributes[declared[0]].value_type in _NESTED_TYPES:
        return {declared[0]: list(cells)}
    width = _width(cells)
    if width is not None and width != 1:
        return _vectors(cells, width, attributes, what)
    if len(declared) != 1:
        raise UserValueError(
            f"{what} are bare values and there are {len(declared)} attributes "
            f"({', '.join(map(repr, declared))}); give a table with their names"
        )
    if width == 1:
        cells = [vector[0] for vector in cells]
    return {declared[0]: cells}


def _width(cells: Column) -> int | None:
    """Return how long each of some vectors is, or None where the values are no such vectors."""
    if isinstance(cells, np.ndarray):
        return int(cells.shape[1]) if cells.ndim == 2 else None
    if isinstance(cells, pa.Array | pa.ChunkedArray):
        return None
    lengths = {len(cell) if isinstance(cell, list | tuple | np.ndarray) else None for cell in cells}
    return lengths.pop() if len(lengths) == 1 else None


def _vectors(
    cells: Column, width: int, attributes: Mapping[str, Attribute], what: str
) -> dict[str, Column]:
    names = sorted(attributes, key=lambda name: attributes[name].position or 0)
    declared = [name for name in names if not attributes[name].implicit]
    for chosen in (declared, names):
        if len(chosen) == width:
            matrix = cells if isinstance(cells, np.ndarray) else list(zip(*cells, strict=True))
            columns = matrix.T if isinstance(matrix, np.ndarray) else map(list, matrix)
            return dict(zip(chosen, columns, strict=True))
    raise UserValueError(
        f"{what} are vectors of {width} values and there are {len(declared)} attributes: "
        f"{', '.join(map(repr, declared))}"
    )


def column_of_metadata(values: Any, n_rows: int, what: str) -> Column:
    """Return ids, times or batch ids that were given apart, one for each row.

    Raises
    ------
    UserTypeError
        They are not a sequence.
    UserValueError
        There are more or fewer than rows.
    """
    if not _is_column(values):
        raise UserTypeError(
            f"{what} must be a sequence with a value for each row, got {type(values).__name__}"
        )
    if len(values) != n_rows:
        raise UserValueError(f"{what} has {len(values)} values for {n_rows} rows")
    return _by_position(values)
