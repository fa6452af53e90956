"""Upkeep: compaction in the background of later calls.

A thread folds and merges while there is something to do, and ends; there is none while nothing
is sent. A fork waits for it to reach a place where it holds nothing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from modelgroups.catalog import logs, parcels, segments
from modelgroups.catalog.interrupts import interrupts_wait
from modelgroups.errors import ModelGroupsError
from modelgroups.inferences.tiers import FOLD_ROWS, is_overdue
from modelgroups.storage.lock import thread_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelgroups.registry import Registry

__all__ = ["Upkeep", "upkeep_of"]

logger = logging.getLogger("modelgroups")

_CHECK_ROWS: Final = FOLD_ROWS // 2
"""After so many rows of a process it looks how many lie in parcels."""

_fork_waits = threading.Event()
_working = threading.RLock()  # a hook that is called by the thread may fork


class _StoppedError(Exception):
    """The registry, or the program, is coming to its end."""


class Upkeep:
    """Keeps the logs of a registry compact.

    Parameters
    ----------
    registry
        An open registry.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = thread_lock()
        self._due: deque[str] = deque()
        self._thread: threading.Thread | None = None
        self._unchecked: dict[str, int] = {}
        self._stopping = False

    def note(self, model_id: str, n_rows: int, *, n_segments: int) -> None:
        """Note that rows were stored; begin to compact if that is due.

        Parameters
        ----------
        model_id
            Whose log.
        n_rows
            How many of them went into parcels.
        n_segments
            How many segments they brought.
        """
        unchecked = self._unchecked.get(model_id)  # None: this process has not looked yet
        if n_rows:
            self._unchecked[model_id] = (unchecked or 0) + n_rows
        if n_rows and (unchecked is None or unchecked + n_rows >= _CHECK_ROWS):
            self._unchecked[model_id] = 0
            if self._has_backlog(model_id):
                n_segments += 1
        if n_segments:
            self._begin(model_id)

    def _has_backlog(self, model_id: str) -> bool:
        with self._registry.catalog.read() as session:
            log = logs.find(session, model_id)
            kinds = ("inference", "ground_truth", "enrichment")
            return log is not None and any(
                parcels.count_rows(session, log.serial, kind) >= FOLD_ROWS for kind in kinds
            )

    def _begin(self, model_id: str) -> None:
        with self._lock:
            if self._stopping:
                return
            if model_id not in self._due:
                self._due.append(model_id)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="modelgroups-upkeep")
                with interrupts_wait():  # Ctrl-C could leave it waiting to be started for ever
                    self._thread.start()

    def stop(self) -> None:
        """End the thread; work that can be put off is broken off."""
        with self._lock:
            self._stopping = True
            thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            thread.join()

    def wait(self) -> None:
        """Return once nothing is left to do."""
        with self._lock:  # or it might not be started yet
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        from modelgroups.inferences.compact import Compactor

        while True:
            with self._lock:
                if not self._due:
                    self._thread = None
                    return
                model_id = self._due.popleft()
            with _working:
                try:
                    compactor = Compactor(self._registry, model_id, self._pause(model_id))
                    while compactor.step():
                        _let_forks_pass()
                except _StoppedError:
                    pass
                except (ModelGroupsError, OSError) as error:
                    logger.warning(
                        "the log of model %s could not be compacted and stays as it is: %s",
                        model_id,
                        error,
                    )

    def _pause(self, model_id: str) -> Callable[[], None]:
        overdue: bool | None = None
        worker = threading.current_thread()

        def pause() -> None:
            nonlocal overdue
            if threading.current_thread() is worker:  # not the helper that writes the index
                _let_forks_pass()
            if self._stopping or not threading.main_thread().is_alive():
                if overdue is None:
                    overdue = self._is_overdue(model_id)
                if not overdue:
                    raise _StoppedError

        return pause

    def _is_overdue(self, model_id: str) -> bool:
        with self._registry.catalog.read() as session:
            log = logs.find(session, model_id)
            if log is None:
                return False
            found = segments.live(session, log.serial)
        kinds = {segment.kind for segment in found}
        return any(is_overdue([s for s in found if s.kind == kind]) for kind in kinds)


def upkeep_of(registry: Registry) -> Upkeep:
    """Return what keeps the logs of a registry compact; closing the registry stops it."""
    found = registry.upkeep
    if not isinstance(found, Upkeep):
        found = registry.upkeep = Upkeep(registry)
    return found


def _let_forks_pass() -> None:
    """Hold nothing for as long as another thread forks."""
    if _fork_waits.is_set():
        _working.release()
        while _fork_waits.is_set():
            time.sleep(0.001)
        _working.acquire()


def _before_fork() -> None:
    _fork_waits.set()
    _working.acquire()


def _after_fork() -> None:
    _working.release()
    _fork_waits.clear()


if hasattr(os, "register_at_fork"):  # runs before that of the catalog, which was registered first
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )
