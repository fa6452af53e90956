"""Keys of ids: 128-bit hashes, and sorted indexes of them that say in which row an id stands.

Two ids with one key would take a collision of 128 bits, which does not happen by chance, so
that a key stands for its id as a digest stands for a file. An index is read by way of a
memory map: looking something up touches a few pages of it, whatever its size.

Loads pyarrow, and pandas once it hashes: import it lazily.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from modelgroups.errors import SnapshotCorruptError
from modelgroups.lazy import lazy
from modelgroups.storage.digest import digest_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

__all__ = [
    "ENTRIES_AT_ONCE",
    "INDEX_LINES",
    "KEY_BYTES",
    "WORD_BYTES",
    "KeyIndex",
    "Keys",
    "hash_of",
    "hashes_of",
    "keys_of",
    "order_of",
]

KEY_BYTES: Final = 16

_STARTS = (0x6D6F64656C67726F, 0x7570733A6C6F7721)  # of the halves; a change breaks every index
_ALL_BITS = (1 << 64) - 1

WORD_BYTES: Final = 8
_FEW: Final = 8
INDEX_LINES: Final = 3
"""The two halves of the keys, and the rows."""

ENTRIES_AT_ONCE: Final = 1 << 21
"""Of indexes that are gone through, so many are in memory."""

_LONGEST_HEADER = 1 << 10
_HEADER = re.compile(  # as NumPy writes it
    rb"\x93NUMPY\x01\x00(..)"
    rb"\{'descr': '<u8', 'fortran_order': False, 'shape': \(3, (\d{1,18})\), \} *\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Keys:
    """The keys of some ids, in their order, as two halves."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.high)

    def __getitem__(self, rows: Rows | NDArray[np.bool_] | slice) -> Keys:
        return Keys(self.high[rows], self.low[rows])

    def as_bytes(self) -> list[bytes]:
        """Return each key as 16 bytes, for the catalog."""
        if len(self) <= _FEW:
            halves = zip(self.high.tolist(), self.low.tolist(), strict=True)
            return [(high << 64 | low).to_bytes(KEY_BYTES, "big") for high, low in halves]
        both = np.stack([self.high, self.low], axis=1).astype(">u8").tobytes()
        return [both[start : start + KEY_BYTES] for start in range(0, len(both), KEY_BYTES)]

    @classmethod
    def from_bytes(cls, keys: Sequence[bytes]) -> Self:
        """Return keys that `as_bytes` made."""
        both = np.frombuffer(b"".join(keys), dtype=">u8").astype(np.uint64).reshape(-1, 2)
        return cls(np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1]))

    @classmethod
    def concat(cls, parts: Sequence[Keys]) -> Self:
        """Return the keys of several parts, one after the other."""
        if not parts:
            nothing = np.empty(0, dtype=np.uint64)
            return cls(nothing, nothing)
        return cls(np.concatenate([p.high for p in parts]), np.concatenate([p.low for p in parts]))

    @lazy
    def order(self) -> Rows:
        """The rows in the order of their keys; equal keys stay in their order."""
        return order_of(self.high, self.low, np.arange(len(self)))

    @lazy
    def in_order(self) -> Keys:
        """The keys in their order."""
        return self[self.order]

    def repeats(self) -> tuple[Rows, Rows]:
        """Return the rows whose key an earlier row has, and for each the first such row.

        >>> keys_of(["a", "b", "a", "a"]).repeats()
        (array([2, 3]), array([0, 0]))
        """
        if len(self) < 2:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        order, (high, low) = self.order, (self.in_order.high, self.in_order.low)
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        firsts = order[is_first][np.cumsum(is_first) - 1]
        later = order[~is_first]
        by_row = np.argsort(later)
        return later[by_row], firsts[~is_first][by_row]


def order_of(high: NDArray[np.uint64], low: NDArray[np.uint64], row: Rows) -> Rows:
    """Return the order of keys, and of rows that have one key.

    NumPy sorts by one number about fourteen times as fast as by three, and the first half
    decides nearly always.
    """
    order: Rows = np.argsort(high)
    high = high[order]
    alike = np.flatnonzero(high[1:] == high[:-1])
    if len(alike):  # equal keys, or a collision of one half
        places = np.union1d(alike, alike + 1)
        some = order[places]
        order[places] = some[np.lexsort((row[some], low[some], high[places]))]
    return order


