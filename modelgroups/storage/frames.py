"""DataFrames as Arrow tables, and back with nothing lost.

Parquet keeps less than pandas knows: categories, time units, which kind of missing value,
lists, dicts and more would come back changed, some without a word. `arrow_schema` looks at
a whole frame and either says how each column will be kept exactly, or raises one error that
names every column that cannot be. What Arrow would forget goes as JSON into the schema's
metadata, beside that of pandas itself, so that other readers see an ordinary Parquet file.

What equals its stored form is accepted though its Python type is not kept: in object
columns NumPy scalars and subclasses of str, int and float come back as plain values, and
ints among floats as floats. Dicts come back with equal content, in the key order of the
first.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from modelgroups.errors import CatalogTooNewError, FrameError
from modelgroups.storage.columns import (
    PANDAS_MAJOR,
    Array,
    Record,
    decode,
    describe,
    encode,
    values_of,
)
from modelgroups.storage.frames_cells import UnkeepableError, json_text
from modelgroups.storage.frames_index import (
    describe_header,
    describe_index,
    header_problems,
    index_problems,
    level_names,
    levels,
    restore_header,
    restore_index,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["METADATA_KEY", "KeptFrame", "arrow_schema", "index_fields", "to_arrow", "to_frame"]

METADATA_KEY = b"modelgroups"
_FORMAT = 1
_TEXTS = (pa.string(), pa.large_string())


def arrow_schema(frame: pd.DataFrame) -> pa.Schema:
    """Say how a frame is kept in Arrow and Parquet.

    Parameters
    ----------
    frame
        The whole frame: the type of an object column depends on all of its values.

    Returns
    -------
    pyarrow.Schema
        With pandas' own metadata, and ours under the key ``modelgroups``.

    Raises
    ------
    FrameError
        Some columns, the index or the header cannot be kept exactly; all are named.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [18, 95], "boxes": [[[0, 0.9]], []]})
    >>> arrow_schema(frame).field("boxes").type
    ListType(list<item: list<item: double>>)
    >>> arrow_schema(pd.DataFrame({"a": [1, "x"]}))
    Traceback (most recent call last):
    modelgroups.errors.FrameError: the data cannot be stored (1 problem): column 'a' mixes
    int and str (first at row 1: 'x'); make all its values of one type
    """
    return KeptFrame(frame).schema


def to_arrow(
    frame: pd.DataFrame,
    schema: pa.Schema | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
) -> pa.Table:
    """Convert a frame, or a slice of its rows.

    Parameters
    ----------
    frame
        The whole frame.
    schema
        What `arrow_schema` returned for it; made when it is not given.
    start, stop
        The first row to convert, and the one after the last.

    Returns
    -------
    pyarrow.Table
        With that schema; the tables of consecutive slices join to that of the frame.

    Raises
    ------
    FrameError
        No schema is given, and some columns cannot be kept exactly; or text is not valid
        Unicode, which is found only here.

    Examples
    --------
    >>> frame = pd.DataFrame({"n": range(10)})
    >>> schema = arrow_schema(frame)
    >>> [to_arrow(frame, schema, start=i, stop=i + 4).num_rows for i in (0, 4, 8)]
    [4, 4, 2]
    """
    if schema is None:
        return KeptFrame(frame).table(start=start, stop=stop)
    records = json.loads(schema.metadata[METADATA_KEY])["fields"]
    return _encoded(frame, _parts(frame), schema, records, start, stop)


class KeptFrame:
    """A frame and how it is kept in Arrow, worked out once.

    Parameters
    ----------
    frame
        Not to be changed while this is in use.
    columns
        Its columns by name, if they are at hand: pandas takes a while to give them.

    Attributes
    ----------
    schema
        What `arrow_schema` returns.

    Raises
    ------
    FrameError
        Some columns, the index or the header cannot be kept exactly; all are named.
    """

    def __init__(
        self, frame: pd.DataFrame, columns: Mapping[Any, pd.Series[Any]] | None = None
    ) -> None:
        self._frame = frame
        self._parts = _parts(frame, columns)
        self._records, self.schema = _described(frame, self._parts)

    def table(self, *, start: int = 0, stop: int | None = None) -> pa.Table:
        """Convert the frame, or a slice of its rows, as `to_arrow` does."""
        return _encoded(self._frame, self._parts, self.schema, self._records, start, stop)


def _described(frame: pd.DataFrame, parts: Sequence[_Part]) -> tuple[dict[str, Record], pa.Schema]:
    """Return what restores each part of a frame, and the schema of the whole."""
    problems = header_problems(frame) + index_problems(frame.index)
    types: dict[str, pa.DataType] = {}
    records: dict[str, Record] = {}
    for part in parts:
        try:
            types[part.field], records[part.field] = describe(part.values)
        except UnkeepableError as error:
            problems.append(_sentence(part, error, frame.index))
    if problems:
        raise FrameError(problems)
    ours: Record = {
        "format": _FORMAT,
        "pandas": pd.__version__,
        "rows": len(frame),
        "header": describe_header(frame.columns),
        "index": describe_index(frame.index, level_names(frame)),
        "fields": records,
        "attrs": frame.attrs,
        "duplicate_labels": frame.flags.allows_duplicate_labels,
    }
    theirs = _pandas_metadata(frame, parts, types, records)
    metadata = {b"pandas": theirs, METADATA_KEY: json_text(ours).encode()}
    return records, pa.schema(types, metadata)


def _encoded(
    frame: pd.DataFrame,
    parts: Sequence[_Part],
    schema: pa.Schema,
    records: dict[str, Record],
    start: int,
    stop: int | None,
) -> pa.Table:
    """Return rows of the parts of a frame as a table."""
    arrays, problems = [], []
    is_whole = start == 0 and (stop is None or stop >= len(frame))
    for field, part in zip(schema, parts, strict=True):
        values = part.values if is_whole else part.values[start:stop]
        try:
            arrays.append(encode(values, field.type, records[field.name]))
        except UnkeepableError as error:
            problems.append(_sentence(part, error, frame.index, start))
    if problems:
        raise FrameError(problems)
    return pa.Table.from_arrays(arrays, schema=schema)


def index_fields(schema: pa.Schema) -> list[str]:
    """Return the names of the columns that keep the index.

    Read them beside the columns that are wanted, and `to_frame` restores the index.

    Parameters
    ----------
    schema
        Of a table, or of a Parquet file.

    Returns
    -------
    list
        Empty if the index only counts the rows.

    Examples
    --------
    >>> index_fields(arrow_schema(pd.DataFrame({"a": [1]}, index=["x"])))
    ['__index_level_0__']
    """
    metadata = schema.metadata or {}
    if METADATA_KEY not in metadata:
        return []
    return list(json.loads(metadata[METADATA_KEY])["index"].get("fields", ()))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Convert a table back to the frame that it was made of.

    Parameters
    ----------
    table
        From `to_arrow`, directly or through Parquet, whole or with some of its columns; or
        any other table, which is then converted the way pandas does, with nested values as
        lists and dicts.

    Returns
    -------
    pandas.DataFrame
        Equal to the original. When only some of the rows are here, a `RangeIndex` counts
        from 0, and where a column had several kinds of missing values, all are of the most
        frequent kind.

    Raises
    ------
    CatalogTooNewError
        A newer release of modelgroups wrote the table.

    Examples
    --------
    >>> frame = pd.DataFrame({"at": pd.Series(["2024-05-01"], dtype="datetime64[s]")})
    >>> to_frame(to_arrow(frame)).dtypes["at"]
    dtype('<M8[s]')
    """
    metadata = table.schema.metadata or {}
    if METADATA_KEY not in metadata:
        return _foreign_frame(table)
    ours = json.loads(metadata[METADATA_KEY])
    if ours["format"] > _FORMAT:
        raise CatalogTooNewError(
            f"the table has the format {ours['format']} of a newer release of modelgroups, and "
            f"this release reads formats up to {_FORMAT}; upgrade modelgroups"
        )
    records = {name: _adapt(record, ours["pandas"]) for name, record in ours["fields"].items()}
    index = restore_index(table, ours, records)
    levels = ours["index"].get("fields", ())
    names = [name for name in table.column_names if name not in levels]
    columns = {}
    for name in names:
        values = decode(table[name], records[name])
        # The dtype is said, for pandas 3 would make objects that are text a column of text.
        columns[name] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    frame: pd.DataFrame = pd.DataFrame(columns, index=index)
    frame.columns = restore_header(names, _adapt(ours["header"], ours["pandas"]))
    frame.attrs = ours["attrs"]
    return frame.set_flags(allows_duplicate_labels=ours["duplicate_labels"])


