"""A bar for work that takes long, where somebody is watching."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TypeVar

__all__ = ["tracked"]

T = TypeVar("T")

PATIENCE_SECONDS = 1.0
"""How long work may take before it shows how far it is."""


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
    if not _is_watched():
        yield from items
        return
    started = time.monotonic()
    with ExitStack() as stack:
        advance = None
        for number, item in enumerate(items, start=1):
            if advance is None and time.monotonic() - started > PATIENCE_SECONDS:
                from rich.console import Console
                from rich.progress import Progress

                bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
                task = bar.add_task(description, total=total, completed=number - 1)
                advance = bar.advance
            yield item
            if advance is not None:
                advance(task)


def _is_watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
