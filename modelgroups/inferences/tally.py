"""What some rows of a call add to the log: counted before the lock, written under it.

Loads numpy and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.inferences.layout import BATCH, INFERENCE_TIME, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.inferences.accept import Half

__all__ = ["Tally", "batch_sizes", "batches_of", "mask_of"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What some rows add to the log.

    Parameters
    ----------
    kept
        For each half, which of its rows are stored.
    batches
        Each batch of the inferences with its rows, and its first and last time.
    n_stored
        Of how many rows anything is stored.
    n_waiting
        How many ground truths have no inference yet.
    n_more_truths, n_more_waiting
        How many more ids of the log have a ground truth, and how many more of these wait.
    failures
        The rows of the call that fail, with the status and what is wrong.
    """

    kept: Mapping[Kind, NDArray[np.bool_]]
    batches: list[tuple[str, int, int, int]]
    n_stored: int
    n_waiting: int
    n_more_truths: int
    n_more_waiting: int
    failures: dict[int, tuple[int, str]]


def mask_of(kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask that takes no memory where it keeps everything.

    >>> mask_of(np.ones(1_000_000, dtype=bool)).strides
    (0,)
    """
    return np.broadcast_to(np.True_, kept.shape) if kept.all() else kept


def batches_of(half: Half) -> set[str]:
    """Return the batches of some inferences."""
    if isinstance(half.data, list):
        return {record[BATCH] for record in half.data if BATCH in record}
    if BATCH not in half.data.column_names:
        return set()
    return set(half.data[BATCH].unique().drop_null().to_pylist())


def batch_sizes(half: Half) -> list[tuple[str, int, int, int]]:
    """Return each batch of some inferences with its rows, and its first and last time."""
    if isinstance(half.data, list):
        pairs = [(r[BATCH], r[INFERENCE_TIME]) for r in half.data if BATCH in r]
        if not pairs:
            return []
        table = pa.table({BATCH: [p[0] for p in pairs], "at": [p[1] for p in pairs]})
    elif BATCH in half.data.column_names:
        micros = half.data[INFERENCE_TIME].cast(pa.int64())
        table = pa.table({BATCH: half.data[BATCH], "at": micros})
        table = table.filter(pc.is_valid(table[BATCH]))
    else:
        return []
    sizes = table.group_by(BATCH).aggregate([("at", "count"), ("at", "min"), ("at", "max")])
    columns = (sizes[name].to_pylist() for name in (BATCH, "at_count", "at_min", "at_max"))
    return sorted(zip(*columns, strict=True))
