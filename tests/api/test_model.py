"""`Model` before it is saved: fields, text forms, conversions, and editing the schema."""

import copy
import dataclasses
import json
import warnings

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import (
    Attribute,
    AttributeBin,
    AttributeCategory,
    Model,
    ModelGroupsWarning,
    Stage,
    ValueType,
)
from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    UnexpectedValueError,
    UserTypeError,
    UserValueError,
)
from modelgroups.model import ExplainabilityParameters

from .samples import FRAME, new_model, saved_model

FIELDS = {
    "partner_model_id": None,
    "input_type": None,
    "output_type": None,
    "explainability": None,
    "id": None,
    "display_name": None,
    "description": None,
    "is_batch": False,
    "archived": False,
    "created_at": None,
    "updated_at": None,
    "attributes": None,
    "tags": None,
    "classifier_threshold": None,
    "text_delimiter": None,
    "expected_throughput_gb_per_day": None,
    "pixel_height": None,
    "pixel_width": None,
    "image_class_labels": None,
    "status": None,
    "model_group_id": None,
    "version_sequence_num": None,
    "version_label": None,
}
"""The fields of the SDK's model in their order, with their defaults."""


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model():
    """Return a model with two inputs, a note, and the outputs of a regression."""
    model = Model("m-1", "TABULAR", "REGRESSION", display_name="Prices")
    model.add_attribute(
        "kind", "STRING", "PIPELINE_INPUT", position=0, categorical=True, categories=["b", "a"]
    )
    model.add_attribute("size", "FLOAT", "PIPELINE_INPUT", position=1, min_range=0, max_range=9)
    model.add_attribute("note", "STRING", "NON_INPUT_DATA", is_unique=True, position=0)
    model.add_regression_output_attributes({"pred": "price"}, "FLOAT")
    return model


def names(model, stage=None):
    return [attribute.name for attribute in model.get_attributes(stage)]


def snapshot(model):
    return copy.deepcopy(model.to_dict(skip_none=False))


# --- fields and text ----------------------------------------------------------------------


def test_the_fields_are_those_of_the_sdk():
    assert [field.name for field in dataclasses.fields(Model)] == list(FIELDS)
    model = Model("m-1", "TABULAR", "MULTICLASS")
    expected = FIELDS | {
        "partner_model_id": "m-1",
        "input_type": "TABULAR",
        "output_type": "MULTICLASS",
    }
    assert model.to_dict(skip_none=False) == expected
    assert model.reference_dataframe is None
    assert model.attributes_type_dict == {}
    assert model.ground_truth_type is None


def test_attributes_given_to_the_constructor_are_sorted_in_a_list_of_its_own():
    given = [
        Attribute("y", "FLOAT", "GROUND_TRUTH"),
        Attribute("b", "FLOAT", "PIPELINE_INPUT", position=1),
        Attribute("a", "FLOAT", "PIPELINE_INPUT", position=0),
    ]
    model = Model("m-1", "TABULAR", "REGRESSION", attributes=given)
    assert names(model) == ["a", "b", "y"]
    assert [a.name for a in given] == ["y", "b", "a"]
    assert model.ground_truth_type == Stage.GroundTruth


@pytest.mark.parametrize("attributes", [5, "abc", [5], [{"name": "x"}]])
def test_attributes_are_a_list_of_attributes(attributes):
    with pytest.raises(UserTypeError, match="list of Attribute"):
        Model("m-1", "TABULAR", "REGRESSION", attributes=attributes)


def test_a_client_is_a_connection():
    with pytest.raises(UserTypeError, match="client must be an open connection, got int"):
        Model("m-1", "TABULAR", "REGRESSION", client=5)


