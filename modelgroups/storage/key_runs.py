"""Several indexes of ids at once: merged, or searched for ids that they share.

They are gone through a run of the keys at a time, so that not all of them need be in memory.
Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from modelgroups.storage.digest import sha256_of_file
from modelgroups.storage.keys import ENTRIES_AT_ONCE, INDEX_LINES, WORD_BYTES, KeyIndex, order_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from modelgroups.storage.keys import Rows

__all__ = ["merge_indexes", "sharing_parts"]

What = TypeVar("What")


def merge_indexes(
    path: Path,
    parts: Sequence[tuple[KeyIndex, Rows | int]],
    n_rows: int,
    *,
    durable: bool = True,
    pause: Callable[[], None] = lambda: None,
) -> str:
    """Write the index of a file that holds the rows of others, and return its SHA-256.

    No more than a few million entries are in memory at a time.

    Parameters
    ----------
    path
        Where to write.
    parts
        For each of the others its index, and where its rows go: a number to add to all, or for
        each the row in the new file, -1 for a row that is left out.
    n_rows
        The rows of the new file.
    durable
        Whether to wait until the bytes outlast a power cut.
    pause
        Is called now and then.
    """
    header = {"descr": "<u8", "fortran_order": False, "shape": (INDEX_LINES, n_rows)}
    with path.open("wb") as file:  # a memory map would kill the process where the disk is full
        np.lib.format.write_array_header_1_0(file, header)
        start, end = file.tell(), 0
        for run in _merged(parts):
            pause()
            for line, values in enumerate(run):
                file.seek(start + WORD_BYTES * (line * n_rows + end))
                file.write(values.astype("<u8").tobytes())
            end += len(run[0])
        file.flush()
        if durable:
            os.fsync(file.fileno())
    return sha256_of_file(path)


def _merged(
    parts: Sequence[tuple[KeyIndex, Rows | int]],
) -> Iterable[tuple[NDArray[np.uint64], NDArray[np.uint64], Rows]]:
    """Yield sorted runs of the entries of several sorted indexes."""
    inner = _inner_cuts(sum(len(index) for index, _ in parts))
    cuts = [index.cuts(inner) for index, _ in parts]
    for piece in range(len(inner) + 1):
        runs = [
            index.run(cut[piece], cut[piece + 1])
            for (index, _), cut in zip(parts, cuts, strict=True)
        ]
        high, low = (np.concatenate([run[half] for run in runs]) for half in (0, 1))
        row = np.concatenate(
            [_moved(run[2], where) for (_, where), run in zip(parts, runs, strict=True)]
        )
        kept = row >= 0
        high, low, row = high[kept], low[kept], row[kept]
        order = order_of(high, low, row)
        yield high[order], low[order], row[order]


def _inner_cuts(n_entries: int) -> list[int]:
    """Return first halves between which few enough entries lie; hashes are spread evenly."""
    n_runs = -(-n_entries // ENTRIES_AT_ONCE) or 1
    return [2**64 // n_runs * number for number in range(1, n_runs)]


def sharing_parts(parts: Sequence[Mapping[What, KeyIndex]]) -> list[tuple[int, int]]:
    """Return which parts have keys that earlier parts have, a run of the keys at a time.

    Parameters
    ----------
    parts
        Each part's indexes, by what they index.

    Returns
    -------
    Pairs of an earlier and a later part, sorted: for every key of the later part and whatever is
    indexed, the first part that has it is among its earlier ones. A pair may, by a chance of one
    in a billion, have no key in common.

    Examples
    --------
    >>> from modelgroups.storage.keys import keys_of
    >>> parts = [{"x": KeyIndex.of(keys_of(ids))} for ids in (["a", "b"], ["c"], ["d", "b"])]
    >>> sharing_parts(parts)
    [(0, 2)]
    """
    inner = _inner_cuts(sum(len(index) for part in parts for index in part.values()))
    cuts = [{what: index.cuts(inner) for what, index in part.items()} for part in parts]
    found: set[tuple[int, int]] = set()
    for run in range(len(inner) + 1):
        highs = [
            {what: index.run(*cut[what][run : run + 2])[0] for what, index in part.items()}
            for part, cut in zip(parts, cuts, strict=True)
        ]
        found |= _sharing(highs)
    return sorted(found)


def _sharing(of: Sequence[Mapping[What, NDArray[np.uint64]]]) -> set[tuple[int, int]]:
    """Return which parts share keys, of which the sorted first halves are given."""
    everything = [_union(list(highs.values())) for highs in of]
    sorted_ = np.sort(np.concatenate(everything))
    shared = np.unique(sorted_[1:][sorted_[1:] == sorted_[:-1]])
    pairs: set[tuple[int, int]] = set()
    if not len(shared):
        return pairs
    for what in {what for highs in of for what in highs}:
        first = np.full(len(shared), len(of))
        for part in reversed(range(len(of))):
            if what in of[part]:
                first[np.isin(shared, of[part][what])] = part
        for later, highs in enumerate(everything):
            earlier = np.unique(first[np.isin(shared, highs)])
            pairs |= {(int(part), later) for part in earlier if part < later}
    return pairs


def _union(highs: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Return which keys a part has: mostly its indexes are of the same ones."""
    if not highs:
        return np.empty(0, dtype=np.uint64)
    if all(np.array_equal(highs[0], other) for other in highs[1:]):
        return np.unique(highs[0])
    return np.unique(np.concatenate(highs))


def _moved(rows: Rows, where: Rows | int) -> Rows:
    return rows + where if isinstance(where, int) else where[rows]
