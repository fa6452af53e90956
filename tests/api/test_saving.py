"""`save`, `update`, `archive`, `restore`: what is stored, what may change, what is refused."""

import json
import pickle

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import InputType, ModelStatus, OutputType, Stage, ValueType
from modelgroups.errors import (
    BadRequestError,
    ClosedError,
    ConflictError,
    MethodNotApplicableError,
    NotFoundError,
    ReadOnlyError,
    UserTypeError,
    UserValueError,
)
from modelgroups.model import ExplainabilityParameters

from .samples import (
    FRAME,
    HOSTILE,
    KINDS,
    assert_stored,
    contents,
    model_of_kind,
    new_model,
    saved_model,
    second_process,
    stored_files,
)


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def elsewhere():
    with second_process() as run:
        yield run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "registry"


# --- every kind of model, read back by another process ------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=" - ".join)
def test_another_process_reads_what_was_saved(kind, folder, elsewhere):
    with mg.connect(folder) as connection:
        model, frame = model_of_kind(connection, *kind)
        model.save()
        pd.testing.assert_frame_equal(model.reference_data(), frame)
        elsewhere(assert_stored, folder, model.id, model.to_dict(skip_none=False), frame)


@pytest.mark.parametrize("kind", KINDS, ids=" - ".join)
def test_the_saved_object_equals_a_fresh_one(kind, connection):
    model, _ = model_of_kind(connection, *kind)
    model.save()
    assert connection.get_model(model.id) == model
    assert [a.to_dict() for a in connection.get_model(model.id).attributes] == [
        a.to_dict() for a in model.attributes
    ]


@pytest.mark.parametrize(
    "input_type", [InputType.NLP, InputType.Image, InputType.Tabular, InputType.TimeSeries]
)
def test_a_built_token_sequence_model_is_read_by_another_process(input_type, folder, elsewhere):
    series = [{"timestamp": "2024-01-01T00:00:00Z", "value": 1.5}]
    inputs = {
        InputType.NLP: ["six by nine?", "why?"],
        InputType.Image: ["a.png", "b.png"],
        InputType.Tabular: [1, 2],
        InputType.TimeSeries: [series, series * 2],
    }[input_type]
    frame = pd.DataFrame(
        {
            "question": inputs,
            "answer": ["forty two", "because"],
            "answer_tokens": [["forty", "two"], ["because"]],
            "likely": [[{"forty": 0.5, "four": 0.5}, {"two": 1.0}], [{"because": 0.75}]],
            "truth": ["54", "so"],
            "truth_tokens": [["54"], ["so"]],
        }
    )
    text = input_type == InputType.NLP
    if text:
        frame["question_tokens"] = [["six", "by", "nine"], ["why"]]
    with mg.connect(folder) as connection:
        model = connection.model("tokens", input_type, OutputType.TokenSequence)
        model.build_token_sequence_model(
            "question",
            "answer",
            "question_tokens" if text else None,
            "answer_tokens",
            "likely",
            "truth",
            "truth_tokens",
            data=None if text or input_type == InputType.Image else frame,
        )
        model.set_reference_data(data=frame)
        model.save()
        elsewhere(assert_stored, folder, model.id, model.to_dict(skip_none=False), frame)


def test_every_field_survives_in_another_process(folder, elsewhere):
    fields = {
        "description": "what it is for",
        "tags": ["b", "a", "ü"],
        "classifier_threshold": 0.25,
        "is_batch": True,
        "text_delimiter": r"\|+",
        "expected_throughput_gb_per_day": 2.5,
        "pixel_height": 224,
        "pixel_width": 300,
    }
    with mg.connect(folder) as connection:
        model = new_model(connection, partner_model_id="card-1", **fields)
        model.explainability = ExplainabilityParameters(True, "lime", explanation_nsamples=7)
        model.image_class_labels = ["cat", "dog"]
        model.version_label = "V1"
        age = model.get_attribute("age")
        age.set(label="Age", categorical=False, categories=[], bins=[None, 18, 65.5, None])
        age.set(range=[0, 120], monitor_for_bias=True)
        model.save()
        saved = model.to_dict(skip_none=False)
        elsewhere(assert_stored, folder, model.id, saved, FRAME)
    assert saved | fields == saved
    assert saved["attributes"][0]["bins"][1] == {"continuous_start": 18, "continuous_end": 65.5}
    assert saved["explainability"]["explanation_nsamples"] == 7