def test_str_before_and_after_saving(connection):
    model = new_model(connection, partner_model_id="pid")
    assert str(model) == (
        "Tabular Multiclass Model\n\tCard fraud:pid\n\tStage: Local\n\t"
        "Attributes: ['PIPELINE_INPUT[0]:age', 'GROUND_TRUTH_CLASS[0]:y', 'PREDICTED_VALUE[1]:p']"
    )
    model.version_label = "V1"
    model.save()
    lines = str(model).split("\n\t")
    assert lines[1:3] == [f"Card fraud:pid@{model.model_group_id}:V1", "Stage: Production"]
    assert lines[4:] == ["Group: Card fraud", "Version: 1", "Label: V1", f"Id: {model.id}"]
    group = connection.get_model_group(model)
    group.name = "Fraud"
    group.promote("V1")
    group.set_alias("challenger", "V1")
    second = new_model(connection)
    group.add_version(second)
    second.save()
    told = str(model).split("\n\t")
    assert told[4] == "Group: Fraud"
    assert set(told[7].removeprefix("Aliases: ").split(", ")) == {"champion", "challenger"}
    assert str(second).split("\n\t")[4:] == ["Group: Fraud", "Version: 2", f"Id: {second.id}"]
    connection.close()
    assert str(model).split("\n\t")[4:] == ["Version: 1", "Label: V1", f"Id: {model.id}"]


def test_str_shows_ten_attributes_and_counts_the_rest():
    model = Model("m-1", "TIME_SERIES", "OBJECT_DETECTION")
    assert str(model).endswith("Attributes: []")
    for i in range(12):
        model.add_attribute(f"x{i}", "FLOAT", "PIPELINE_INPUT")
    assert str(model).startswith("Time_series Object_detection Model")
    assert str(model).endswith("'PIPELINE_INPUT[None]:x9']... and 2 more")


def test_repr_says_what_and_in_which_state(connection):
    model = new_model(connection)
    assert repr(model) == "<Model 'Card fraud': TABULAR → MULTICLASS, not saved>"
    model.version_label = "V1"
    model.save()
    told = "<Model 'Card fraud' version 1 'V1': TABULAR → MULTICLASS"
    assert repr(model) == f"{told}, saved, id {model.id}>"
    model.archive()
    assert repr(model) == f"{told}, archived, id {model.id}>"


@pytest.mark.parametrize(
    "field", ["display_name", "partner_model_id", "version_label", "model_group_id", "id", "status"]
)
def test_html_escapes_every_text(field):
    hostile = "<img src=x onerror=\"alert('1')\">&"
    model = Model("m-1", "TABULAR", "REGRESSION", tags=[hostile])
    model.attributes = []
    setattr(model, field, hostile)
    shown = model._repr_html_()
    assert "<img" not in shown
    assert shown.count("&lt;img src=x onerror=&quot;alert(&#x27;1&#x27;)&quot;&gt;&amp;") >= 2


def test_text_forms_do_not_fail_for_wrong_types():
    model = Model(5, 5, 5)
    assert "5 5 Model" in str(model)
    assert "5 → 5" in repr(model)
    assert "<b>5</b>" in model._repr_html_()


# --- dictionaries, JSON, equality ---------------------------------------------------------


def test_a_dictionary_leaves_out_none_at_every_depth(model):
    record = model.to_dict()
    assert "description" not in record
    assert record["attributes"][0] == {
        "name": "kind",
        "value_type": "STRING",
        "stage": "PIPELINE_INPUT",
        "position": 0,
        "categorical": True,
        "monitor_for_bias": False,
        "categories": [{"value": "b"}, {"value": "a"}],
        "is_unique": False,
        "is_positive_predicted_attribute": False,
        "implicit": False,
    }
    assert json.loads(model.to_json()) == record
    assert list(model.to_dict(skip_none=False)) == list(FIELDS)


@pytest.mark.parametrize("skip_none", [True, False])
def test_a_model_comes_back_from_its_dictionary(connection, skip_none):
    model = saved_model(connection, tags=["a"])
    model.explainability = ExplainabilityParameters(True, "lime")
    model.get_attribute("p").bins = [AttributeBin(None, 3.5), AttributeBin(3.5, None)]
    back = Model.from_dict(model.to_dict(skip_none=skip_none))
    assert back == model
    assert Model.from_json(model.to_json(skip_none=skip_none)) == model
    assert isinstance(back.explainability, ExplainabilityParameters)
    assert isinstance(back.get_attribute("age").categories[0], AttributeCategory)
    assert isinstance(back.get_attribute("p").bins[0], AttributeBin)
    with pytest.raises(MethodNotApplicableError, match="no registry"):
        back.update()


