"""Rows as records, plain JSON, and as Arrow tables; both hold the same.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.types as pat

if TYPE_CHECKING:
    from modelgroups.inferences.accept import Record

__all__ = ["array_of", "dump_records", "load_records", "table_of"]


def dump_records(records: Sequence[Record]) -> bytes:
    """Return records as the bytes of a parcel."""
    text = json.dumps(records, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def load_records(rows: bytes) -> list[Record]:
    """Return the records of a parcel."""
    records: list[Record] = json.loads(rows)
    return records


def table_of(records: Sequence[Record], schema: pa.Schema) -> pa.Table:
    """Return records as a table with those columns of a schema that any record has.

    Examples
    --------
    >>> schema = pa.schema({"x": pa.int64(), "at": pa.timestamp("us", "UTC"), "y": pa.string()})
    >>> table_of([{"x": 1, "at": 0}, {"x": 2}], schema).column_names
    ['x', 'at']
    """
    used = set().union(*records) if records else set(schema.names)
    fields = [field for field in schema if field.name in used]
    columns = [array_of([record.get(f.name) for record in records], f.type) for f in fields]
    return pa.table(columns, schema=pa.schema([pa.field(f.name, f.type) for f in fields]))


def array_of(values: list[Any], type_: pa.DataType) -> pa.Array:
    """Return values, as records hold them, in an Arrow type."""
    if _holds_maps(type_):  # pyarrow wants the entries of a map as tuples
        values = [
            None if cell is None else [[tuple(pair) for pair in token] for token in cell]
            for cell in values
        ]
    return pa.array(values, type=type_)


def _holds_maps(type_: pa.DataType) -> bool:
    return bool(pat.is_list(type_) and pat.is_map(type_.value_type))
