"""The engine that runs queries: DuckDB in this process, driven by Ibis."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROW_NUMBER", "FileGoneError", "file_table", "run"]

ROW_NUMBER: Final = "file_row_number"
"""The column with the number of each row in its file."""

_MOST_FILES: Final = 256

_lock = threading.Lock()
_engines: dict[int, _Engine] = {}


class FileGoneError(Exception):
    """A file could not be read, as after a compaction that was faster than the query."""


@dataclass
class _Engine:
    connection: Any
    files: OrderedDict[str, str] = field(default_factory=OrderedDict)
    n_views: int = 0

    def view_of(self, path: str) -> str:
        """Return the name of the view of a file; those that were not used for long are dropped."""
        if path not in self.files:
            name = f"file_{self.n_views}"
            rows = self.connection.con.read_parquet(path, file_row_number=True)
            rows.create_view(name)
            self.files[path] = name
            self.n_views += 1
        self.files.move_to_end(path)
        if len(self.files) > _MOST_FILES:
            _, oldest = self.files.popitem(last=False)
            self.connection.raw_sql(f"DROP VIEW {oldest}")  # a name of ours
        return self.files[path]


def run(expression: Any) -> pa.Table:
    """Return the answer of an Ibis expression.

    Raises
    ------
    UserValueError
        A value does not fit what is computed of it.
    FileGoneError
        A file cannot be read.
    """
    import duckdb

    try:
        with _lock:  # one connection of DuckDB runs one query at a time
            return _engine().connection.to_pyarrow(expression)
    except duckdb.DataError as error:  # a value that is not what the query takes it for
        first, _, _ = str(error).partition("\n")
        raise UserValueError(f"the query cannot be answered: {first}") from error
    except duckdb.IOException as error:
        raise FileGoneError(str(error)) from error


def file_table(path: str, types: Mapping[str, str]) -> Any:
    """Return columns of a Parquet file as an Ibis table, with the number of each row.

    Parameters
    ----------
    path
        Where it lies.
    types
        The columns, and their types for Ibis.

    Raises
    ------
    FileGoneError
        The file cannot be read.
    """
    import duckdb
    import ibis

    try:
        with _lock:
            name = _engine().view_of(path)
    except duckdb.IOException as error:
        raise FileGoneError(str(error)) from error
    return ibis.table({**types, ROW_NUMBER: "int64"}, name=name)


def _engine() -> _Engine:
    """Return the engine of this process: none crosses a fork."""
    found = _engines.get(os.getpid())
    if found is None:
        import ibis

        connection = ibis.duckdb.connect()
        connection.raw_sql("SET TimeZone = 'UTC'")
        _engines.clear()
        found = _engines[os.getpid()] = _Engine(connection)
    return found
