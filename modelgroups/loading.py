"""Loading heavy libraries quickly."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Import modules within this without a look for garbage.

    Modules are many new objects and no garbage: the collector would go through them again and
    again, which takes a quarter of the time that pandas and Ibis need to load. Afterwards they
    count as old, so that it does not go through them right away. Where nothing had to be loaded,
    nothing grows old.

    >>> with loading():
    ...     import json
    """
    was_on, before = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            # what somebody has set apart would become old, and takes long to count
            if len(sys.modules) > before and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()