# --- what a save fills in -----------------------------------------------------------------


def test_saving_fills_the_object(connection):
    model = new_model(connection)
    assert (model.id, model.status, model.model_is_saved()) == (None, None, False)
    model_id = model.save()
    assert model.id == model_id
    assert model.model_is_saved()
    assert model.status == ModelStatus.Ready == "Ready"
    assert model.version_sequence_num == 1
    assert model.classifier_threshold == 0.5
    assert model.reference_dataframe is None
    assert model.created_at == model.updated_at
    assert pd.Timestamp(model.created_at).utcoffset() == pd.Timedelta(0)
    assert len({a.id for a in model.attributes}) == len(model.attributes)


def test_the_group_of_a_first_version_is_named_after_it(connection):
    group = connection.get_model_group(saved_model(connection, "Card fraud"))
    assert (group.name, group.description, group.archived) == ("Card fraud", None, False)


def test_attributes_are_sorted_when_they_are_saved(connection):
    model = saved_model(connection)
    assert [a.short_name() for a in model.attributes] == [
        "PIPELINE_INPUT[0]:age",
        "PREDICTED_VALUE[0]:p_negative",
        "PREDICTED_VALUE[1]:p",
        "GROUND_TRUTH[0]:y_0",
        "GROUND_TRUTH[1]:y_1",
        "GROUND_TRUTH_CLASS[0]:y",
    ]


def test_the_threshold_of_a_regression_stays_unset(connection):
    model, _ = model_of_kind(connection, "TABULAR", "REGRESSION", "1 prediction")
    model.save()
    assert model.classifier_threshold is None


def test_numpy_numbers_in_attributes_and_fields_become_plain_ones(connection):
    import numpy as np

    model = new_model(connection)
    age = model.get_attribute("age")
    age.set(categorical=False, categories=[], range=[FRAME["age"].min(), FRAME["age"].max()])
    age.set(bins=[None, np.int64(40), np.float32(50.5), None], monitor_for_bias=np.bool_(True))
    age.position = np.int64(0)
    model.pixel_height, model.classifier_threshold = np.int64(28), np.float32(0.5)
    model.save()
    fresh = connection.get_model(model.id)
    assert fresh == model
    stored = fresh.get_attribute("age")
    assert (stored.min_range, stored.max_range, stored.position) == (31, 52, 0)
    assert [b.continuous_end for b in stored.bins] == [40, 50.5, None]
    assert (type(fresh.pixel_height), type(fresh.classifier_threshold)) == (int, float)
    assert json.loads(fresh.to_json())["pixel_height"] == 28


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, False, True]),
        pd.Series(["a", "b", "c"]),
        pd.Series([1, 2, 3], dtype="int8"),
        pd.Series([0.5, None, 2.5], dtype="double[pyarrow]"),
        pd.Series(pd.date_range("2024-01-01", periods=3, tz="UTC")),
    ],
    ids=["bool", "str", "int8", "arrow", "times"],
)
def test_a_regression_of_any_values_can_be_saved(connection, values):
    frame = pd.DataFrame({"x": [1, 2, 3], "p": values, "y": values})
    model = connection.model("m-1", "TABULAR", "REGRESSION")
    model.build(frame, {"p": "y"})
    fresh = connection.get_model(model.save())
    assert fresh == model
    json.loads(fresh.to_json())
    pd.testing.assert_frame_equal(fresh.reference_data(), frame)


