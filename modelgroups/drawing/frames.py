"""Frames that are read by people: a terminal shows the columns that tell most, as far as they fit.

Loads pandas: import it lazily.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import pandas as pd

__all__ = ["Column", "FittingFrame", "cut", "fitting"]

_GAP: Final = 2
_LEAST_TEXT: Final = 16
"""So many characters of a long text are shown at least."""

_WHOLE: Final = (
    "display.max_columns", None,
    "display.expand_frame_repr", False,
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column as it is shown.

    Parameters
    ----------
    title
        What stands above it.
    cells
        Its texts.
    rank
        The least is kept longest.
    names
        The columns of the frame that it shows.
    least
        The characters that its cells need at least; None where they cannot be cut.
    cut
        Returns its cells within so many characters.
    """

    title: str
    cells: list[str]
    rank: int
    names: list[Any]
    least: int | None = None
    cut: Callable[[int], list[str]] = field(default=lambda _: [])

    @property
    def whole(self) -> int:
        """The characters of the longest of its cells, and of the title."""
        return max(map(len, [self.title, *self.cells]))

    @property
    def smallest(self) -> int:
        """The characters that it takes at least."""
        if self.least is None:
            return self.whole
        return min(self.whole, max(self.least, len(self.title)))


class _AnyFrame(type):
    """Makes every frame pass for one of this kind, which differs in nothing but its looks.

    `pandas.testing.assert_frame_equal` asks whether one frame is of the type of the other.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, pd.DataFrame)


class FittingFrame(pd.DataFrame, metaclass=_AnyFrame):
    """A frame that is shown within the width of the screen.

    It is a ``DataFrame`` in every respect but its looks: what is made of it, and what is read from
    a pickle of it, is a plain one. Where the screen is too narrow for all columns, those without
    any value are left out, then those that tell least; they are named below.

    Examples
    --------
    >>> frame = pd.DataFrame({"at": ["3f" * 20], "note": ["so " * 20], "why": None, "who": ["ada"]})
    >>> shown = fitting(frame, "who")
    >>> shown
                                             at                            note  who
    0  3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f  so so so so so so so so so so…  ada
    <BLANKLINE>
    Left out for the width: why; the frame has these columns too
    >>> type(shown[["who"]]).__name__
    'DataFrame'
    """

    _telling: tuple[Any, ...] = ()

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def telling_first(self, names: tuple[Any, ...]) -> Self:
        """Note which columns tell most, the most telling first, and return this frame."""
        self._telling = names
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return pd.DataFrame, (), pd.DataFrame(self).__getstate__()

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()

    def __repr__(self) -> str:
        if self.empty:
            return repr(pd.DataFrame(self))
        width = shutil.get_terminal_size((pd.get_option("display.width") or 80, 24)).columns
        whole = self._whole()
        if max(map(len, whole.splitlines())) <= width:
            return whole
        rows, gap = _rows_to_show(pd.DataFrame(self))
        index = [str(label) for label in rows.index]
        found = self._columns(rows)
        chosen = _chosen(found, width - max(map(len, index)))
        seen = [name for column, _ in chosen for name in column.names]
        left = [str(name) for name in self.columns if name not in seen]
        notes = [f"[{len(self):,} rows x {len(self.columns)} columns]"] if gap is not None else []
        if left:
            told = "Left out for the width: {}; the frame has these columns too"
            notes.append(told.format(", ".join(left)))
        return "\n\n".join([_printed(chosen, index, gap), *notes])

    def _whole(self) -> str:
        """Return it with all columns, however wide."""
        with pd.option_context(*_WHOLE):
            return repr(pd.DataFrame(self))

    def _columns(self, rows: pd.DataFrame) -> list[Column]:
        """Return what can be shown of some rows, in the order of the columns."""
        found = []
        for place, name in enumerate(rows.columns):
            values = rows.iloc[:, place]
            cells = [] if values.isna().all() else _texts(values)
            first = self._telling.index(name) if name in self._telling else len(self._telling)
            is_text = values.dtype == object or isinstance(values.dtype, pd.StringDtype)
            least = _LEAST_TEXT if is_text else None
            found.append(Column(str(name), cells, first, [name], least, cut(cells)))
        return found


def fitting(frame: pd.DataFrame, *telling: Any) -> pd.DataFrame:
    """Return a frame that is shown within the width of the screen.

    Parameters
    ----------
    frame
        Any frame.
    *telling
        The columns that tell most, the most telling first.

    Examples
    --------
    >>> fitting(pd.DataFrame({"x": [1]})).equals(pd.DataFrame({"x": [1]}))
    True
    """
    return FittingFrame(frame).telling_first(telling)


def cut(cells: Sequence[str]) -> Callable[[int], list[str]]:
    """Return what cuts each of some texts to so many characters.

    >>> cut(["too many false alarms", "none"])(9)
    ['too many…', 'none']
    """
    return lambda space: [
        cell if len(cell) <= space else f"{cell[: space - 1].rstrip()}…" for cell in cells
    ]


def _rows_to_show(frame: pd.DataFrame) -> tuple[pd.DataFrame, int | None]:
    """Return the rows that pandas would show, and before which of them it leaves others out."""
    most = pd.get_option("display.max_rows") or len(frame)
    if len(frame) <= most:
        return frame, None
    half = max(min(most, pd.get_option("display.min_rows") or most) // 2, 1)
    return pd.concat([frame.head(half), frame.tail(half)]), half


def _chosen(columns: Sequence[Column], space: int) -> list[tuple[Column, list[str]]]:
    """Return the columns that fit, in their order, each with its cells within its space."""
    taken: dict[int, int] = {}
    ranked = sorted(range(len(columns)), key=lambda place: columns[place].rank)
    telling = [place for place in ranked if any(columns[place].cells)] or ranked[:1]
    for place in telling:
        needed = columns[place].smallest + _GAP
        if needed <= space or not taken:
            taken[place] = columns[place].smallest
            space -= needed
    for place in taken:
        more = max(min(columns[place].whole - taken[place], space), 0)
        taken[place] += more
        space -= more
    return [
        (columns[place], _within(columns[place], taken[place]))
        for place in sorted(taken)
    ]  # fmt: skip


def _within(column: Column, space: int) -> list[str]:
    return column.cells if column.least is None else column.cut(space)


def _printed(
    chosen: Sequence[tuple[Column, list[str]]], index: Sequence[str], gap: int | None
) -> str:
    """Return columns of texts as pandas prints them, dots where rows were left out."""
    texts = [["", *index]]
    texts += [[column.title, *(cells or [""] * len(index))] for column, cells in chosen]
    if gap is not None:
        texts = [[*text[: gap + 1], "...", *text[gap + 1 :]] for text in texts]
    labels, *others = [(text, max(map(len, text))) for text in texts]
    left = [cell.ljust(labels[1]) for cell in labels[0]]
    right = [[" " * _GAP + cell.rjust(width) for cell in text] for text, width in others]
    return "\n".join("".join(line).rstrip() for line in zip(left, *right, strict=True))


def _texts(values: pd.Series[Any]) -> list[str]:
    r"""Return values as pandas prints them, but times without what none of them has.

    >>> _texts(pd.Series([0.5, None])), _texts(pd.Series(["a\nb", None], dtype=object))
    (['0.5', 'NaN'], ['a b', 'None'])
    >>> _texts(pd.Series(pd.to_datetime(["2026-03-01T10:30:05.25Z"])))
    ['2026-03-01 10:30:05Z']
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return _times(values)
    if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
        return [" ".join(str(value).split()) for value in values]
    return [line.strip() for line in values.to_string(index=False, header=False).split("\n")]


def _times(values: pd.Series[Any]) -> list[str]:
    times = values.dt.tz_convert("UTC")
    is_days = bool((times.dropna() == times.dropna().dt.normalize()).all())
    written = times.dt.strftime("%Y-%m-%d" if is_days else "%Y-%m-%d %H:%M:%SZ")
    return [str(text) for text in written.where(times.notna(), "NaT")]
