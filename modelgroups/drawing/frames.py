"""Frames that tell what matters within the width of the screen.

Loads pandas: import it lazily.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import pandas as pd

__all__ = ["History"]

_LONGEST: Final = 40
_GAP: Final = 2
_SECONDS: Final = "%Y-%m-%d %H:%M:%S"


class History(pd.DataFrame):
    """A frame of what happened, a row each.

    Where the screen is too narrow for all columns, the most telling ones are shown, and the others
    named below; times, in UTC, are told to the second. All is in the frame, and what is made of it
    is a plain frame.

    Examples
    --------
    >>> History({"event_id": ["e1"], "type": ["model.saved"], "actor": ["ada"]})
      event_id         type actor
    0       e1  model.saved   ada
    """

    TELLING: ClassVar = (
        "timestamp",
        "at",
        "type",
        "alias",
        "before",
        "after",
        "reason",
        "actor",
        "rule",
        "n_inferences",
        "n_ground_truths",
        "move",
        "model_id",
        "group_id",
        "event_id",
    )
    """The columns, those first that are kept longest."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        width = shutil.get_terminal_size((pd.get_option("display.width") or 80, 24)).columns
        plain = pd.DataFrame(self)
        shown = plain[_fitting(plain, width, self.TELLING)]
        if not len(plain):
            return repr(plain)
        left = [str(name) for name in plain.columns if name not in shown.columns]
        told = f"\n\nLeft out for the width: {', '.join(left)}; the frame has these columns too"
        return _text(shown) + (told if left else "")


def _fitting(frame: pd.DataFrame, width: int, telling: Sequence[str]) -> list[Any]:
    """Return the columns that fit beside each other, in their order; one always does."""
    room = width - len(str(len(frame)))
    chosen: list[Any] = []
    for name in sorted(frame.columns, key=lambda name: _rank(frame, name, telling)):
        needed = max(map(len, _text(frame[[name]], index=False).splitlines())) + _GAP
        says_nothing = len(frame) > 0 and bool(frame[name].isna().all())
        if (needed <= room and not says_nothing) or not chosen:
            chosen.append(name)
            room -= needed
    return [name for name in frame.columns if name in chosen]


def _rank(frame: pd.DataFrame, name: Any, telling: Sequence[str]) -> tuple[bool, int]:
    """Return which columns come first: the telling ones, those that hold whole documents last."""
    place = telling.index(name) if name in telling else len(telling)
    return any(isinstance(cell, dict) for cell in frame[name]), place


def _text(frame: pd.DataFrame, *, index: bool = True) -> str:
    most = pd.get_option("display.max_rows") or None
    shown = frame.copy()
    for name in frame.select_dtypes("datetimetz"):
        shown[name] = frame[name].dt.strftime(_SECONDS)
    return shown.to_string(max_rows=most, max_colwidth=_LONGEST, index=index)
