"""Which rows of a segment are deleted: a bit for each row, compressed.

Loads numpy and pyarrow: import it lazily.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.catalog.records import Segment

__all__ = ["deleted_rows", "dump_marks"]


def dump_marks(deleted: NDArray[np.bool_]) -> bytes:
    """Return marks as the catalog keeps them."""
    return bytes(pa.compress(np.packbits(deleted).tobytes(), codec="zstd", asbytes=True))


def deleted_rows(segment: Segment) -> NDArray[np.bool_] | None:
    """Return for each row of a segment whether it is deleted, or None if none is.

    >>> from types import SimpleNamespace
    >>> marks = dump_marks(np.array([False, True, False]))
    >>> deleted_rows(SimpleNamespace(deleted=marks, n_rows=3)).tolist()
    [False, True, False]
    """
    return None if segment.deleted is None else _load(segment.deleted, segment.n_rows)


@lru_cache(maxsize=64)
def _load(marks: bytes, n_rows: int) -> NDArray[np.bool_]:
    packed = pa.decompress(marks, -(-n_rows // 8), codec="zstd", asbytes=True)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=n_rows).view(bool)
    bits.flags.writeable = False
    return bits
