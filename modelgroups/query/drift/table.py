"""The table of buckets behind a PSI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modelgroups.query.answer import plain
from modelgroups.query.drift.classes import text_of
from modelgroups.query.drift.distributions import Tally
from modelgroups.query.drift.measures import half_row_shares

__all__ = ["bucket_rows"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def bucket_rows(
    tally: Tally, number: int, key: Mapping[str, Any], *, is_time: bool
) -> Iterator[dict[str, Any]]:
    """Yield a row for each bucket, in ascending order, that has rows on either side.

    Counts are true ones; probabilities count an empty bucket as half a row if the other side is
    in it. The column ``psi`` adds up to the PSI of the cell.

    Parameters
    ----------
    tally
        The counts.
    number
        Which row of the answer.
    key
        The group and time as they stand in the answer.
    is_time
        Whether the values are times, in microseconds.
    """
    base, target = tally.base[number], tally.target[number]
    columns = {**_half("base", base, target), **_half("target", target, base)}
    for word in ("probability", "ln_probability"):
        ours, theirs = (columns[f"{side}_{word}_per_bucket"] for side in ("base", "target"))
        columns[f"{word}_difference"] = ours - theirs
    columns["psi"] = columns["probability_difference"] * columns["ln_probability_difference"]
    n_named = 0
    for bucket in np.flatnonzero(base + target).tolist():
        name: str | None = None
        if bucket < len(base) - 1:
            n_named += 1
            categories = tally.categories
            name = f"bucket_{n_named}" if categories is None else text_of(categories[bucket])
        row: dict[str, Any] = {**key, "bucket": name}
        if tally.categories is None:
            row |= _bounds(tally, number, bucket, is_time=is_time)
        yield row | {column: plain(values[bucket]) for column, values in columns.items()}


def _half(
    side: str, counts: NDArray[np.int64], other: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    shares = half_row_shares(counts, other)
    return {
        f"{side}_count_per_bucket": counts,
        f"{side}_total": np.full(len(counts), counts.sum()),
        f"{side}_probability_per_bucket": shares,
        f"{side}_ln_probability_per_bucket": np.log(np.where(shares == 0, np.nan, shares)),
    }


def _bounds(tally: Tally, number: int, bucket: int, *, is_time: bool) -> dict[str, Any]:
    """Return the bounds of a bucket of numbers; the outermost are the base's extremes."""
    edges, (least, most) = tally.buckets[number].edges, tally.buckets[number].bounds
    low = high = None
    if bucket <= len(edges):
        low = least if bucket == 0 else edges[bucket - 1]
        high = most if bucket == len(edges) else edges[bucket]
    low, high = (_shown(bound, is_time=is_time) for bound in (low, high))
    return {
        "base_bucket_min": low,
        "base_bucket_max": high,
        "target_bucket_min": low,
        "target_bucket_max": high,
    }


def _shown(bound: Any, *, is_time: bool) -> Any:
    if bound is None or not is_time:
        return plain(bound)
    return plain(_EPOCH + timedelta(microseconds=float(bound)))
