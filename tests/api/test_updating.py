"""`Model.update` once a version is in use: what its inferences forbid, and what goes on."""

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import Attribute, Stage
from modelgroups.errors import BadRequestError

from .samples import contents, saved_model

SENT = {"age": [31, 47], "p": [0.25, 0.75], "partner_inference_id": ["a", "b"]}


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model(connection):
    return saved_model(connection)


@pytest.fixture
def used(model):
    """Return a model with two inferences and no ground truth."""
    model.send_inferences(SENT)
    return model


def truth(name="z", value_type="FLOAT", **fields):
    return Attribute(name, value_type, Stage.GroundTruth, position=9, **fields)


def without(model, name):
    return [attribute for attribute in model.attributes if attribute.name != name]


# --- before anything was sent ---------------------------------------------------------------


def test_attributes_and_threshold_change_until_the_first_inference(connection, model):
    model.send_inferences([])
    model.attributes = [*without(model, "age"), Attribute("sex", "STRING", "PIPELINE_INPUT")]
    model.classifier_threshold = 0.75
    model.update()
    assert connection.get_model(model.id) == model
    model.send_inferences([{"sex": "f", "p": 0.5}])
    assert model.inferences(columns=["sex"])["sex"].tolist() == ["f"]


def test_a_call_of_which_no_row_was_stored_fixes_nothing(model):
    answer = model.send_inferences([{"age": "old", "p": 0.5}], fail_silently=True)
    assert answer["counts"]["failure"] == 1
    model.get_attribute("age").value_type = "STRING"
    model.update()
    model.send_inferences([{"age": "old", "p": 0.5}])
    assert model.summary().n_inferences == 1


# --- after the first inference --------------------------------------------------------------


def test_names_tags_labels_and_labels_of_categories_always_change(connection, used):
    used.display_name, used.description, used.tags = "New", "new", ["a"]
    used.explainability = mg.model.ExplainabilityParameters(True)
    used.get_attribute("age").label = "Age"
    used.set_attribute_labels("age", {31: "young", 47: "old", 52: "old"})
    used.update()
    fresh = connection.get_model(used.id)
    assert fresh == used
    assert (fresh.display_name, fresh.description, fresh.tags) == ("New", "new", ["a"])
    age = fresh.get_attribute("age")
    assert (age.label, age.categories[0].label) == ("Age", "young")