class _Part(NamedTuple):
    """The values of a column, or of a level of the index."""

    name: Any
    field: str
    values: Array
    level: int | None = None

    @property
    def title(self) -> str:
        """What to call it in a message."""
        if self.level is None:
            return f"column {self.name!r}"
        return f"index level {self.level if self.name is None else repr(self.name)}"


def _parts(frame: pd.DataFrame, columns: Mapping[Any, pd.Series[Any]] | None = None) -> list[_Part]:
    items = (frame if columns is None else columns).items()
    return [_Part(name, str(name), values_of(data)) for name, data in items] + [
        _Part(level.name, field, values_of(level), number)
        for number, (field, level) in enumerate(zip(level_names(frame), levels(frame), strict=True))
    ]


# --- other readers, other writers ------------------------------------------------------


def _pandas_metadata(
    frame: pd.DataFrame,
    parts: Sequence[_Part],
    types: dict[str, pa.DataType],
    records: dict[str, Record],
) -> bytes:
    """Return what pandas itself writes beside such columns.

    For plain columns under numbered rows the answer is known; pandas takes a while to give it.
    """
    index = frame.index
    numbered = isinstance(index, pd.RangeIndex) and frame.columns.name is None
    columns = [
        column
        for part in (parts if numbered else ())
        if (column := _plain_column(part, types[part.field], records[part.field])) is not None
    ]
    is_plain = numbered and len(columns) == len(parts) and not frame.attrs
    theirs = (
        _plain_metadata(frame, columns) if is_plain else _asked_metadata(frame, pa.schema(types))
    )
    if isinstance(index, pd.RangeIndex):
        name = index.name if index.name is None else str(index.name)
        steps = {"start": index.start, "stop": index.stop, "step": index.step}
        theirs["index_columns"] = [{"kind": "range", "name": name, **steps}]
    return json.dumps(theirs).encode()


