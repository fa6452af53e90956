"""CSV files: read in parts, and where the first fault of one is.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv

from modelgroups.errors import UserValueError

__all__ = ["csv_batches", "csv_table"]

_BLOCK: Final = 1 << 22  # bytes of a CSV file at a time
_BAD_VALUE: Final = re.compile(
    r"In CSV column #(?P<column>\d+): Row #(?P<row>\d+): "
    r"CSV conversion error to (?P<type>\w+): invalid value '(?P<value>.*)'",
    re.DOTALL,
)
_RAGGED: Final = re.compile(
    r"CSV parse error: Row #(?P<row>\d+): Expected (?P<expected>\d+) columns, got (?P<got>\d+)"
)
_RETURN_WITHIN: Final = re.compile(rb"\r(?!\r*\n)")
_CALLED: Final = {"int64": "no whole number", "double": "no number", "bool": "not true or false"}
"""What is wrong with a value, by the type that pyarrow names."""


def csv_batches(path: Path, types: Mapping[str, pa.DataType]) -> Iterator[Any]:
    """Yield the schema of a file, then its batches, each with how many bytes were read.

    Parameters
    ----------
    path
        The file.
    types
        Of columns that it may have; those of the others are inferred.

    Raises
    ------
    UserValueError
        It cannot be read.
    """
    options = {
        "read_options": pacsv.ReadOptions(block_size=_BLOCK),
        "convert_options": _conversion(types),
    }
    try:
        with pa.OSFile(str(path)) as file, pacsv.open_csv(file, **options) as reader:
            _require_commas(path, reader.schema.names)
            yield reader.schema
            for batch in reader:
                yield batch, file.tell()
    except pa.ArrowInvalid as error:
        raise UserValueError(_fault_of(path, options, error)) from error


def csv_table(path: Path) -> pa.Table:
    """Return a whole file, with types that are inferred.

    Raises
    ------
    UserValueError
        It cannot be read.
    """
    options = {"convert_options": _conversion({})}
    try:
        table = pacsv.read_csv(path, **options)
    except pa.ArrowInvalid as error:
        raise UserValueError(_fault_of(path, options, error)) from error
    if any(map(pa.types.is_binary, table.schema.types)):  # which is what becomes of other encodings
        raise UserValueError(_fault_of(path, options, "it is not in UTF-8"))
    _require_commas(path, table.column_names)
    return table


def _fault_of(path: Path, options: Mapping[str, Any], what: object) -> str:
    """Return where the first fault of a file is; only a reader with one thread counts rows."""
    with path.open("rb") as file:
        for row, line in enumerate(file):
            if not _is_utf8(line):
                where = f", row {row:,}: its text" if row else ": it"
                return f"{path}{where} is not in UTF-8; save the file in that encoding"
    whole = pacsv.ReadOptions(block_size=_BLOCK, use_threads=False)
    try:
        with pacsv.open_csv(path, **{**options, "read_options": whole}) as reader:
            for _ in reader:
                pass
    except pa.ArrowInvalid as error:
        text = str(error)
        if value := _BAD_VALUE.match(text):
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                name = next(csv.reader(file))[int(value["column"])]
            wanted = _CALLED.get(value["type"], value["type"])
            row = int(value["row"]) - 1
            return f"{path}, row {row:,}: {name!r} holds {value['value']!r}, which is {wanted}"
        if ragged := _RAGGED.match(text):
            got = "1 column" if ragged["got"] == "1" else f"{ragged['got']} columns"
            row = int(ragged["row"]) - 1
            return (
                f"{path}, row {row:,}: {got}, where the first line has {ragged['expected']}"
                f"{_hint_on_line_ends(path)}"
            )
    return f"{path} cannot be read: {what}"


def _hint_on_line_ends(path: Path) -> str:
    """Say so where lines end with a carriage return here and with a line feed there."""
    with path.open("rb") as file:
        is_mixed = any(_RETURN_WITHIN.search(line) for line in file if line.endswith(b"\n"))
    if not is_mixed:
        return ""
    return (
        "; there are carriage returns within its lines, and each is taken for the end of one: "
        "remove them, for example with tr -d '\\r'"
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _require_commas(path: Path, names: Sequence[str]) -> None:
    """Raise for a file of one column, the name of which looks like several."""
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and mark in names[0]:
            raise UserValueError(f"{path} has {called} between its columns; it must have commas")


def _conversion(types: Mapping[str, pa.DataType]) -> pacsv.ConvertOptions:
    """Return how cells are read: what is empty, and nothing else, is missing."""
    return pacsv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
