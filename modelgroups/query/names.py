"""What columns are called in the engine: nothing that a user wrote, and no two alike.

The engine takes ``AGE`` and ``age`` for one column, and has marks of its own. A name that is not
plain stands there in hexadecimal digits.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ORDER", "column_name", "hidden_name", "shown_name"]

ORDER: Final = "#order"
"""The hidden column with the order of storing."""

_PLAIN: Final = re.compile(r"[a-z0-9_]+\Z")


def column_name(name: str) -> str:
    """Return what a column or an entry of select is called in the engine.

    >>> column_name("age"), column_name("AGE")
    ('_age', '=414745')
    """
    return f"_{name}" if _PLAIN.match(name) else f"={name.encode().hex()}"


def hidden_name(name: str) -> str:
    """Return what a column is called in the engine that no query can name.

    >>> hidden_name("score")
    '#_score'
    """
    return f"#{column_name(name)}"


def shown_name(column: str) -> str | None:
    """Return the name that a column has in a query, or None for a hidden one.

    >>> shown_name("=414745"), shown_name("_age"), shown_name("#order")
    ('AGE', 'age', None)
    """
    if column.startswith("="):
        return bytes.fromhex(column[1:]).decode()
    return column[1:] if column.startswith("_") else None