def test_unknown_keys_are_ignored():
    record = {"partner_model_id": "m", "input_type": "NLP", "output_type": "REGRESSION"}
    model = Model.from_dict(record | {"colour": "red", "client": 5})
    assert model == Model("m", "NLP", "REGRESSION")


@pytest.mark.parametrize(
    "record, words", [(5, "record must be a dict"), ({"attributes": [5]}, "list of Attribute")]
)
def test_a_record_is_a_dictionary_of_fields(record, words):
    if isinstance(record, dict):
        record |= {"partner_model_id": "m", "input_type": "NLP", "output_type": "REGRESSION"}
    with pytest.raises(UserTypeError, match=words):
        Model.from_dict(record)


def test_models_are_equal_by_their_fields_and_have_no_hash(connection):
    one, other = (new_model(connection, partner_model_id="m") for _ in range(2))
    assert one == other
    other.reference_dataframe = None
    assert one == other
    other.get_attribute("age").label = "Age"
    assert one != other
    assert one != "m"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


# --- getting attributes -------------------------------------------------------------------


def test_attributes_are_got_live(model):
    model.get_attribute("size").label = "m²"
    assert model.get_attributes()[1].label == "m²"
    assert model.get_attribute("size", Stage.ModelPipelineInput).short_name() == (
        "PIPELINE_INPUT[1]:size (m²)"
    )
    model.get_attributes().clear()
    assert names(model) == ["kind", "size", "note", "price", "pred"]
    assert names(model, "PREDICTED_VALUE") == ["pred"]
    assert names(model, "PREDICT_FUNCTION_INPUT") == []


def test_names_are_filtered_by_stage_and_type(model):
    assert model.get_attribute_names(value_type=ValueType.String) == ["kind", "note"]
    assert model.get_attribute_names("PIPELINE_INPUT", "STRING") == ["kind"]
    assert model.get_attribute_names(Stage.GroundTruth) == ["price"]


@pytest.mark.parametrize("arguments", [("nope",), ("size", "NON_INPUT_DATA"), (5,), (None,)])
def test_an_absent_attribute_is_named_with_the_nearest_or_those_there_are(model, arguments):
    with pytest.raises(UserValueError, match=repr(arguments[0])) as caught:
        model.get_attribute(*arguments)
    assert "note" in str(caught.value)
    assert ("did you mean" in str(caught.value)) == (arguments == ("nope",))


def test_a_model_without_a_schema_has_no_attributes_to_get():
    model = Model("m-1", "TABULAR", "REGRESSION")
    assert model.get_attributes() == []
    assert not model.check_has_bias_attrs()
    for call in (
        lambda: model.get_attribute("x"),
        model.get_attribute_names,
        lambda: model.set_predict_function_input_order(["x"]),
        lambda: model.rename_attribute("x", "y", "PIPELINE_INPUT"),
        lambda: model.set_attribute_labels("x", {}),
    ):
        with pytest.raises(MethodNotApplicableError, match=r"build\(\)"):
            call()


def test_types_by_name_follow_every_change(model):
    model.rename_attribute("size", "area", "PIPELINE_INPUT")
    model.get_attribute("area").value_type = "INTEGER"
    model.remove_attribute("kind")
    assert model.attributes_type_dict == {
        "area": "INTEGER",
        "note": "STRING",
        "price": "FLOAT",
        "pred": "FLOAT",
    }


# --- adding -------------------------------------------------------------------------------


def test_an_added_attribute_has_what_was_given():
    model = Model("m-1", "TABULAR", "REGRESSION")
    [added] = model.add_attribute(
        "age",
        "INTEGER",
        "NON_INPUT_DATA",
        label="Age",
        position=3,
        min_range=0,
        max_range=120,
        monitor_for_bias=True,
        bins=[None, 18, 65, None],
        is_unique=True,
        attribute_link="other",
    )
    assert added is model.get_attribute("age")
    assert added == Attribute(
        "age",
        "INTEGER",
        "NON_INPUT_DATA",
        label="Age",
        position=3,
        min_range=0,
        max_range=120,
        monitor_for_bias=True,
        bins=[AttributeBin(None, 18), AttributeBin(18, 65), AttributeBin(65, None)],
        is_unique=True,
        attribute_link="other",
    )


