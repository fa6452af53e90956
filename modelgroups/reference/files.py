"""Reference data in files: Parquet, and JSON lists of rows, read in bounded batches."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelgroups.errors import MissingParameterError, UserTypeError, UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.misfits import misfits
from modelgroups.types import ValueType

__all__ = ["SourceFile", "files_in", "listed_files", "open_content", "open_files"]

_BATCH_ROWS = 1 << 16
_STREAM_BUFFER = 1 << 16  # bytes a column
_JSON = ".json"
_NESTED = "reference_data"
_PANDAS_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of reference rows.

    Parameters
    ----------
    name
        What it is called in messages.
    schema
        Its columns.
    content
        Where the rows are.
    strangers
        For rows of JSON with values that do not fit beside the others of their column, what is
        wrong; the batches have nulls in their place.
    attributes
        The schema of the model, by name.
    """

    name: str
    schema: pa.Schema
    content: Path | pa.Buffer | pa.Table
    strangers: Mapping[int, str] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time; the file is open only meanwhile."""
        content = self.content
        if isinstance(content, Path) and content.suffix == _JSON:
            content, _ = _from_json(self.name, content.read_bytes(), self.attributes)
        if isinstance(content, pa.Table):
            yield from content.to_batches(max_chunksize=_BATCH_ROWS)
        else:
            with _parquet(self.name, content) as file:
                try:
                    yield from file.iter_batches(_BATCH_ROWS, columns=self.schema.names)
                except (pa.ArrowException, OSError) as error:
                    raise UserValueError(f"{self.name} is damaged: {error}") from error


def files_in(directory: str | os.PathLike[str]) -> list[Path]:
    """Return the Parquet and JSON files in a folder and those below it, sorted by path.

    Raises
    ------
    UserValueError
        There is no such folder, or there is no such file in it.
    """
    folder = _path(directory, "directory_path")
    if not folder.is_dir():
        raise UserValueError(f"{folder} is not a folder; check directory_path")
    found = sorted(
        path for path in folder.rglob("*") if path.suffix in {".parquet", _JSON} and path.is_file()
    )
    if not found:
        raise UserValueError(f"the folder {folder} holds no .parquet and no .json file")
    return found


def open_files(files: Iterable[Any], attributes: Sequence[Attribute] = ()) -> Iterator[SourceFile]:
    """Open paths or binary file objects, one after the other.

    Parameters
    ----------
    files
        Paths, or file objects; these are read once, from their start.
    attributes
        The schema of the model, for JSON where one column holds values of several types.

    Raises
    ------
    UserValueError
        A file is neither Parquet nor a JSON list of rows.
    UserTypeError
        A file is given as something else, or its nested rows are not dicts.
    """
    named = {attribute.name: attribute for attribute in attributes}
    for file in listed_files(files):
        yield _open(file, named)


def listed_files(files: object) -> list[Any]:
    """Return what was given as files as a list.

    Raises
    ------
    UserTypeError
        It is no list, or a single file.
    MissingParameterError
        It is empty.
    """
    alone = isinstance(files, str | bytes | os.PathLike) or hasattr(files, "read")
    if alone or not isinstance(files, Iterable):
        raise UserTypeError(
            f"files must be a list of paths or binary file objects, got {type(files).__name__}"
        )
    listed = list(files)
    if not listed:
        raise MissingParameterError("files is empty; give at least one path or file object")
    return listed


def _open(
    file: str | os.PathLike[str] | IO[bytes], attributes: Mapping[str, Attribute]
) -> SourceFile:
    name, content = _content(file)
    if not isinstance(content, bytes):
        return _from_parquet(name, content)
    table, strangers = _from_json(name, content, attributes)
    if isinstance(file, str | os.PathLike):  # read again in batches, and not held meanwhile
        return SourceFile(name, table.schema, Path(file), strangers, attributes)
    return SourceFile(name, table.schema, table, strangers)


def open_content(
    file: str | os.PathLike[str] | IO[bytes],
) -> tuple[str, SourceFile | list[dict[str, Any]]]:
    """Return a file's name with its rows: as they stand in JSON, or the Parquet file opened.

    Raises
    ------
    UserValueError
        It is neither Parquet nor a JSON list of rows.
    UserTypeError
        It is neither a path nor a binary file object.
    """
    name, content = _content(file)
    if isinstance(content, bytes):
        return name, _json_rows(name, content)
    return name, _from_parquet(name, content)


def _content(file: str | os.PathLike[str] | IO[bytes]) -> tuple[str, Path | pa.Buffer | bytes]:
    """Return a file's name, and where Parquet lies or the bytes of something else."""
    if isinstance(file, str | os.PathLike):
        path = _path(file, "files")
        if not path.is_file():
            raise UserValueError(f"there is no file {path}")
        return str(path), path.read_bytes() if path.suffix == _JSON else path
    if not hasattr(file, "read"):
        raise UserTypeError(
            f"files must hold paths or binary file objects, got {type(file).__name__}"
        )
    if isinstance(file, io.IOBase) and file.seekable():
        file.seek(0)
    content = file.read()
    name = str(getattr(file, "name", "the file object"))
    if not isinstance(content, bytes):
        raise UserTypeError(f"{name} is open as text; open it in binary mode, 'rb'")
    return name, pa.py_buffer(content) if content[:4] == b"PAR1" else content


