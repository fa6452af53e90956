"""The review table as a terminal shows it: the columns that matter most, as far as they fit.

Loads pandas: import it lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from modelgroups.drawing.frames import Column, FittingFrame

__all__ = ["ReviewFrame"]

_BOTH: Final = "categories/range"
_RANK: Final = (
    "name",
    _BOTH,
    "categories",
    "range",
    "value_type",
    "categorical",
    "stage",
    "is_unique",
    "bins",
    "monitor_for_bias",
)
"""What is kept longest where the table is too wide."""

_LEAST_LIST: Final = 24
_MOST_IN_HTML: Final = 200
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


class ReviewFrame(FittingFrame):
    """A frame that is shown as people write it, within the width of the screen.

    Where that is too narrow, categories and ranges share a column, and columns that do not fit are
    named below. The values of all columns are in the frame as they are in the SDK; what is made of
    it is a plain frame.

    Examples
    --------
    >>> frame = ReviewFrame({"name": ["age"], "categories": [["{value: 47}", "{value: 31}"]]})
    >>> frame
      name categories
    0  age     31, 47
    >>> frame.loc[0, "categories"]
    ['{value: 47}', '{value: 31}']
    """

    def _whole(self) -> str:
        return _readable(self).to_string(max_rows=pd.get_option("display.max_rows") or None)

    def _columns(self, rows: pd.DataFrame) -> list[Column]:
        texts = {str(name): list(cells) for name, cells in _readable(rows).items()}
        if not {"categories", "range"} <= texts.keys():
            return [_column(name, cells, rows) for name, cells in texts.items()]
        joined = list(map(", ".join, _lists_of(rows, _BOTH)))
        return [
            _column(_BOTH, joined, rows) if name == "categories" else _column(name, cells, rows)
            for name, cells in texts.items()
            if name != "range"
        ]

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        shown = _readable(self)
        if "categories" in self:
            lists = self["categories"]
            shown["categories"] = [_listed(_values(cell), _MOST_IN_HTML) for cell in lists]
        if "range" in self:  # a browser would break it into three lines
            shown["range"] = [str(span).replace(" ", _NO_BREAK) for span in shown["range"]]
        with pd.option_context("display.max_colwidth", None):
            return shown.to_html(max_rows=pd.get_option("display.max_rows"), notebook=True)


def _column(name: str, cells: list[str], rows: pd.DataFrame) -> Column:
    rank = _RANK.index(name) if name in _RANK else len(_RANK)
    if name not in ("categories", _BOTH):
        return Column(name, cells, rank, [name])
    lists = _lists_of(rows, name)
    names = ["categories", "range"] if name == _BOTH else [name]

    def cut(space: int) -> list[str]:
        return [_listed(values, space) for values in lists]

    return Column(name, cells, rank, names, _LEAST_LIST, cut)


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each cell as a text."""
    texts = {name: [_text(name, cell) for cell in frame[name]] for name in frame.columns}
    return pd.DataFrame(texts, index=frame.index, columns=frame.columns)


def _lists_of(frame: pd.DataFrame, name: str) -> list[list[str]]:
    """Return what is listed in each cell: categories, or in their place the range if it is both."""
    lists = list(map(_values, frame["categories"]))
    if name != _BOTH:
        return lists
    ranges = [_text("range", cell) for cell in frame["range"]]
    return [values or [span] for values, span in zip(lists, ranges, strict=True)]


def _text(name: Any, cell: Any) -> str:
    """Return a cell as people write it.

    >>> _text("range", "[18, 99.5]"), _text("range", "[None, None]"), _text("bins", None)
    ('18 to 99.5', '', '')
    """
    if name == "categories":
        return ", ".join(_values(cell))
    if name == "range":
        ends = [end for end in str(cell).strip("[]").split(", ") if end != "None"]
        return " to ".join(ends)
    return "" if cell is None else str(cell)


def _values(categories: Sequence[str]) -> list[str]:
    """Return categories as people write them, in their order: numbers as numbers.

    >>> _values(["{value: 10}", "{label: low, value: 9}"]), _values(["{value: b}", "{value: a}"])
    (['9 (low)', '10'], ['a', 'b'])
    """
    texts = list(map(_value, categories))
    try:
        numbers = [float(text.partition(" ")[0]) for text in texts]
    except ValueError:
        return sorted(texts)
    return [text for _, text in sorted(zip(numbers, texts, strict=True))]


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
