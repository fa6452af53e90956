"""The attributes of each output type."""

from __future__ import annotations

import logging
import math

import pandas as pd
import pytest

from modelgroups.errors import (
    MethodNotApplicableError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.schema import outputs
from modelgroups.schema.attribute import Attribute, AttributeCategory

EXISTING = [
    Attribute("old_p", "FLOAT", "PREDICTED_VALUE", position=0),
    Attribute("old_g", "FLOAT", "GROUND_TRUTH", position=1),
    Attribute("age", "FLOAT", "PIPELINE_INPUT", position=5),
]
ZERO_ONE = [AttributeCategory("0"), AttributeCategory("1")]


def probability(name, position, **fields):
    return Attribute(
        name, "FLOAT", "PREDICTED_VALUE", position=position, min_range=0, max_range=1, **fields
    )


def indicator(name, position, link):
    return Attribute(
        name,
        "INTEGER",
        "GROUND_TRUTH",
        position=position,
        categorical=True,
        categories=ZERO_ONE,
        attribute_link=link,
    )


def short(attributes):
    return [attribute.short_name() for attribute in attributes]


# Regression


def test_regression_pairs_are_truth_then_prediction_linked():
    assert outputs.regression({"p1": "g1", "p2": "g2"}, "INTEGER") == [
        Attribute("g1", "INTEGER", "GROUND_TRUTH", position=0, attribute_link="p1"),
        Attribute("p1", "INTEGER", "PREDICTED_VALUE", position=0, attribute_link="g1"),
        Attribute("g2", "INTEGER", "GROUND_TRUTH", position=1, attribute_link="p2"),
        Attribute("p2", "INTEGER", "PREDICTED_VALUE", position=1, attribute_link="g2"),
    ]


def test_regression_reads_ranges_from_the_data():
    data = pd.DataFrame({"pp": [1.5, 2.5, 0], "gg": [2, 3, -1]})
    truth, predicted = outputs.regression({"pp": "gg"}, "FLOAT", data)
    assert (truth.min_range, truth.max_range) == (-1, 3)
    assert (predicted.min_range, predicted.max_range) == (0.0, 2.5)
    assert type(truth.max_range) is int
    assert type(predicted.max_range) is float


def test_ranges_leave_nulls_and_infinities_out():
    data = pd.DataFrame({"pp": [1.5, math.nan, math.inf], "gg": [math.nan, -math.inf, math.inf]})
    truth, predicted = outputs.regression({"pp": "gg"}, "FLOAT", data)
    assert (predicted.min_range, predicted.max_range) == (1.5, 1.5)
    assert (truth.min_range, truth.max_range) == (None, None)


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_texts_have_the_range_of_their_order(dtype):
    data = pd.DataFrame({"p": ["b", "a", None], "g": ["y", "z", "x"]}, dtype=dtype)
    truth, predicted = outputs.regression({"p": "g"}, "STRING", data)
    assert (truth.min_range, truth.max_range) == ("x", "z")
    assert (predicted.min_range, predicted.max_range) == ("a", "b")


def test_regression_columns_must_be_in_the_data():
    with pytest.raises(UserValueError, match="'gg'"):
        outputs.regression({"pp": "gg"}, "FLOAT", pd.DataFrame({"pp": [1.0]}))
    with pytest.raises(UserTypeError):
        outputs.regression({"pp": "gg"}, "FLOAT", [1.0])


@pytest.mark.parametrize("pairs", [{None: "g"}, {"p": None}, {"1p": "g"}, {"p": "batch_id"}])
def test_output_names_must_be_legal(pairs):
    with pytest.raises(UserValueError, match="cannot be used"):
        outputs.regression(pairs, "FLOAT")


# Classifiers with a column for each class


def test_binary_pairs_are_prediction_then_truth():
    assert outputs.binary("pred_1", {"pred_0": "gt_0", "pred_1": "gt_1"}) == [
        probability("pred_0", 0, attribute_link="gt_0"),
        indicator("gt_0", 0, "pred_0"),
        probability("pred_1", 1, attribute_link="gt_1", is_positive_predicted_attribute=True),
        indicator("gt_1", 1, "pred_1"),
    ]


def test_binary_with_a_side_left_out():
    assert outputs.binary("pred_1", {"pred_1": "gt_1", None: "gt_0"}) == [
        probability("pred_1", 0, attribute_link="gt_1", is_positive_predicted_attribute=True),
        indicator("gt_1", 0, "pred_1"),
        indicator("gt_0", 1, None),
    ]
    assert outputs.binary("b", {"a": None, "b": "g"}) == [
        probability("a", 0),
        probability("b", 1, attribute_link="g", is_positive_predicted_attribute=True),
        indicator("g", 0, "b"),
    ]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_binary_needs_two_pairs(number):
    with pytest.raises(UserValueError, match="needs two"):
        outputs.binary("p0", {f"p{i}": f"g{i}" for i in range(number)})


@pytest.mark.parametrize("positive", ["zz", "gt_1", None])
def test_binary_needs_a_positive_prediction_of_the_map(positive):
    with pytest.raises(UserValueError, match="positive_predicted_attr"):
        outputs.binary(positive, {"pred_1": "gt_1", None: "gt_0"})


def test_multiclass_pairs_are_truth_then_prediction():
    attributes = outputs.multiclass({"pa": "a", "pb": "b", "pc": "c"})
    assert attributes[:2] == [indicator("a", 0, "pa"), probability("pa", 0, attribute_link="a")]
    assert short(attributes[2:]) == [
        "GROUND_TRUTH[1]:b",
        "PREDICTED_VALUE[1]:pb",
        "GROUND_TRUTH[2]:c",
        "PREDICTED_VALUE[2]:pc",
    ]
    assert not any(a.is_positive_predicted_attribute for a in attributes)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_multiclass_needs_three_pairs(number):
    with pytest.raises(UserValueError, match="three or more"):
        outputs.multiclass({f"p{i}": f"g{i}" for i in range(number)})


def test_categories_are_not_shared_between_attributes():
    first, *_, last = (
        a for a in outputs.multiclass({"pa": "a", "pb": "b", "pc": "c"}) if a.categories
    )
    assert first.categories == last.categories
    assert first.categories is not last.categories


# Classifiers with a column of true classes


def gt_class(mapping, values, positive=None, **options):
    data = pd.DataFrame({"gt": values})
    return outputs.gt_class(mapping, "gt", data, positive, input_type="TABULAR", **options)


def test_one_class_leaves_position_0_to_the_implied_one():
    truth, predicted = gt_class({"pred_1": 1}, [1, 1, 0, 0], "pred_1")
    assert truth == Attribute(
        "gt",
        "INTEGER",
        "GROUND_TRUTH_CLASS",
        position=0,
        categorical=True,
        categories=[AttributeCategory("1"), AttributeCategory("0")],
    )
    assert predicted == probability(
        "pred_1", 1, gt_class_link="1", is_positive_predicted_attribute=True
    )
    assert gt_class({"pred_1": 1, None: 0}, [1, 1, 0, 0], "pred_1") == [truth, predicted]


def test_several_classes_are_numbered_from_0():
    truth, *predicted = gt_class({"pa": "a", "pb": "b", "pc": "c"}, ["a", "b", "c", "a"], "zzz")
    assert truth.value_type == "STRING"
    assert short(predicted) == [f"PREDICTED_VALUE[{i}]:p{c}" for i, c in enumerate("abc")]
    assert [a.gt_class_link for a in predicted] == ["a", "b", "c"]
    assert not any(a.is_positive_predicted_attribute for a in predicted)


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_classes_may_be_texts_of_any_dtype(dtype):
    truth, _ = gt_class({"p": "yes"}, pd.Series(["yes", "no", "yes"], dtype=dtype))
    assert truth.value_type == "STRING"
    assert [c.value for c in truth.categories] == ["yes", "no"]


def test_classes_stay_texts_whatever_they_look_like():
    truth, _ = gt_class({"p": "2024-01-01T00:00:00Z"}, ["2024-01-01T00:00:00Z", "no"])
    assert truth.value_type == "STRING"
    nlp = outputs.gt_class({"p": "a"}, "g", pd.DataFrame({"g": ["a", "b"]}), input_type="NLP")
    assert nlp[0].value_type == "STRING"
    assert [c.value for c in nlp[0].categories] == ["a", "b"]


@pytest.mark.parametrize(
    "values", [[1.0, 0.0], [True, False], [[1], [2]], [1.0, None], ["a", 1], [1j, 2j]]
)
def test_other_classes_are_refused(values):
    with pytest.raises(UserError, match="'gt'") as caught:
        gt_class({"p": 1}, values)
    assert type(caught.value) is UserError


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None, 0], dtype="Int64"),
        pd.Series([1, None, 0], dtype=object),
        pd.Series(["a", None, "b"]),
        pd.Series([None, None, None], dtype=object),
    ],
)
def test_rows_without_a_class_are_refused(values):
    with pytest.raises(UserValueError, match="have no class") as caught:
        gt_class({"p": 1}, values)
    assert f"at index {values.isna().argmax()}" in str(caught.value)


