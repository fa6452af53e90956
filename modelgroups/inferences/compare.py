"""Whether rows that were sent again are the rows that are stored.

Only what the caller gave counts: not when we received it, nor a time that we filled in. Loads
pyarrow: import it lazily.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from modelgroups.inferences.layout import INFERENCE_TIME, RECEIVED, TIME_FILLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["equal_rows", "equal_values"]


def equal_rows(given: pa.Table, stored: pa.Table) -> NDArray[np.bool_]:
    """Return for each row of two tables of inferences, of equal length, whether they are one.

    Examples
    --------
    >>> now, later = ({"inference_timestamp": [at, at], "timestamp-filled": [True, False]}
    ...               for at in (1, 2))
    >>> equal_rows(pa.table(now | {"x": [1, 2]}), pa.table(later | {"x": [1, 2]}))
    array([ True, False])
    """
    held = dict.fromkeys([*given.column_names, *stored.column_names])
    names = [name for name in held if name not in (RECEIVED, TIME_FILLED, INFERENCE_TIME)]
    filled = _bools(given[TIME_FILLED]) | _bools(stored[TIME_FILLED])
    same_time = _equal_cells(given[INFERENCE_TIME], stored[INFERENCE_TIME])
    return equal_values(given, stored, names) & (filled | same_time)


def equal_values(given: pa.Table, stored: pa.Table, names: Iterable[str]) -> NDArray[np.bool_]:
    """Return for each row of two tables whether some columns hold the same.

    A column that one of them lacks is null there.
    """
    same = np.ones(len(given), dtype=bool)
    for name in names:
        if name in given.column_names and name in stored.column_names:
            same &= _equal_cells(given[name], stored[name])
        else:
            present = given if name in given.column_names else stored
            same &= _bools(present[name].is_null())
    return same


def _equal_cells(given: pa.ChunkedArray, stored: pa.ChunkedArray) -> NDArray[np.bool_]:
    if pat.is_nested(given.type):
        pairs = zip(_cells(given), _cells(stored), strict=True)
        return np.fromiter((one == other for one, other in pairs), dtype=bool, count=len(given))
    equal = pc.fill_null(pc.equal(given, stored), False)
    return _bools(equal) | (_bools(given.is_null()) & _bools(stored.is_null()))


def _cells(values: pa.ChunkedArray) -> list[Any]:
    """Return cells that are equal whatever the order of the entries of a map."""
    cells: list[Any] = values.to_pylist()
    if pat.is_list(values.type) and pat.is_map(values.type.value_type):
        return [None if cell is None else [dict(entries) for entries in cell] for cell in cells]
    return cells


def _bools(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy())