def keys_of(ids: pa.Array | pa.ChunkedArray | Sequence[str]) -> Keys:
    """Return the keys of ids.

    Parameters
    ----------
    ids
        Texts without nulls.

    Notes
    -----
    Each half is a chain over the words of eight bytes of the id and, first, its length:
    ``state = mix(state ^ word)``, where ``mix`` is what `pandas.util.hash_array` does to whole
    numbers, the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
    number generators", 2014). The halves differ in where they start.

    Examples
    --------
    >>> [hex(half[0]) for half in (keys_of(["a"]).high, keys_of(["a"]).low)]
    ['0xde23d267190f307c', '0x45ebe409876c1c36']
    """
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if not isinstance(ids, pa.Array) and len(ids) <= _FEW:
        return Keys(*_hashed([text.encode() for text in ids], _STARTS))
    texts = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
    return Keys(*hashes_of(texts, _STARTS))


def hashes_of(texts: pa.Array, starts: Sequence[int]) -> list[NDArray[np.uint64]]:
    """Return for each start the hashes of texts, or of bytes, without nulls.

    They are the chains of `keys_of`.
    """
    if len(texts) <= _FEW:  # where one by one they take a tenth of the time
        values = texts.view(pa.large_binary() if _is_large(texts) else pa.binary()).to_pylist()
        return _hashed(values, starts)

    from pandas.util import hash_array

    found = [np.empty(len(texts), np.uint64) for _ in starts]
    for rows, words in _words(texts):
        for hashes, start in zip(found, starts, strict=True):
            state = np.full(len(words[0]), start, np.uint64)
            for word in words:
                state = hash_array(state ^ word)
            hashes[rows] = state
    return found


def _hashed(texts: Sequence[bytes], starts: Sequence[int]) -> list[NDArray[np.uint64]]:
    return [np.array([hash_of(each, at) for each in texts], np.uint64) for at in starts]


def hash_of(text: bytes, start: int = _STARTS[0]) -> int:
    """Return the hash of one text, as `hashes_of` has it, in a few microseconds.

    >>> hex(hash_of(b"a"))
    '0xde23d267190f307c'
    """
    state = _mixed(start ^ len(text))
    for place in range(0, len(text), WORD_BYTES):
        state = _mixed(state ^ int.from_bytes(text[place : place + WORD_BYTES], "little"))
    return state


def _mixed(value: int) -> int:
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _ALL_BITS
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _ALL_BITS
    return value ^ (value >> 31)


def _is_large(texts: pa.Array) -> bool:
    kind = texts.type
    return bool(pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))