def test_plain_values_assigned_as_categories_are_saved_as_categories(connection):
    model = new_model(connection)
    model.get_attribute("age").categories = ["n/a", 5]
    model.save()
    categories = connection.get_model(model.id).get_attribute("age").categories
    assert categories == [mg.AttributeCategory("n/a"), mg.AttributeCategory("5")]


def test_saving_leaves_the_callers_frame_alone(connection):
    frame = FRAME.copy()
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": 1}, ground_truth_column="y")
    model.save()
    pd.testing.assert_frame_equal(frame, FRAME)


def test_a_model_without_reference_data_is_saved_without(connection):
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data=False)
    model.save()
    with pytest.raises(NotFoundError, match="no reference data"):
        model.reference_data()


def test_validation_can_be_skipped(connection):
    model = new_model(connection)
    model.set_reference_data(data=FRAME[["age"]])
    with pytest.raises(UserTypeError, match="'y', 'p'"):
        model.save()
    model.save(skip_validation=True)
    pd.testing.assert_frame_equal(model.reference_data(), FRAME[["age"]])


# --- implicit attributes ------------------------------------------------------------------


def links(model):
    return {
        a.name: (a.stage, a.position, a.implicit, a.attribute_link, a.gt_class_link)
        for a in model.attributes
        if a.stage != Stage.ModelPipelineInput
    }


def test_a_lone_probability_gets_its_complement_and_the_classes_their_truths(connection):
    model = saved_model(connection)
    predicted, truth = Stage.PredictedValue, Stage.GroundTruth
    assert links(model) == {
        "p": (predicted, 1, False, "y_1", "1"),
        "p_negative": (predicted, 0, True, "y_0", "0"),
        "y_0": (truth, 0, True, "p_negative", None),
        "y_1": (truth, 1, True, "p", None),
        "y": (Stage.GroundTruthClass, 0, False, None, None),
    }
    assert model.get_attribute("p").is_positive_predicted_attribute
    negative = model.get_attribute("p_negative")
    assert (negative.value_type, negative.min_range, negative.max_range) == ("FLOAT", 0, 1)
    assert not negative.is_positive_predicted_attribute
    one_hot = model.get_attribute("y_1")
    assert (one_hot.value_type, one_hot.categorical) == (ValueType.Integer, True)
    assert [c.value for c in one_hot.categories] == ["0", "1"]
    assert model.get_positive_predicted_class() == "p"


def test_each_predicted_class_gets_a_truth_with_a_legal_name(connection):
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    frame = pd.DataFrame(
        {"x": [1, 2, 3], "truth": ["a b", "a-b", "ü"], "truth_a_b": [1.5, 2, 3]}
    ).assign(p1=0.5, p2=0.25, p3=0.25)
    model.build(frame, {"p1": "a b", "p2": "a-b", "p3": "ü"}, ground_truth_column="truth")
    model.save()
    named = {a.name: a.attribute_link for a in model.get_attributes(Stage.GroundTruth)}
    assert named == {"truth_a_b_2": "p1", "truth_a_b_3": "p2", "truth__": "p3"}
    assert [model.get_attribute(p).attribute_link for p in ("p1", "p2", "p3")] == list(named)


def test_a_lone_probability_with_two_truth_columns_is_linked_to_the_free_one(connection):
    frame = pd.DataFrame({"x": [1, 2], "p": [0.5, 0.25], "yes": [1, 0], "no": [0, 1]})
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": "yes", None: "no"}, positive_predicted_attr="p")
    model.save()
    predicted, truth = Stage.PredictedValue, Stage.GroundTruth
    assert links(model) == {
        "p": (predicted, 0, False, "yes", None),
        "p_negative": (predicted, 1, True, "no", None),
        "yes": (truth, 0, False, "p", None),
        "no": (truth, 1, False, "p_negative", None),
    }


