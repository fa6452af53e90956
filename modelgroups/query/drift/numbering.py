"""Numbers for values that come part by part, in the order in which they first appear.

Loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Numbering", "distinct", "encode"]

Codes: TypeAlias = NDArray[np.integer[Any]]


class Numbering:
    """Numbers distinct values.

    Examples
    --------
    >>> words = Numbering()
    >>> words.number(pa.array(["b", None, "b"])), words.number(pa.array(["a", "b"]))
    (array([0, 1, 0]), array([2, 0]))
    >>> words.values, words.ranks()
    (['b', None, 'a'], array([1, 2, 0]))
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def __contains__(self, value: object) -> bool:
        return value in self._numbers

    def number(self, column: pa.ChunkedArray | pa.Array) -> Codes:
        """Return the number of each value of a column."""
        codes, values = encode(column)
        return self.number_each(values)[codes]

    def number_each(self, values: Iterable[Any]) -> Codes:
        """Return the numbers of a few values."""
        found = [self._numbers.setdefault(value, len(self._numbers)) for value in values]
        self.values += list(self._numbers)[len(self.values) :]
        return np.array(found, np.int64)

    def ranks(self) -> Codes:
        """Return for each number the place of its value in ascending order, null last."""
        order = sorted(range(len(self)), key=lambda i: (self.values[i] is None, self.values[i]))
        ranks = np.empty(len(self), np.int64)
        ranks[order] = np.arange(len(self))
        return ranks


def encode(column: pa.ChunkedArray | pa.Array) -> tuple[Codes, Sequence[Any]]:
    """Return the values of a column as places among others, which may hold some to spare.

    A zero has no sign, and NaN is null.

    Examples
    --------
    >>> encode(pa.array([0.0, float("nan"), -0.0]))
    (array([0, 1, 0]), [0.0, None])
    """
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_floating(chunked.type):
        null = pa.scalar(None, chunked.type)
        chunked = pc.add(pc.if_else(pc.is_nan(chunked), null, chunked), 0.0)
    encoded = chunked.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # without chunks
        encoded = pa.array([], encoded.type)
    indices, values = encoded.indices, encoded.dictionary.to_pylist()
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int64()), len(values))
        values.append(None)
    return indices.to_numpy().astype(np.int64, copy=False), values


def distinct(codes: Codes) -> tuple[Codes, Codes]:
    """Return the distinct codes in ascending order, and the place of each row's among them."""
    least = int(codes.min(initial=0))
    most = int(codes.max(initial=least)) - least
    if most > 2 * len(codes) + 1_000:
        return np.unique(codes, return_inverse=True)
    codes = codes - least
    found = np.flatnonzero(np.bincount(codes, minlength=most + 1))
    places = np.zeros(most + 1, np.int64)
    places[found] = np.arange(len(found))
    return found + least, places[codes]
