"""Rows in files: CSV, Parquet and JSON, as streams that tell how far they are.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

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
_BLOCK: Final = 1 << 22  # bytes of a CSV file at a time

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


def read_frame(path: Path) -> pd.DataFrame:
    """Return a CSV or Parquet file as a frame.

    Raises
    ------
    UserValueError
        It cannot be read, or is of another kind.
    """
    import pandas as pd

    kind = kind_of(path)
    with _told(path):
        if kind == ".csv":
            frame: pd.DataFrame = pacsv.read_csv(path, convert_options=_conversion({})).to_pandas()
            return frame
        if kind == ".parquet":
            return pd.read_parquet(path)
    raise UserValueError(f"{path}: a model is built from a .csv or a .parquet file")


@contextmanager
def rows_of_file(
    path: Path, types: Mapping[str, pa.DataType], zone: str | None, advance: Advance
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
    """
    kind = kind_of(path)
    if kind == ".json":
        yield {"files": [path]}
        advance(path.stat().st_size)
        return
    with _told(path):
        pieces = _csv(path, types) if kind == ".csv" else _parquet(path)
        schema = next(pieces)
        batches = _advancing(pieces, advance)
        if zone is not None:
            schema, batches = _zoned(schema, batches, zone)
        yield {"data": pa.RecordBatchReader.from_batches(schema, batches)}


def _csv(path: Path, types: Mapping[str, pa.DataType]) -> Iterator[Any]:
    """Yield the schema of the file, then its batches, each with how many bytes were read."""
    options = {
        "read_options": pacsv.ReadOptions(block_size=_BLOCK),
        "convert_options": _conversion(types),
    }
    with pa.OSFile(str(path)) as file, pacsv.open_csv(file, **options) as reader:
        yield reader.schema
        for batch in reader:
            yield batch, file.tell()


def _conversion(types: Mapping[str, pa.DataType]) -> pacsv.ConvertOptions:
    """Return how cells are read: what is empty, and nothing else, is missing."""
    return pacsv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)


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


def _advancing(pieces: Iterator[Any], advance: Advance) -> Iterator[Any]:
    """Yield the batches alone, and tell how many bytes each has taken."""
    told = 0
    for batch, done in pieces:
        advance(done - told)
        told = done
        yield batch


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
