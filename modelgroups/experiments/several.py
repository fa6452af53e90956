"""Several comparisons at once: how sure each still is."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values that may be compared with one level together.

    Of m p-values in order, the k-th becomes max over j ≤ k of (m − j + 1)·p₍ⱼ₎, at most 1; then
    the chance of any false alarm among all of them stays below the level: S. Holm, "A simple
    sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979)
    65–70. None stays None and does not count.

    >>> [p and round(p, 4) for p in holm([0.01, None, 0.04, 0.03])]
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min((len(known) - rank) * p, 1.0))
        adjusted[place] = largest
    return adjusted
