"""Figures that scripts, notebooks and servers can use alike. Loads matplotlib: import it lazily.

The SDK draws with pyplot, so ``plt.savefig()`` after a call, ``plt.gcf()`` and ``plt.show()`` work
on what it drew. They do here where pyplot is in use: where somebody has imported it, or a notebook
draws inline. Else a figure belongs to nobody but the caller, and pyplot is not even loaded.

- What pyplot has, it keeps. Where nobody would ever see it, because the backend only writes files,
  it has to keep the last ten pictures at most; a server may draw as many as it likes. Windows and
  notebooks show theirs, and close them by themselves.
- A notebook shows what pyplot has at the end of a cell, and the value of the cell besides. A
  picture that is such a value is taken from pyplot first, and so shown once.
- pyplot is made for one thread: pictures that are drawn in another one are none of its figures.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = ["Picture", "new_picture"]

_KEPT: Final = 10
_INLINE: Final = "inline"
_FOR_FILES: Final = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})
"""The backends of matplotlib that show nothing."""

_kept: deque[weakref.ref[Figure]] = deque()
"""The pictures that pyplot was given with such a backend, the oldest first."""


class Picture(Figure):
    """A figure that a notebook shows where it is the value of a cell.

    Examples
    --------
    >>> Picture()._repr_png_()[1:4]
    b'PNG'
    """

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()

    def _ipython_display_(self) -> None:
        """Take the figure from pyplot, which would show it once more, and leave it to the others.

        Raises
        ------
        NotImplementedError
            Always: by that IPython goes on to the PNG.
        """
        pyplot = _pyplot_in_use()
        if pyplot is not None and _is_inline(mpl.get_backend()):
            pyplot.close(self)
        raise NotImplementedError


def new_picture(width: float, height: float) -> Figure:
    """Return an empty figure: one of pyplot's where that is in use, as the module tells.

    Parameters
    ----------
    width, height
        In inches.
    """
    size: dict[str, Any] = {"figsize": (width, height), "layout": "constrained"}
    pyplot = _pyplot_in_use()
    if pyplot is None:
        return Picture(**size)
    try:
        with _without_counting():
            figure: Figure = pyplot.figure(FigureClass=Picture, **size)
    except ImportError:  # a backend for windows that cannot be loaded where there is no display
        return Picture(**size)
    backend = mpl.get_backend().lower()
    if backend in _FOR_FILES or (_INLINE in backend and not _is_inline(backend)):
        _keep_the_last(pyplot, figure)
    return figure


def _pyplot_in_use() -> Any:
    """Return pyplot if figures are to be its own, else None."""
    if threading.current_thread() is not threading.main_thread():
        return None
    is_imported = "matplotlib.pyplot" in sys.modules
    if not is_imported and not _is_inline(os.environ.get("MPLBACKEND", "")):
        return None
    import matplotlib.pyplot as plt

    return plt


@contextmanager
def _without_counting() -> Iterator[None]:
    """Let pyplot not warn of many figures: those for files are few, and others are to be seen.

    This is not `matplotlib.rc_context`, which would undo what a backend sets when it is loaded.
    """
    most = mpl.rcParams["figure.max_open_warning"]
    mpl.rcParams["figure.max_open_warning"] = 0
    try:
        yield
    finally:
        mpl.rcParams["figure.max_open_warning"] = most


def _is_inline(backend: str) -> bool:
    """Return whether a backend is that of a notebook, and this process is one.

    Those that a notebook starts inherit its environment.
    """
    ipython = sys.modules.get("IPython")
    return _INLINE in backend and ipython is not None and ipython.get_ipython() is not None


def _keep_the_last(pyplot: Any, figure: Figure) -> None:
    """Take the oldest picture from pyplot where there are too many; its holder may still use it."""
    _kept.append(weakref.ref(figure))
    while len(_kept) > _KEPT:
        oldest = _kept.popleft()()
        if oldest is not None:
            pyplot.close(oldest)
