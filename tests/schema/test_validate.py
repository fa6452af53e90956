"""Whether a frame fits a schema, and whether a schema can be saved."""

from __future__ import annotations

import datetime as dt
import logging
import math

import numpy as np
import pandas as pd
import pytest

from modelgroups.errors import (
    FrameError,
    MethodNotApplicableError,
    MissingParameterError,
    UnexpectedTypeError,
    UserTypeError,
    UserValueError,
)
from modelgroups.schema.attribute import Attribute, AttributeBin, AttributeCategory
from modelgroups.schema.build import plan_build
from modelgroups.schema.validate import check_saveable, validate_frame

UTC = dt.UTC


def attribute(value_type, name="x", stage="PIPELINE_INPUT", **fields):
    return Attribute(name, value_type, stage, **fields)


def validate(frame, attributes, input_type="TABULAR", output_type="MULTICLASS", **options):
    validate_frame(frame, attributes, input_type=input_type, output_type=output_type, **options)


def check(values, value_type, dtype=None, stage="PIPELINE_INPUT"):
    """Validate one column."""
    column = values if isinstance(values, pd.Series) else pd.Series(values, dtype=dtype)
    validate(pd.DataFrame({"x": column}), [attribute(value_type, stage=stage)])


def errors(frame, attributes, **options):
    with pytest.raises(UserTypeError) as caught:
        validate(frame, attributes, **options)
    return str(caught.value)


# The frame as a whole


@pytest.mark.parametrize("data", [None, [1], pd.Series([1]), pd.DataFrame({"x": []})])
def test_a_frame_with_rows_is_needed(data):
    message = errors(data, [attribute("INTEGER")])
    assert "Validation Error" not in message


def test_absent_and_unknown_columns_are_an_error_each():
    schema = [attribute("INTEGER", "aa"), attribute("FLOAT", "ff"), attribute("FLOAT", "ee")]
    frame = pd.DataFrame({"extra": [1], "aa": [1], "more": [1]})
    message = errors(frame, schema)
    assert message.startswith("2 Validation Error(s): [ERROR 1: columns 'ff', 'ee' are expected")
    assert ", ERROR 2: columns 'extra', 'more' are in the data" in message
    assert message.endswith("]")


def test_repeated_columns_hide_the_comparison_of_names():
    frame = pd.DataFrame([[1, 2, 3, 4, "a"]], columns=["aa", "aa", "aa", "extra", "bb"])
    schema = [attribute("INTEGER", "aa"), attribute("FLOAT", "ff"), attribute("FLOAT", "bb")]
    message = errors(frame, schema)
    assert message.startswith("2 Validation Error(s): [ERROR 1: columns 'aa' are in the data more")
    assert "ERROR 2: column 'bb'" in message
    assert "'extra'" not in message


def test_names_that_cannot_be_used_are_one_error():
    message = errors(pd.DataFrame({"1a": [1], 2: [1]}), [])
    assert message.startswith("2 Validation Error(s)")
    assert "ERROR 2: in the data 2 names cannot be used: '1a'" in message


def test_implicit_attributes_may_have_a_column_and_need_none():
    schema = [attribute("INTEGER"), attribute("FLOAT", "p_negative", implicit=True)]
    validate(pd.DataFrame({"x": [1]}), schema)
    validate(pd.DataFrame({"x": [1], "p_negative": [0.5]}), schema)
    assert "'p_negative'" in errors(pd.DataFrame({"x": [1], "p_negative": ["a"]}), schema)


def test_what_cannot_be_stored_is_listed_too():
    def unwritable(frame, columns):
        raise FrameError(["column 'x' is odd", "column 'y' is odd"])

    frame = pd.DataFrame({"x": [1.5]})
    message = errors(frame, [attribute("INTEGER")], writable=unwritable)
    assert message.startswith("3 Validation Error(s)")
    assert "ERROR 2: column 'x' is odd, ERROR 3: column 'y' is odd]" in message
    validate(frame, [attribute("FLOAT")], output_type="RANKED_LIST", writable=unwritable)
    seen = []
    validate(frame, [attribute("FLOAT")], writable=lambda frame, _: seen.append(frame))
    assert seen[0] is frame


# Types (fact 13 and the SDK's type check)


