"""A bar for work that takes long, where somebody is watching."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["progress", "tracked"]

T = TypeVar("T")

PATIENCE_SECONDS = 1.0
"""How long work may take before it shows how far it is."""

_screen = threading.Lock()
"""Held by the work that may show a bar: there is room for one."""


@contextmanager
def progress(description: str, *, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on the terminal if the block takes longer than a second.

    Within another one, or beside that of another thread, nothing is shown.

    Parameters
    ----------
    description
        What is being done.
    total
        How much there is to do, if that is known.

    Yields
    ------
    callable
        Is told how much more was done.

    Examples
    --------
    >>> with progress("Spelling", total=3) as advance:
    ...     advance(3)
    """
    if not _is_watched() or not _screen.acquire(blocking=False):
        yield lambda _: None
        return
    try:
        bar = _Bar(description, total)
        try:
            yield bar.advance
        finally:
            bar.close()
    finally:
        _screen.release()


def tracked(items: Iterable[T], description: str, *, total: int | None = None) -> Iterator[T]:
    """Yield the items; show a bar on the terminal if they take longer than a second.

    Parameters
    ----------
    items
        What is worked on, piece by piece.
    description
        What is being done.
    total
        How many items there are, if that is known.

    Examples
    --------
    >>> list(tracked("abc", "Spelling"))
    ['a', 'b', 'c']
    """
    with progress(description, total=total) as advance:
        for item in items:
            yield item
            advance(1)


class _Bar:
    """A bar that comes by itself when its time has come, though the work may be one long step."""

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._started, self._done, self._is_closed = time.monotonic(), 0, False
        self._progress: Progress | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
        self._timer.daemon = True
        self._timer.start()

    def advance(self, amount: int) -> None:
        with self._lock:
            self._done += amount
            if self._progress is not None:
                self._progress.advance(self._progress.task_ids[0], amount)

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_closed = True
            if self._progress is not None:
                self._progress.stop()

    def _show(self) -> None:
        shown = _new_progress()
        with self._lock:
            if self._is_closed:
                return
            shown.add_task(self._description, total=self._total, completed=self._done)
            shown.tasks[0].start_time = self._started
            shown.start()
            self._progress = shown


def _new_progress() -> Progress:
    """Return a bar that is wiped away in the end, with the time beside it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # else what others print would leave its pipe
    )


def _is_watched() -> bool:
    if "ipykernel" in sys.modules:  # without widgets, rich warns instead of showing anything
        return find_spec("ipywidgets") is not None
    return sys.stderr.isatty()