@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k[1] != OutputType.Multiclass], ids=" - ".join
)
def test_models_that_are_no_classifiers_get_no_implicit_attributes(kind, connection):
    model, frame = model_of_kind(connection, *kind)
    model.save()
    assert not any(attribute.implicit for attribute in model.attributes)
    assert set(model.get_attribute_names()) == set(frame.columns)


def test_implicit_attributes_may_be_in_reference_data(connection):
    model = saved_model(connection)
    wider = FRAME.assign(p_negative=1 - FRAME["p"], y_1=FRAME["y"])
    model.validate_reference_data(wider)
    counts, closed = model.set_reference_data(data=wider)
    assert (counts["counts"]["failure"], closed is None) == (0, False)
    pd.testing.assert_frame_equal(model.reference_data(), wider)


# --- groups, numbers, labels, partner ids --------------------------------------------------


def test_versions_are_numbered_in_the_order_of_saving(connection):
    group = connection.get_model_group(saved_model(connection))
    waiting = [new_model(connection) for _ in range(3)]
    for model in waiting:
        group.add_version(model)
    for model in reversed(waiting):
        model.save()
    assert [model.version_sequence_num for model in waiting] == [4, 3, 2]


def test_a_number_is_never_issued_again(connection):
    first = saved_model(connection)
    group = connection.get_model_group(first)
    saved_model(connection, group=group).archive()
    refused = new_model(connection, partner_model_id=first.partner_model_id)
    group.add_version(refused)
    with pytest.raises(ConflictError):
        refused.save()
    assert saved_model(connection, group=group).version_sequence_num == 3
    group.archive()
    group.restore()
    assert saved_model(connection, group=group).version_sequence_num == 4


def test_versions_may_differ_in_everything(connection):
    group = connection.get_model_group(saved_model(connection))
    for kind in (KINDS[0], KINDS[-1]):
        model, _ = model_of_kind(connection, *kind)
        group.add_version(model)
        model.save()
    assert [v.input_type for v in group.get_versions()] == [KINDS[-1][0], KINDS[0][0], "TABULAR"]


def test_a_version_can_be_added_by_hand(connection):
    group = connection.get_model_group(saved_model(connection))
    model = new_model(connection)
    model.model_group_id, model.version_label = group.id, "V2"
    model.save()
    assert group.get_version(label="V2").id == model.id


def test_a_label_is_unique_in_its_group_and_only_there(connection):
    first = saved_model(connection, label="V1")
    group = connection.get_model_group(first)
    second = new_model(connection)
    group.add_version(second, label="V1")
    with pytest.raises(ConflictError, match=r"^409 .*'V1' belongs to version 1"):
        second.save()
    second.version_label = "v1"
    second.save()
    assert saved_model(connection, label="V1").version_sequence_num == 1


def test_a_label_stays_taken_when_its_version_is_archived(connection):
    group = connection.get_model_group(saved_model(connection))
    saved_model(connection, group=group, label="V2").archive()
    again = new_model(connection)
    group.add_version(again, label="V2")
    with pytest.raises(ConflictError, match="'V2'"):
        again.save()
    assert group.get_version(label="V2", include_archived=True).archived


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_a_name_a_label_a_tag_and_a_partner_id(text, folder, elsewhere):
    with mg.connect(folder) as connection:
        fields = {"partner_model_id": text, "description": text, "tags": [text, "other"]}
        model = saved_model(connection, text, label=text, **fields)
        elsewhere(assert_stored, folder, model.id, model.to_dict(skip_none=False), FRAME)
        group = connection.get_model_group(model)
        group.description = text
        assert connection.get_model_group(text).description == text
        assert connection.get_model(text, "partner_model_id").id == model.id
        assert group.get_version(label=text).display_name == text
        assert group.get_version(label=text).tags == [text, "other"]


