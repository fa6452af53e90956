"""NumPy's arrays as Arrow's and back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelgroups.storage.arrays import as_arrow, as_numpy

KINDS = ["bool", "int64", "uint32", "float64"]
rows = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=20)


@pytest.mark.parametrize("kind", KINDS)
@given(rows=rows)
def test_values_become_those_that_pyarrow_makes_of_them(kind, rows):
    values = np.array([value for value, _ in rows]).astype(kind)
    is_null = np.array([null for _, null in rows], bool)
    assert as_arrow(values).equals(pa.array(values))
    found = as_arrow(values, is_null=is_null)
    found.validate(full=True)
    assert found.equals(pa.array(values, mask=is_null))


@pytest.mark.parametrize("kind", KINDS)
@given(rows=rows, start=st.integers(0, 10), cut=st.integers(0, 20))
def test_values_come_back_from_parts_of_arrays(kind, rows, start, cut):
    values = np.array([value for value, _ in rows]).astype(kind)
    part = as_numpy(pa.array(values)[start:])
    assert part.dtype == values.dtype
    assert part.tolist() == values[start:].tolist()
    chunks = pa.chunked_array([pa.array(values[:cut]), pa.array(values[cut:])])
    assert as_numpy(chunks).tolist() == values.tolist()


def test_strided_values_are_laid_out():
    assert as_arrow(np.arange(6)[::2]).to_pylist() == [0, 2, 4]


def test_nulls_and_other_values_are_as_pyarrow_gives_them():
    assert np.isnan(as_numpy(pa.array([1.5, None]))).tolist() == [False, True]
    assert as_numpy(pa.array(["a", None])).tolist() == ["a", None]
    assert as_numpy(pa.array([True, None])).tolist() == [True, None]
    assert as_numpy(pa.chunked_array([], pa.float64())).tolist() == []
