"""The review table as a terminal shows it: the columns that matter most, as far as they fit.

Loads pandas: import it lazily.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd

__all__ = ["ReviewFrame"]

_BOTH: Final = "categories/range"
_RANK: Final = (
    "name",
    "stage",
    "value_type",
    _BOTH,
    "categories",
    "range",
    "categorical",
    "is_unique",
    "bins",
    "monitor_for_bias",
)
"""What is kept longest where the table is too wide."""

_LISTS: Final = ("categories", _BOTH)
_LEAST_LIST: Final = 26
_MOST_IN_HTML: Final = 200
_GAP: Final = 2


class ReviewFrame(pd.DataFrame):
    """A frame that is shown as people write it, within the width of the screen.

    Where that is too narrow, categories and ranges share a column, and columns that do not fit are
    named below. The values of all columns are in the frame as they are in the SDK; what is made of
    it is a plain frame.

    Examples
    --------
    >>> frame = ReviewFrame({"name": ["age"], "categories": [["{value: 31}", "{value: 47}"]]})
    >>> frame
      name categories
    0  age     31, 47
    >>> frame.loc[0, "categories"]
    ['{value: 31}', '{value: 47}']
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        if not len(self):
            return repr(pd.DataFrame(self))
        width = shutil.get_terminal_size((pd.get_option("display.width") or 80, 24)).columns
        whole = _readable(self)
        most = pd.get_option("display.max_rows") or None
        if _needed(whole) <= width:
            return whole.to_string(max_rows=most)
        shown = _fitting(self, width)
        seen = {*shown.columns, *(("categories", "range") if _BOTH in shown.columns else ())}
        left = [str(name) for name in whole.columns if name not in seen]
        told = f"\n\nLeft out for the width: {', '.join(left)}; the frame has these columns too"
        return shown.to_string(max_rows=most) + (told if left else "")

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        shown = _readable(self)
        if "categories" in self:
            lists = self["categories"]
            shown["categories"] = [_listed(list(map(_value, c)), _MOST_IN_HTML) for c in lists]
        with pd.option_context("display.max_colwidth", None):
            return shown.to_html(max_rows=pd.get_option("display.max_rows"), notebook=True)


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each cell as a text."""
    texts = {name: [_text(name, cell) for cell in frame[name]] for name in frame.columns}
    return pd.DataFrame(texts, index=frame.index, columns=frame.columns)


def _lists_of(frame: pd.DataFrame, name: str) -> list[list[str]]:
    """Return what is listed in each cell: categories, or in their place the range if it is both."""
    lists = [list(map(_value, cell)) for cell in frame["categories"]]
    if name != _BOTH:
        return lists
    ranges = [_text("range", cell) for cell in frame["range"]]
    return [values or [span] for values, span in zip(lists, ranges, strict=True)]


def _fitting(frame: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return the columns that fit, each cell cut to what is there for it."""
    texts = {str(name): list(cells) for name, cells in _readable(frame).items()}
    if {"categories", "range"} <= texts.keys():
        joined = list(map(", ".join, _lists_of(frame, _BOTH)))
        both = {name: joined if name == "categories" else cells for name, cells in texts.items()}
        texts = {_BOTH if n == "categories" else n: c for n, c in both.items() if n != "range"}
    room = width - len(str(len(frame))) - _GAP
    chosen: list[str] = []
    for name in sorted(texts, key=lambda name: (not any(texts[name]), _rank(name))):
        needed = max(map(len, [name, *texts[name]])) + _GAP
        least = min(needed, _LEAST_LIST) if name in _LISTS else needed
        if least <= room or not chosen:
            chosen.append(name)
            room -= least
    for name in set(_LISTS) & set(chosen):
        space = room + min(max(map(len, [name, *texts[name]])), _LEAST_LIST - _GAP)
        texts[name] = [_listed(values, space) for values in _lists_of(frame, name)]
    columns = {name: cells for name, cells in texts.items() if name in chosen}
    return pd.DataFrame(columns, index=frame.index)


def _needed(whole: pd.DataFrame) -> int:
    """Return how wide a frame is with all its columns and cells."""
    widest = (max(map(len, [name, *map(str, whole[name])])) + _GAP for name in whole.columns)
    return len(str(len(whole))) + sum(widest)


def _rank(name: str) -> int:
    return _RANK.index(name) if name in _RANK else len(_RANK)


def _text(name: Any, cell: Any) -> str:
    """Return a cell as people write it.

    >>> _text("range", "[18, 99.5]"), _text("range", "[None, None]"), _text("bins", None)
    ('18 to 99.5', '', '')
    """
    if name == "categories":
        return ", ".join(map(_value, cell))
    if name == "range":
        ends = [end for end in str(cell).strip("[]").split(", ") if end != "None"]
        return " to ".join(ends)
    return "" if cell is None else str(cell)


def _value(category: str) -> str:
    """Return a category as people write it.

    >>> _value("{value: 1}"), _value("{label: male, value: 1}")
    ('1', '1 (male)')
    """
    label, _, value = category[1:-1].rpartition("value: ")
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