def test_a_partner_id_belongs_to_one_active_model(connection):
    first = saved_model(connection, partner_model_id="card")
    second = new_model(connection, partner_model_id="card")
    with pytest.raises(ConflictError, match=r"^409 .*'card'"):
        second.save()
    first.archive()
    second.save()
    assert connection.get_model("card", "partner_model_id").id == second.id
    with pytest.raises(ConflictError, match="'card'"):
        first.restore()
    assert connection.get_model(first.id).archived


def test_generated_partner_ids_do_not_clash(connection):
    models = [saved_model(connection, "Card fraud") for _ in range(3)]
    ids = [model.partner_model_id for model in models]
    assert len(set(ids)) == 3
    assert all(partner_id.startswith("Card_fraud_20") for partner_id in ids)
    assert [connection.get_model(i, "partner_model_id") for i in ids] == models


def test_a_failed_save_begins_no_group(connection):
    saved_model(connection, partner_model_id="card")
    before = contents(connection)
    with pytest.raises(ConflictError):
        new_model(connection, "Another", partner_model_id="card").save()
    assert contents(connection) == before


# --- update -------------------------------------------------------------------------------


def test_update_stores_what_may_change(connection):
    model = saved_model(connection, tags=["a"])
    created = model.created_at
    model.display_name, model.description, model.classifier_threshold = "New", "new", 0.75
    model.explainability = ExplainabilityParameters(False, "shap")
    model.set_attribute_labels("age", {31: "young", 52: "old"})
    model.set_attribute_as_sensitive("age")
    model.get_attribute("y").label = "Fraud"
    model.update()
    fresh = connection.get_model(model.id)
    assert fresh == model
    assert (fresh.display_name, fresh.description, fresh.classifier_threshold) == (
        "New",
        "new",
        0.75,
    )
    assert [c.label for c in fresh.get_attribute("age").categories] == ["young", "old"]
    assert fresh.check_attr_is_bias("age")
    assert fresh.get_attribute("y").label == "Fraud"
    assert (fresh.created_at, fresh.created_at <= fresh.updated_at) == (created, True)
    assert connection.verify()


def test_update_adds_tags(connection):
    model = saved_model(connection, tags=["b", "a"])
    model.tags = ["c", "a"]
    model.update()
    assert model.tags == connection.get_model(model.id).tags == ["b", "a", "c"]
    model.tags = None
    model.update()
    assert model.tags == ["b", "a", "c"]
    assert [m.id for m in connection.models(tag="c")] == [model.id]


def test_update_replaces_attributes_and_what_finds_them(connection):
    model = saved_model(connection)
    model.add_attribute("sex", "INTEGER", "NON_INPUT_DATA", categorical=True, categories=[1, 2])
    model.rename_attribute("age", "years", "PIPELINE_INPUT")
    model.update()
    assert model.get_attribute("sex").id is not None
    assert [m.id for m in connection.models(attribute="sex")] == [model.id]
    assert connection.models(attribute="age") == []


def test_a_version_is_found_by_what_it_has_whatever_others_like_it_become(connection):
    model, other = saved_model(connection), saved_model(connection)
    for name, left in (("age", "years"), ("years", "age"), ("age", "years")):
        model.rename_attribute(name, left, "PIPELINE_INPUT")
        model.update()
        found = {key: {m.id for m in connection.models(attribute=key)} for key in (name, left)}
        assert model.id in found[left]
        assert model.id not in found[name]
        assert other.id in found["age"]


@pytest.mark.parametrize(
    "field, value",
    [
        ("partner_model_id", "other"),
        ("input_type", "NLP"),
        ("output_type", "REGRESSION"),
        ("is_batch", True),
        ("text_delimiter", ","),
        ("expected_throughput_gb_per_day", 2.5),
        ("pixel_height", 3),
        ("pixel_width", 3),
        ("image_class_labels", ["cat"]),
        ("model_group_id", "another"),
        ("version_sequence_num", 9),
        ("version_label", "V9"),
    ],
)
def test_update_refuses_what_is_fixed_and_names_it(connection, field, value):
    model = saved_model(connection, label="V1")
    before = contents(connection)
    setattr(model, field, value)
    model.description = "also changed"
    with pytest.raises(BadRequestError, match=f"^400 .*{field} is .*cannot become {value!r}"[:60]):
        model.update()
    assert contents(connection) == before
    assert getattr(model, field) == value
    assert model.description == "also changed"