@pytest.mark.parametrize(
    "change, text",
    [
        (lambda m: setattr(m, "classifier_threshold", 0.75), "classifier_threshold is 0.5"),
        (lambda m: setattr(m.get_attribute("age"), "value_type", "FLOAT"), "value_type of .*'age'"),
        (lambda m: setattr(m.get_attribute("p_negative"), "stage", "NON_INPUT_DATA"), "stage of"),
        (lambda m: setattr(m.get_attribute("p_negative"), "stage", "GROUND_TRUTH"), "stage of"),
        (lambda m: setattr(m.get_attribute("age"), "position", 5), "position of .*'age'"),
        (lambda m: m.set_attribute_as_sensitive("age"), "monitor_for_bias of .*'age'"),
        (lambda m: m.get_attribute("age").categories.pop(), "categories of .*'age'"),
        (lambda m: setattr(m.get_attribute("p"), "min_range", -1), "min_range of .*'p'"),
        (lambda m: m.rename_attribute("age", "years", "PIPELINE_INPUT"), "'age' cannot be removed"),
        (lambda m: m.add_attribute("sex", "STRING", "NON_INPUT_DATA"), "'sex' cannot be added"),
        (lambda m: setattr(m, "attributes", without(m, "p_negative")), "'p_negative' cannot be re"),
        (lambda m: setattr(m.get_attribute("y_0"), "stage", "NON_INPUT_DATA"), "'y_0' cannot be"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_inferences_forbid_is_named_and_not_stored(connection, used, change, text):
    before = contents(connection)
    change(used)
    used.description = "also changed"
    with pytest.raises(BadRequestError, match=f"^400 .*that has inferences .*{text}"):
        used.update()
    assert contents(connection) == before


def test_bins_are_compared_by_their_ends(connection):
    model = saved_model(connection)
    age = model.get_attribute("age")
    age.set(categorical=False, categories=[], bins=[None, 18, None])
    model.update()
    model.send_inferences(SENT)
    fresh = connection.get_model(model.id)
    fresh.update()
    fresh.get_attribute("age").set(bins=[None, 21, None])
    with pytest.raises(BadRequestError, match="bins of attribute 'age'"):
        fresh.update()


def test_all_that_is_forbidden_is_named_at_once(used):
    used.classifier_threshold = 0.75
    used.get_attribute("age").value_type = "FLOAT"
    used.add_attribute("sex", "STRING", "NON_INPUT_DATA")
    with pytest.raises(BadRequestError, match=r"threshold .*'age' .*'sex'"):
        used.update()


def test_positions_of_predictions_in_use_are_not_swapped(connection, used):
    with pytest.raises(BadRequestError, match="position of attribute 'p_negative'"):
        used.swap_predicted_attribute_positions()
    assert used.get_attribute("p").position == 1


def test_deleting_every_inference_does_not_bring_the_freedom_back(used):
    used.delete_inferences(["a", "b"])
    used.compact()
    assert used.summary().n_inferences == 0
    used.classifier_threshold = 0.75
    with pytest.raises(BadRequestError, match="classifier_threshold"):
        used.update()


def test_other_versions_stay_free(connection, used):
    other = saved_model(connection, group=connection.get_model_group(used))
    other.get_attribute("age").value_type = "FLOAT"
    other.update()


# --- ground truth attributes ----------------------------------------------------------------


def test_ground_truth_attributes_are_replaced_while_there_is_no_ground_truth(used):
    used.get_attribute("y").value_type = "STRING"
    used.attributes = [*without(used, "y_0"), truth()]
    used.update()
    used.update_inference_ground_truths({"y": ["x"], "z": [1.5], "partner_inference_id": ["a"]})
    read = used.inferences(columns=["age", "y", "z"])
    expected = pd.DataFrame({"age": [31, 47], "y": ["x", None], "z": [1.5, None]})
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


@pytest.mark.parametrize("fold", [False, True], ids=["catalog", "files"])
def test_ground_truth_attributes_with_values_keep_their_type(used, fold):
    used.update_inference_ground_truths([1], ["a"])
    if fold:
        used.compact()
    used.get_attribute("y").set(categorical=False, categories=[], range=[0, 1])
    used.attributes.append(truth())
    used.update()
    used.get_attribute("y").value_type = "STRING"
    with pytest.raises(BadRequestError, match="value_type of attribute 'y'"):
        used.update()
    used.attributes = without(used, "y")
    with pytest.raises(BadRequestError, match="'y' cannot be removed"):
        used.update()


def test_ground_truths_that_wait_fix_their_attributes_and_nothing_else(model):
    model.update_inference_ground_truths([1], ["a"])
    model.classifier_threshold = 0.75
    model.get_attribute("age").value_type = "FLOAT"
    model.update()
    model.get_attribute("y").value_type = "STRING"
    with pytest.raises(
        BadRequestError, match=r"^400 .*a saved version is fixed .*of attribute 'y'"
    ):
        model.update()


def test_other_connections_go_on_sending_after_an_update(tmp_path):
    with mg.connect(tmp_path) as one, mg.connect(tmp_path) as two:
        model = saved_model(one)
        sender = two.get_model(model.id)
        sender.send_inferences(SENT)
        sender.update_inference_ground_truths([1], ["a"])
        model.attributes.append(truth())
        model.update()
        sender.send_inferences([{"age": 52, "p": 0.5, "partner_inference_id": "c", "z": 2.5}])
        sender.update_inference_ground_truths([{"z": 3.5, "partner_inference_id": "a"}])
        for reader in (model, sender):
            read = reader.inferences(columns=["partner_inference_id", "y", "z"])
            assert read["partner_inference_id"].tolist() == ["a", "b", "c"]
            assert read["z"].tolist()[::2] == [3.5, 2.5]
            assert read["y"].tolist()[0] == 1


def test_values_of_a_new_attribute_survive_compaction(connection, used):
    used.update_inference_ground_truths([1, 0], ["a", "b"])
    used.compact()
    used.attributes.append(truth())
    used.update()
    used.update_inference_ground_truths([{"z": 3.5, "partner_inference_id": "a"}])
    used.compact()
    read = used.inferences(columns=["y", "z"])
    expected = pd.DataFrame({"y": [1, 0], "z": [3.5, None]})
    pd.testing.assert_frame_equal(read, expected)


def test_a_compaction_that_began_before_an_update_keeps_the_values_of_new_attributes(used):
    from modelgroups.inferences.compact import Compactor

    compactor = Compactor(used._registry, used.id)
    while compactor.step(fold_from=1):
        pass
    used.attributes.append(truth())
    used.update()
    used.update_inference_ground_truths({"z": [3.5, 4.5], "partner_inference_id": ["a", "b"]})
    while compactor.step(fold_from=1):
        pass
    assert used.summary().n_rows_in_catalog == 0
    assert used.inferences(columns=["z"])["z"].tolist() == [3.5, 4.5]
