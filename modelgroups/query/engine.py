"""The engine that runs queries: DuckDB in this process, driven by Ibis."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["run"]

_lock = threading.Lock()
_engines: dict[int, Any] = {}


def run(expression: Any) -> pa.Table:
    """Return the answer of an Ibis expression over tables in memory."""
    with _lock:  # one connection of DuckDB runs one query at a time
        return _engine().to_pyarrow(expression)


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