def test_update_names_every_fixed_field_at_once(connection):
    model = saved_model(connection)
    model.pixel_height, model.version_label = 3, "V9"
    with pytest.raises(BadRequestError, match=r"version_label is None .*pixel_height is None"):
        model.update()


def test_update_needs_a_saved_model_that_is_not_archived(connection):
    model = new_model(connection)
    with pytest.raises(MethodNotApplicableError, match=r"save\(\)"):
        model.update()
    model.save()
    model.archive()
    with pytest.raises(ConflictError, match="archived"):
        model.update()


def test_update_refuses_a_schema_that_could_not_be_saved(connection):
    model = saved_model(connection)
    before = contents(connection)
    model.attributes = [a for a in model.attributes if a.stage != Stage.ModelPipelineInput]
    with pytest.raises(mg.ModelGroupsError, match="no input"):
        model.update()
    assert contents(connection) == before


def test_swapped_positions_are_stored_if_asked(connection):
    model = saved_model(connection)
    model.swap_predicted_attribute_positions(persist_if_saved=False)
    assert model.get_attribute("p").position == 0
    fresh = connection.get_model(model.id)
    assert fresh.get_attribute("p").position == 1
    fresh.swap_predicted_attribute_positions()
    assert connection.get_model(model.id).get_attribute("p").position == 0


def test_positions_stay_when_their_swap_cannot_be_stored(folder):
    with mg.connect(folder) as connection:
        model_id = saved_model(connection).id
    with mg.connect(folder, read_only=True) as connection:
        model = connection.get_model(model_id)
        with pytest.raises(mg.ModelGroupsError, match="read-only"):
            model.swap_predicted_attribute_positions()
        assert model.get_attribute("p").position == 1


# --- archive and restore ------------------------------------------------------------------


def test_archiving_hides_a_model_and_keeps_it(connection):
    model = saved_model(connection, partner_model_id="card", label="V1")
    group = connection.get_model_group(model)
    model.archive()
    assert (model.archived, model.status) == (True, "Archived")
    assert connection.models() == group.get_versions() == []
    assert connection.get_model(model.id) == model
    assert connection.models(archived=True) == connection.models(archived=None) == [model]
    pd.testing.assert_frame_equal(connection.get_model(model.id).reference_data(), FRAME)
    with pytest.raises(NotFoundError, match="'card'"):
        connection.get_model("card", "partner_model_id")


def test_archiving_twice_finds_nothing(connection):
    model = saved_model(connection)
    other = connection.get_model(model.id)
    model.archive()
    with pytest.raises(NotFoundError, match=r"^404 .*restore\(\)"):
        other.archive()
    assert not other.archived


def test_restoring_brings_a_model_back(connection):
    model = saved_model(connection, partner_model_id="card")
    model.archive()
    model.restore()
    assert (model.archived, model.status) == (False, "Ready")
    assert connection.models() == [model]
    assert connection.get_model("card", "partner_model_id") == model
    with pytest.raises(ConflictError, match="not archived"):
        model.restore()


def test_a_model_of_an_archived_group_is_restored_with_it_only(connection):
    model = saved_model(connection)
    group = connection.get_model_group(model)
    group.archive()
    with pytest.raises(ConflictError, match=r"group\.restore\(\)"):
        model.restore()


