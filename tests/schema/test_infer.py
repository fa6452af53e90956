"""Which attribute a column becomes."""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.schema.infer import free_positions, infer_attributes, infer_column
from modelgroups.types import InputType, Stage, ValueType

PIPELINE = Stage.ModelPipelineInput
UTC = dt.UTC


def infer(values, dtype=None, *, input_type="TABULAR", stage=PIPELINE, **options):
    column = values if isinstance(values, pd.Series) else pd.Series(values, dtype=dtype)
    return infer_column(column, stage, input_type=input_type, name="x", **options)


def shape(attribute):
    """Return what the SDK would show of an attribute."""
    categories = attribute.categories
    return (
        attribute.value_type,
        attribute.categorical,
        attribute.is_unique,
        None if categories is None else [category.value for category in categories],
        attribute.min_range,
        attribute.max_range,
    )


def categories(attribute):
    return [category.value for category in attribute.categories]


# Positions


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.integers(0, 12))
def test_positions_never_collide_and_are_kept_where_free(taken, number):
    positions = free_positions(taken, range(number))
    assert len(positions) == number
    assert len({*positions, *taken}) == number + len(taken)
    used = set(taken)
    for wanted, position in enumerate(positions):
        assert position == (wanted if wanted not in used else max(used) + 1)
        used.add(position)


def test_positions_of_the_specification():
    assert free_positions([1], [0, 1, 2]) == [0, 2, 3]
    assert free_positions([], range(3)) == [0, 1, 2]
    assert free_positions([0, 1], [0, 1]) == [2, 3]


def test_a_second_inference_continues_the_numbering():
    first = infer_attributes(pd.DataFrame({"a": [1], "b": [1]}), PIPELINE, input_type="TABULAR")
    second = infer_attributes(
        pd.DataFrame({"c": [1], "d": [1]}),
        PIPELINE,
        input_type="TABULAR",
        taken=[a.position for a in first],
    )
    assert [a.position for a in first + second] == [0, 1, 2, 3]


def test_the_position_of_a_column_left_out_stays_unused(caplog):
    frame = pd.DataFrame({"a": [1, 2], "t": pd.to_timedelta([1, 2]), "b": [1, 2]})
    found = infer_attributes(frame, PIPELINE, input_type="TABULAR")
    assert [(a.name, a.position) for a in found] == [("a", 0), ("b", 2)]
    assert "'t'" in caplog.text
    assert "timedelta64" in caplog.text


# Literal facts of the published SDK


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (list(range(20)) * 2, ("INTEGER", True, False, [str(i) for i in range(20)], None, None)),
        (list(range(21)) * 2, ("INTEGER", False, False, None, 0, 20)),
        (list("bacacd"), ("STRING", True, False, ["a", "c", "b", "d"], None, None)),
        ([3.0, 1.0, 1.0, 2.0], ("FLOAT", True, False, ["1.0", "3.0", "2.0"], None, None)),
        ([1, 2, None, 1], ("FLOAT", True, False, ["1.0", "2.0"], None, None)),
        ([1.0, math.inf, 2.5], ("FLOAT", False, False, None, 1.0, 2.5)),
        ([0.1, 0.2, 0.3, 0.4], ("FLOAT", False, False, None, 0.1, 0.4)),
        (list(range(11)), ("INTEGER", True, True, None, None, None)),
        (list(range(10)), ("INTEGER", True, False, [str(i) for i in range(10)], None, None)),
        ([True, False, False], ("BOOLEAN", True, False, ["False", "True"], None, None)),
        (["a", None, "a"], ("STRING", True, False, ["a"], None, None)),
    ],
)
def test_facts_of_the_sdk(values, expected):
    assert shape(infer(values)) == expected


@pytest.mark.parametrize("distinct", [25, 26])
def test_whole_floats_are_categorical_up_to_25_values(distinct):
    attribute = infer([float(i) for i in range(distinct)] * 2)
    expected = {
        25: (True, False, [f"{i}.0" for i in range(25)], None, None),
        26: (False, False, None, 0.0, 25.0),
    }
    assert shape(attribute)[1:] == expected[distinct]