@pytest.mark.parametrize(
    ("values", "dtype", "value_type"),
    [
        ([1.5, 2.0], None, "FLOAT"),
        ([1.5, None], "float32", "FLOAT"),
        ([1.5, None], "Float64", "FLOAT"),
        ([1, 2.5], object, "FLOAT"),
        ([1.5, 2.5], "category", "FLOAT"),
        ([1, 2], None, "INTEGER"),
        ([1, None], "Int64", "INTEGER"),
        ([1, None], object, "INTEGER"),
        ([1.0, math.nan], None, "INTEGER"),
        ([1.0, math.inf], None, "INTEGER"),
        ([1, None], "Float64", "INTEGER"),
        ([True, False], None, "BOOLEAN"),
        ([True, None], object, "BOOLEAN"),
        (["a", None], None, "STRING"),
        (["a", "b"], "category", "STRING"),
        (["a"], object, "IMAGE"),
        (["2024-01-01"], None, "UNSTRUCTURED_TEXT"),
        ([dt.datetime(2024, 1, 1, tzinfo=UTC), None], object, "TIMESTAMP"),
        (pd.Series(pd.to_datetime(["2024-01-01"], utc=True)), None, "TIMESTAMP"),
        ([["a", "b"], np.array(["c"]), None], object, "TOKENS"),
        ([[{"a": 0.5, "b": 1}], []], object, "TOKEN_LIKELIHOODS"),
        ([[[0, 0.9, 1, 2, 3, 4]], [], [[]]], object, "BOUNDING_BOX"),
        (["anything", 1], object, "RANKED_LIST"),
        (["anything", 1], object, "ARRAY(STRING)"),
        (["anything", 1], object, "TIME_SERIES"),
    ],
)  # fmt: skip
def test_values_that_fit(values, dtype, value_type):
    check(values, value_type, dtype)


@pytest.mark.parametrize(
    ("values", "dtype", "value_type", "told"),
    [
        ([1, 2], None, "FLOAT", "2 of 2 values are int (first at index 0: 1)"),
        ([1, 2], object, "FLOAT", "2 of 2 values are int"),
        ([0.5, "a", None, "b"], object, "FLOAT", "2 of 3 values are str (first at index 1: 'a')"),
        ([1.0, 2.0], None, "INTEGER", "2 of 2 values are float"),
        ([1.0, 2.5, None], None, "INTEGER", "2 of 2 values are float"),
        ([True, False], None, "INTEGER", "values are bool"),
        ([1, 0], None, "BOOLEAN", "values are int"),
        ([1, "a", 2], object, "INTEGER", "1 of 3 values are str (first at index 1: 'a')"),
        (["a", 1], object, "STRING", "1 of 2 values are int (first at index 1: 1)"),
        ([1], None, "IMAGE", "values are int"),
        (["2024-01-01T00:00:00Z"], None, "TIMESTAMP", "values are str"),
        ([dt.datetime(2024, 1, 1)], object, "TIMESTAMP", "without a time zone"),  # noqa: DTZ001
        (pd.Series(pd.to_datetime(["2024-01-01"])), None, "TIMESTAMP", "without a time zone"),
        ([np.datetime64("2024-01-01")], object, "TIMESTAMP", "without a time zone"),
        ([dt.date(2024, 1, 1)], object, "TIMESTAMP", "values are date"),
        (pd.Series(pd.to_timedelta([1])), None, "TIMESTAMP", "timedelta64"),
        (["ab", ["a", 1]], object, "TOKENS", "2 of 2 values do not (first at index 0: 'ab', str)"),
        ([["a"], ["a", 1]], object, "TOKENS", "list of int"),
        ([[{"a": "b"}]], object, "TOKEN_LIKELIHOODS", "dict from str to str"),
        ([[{1: 0.5}]], object, "TOKEN_LIKELIHOODS", "dict from int to float"),
        ([["a"]], object, "TOKEN_LIKELIHOODS", "list of str"),
        ([[[1, 2, 3]]], object, "BOUNDING_BOX", "list of 3 entries"),
        ([[1, 2, 3, 4, 5, 6]], object, "BOUNDING_BOX", "list of int"),
        ([[["a"] * 6]], object, "BOUNDING_BOX", "list of list of str"),
        ([1], None, "TOKENS", "int"),
    ],
)
def test_values_that_do_not_fit(values, dtype, value_type, told):
    with pytest.raises(UserTypeError) as caught:
        check(values, value_type, dtype)
    message = str(caught.value)
    assert message.startswith("1 Validation Error(s): [ERROR 1: column 'x' must hold")
    assert value_type in message
    assert told in message


