"""Frames go through real Parquet files and come back equal, or are refused with reasons."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import hypothesis.extra.numpy as st_np
import hypothesis.extra.pandas as st_pd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal

from modelgroups.errors import CatalogTooNewError, FrameError
from modelgroups.storage.frames import (
    METADATA_KEY,
    arrow_schema,
    index_fields,
    to_arrow,
    to_frame,
)

PANDAS = tuple(map(int, pd.__version__.split(".")[:2]))
BERLIN = ZoneInfo("Europe/Berlin")
UTC = dt.UTC
DEFAULT_TEXT = (  # the dtypes of text that take NaN for missing
    [pd.StringDtype(storage, na_value=np.nan) for storage in ("python", "pyarrow")]
    if PANDAS >= (2, 3)
    else [pd.StringDtype("pyarrow_numpy")]
)
NAIVE = dt.datetime(2024, 1, 1)  # noqa: DTZ001  # without a time zone, to be refused or kept


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("frames") / "frame.parquet"


def through_parquet(frame, file, **options):
    pq.write_table(to_arrow(frame), file, **options)
    return to_frame(pq.read_table(file))


def assert_kept(frame, file):
    before = frame.copy(deep=True)
    back = through_parquet(frame, file)
    assert_frame_equal(back, frame)
    assert_frame_equal(to_frame(to_arrow(frame)), frame)  # also without Parquet between
    assert_frame_equal(frame, before)  # and the caller's frame is as it was
    assert pd.read_parquet(file).shape == frame.shape  # and pandas alone can read the file
    return back


def objects(*values):
    return pd.Series(np.fromiter(values, dtype=object, count=len(values)), dtype=object, name="a")


def cells(frame, column="a"):
    """Return the cells with their types, at every depth: equality forgives too much."""

    def typed(value):
        if isinstance(value, dict):
            return dict, {key: typed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value), [typed(item) for item in value]
        return type(value), repr(value)

    return [typed(value) for value in frame[column]]


# --- dtypes ----------------------------------------------------------------------------

NUMBERS = {
    **{
        dtype: [0, 1, np.iinfo(dtype).min, np.iinfo(dtype).max]
        for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
    **{
        dtype: [0.0, -0.0, 1.5, np.inf, -np.inf, np.nan, np.finfo(dtype).tiny]
        for dtype in ("float16", "float32", "float64")
    },
    "bool": [True, False, True],
    ">f8": [1.5, np.nan],
    ">i4": [1, -2],
}


@pytest.mark.parametrize("dtype", NUMBERS)
def test_numpy_numbers_are_kept(dtype, file):
    frame = pd.DataFrame({"a": np.array(NUMBERS[dtype], dtype=dtype)})
    back = assert_kept(frame, file)
    assert back["a"].dtype.str == np.dtype(dtype).str
    if frame["a"].dtype.kind == "f":
        assert (np.signbit(back["a"]) == np.signbit(frame["a"])).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30", BERLIN, UTC])
def test_datetimes_keep_unit_and_time_zone(unit, zone, file):
    times = pd.Series(["2024-03-31 00:59:59", None, "1969-01-01"], dtype=f"datetime64[{unit}]")
    frame = pd.DataFrame({"a": times if zone is None else times.dt.tz_localize(zone)})
    assert_kept(frame, file)


def test_seconds_beyond_the_range_of_nanoseconds_are_kept(file):
    times = np.array(["0001-01-01", "9999-12-31", "NaT", "200000-01-01"], dtype="datetime64[s]")
    assert_kept(pd.DataFrame({"a": times}), file)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timedeltas_keep_their_unit(unit, file):
    assert_kept(
        pd.DataFrame({"a": np.array([0, -5, "NaT", 2**40], dtype=f"timedelta64[{unit}]")}), file
    )


@pytest.mark.parametrize(
    "array",
    [
        pd.array([1, None, 2**63 - 1, 2**53 + 1], dtype="Int64"),
        pd.array([1, None, 2**64 - 1], dtype="UInt64"),
        pd.array([-128, None], dtype="Int8"),
        pd.array([1.5, None, -0.0], dtype="Float32"),
        pd.arrays.FloatingArray(np.array([np.nan, 1.0, 2.0]), np.array([False, True, False])),
        pd.array([True, None, False], dtype="boolean"),
        pd.array([None, None], dtype="Int64"),
        pd.array(["a", None, "", "ä\0"], dtype=pd.StringDtype("python")),
        pd.array(["a", None, ""], dtype=pd.StringDtype("pyarrow")),
        pd.array([None], dtype=pd.StringDtype("python")),
        pd.period_range("2024-01", periods=3, freq="M").array,
        pd.array(["2024-01-01", None], dtype="period[D]"),
        pd.array(["2024Q1", None], dtype="period[Q-NOV]"),
        pd.interval_range(0, 3, closed="both").array,
        pd.arrays.IntervalArray.from_tuples([(0.5, 1), None, (-np.inf, 0)], closed="left"),
        pd.interval_range(pd.Timestamp("2024-01-01"), periods=2).array,
    ],
    ids=lambda array: str(array.dtype),
)
def test_extension_dtypes_are_kept(array, file):
    assert_kept(pd.DataFrame({"a": array}), file)


def test_missing_and_not_a_number_stay_apart_in_a_nullable_column(file):
    array = pd.arrays.FloatingArray(np.array([np.nan, 1.0]), np.array([False, True]))
    back = through_parquet(pd.DataFrame({"a": array}), file)
    assert back["a"].array._mask.tolist() == [False, True]


@pytest.mark.parametrize("dtype", DEFAULT_TEXT, ids=repr)
def test_text_of_the_default_dtype_is_kept(dtype, file):
    back = assert_kept(pd.DataFrame({"a": pd.array(["a", None, "c"], dtype=dtype)}), file)
    assert back["a"].dtype == dtype
    assert back["a"][1] is np.nan


@pytest.mark.parametrize(
    "type_",
    [
        pa.int8(),
        pa.float64(),
        pa.string(),
        pa.large_string(),
        pa.timestamp("s"),
        pa.timestamp("ns", "Europe/Berlin"),
        pa.date64(),
        pa.time32("s"),
        pa.duration("ms"),
        pa.decimal128(10, 3),
        pa.list_(pa.int16()),
        pa.list_(pa.int16(), 1),
        pa.large_list(pa.string()),
        pa.struct([("x", pa.float32()), ("y", pa.string())]),
        pa.map_(pa.string(), pa.float64()),
        pa.dictionary(pa.int8(), pa.string()),
        pa.binary(2),
        pa.bool_(),
    ],
    ids=str,
)
def test_arrow_dtypes_are_kept(type_, file):
    values = {
        "list": [1],
        "fixed_size_list": [1],
        "large_list": ["x"],
        "struct": {"x": 1.5, "y": "z"},
        "map": [("k", 1.0)],
        "dictionary": "x",
        "fixed_size_binary": b"ab",
        "string": "x",
        "large_string": "x",
        "decimal128": Decimal("1.125"),
        "bool": True,
    }
    kind = str(type_).split("[")[0].split("<")[0].split("(")[0]
    array = pa.array([values.get(kind, 1), None], type=type_)
    assert_kept(pd.DataFrame({"a": pd.Series(array, dtype=pd.ArrowDtype(type_))}), file)


@pytest.mark.parametrize(
    "categories",
    [
        ["b", "a", "unused"],
        [3, 1, 2],
        [0.5, -0.0, np.inf],
        [True, False],
        pd.to_datetime(["2024-01-02", "2024-01-01", "2023-01-01"]),
        pd.to_datetime(["2024-01-02", "2024-01-01", "2023-01-01"]).tz_localize("Asia/Tokyo"),
        pd.to_timedelta([1, 2, 3], unit="s"),
        pd.period_range("2024", periods=3, freq="M"),
        pd.interval_range(0, 3),
        pd.Index([(1, 2), (3,)], tupleize_cols=False),
        pd.IntervalIndex.from_tuples([(0, 2), (1, 3)]),
        pd.Index([b"a", b"b"]),
        pd.Index(["x", "y"], dtype=object, name="letters"),
        pd.Index([dt.date(2024, 1, 1), dt.date(2023, 1, 1)]),
        pd.Index([], dtype="int64"),
        pd.Index([1, 2], dtype="Int64"),
        pd.Index(pd.arrays.ArrowExtensionArray(pa.chunked_array([[1], [2]]))),
        range(3),
    ],
    ids=repr,
)
@pytest.mark.parametrize("ordered", [False, True])
def test_categories_keep_values_order_and_flag(categories, ordered, file):
    dtype = pd.CategoricalDtype(categories, ordered=ordered)
    codes = [0, -1, 1, 0] if len(dtype.categories) else [-1, -1]
    frame = pd.DataFrame({"a": pd.Categorical.from_codes(codes, dtype=dtype)})
    back = assert_kept(frame, file)
    assert back["a"].cat.categories.dtype == dtype.categories.dtype
    assert back["a"].cat.codes.tolist() == codes


def test_categories_survive_several_row_groups(file):
    frame = pd.DataFrame({"a": pd.Categorical(list("abcab"), categories=list("cxab"))})
    assert_frame_equal(through_parquet(frame, file, row_group_size=2), frame)


def test_text_categories_are_text_to_other_readers(file):
    pq.write_table(to_arrow(pd.DataFrame({"a": pd.Categorical(["x", None, "y"])})), file)
    assert pq.read_table(file)["a"].cast(pa.string()).to_pylist() == ["x", None, "y"]


# --- object columns --------------------------------------------------------------------


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Plain(Enum):
    ONE = 1


class CentsDtype(pd.Int64Dtype):
    """Stands for a dtype that a package other than pandas defines."""


class Cents(pd.arrays.IntegerArray):
    dtype = CentsDtype()


SCALARS = {
    "text": objects("a", "", "emoji 🎉", "nul\0"),
    "text and None": objects("a", None),
    "text and NaN": objects("a", np.nan),
    "text and NA": objects("a", pd.NA),
    "text, None, NaN and NA": objects("a", None, np.nan, "b", pd.NA, np.nan, None, "c"),
    "text and NaT": objects("a", pd.NaT, None),
    "bool": objects(True, None, False),
    "int": objects(1, None, -(2**63)),
    "int and NaN": objects(1, np.nan, 3),
    "uint": objects(2**64 - 1, 0, None),
    "float": objects(1.5, -0.0, np.inf, np.nan),
    "float, None and NaN": objects(1.5, None, np.nan, pd.NA),
    "bytes": objects(b"a", b"\xff\0", None),
    "date": objects(dt.date(2024, 2, 29), dt.date(1, 1, 1), None),
    "time": objects(dt.time(23, 59, 59, 999999), None),
    "naive datetime": objects(
        NAIVE, NAIVE.replace(year=9999, microsecond=999_999), NAIVE.replace(year=1), None, pd.NaT
    ),
    "datetime in UTC": objects(dt.datetime(2024, 1, 1, tzinfo=UTC), None),
    "datetime in Berlin": objects(
        dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN),
        dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN),
    ),
    "datetime with offset": objects(
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3)))
    ),
    "Timestamp": objects(pd.Timestamp("2024-01-01 00:00:00.000000001"), pd.NaT),
    "Timestamp in Tokyo": objects(pd.Timestamp("2024-01-01", tz="Asia/Tokyo")),
    "timedelta": objects(dt.timedelta(days=-1, microseconds=1), None),
    "Timedelta": objects(pd.Timedelta(1, "ns"), pd.NaT),
    "Decimal": objects(Decimal("1.10"), Decimal("-20.00"), None, Decimal("NaN")),
    "Decimal of several scales": objects(Decimal("1.1"), Decimal("1E+3"), Decimal("-0"), None),
    "Decimal of many digits": objects(Decimal("1." + "1" * 60)),
    "infinite Decimal": objects(Decimal("Infinity"), Decimal("0.5")),
    "UUID": objects(UUID(int=5), None),
    "all None": objects(None, None),
    "all NaN": objects(np.nan, np.nan),
    "all NA": objects(pd.NA),
}

NESTED = {
    "lists": objects([1, 2], [], None, [None, 3]),
    "tuples": objects((1, 2), (), None),
    "empty lists": objects([], [], None),
    "lists of None": objects([None], []),
    "lists and NaN": objects([1], np.nan, None),
    "lists of lists": objects([[1], [], None], [[2, 3]]),
    "ragged rows": objects([[1, 2], [3]], []),
    "lists of tuples": objects([("a", "b")], [("c",)]),
    "lists with NaN": objects([1.5, np.nan, None], [-np.inf]),
    "lists of text": objects(["a", None, ""], ["🎉"]),
    "lists of bytes": objects([b"a"], []),
    "lists of bool": objects([True, False], [None]),
    "lists of date": objects([dt.date(2024, 1, 1)], []),
    "lists of datetime": objects([dt.datetime(2024, 1, 1, tzinfo=UTC)], []),
    "lists of Timestamp": objects([pd.Timestamp(1)], []),
    "lists of Decimal": objects([Decimal("1.1"), Decimal("1.10")], [None]),
    "lists of UUID": objects([UUID(int=1)], []),
    "dicts": objects({"x": 1, "y": "a"}, None, {"x": None, "y": "b"}),
    "dicts of None": objects({"x": None}, {"x": None}),
    "dicts in dicts": objects({"x": {"y": [1]}}, {"x": None}, None),
    "dicts with missing keys": objects({"x": 1}, {"y": "a"}, None, {}),
    "empty dicts": objects({}, {}),
    "dicts of mixed values": objects({"x": 1}, {"x": [True, None, "a"]}),
    "dicts with nothing in common": objects({"x": {"y": 1}}, {"x": {"z": 0.1, "nan": np.nan}}),
    "dicts with odd keys": objects({"": 1, "a.b": 2, "ä\0": 3}, {"": 4, "a.b": 5, "ä\0": 6}),
}

SDK_CELLS = {
    "BOUNDING_BOX": objects([[0.0, 0.98, 12.0, 20.0, 100.0, 80.0]], [], None),
    "TOKENS": objects(["the", "cat"], []),
    "TOKEN_LIKELIHOODS": objects([{"the": 0.9, "a": 0.05}, {"cat": 0.7}], [], [{"": 1.0}]),
    "RANKED_LIST": objects([{"item_id": "a", "label": "x", "score": 0.5}], []),
    "RANKED_LIST without options": objects(
        [{"item_id": "a"}, {"item_id": "b"}], [{"item_id": "c"}]
    ),
    "ARRAY(STRING)": objects(["a", "b"], ["c"]),
    "TIME_SERIES": objects(
        [
            {"timestamp": dt.datetime(2024, 1, 1, tzinfo=UTC), "value": 1.5},
            {"timestamp": dt.datetime(2024, 1, 2, tzinfo=UTC), "value": None},
        ],
        [],
    ),
    "TIME_SERIES in text": objects([{"timestamp": "2024-01-01T00:00:00Z", "value": 1.0}]),
}


@pytest.mark.parametrize("kind", SCALARS)
def test_scalars_in_an_object_column_are_kept(kind, file):
    frame = pd.DataFrame({"a": SCALARS[kind]})
    back = assert_kept(frame, file)
    assert [type(value) for value in back["a"]] == [type(value) for value in frame["a"]]


@pytest.mark.parametrize("kind", [kind for kind in SCALARS if kind.startswith("Decimal")])
def test_decimals_keep_their_scale(kind, file):
    frame = pd.DataFrame({"a": SCALARS[kind]})
    assert cells(through_parquet(frame, file)) == cells(frame)


@pytest.mark.parametrize("kind", NESTED | SDK_CELLS)
def test_nested_cells_are_kept_with_the_types_inside(kind, file):
    frame = pd.DataFrame({"a": (NESTED | SDK_CELLS)[kind]})
    back = assert_kept(frame, file)
    if "date" not in kind and "TIME" not in kind:  # the class of a time zone may change
        assert cells(back) == cells(frame)


def test_sets_come_back_as_sets(file):
    sets = objects({1, 2}, set(), None)
    frozen = objects(frozenset("ab"), frozenset(), None)
    back = through_parquet(pd.DataFrame({"a": sets, "b": frozen}), file)
    assert back["a"].tolist() == sets.tolist()
    assert back["b"].tolist() == frozen.tolist()
    assert isinstance(back["b"][0], frozenset)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "float16"])
def test_arrays_of_one_dimension_come_back_as_such_arrays(dtype, file):
    arrays = [np.array([1, 0, 1], dtype), None, np.array([], dtype)]
    back = assert_kept(pd.DataFrame({"a": objects(*arrays)}), file)
    assert back["a"][0].dtype == back["a"][2].dtype == np.dtype(dtype)
    assert back["a"][0].tolist() == arrays[0].tolist()
    back["a"][0][0] = 0  # and can be written to


def test_whole_numbers_among_floats_become_floats_when_that_is_exact(file):
    back = assert_kept(pd.DataFrame({"a": objects(1, 2.5, None, 2**53)}), file)
    assert back["a"].tolist() == [1.0, 2.5, None, 2.0**53]
    back = assert_kept(pd.DataFrame({"a": objects([[0, 0.98, 12, 20, 100, 80]])}), file)
    assert back["a"][0] == [[0, 0.98, 12, 20, 100, 80]]


@pytest.mark.parametrize(
    "given_, plain",
    [
        (np.float32(1.5), 1.5),
        (np.int8(3), 3),
        (np.str_("a"), "a"),
        (np.True_, True),
        (Colour.RED, "red"),
        (Level.LOW, 1),
    ],
)
def test_subclasses_of_plain_scalars_come_back_plain(given_, plain, file):
    values = objects(given_, None)
    lists = objects([given_], [])
    dicts = objects({"x": given_}, {"y": [given_]})
    back = assert_kept(pd.DataFrame({"a": values, "b": lists, "c": dicts}), file)
    assert type(back["a"][0]) is type(back["b"][0][0]) is type(back["c"][1]["y"][0]) is type(plain)
    assert back["a"][0] == plain


def test_each_kind_of_missing_value_is_kept(file):
    values = [None, "a", np.nan, pd.NA, None, pd.NaT]
    back = through_parquet(pd.DataFrame({"a": objects(*values)}), file)
    assert list(map(repr, back["a"])) == list(map(repr, values))
    assert [type(value) for value in back["a"]] == [type(value) for value in values]


def test_some_rows_alone_have_the_most_frequent_kind_of_missing_value(file):
    frame = pd.DataFrame({"a": objects(None, "a", pd.NA, pd.NA)})
    table = to_arrow(frame)
    assert to_frame(table.slice(0, 2))["a"][0] is pd.NA
    assert to_frame(table.slice(1))["a"].tolist() == ["a", pd.NA, pd.NA]


def test_lists_stay_lists_for_other_readers(file):
    through_parquet(pd.DataFrame({"a": SDK_CELLS["RANKED_LIST"]}), file)
    item = pq.read_schema(file).field("a").type.value_type
    assert item.field("score").type == pa.float64()


def test_text_in_an_object_column_stays_an_object_column(file):
    assert through_parquet(pd.DataFrame({"a": SCALARS["text"]}), file)["a"].dtype == object


# --- header and index ------------------------------------------------------------------

INDEXES = {
    "default": pd.RangeIndex(3),
    "range": pd.RangeIndex(10, 1, -3, name="r"),
    "int": pd.Index([5, 3, 3]),
    "named": pd.Index([1.5, np.nan, 2.0], name="x"),
    "named by a number": pd.Index(["x", "y", "z"], name=7),
    "named as a column": pd.Index([1, 2, 3], name="a"),
    "object": pd.Index(["x", None, "z"], dtype=object),
    "text": pd.Index(["x", "y", "z"]),
    "datetime with frequency": pd.date_range("2024-01-01", periods=3, freq="MS", tz="UTC"),
    "datetime": pd.DatetimeIndex(["2024-01-01", None, "2022-01-01"], tz=BERLIN, name="when"),
    "timedelta": pd.timedelta_range("1h", periods=3),
    "period": pd.period_range("2024", periods=3, freq="D"),
    "interval": pd.interval_range(0, 3),
    "categories": pd.CategoricalIndex(["b", "a", "b"], categories=["c", "b", "a"], ordered=True),
    "nullable": pd.Index([1, None, 3], dtype="Int64"),
    "dates": pd.Index([dt.date(2024, 1, 1)] * 3),
    "several levels": pd.MultiIndex.from_arrays(
        [["x", "x", "y"], pd.to_datetime(["2024", "2025", "2026"]), [1, 2, 3]],
        names=["k", None, 3],
    ),
    "levels of one name": pd.MultiIndex.from_arrays([[1, 2, 3], [4, 5, 6]], names=["k", "k"]),
    "categorical level": pd.MultiIndex.from_arrays([pd.Categorical(["b", "a", "b"]), [1, 2, 3]]),
    "one level": pd.MultiIndex.from_arrays([["x", "y", "z"]], names=["only"]),
    "generated name": pd.Index([1, 2, 3], name="__index_level_5__"),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_is_kept(kind, file):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")}, index=INDEXES[kind])
    assert_kept(frame, file)
    empty = frame.iloc[:0]
    if isinstance(empty.index, pd.MultiIndex):
        empty.index = empty.index.remove_unused_levels()
    assert_frame_equal(through_parquet(empty, file), empty)


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_comes_back_with_some_of_the_columns(kind, file):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "c": 1.5}, index=INDEXES[kind])
    pq.write_table(to_arrow(frame), file)
    levels = index_fields(pq.read_schema(file))
    back = to_frame(pq.read_table(file, columns=["a", "c", *levels]))
    assert_frame_equal(back, frame[["a", "c"]])


def test_without_the_columns_of_the_index_rows_are_counted(file):
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    back = to_frame(to_arrow(frame).select(["a"]))
    assert_frame_equal(back, frame.reset_index(drop=True))


def test_some_of_the_rows_are_counted_from_zero(file):
    table = to_arrow(pd.DataFrame({"a": range(5)}, index=pd.RangeIndex(10, 15)))
    assert_frame_equal(to_frame(table.slice(2, 2)), pd.DataFrame({"a": [2, 3]}))


def test_rows_in_another_order_have_no_frequency(file):
    index = pd.date_range("2024-01-01", periods=3, freq="D", name="day")
    table = to_arrow(pd.DataFrame({"a": [1, 2, 3]}, index=index)).take([2, 0, 1])
    back = to_frame(table)
    assert back["a"].tolist() == [3, 1, 2]
    assert back.index.freq is None


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=range(3)),
        pd.DataFrame(index=pd.Index(["x", "y"], name="k")),
        pd.DataFrame({"a": [1]})[[]],
        pd.DataFrame({"a": [1], "b": ["x"]}).iloc[:0],
        pd.DataFrame({"a": objects(), "b": pd.Categorical([])}),
        pd.DataFrame(columns=["a", "b"]),
    ],
    ids=range(7),
)
def test_frames_without_columns_or_rows_are_kept(frame, file):
    assert_frame_equal(through_parquet(frame, file), frame)


@pytest.mark.parametrize(
    "columns",
    [
        pd.Index(["b", "a"], name="features"),
        pd.Index(["b", "a"], name=1),
        pd.Index(["", "a b"], dtype=object),
        pd.Index(["ä\0🎉'\"", "x" * 10_000]),
        pd.Index(["b", "a"], dtype="string"),
        pd.CategoricalIndex(["b", "a"], categories=["a", "b", "c"]),
        pd.Index(["__index_level_0__", "a"]),
    ],
    ids=range(7),
)
def test_the_header_is_kept(columns, file):
    frame = pd.DataFrame([[1, "x"], [2, "y"]], columns=columns)
    back = through_parquet(frame, file)
    assert_frame_equal(back, frame)
    assert back.columns.dtype == frame.columns.dtype


def test_attributes_and_flags_are_kept(file):
    frame = pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)
    frame.attrs = {"source": "loans", "weights": [0.5, None]}
    back = through_parquet(frame, file)
    assert back.attrs == frame.attrs
    assert back.flags == frame.flags


# --- slices ----------------------------------------------------------------------------


def mixed_frame(n_rows):
    """Return a frame in which later rows decide the types of columns."""
    rows = range(n_rows)
    frame = pd.DataFrame(
        {
            "number": np.linspace(0, 1, n_rows),
            "text": objects(*(None if i % 3 == 0 else f"t{i}" for i in rows)),
            "category": pd.Categorical([f"c{i % 4}" for i in rows], ordered=True),
            "bin": pd.cut(pd.Series(rows), 3),
            "late": objects(*(None if i < n_rows - 1 else [{"x": 1.5}] for i in rows)),
            "varying": objects(*({f"k{i % 2}": i} for i in rows)),
            "mixed": objects(*((None, np.nan, pd.NA, 1.5)[i % 4] for i in rows)),
            "decimal": objects(*(Decimal("1.5") if i < 2 else Decimal("1.50") for i in rows)),
            "time": pd.date_range("2024", periods=n_rows, freq="h", tz="Asia/Tokyo"),
        }
    )
    return frame.set_axis(pd.date_range("2024", periods=n_rows, freq="D", name="day"))


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_slices_join_to_the_whole(size, file):
    frame = mixed_frame(10)
    schema = arrow_schema(frame)
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, len(frame), size):
            writer.write_table(to_arrow(frame, schema, start=start, stop=start + size))
    assert_frame_equal(to_frame(pq.read_table(file)), frame)


def test_a_slice_has_the_schema_of_the_whole():
    frame = mixed_frame(10)
    schema = arrow_schema(frame)
    part = to_arrow(frame, schema, start=2, stop=4)
    assert part.num_rows == 2
    assert part.schema.equals(schema, check_metadata=True)


# --- other versions, other writers -----------------------------------------------------


def rewritten(table, **changes):
    """Return the table as if another version had written it."""
    ours = json.loads(table.schema.metadata[METADATA_KEY]) | changes
    metadata = table.schema.metadata | {METADATA_KEY: json.dumps(ours).encode()}
    return table.replace_schema_metadata(metadata)


def test_the_default_text_of_pandas_2_has_the_default_dtype_of_this_pandas():
    text = pd.Index(["y", "x"], dtype=object)
    frame = pd.DataFrame(
        {"a": objects("x", None), "b": pd.Categorical(["x", None], text), "c": objects("x", pd.NA)}
    )
    frame.columns = frame.columns.astype(object)
    frame.index = text.rename("key")
    back = to_frame(rewritten(to_arrow(frame), pandas="2.2.3"))
    expected = pd.DataFrame(
        {"a": ["x", None], "b": pd.Categorical(["x", None], ["y", "x"])},
        index=pd.Index(["y", "x"], name="key"),
    ).assign(c=frame["c"])
    assert_frame_equal(back, expected)


def test_the_default_text_of_pandas_3_has_the_default_dtype_of_this_pandas():
    frame = pd.DataFrame({"a": objects("x", np.nan)})
    text = {"dtype": "string", "storage": "pyarrow", "nan": True}
    table = rewritten(
        to_arrow(frame), pandas="3.0.0", fields={"a": text}, header=text | {"name": None}
    )
    expected = pd.DataFrame({"a": ["x", np.nan]})
    assert_frame_equal(to_frame(table), expected)


def test_a_newer_format_is_refused():
    with pytest.raises(CatalogTooNewError, match=r"format 2 .* upgrade modelgroups"):
        to_frame(rewritten(to_arrow(pd.DataFrame({"a": [1]})), format=2))


def test_foreign_tables_are_read_as_pandas_does_but_with_lists(file):
    table = pa.table(
        {
            "n": [1, None],
            "s": ["x", None],
            "l": [[1, None], None],
            "d": [{"x": [0.5]}, None],
            "m": pa.array([[("k", 1)], None], type=pa.map_(pa.string(), pa.int64())),
        }
    )
    pq.write_table(table, file)
    back = to_frame(pq.read_table(file))
    assert_frame_equal(back[["n", "s"]], table.select(["n", "s"]).to_pandas())
    assert back["l"].tolist() == [[1, None], None]
    assert back["d"].tolist() == [{"x": [0.5]}, None]
    assert back["m"].tolist() == [[("k", 1)], None]


def test_files_of_pandas_itself_are_read(file):
    frame = pd.DataFrame({"a": [1.5, None]}, index=pd.Index(["x", "y"], name="k"))
    frame.to_parquet(file)
    assert_frame_equal(to_frame(pq.read_table(file)), frame)


def test_pandas_alone_restores_the_index_and_common_dtypes(file):
    frame = mixed_frame(5)[["number", "category", "time"]]
    pq.write_table(to_arrow(frame), file)
    assert_frame_equal(pd.read_parquet(file), frame, check_freq=False)


def test_foreign_tables_have_no_columns_that_keep_the_index():
    assert index_fields(pa.schema([("a", pa.int64())])) == []


# --- refusals --------------------------------------------------------------------------

REFUSED = {
    "int and str": (objects(1, None, "x"), r"mixes int and str \(first at row 2: 'x'\)"),
    "bool and int": (objects(True, 1), "mixes bool and int"),
    "bytes and str": (objects("x", b"y"), r"mixes bytes and str \(first at row 1: b'y'\)"),
    "date and datetime": (
        objects(dt.date(2024, 1, 1), NAIVE),
        "mixes date and datetime",
    ),
    "naive and aware": (
        objects(NAIVE, dt.datetime(2024, 1, 1, tzinfo=UTC)),
        r"mixes datetimes with and without a time zone \(first at row 1: .*utc=True",
    ),
    "several time zones": (
        objects(dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 1, tzinfo=BERLIN)),
        r"mixes the time zones Europe/Berlin and UTC \(first at row 1",
    ),
    "unnamed time zone": (
        objects(dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=1)))),
        "which Parquet cannot name",
    ),
    "time that does not exist": (
        objects(dt.datetime(2024, 3, 31, 2, 30, tzinfo=BERLIN)),
        "exist in their time zone",
    ),
    "ragged lists": (objects([1], [2, [3]]), r"mixes int and list \(first at row 1: \[2, \[3\]\]"),
    "lists of several types": (objects([1], ["x"]), r"mixes int and str \(first at row 1"),
    "list and scalar": (objects([1], 2), "mixes int and list"),
    "list and tuple": (objects([1], (2,)), "mixes list and tuple"),
    "inexact int and float": (objects(0.5, 2**53 + 1), "an int that no float equals"),
    "large int": (objects(1, 2**64), r"no 64-bit integer can \(first at row 1: 184"),
    "very negative int": (objects(2**63, -1), r"no 64-bit integer can \(first at row 1: -1"),
    "Fraction": (objects(1.5, Fraction(1, 3)), r"type Fraction \(first at row 1: .*with float"),
    "Enum": (objects(None, Plain.ONE), r"type Plain \(first at row 1: .*the value or the name"),
    "complex": (objects(1j), "type complex"),
    "complex dtype": (pd.Series([1j]), r"complex numbers \(complex128\)"),
    "object": (objects(object()), "type object"),
    "ordered dict": (objects({"x": 1}, pd.Series([1])), r"type Series \(first at row 1"),
    "2-d arrays": (objects(np.eye(2)), r"do not have one dimension \(first at row 0: .*tolist"),
    "arrays of two dtypes": (
        objects(np.zeros(1), np.zeros(1, "f4")),
        "arrays of dtype <f4 and <f8",
    ),
    "arrays of objects": (objects(np.array([None])), "arrays of dtype"),
    "dict keys that are not text": (objects({1: 2}), "keys that are not text"),
    "varying dicts of dates": (
        objects({"x": 1}, {"y": dt.date(2024, 1, 1)}),
        r"JSON has no type for \(first at row 1",
    ),
    "dicts of int and dates": (
        objects({"x": 1}, {"x": dt.date(2024, 1, 1)}),
        r"mixes date and int \(first at row 1",
    ),
    "NA in a list": (objects([1], [pd.NA]), r"NAType \(first at row 1: \[<NA>\]\); put None"),
    "NaT in a list": (objects([pd.NaT]), "NaTType"),
    "NumPy NaT": (objects(1, np.datetime64("NaT")), r"missing value of type datetime64 \(first"),
    "NumPy datetimes": (objects(np.datetime64("2024")), "type datetime64"),
    "NumPy timedeltas": (objects(np.timedelta64(1, "s")), "type timedelta64"),
    "Period objects": (objects(pd.Period("2024")), r"type Period .*pandas\.array"),
    "times with zone": (objects(dt.time(1, tzinfo=UTC)), "times of day with a time zone"),
    "distant timedelta": (objects(dt.timedelta(days=999_999_999)), "do not express exactly"),
    "surrogate in a list": (objects(["a"], ["\ud800"]), r"lone surrogate.* \(first at row 1"),
    "distant seconds": (
        pd.Series(np.array([10**17], dtype="datetime64[s]")),
        "too far away for milliseconds",
    ),
    "misnamed time zone": (
        pd.Series(pd.DatetimeIndex(["2024"], tz=dt.timezone(dt.timedelta(hours=2), "UTC+03:00"))),
        r"UTC\+03:00\], which Parquet cannot keep; .*tz_convert",
    ),
    "dtype of another package": (
        pd.Series(Cents(np.array([1]), np.array([False]))),
        "dtype Int64 of another package",
    ),
    "sparse": (pd.Series(pd.arrays.SparseArray([0, 1])), r"is sparse; .*\.sparse\.to_dense"),
    "mixed categories": (
        pd.Series(pd.Categorical.from_codes([0], pd.Index([1, "x"], dtype=object))),
        "categories .* mixes int and str",
    ),
    "oddly named categories": (
        pd.Series(pd.Categorical.from_codes([0], pd.Index([1], name=(1, 2)))),
        "categories whose index name is not text",
    ),
    "Arrow type unknown to Parquet": (
        pd.Series(
            pd.arrays.ArrowExtensionArray(pa.array([(1, 2, 3)], pa.month_day_nano_interval()))
        ),
        "month_day_nano_interval.* which Parquet cannot keep",
    ),
}
if np.dtype(np.longdouble).itemsize > 8:
    REFUSED["float128"] = (
        pd.Series(np.array([1], dtype=np.longdouble)),
        r"dtype float128; .*astype\('float64'\)",
    )
    REFUSED["float128 objects"] = (objects(np.longdouble(1)), "type longdouble")


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_kept_is_refused(kind):
    column, message = REFUSED[kind]
    with pytest.raises(FrameError, match=f"column 'a' .*{message}") as caught:
        arrow_schema(pd.DataFrame({"ok": [0] * len(column), "a": column}))
    assert len(caught.value.problems) == 1


def test_all_problems_are_told_at_once():
    frame = pd.DataFrame(
        {
            name: column.iloc[:1] if name == "Enum" else column
            for name, (column, _) in REFUSED.items()
        }
    )
    frame = frame.drop(columns="Enum").set_index(objects(*range(len(frame) - 1), "x"))
    frame.attrs["array"] = object()
    with pytest.raises(FrameError) as caught:
        to_arrow(frame)
    problems = caught.value.problems
    assert len(problems) == len(frame.columns) + 2
    assert [p for p in problems if p.startswith("index level")]


def test_the_label_of_the_first_bad_row_is_named():
    frame = pd.DataFrame({"a": objects("x", 5)}).set_axis(["first", "second"])
    with pytest.raises(FrameError, match="first at row 1, label 'second': 5"):
        arrow_schema(frame)


def test_the_first_bad_row_of_many_is_found():
    values = [float(i) for i in range(1000)]
    values[700] = values[900] = "x"
    with pytest.raises(FrameError, match="first at row 700: 'x'"):
        arrow_schema(pd.DataFrame({"a": objects(*values)}))


def test_long_values_are_cut_in_messages():
    with pytest.raises(FrameError) as caught:
        arrow_schema(pd.DataFrame({"a": objects(1, "x" * 1000)}))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("dtype", [object, pd.StringDtype("python")])
def test_text_that_is_not_unicode_is_refused_on_conversion(dtype):
    frame = pd.DataFrame({"a": pd.Series(["x", None, "y", "\ud800"], dtype=dtype)})
    schema = arrow_schema(frame)
    assert to_arrow(frame, schema, stop=2).num_rows == 2
    with pytest.raises(FrameError, match=r"column 'a' holds text with a lone .*first at row 3"):
        to_arrow(frame, schema, start=1)


@pytest.mark.parametrize(
    "columns, message",
    [
        ([0, 1], "column names \\[0, 1\\] are not text"),
        (["a", None], "not text"),
        (["a", "a"], "'a'\\] occur more than once"),
        (pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]), "several levels"),
        (pd.Index(["a", "b"], name=("x", "y")), "name of the columns"),
        (pd.Index(["a", "\ud800"], dtype=object), "the header holds text with a lone surrogate"),
    ],
)
def test_headers_that_cannot_be_kept_are_refused(columns, message):
    with pytest.raises(FrameError, match=message):
        arrow_schema(pd.DataFrame([[1, 2]], columns=columns))


@pytest.mark.parametrize(
    "index, message",
    [
        (pd.Index([1, "x"], dtype=object), r"index level 0 mixes int and str \(first at row 1"),
        (pd.Index([1, 2], name=("k", 1)), "index level name \\('k', 1\\) is not text"),
        (
            pd.MultiIndex.from_arrays(
                [[1, 2], pd.Index([1, b"x"], dtype=object)], names=["a", "b"]
            ),
            "index level 'b' mixes bytes and int",
        ),
        (
            pd.date_range(
                "2024", periods=2, freq=pd.offsets.CustomBusinessDay(holidays=["2024-05-01"])
            ),
            "frequency .* remove it with frame.index.freq = None",
        ),
    ],
)
def test_indexes_that_cannot_be_kept_are_refused(index, message):
    with pytest.raises(FrameError, match=message):
        arrow_schema(pd.DataFrame({"a": [1, 2]}, index=index))


def test_a_column_named_like_the_kept_index_is_refused():
    frame = pd.DataFrame({"__index_level_0__": [1]}, index=["x"])
    with pytest.raises(FrameError, match="'__index_level_0__'\\] are those of index levels"):
        arrow_schema(frame)


def test_attributes_that_json_cannot_hold_are_refused():
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["when"] = dt.date(2024, 1, 1)
    with pytest.raises(FrameError, match=r"attrs .* \['when'\]; remove it"):
        arrow_schema(frame)


# --- any frame -------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FLOATS = st.floats(width=64)
INTS = st.integers(-(2**63), 2**63 - 1)
DATETIMES = st.datetimes(timezones=st.sampled_from([UTC, None]))
LEAVES = [
    TEXT,
    FLOATS,
    INTS,
    st.booleans(),
    st.binary(max_size=3),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.just(BERLIN), allow_imaginary=False),
    st.timedeltas(dt.timedelta(days=-100_000), dt.timedelta(days=100_000)),
    st.decimals(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.uuids(),
]
JSON = st.recursive(
    st.none() | st.booleans() | INTS | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def containers(inner):
    """Return strategies for cells that hold such cells, of one shape each."""
    inner = st.none() | inner
    keys = st.lists(TEXT, min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.just(st.lists(inner, max_size=3)),
        st.just(st.lists(inner, max_size=3).map(tuple)),
        keys.map(lambda names: st.fixed_dictionaries(dict.fromkeys(names, inner))),
    )


CELLS = st.recursive(
    st.sampled_from(LEAVES),
    lambda shapes: shapes.flatmap(containers),
    max_leaves=3,
) | st.just(st.dictionaries(TEXT, JSON, max_size=3))
MISSING = st.sampled_from([None, np.nan, pd.NA])


@st.composite
def object_columns(draw, n_rows):
    cell = draw(CELLS)
    missing = draw(st.sampled_from([st.nothing(), st.none(), MISSING]))
    values = draw(st.lists(cell | missing, min_size=n_rows, max_size=n_rows))
    return objects(*values)


DTYPES = (
    st.sampled_from(["bool", "Int64", "UInt8", "Float64", "boolean", "string", "category"])
    | st_np.integer_dtypes(endianness="=")
    | st_np.floating_dtypes(endianness="=", sizes=(32, 64))
    | st_np.datetime64_dtypes(min_period="ns", max_period="s", endianness="=")
    | st_np.timedelta64_dtypes(min_period="ns", max_period="s", endianness="=")
)


@st.composite
def columns_of_dtype(draw, n_rows):
    dtype = draw(DTYPES)
    if dtype == "category":
        values = draw(st.lists(TEXT | st.none(), min_size=n_rows, max_size=n_rows))
        return pd.Series(pd.Categorical(values, ordered=draw(st.booleans())))
    if isinstance(dtype, str):
        element = {
            "bool": st.booleans(),
            "Int64": INTS | st.none(),
            "UInt8": st.integers(0, 255) | st.none(),
            "Float64": st.floats(allow_nan=False) | st.none(),
            "boolean": st.booleans() | st.none(),
            "string": TEXT | st.none(),
        }[dtype]
        values = draw(st.lists(element, min_size=n_rows, max_size=n_rows))
        return pd.Series(values, dtype=dtype)
    bounds = st.integers(-(2**50), 2**50)
    element = bounds.map(lambda n: np.array(n).astype(dtype)[()]) if dtype.kind in "mM" else None
    return pd.Series(draw(st_np.arrays(dtype, n_rows, elements=element)))


@st.composite
def frames(draw):
    n_rows = draw(st.integers(0, 6))
    names = draw(st.lists(TEXT, max_size=4, unique=True))
    column = st.one_of(object_columns(n_rows), columns_of_dtype(n_rows))
    index = draw(
        st.just(pd.RangeIndex(n_rows))
        | st_pd.indexes(dtype="int64", min_size=n_rows, max_size=n_rows)
        | st.lists(TEXT, min_size=n_rows, max_size=n_rows).map(lambda v: pd.Index(v, dtype=object))
    )
    frame = pd.DataFrame({name: draw(column) for name in names}, index=pd.RangeIndex(n_rows))
    frame.index = index
    return frame


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=frames())
def test_any_frame_that_is_accepted_comes_back_equal(file, frame):
    assert_frame_equal(through_parquet(frame, file), frame)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=frames(), data=st.data())
def test_any_slices_join_to_the_whole(file, frame, data):
    cuts = data.draw(st.lists(st.integers(0, len(frame)), max_size=3).map(sorted))
    schema = arrow_schema(frame)
    parts = [
        to_arrow(frame, schema, start=start, stop=stop)
        for start, stop in pairwise([0, *cuts, len(frame)])
    ]
    if frame.shape[1] or not isinstance(frame.index, pd.RangeIndex):
        pq.write_table(pa.concat_tables(parts), file)
        assert_frame_equal(to_frame(pq.read_table(file)), frame)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=frames(), data=st.data())
def test_any_columns_alone_come_back_equal(file, frame, data):
    names = [name for name in frame.columns if data.draw(st.booleans(), label=name)]
    table = to_arrow(frame)
    back = to_frame(table.select(names + index_fields(table.schema)))
    assert_frame_equal(back, frame[names])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(LEAVES) | st.lists(JSON) | st.just(Fraction(1, 3)), max_size=6))
def test_any_mixture_is_kept_equal_or_refused(values):
    frame = pd.DataFrame({"a": objects(*values)})
    try:
        table = to_arrow(frame)
    except FrameError:
        return
    assert_frame_equal(to_frame(table), frame)


PLAIN = {
    "whole": np.array([1, 2], dtype="int16"),
    "flag": [True, False],
    "share": np.array([0.5, 1.5], dtype="float32"),
    "half": np.array([0.5, 1.5], dtype="float16"),
    "text": ["a", "b"],
    "object": pd.Series(["a", "b"], dtype=object),
}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(PLAIN),
        pd.DataFrame(PLAIN).iloc[1:],
        pd.DataFrame(PLAIN, index=pd.RangeIndex(2, name="row")),
        pd.DataFrame(PLAIN, index=["u", "v"]),
        pd.DataFrame(PLAIN | {"nullable": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame(PLAIN).rename_axis(columns="header"),
    ],
)
def test_other_readers_are_told_what_pandas_would_tell_them(frame):
    ours = arrow_schema(frame).pandas_metadata
    theirs = pa.Table.from_pandas(frame).schema.pandas_metadata
    for told in (ours, theirs):
        for column in told["columns"]:
            del column["field_name"]  # index levels have other names in our files
            if column["name"] == "text":  # pyarrow calls it unicode or object, and reads neither
                del column["pandas_type"]
    for column, expected in zip(ours["columns"], theirs["columns"], strict=True):
        if column["name"] is not None:
            assert column == expected
    assert ours["column_indexes"] == theirs["column_indexes"]
    if isinstance(frame.index, pd.RangeIndex):
        assert ours["index_columns"] == theirs["index_columns"]