@pytest.mark.parametrize("distinct", [25, 26])
def test_texts_have_categories_up_to_25_values_and_are_unique_beyond(distinct):
    texts = [f"t{i}" for i in range(distinct)]
    attribute = infer(texts * 2)
    expected = {25: (True, False, texts, None, None), 26: (True, True, None, None, None)}
    assert shape(attribute)[1:] == expected[distinct]


def test_eleven_different_values_are_unique_and_ten_are_not():
    for values in (list("abcdefghij"), [f"{i}" for i in range(10)], [i / 7 for i in range(10)]):
        assert not infer(values).is_unique
        assert infer([*values, values[-1] * 2]).is_unique


def test_unique_whole_floats_have_neither_categories_nor_range():
    assert shape(infer([float(i) for i in range(11)])) == ("FLOAT", True, True, None, None, None)


def test_floats_are_written_in_full_precision():
    values = np.array([1e20, 1e20, 3], dtype="float32")
    assert categories(infer(values)) == ["1.0000000200408773e+20", "3.0"]


def test_declared_categories_that_no_row_holds_come_last():
    values = pd.Categorical(["b", "b", "c", None], categories=["a", "b", "c", "d"])
    assert categories(infer(values)) == ["b", "c", "a", "d"]


def test_columns_of_nulls():
    nulls = [None, None]
    assert shape(infer(nulls, object)) == ("STRING", True, False, [], None, None)
    assert shape(infer(nulls, "string")) == ("STRING", True, False, [], None, None)
    assert shape(infer(pd.Categorical(nulls))) == ("STRING", True, False, [], None, None)
    assert shape(infer(nulls, float)) == ("FLOAT", False, False, None, None, None)
    assert shape(infer([math.inf], float)) == ("FLOAT", False, False, None, None, None)
    assert shape(infer(nulls, "Int64")) == ("INTEGER", True, False, [], None, None)
    assert shape(infer(nulls, "boolean")) == ("BOOLEAN", True, False, [], None, None)
    naive = pd.Series(pd.to_datetime(nulls))
    assert shape(infer(naive)) == ("TIMESTAMP", False, False, None, None, None)
    series = infer(nulls, object, input_type="TIME_SERIES")
    assert shape(series) == ("TIME_SERIES", False, True, None, None, None)


# Value types by dtype

ZONED = [dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 2, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("values", "dtype", "value_type"),
    [
        (["a", "b"], None, "STRING"),
        (["a", "b"], object, "STRING"),
        (["a", None], "string", "STRING"),
        (["a", None], pd.ArrowDtype(pa.string()), "STRING"),
        (["a", None], pd.ArrowDtype(pa.large_string()), "STRING"),
        (["a", None], pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())), "STRING"),
        (["a", None], "category", "STRING"),
        ([1, 2], "uint8", "INTEGER"),
        ([1, None], "Int16", "INTEGER"),
        ([1, None], "UInt32", "INTEGER"),
        ([1, None], pd.ArrowDtype(pa.int16()), "INTEGER"),
        ([1, None, 2], object, "INTEGER"),
        ([2**70, 1], object, "INTEGER"),
        ([1.5, 2], "float32", "FLOAT"),
        ([1.5, None], "Float64", "FLOAT"),
        ([1.5, None], pd.ArrowDtype(pa.float64()), "FLOAT"),
        ([Decimal("1.5"), None], pd.ArrowDtype(pa.decimal128(9, 2)), "FLOAT"),
        ([Decimal("1.5"), None], object, "FLOAT"),
        ([1, 2.5, None], object, "FLOAT"),
        ([1.5, 2.5], "category", "FLOAT"),
        ([True, None], "boolean", "BOOLEAN"),
        ([True, None], pd.ArrowDtype(pa.bool_()), "BOOLEAN"),
        ([True, None, np.False_], object, "BOOLEAN"),
        (ZONED, "datetime64[ns, UTC]", "TIMESTAMP"),
        (ZONED, "datetime64[ns, Europe/Berlin]", "TIMESTAMP"),
        (ZONED, "datetime64[us, Asia/Singapore]", "TIMESTAMP"),
        (ZONED, pd.ArrowDtype(pa.timestamp("us", "Europe/Dublin")), "TIMESTAMP"),
        (ZONED, "category", "TIMESTAMP"),
        ([*ZONED, None], object, "TIMESTAMP"),
        ([ZONED[0].astimezone(dt.timezone(dt.timedelta(hours=i))) for i in (0, 5)], object,
         "TIMESTAMP"),
    ],
)  # fmt: skip
def test_value_types(values, dtype, value_type):
    attribute = infer(values, dtype)
    assert attribute.value_type == value_type
    assert isinstance(attribute.value_type, ValueType)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.to_timedelta([1, 2])),
        pd.Series(pd.period_range("2024", periods=2)),
        pd.Series(pd.cut([1, 2, 3], 2)),
        pd.Series([1j]),
        pd.Series([b"a"]),
        pd.Series([dt.date(2024, 1, 1)]),
        pd.Series([dt.date(2024, 1, 1)], dtype=pd.ArrowDtype(pa.date32())),
        pd.Series([b"a"], dtype=pd.ArrowDtype(pa.binary())),
        pd.Series([{"a": 1}]),
        pd.Series([[1], [2]]),
        pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        pd.Series([(1,)]),
    ],
    ids=lambda column: f"{column.dtype}-{type(column.iloc[0]).__name__}",
)
def test_what_no_type_holds_is_left_out_with_a_warning(column, caplog):
    assert infer(column) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "column 'x' is left out" in caplog.text


