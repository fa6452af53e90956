"""Which rows of two files have one id: found once, and kept while it is used.

The files are immutable, so that what was found stays true; whether a row is deleted meanwhile is
for the caller to look at.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeAlias

from modelgroups.storage.lock import thread_lock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from modelgroups.storage.keys import KeyIndex

__all__ = ["Joins", "Pairs"]

Pairs: TypeAlias = "tuple[NDArray[np.uint32], NDArray[np.uint32]]"
"""Rows of one file, and for each of them a row of another file that has its id."""

_MOST_PAIRS: Final = 1 << 25
"""So many pairs are kept, of eight bytes each."""


class Joins:
    """The pairs of rows of files that were joined last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Pairs] = OrderedDict()
        self._n_pairs = 0
        self._lock = thread_lock()

    def pairs(self, left: str, left_index: KeyIndex, right: str, right_index: KeyIndex) -> Pairs:
        """Return every pair of rows, one of either file, that have one key.

        Parameters
        ----------
        left, right
            What identifies the files.
        left_index, right_index
            Their indexes.
        """
        files = (left, right)
        with self._lock:
            known = self._known.get(files)
            if known is not None:
                self._known.move_to_end(files)
                return known
        import numpy as np

        ours, theirs = left_index.join(right_index)
        pairs = ours.astype(np.uint32), theirs.astype(np.uint32)
        with self._lock:
            if files not in self._known:
                self._known[files] = pairs
                self._n_pairs += len(ours)
            while self._n_pairs > _MOST_PAIRS and len(self._known) > 1:
                _, dropped = self._known.popitem(last=False)
                self._n_pairs -= len(dropped[0])
        return pairs
