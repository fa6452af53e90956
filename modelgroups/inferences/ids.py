"""Ids for inferences whose sender gave none."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Final

from numpy.random import default_rng

__all__ = ["ID_LENGTH", "new_id_bytes", "new_ids"]

ID_LENGTH: Final = 22
"""Characters of a generated id, about 130 random bits: none is ever made twice."""

_MANY: Final = 1_000  # from here on a generator, begun with fresh entropy, is faster
_BYTES_OF_TWO: Final = 33  # make 44 characters of base 64
_ALPHANUMERIC: Final = bytes.maketrans(b"+/", b"Zz")


def new_ids(n_ids: int) -> list[str]:
    """Return new ids.

    >>> first, second = new_ids(2)
    >>> len(first) == ID_LENGTH, first == second
    (True, False)
    """
    text = new_id_bytes(n_ids).decode()
    return [text[start : start + ID_LENGTH] for start in range(0, len(text), ID_LENGTH)]


def new_id_bytes(n_ids: int) -> bytes:
    """Return new ids in one piece, `ID_LENGTH` letters and digits for each."""
    n_bytes = -(-n_ids // 2) * _BYTES_OF_TWO
    random = os.urandom(n_bytes) if n_ids < _MANY else default_rng().bytes(n_bytes)
    return b64encode(random).translate(_ALPHANUMERIC)[: n_ids * ID_LENGTH]
