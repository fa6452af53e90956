"""Ctrl-C waits while a transaction holds the write lock.

An exception at the wrong instant, such as the first one inside ``__exit__``, would leave the
transaction open for as long as the traceback lives: for ever, in an interactive session. A
transaction takes milliseconds; the wait for the lock, which may be long, is ended at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["interrupt_if_asked", "interrupts_wait"]

_asked = False
_waits = False


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Raise a KeyboardInterrupt that falls into the block at its end.

    A program that handles SIGINT in a way of its own goes on doing so.
    """
    global _asked, _waits  # what a signal handler can reach
    if (
        threading.current_thread() is not threading.main_thread()
        or _waits  # for the end of the block around this one; asking for the handler is dear
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    _asked = False
    signal.signal(signal.SIGINT, _note)
    _waits = True
    try:
        yield
    finally:
        _waits = False
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupt_if_asked()


def interrupt_if_asked() -> None:
    """Raise the KeyboardInterrupt that waits; call it where nothing is held."""
    global _asked
    if _asked and threading.current_thread() is threading.main_thread():
        _asked = False
        raise KeyboardInterrupt


def _note(_signal: int, _frame: object) -> None:
    global _asked
    _asked = True