@pytest.mark.parametrize("method", ["archive", "restore", "update", "await_model_ready"])
def test_a_model_that_is_not_saved_has_no_later_life(connection, method):
    with pytest.raises(MethodNotApplicableError, match=method):
        getattr(new_model(connection), method)()


def test_a_saved_model_is_ready_at_once(connection):
    assert saved_model(connection).await_model_ready() is None


def test_archived_reference_data_are_no_garbage(connection):
    model = saved_model(connection)
    model.archive()
    assert connection.gc().digests == ()
    assert len(stored_files(connection)) == 1
    assert connection.verify()


# --- what is returned ---------------------------------------------------------------------


def test_returned_models_are_fresh(connection):
    model = saved_model(connection, tags=["a"])
    one, other = connection.get_model(model.id), connection.get_model(model.id)
    assert one is not other
    one.get_attribute("age").label = "changed"
    one.attributes.pop()
    one.tags.append("b")
    assert other == model
    assert other.get_attribute("age").label is None


def test_a_saved_model_is_saved_once(connection):
    model = saved_model(connection)
    for saved in (model, connection.get_model(model.id)):
        before = contents(connection)
        with pytest.raises(MethodNotApplicableError, match=r"update\(\)"):
            saved.save()
        assert contents(connection) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.build(FRAME, {"p": 1}, ground_truth_column="y"),
        lambda m: m.build_token_sequence_model("a", "b"),
        lambda m: m.remove_attribute("age"),
    ],
    ids=["build", "build_token_sequence_model", "remove_attribute"],
)
def test_a_saved_model_is_not_built_again(connection, change):
    model = saved_model(connection)
    before = pickle.dumps(model.to_dict())
    with pytest.raises(MethodNotApplicableError, match="immutable"):
        change(model)
    assert pickle.dumps(model.to_dict()) == before


def test_a_version_goes_to_the_registry_that_made_the_model(connection, folder):
    group = connection.get_model_group(saved_model(connection))
    with mg.connect(folder) as other:
        model = new_model(other)
        group.add_version(model)
        with pytest.raises(NotFoundError, match=group.id):
            model.save()
        assert other.models() == []


def test_a_model_made_without_a_connection_cannot_be_saved():
    model = mg.Model("m-1", "TABULAR", "MULTICLASS")
    model.build(FRAME, {"p": 1}, ground_truth_column="y")
    with pytest.raises(MethodNotApplicableError, match="belongs to no registry"):
        model.save()


def test_a_model_made_by_its_class_is_saved_through_a_connection(connection):
    model = mg.Model("m-1", "TABULAR", "MULTICLASS", client=connection)
    model.build(FRAME, {"p": 1}, ground_truth_column="y")
    assert connection.get_model(model.save()).display_name is None
    assert connection.get_model_group(model).name == "m-1"


def test_nothing_is_saved_into_a_read_only_registry(folder):
    with mg.connect(folder) as connection:
        saved_model(connection)
    untouched = (folder / "objects").stat().st_mtime_ns
    with mg.connect(folder, read_only=True) as connection:
        before = contents(connection)
        [saved] = connection.models()
        for write in (new_model(connection).save, lambda: saved.set_reference_data(data=FRAME)):
            with pytest.raises(ReadOnlyError, match="read-only"):
                write()
        assert contents(connection) == before
    assert (folder / "objects").stat().st_mtime_ns == untouched


def test_nothing_is_saved_through_a_closed_connection(connection):
    saved, model = saved_model(connection), new_model(connection)
    connection.close()
    for write in (model.save, lambda: saved.set_reference_data(data=FRAME), saved.archive):
        with pytest.raises(ClosedError, match="closed"):
            write()
    assert not model.model_is_saved()
    assert not connection.registry.root.exists()


def test_a_name_in_two_stages_is_refused(connection):
    model = new_model(connection)
    model.add_attribute("age", "INTEGER", "NON_INPUT_DATA")
    with pytest.raises(UserValueError, match="2 attributes are named 'age'"):
        model.save()
