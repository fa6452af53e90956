"""Locks: on files, between processes, released by the kernel; and between threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from weakref import WeakSet

__all__ = ["locked", "thread_lock", "try_lock"]

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(fd: int, *, wait: bool) -> None:
        msvcrt.locking(fd, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fd: int, *, wait: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock on `path`, made if absent, waiting for whoever has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(fd, wait=True)
        yield
    finally:
        os.close(fd)


def try_lock(fd: int) -> bool:
    """Take the exclusive lock on an open file if nobody has it; return whether it was free."""
    try:
        _lock(fd, wait=False)
    except OSError:
        return False
    return True


_thread_locks: WeakSet[Lock] = WeakSet()


def thread_lock() -> Lock:
    """Return a lock between threads that a forked child finds free, whoever held it at the fork.

    Hold it for changes that are whole at every instant, such as one call of a container.
    """
    lock = Lock()  # bare: Ctrl-C inside an __enter__ written in Python would leave it taken
    _thread_locks.add(lock)
    return lock


def _free_all() -> None:
    for lock in list(_thread_locks):
        # As Python does with its own. To release it is not enough: it does not seem locked if the
        # fork came between its semaphore and its flag.
        lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_all)
