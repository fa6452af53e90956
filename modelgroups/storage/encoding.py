"""How each column of a Parquet file is encoded, chosen from a sample of its values.

pyarrow gives every column a dictionary. Where values repeat that is the smallest
form; where they do not it is the largest and by far the slowest one. So a column
loses its dictionary when a sample says, with a margin for the error of the
estimate, that the file becomes smaller without one:

========================  ==========================  =======================
column                    values repeat               nearly all differ
========================  ==========================  =======================
floating point            dictionary, snappy          plain; zstd if it helps
integers, times           dictionary, snappy          delta, snappy
text and bytes            dictionary, snappy          delta lengths, zstd
everything else           dictionary, snappy          dictionary, snappy
========================  ==========================  =======================

Every reader of pyarrow 17 or later knows all of these. Loads pyarrow and numpy:
import it lazily.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pat

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Integers = NDArray[np.signedinteger]

__all__ = ["WriterOptions", "writer_options"]

_FEW_ROWS = 2_000
_N_RUNS = 16  # a sample is this many runs of neighbours, evenly spread
_RUN_ROWS = 256
_RUN_BYTES = 1 << 14
_MARGIN = 1.75  # a dictionary goes when it looks this much dearer: the sample may mislead
_INCOMPRESSIBLE = 0.95
_RUN_BITS = 32.0  # what a run of equal values costs in a dictionary's indices
_DELTA_OVERHEAD = 0.6  # bits a value for the heads of its block
_LENGTH_BYTES = 4
_TEXT_TYPES = (pat.is_string, pat.is_large_string, pat.is_binary, pat.is_large_binary)


class WriterOptions(TypedDict):
    """The part of pyarrow's writer options that depends on the data."""

    use_dictionary: bool | list[str]
    column_encoding: dict[str, str] | None
    compression: str | dict[str, str]
    compression_level: dict[str, int] | None
    write_statistics: bool | list[str]


class _Choice(NamedTuple):
    """The encoding (None: a dictionary) and the compression of one column."""

    encoding: str | None
    compression: str


_DICTIONARY = _Choice(None, "snappy")
_PLAIN = _Choice("PLAIN", "snappy")
_PLAIN_ZSTD = _Choice("PLAIN", "zstd")
_NOTHING = _Choice("PLAIN", "none")
_DELTA = _Choice("DELTA_BINARY_PACKED", "snappy")
_TEXT_ZSTD = _Choice("DELTA_LENGTH_BYTE_ARRAY", "zstd")


def writer_options(table: pa.Table) -> WriterOptions:
    """Choose encoding and compression for each column of a table.

    In a small table only floats that all differ go without a dictionary: to choose better
    would take longer than to write it. Statistics are kept for times alone: by time a reader
    can skip row groups, by much else it rarely can, and on floats and text they are a quarter
    of the writing time.

    Parameters
    ----------
    table
        The data, or the first part of it.

    Returns
    -------
    Arguments for ``pyarrow.parquet.ParquetWriter``.

    Examples
    --------
    >>> table = pa.table({"x": np.random.default_rng(0).random(9_999), "shop": ["a"] * 9_999})
    >>> options = writer_options(table)
    >>> options["use_dictionary"], options["column_encoding"]
    (['shop'], {'x': 'PLAIN'})
    """
    if table.num_rows <= _FEW_ROWS:
        return _options_for_few(table)
    paths = _leaf_paths(table.schema)
    choices = dict.fromkeys(paths, _DICTIONARY)
    if len(choices) == len(paths):  # else two columns share a name, and would share the choice
        for field, column in zip(table.schema, table.columns, strict=True):
            if field.name in choices:
                choices[field.name] = _choose(column)
    return WriterOptions(
        use_dictionary=[path for path, choice in choices.items() if choice.encoding is None],
        column_encoding={p: c.encoding for p, c in choices.items() if c.encoding is not None},
        compression={path: choice.compression for path, choice in choices.items()},
        compression_level={p: 1 for p, c in choices.items() if c.compression == "zstd"},
        write_statistics=[
            field.name
            for field in table.schema
            if pat.is_temporal(field.type) and choices.get(field.name, _DICTIONARY).encoding
        ],
    )


def _options_for_few(table: pa.Table) -> WriterOptions:
    differing = {
        field.name
        for field, column in zip(table.schema, table.columns, strict=True)
        if pat.is_floating(field.type) and _all_differ(column)
    }
    kept = [path for path in _leaf_paths(table.schema) if path not in differing]
    return WriterOptions(
        use_dictionary=kept if differing else True,
        column_encoding=None,
        compression="snappy",
        compression_level=None,
        write_statistics=False,
    )


def _all_differ(column: pa.ChunkedArray) -> bool:
    ordered = np.sort(column.to_numpy())
    return not (ordered[1:] == ordered[:-1]).any()


def _leaf_paths(schema: pa.Schema) -> list[str]:
    """Return the names by which the Parquet writer knows the columns."""
    if not any(pat.is_nested(_storage_type(field.type)) for field in schema):
        return list(schema.names)
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    leaves = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [leaves.column(i).path for i in range(len(leaves))]


def _storage_type(type_: pa.DataType) -> pa.DataType:
    return type_.storage_type if isinstance(type_, pa.BaseExtensionType) else type_


def _choose(column: pa.ChunkedArray) -> _Choice:
    type_ = column.type
    n_values = len(column) - column.null_count
    if n_values == 0:
        return _NOTHING
    choose = _chooser(type_)
    if choose is None or len(sample := _sample(column)) == 0:
        return _DICTIONARY
    return choose(sample, n_values)