@pytest.mark.parametrize(
    ("values", "index", "odd"),
    [
        (["a", 1, "b"], 1, "1"),
        ([1, None, 2.5, "b"], 3, "'b'"),
        ([True, 1], 1, "1"),
        ([[1], "a"], 1, "'a'"),
        ([ZONED[0], dt.datetime(2024, 1, 1)], 1, "datetime"),  # noqa: DTZ001
    ],
)
def test_values_of_several_types_are_refused_at_the_first_odd_one(values, index, odd):
    with pytest.raises(UserValueError) as caught:
        infer(values, object)
    assert "column 'x'" in str(caught.value)
    assert f"at index {index}" in str(caught.value)
    assert odd in str(caught.value)


def test_infinities_among_objects_are_nulls():
    assert infer(["a", math.inf], object).value_type == "STRING"
    assert shape(infer([1, -math.inf], object)) == ("INTEGER", True, False, ["1"], None, None)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.to_datetime(["2024-01-01"])),
        pd.Series([dt.datetime(2024, 1, 1), None], dtype=object),  # noqa: DTZ001
        pd.Series([pd.Timestamp("2024-01-01")], dtype=pd.ArrowDtype(pa.timestamp("us"))),
        pd.Series(pd.Categorical(pd.to_datetime(["2024-01-01"]))),
    ],
)
def test_times_without_a_zone_are_refused(column):
    with pytest.raises(UserValueError, match=r"column 'x'.*no time zone"):
        infer(column)


def test_texts_that_start_as_zoned_times_must_all_be():
    good = ["2024-01-01T00:00:00Z", None, "2024-01-02T00:00:00+01:00"]
    assert shape(infer(good)) == ("STRING", True, False, [good[0], good[2]], None, None)
    with pytest.raises(UserValueError, match="at index 1: 'nope'"):
        infer(["2024-01-01T00:00:00Z", "nope"])
    assert categories(infer(["nope", "2024-01-01T00:00:00Z"])) == ["nope", "2024-01-01T00:00:00Z"]


def test_timestamps_are_unique_by_the_common_rule():
    days = pd.Series(pd.date_range("2024-01-01", periods=11, tz="UTC"))
    assert shape(infer(days)) == ("TIMESTAMP", False, True, None, None, None)
    assert not infer(days[:10]).is_unique
    assert not infer(pd.concat([days, days])).is_unique


# Input types