def test_errors_come_in_schema_order():
    frame = pd.DataFrame({"b": [1], "a": ["t"]})
    message = errors(frame, [attribute("FLOAT", "a"), attribute("FLOAT", "b")])
    assert message.index("'a'") < message.index("'b'")


@pytest.mark.parametrize("value_type", ["FLOAT", "STRING", "TIMESTAMP", "TOKENS"])
def test_columns_of_nulls_pass_with_a_warning(value_type, caplog):
    check([None, None], value_type, object)
    assert "only nulls" in caplog.text


# Texts


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-01", None, "2024-1-2"],
        ["2024/01/31 10:00", "2023/01/31 9:30:00.5"],
        ["31.12.2024", "1.2.2023"],
        ["12/31/2024", "1/2/2023 5:00 PM"],
        ["2024-01-01T00:00:00Z", "2024-01-01 00:00:00+01:00"],
        ["20240101T000000Z"],
        ["5 March 2024", "1 Apr 2024"],
        ["Mar 5, 2024"],
    ],
)
def test_dates_as_strings_are_an_error(values):
    with pytest.raises(UserTypeError, match="holds dates as text"):
        check(values, "STRING")


@pytest.mark.parametrize(
    "values",
    [
        ["20200101", "19991231"],
        ["010203", "010204"],
        ["1.2.3", "1.2.4"],
        ["5/6/7"],
        ["2024-01-01", "n/a"],
        ["12", "13"],
        ["1.5", "x"],
        ["nan"],
    ],
)
def test_texts_that_merely_look_like_dates_or_numbers_are_a_warning(values, caplog):
    check(values, "STRING")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "'x'" in record.getMessage()


@pytest.mark.parametrize("values", [["a"], ["2024"], ["May"], ["13-14"], ["2024-13-45"], [" "]])
def test_other_texts_are_no_dates(values):
    check(values, "STRING")


# Odd and accepted


@pytest.mark.parametrize("stage", ["PREDICTED_VALUE", "GROUND_TRUTH", "GROUND_TRUTH_CLASS"])
def test_nulls_in_outputs_are_a_warning(stage, caplog):
    check([0.5, None, math.inf], "FLOAT", stage=stage)
    assert "2 of 3 values of 'x'" in caplog.text


@pytest.mark.parametrize("stage", ["PIPELINE_INPUT", "NON_INPUT_DATA"])
def test_nulls_in_inputs_are_silent(stage, caplog):
    check([0.5, None], "FLOAT", stage=stage)
    assert caplog.records == []


def test_probabilities_outside_0_to_1_are_a_warning(caplog):
    check([0.0, 1.0, 0.5], "FLOAT", stage="PREDICTED_VALUE")
    assert caplog.records == []
    check([-0.1, 1.5, 0.5], "FLOAT", stage="PREDICTED_VALUE")
    assert "2 of 3 values of the prediction 'x'" in caplog.text
    caplog.clear()
    frame = pd.DataFrame({"x": [5.0]})
    schema = [attribute("FLOAT", stage="PREDICTED_VALUE")]
    validate(frame, schema, output_type="REGRESSION")
    assert caplog.records == []


@pytest.mark.parametrize("first", [[], [None, "a"]])
def test_a_first_list_that_says_nothing_is_a_warning(first, caplog):
    check([first, ["a"]], "TOKENS", object)
    assert "empty or starts with None" in caplog.text


def test_a_built_schema_fits_its_own_frame():
    frame = pd.DataFrame(
        {
            "number": [1.5, None, math.inf, 2.0],
            "count": pd.array([1, None, 3, 4], dtype="Int64"),
            "flag": [True, False, True, True],
            "text": pd.Categorical(["a", "b", None, "a"]),
            "at": pd.date_range("2024-01-01", periods=4, tz="Europe/Berlin"),
            "p": [0.1, 0.2, 0.3, 0.4],
            "y": ["no", "yes", "no", "no"],
        }
    )
    schema = plan_build(
        frame,
        {"p": "yes"},
        input_type="TABULAR",
        output_type="MULTICLASS",
        classifier_threshold=None,
        ground_truth_column="y",
    )
    before = frame.copy(deep=True)
    validate(frame, schema.attributes)
    pd.testing.assert_frame_equal(frame, before)


# Saving