def test_categories_and_bins_are_accepted_in_every_form():
    model = Model("m-1", "TABULAR", "REGRESSION")
    given = [1, AttributeCategory("2", "two"), {"value": 3, "label": "three"}]
    [added] = model.add_attribute(
        "x", "INTEGER", "PIPELINE_INPUT", categorical=True, categories=given
    )
    assert [(c.value, c.label) for c in added.categories] == [
        ("1", None),
        ("2", "two"),
        ("3", "three"),
    ]
    bins = [AttributeBin(None, 5), AttributeBin(5, None)]
    assert model.add_attribute("y", "FLOAT", "PIPELINE_INPUT", bins=bins)[0].bins == bins


def test_a_ready_made_attribute_is_added_as_it_is():
    model = Model("m-1", "TABULAR", "MULTILABEL")
    attribute = Attribute("p_spam", "FLOAT", "PREDICTED_VALUE", position=0)
    assert model.add_attribute(arthur_attribute=attribute) == [attribute]
    assert model.get_attribute("p_spam") is attribute


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({}, MissingParameterError, "name, value_type and stage"),
        ({"name": "x", "value_type": "FLOAT"}, MissingParameterError, "stage"),
        (
            {"name": "x", "value_type": "FLOAT", "stage": "PREDICTED_VALUE"},
            MethodNotApplicableError,
            "add_regression_output_attributes",
        ),
        (
            {"name": "x", "value_type": "FLOAT", "stage": "GROUND_TRUTH"},
            MethodNotApplicableError,
            "GROUND_TRUTH",
        ),
        (
            {
                "name": "x",
                "value_type": "FLOAT",
                "stage": "NON_INPUT_DATA",
                "gt_pred_attrs_map": {"a": "b"},
            },
            MethodNotApplicableError,
            "outputs",
        ),
        ({"name": "1x", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"}, UserValueError, "'1x'"),
        ({"name": "", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"}, UserValueError, "empty"),
        ({"name": "ä", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"}, UserValueError, "'ä'"),
        (
            {"name": "x" * 256, "value_type": "FLOAT", "stage": "PIPELINE_INPUT"},
            UserValueError,
            "256 characters",
        ),
        (
            {"name": "batch_id", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"},
            UserValueError,
            "reserved",
        ),
        (
            {"name": "x", "value_type": "DOUBLE", "stage": "PIPELINE_INPUT"},
            UserValueError,
            "DOUBLE",
        ),
        ({"name": "x", "value_type": 5, "stage": "PIPELINE_INPUT"}, UserTypeError, "value_type"),
        ({"name": "x", "value_type": "FLOAT", "stage": "INPUT"}, UserValueError, "stage='INPUT'"),
        (
            {"name": "size", "value_type": "FLOAT", "stage": "PIPELINE_INPUT"},
            UserValueError,
            "'size' already",
        ),
        (
            {"name": "x", "value_type": "FLOAT", "stage": "PIPELINE_INPUT", "categories": "abc"},
            UserTypeError,
            "categories",
        ),
        (
            {"name": "x", "value_type": "FLOAT", "stage": "PIPELINE_INPUT", "bins": 5},
            UserTypeError,
            "bins",
        ),
        ({"arthur_attribute": 5}, UserTypeError, "Attribute objects, got int"),
        (
            {"arthur_attribute": Attribute("1x", "FLOAT", "PREDICTED_VALUE")},
            UserValueError,
            "'1x'",
        ),
    ],
)
def test_an_attribute_that_cannot_be_added_is_refused(model, arguments, error, words):
    before = snapshot(model)
    with pytest.raises(error, match=words):
        model.add_attribute(**arguments)
    assert snapshot(model) == before


def test_one_character_and_a_leading_underscore_are_names():
    model = Model("m-1", "TABULAR", "REGRESSION")
    for name in ("x", "_", "_1", "X" * 255):
        model.add_attribute(name, "FLOAT", "PIPELINE_INPUT")
    assert len(model.attributes) == 4


def test_an_image_takes_the_first_free_position():
    model = Model("m-1", "IMAGE", "REGRESSION")
    with pytest.raises(UserValueError, match=r"add_image_attribute\(\)"):
        model.get_image_attribute()
    [first] = model.add_image_attribute("scan")
    [second] = model.add_image_attribute("photo")
    assert (first.value_type, first.is_unique, first.categorical) == ("IMAGE", True, False)
    assert (first.position, second.position) == (0, 1)
    assert model.get_image_attribute() is first
    with pytest.raises(MissingParameterError, match="name"):
        model.add_image_attribute()


# --- removing, renaming, labels, order ----------------------------------------------------


def test_an_attribute_is_removed_by_name_by_stage_or_as_an_object(model):
    assert model.remove_attribute("size") is None
    model.remove_attribute("note", stage="NON_INPUT_DATA")
    model.remove_attribute(attribute=model.get_attribute("kind"))
    assert names(model) == ["price", "pred"]


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({}, MissingParameterError),
        ({"name": "nope"}, UserValueError),
        ({"name": "size", "stage": "NON_INPUT_DATA"}, UserValueError),
        ({"attribute": Attribute("nope", "FLOAT", "PIPELINE_INPUT")}, UserValueError),
        ({"attribute": "size"}, UserTypeError),
    ],
)
def test_what_is_not_there_is_not_removed(model, arguments, error):
    before = snapshot(model)
    with pytest.raises(error):
        model.remove_attribute(**arguments)
    assert snapshot(model) == before


def test_renaming_follows_the_links(model):
    renamed = model.rename_attribute("price", "true_price", "GROUND_TRUTH")
    assert renamed is model.get_attribute("true_price")
    assert model.get_attribute("pred").attribute_link == "true_price"
    assert renamed.attribute_link == "pred"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("nope", "x", "PIPELINE_INPUT"), "'nope'"),
        (("size", "x", "NON_INPUT_DATA"), "'size'"),
        (("size", "2x", "PIPELINE_INPUT"), "'2x'"),
        (("size", 5, "PIPELINE_INPUT"), "5"),
        (("size", "pred", "PIPELINE_INPUT"), "'pred' already"),
    ],
)
def test_a_bad_new_name_changes_nothing(model, arguments, words):
    before = snapshot(model)
    with pytest.raises(UserValueError, match=words):
        model.rename_attribute(*arguments)
    assert snapshot(model) == before


