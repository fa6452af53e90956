"""Tables for terminals, of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table_in_text"]


def table_in_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a line for each row, its columns two spaces apart.

    >>> print(table_in_text(["name", "n"], [["a", 1], ["amount", 12]]))
    name    n
    a       1
    amount  12
    """
    lines = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