def model(*more, predicted=1, truth="GROUND_TRUTH"):
    predictions = [attribute("FLOAT", f"p{i}", "PREDICTED_VALUE") for i in range(predicted)]
    return [attribute("FLOAT", "aa"), attribute("INTEGER", "yy", truth), *predictions, *more]


def test_attributes_are_needed():
    with pytest.raises(UnexpectedTypeError):
        check_saveable(None, "MULTICLASS")
    with pytest.raises(MissingParameterError, match="no attributes"):
        check_saveable([], "MULTICLASS")


@pytest.mark.parametrize(
    ("absent", "named"),
    [("yy", "ground truth"), ("p0", "prediction"), ("aa", "input")],
)
def test_every_model_has_inputs_predictions_and_truths(absent, named):
    with pytest.raises(MissingParameterError, match=f"no {named}"):
        check_saveable([a for a in model() if a.name != absent], "MULTICLASS")


def test_roles_may_be_filled_in_other_ways():
    check_saveable(model(truth="GROUND_TRUTH_CLASS"), "MULTICLASS")
    without_truth = [a for a in model() if a.name != "yy"]
    check_saveable(without_truth, "TOKEN_SEQUENCE")
    tokens = attribute("TOKENS", "tt", "PREDICT_FUNCTION_INPUT")
    check_saveable([tokens, *model()[1:]], "REGRESSION")


def test_the_lone_prediction_of_a_classifier_is_positive():
    attributes = model()
    saved = check_saveable(attributes, "MULTICLASS")
    assert [a.is_positive_predicted_attribute for a in saved] == [False, False, True]
    assert not attributes[2].is_positive_predicted_attribute
    regression = check_saveable(attributes, "REGRESSION")
    assert not any(a.is_positive_predicted_attribute for a in regression)


def test_one_of_two_predictions_must_be_positive():
    attributes = model(predicted=2)
    with pytest.raises(MethodNotApplicableError, match="p0, p1"):
        check_saveable(attributes, "MULTICLASS")
    check_saveable(attributes, "REGRESSION")
    attributes[-1].is_positive_predicted_attribute = True
    check_saveable(attributes, "MULTICLASS")
    attributes[-2].is_positive_predicted_attribute = True
    with pytest.raises(UserValueError, match="2 attributes are the positive prediction"):
        check_saveable(attributes, "MULTICLASS")
    assert len(check_saveable(model(predicted=3), "MULTICLASS")) == 5


def test_names_are_legal_and_unique_within_the_model():
    attributes = model(attribute("FLOAT", "p0", "NON_INPUT_DATA"), attribute("FLOAT", "2nd"))
    with pytest.raises(UserValueError, match="2 attributes are named 'p0'") as caught:
        check_saveable(attributes, "REGRESSION")
    assert "'2nd'" in str(caught.value)


def test_plain_categories_and_bins_become_objects_of_the_copies():
    category = AttributeCategory("a", "label")
    plain = attribute("STRING", categorical=True, categories=[category, 1])
    binned = attribute("FLOAT", "b", bins=[None, 5, None])
    *_, first, second = check_saveable(model(plain, binned), "REGRESSION")
    assert first.categories == [category, AttributeCategory("1")]
    assert first.categories[0] is not category
    assert second.bins == [AttributeBin(None, 5), AttributeBin(5, None)]
    assert plain.categories == [category, 1]
    assert binned.bins == [None, 5, None]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_ranges_and_bins_are_finite(value):
    attributes = model(
        attribute("FLOAT", "r", min_range=0.0, max_range=value),
        attribute("FLOAT", "b", bins=[AttributeBin(value, 1.0)]),
        attribute("STRING", "c", categorical=True, categories="abc"),
    )
    with pytest.raises(UserValueError) as caught:
        check_saveable(attributes, "REGRESSION")
    for part in (
        "attribute 'r': max_range",
        "attribute 'b': a cut-off",
        "attribute 'c': categories",
    ):
        assert part in str(caught.value)


def test_copies_equal_the_attributes_and_share_nothing():
    attributes = model(attribute("STRING", categorical=True, categories=[AttributeCategory("a")]))
    saved = check_saveable(attributes, "REGRESSION")
    assert saved == attributes
    assert all(a is not b for a, b in zip(saved, attributes, strict=True))
    saved[-1].categories.append(AttributeCategory("b"))
    assert len(attributes[-1].categories) == 1
