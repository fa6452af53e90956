"""Values are read alike cell by cell and as whole columns, whatever they lie in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgroups import ValueType
from modelgroups.errors import UserError
from modelgroups.inferences.columns import read_cells, read_column
from modelgroups.inferences.layout import arrow_type

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
NAIVE = datetime(2024, 6, 1, 12)  # noqa: DTZ001
POINTS = [{"timestamp": NOON, "value": 1.5}, {"timestamp": NOON}]
INF = float("inf")

COLUMNS = {
    "ints": [1, None, 3],
    "whole floats": [1.0, float("nan"), 3.0],
    "floats": [0.5, INF, -INF, None],
    "large ints": [2**63 - 1, -(2**63), 2**53 + 1],
    "too large ints": [2**63, 1],
    "huge ints": [10**400, 1],
    "mixed numbers": [1, 2.5, 3.0],
    "booleans": [True, None, False],
    "booleans and ints": [True, 2],
    "texts": ["a", None, "naïve 😀"],
    "texts and numbers": ["a", 1],
    "half a pair": ["a", "\ud800"],
    "nulls": [None, None],
    "empty": [],
    "NumPy ints": np.array([1, 2], "int8"),
    "NumPy unsigned": np.array([1, 2**64 - 1], "uint64"),
    "NumPy float32": np.array([1.5, np.inf, np.nan], "float32"),
    "NumPy float16": np.array([1.5, 2.0], "float16"),
    "NumPy booleans": np.array([True, False]),
    "NumPy texts": np.array(["a", "bc"]),
    "NumPy objects": np.array([1, "a", None], dtype=object),
    "NumPy scalars": [np.float32(1.5), np.float32("inf"), np.int8(3), np.float64("nan")],
    "NumPy flags": [np.True_, np.False_],
    "longdoubles": [np.longdouble("1.5"), np.longdouble("inf")],
    "decimals": [Decimal("1.5"), Decimal("NaN"), Decimal("Infinity"), None],
    "huge decimals": [Decimal("1E400"), Decimal(1)],
    "fractions": [Fraction(1, 2), Fraction(3)],
    "Int64": pd.array([1, None, 3], dtype="Int64"),
    "Int64 Series": pd.Series([1, None, 3], dtype="Int64"),
    "Float64": pd.Series([1.5, None, 3.0], dtype="Float64"),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "string": pd.Series(["a", None], dtype="string"),
    "string[pyarrow]": pd.Series(["a", None], dtype="string[pyarrow]"),
    "double[pyarrow]": pd.Series([1.5, None], dtype="double[pyarrow]"),
    "int64[pyarrow]": pd.Series([1, None], dtype="int64[pyarrow]"),
    "category of texts": pd.Series(["a", None, "b"], dtype="category"),
    "category of ints": pd.Series([1, 2, 1], dtype="category"),
    "category of floats": pd.Series([1.5, None, 1.5], dtype="category"),
    "category of nothing": pd.Series([None, None], dtype="category"),
    "objects": pd.Series([1, None, 2.5], dtype=object),
    "objects with NA": pd.Series([1, pd.NA, pd.NaT], dtype=object),
    "sparse": pd.Series(pd.arrays.SparseArray([1.0, np.nan, 2.0])),
    "Arrow ints": pa.array([1, None], pa.int16()),
    "Arrow floats": pa.chunked_array([[1.5, float("nan")], [None]]),
    "Arrow dictionary": pa.array(["a", None, "a"]).dictionary_encode(),
    "Arrow large texts": pa.array(["a", None], pa.large_string()),
    "Arrow decimals": pa.array([Decimal("1.50"), None]),
    "Arrow booleans": pa.array([True, None]),
    "Arrow nulls": pa.nulls(3),
    "datetimes": [NOON, None, NOON.astimezone(timezone(timedelta(hours=5)))],
    "naive datetimes": [NAIVE, None],
    "texts of times": ["2024-01-01T12:00:00Z", "2024-01-01T12:00:00.5+05:00"],
    "texts that are no times": ["2024-01-01", "noon"],
    "Timestamps": [pd.Timestamp("2024-01-01T12:00:00.123456789Z"), pd.NaT],
    "zoned Series": pd.Series(pd.date_range("2024-03-31", periods=3, freq="h", tz="Europe/Berlin")),
    "naive Series": pd.Series(pd.date_range("2024-06-01", periods=3)),
    "Series of seconds": pd.Series(pd.date_range("1969-12-31", periods=3)).astype("datetime64[s]"),
    "old nanoseconds": pd.to_datetime(pd.Series([-1, 1, -1001]), utc=True),
    "NumPy times": np.array(["2024-06-01", "NaT"], "datetime64[ns]"),
    "NumPy days": np.array(["2024-06-01"], "datetime64[D]"),
    "Arrow times": pa.array([NOON, None], pa.timestamp("ns", "US/Eastern")),
    "Arrow naive times": pa.array([NAIVE, None], pa.timestamp("ms")),
    "Arrow times out of range": pa.array([10**12], pa.timestamp("s", "UTC")),
    "dates": [NOON.date()],
    "lists of texts": [["a", "b"], [], None],
    "tuples": [("a",), ()],
    "arrays of texts": [np.array(["a", "b"])],
    "lists with null": [["a", None]],
    "Arrow lists": pa.array([["a"], None, []], pa.list_(pa.large_string())),
    "boxes": [[[0, 0.5, 1, 2, 3, 4]], [], None],
    "arrays of boxes": [np.arange(12.0).reshape(2, 6)],
    "short boxes": [[[1, 2, 3]]],
    "boxes with NaN": [[[0, float("nan"), 1, 2, 3, 4]]],
    "likelihoods": [[{"a": 0.5, "b": 1}, {}], None],
    "Arrow structs of likelihoods": pa.array([[{"a": 0.5}, {"b": 1.0}]]),
    "Arrow maps": pa.array([[[("a", 0.5)]], None], pa.list_(pa.map_(pa.string(), pa.float64()))),
    "likelihoods of texts": [[{"a": "high"}]],
    "ranked items": [[{"item_id": "a", "score": 1}, {"item_id": "b", "label": "B"}], []],
    "items without id": [[{"score": 1}]],
    "items with more": [[{"item_id": "a", "price": 1}]],
    "points": [POINTS, [], None],
    "points at naive times": [[{"timestamp": NAIVE, "value": 1}]],
    "points with texts": [[{"timestamp": "2024-01-01T12:00:00Z", "value": None}]],
    "bytes": [b"a"],
    "sets": [{"a"}],
    "complex": [1j],
}


SERIES = pa.list_(pa.struct({"timestamp": pa.int64(), "value": pa.float64()}))


def plain(array):
    """Values of a column as records hold them: times as numbers, likelihoods as pairs."""
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.int64()).to_pylist()
    if array.type == arrow_type(ValueType.TimeSeries):
        return array.cast(SERIES).to_pylist()
    cells = array.to_pylist()
    if array.type == arrow_type(ValueType.TokenLikelihoods):
        return [
            None if cell is None else [[list(pair) for pair in token] for token in cell]
            for cell in cells
        ]
    return cells


def outcome(read):
    try:
        return read()
    except UserError as error:
        return type(error)


def as_cells(column, value_type, tz):
    return outcome(lambda: read_cells(column, value_type, "x", tz))


def as_column(column, value_type, tz):
    def read():
        array, faults = read_column(column, value_type, "x", tz)
        assert array.type == arrow_type(value_type)
        return plain(array), faults

    return outcome(read)


@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=5))], ids=str)
@pytest.mark.parametrize("name", COLUMNS)
def test_cells_and_columns_are_read_alike(name, zone):
    for value_type in ValueType:
        column = COLUMNS[name]
        cells, whole = (read(column, value_type, zone) for read in (as_cells, as_column))
        assert cells == whole, value_type


NUMBERS = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=2))


@settings(max_examples=200)
@given(st.lists(NUMBERS, max_size=4), st.sampled_from(list(ValueType)))
def test_random_cells_and_columns_are_read_alike(values, value_type):
    assert repr(as_cells(values, value_type, None)) == repr(as_column(values, value_type, None))


@settings(max_examples=200)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9), min_size=1))
def test_decimals_become_the_nearest_floats_however_many_there_are(values):
    expected = [float(value) for value in values]
    assert as_cells(values, "FLOAT", None) == as_column(values, "FLOAT", None) == (expected, {})


def test_what_is_kept_is_as_expected():
    expected = {
        ("ints", "FLOAT"): [1.0, None, 3.0],
        ("whole floats", "INTEGER"): [1, None, 3],
        ("floats", "FLOAT"): [0.5, None, None, None],
        ("large ints", "INTEGER"): [2**63 - 1, -(2**63), 2**53 + 1],
        ("decimals", "FLOAT"): [1.5, None, None, None],
        ("NumPy scalars", "FLOAT"): [1.5, None, 3.0, None],
        ("category of texts", "STRING"): ["a", None, "b"],
        ("old nanoseconds", "TIMESTAMP"): [-1, 0, -2],
        ("Arrow structs of likelihoods", "TOKEN_LIKELIHOODS"): [[[["a", 0.5]], [["b", 1.0]]]],
    }
    for (name, value_type), values in expected.items():
        assert as_cells(COLUMNS[name], value_type, None) == (values, {}), name