def test_labels_replace_the_categories(model):
    with pytest.warns(ModelGroupsWarning, match=r"the categories .* of 'kind' have no label"):
        assert model.set_attribute_labels("kind", {"a": "flat", 2: "house"}) is None
    assert model.get_attribute("kind").categories == [
        AttributeCategory("a", "flat"),
        AttributeCategory("2", "house"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_attribute_labels("kind", {2: "home", "a": "flat", "b": "boat"})
        assert model.get_attribute("kind").categories[0].label == "home"
    with pytest.warns(ModelGroupsWarning, match="'2', 'a', 'b'"):
        model.set_attribute_labels("kind", {}, attribute_stage="PIPELINE_INPUT")
    assert model.get_attribute("kind").categories == []
    with pytest.raises(UserTypeError, match="labels must be a dict"):
        model.set_attribute_labels("kind", ["a"])
    with pytest.raises(UserValueError, match="'kind'"):
        model.set_attribute_labels("kind", {}, attribute_stage="NON_INPUT_DATA")


def test_sensitive_attributes_are_told(model):
    assert not model.check_has_bias_attrs()
    model.set_attribute_as_sensitive("kind", attribute_stage="PIPELINE_INPUT")
    assert model.check_attr_is_bias("kind")
    assert not model.check_attr_is_bias("size")
    assert model.check_has_bias_attrs()


def test_inputs_are_numbered_in_the_order_of_their_names(model):
    model.set_predict_function_input_order(["size", "kind"])
    assert [model.get_attribute(name).position for name in ("kind", "size")] == [1, 0]


@pytest.mark.parametrize(
    "order, error, words",
    [
        (["size", "nope", "note"], UserValueError, "'nope', 'note'"),
        (["size", "size"], UserValueError, "repeated: 'size'"),
        ("size", UserTypeError, "list of names"),
        (5, UserTypeError, "list of names"),
        (["size", []], UserTypeError, "names only"),
    ],
)
def test_a_bad_order_moves_nothing(model, order, error, words):
    before = snapshot(model)
    with pytest.raises(error, match=words):
        model.set_predict_function_input_order(order)
    assert snapshot(model) == before


# --- outputs ------------------------------------------------------------------------------


def test_a_binary_classifier_swaps_binarizes_and_encodes():
    model = Model("m-1", "TABULAR", "MULTICLASS")
    added = model.add_binary_classifier_output_attributes("p1", {"p0": "g0", "p1": "g1"}, 0.75)
    assert list(added) == ["p0", "g0", "p1", "g1"]
    assert model.classifier_threshold == 0.75
    assert model.get_positive_predicted_class() == "p1"
    prediction = {"p1": 0.25}
    assert model.binarize(prediction) == {"p0": 0.75, "p1": 0.25}
    assert prediction == {"p1": 0.25}
    assert model.one_hot_encode("g1") == {"g0": 0, "g1": 1}
    model.swap_predicted_attribute_positions()
    assert [model.get_attribute(name).position for name in ("p0", "p1")] == [1, 0]
    with pytest.raises(UserTypeError, match="attribute_value"):
        model.binarize(0.25)


def test_a_class_is_encoded_once_the_model_is_saved(connection):
    model = saved_model(connection)
    assert model.one_hot_encode(1) == model.one_hot_encode("y_1") == {"y_0": 0, "y_1": 1}
    with pytest.raises(UserValueError, match="7"):
        model.one_hot_encode(7)


def test_other_models_have_no_positive_class(model):
    assert model.get_positive_predicted_class() == "Not a classifier model."
    with pytest.raises(MethodNotApplicableError, match="two predicted attributes"):
        model.swap_predicted_attribute_positions()
    with pytest.raises(MethodNotApplicableError, match="MULTICLASS"):
        model.one_hot_encode("price")


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.add_regression_output_attributes(["a"], "FLOAT"),
        lambda m: m.add_regression_output_attributes({"a": "b"}, 5),
        lambda m: m.add_regression_output_attributes({"a": "b"}, "FLOAT", 5),
        lambda m: m.add_binary_classifier_output_attributes("a", 5),
        lambda m: m.add_multiclass_classifier_output_attributes(5),
        lambda m: m.add_classifier_output_attributes_gtclass(5, "y", FRAME),
        lambda m: m.add_classifier_output_attributes_gtclass({"p": 1}, "y", 5),
        lambda m: m.add_object_detection_output_attributes("a", "b", 5),
        lambda m: m.add_object_detection_output_attributes("a", "b", "cat"),
        lambda m: m.infer_schema(5, "PIPELINE_INPUT"),
        lambda m: m.infer_schema(FRAME, 5),
        lambda m: m.build_token_sequence_model(5, "a"),
        lambda m: m.build(5, {"p": 1}),
        lambda m: m.build(FRAME, 5),
        lambda m: m.build(FRAME, {"p": 1}, ground_truth_column="y", non_input_columns=5),
        lambda m: m.build(FRAME, {"p": 1}, ground_truth_column="y", positive_predicted_attr=5),
        lambda m: m.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data="no"),
        lambda m: m.review(props=5),
        lambda m: m.validate_reference_data(5),
    ],
)
def test_an_argument_of_the_wrong_type_changes_nothing(model, call):
    before = snapshot(model)
    with pytest.raises(UserTypeError):
        call(model)
    assert snapshot(model) == before
    assert model.reference_dataframe is None