def _words(texts: pa.Array) -> Iterator[tuple[Rows | slice, list[NDArray[np.uint64]]]]:
    """Yield texts of one length together: their rows, their length, and their words."""
    if not len(texts):
        return
    width = np.int64 if _is_large(texts) else np.int32
    ends = np.frombuffer(texts.buffers()[1], width)[texts.offset :][: len(texts) + 1]
    lengths = np.diff(ends)
    content = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    alike = lengths.min() == lengths.max()
    for length in lengths[:1] if alike else np.unique(lengths):
        size = int(length)
        if alike:
            rows: Rows | slice = slice(None)
            letters = content[ends[0] : ends[-1]].reshape(len(texts), size)
        else:
            rows = np.flatnonzero(lengths == size)
            letters = content[ends[:-1][lengths == size][:, None] + np.arange(size)]
        padded = np.zeros((len(letters), -(-size // WORD_BYTES) * WORD_BYTES), np.uint8)
        padded[:, :size] = letters
        words = padded.view("<u8").astype(np.uint64)
        yield rows, [np.full(len(letters), size, np.uint64), *np.ascontiguousarray(words.T)]


class KeyIndex:
    """Keys in their order, each with the row that has it.

    As a file it is a NumPy array of three lines: the first halves, the second halves, the rows.

    Parameters
    ----------
    high, low
        The halves of the keys, sorted.
    row
        The rows.
    path
        The file that they are read from.
    """

    def __init__(
        self,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        row: NDArray[np.uint64] | Rows,
        path: Path | None = None,
    ) -> None:
        self._high, self._low, self._row = high, low, row
        self._path = path

    @classmethod
    def of(cls, keys: Keys) -> Self:
        """Return the index of the rows ``0, 1, …`` with these keys."""
        return cls(keys.in_order.high, keys.in_order.low, keys.order)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map an index that `write` wrote into memory; the file may be removed meanwhile.

        Raises
        ------
        SnapshotCorruptError
            It is not an index.
        """
        # Not np.load: it parses the header as Python, which in 3.11 fails beside other threads
        # that do so ("AST constructor recursion depth mismatch").
        with path.open("rb") as file:
            found = _HEADER.match(file.read(_LONGEST_HEADER))
            if found is None or found.end() != 10 + int.from_bytes(found[1], "little"):
                raise _corrupt(path)
            shape = (INDEX_LINES, int(found[2]))
            try:
                lines = np.memmap(file, "<u8", mode="r", offset=found.end(), shape=shape)
            except (ValueError, OverflowError) as error:  # it is shorter than its header says
                raise _corrupt(path) from error
            if lines.nbytes + found.end() != os.fstat(file.fileno()).st_size:
                raise _corrupt(path)
        high, low, row = np.asarray(lines)
        return cls(high, low, row, path)

    def write(self, path: Path, *, durable: bool = True) -> str:
        """Write it to a file, and return its SHA-256."""
        lines = np.stack([self._high, self._low, self._row.astype(np.uint64)])
        with digest_file(path, durable=durable) as file:
            np.save(file, lines, allow_pickle=False)
        return file.digest

    def __len__(self) -> int:
        return len(self._high)

    def cuts(self, inner: Sequence[int]) -> list[int]:
        """Return where the runs of entries begin and end that some first halves part."""
        places = np.searchsorted(self._high, np.array(inner, np.uint64))
        return [0, *map(int, places), len(self)]

    def run(self, start: int, stop: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Rows]:
        """Return some entries: the halves of their keys and their rows."""
        return self._high[start:stop], self._low[start:stop], self._rows(slice(start, stop))

    def _rows(self, places: slice | Rows) -> Rows:
        """Return the rows at some places; a damaged file could name some that are not there."""
        rows = self._row[places]
        if len(rows) and int(rows.max()) >= len(self):
            raise _corrupt(self._path)
        return rows.astype(np.int64)

    def matches(self, keys: Keys) -> tuple[Rows, Rows]:
        """Return every pair of one of the keys, by its number, and a row that has it.

        The pairs are sorted by the key's number, then by row.
        """
        number, places = self._find(keys.in_order)  # sorted keys are found far faster
        which, rows = keys.order[number], self._rows(places)
        by_number = np.lexsort((rows, which))
        return which[by_number], rows[by_number]

    def join(self, other: KeyIndex) -> tuple[Rows, Rows]:
        """Return every pair of a row of this and a row of another index that have one key.

        The pairs are in no order. At most some million keys are looked up at a time.

        >>> rows, others = KeyIndex.of(keys_of(["a", "b"])).join(KeyIndex.of(keys_of(["b", "c"])))
        >>> rows.tolist(), others.tolist()
        ([1], [0])
        """
        if len(self) < len(other):
            others, rows = other.join(self)
            return rows, others
        pairs = []
        for start in range(0, len(other) or 1, ENTRIES_AT_ONCE):
            some = slice(start, start + ENTRIES_AT_ONCE)
            number, places = self._find(Keys(other._high[some], other._low[some]))
            pairs.append((self._rows(places), other._rows(number + start)))
        rows, others = (np.concatenate(side) for side in zip(*pairs, strict=True))
        return rows, others

    def _find(self, keys: Keys) -> tuple[Rows, Rows]:
        """Return every pair of one of some keys, by its number, and a place that has it."""
        start = np.searchsorted(self._high, keys.high)
        number = np.flatnonzero(start < len(self))
        number = number[self._high[start[number]] == keys.high[number]]
        places = start[number]
        after = places[places + 1 < len(self)] + 1
        if (self._high[after] == self._high[after - 1]).any():  # equal keys, or a collision
            n_alike = np.searchsorted(self._high, keys.high[number], side="right") - places
            if n_alike.min() < 1:  # the keys are not sorted
                raise _corrupt(self._path)
            firsts = np.repeat(np.cumsum(n_alike) - n_alike, n_alike)
            places = np.repeat(places, n_alike) + np.arange(len(firsts)) - firsts
            number = np.repeat(number, n_alike)
        same = self._low[places] == keys.low[number]
        return number[same], places[same]

    def rows(self, keys: Keys, deleted: NDArray[np.bool_] | None = None) -> Rows:
        """Return for each key the first row that has it and is not deleted, or -1."""
        if len(keys) == 1 and deleted is None:
            return np.array([self._row_of(keys)], dtype=np.int64)
        found = np.full(len(keys), -1, dtype=np.int64)
        which, rows = self.matches(keys)
        if deleted is not None:
            alive = ~deleted[rows]
            which, rows = which[alive], rows[alive]
        found[which[::-1]] = rows[::-1]  # of several rows the first is written last
        return found

    def _row_of(self, key: Keys) -> int:
        """Return the first row that has a key: a few microseconds, where `matches` takes fifty."""
        high, low = key.high[0], key.low[0]
        place = int(np.searchsorted(self._high, high))
        while place < len(self) and self._high[place] == high:
            if self._low[place] == low:
                return int(self._rows(slice(place, place + 1))[0])
            place += 1
        return -1


def _corrupt(path: Path | None) -> SnapshotCorruptError:
    return SnapshotCorruptError(
        f"the file {path} is damaged: it is not an index of ids; restore it from a backup of the "
        "registry"
    )