def test_texts_of_an_nlp_model_are_unstructured_in_every_stage():
    expected = ("UNSTRUCTURED_TEXT", True, False, None, None, None)
    for stage in (PIPELINE, Stage.NonInputData):
        assert shape(infer(["a"] * 3, input_type="NLP", stage=stage)) == expected
    repeated = [f"t{i % 30}" for i in range(60)]
    assert shape(infer(repeated, input_type="NLP"))[2] is True
    assert shape(infer([None], object, input_type="NLP")) == expected


def test_texts_are_images_among_the_inputs_of_an_image_model():
    paths = [f"{i}.png" for i in range(12)]
    assert shape(infer(paths, input_type="IMAGE")) == ("IMAGE", False, True, None, None, None)
    assert not infer(paths[:3], input_type="IMAGE").is_unique
    assert not infer(paths * 3, input_type="IMAGE").is_unique
    assert infer(paths, input_type="IMAGE", stage=Stage.NonInputData).value_type == "STRING"


def test_lists_are_time_series_among_the_inputs_of_a_time_series_model(caplog):
    points = [[{"timestamp": ZONED[0], "value": 1.0}], None, []]
    found = infer(points, object, input_type="TIME_SERIES")
    assert shape(found) == ("TIME_SERIES", False, True, None, None, None)
    assert infer(points, object, input_type=InputType.TimeSeries, stage=Stage.NonInputData) is None
    assert "list values" in caplog.text


def test_known_integers_with_nulls_stay_integers():
    values = [1.0, math.nan, 2.0, 1.0]
    assert shape(infer(values, known_integer=True)) == (
        "INTEGER", True, False, ["1", "2"], None, None,
    )  # fmt: skip
    assert infer([1.0, 2.0], known_integer=True).value_type == "FLOAT"
    assert infer([1.5, None], known_integer=True).value_type == "FLOAT"
    assert infer([1e30, None], known_integer=True).value_type == "FLOAT"
    frame = pd.DataFrame({"a": values, "b": values})
    found = infer_attributes(frame, PIPELINE, input_type="TABULAR", known_integers={"b"})
    assert [a.value_type for a in found] == ["FLOAT", "INTEGER"]


# Frames


def test_a_series_is_a_frame_of_one_column():
    found = infer_attributes(pd.Series([1, 2], name="a"), PIPELINE, input_type="TABULAR")
    assert [a.short_name() for a in found] == ["PIPELINE_INPUT[0]:a"]


@pytest.mark.parametrize("data", [None, [1, 2], {"a": [1]}, np.array([1])])
def test_other_data_is_a_type_error(data):
    with pytest.raises(UserTypeError):
        infer_attributes(data, PIPELINE, input_type="TABULAR")


@pytest.mark.parametrize("stage", ["PREDICTED_VALUE", "GROUND_TRUTH", "GROUND_TRUTH_CLASS"])
def test_outputs_are_not_inferred(stage):
    with pytest.raises(MethodNotApplicableError, match=stage):
        infer_attributes(pd.DataFrame({"a": [1]}), stage, input_type="TABULAR")


def test_rows_are_needed_and_columns_are_not():
    with pytest.raises(UserValueError, match="no rows"):
        infer_attributes(pd.DataFrame({"a": []}), PIPELINE, input_type="TABULAR")
    assert infer_attributes(pd.DataFrame(index=[0]), PIPELINE, input_type="TABULAR") == []


def test_every_bad_column_is_reported_at_once():
    frame = pd.DataFrame(
        {"a": pd.Series([1, "x"], dtype=object), "b": [1, 2], "c": pd.to_datetime(["2024"] * 2)}
    )
    with pytest.raises(UserValueError) as caught:
        infer_attributes(frame, PIPELINE, input_type="TABULAR")
    assert "column 'a'" in str(caught.value)
    assert "column 'c'" in str(caught.value)
    assert "column 'b'" not in str(caught.value)


def test_a_column_that_declares_its_categories_needs_no_review(caplog):
    declared = pd.Series(["de", "fr"], dtype=pd.CategoricalDtype(["de", "fr", "it"]))
    (attribute,) = infer_attributes(
        declared.rename("country"), "PIPELINE_INPUT", input_type="TABULAR"
    )
    assert [category.value for category in attribute.categories] == ["de", "fr", "it"]
    assert caplog.records == []


