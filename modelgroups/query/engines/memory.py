"""Arrow tables as tables of Ibis, without pandas. Loads Ibis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr.operations import InMemoryTable
from ibis.formats.pyarrow import PyArrowTableProxy
from ibis.util import gen_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["memory_table", "registered"]


def memory_table(table: pa.Table) -> Any:
    """Return an Arrow table as a table of Ibis.

    It is what `ibis.memtable` returns, which loads pandas first, whatever it is given.
    """
    schema = ibis.Schema.from_pyarrow(table.schema)
    held = PyArrowTableProxy(table)
    return InMemoryTable(name=gen_name("rows"), schema=schema, data=held).to_expr()


@contextmanager
def registered(expression: Any, connection: Any) -> Iterator[None]:
    """Let a connection of DuckDB see the tables in memory that an expression asks."""
    with ExitStack() as until:
        for held in expression.op().find(InMemoryTable):
            connection.register(held.name, held.data.to_pyarrow(held.schema))
            until.callback(connection.unregister, held.name)
        yield