def _asked_metadata(frame: pd.DataFrame, schema: pa.Schema) -> dict[str, Any]:
    sample = frame.iloc[:0]
    known = {
        name: dtype
        for name, given in frame.dtypes.items()
        if (dtype := _known_dtype(given, schema.field(name).type)) is not None
    }
    if known:
        sample = sample.astype(known)
    names = [name if name is None else str(name) for name in frame.index.names]
    sample.index = sample.index.set_names(names)
    theirs: dict[str, Any] = pa.Table.from_pandas(sample, schema=schema).schema.pandas_metadata
    return theirs


def _plain_metadata(frame: pd.DataFrame, columns: list[dict[str, Any]]) -> dict[str, Any]:
    header = {"name": None, "field_name": None, "pandas_type": "unicode"}
    kept = {"numpy_type": str(frame.columns.dtype), "metadata": {"encoding": "UTF-8"}}
    return {
        "index_columns": [],
        "column_indexes": [header | kept],
        "columns": columns,
        "attributes": {},
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": pd.__version__,
    }


def _plain_column(part: _Part, type_: pa.DataType, record: Record) -> dict[str, Any] | None:
    """Return what pandas writes of a column of numbers or texts, or None for another one."""
    dtype = part.values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf" and dtype.isnative:
        theirs = named = record["dtype"]
    elif type_ in _TEXTS and str(dtype) in ("str", "object"):
        theirs, named = "unicode", str(dtype)
    else:
        return None
    return {
        "name": part.name,
        "field_name": part.name,
        "pandas_type": theirs,
        "numpy_type": named,
        "metadata": None,
    }


def _known_dtype(dtype: Any, type_: pa.DataType) -> Any:
    """Return a dtype that pandas reads from Parquet, for one that it does not; else None."""
    if isinstance(dtype, pd.CategoricalDtype) and not pa.types.is_dictionary(type_):
        return object
    if isinstance(dtype, pd.ArrowDtype):
        try:
            pd.api.types.pandas_dtype(str(dtype))
        except (TypeError, ValueError, NotImplementedError):
            return object  # it has a name that pandas cannot read
    if isinstance(dtype, np.dtype) and not dtype.isnative:
        return dtype.newbyteorder("=")
    return None


def _foreign_frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_nested(field.type) and field.name in frame.columns:
            cells = table[field.name].to_pylist()
            frame[field.name] = np.fromiter(cells, dtype=object, count=len(cells))
    return frame


def _adapt(record: Record, writer: str) -> Record:
    """Return the record with the default text dtype of this pandas for that of the writer.

    Before pandas 3 text is of dtype object by default, from then on of dtype ``str``.
    """
    if not PANDAS_MAJOR >= 3 > int(writer.split(".")[0]):
        return record  # `decode` takes care of the other direction
    if record["dtype"] == "category":
        return {**record, "of": _adapt(record["of"], writer)}
    missing = record.get("missing", {"kinds": []})["kinds"]
    is_text = record["dtype"] == "object" and record["cell"]["kind"] == "str"
    if is_text and set(missing) <= {"float", "NoneType"}:
        return {"dtype": "string", "storage": "pyarrow", "nan": True, "name": record.get("name")}
    return record


# --- wording ---------------------------------------------------------------------------


def _sentence(part: _Part, error: UnkeepableError, index: pd.Index[Any], start: int = 0) -> str:
    where = ""
    if error.position is not None:
        row = start + error.position
        label = "" if isinstance(index, pd.RangeIndex) else f", label {index[row]!r}"
        where = f" (first at row {row}{label}: {shown(part.values[row])})"
    return f"{part.title} {error.problem}{where}; {error.advice}"
