"""The review table as a terminal shows it: the columns that matter most, as far as they fit.

Loads pandas: import it lazily.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd

__all__ = ["ReviewFrame"]

_RANK: Final = (
    "name",
    "stage",
    "value_type",
    "categories",
    "range",
    "categorical",
    "is_unique",
    "bins",
    "monitor_for_bias",
)
"""What is kept longest where the table is too wide."""

_LEAST_CATEGORIES: Final = 26
_GAP: Final = 2


class ReviewFrame(pd.DataFrame):
    """A frame that leaves out the columns for which the screen is too narrow, and names them.

    All columns are in it; what is made of it is a plain frame. Where it fits, or options of
    pandas say otherwise, it looks like any other.

    Examples
    --------
    >>> ReviewFrame({"name": ["age"], "categories": [["{value: 31}", "{value: 47}"]]})
      name                  categories
    0  age  [{value: 31}, {value: 47}]
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        width = shutil.get_terminal_size((pd.get_option("display.width") or 80, 24)).columns
        whole = pd.DataFrame(self)
        most = pd.get_option("display.max_rows") or None
        if _needed(whole) <= width:
            return whole.to_string(max_rows=most) if len(whole) else repr(whole)
        shown = _fitting(whole, width)
        left = [str(name) for name in whole.columns if name not in shown.columns]
        told = f"\n\nLeft out for the width: {', '.join(left)}; the frame has these columns too"
        return shown.to_string(max_rows=most) + (told if left else "")


def _fitting(whole: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return the columns that fit, each cell cut to what is there for it."""
    texts = {name: [_text(name, cell) for cell in whole[name]] for name in whole.columns}
    room = width - len(str(len(whole))) - _GAP
    chosen: list[str] = []
    for name in sorted(whole.columns, key=lambda name: (not any(texts[name]), _rank(name))):
        needed = max(map(len, [name, *texts[name]])) + _GAP
        least = min(needed, _LEAST_CATEGORIES) if name == "categories" else needed
        if least <= room or not chosen:
            chosen.append(name)
            room -= least
    if "categories" in chosen:
        lists = whole["categories"]
        space = room + min(
            max(map(len, ["categories", *texts["categories"]])), _LEAST_CATEGORIES - _GAP
        )
        texts["categories"] = [_listed(list(map(_value, cell)), space) for cell in lists]
    columns = {name: texts[name] for name in whole.columns if name in chosen}
    return pd.DataFrame(columns, index=whole.index)


def _needed(whole: pd.DataFrame) -> int:
    """Return how wide a frame is with all its columns and cells."""
    widest = (max(map(len, [name, *map(str, whole[name])])) + _GAP for name in whole.columns)
    return len(str(len(whole))) + sum(widest)


def _rank(name: str) -> int:
    return _RANK.index(name) if name in _RANK else len(_RANK)


def _text(name: str, cell: Any) -> str:
    if name == "categories":
        return ", ".join(map(_value, cell))
    return "" if cell is None or cell == "[None, None]" else str(cell)


def _value(category: str) -> str:
    """Return a category as people write it.

    >>> _value("{value: 1}"), _value("{label: male, value: 1}")
    ('1', '1 (male)')
    """
    label, _, value = category.strip("{}").rpartition("value: ")
    label = label.removeprefix("label: ").removesuffix(", ")
    return f"{value} ({label})" if label else value


def _listed(values: Sequence[str], space: int) -> str:
    """Return as many values as there is space for, and how many there are.

    >>> _listed(["red", "green", "blue"], 16), _listed(["red", "green", "blue"], 15)
    ('red, green, blue', 'red, … 3 in all')
    """
    text = ", ".join(values)
    if len(text) <= space:
        return text
    end = f"… {len(values)} in all"
    shown = ""
    for value in values:
        longer = f"{shown}{value}, "
        if len(longer) + len(end) > space:
            break
        shown = longer
    return shown + end
