"""The peak memory of a call, which Linux tells and lets one reset. Needs nothing of ours."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

__all__ = ["extra_peak", "peaks"]

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def peaks(work: Callable[[], object]) -> tuple[float, float]:
    """Return how many megabytes this process held before a call, and at its peak in it."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # what was freed must not be reused
    if trim is not None:
        trim(0)
    before = _resident("VmRSS")
    _CLEAR.write_text("5")  # the peak begins anew
    work()
    return before, _resident("VmHWM")


def extra_peak(work: Callable[[], object]) -> float:
    """Return how many megabytes a call needs at its peak beside those held before it."""
    before, peak = peaks(work)
    return peak - before


def _resident(name: str) -> float:
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1e3
