"""A whole schema from a frame: the golden facts of the published SDK, and ours."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest

from modelgroups.errors import (
    MethodNotApplicableError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.schema.build import plan_build


@pytest.fixture
def frame():
    """The frame of the golden facts."""
    return pd.DataFrame(
        {
            "aa": [1, 2, 3, 1],
            "bb": ["x", "y", "x", "y"],
            "nn": [0.1, 0.2, 0.3, 0.4],
            "pred_0": [0.1, 0.2, 0.7, 0.6],
            "pred_1": [0.9, 0.8, 0.3, 0.4],
            "gt_0": [0, 0, 1, 1],
            "gt_1": [1, 1, 0, 0],
            "gt": [1, 1, 0, 0],
        }
    )


def plan(data, pairs, output_type="MULTICLASS", *, input_type="TABULAR", threshold=None, **options):
    return plan_build(
        data,
        pairs,
        input_type=input_type,
        output_type=output_type,
        classifier_threshold=threshold,
        **options,
    )


def short(schema):
    return [attribute.short_name() for attribute in schema.attributes]


# Classifiers with a column of true classes (facts 1, 2, 5)


def test_one_probability_and_a_class_column(frame):
    data = frame[["aa", "bb", "nn", "pred_1", "gt"]]
    schema = plan(data, {"pred_1": 1}, ground_truth_column="gt", non_input_columns=["nn"])
    assert short(schema) == [
        "PIPELINE_INPUT[0]:aa",
        "PIPELINE_INPUT[1]:bb",
        "NON_INPUT_DATA[0]:nn",
        "GROUND_TRUTH_CLASS[0]:gt",
        "PREDICTED_VALUE[1]:pred_1",
    ]
    aa, bb, nn, gt, predicted = schema.attributes
    ranges = [(a.min_range, a.max_range) for a in schema.attributes]
    assert ranges == [(None, None), (None, None), (0.1, 0.4), (None, None), (0, 1)]
    assert [c.value for c in aa.categories] == ["1", "2", "3"]
    assert [c.value for c in bb.categories] == ["x", "y"]
    assert nn.categories is None
    assert [c.value for c in gt.categories] == ["1", "0"]
    assert predicted.is_positive_predicted_attribute
    assert predicted.gt_class_link == "1"
    assert schema.classifier_threshold is None


def test_two_probabilities_and_a_class_column(frame):
    data = frame[["aa", "pred_0", "pred_1", "gt"]]
    pairs = {"pred_0": 0, "pred_1": 1}
    schema = plan(data, pairs, ground_truth_column="gt", positive_predicted_attr="pred_1")
    assert short(schema)[1:] == [
        "GROUND_TRUTH_CLASS[0]:gt",
        "PREDICTED_VALUE[0]:pred_0",
        "PREDICTED_VALUE[1]:pred_1",
    ]
    assert [a.is_positive_predicted_attribute for a in schema.attributes] == [
        False, False, False, True,
    ]  # fmt: skip
    with pytest.raises(UserTypeError, match=r"'pred_0' or 'pred_1'"):
        plan(data, pairs, ground_truth_column="gt")
    unknown = plan(data, pairs, ground_truth_column="gt", positive_predicted_attr="zzz")
    assert not any(a.is_positive_predicted_attribute for a in unknown.attributes)


def test_an_undeclared_negative_beside_a_class_column(frame):
    data = frame[["aa", "pred_1", "gt"]]
    with_none = plan(data, {"pred_1": 1, None: 0}, ground_truth_column="gt")
    assert with_none == plan(data, {"pred_1": 1}, ground_truth_column="gt")


def test_a_class_that_is_no_column_needs_ground_truth_column(frame):
    with pytest.raises(UserValueError, match="ground_truth_column"):
        plan(frame[["aa", "pred_1", "gt"]], {"pred_1": 1})


@pytest.mark.parametrize(
    ("pairs", "truth", "told"),
    [
        (
            {"pred_1": "gt"},
            "gt",
            "'pred_1' is mapped to 'gt', which is ground_truth_column",
        ),
        (
            {1: "pred_1"},
            "gt",
            "columns 1; the predicted column comes first, as in {'pred_1",
        ),
        ({"pred_1": 1}, "prd_1", "ground truth columns 'prd_1'$"),
        ({"pred_1": 1}, "gtt", "did you mean 'gt'"),
        ("gt", None, "the second argument, must be a dict .* is ground_truth_column="),
    ],
)
def test_outputs_that_are_mixed_up_are_told_apart(frame, pairs, truth, told):
    with pytest.raises((UserValueError, UserTypeError), match=told):
        plan(frame[["aa", "pred_1", "gt"]], pairs, ground_truth_column=truth)


def test_scores_that_are_no_probabilities_are_told_while_a_model_is_built(frame, caplog):
    data = frame[["aa", "pred_1", "gt"]]
    plan(data, {"pred_1": 1}, ground_truth_column="gt")
    assert "no probabilities" not in caplog.text
    plan(data.assign(pred_1=[90.0, 80.0, 0.3, None]), {"pred_1": 1}, ground_truth_column="gt")
    assert "2 of 3 values of the prediction 'pred_1' are not between 0 and 1" in caplog.text


@pytest.mark.parametrize("value", [5, "1"])
def test_classes_must_occur_in_the_column(frame, value):
    with pytest.raises(UserValueError, match="compared by type"):
        plan(frame[["aa", "pred_1", "gt"]], {"pred_1": value}, ground_truth_column="gt")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([1.0, 1.0, 0.0, 0.0], UserError),
        ([True, True, False, False], UserError),
        ([[1], [1], [0], [0]], UserError),
        (pd.Series([1, 1, 0, None], dtype=object), UserValueError),
        (pd.Series([1, 1, 0, None], dtype="Int64"), UserValueError),
    ],
)
def test_classes_are_texts_or_whole_numbers_without_nulls(frame, values, error):
    data = frame[["aa", "pred_1"]].assign(gt=values)
    with pytest.raises(UserError) as caught:
        plan(data, {"pred_1": 1}, ground_truth_column="gt")
    assert type(caught.value) is error


def test_probabilities_must_be_floats(frame):
    data = frame[["aa", "gt"]].assign(pred_1=[0, 1, 0, 1], pred_0=["a"] * 4)
    with pytest.raises(UserTypeError, match=r"'pred_1' \(int64\)") as caught:
        plan(data, {"pred_1": 1, "pred_0": 0}, ground_truth_column="gt")
    assert "'pred_0'" in str(caught.value)


@pytest.mark.parametrize("dtype", ["float16", "float32", "Float64", "double[pyarrow]"])
def test_probabilities_may_be_floats_of_any_width(frame, dtype):
    data = frame[["aa", "pred_1", "gt"]].astype({"pred_1": dtype})
    schema = plan(data, {"pred_1": 1}, ground_truth_column="gt")
    assert schema.attributes[-1].value_type == "FLOAT"


# Classifiers with a column for each class (facts 3, 4)


def test_two_columns_for_each(frame):
    data = frame[["aa", "pred_0", "pred_1", "gt_0", "gt_1"]]
    pairs = {"pred_0": "gt_0", "pred_1": "gt_1"}
    schema = plan(data, pairs, positive_predicted_attr="pred_1")
    assert [a.name for a in schema.attributes] == ["aa", "pred_0", "gt_0", "pred_1", "gt_1"]
    assert schema.classifier_threshold == 0.5
    kept = plan(data, pairs, positive_predicted_attr="pred_1", threshold=0.7)
    assert kept.classifier_threshold == 0.7
    with pytest.raises(UserValueError, match="'zz'"):
        plan(data, pairs, positive_predicted_attr="zz")
    with pytest.raises(UserTypeError, match="positive_predicted_attr"):
        plan(data, pairs)


def test_one_pair_is_too_few_unless_the_other_class_is_named(frame):
    data = frame[["aa", "pred_1", "gt_1", "gt_0"]]
    with pytest.raises(UserValueError, match="ground_truth_column='gt_1'"):
        plan(data, {"pred_1": "gt_1"})
    schema = plan(data, {"pred_1": "gt_1", None: "gt_0"})
    assert short(schema)[1:] == ["PREDICTED_VALUE[0]:pred_1", "GROUND_TRUTH[0]:gt_1",
                                 "GROUND_TRUTH[1]:gt_0"]  # fmt: skip
    assert [a.attribute_link for a in schema.attributes[1:]] == ["gt_1", "pred_1", None]


def test_three_classes(frame):
    data = frame[["aa", "pred_0", "pred_1", "nn", "gt_0", "gt_1", "gt"]]
    schema = plan(data, {"pred_0": "gt_0", "pred_1": "gt_1", "nn": "gt"}, threshold=None)
    assert [a.name for a in schema.attributes] == [
        "aa", "gt_0", "pred_0", "gt_1", "pred_1", "gt", "nn",
    ]  # fmt: skip
    assert schema.classifier_threshold is None


# Regression (fact 6)


def test_regression():
    data = pd.DataFrame({"aa": [1, 2, 3], "pp": [1.5, 2.5, 0], "gg": [2.0, 3.0, -1.0]})
    gg, pp = plan(data, {"pp": "gg"}, "REGRESSION").attributes[1:]
    assert (gg.name, gg.value_type, gg.min_range, gg.max_range) == ("gg", "FLOAT", -1.0, 3.0)
    assert (pp.name, pp.value_type, pp.min_range, pp.max_range) == ("pp", "FLOAT", 0.0, 2.5)
    assert (gg.attribute_link, pp.attribute_link) == ("pp", "gg")
    whole = plan(data.assign(pp=[1, 2, 0]), {"pp": "gg"}, "REGRESSION").attributes[1:]
    assert [a.value_type for a in whole] == ["INTEGER", "INTEGER"]


def test_predictions_of_a_regression_share_one_type():
    data = pd.DataFrame({"p": [1, 2], "q": [0.5, 1.5], "g": [1, 2], "h": [1, 2]})
    with pytest.raises(UserValueError, match=r"'p' INTEGER, 'q' FLOAT"):
        plan(data, {"p": "g", "q": "h"}, "REGRESSION")
    with pytest.raises(UserValueError, match="'p'"):
        plan(data.assign(p=pd.to_timedelta([1, 2])), {"p": "g"}, "REGRESSION")
    with pytest.raises(UserValueError, match="several types"):
        plan(data.assign(p=pd.Series([1, "a"], dtype=object)), {"p": "g"}, "REGRESSION")


def test_a_class_column_is_not_for_regression():
    data = pd.DataFrame({"p": [1.0, 2.0], "g": [1.0, 2.0]})
    with pytest.raises(UserValueError, match=r"\{'p': 'g'\}"):
        plan(data, {"p": 1.0}, "REGRESSION", ground_truth_column="g")


# Ranked lists (fact 7)


def recommendations(rows, items):
    return [[{"item_id": f"i{row}_{n}", "score": 0.5} for n in range(items)] for row in range(rows)]


def test_ranked_list():
    data = pd.DataFrame(
        {"user": ["a", "b"], "recs": recommendations(2, 100), "liked": [["x"], None]}
    )
    schema = plan(data, {"recs": "liked"}, "RANKED_LIST")
    assert short(schema) == ["PIPELINE_INPUT[0]:user", "GROUND_TRUTH[0]:liked",
                             "PREDICTED_VALUE[0]:recs"]  # fmt: skip


def test_ranked_list_limits():
    liked = [["x"]] * 20
    many = pd.DataFrame({"recs": recommendations(20, 60), "liked": liked})
    with pytest.raises(UserValueError, match="1201 different items"):
        plan(many, {"recs": "liked"}, "RANKED_LIST")
    long = pd.DataFrame({"recs": recommendations(20, 1), "liked": liked}, index=range(5, 25))
    long.at[7, "liked"] = ["x"] * 101
    with pytest.raises(UserValueError, match=r"1 rows of 'liked'.*at index 7"):
        plan(long, {"recs": "liked"}, "RANKED_LIST")


def test_ranked_list_cells_of_another_form_pass():
    data = pd.DataFrame({"user": [1, 2], "recs": ["a", "b"], "liked": [["x", 1, None], "y"]})
    assert len(plan(data, {"recs": "liked"}, "RANKED_LIST").attributes) == 3


def test_ranked_list_has_one_column_each():
    data = pd.DataFrame({"p": ["a"], "q": ["a"], "g": ["a"], "h": ["a"]})
    with pytest.raises(UserValueError, match=r"'p', 'q' and 'g', 'h'"):
        plan(data, {"p": "g", "q": "h"}, "RANKED_LIST")


# Other types


@pytest.mark.parametrize("output_type", ["OBJECT_DETECTION", "TOKEN_SEQUENCE", "MULTILABEL"])
def test_other_output_types_are_not_built(frame, output_type):
    with pytest.raises(MethodNotApplicableError, match=output_type):
        plan(frame[["aa", "pred_1", "gt"]], {"pred_1": "gt"}, output_type)


def test_time_series_models_need_a_time_series():
    data = pd.DataFrame({"aa": [1, 2], "p": [0.5, 0.6], "g": [1.0, 2.0]})
    with pytest.raises(UserValueError, match="time series"):
        plan(data, {"p": "g"}, "REGRESSION", input_type="TIME_SERIES")
    series = data.assign(ts=[[{"timestamp": None, "value": 1.0}], []])
    schema = plan(series, {"p": "g"}, "REGRESSION", input_type="TIME_SERIES")
    assert [a.value_type for a in schema.attributes][:2] == ["INTEGER", "TIME_SERIES"]
    with pytest.raises(UserValueError, match="time series"):
        plan(series, {"p": "g"}, "REGRESSION", input_type="TIME_SERIES", non_input_columns=["ts"])


# Columns


def test_columns_absent_from_the_data(frame):
    data = frame[["aa", "pred_1", "gt"]]
    with pytest.raises(UserValueError, match=r"'g1', 'g2'; .* ground_truth_column"):
        plan(data, {"pred_1": "g1", None: "g2"})
    with pytest.raises(UserValueError) as caught:
        plan(data, {"p9": "gt", "pred_1": None}, non_input_columns=["zz"])
    for part in ("None", "'p9'", "'zz'"):
        assert part in str(caught.value)
    assert "ground_truth_column" not in str(caught.value)
    with pytest.raises(UserValueError, match="'nope'"):
        plan(data, {"pred_1": 1}, ground_truth_column="nope")


@pytest.mark.parametrize("pairs", [{}, {None: "gt"}])
def test_a_predicted_column_is_needed(frame, pairs):
    with pytest.raises(UserValueError, match="no predicted column"):
        plan(frame, pairs, ground_truth_column="gt")


@pytest.mark.parametrize("pairs", [None, ["pred_1"], "pred_1"])
def test_the_map_is_a_dict(frame, pairs):
    with pytest.raises(UserTypeError, match="pred_to_ground_truth_map"):
        plan(frame, pairs)


def test_non_input_columns_are_a_list_of_different_names(frame):
    with pytest.raises(UserTypeError, match="list of names"):
        plan(frame, {"pred_1": 1}, ground_truth_column="gt", non_input_columns="nn")
    with pytest.raises(UserValueError, match="more than once"):
        plan(frame, {"pred_1": 1}, ground_truth_column="gt", non_input_columns=["nn", "nn"])


def test_names_of_all_columns_are_checked_and_one_letter_is_fine(frame):
    named = frame[["aa", "pred_1", "gt"]].rename(columns={"aa": "x"})
    assert short(plan(named, {"pred_1": 1}, ground_truth_column="gt"))[0] == "PIPELINE_INPUT[0]:x"
    wrong = named.assign(**{"a b": 1}).rename(columns={"x": 3})
    with pytest.raises(UserValueError, match="'a b'") as caught:
        plan(wrong, {"pred_1": 1}, ground_truth_column="gt")
    assert "3 (int" in str(caught.value)


def test_no_input_column_is_allowed_here(frame):
    schema = plan(frame[["pred_1", "gt"]], {"pred_1": 1}, ground_truth_column="gt")
    assert len(schema.attributes) == 2


@pytest.mark.parametrize("data", [None, [1], pd.Series([1], name="a")])
def test_data_is_a_frame(data):
    with pytest.raises(UserTypeError, match="DataFrame"):
        plan(data, {"pred_1": 1})


def test_a_frame_without_rows_is_refused(frame):
    with pytest.raises(UserValueError, match="no rows"):
        plan(frame[:0], {"pred_1": 1}, ground_truth_column="gt")


def test_bad_inputs_and_non_inputs_are_reported_together(frame):
    mixed = pd.Series([1, "a", 2, 3], dtype=object)
    data = frame[["pred_1", "gt"]].assign(aa=mixed, nn=mixed)
    with pytest.raises(UserValueError, match=r"column 'aa'.*column 'nn'"):
        plan(data, {"pred_1": 1}, ground_truth_column="gt", non_input_columns=["nn"])


def test_inputs_with_nulls_are_accepted(frame):
    data = frame[["pred_1", "gt"]].assign(aa=[1, None, 2, 1], nn=[math.inf, 0.5, None, 1.5])
    aa, nn, *_ = plan(data, {"pred_1": 1}, ground_truth_column="gt").attributes
    assert [c.value for c in aa.categories] == ["1.0", "2.0"]
    assert (nn.min_range, nn.max_range) == (0.5, 1.5)


def test_arguments_are_not_changed_and_the_result_is_frozen(frame):
    before, pairs, non_inputs = frame.copy(deep=True), {"pred_1": 1}, ["nn"]
    options = {"ground_truth_column": "gt", "non_input_columns": non_inputs}
    schema = plan(frame, pairs, **options)
    pd.testing.assert_frame_equal(frame, before)
    assert (pairs, non_inputs) == ({"pred_1": 1}, ["nn"])
    assert plan(frame, pairs, **options) == schema
    with pytest.raises(dataclasses.FrozenInstanceError):
        schema.classifier_threshold = 1.0