def _chooser(type_: pa.DataType) -> Callable[[pa.Array, int], _Choice] | None:
    if pat.is_float32(type_) or pat.is_float64(type_):
        return _choose_float
    if pat.is_integer(type_) or (pat.is_temporal(type_) and type_.bit_width <= 64):
        return _choose_integer
    if any(is_text(type_) for is_text in _TEXT_TYPES):
        return _choose_text
    return None


def _sample(column: pa.ChunkedArray) -> pa.Array:
    """Return runs of neighbouring values from all over the column, without nulls."""
    n_rows, chunks = len(column), column.chunks
    length = max(8, min(_RUN_ROWS, _RUN_BYTES * n_rows // max(1, column.nbytes)))
    if n_rows > length * _N_RUNS:
        starts = [i * (n_rows - length) // (_N_RUNS - 1) for i in range(_N_RUNS)]
        chunks = [chunk for start in starts for chunk in column.slice(start, length).chunks]
    array = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
    return array.drop_null() if array.null_count else array


def _choose_float(array: pa.Array, n_values: int) -> _Choice:
    values = _integers(array)
    ratio = _compressed_share(pa.py_buffer(values))
    bits = 8 * values.itemsize * ratio
    if _repeats(_counts(values), n_values, bits, _run_share(values)):
        return _DICTIONARY
    return _PLAIN if ratio > _INCOMPRESSIBLE else _PLAIN_ZSTD


def _choose_integer(array: pa.Array, n_values: int) -> _Choice:
    values = _integers(array)
    width = max(32, 8 * values.itemsize)  # Parquet has no narrower integers
    bits = min(width, _delta_bits(values.astype(np.int64)))
    if _repeats(_counts(values), n_values, bits, _run_share(values)):
        return _DICTIONARY
    return _PLAIN if bits > _INCOMPRESSIBLE * width else _DELTA


def _choose_text(array: pa.Array, n_values: int) -> _Choice:
    counts = array.value_counts().field("counts").to_numpy()
    data = _text_bytes(array)
    bits = 8 * (data.size / len(array) + _LENGTH_BYTES) * _compressed_share(data)
    return _DICTIONARY if _repeats(counts, n_values, bits) else _TEXT_ZSTD


def _repeats(counts: Integers, n_values: int, bits: float, run_share: float = 1.0) -> bool:
    """Say whether a dictionary is, or might be, the smaller form.

    Parameters
    ----------
    counts
        How often each distinct value occurs in the sample.
    n_values
        The number of values in the whole column.
    bits
        What a value costs without a dictionary.
    run_share
        The number of runs of equal values in the sample, divided by its size.
    """
    distinct_share = _distinct_share(counts, n_values)
    index_bits = min(math.log2(distinct_share * n_values + 1), _RUN_BITS * run_share)
    return index_bits <= _MARGIN * bits * (1 - distinct_share)


def _distinct_share(counts: Integers, n_values: int) -> float:
    """Estimate the distinct values of the column, as a share of all values.

    Chao's estimate from the values seen once and twice says how many there are to be
    seen; of these, a column of this length shows a part. Clustered or uneven values
    make the estimate too low, which keeps the dictionary.
    """
    n_sample = int(counts.sum())
    if n_sample >= n_values:
        return len(counts) / n_values
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    if once == n_sample:
        return 1.0
    pool = len(counts) + once * once / (2 * max(twice, 1))
    shown = -math.expm1(-n_values / pool) * pool
    limit = len(counts) + (n_values - n_sample) * once / n_sample
    return min(shown, limit) / n_values


def _counts(values: Integers) -> Integers:
    """Count the distinct values (as ``np.unique`` does, for a tenth of its time)."""
    ordered = np.sort(values)
    ends = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    bounds = np.concatenate(([0], ends, [len(values)]))
    return bounds[1:] - bounds[:-1]


def _run_share(values: Integers) -> float:
    return (1 + np.count_nonzero(values[1:] != values[:-1])) / len(values)


def _delta_bits(values: Integers) -> float:
    """Return what a value costs in DELTA_BINARY_PACKED: blocks of four times 32 deltas."""
    deltas = values[1:] - values[:-1]
    n_blocked = len(deltas) // 128 * 128
    if n_blocked:
        blocks = deltas[:n_blocked].reshape(-1, 4, 32)
        padding = 1.0
    else:
        blocks = np.append(deltas, 0).reshape(1, 1, -1)
        padding = 32 * math.ceil(len(values) / 32) / len(values)
    spread = blocks.max(axis=2) - blocks.min(axis=(1, 2))[:, None]
    widths = np.ceil(np.log2(spread.view(np.uint64) + 1.0))
    return float(widths.mean()) * padding + _DELTA_OVERHEAD


def _integers(array: pa.Array) -> Integers:
    """View numbers or times as the signed integers of the same bits."""
    values: Integers = array.view(f"int{array.type.bit_width}").to_numpy()
    return values


def _text_bytes(array: pa.Array) -> pa.Buffer:
    """Return the bytes of all texts, without those that a slice leaves out."""
    _, offsets, data = array.buffers()
    wide = pat.is_large_string(array.type) or pat.is_large_binary(array.type)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    start, stop = int(ends[array.offset]), int(ends[array.offset + len(array)])
    return data.slice(start, stop - start) if stop > start else pa.py_buffer(b"")


def _compressed_share(data: pa.Buffer) -> float:
    return len(pa.compress(data, "snappy", asbytes=True)) / data.size if data.size else 1.0
