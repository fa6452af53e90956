"""Object columns: what their cells are, which of them are missing, and what says "missing".

pandas takes None, NaN, NA and NaT for missing, and its equality tells them apart; Arrow has
one null. So the record of a column says which it was, in order if there are several.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_left
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import infer_dtype

from modelgroups.storage import frames_cells
from modelgroups.storage.frames_cells import Cell, UnkeepableError
from modelgroups.storage.frames_infer import check_text, infer

__all__ = ["decode_objects", "describe_objects", "encode_objects", "encode_text"]

Objects = np.ndarray[Any, Any]
Record = dict[str, Any]

# The values that pandas takes for missing in an object column, by their types' names.
_MISSING = {
    "NoneType": None,
    "float": np.nan,
    "NAType": pd.NA,
    "NaTType": pd.NaT,
    "Decimal": Decimal("NaN"),
}


def describe_objects(values: Objects) -> tuple[pa.DataType, Record]:
    """Return the Arrow type of an object column, and what restores it."""
    cell, missing = _infer_objects(values)
    record: Record = {"dtype": "object", "cell": cell.to_json()}
    if missing:
        record["missing"] = missing
    return cell.type, record


def _infer_objects(values: Objects) -> tuple[Cell, Record | None]:
    if infer_dtype(values, skipna=False) == "string":  # the common case, in one quick pass
        return Cell("str"), None
    present = ~pd.isna(values)
    missing = _describe_missing(values, np.flatnonzero(~present))
    if infer_dtype(values, skipna=True) == "string":
        return Cell("str"), missing
    return _locating(infer, values[present].tolist(), np.flatnonzero(present)), missing


def _locating(look: Any, values: Any, positions: Objects) -> Any:
    """Call `look` on the values; if it finds fault, raise that of the fewest first rows."""
    try:
        return look(values)
    except UnkeepableError as found:
        faults = {len(values): found}

        def is_faulty(count: int) -> bool:
            try:
                look(values[:count])
            except UnkeepableError as error:
                faults[count] = error
                return True
            return False

        count = bisect_left(range(len(values)), True, lo=1, key=is_faulty)
        fault = faults[count]
        raise UnkeepableError(fault.problem, fault.advice, int(positions[count - 1])) from fault


def _describe_missing(values: Objects, positions: Objects) -> Record | None:
    """Return which of the missing values is which; None if all are None."""
    types = list(map(type, values[positions]))
    counts = Counter(types)
    for type_ in counts:
        if _missing_kind(type_) not in _MISSING:
            raise UnkeepableError(
                f"has a missing value of type {type_.__qualname__}",
                "put None instead",
                int(positions[types.index(type_)]),
            )
    kinds = list(dict.fromkeys(_missing_kind(type_) for type_, _ in counts.most_common()))
    if kinds in ([], ["NoneType"]):
        return None
    record: Record = {"kinds": kinds}
    if len(kinds) > 1:
        order = np.array([kinds.index(_missing_kind(type_)) for type_ in types], dtype="uint8")
        record["order"] = base64.b64encode(zlib.compress(order.tobytes())).decode()
    return record


def _missing_kind(type_: type) -> str:
    return "float" if issubclass(type_, np.floating) else type_.__name__


def encode_objects(values: Objects, record: Record) -> pa.Array:
    """Return rows of an object column as an Arrow array."""
    cell = Cell.from_json(record["cell"])
    if cell.kind == "str":
        return encode_text(values, cell.type)
    missing = pd.isna(values)
    if missing.any():
        values = values.copy()
        values[missing] = None
    return frames_cells.encode(values.tolist(), cell)


def encode_text(values: Any, type_: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Return text as an Arrow array.

    Raises
    ------
    UnkeepableError
        Some text is not valid Unicode; only the conversion itself finds that out cheaply.
    """
    try:
        return pa.array(values, type=type_, from_pandas=True)
    except UnicodeEncodeError:
        present = ~pd.isna(values)
        text = np.asarray(values[present], dtype=object)
        return _locating(check_text, text, np.flatnonzero(present))  # which raises


def decode_objects(column: pa.ChunkedArray, record: Record) -> Objects:
    """Return the rows that `encode_objects` was given."""
    cell = Cell.from_json(record["cell"])
    if cell.kind == "str":
        values: Objects = column.to_numpy()
    else:
        cells = [value for chunk in column.chunks for value in frames_cells.decode(chunk, cell)]
        values = np.fromiter(cells, dtype=object, count=len(cells))
    if "missing" in record:
        values = values if values.flags.writeable else values.copy()
        _put_missing(values, np.flatnonzero(column.is_null().to_numpy()), record["missing"])
    return values


def _put_missing(values: Any, positions: Objects, missing: Record) -> None:
    kinds = np.fromiter((_MISSING[kind] for kind in missing["kinds"]), dtype=object)
    order = np.zeros(len(positions), dtype="uint8")
    if "order" in missing:
        stored = np.frombuffer(zlib.decompress(base64.b64decode(missing["order"])), dtype="uint8")
        if len(stored) == len(positions):  # else only part of the rows is here
            order = stored
    values[positions] = kinds[order]
