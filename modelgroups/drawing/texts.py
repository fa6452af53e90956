"""Plain text for people: tables, and numbers of things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["list_text", "number_of_things", "table_in_text"]


def number_of_things(number: int, thing: str) -> str:
    """Return how many there are of what has a regular plural.

    >>> number_of_things(1, "row"), number_of_things(1234, "row")
    ('1 row', '1,234 rows')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def list_text(words: Sequence[str]) -> str:
    """Return words as people list them.

    >>> list_text(["a", "b", "c"]), list_text(["a"])
    ('a, b and c', 'a')
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


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