@pytest.mark.parametrize("value", [1, 1.0, True])
def test_the_class_link_is_the_text_of_the_category(value):
    assert gt_class({"p": value}, [1, 0])[1].gt_class_link == "1"


# Lists


def test_object_detection():
    options = {"input_type": "IMAGE", "output_type": "OBJECT_DETECTION"}
    assert outputs.object_detection("boxes", "labels", ["cat"], **options) == [
        Attribute("labels", "BOUNDING_BOX", "GROUND_TRUTH", position=0, attribute_link="boxes"),
        Attribute("boxes", "BOUNDING_BOX", "PREDICTED_VALUE", position=0, attribute_link="labels"),
    ]
    with pytest.raises(UserValueError, match="both named"):
        outputs.object_detection("boxes", "boxes", ["cat"], **options)
    with pytest.raises(UserValueError, match="image_class_labels"):
        outputs.object_detection("boxes", "labels", [], **options)
    for wrong in ({"input_type": "TABULAR"}, {"output_type": "MULTICLASS"}):
        with pytest.raises(MethodNotApplicableError):
            outputs.object_detection("boxes", "labels", ["cat"], **{**options, **wrong})


def test_ranked_list():
    assert outputs.ranked_list("recs", "liked", output_type="RANKED_LIST") == [
        Attribute("liked", "ARRAY(STRING)", "GROUND_TRUTH", position=0, attribute_link="recs"),
        Attribute("recs", "RANKED_LIST", "PREDICTED_VALUE", position=0, attribute_link="liked"),
    ]
    with pytest.raises(UserValueError, match="both named"):
        outputs.ranked_list("recs", "recs", output_type="RANKED_LIST")
    with pytest.raises(MethodNotApplicableError):
        outputs.ranked_list("recs", "liked", output_type="MULTICLASS")


