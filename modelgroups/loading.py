"""Loading heavy libraries quickly."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Import modules within this without a look for garbage.

    Modules are many new objects and no garbage: the collector would go through them again and
    again, which takes a quarter of the time that pandas and Ibis need to load. Afterwards they
    count as old, so that it does not go through them right away.

    >>> with loading():
    ...     import json
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else they would be old that somebody has set apart
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()