def _from_parquet(name: str, content: Path | pa.Buffer) -> SourceFile:
    with _parquet(name, content) as file:
        fields = [field for field in file.schema_arrow if not field.name.startswith(_PANDAS_INDEX)]
    return SourceFile(name, pa.schema(fields), content)


def _parquet(name: str, content: Path | pa.Buffer) -> pq.ParquetFile:
    source = content if isinstance(content, Path) else pa.BufferReader(content)
    try:
        return pq.ParquetFile(  # pyarrow would hold all that it has read
            source, page_checksum_verification=True, pre_buffer=False, buffer_size=_STREAM_BUFFER
        )
    except (pa.ArrowException, OSError) as error:
        raise UserValueError(f"{name} is not a Parquet file that can be read: {error}") from error


def _path(path: object, parameter: str) -> Path:
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise UserTypeError(f"{parameter} must be a path, got {type(path).__name__}")
    return Path(path)


def _from_json(
    name: str, content: bytes, attributes: Mapping[str, Attribute]
) -> tuple[pa.Table, dict[int, str]]:
    """Return a JSON list of rows, flat or nested, as a table, and what is wrong with rows."""
    rows: list[Any] = _json_rows(name, content)
    nested = [_NESTED in row for row in rows]
    if any(nested) and not all(nested):
        raise UserValueError(
            f"{name} mixes flat rows with rows under {_NESTED!r} (first flat: row "
            f"{nested.index(False)}); write them all in one way"
        )
    if any(nested):
        rows = [row[_NESTED] for row in rows]
        strangers = [i for i, row in enumerate(rows) if not isinstance(row, dict)]
        if strangers:
            raise UserTypeError(f"{name}: {_NESTED!r} of row {strangers[0]} is not an object")
    return _table_of(name, rows, attributes)


def _json_rows(name: str, content: bytes) -> list[dict[str, Any]]:
    try:
        rows = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserValueError(f"{name} is neither Parquet nor JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserValueError(f"{name} must hold a JSON list of rows, each an object")
    return rows


def _table_of(
    name: str, rows: list[dict[str, Any]], attributes: Mapping[str, Attribute]
) -> tuple[pa.Table, dict[int, str]]:
    """Return rows as a table with every key that any row has."""
    arrays: dict[str, pa.Array] = {}
    strangers: dict[int, str] = {}
    for column in dict.fromkeys(key for row in rows for key in row):
        values = [row.get(column) for row in rows]
        attribute = attributes.get(column)
        if attribute is not None and attribute.value_type == ValueType.Timestamp:
            values = [_time_of(value) for value in values]
        try:
            arrays[column] = pa.array(values)
        except _UNFIT:
            for row in _misfits(values, attribute):
                told = (
                    f"{column!r} is {attributes[column].value_type} and cannot be {values[row]!r}"
                )
                strangers[row] = f"{strangers[row]}; {told}" if row in strangers else told
                values[row] = None
            arrays[column] = _array(name, column, values)
    return pa.table(arrays), strangers


def _time_of(value: Any) -> Any:
    """Return a text in ISO 8601 with an offset as a time, for JSON has none; all else as it is.

    >>> _time_of("2026-01-31T13:00:00+01:00").isoformat(), _time_of("2026-01-31")
    ('2026-01-31T12:00:00+00:00', '2026-01-31')
    """
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
        return value if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return value


_UNFIT = (pa.ArrowException, OverflowError, UnicodeError)


def _misfits(values: list[Any], attribute: Attribute | None) -> list[int]:
    """Return the rows of a column with several types whose values do not fit its attribute."""
    if attribute is None:
        return []
    column = pd.Series(values, dtype=object)
    mask = misfits(pd.DataFrame({attribute.name: column}), [attribute]).get(attribute.name)
    return [] if mask is None else [int(row) for row in mask.nonzero()[0]]


def _array(name: str, column: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except _UNFIT as error:
        raise UserValueError(
            f"{name}: the values of column {column!r} do not go into one type: {error}"
        ) from error
