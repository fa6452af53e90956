"""One column or index level as Arrow, and back with the dtype that it had.

`describe` looks at a whole column and returns its Arrow type together with a record, plain
JSON, of what Arrow and Parquet would forget. `encode` converts any part of the column by
that record; `decode` makes the column again from Arrow and the record, under this or
another major version of pandas.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.extensions import ExtensionArray

from modelgroups.storage.frames_cells import UnkeepableError
from modelgroups.storage.frames_objects import (
    decode_objects,
    describe_objects,
    encode_objects,
    encode_text,
)

__all__ = [
    "PANDAS_MAJOR",
    "Array",
    "Record",
    "decode",
    "describe",
    "encode",
    "restore_dtype",
    "values_of",
]

Array = ExtensionArray | np.ndarray[Any, Any]
Record = dict[str, Any]

PANDAS_MAJOR = int(pd.__version__.split(".")[0])
_ARROW_ERRORS = (pa.ArrowException, OverflowError, TypeError, ValueError, AttributeError)


def values_of(data: pd.Series[Any] | pd.Index[Any]) -> Array:
    """Return the values without a copy: a NumPy array where that is what pandas holds."""
    return data.to_numpy() if isinstance(data.dtype, np.dtype) else data.array


def describe(values: Array) -> tuple[pa.DataType, Record]:
    """Return the Arrow type of a column, and what is needed to restore it.

    Parameters
    ----------
    values
        All values of the column.

    Raises
    ------
    UnkeepableError
        The column cannot be kept exactly.

    Examples
    --------
    >>> describe(np.array([1, 2], dtype="uint8"))
    (DataType(uint8), {'dtype': 'uint8'})
    """
    dtype = values.dtype
    if isinstance(values, np.ndarray):
        return describe_objects(values) if dtype.kind == "O" else _describe_numpy(values)
    if isinstance(dtype, pd.StringDtype):
        return _describe_text(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return _describe_categories(dtype)
    if isinstance(dtype, pd.SparseDtype):
        raise UnkeepableError("is sparse", "make it dense with .sparse.to_dense()")
    if type(dtype).__module__.split(".")[0] != "pandas":
        raise UnkeepableError(
            f"has the dtype {dtype} of another package", "convert it to a dtype of pandas"
        )
    try:
        type_ = pa.array(values[:0], from_pandas=True).type
        record = _record(dtype, type_)
    except _ARROW_ERRORS as error:
        raise UnkeepableError(
            f"has the dtype {dtype}, which Parquet cannot keep", _DTYPE_ADVICE
        ) from error
    _check_seconds(values, type_)
    return type_, record


_DTYPE_ADVICE = "convert it with .astype, and a time zone with .dt.tz_convert"


def _describe_numpy(values: np.ndarray[Any, Any]) -> tuple[pa.DataType, Record]:
    dtype = values.dtype
    if dtype.kind == "c":
        raise UnkeepableError(
            f"holds complex numbers ({dtype})", "keep real and imaginary part in two columns"
        )
    if dtype.kind not in "biufmM" or dtype.itemsize > 8:
        raise UnkeepableError(f"has the dtype {dtype}", "convert it with .astype('float64')")
    type_ = pa.from_numpy_dtype(dtype.newbyteorder("="))
    _check_seconds(values, type_)
    return type_, {"dtype": dtype.name if dtype.isnative else dtype.str}


def _describe_text(dtype: pd.StringDtype) -> tuple[pa.DataType, Record]:
    record = {
        "dtype": "string",
        "storage": dtype.storage,
        "nan": getattr(dtype, "na_value", pd.NA) is not pd.NA,
    }
    return _text_type(dtype), record


@lru_cache(maxsize=16)  # pandas takes a while to make even an empty array
def _text_type(dtype: pd.StringDtype) -> pa.DataType:
    return pa.array(pd.array([], dtype=dtype), from_pandas=True).type


def _record(dtype: Any, type_: pa.DataType) -> Record:
    """Return what restores an extension dtype; TypeError if nothing does."""
    if isinstance(dtype, pd.ArrowDtype):
        # Parquet knows fewer types than Arrow: see whether it takes this one.
        sink = pa.BufferOutputStream()
        pq.write_table(pa.schema([("", type_)]).empty_table(), sink)
        pq.read_table(pa.BufferReader(sink.getvalue()))[0].cast(type_)
        schema = pa.schema([("", type_)]).serialize()
        return {"dtype": "arrow", "schema": base64.b64encode(schema).decode()}
    record: Record = {"dtype": str(dtype)}
    if isinstance(dtype, pd.DatetimeTZDtype) and isinstance(dtype.tz, ZoneInfo):
        record["zoneinfo"] = dtype.tz.key  # pandas 2 prefers another class, and tells them apart
    if restore_dtype(record) != dtype:
        raise TypeError(f"{dtype} does not name itself")
    return record


def _check_seconds(values: Any, type_: pa.DataType) -> None:
    """Check what Parquet will do: it keeps whole seconds as milliseconds."""
    if pa.types.is_timestamp(type_) and type_.unit == "s":
        try:
            pa.array(values, from_pandas=True).cast(pa.timestamp("ms", type_.tz))
        except pa.ArrowInvalid as error:
            raise UnkeepableError(
                "holds times too far away for milliseconds since 1970 in 64 bits",
                "put None in place of them",
            ) from error


def _describe_categories(dtype: pd.CategoricalDtype) -> tuple[pa.DataType, Record]:
    categories = dtype.categories
    try:
        type_, record = describe(values_of(categories))
        encoded = encode(values_of(categories), type_, record)
    except UnkeepableError as error:
        raise UnkeepableError(
            f"has categories that cannot be kept: their index {error.problem}", error.advice
        ) from error
    if not isinstance(categories.name, str | None):
        raise UnkeepableError(
            "has categories whose index name is not text", "rename them: .cat.categories.name"
        )
    sink = pa.BufferOutputStream()
    table = pa.table({"": encoded})
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        type_ = pa.dictionary(pa.int32(), pa.string(), bool(dtype.ordered))
    elif isinstance(type_, pa.ExtensionType):
        type_ = type_.storage_type  # for pandas' intervals of int have no missing value
    return type_, {
        "dtype": "category",
        "ordered": bool(dtype.ordered),
        "name": categories.name,
        "of": record,
        "categories": base64.b64encode(sink.getvalue()).decode(),
    }


# --- to Arrow --------------------------------------------------------------------------


def encode(values: Array, type_: pa.DataType, record: Record) -> pa.Array | pa.ChunkedArray:
    """Return a column, or rows of it, as an Arrow array.

    Parameters
    ----------
    values
        The rows.
    type_, record
        What `describe` said of the whole column.

    Raises
    ------
    UnkeepableError
        Some text is not valid Unicode.
    """
    if record["dtype"] == "category":
        return _encode_categories(values, type_, record)
    if isinstance(values.dtype, pd.StringDtype):
        return encode_text(values, type_)
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "O":
            return encode_objects(values, record)
        dtype = cast("np.dtype[Any]", values.dtype)
        if not dtype.isnative:
            values = values.astype(dtype.newbyteorder("="))
    return pa.array(values, type=type_, from_pandas=True)


def _encode_categories(values: Any, type_: pa.DataType, record: Record) -> pa.Array:
    codes = pa.array(values.codes.astype("int32"), mask=values.codes < 0)
    of = type_.value_type if pa.types.is_dictionary(type_) else type_
    categories = encode(values_of(values.categories), of, record["of"])
    if isinstance(categories, pa.ChunkedArray):
        categories = categories.combine_chunks()
    if pa.types.is_dictionary(type_):
        return pa.DictionaryArray.from_arrays(codes, categories, ordered=type_.ordered)
    return categories.take(codes)


# --- from Arrow ------------------------------------------------------------------------


def decode(column: pa.ChunkedArray, record: Record) -> Array:
    """Return the column that was encoded.

    Parameters
    ----------
    column
        The rows, as they came back from Parquet.
    record
        What `describe` said of the whole column.
    """
    if record["dtype"] == "category":
        return _decode_categories(column, record)
    if record["dtype"] == "object":
        return decode_objects(column, record)
    dtype = restore_dtype(record)
    if isinstance(dtype, np.dtype):
        if dtype.kind == "O":  # text of a dtype that this version of pandas lacks
            return decode_objects(column, _TEXT_WITH_NAN)
        values: Array = column.to_numpy().astype(dtype, copy=False)
        return values
    if isinstance(dtype, pd.Float32Dtype | pd.Float64Dtype):  # pandas 3 would turn NaN into NA
        return pd.arrays.FloatingArray(
            np.array(column.to_numpy()), np.array(column.is_null().to_numpy())
        )
    if isinstance(dtype, pd.ArrowDtype) and column.type != dtype.pyarrow_dtype:
        column = column.cast(dtype.pyarrow_dtype)
    return dtype.__from_arrow__(column)  # type: ignore[no-any-return]


_TEXT_WITH_NAN = {"cell": {"kind": "str"}, "missing": {"kinds": ["float"]}}


def restore_dtype(record: Record) -> Any:
    """Return the dtype of a record, or what comes closest to it in this pandas."""
    name = record["dtype"]
    if name == "string":
        return _string_dtype(record["storage"], record["nan"])
    if name == "arrow":
        schema = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(record["schema"])))
        return pd.ArrowDtype(schema.field(0).type)
    if name == "category":
        stream = pa.ipc.open_stream(base64.b64decode(record["categories"]))
        values = decode(stream.read_all()[0], record["of"])
        categories = pd.Index(values, dtype=values.dtype, name=record["name"])
        return pd.CategoricalDtype(categories, ordered=record["ordered"])
    dtype: Any = pd.api.types.pandas_dtype(name)
    if "zoneinfo" in record:
        return pd.DatetimeTZDtype(dtype.unit, ZoneInfo(record["zoneinfo"]))
    return dtype


def _string_dtype(storage: str, nan: bool) -> Any:
    if not nan:
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage.removesuffix("_numpy"), na_value=np.nan)
    except TypeError:  # pandas before 2.3 knows one such dtype, under another name
        return pd.StringDtype(storage) if storage.endswith("_numpy") else np.dtype(object)


def _decode_categories(column: pa.ChunkedArray, record: Record) -> Array:
    dtype = restore_dtype(record)
    if not pa.types.is_dictionary(column.type):
        codes = np.full(len(column), -1)
        values = decode(column.drop_null(), record["of"])
        codes[column.is_valid().to_numpy()] = pd.Categorical(values, dtype=dtype).codes
        return pd.Categorical.from_codes(codes, dtype=dtype)
    array = column.unify_dictionaries().combine_chunks()
    found = decode(pa.chunked_array([array.dictionary]), record["of"])
    codes = np.append(dtype.categories.get_indexer(found), -1)  # and -1 is where None is found
    return pd.Categorical.from_codes(codes[array.indices.fill_null(-1).to_numpy()], dtype=dtype)
