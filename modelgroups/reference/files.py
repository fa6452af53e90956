"""Reference data in files: Parquet, and JSON lists of rows, read in bounded batches."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelgroups.errors import MissingParameterError, UserTypeError, UserValueError

__all__ = ["SourceFile", "files_in", "open_files"]

_BATCH_ROWS = 1 << 16
_NESTED = "reference_data"
_PANDAS_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of reference rows: its name for messages, its Arrow schema, and its content."""

    name: str
    schema: pa.Schema
    content: Path | pa.Buffer | pa.Table

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time; the file is open only meanwhile."""
        if isinstance(self.content, pa.Table):
            yield from self.content.to_batches(max_chunksize=_BATCH_ROWS)
        else:
            with _parquet(self.name, self.content) as file:
                yield from file.iter_batches(_BATCH_ROWS, columns=self.schema.names)


def files_in(directory: str | os.PathLike[str]) -> list[Path]:
    """Return the Parquet and JSON files in a folder and those below it, sorted by path.

    Raises
    ------
    UserValueError
        There is no such folder, or there is no such file in it.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise UserValueError(f"{folder} is not a folder; check directory_path")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in {".parquet", ".json"} and path.is_file()
    )
    if not found:
        raise UserValueError(f"the folder {folder} holds no .parquet and no .json file")
    return found


def open_files(files: Iterable[Any]) -> Iterator[SourceFile]:
    """Open paths or binary file objects, one after the other.

    Raises
    ------
    UserValueError
        A file is neither Parquet nor a JSON list of rows.
    UserTypeError
        A file is given as something else, or its nested rows are not dicts.
    """
    if isinstance(files, str | os.PathLike) or hasattr(files, "read"):
        raise UserTypeError("files must be a list of paths or binary file objects")
    files = list(files)
    if not files:
        raise MissingParameterError("files is empty; give at least one path or file object")
    for file in files:
        yield _open(file)


def _open(file: str | os.PathLike[str] | IO[bytes]) -> SourceFile:
    if isinstance(file, str | os.PathLike):
        path = Path(file)
        if not path.is_file():
            raise UserValueError(f"there is no file {path}")
        if path.suffix == ".json":
            return _from_json(str(path), path.read_bytes())
        return _from_parquet(str(path), path)
    if not hasattr(file, "read"):
        raise UserTypeError(
            f"files must hold paths or binary file objects, got {type(file).__name__}"
        )
    content = file.read()
    name = str(getattr(file, "name", "the file object"))
    if not isinstance(content, bytes):
        raise UserTypeError(f"{name} is open as text; open it in binary mode, 'rb'")
    if content[:4] == b"PAR1":
        return _from_parquet(name, pa.py_buffer(content))
    return _from_json(name, content)


def _from_parquet(name: str, content: Path | pa.Buffer) -> SourceFile:
    with _parquet(name, content) as file:
        fields = [field for field in file.schema_arrow if not field.name.startswith(_PANDAS_INDEX)]
    return SourceFile(name, pa.schema(fields), content)


def _parquet(name: str, content: Path | pa.Buffer) -> pq.ParquetFile:
    source = content if isinstance(content, Path) else pa.BufferReader(content)
    try:
        return pq.ParquetFile(source, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise UserValueError(f"{name} is not a Parquet file that can be read: {error}") from error


def _from_json(name: str, content: bytes) -> SourceFile:
    try:
        rows = json.loads(content)
    except ValueError as error:
        raise UserValueError(f"{name} is neither Parquet nor JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserValueError(f"{name} must hold a JSON list of rows, each an object")
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
    return SourceFile(name, (table := _table_of(name, rows)).schema, table)


def _table_of(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as a table with every key that any row has."""
    columns = dict.fromkeys(key for row in rows for key in row)
    arrays = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        try:
            arrays[column] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise UserValueError(f"{name}: the column {column!r} mixes types: {error}") from error
    return pa.table(arrays)