# --- building and reviewing ---------------------------------------------------------------


def test_build_returns_the_review_and_keeps_the_data(connection):
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    table = model.build(FRAME, {"p": 1}, ground_truth_column="y")
    pd.testing.assert_frame_equal(table, model.review())
    assert list(table["name"]) == ["age", "y", "p"]
    assert list(table.columns) == [
        "name",
        "stage",
        "value_type",
        "categorical",
        "is_unique",
        "categories",
        "bins",
        "range",
        "monitor_for_bias",
    ]
    assert model.reference_dataframe is FRAME
    assert model.ground_truth_type == "GROUND_TRUTH_CLASS"


def test_building_again_replaces_the_schema(connection):
    model = new_model(connection)
    other = FRAME.rename(columns={"age": "years"})
    model.build(other, {"p": 1}, ground_truth_column="y")
    assert names(model) == ["years", "y", "p"]
    assert model.reference_dataframe is other


def test_review_takes_a_stage_and_properties(model):
    table = model.review("PIPELINE_INPUT", props=["label", "range", "data_type", "cutoffs"])
    assert list(table.columns) == ["name", "label", "range", "data_type", "cutoffs"]
    assert list(table["range"]) == ["[None, None]", "[0, 9]"]
    assert model.review("PREDICT_FUNCTION_INPUT").empty
    with pytest.raises(UnexpectedValueError, match="'colour'"):
        model.review(props=["colour"])
    with pytest.raises(UnexpectedValueError, match=r"no property 'rage'; did you mean 'range'\?"):
        model.review(props=["value_type", "rage"])
    with pytest.raises(UserTypeError, match=r"'rage'\]; properties are named by props: review"):
        model.review(["value_type", "rage"])
    with pytest.raises(UserValueError, match="stage='rage' is not one of"):
        model.review("rage")
    with pytest.raises(MissingParameterError, match="schema"):
        Model("m-1", "TABULAR", "REGRESSION").review()


