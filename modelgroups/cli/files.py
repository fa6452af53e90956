"""Rows in files: CSV, Parquet and JSON, as streams that tell how far they are.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from modelgroups.cli.csv_files import csv_batches, csv_table
from modelgroups.errors import UserValueError
from modelgroups.types import ValueType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.model import Model

__all__ = ["csv_types", "read_frame", "rows_of_file"]

KINDS: Final = (".parquet", ".csv", ".json")
_TIMES: Final = ("inference_timestamp", "ground_truth_timestamp")
_TEXTS: Final = ("partner_inference_id", "batch_id", *_TIMES)
_TYPES: Final = {
    ValueType.Integer: pa.int64(),
    ValueType.Float: pa.float64(),
    ValueType.Boolean: pa.bool_(),
}

Advance = Callable[[int], None]


def csv_types(model: Model) -> dict[str, pa.DataType]:
    """Return what each column of a CSV file holds for a model; what is not a number is text."""
    types = {
        attribute.name: _TYPES.get(ValueType(attribute.value_type), pa.string())
        for attribute in model.get_attributes()
    }
    return types | dict.fromkeys(_TEXTS, pa.string())


def kind_of(path: Path) -> str:
    """Return the kind of a file, by its name.

    Raises
    ------
    UserValueError
        There is no such file, or it is of no known kind.
    """
    if not path.is_file():
        raise UserValueError(f"there is no file {path}")
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise UserValueError(f"{path} is none of {', '.join(KINDS)}, by its name")
    return kind


def read_frame(path: Path, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return a CSV or Parquet file as a frame.

    Parameters
    ----------
    path
        The file.
    names
        Other names for some of its columns.

    Raises
    ------
    UserValueError
        It cannot be read, or is of another kind.
    """
    import pandas as pd

    kind = kind_of(path)
    if kind == ".json":
        raise UserValueError(f"{path}: a model is built from a .csv or a .parquet file")
    with _told(path):
        frame: pd.DataFrame
        frame = csv_table(path).to_pandas() if kind == ".csv" else pd.read_parquet(path)
    _require_known(path, frame.columns, names or {})
    return frame.rename(columns=names or {})


@contextmanager
def rows_of_file(
    path: Path,
    types: Mapping[str, pa.DataType],
    zone: str | None,
    advance: Advance,
    names: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Open a file, and yield it as the source of a bulk call.

    Parameters
    ----------
    path
        The file.
    types
        Of the columns, where it is CSV.
    zone
        The time zone of times that have none.
    advance
        Is told how many bytes were read.
    names
        Other names for some columns, to which the types belong.

    Raises
    ------
    UserValueError
        It cannot be read; the message names the row and the column where that is due to a value.
    """
    kind, names = kind_of(path), names or {}
    if kind == ".json":
        if names:
            raise UserValueError(
                f"{path}: columns have other names in .csv and .parquet files only"
            )
        yield {"files": [path]}
        advance(path.stat().st_size)
        return
    with _told(path):
        there = {old: types[new] for old, new in names.items() if new in types}
        pieces = csv_batches(path, {**types, **there}) if kind == ".csv" else _parquet(path)
        schema = next(pieces)
        failures: list[BaseException] = []
        batches = _advancing(pieces, advance, failures)
        if names:
            _require_known(path, schema.names, names)
            schema, batches = _renamed(schema, batches, names)
        if zone is not None:
            schema, batches = _zoned(schema, batches, zone)
        try:
            yield {"data": pa.RecordBatchReader.from_batches(schema, batches)}
        except Exception as error:
            for failure in failures:
                raise failure from error
            raise


def _require_known(path: Path, columns: Iterable[str], names: Mapping[str, str]) -> None:
    """Raise for names of columns that the file does not have."""
    there = [str(column) for column in columns]
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1) or there[:1]
            hint = f"; the nearest is {near[0]!r}" if near else ""
            raise UserValueError(f"{path} has no column {name!r}{hint}")


def _parquet(path: Path) -> Iterator[Any]:
    """Yield the schema of the file, then its batches, each with how many bytes were read."""
    size, n_read = path.stat().st_size, 0
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        fields = [each for each in file.schema_arrow if not each.name.startswith("__index_level_")]
        schema = pa.schema(fields)
        yield schema
        for batch in file.iter_batches(columns=schema.names):
            n_read += batch.num_rows
            done = size * n_read // file.metadata.num_rows
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema), done


def _advancing(
    pieces: Iterator[Any], advance: Advance, failures: list[BaseException]
) -> Iterator[Any]:
    """Yield the batches alone, and tell how many bytes each has taken.

    Arrow hands an error on as a text, be it Ctrl-C, so what it was is kept in `failures`.
    """
    told = 0
    try:
        for batch, done in pieces:
            advance(done - told)
            told = done
            yield batch
    except GeneratorExit:
        raise
    except BaseException as error:
        failures.append(error)
        raise


def _renamed(
    schema: pa.Schema, batches: Iterator[Any], names: Mapping[str, str]
) -> tuple[pa.Schema, Iterator[Any]]:
    """Give columns other names."""
    renamed = pa.schema(
        [field.with_name(names.get(field.name, field.name)) for field in schema], schema.metadata
    )
    return renamed, (pa.RecordBatch.from_arrays(each.columns, schema=renamed) for each in batches)


def _zoned(schema: pa.Schema, batches: Iterator[Any], zone: str) -> tuple[pa.Schema, Iterator[Any]]:
    """Give times without a zone one."""
    import pyarrow.compute as pc

    places = [place for place, name in enumerate(schema.names) if name in _TIMES]
    type_ = pa.timestamp("us", tz=zone)
    zoned = schema
    for place in places:
        zoned = zoned.set(place, pa.field(schema.names[place], type_))

    def each() -> Iterator[Any]:
        for batch in batches:
            columns = list(batch.columns)
            for place in places:
                column = columns[place]
                if getattr(column.type, "tz", None) is None:
                    naive = column.cast(pa.timestamp("us"))
                    column = pc.assume_timezone(naive, zone)
                columns[place] = column.cast(type_)
            yield pa.RecordBatch.from_arrays(columns, schema=zoned)

    return zoned, each()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say which file it is that pyarrow cannot read."""
    try:
        yield
    except pa.ArrowException as error:
        raise UserValueError(f"{path} cannot be read: {error}") from error
