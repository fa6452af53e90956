"""Work beside other work, in a thread of its own; at the end of the interpreter, in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

__all__ = ["in_background", "submit"]

P = ParamSpec("P")
R = TypeVar("R")


def submit(
    pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> Future[R]:
    """Have work done by a pool, or do it at once where the interpreter starts no more threads.

    >>> with ThreadPoolExecutor(1) as pool:
    ...     submit(pool, len, "abc").result()
    3
    """
    try:
        return pool.submit(work, *args, **kwargs)
    except RuntimeError:  # a thread that is left at the end of the program
        done: Future[R] = Future()
        done.set_result(work(*args, **kwargs))
        return done


@contextmanager
def in_background(work: Callable[[], R]) -> Iterator[Callable[[], R]]:
    """Do work beside the block, and offer a function that returns its result.

    At the end of the block the work is done; what it raised is raised by that function.

    >>> with in_background(lambda: 6 * 7) as answer:
    ...     pass
    >>> answer()
    42
    """
    with ThreadPoolExecutor(1, "modelgroups-background") as pool:
        yield submit(pool, work).result