def test_positions_stay_clear_of_existing_ones():
    assert short(outputs.regression({"p": "g", "q": "h"}, "FLOAT", existing=EXISTING)) == [
        "GROUND_TRUTH[0]:g",
        "PREDICTED_VALUE[1]:p",
        "GROUND_TRUTH[2]:h",
        "PREDICTED_VALUE[2]:q",
    ]
    assert short(outputs.binary("p", {"p": "g", "q": "h"}, existing=EXISTING)) == [
        "PREDICTED_VALUE[1]:p",
        "GROUND_TRUTH[0]:g",
        "PREDICTED_VALUE[2]:q",
        "GROUND_TRUTH[2]:h",
    ]
    detected = outputs.object_detection(
        "p", "g", ["x"], existing=EXISTING, input_type="IMAGE", output_type="OBJECT_DETECTION"
    )
    assert short(detected) == ["GROUND_TRUTH[0]:g", "PREDICTED_VALUE[1]:p"]


# Token sequences

ALL_COLUMNS = {
    "input_token_column": "in_tok",
    "output_token_column": "out_tok",
    "output_likelihood_column": "out_like",
    "ground_truth_text_column": "gt_text",
    "ground_truth_tokens_column": "gt_tok",
}


def token_sequence(*args, input_type="NLP", **options):
    return outputs.token_sequence(
        *args, input_type=input_type, output_type="TOKEN_SEQUENCE", **options
    )