def test_categorical_columns_are_named_once_for_review(caplog):
    frame = pd.DataFrame({"aa": [1, 2], "bb": ["x", "y"], "cc": [0.5, 1.5]})
    infer_attributes(frame, PIPELINE, input_type="TABULAR")
    (record,) = caplog.records
    assert record.name == "modelgroups"
    assert record.levelno == logging.WARNING
    assert "aa, bb" in record.getMessage()
    caplog.clear()
    infer_attributes(frame[["bb", "cc"]], PIPELINE, input_type="NLP")
    assert caplog.records == []


def test_data_are_not_changed_and_attributes_are_fresh():
    frame = pd.DataFrame(
        {
            "a": [3.0, math.inf, None],
            "b": pd.Series([1, None, "x"], dtype=object).where([True, True, False]),
            "c": pd.Categorical(["u", None, "v"]),
        },
        index=[7, 7, 9],
    )
    before = frame.copy(deep=True)
    first = infer_attributes(frame, PIPELINE, input_type="TABULAR")
    second = infer_attributes(frame, PIPELINE, input_type="TABULAR")
    pd.testing.assert_frame_equal(frame, before)
    assert first == second
    assert all(a is not b for a, b in zip(first, second, strict=True))


# Invariants


@settings(deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=80))
def test_integers_follow_the_counts(values):
    attribute = infer(values)
    counts = Counter(values)
    unique = len(counts) == len(values) > 10
    assert attribute.categorical == (len(counts) <= 20)
    assert attribute.is_unique == unique
    if attribute.categorical:
        assert (attribute.min_range, attribute.max_range) == (None, None)
        by_frequency = [str(value) for value, _ in counts.most_common()]
        assert attribute.categories is None if unique else categories(attribute) == by_frequency
    else:
        assert attribute.categories is None
        assert (attribute.min_range, attribute.max_range) == (min(values), max(values))
        assert type(attribute.min_range) is int


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([f"t{i}" for i in range(40)]) | st.none(), min_size=1, max_size=80),
    st.sampled_from([object, "string", "category"]),
)
def test_texts_follow_the_counts(values, dtype):
    attribute = infer(values, dtype)
    present = [value for value in values if value is not None]
    counts = Counter(present)
    assert attribute.value_type == "STRING"
    assert attribute.categorical
    assert attribute.is_unique == (len(counts) == len(present) > 10 or len(counts) > 25)
    if attribute.is_unique:
        assert attribute.categories is None
    else:
        assert categories(attribute) == [value for value, _ in counts.most_common()]


@settings(deadline=None)
@given(st.lists(st.floats(width=32), min_size=1, max_size=60))
def test_floats_follow_the_counts(values):
    attribute = infer(values, float)
    finite = [value for value in values if math.isfinite(value)]
    distinct = set(finite)
    categorical = 0 < len(distinct) <= 25 and all(value == int(value) for value in finite)
    assert attribute.value_type == "FLOAT"
    assert attribute.categorical == categorical
    assert attribute.is_unique == (len(distinct) == len(finite) > 10)
    if not categorical:
        low, high = (min(finite), max(finite)) if finite else (None, None)
        assert (attribute.min_range, attribute.max_range) == (low, high)


@pytest.mark.parametrize("rows", [999, 1000, 1001, 5000])
def test_what_the_head_of_a_long_column_hides_is_found(rows):
    numbers = np.arange(rows) / 7
    assert infer(numbers).is_unique
    numbers[-1] = numbers[-2]
    assert not infer(numbers).is_unique
    whole = np.zeros(rows)
    assert infer(whole).categorical
    whole[-1] = 0.5
    assert shape(infer(whole)) == ("FLOAT", False, False, None, 0.0, 0.5)
    few = np.zeros(rows, dtype=int)
    few[-21:] = range(21)
    assert shape(infer(few)) == ("INTEGER", False, False, None, 0, 20)
    texts = ["a"] * (rows - 26) + [f"t{i}" for i in range(26)]
    assert shape(infer(texts))[2:4] == (True, None)