def test_review_prints(model, capsys):
    assert model.review(props=["label"], print_df=True) is None
    assert "price" in capsys.readouterr().out


def test_from_dataframe_is_the_older_name_of_infer_schema():
    one, other = (Model("m-1", "TABULAR", "REGRESSION") for _ in range(2))
    one.infer_schema(FRAME, "PIPELINE_INPUT")
    other.from_dataframe(FRAME, "PIPELINE_INPUT")
    assert one == other


def test_positions_go_on_where_an_earlier_call_ended():
    model = Model("m-1", "TABULAR", "REGRESSION")
    model.infer_schema(FRAME[["age", "p"]], "PIPELINE_INPUT")
    model.infer_schema(FRAME["y"], "PIPELINE_INPUT")
    assert [a.position for a in model.attributes] == [0, 1, 2]
    with pytest.raises(UserValueError, match="stage='INPUT'"):
        model.infer_schema(FRAME, "INPUT")


# --- attributes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"categories": ["a"]}, UserValueError),
        ({"foo": 1}, UserValueError),
        ({"min_range": 5, "max_range": 1}, UserValueError),
        ({"min_range": 5, "max_range": 0}, UserValueError),
        ({"range": [5, 1]}, UserValueError),
        ({"range": 5}, UserValueError),
        ({"min_range": 0}, MissingParameterError),
        ({"categorical": True}, MissingParameterError),
    ],
)
def test_contradictory_changes_of_an_attribute_change_nothing(changes, error):
    attribute = Attribute("x", "FLOAT", "PIPELINE_INPUT")
    with pytest.raises(error, match="'x'"):
        attribute.set(label="new", **changes)
    assert attribute == Attribute("x", "FLOAT", "PIPELINE_INPUT")


def test_set_returns_the_attribute_with_bins_and_range():
    attribute = Attribute("x", "FLOAT", "PIPELINE_INPUT", categorical=True, categories=["a"])
    changed = attribute.set(categorical=False, categories=[], bins=[None, 35, 55, None])
    assert changed is attribute
    assert [(b.continuous_start, b.continuous_end) for b in attribute.bins] == [
        (None, 35),
        (35, 55),
        (55, None),
    ]
    assert attribute.set(range=[0, 1]).max_range == 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(attribute)


def test_a_deep_copy_of_a_model_belongs_to_the_same_registry(connection):
    model = saved_model(connection)
    copied = copy.deepcopy(model)
    assert copied == model
    copied.description = "of the copy"
    copied.update()
    assert connection.get_model(model.id).description == "of the copy"