def text(name, stage, *, unique, link=None):
    return Attribute(
        name,
        "UNSTRUCTURED_TEXT",
        stage,
        position=0,
        categorical=True,
        is_unique=unique,
        token_attribute_link=link,
    )


def tokens(name, stage, position, link=None, value_type="TOKENS"):
    return Attribute(name, value_type, stage, position=position, token_attribute_link=link)


def test_token_sequence_with_every_column():
    assert token_sequence("in_text", "out_text", **ALL_COLUMNS) == [
        tokens("in_tok", "PREDICT_FUNCTION_INPUT", 0, "in_text"),
        text("in_text", "PIPELINE_INPUT", unique=True, link="in_tok"),
        tokens("out_tok", "PREDICTED_VALUE", 1, "out_text"),
        tokens("out_like", "PREDICTED_VALUE", 2, value_type="TOKEN_LIKELIHOODS"),
        text("out_text", "PREDICTED_VALUE", unique=False, link="out_tok"),
        tokens("gt_tok", "GROUND_TRUTH", 1, "gt_text"),
        text("gt_text", "GROUND_TRUTH", unique=True, link="gt_tok"),
    ]


def test_token_sequence_with_likelihoods_alone():
    assert token_sequence("in_text", "out_text", output_likelihood_column="like") == [
        text("in_text", "PIPELINE_INPUT", unique=True),
        tokens("like", "PREDICTED_VALUE", 1, "out_text", "TOKEN_LIKELIHOODS"),
        text("out_text", "PREDICTED_VALUE", unique=False, link="like"),
    ]


def test_truth_tokens_without_their_text_are_ignored():
    attributes = token_sequence("i", "o", ground_truth_tokens_column="t")
    assert [a.name for a in attributes] == ["i", "o"]


def test_token_sequence_from_an_image(caplog):
    image, _ = token_sequence("img", "o", input_type="IMAGE", data=pd.DataFrame({"img": ["a"]}))
    assert image == Attribute("img", "IMAGE", "PIPELINE_INPUT", position=0)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_token_sequence_from_tabular_inputs():
    data = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    attributes = token_sequence(["b", "a"], "o", input_type="TABULAR", data=data)
    assert short(attributes[:2]) == ["PIPELINE_INPUT[0]:b", "PIPELINE_INPUT[1]:a"]
    one = token_sequence("a", "o", input_type="TABULAR", data=data, existing=EXISTING)
    assert short(one[:1]) == ["PIPELINE_INPUT[0]:a"]
    assert [a.name for a in token_sequence("a", "o", input_type="TABULAR")] == ["o"]
    with pytest.raises(UserValueError, match="'c'"):
        token_sequence(["a", "c"], "o", input_type="TABULAR", data=data)


@pytest.mark.parametrize("input_type", ["NLP", "IMAGE"])
def test_several_inputs_are_for_tables(input_type):
    with pytest.raises(ValueError, match="one input column"):
        token_sequence(["a", "b"], "o", input_type=input_type)


def test_token_sequence_for_another_output_type_is_odd(caplog):
    outputs.token_sequence("i", "o", input_type="NLP", output_type="REGRESSION")
    assert "REGRESSION" in caplog.text
