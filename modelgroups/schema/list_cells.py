"""Whether the cells of list columns hold what their value type asks for.

Such cells are Python objects, so they are looked at one by one.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from modelgroups.types import ValueType

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["CELL_TYPES", "cell_faults", "says_nothing"]

_BOX_LENGTH = 6


def _is_list(value: object) -> bool:
    return isinstance(value, (list, np.ndarray))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _elements_fault(cell: object, fault: Callable[[object], str | None]) -> str | None:
    """Return the first fault of a list's elements; None stands for an unknown element."""
    if not _is_list(cell):
        return type(cell).__name__
    faults = (fault(element) for element in cell if element is not None)  # type: ignore[attr-defined]
    first = next((text for text in faults if text is not None), None)
    return None if first is None else f"list of {first}"


def _token_fault(element: object) -> str | None:
    return None if isinstance(element, str) else type(element).__name__


def _number_fault(element: object) -> str | None:
    return None if _is_number(element) else type(element).__name__


def _box_fault(element: object) -> str | None:
    if _is_list(element) and len(element) not in (0, _BOX_LENGTH):  # type: ignore[arg-type]
        return f"list of {len(element)} entries"  # type: ignore[arg-type]
    return _elements_fault(element, _number_fault)


def _likelihoods_fault(element: object) -> str | None:
    if not isinstance(element, dict):
        return type(element).__name__
    for token, likelihood in element.items():
        if token is None or likelihood is None:
            continue
        if not isinstance(token, str) or not _is_number(likelihood):
            return f"dict from {type(token).__name__} to {type(likelihood).__name__}"
    return None


_FAULTS: dict[str, Callable[[object], str | None]] = {
    ValueType.Tokens: _token_fault,
    ValueType.TokenLikelihoods: _likelihoods_fault,
    ValueType.BoundingBox: _box_fault,
}

CELL_TYPES: dict[str, str] = {
    ValueType.Tokens: "list of str",
    ValueType.TokenLikelihoods: "list of dict from str to number",
    ValueType.BoundingBox: "list of list of 6 numbers",
}
"""What a cell of each of these value types is."""


def cell_faults(values: pd.Series, value_type: str) -> list[tuple[int, str]]:
    """Return the row number and the wrong type of each cell that is not of a list type.

    >>> import pandas as pd
    >>> cell_faults(pd.Series([["a", "b"], "ab", ["a", 1]]), "TOKENS")
    [(1, 'str'), (2, 'list of int')]
    """
    fault = _FAULTS[value_type]
    found = ((row, _elements_fault(cell, fault)) for row, cell in enumerate(values))
    return [(row, text) for row, text in found if text is not None]


def says_nothing(cell: object) -> bool:
    """Return whether a list is empty or starts with None, so that its type stays unknown."""
    return _is_list(cell) and (len(cell) == 0 or cell[0] is None)  # type: ignore[arg-type,index]
