"""Which segments are merged: pure arithmetic on their sizes.

Segments stand in tiers, each for files `FANOUT` times as large as those of the tier below. Once
a tier has `FANOUT` of them they become one of a higher tier. So there are fewer than `FANOUT`
files in a tier, their number is logarithmic in the number of rows, and a row is written again
at most once a tier. This is size-tiered compaction (O'Neil et al., "The log-structured
merge-tree", 1996).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from modelgroups.catalog.records import Segment

__all__ = ["FANOUT", "FOLD_ROWS", "is_overdue", "next_merge", "tier"]

FANOUT: Final = 8
FOLD_ROWS: Final = 512
"""So many rows in parcels are folded into a segment."""


def tier(n_rows: int) -> int:
    """Return the tier of a segment.

    >>> [tier(n) for n in (1, 4095, 4096, 32_768)]
    [0, 0, 1, 2]
    """
    found = 0
    while n_rows >= FOLD_ROWS * FANOUT:
        n_rows //= FANOUT
        found += 1
    return found


def next_merge(segments: Iterable[Segment], fanout: int = FANOUT) -> list[Segment]:
    """Return the segments, all of one kind, to make into one, or none.

    A segment of which more rows are deleted than left is written again even alone.

    Parameters
    ----------
    segments
        Those that there are.
    fanout
        How many of a tier are too many.
    """
    tiers = _tiers(segments)
    for number in sorted(tiers):
        if len(tiers[number]) >= fanout:
            return tiers[number]
    return next(
        ([s] for number in sorted(tiers) for s in tiers[number] if 2 * s.n_deleted > s.n_rows), []
    )


def is_overdue(segments: Iterable[Segment]) -> bool:
    """Return whether merging must not be put off any longer."""
    return any(len(found) >= 2 * FANOUT for found in _tiers(segments).values())


def _tiers(segments: Iterable[Segment]) -> dict[int, list[Segment]]:
    tiers = defaultdict(list)
    for segment in segments:
        tiers[tier(segment.n_rows - segment.n_deleted)].append(segment)
    return tiers
