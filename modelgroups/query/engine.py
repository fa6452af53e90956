"""The engine that runs queries: DuckDB in this process, driven by Ibis."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from modelgroups.errors import UserValueError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["run"]

_lock = threading.Lock()
_engines: dict[int, Any] = {}


def run(expression: Any) -> pa.Table:
    """Return the answer of an Ibis expression over tables in memory.

    Raises
    ------
    UserValueError
        A value does not fit what is computed of it.
    """
    import duckdb

    try:
        with _lock:  # one connection of DuckDB runs one query at a time
            return _engine().to_pyarrow(expression)
    except duckdb.DataError as error:  # a value that is not what the query takes it for
        first, _, _ = str(error).partition("\n")
        raise UserValueError(f"the query cannot be answered: {first}") from error


def _engine() -> Any:
    """Return the engine of this process: none crosses a fork."""
    found = _engines.get(os.getpid())
    if found is None:
        import ibis

        found = ibis.duckdb.connect()
        found.raw_sql("SET TimeZone = 'UTC'")
        _engines.clear()
        _engines[os.getpid()] = found
    return found
