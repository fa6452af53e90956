"""NumPy's arrays as Arrow's and back, without pandas. Loads pyarrow: import it lazily."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["as_arrow", "as_numpy"]


def as_arrow(values: NDArray[Any], *, is_null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return numbers or truth values as an Arrow array; numbers are not copied.

    `pyarrow.array` loads pandas to look at an array, which takes longer than many a query.

    Parameters
    ----------
    values
        The values.
    is_null
        Which of them are null; none when not given.

    Examples
    --------
    >>> as_arrow(np.array([1, -1]), is_null=np.array([False, True])).to_pylist()
    [1, None]
    >>> as_arrow(np.array([True, False])).to_pylist()
    [True, False]
    """
    is_truth = values.dtype == bool
    held = _bits(values) if is_truth else np.ascontiguousarray(values)
    valid = None if is_null is None else pa.py_buffer(_bits(~is_null))
    type_ = pa.bool_() if is_truth else pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(type_, len(values), [valid, pa.py_buffer(held)])


def _bits(values: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(values, bitorder="little")


def as_numpy(values: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Return values as an array of NumPy that may not be written to.

    `to_numpy` of pyarrow loads pandas; here that is only so where values are null, or neither
    numbers nor truth values.

    Examples
    --------
    >>> as_numpy(pa.array([True, True, False])[1:]), as_numpy(pa.chunked_array([[1.5], [2.5]]))
    (array([ True, False]), array([1.5, 2.5]))
    """
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    is_truth = pa.types.is_boolean(whole.type)
    is_number = pa.types.is_integer(whole.type) or pa.types.is_floating(whole.type)
    if whole.null_count or not (is_truth or is_number):
        return np.asarray(whole)
    return np.from_dlpack(whole.cast(pa.uint8())).view(bool) if is_truth else np.from_dlpack(whole)
