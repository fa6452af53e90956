"""What was stored and is hardly meant: other classes, no probabilities, ids of no inference."""

import warnings

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import ModelGroupsWarning
from modelgroups.testing import example_model

N = 300
AGES = {"age": [31, 47] * (N // 2), "p": [0.25, 0.75] * (N // 2)}
IDS = [str(number) for number in range(N)]


@pytest.fixture
def model():
    with example_model() as model:
        yield model


def told(call):
    """Return what a call warns of, which it does at the line that made it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(each.filename == __file__ for each in caught)
    assert all(each.category is ModelGroupsWarning for each in caught)
    return [str(each.message) for each in caught]


def test_a_class_that_the_model_has_not_is_told_and_stored(model):
    model.send_inferences(AGES, partner_inference_ids=IDS)
    for truths, ids, n_rows in (([0, 7], IDS[:2], "1 row"), ([0, 7, 7] * 100, IDS, "200 rows")):
        [text] = told(
            lambda truths=truths, ids=ids: model.update_inference_ground_truths(truths, ids)
        )
        assert f"'y' is none of the classes of the model (0, 1) in {n_rows}, such as 7" in text
        assert "sending it again" in text
    assert (model.inferences()["y"] == 7).sum() == 200
    assert not told(lambda: model.update_inference_ground_truths([0, 1] * (N // 2), IDS))


def test_a_prediction_that_is_no_probability_is_told_and_stored(model):
    one = {"age": [31, 47], "p": [0.5, 1.5]}
    many = {"age": AGES["age"], "p": [-0.25, 0.75] * (N // 2)}
    for rows, n_rows, example in ((one, "1 row", 1.5), (many, f"{N // 2} rows", -0.25)):
        [text] = told(lambda rows=rows: model.send_inferences(rows))
        assert f"'p' lies outside 0 to 1 in {n_rows}, such as {example}. " in text
        assert "delete_inferences(partner_inference_ids=…)" in text
    [text] = told(
        lambda: model.send_bulk_inferences(data=pd.DataFrame(many), ignore_join_errors=True)
    )
    assert f"in {N // 2} rows" in text
    assert model.summary().n_inferences == 2 + 2 * N


def test_made_an_error_it_comes_before_anything_is_stored(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelGroupsWarning)
        with pytest.raises(ModelGroupsWarning, match="outside 0 to 1"):
            model.send_inferences([{"age": 31, "p": 2.0}])
        with pytest.raises(ModelGroupsWarning, match="outside 0 to 1"):
            model.send_inferences(AGES | {"p": [2.0] * N})
    assert model.summary(attributes=False).n_inferences == 0


def test_what_is_as_expected_or_null_is_not_told(model):
    assert not told(lambda: model.send_inferences(AGES | {"p": [0.0, 1.0] * (N // 2)}))
    assert not told(
        lambda: model.send_inferences([{"age": 31, "p": None}, {"age": 47, "p": float("nan")}] * 3
                                      + [{"age": 31, "p": 1}])
    )  # fmt: skip


def made(output_type, frame, *args, ranges=None, **kwargs):
    connection = mg.connect(":memory:")
    model = connection.model("m", "TABULAR", output_type)
    model.build(frame, *args, **kwargs)
    if ranges:
        model.get_attribute("p").set(min_range=ranges[0], max_range=ranges[1])
    model.save()
    return connection, model


def test_texts_are_classes_too_and_the_one_that_a_prediction_is_of_need_not_be_in_the_reference():
    frame = pd.DataFrame({"x": [0.5, 1.5], "p": [0.1, 0.2], "animal": ["cat", "dog"]})
    connection, model = made("MULTICLASS", frame, {"p": "dog"}, ground_truth_column="animal")
    with connection:
        rows = {"x": [1.0] * 2, "p": [0.5] * 2}
        [text] = told(lambda: model.send_inferences({**rows, "animal": ["dog", "emu"]}))
        assert (
            "'animal' is none of the classes of the model (cat, dog) in 1 row, such as 'emu'"
            in text
        )


def test_other_numbers_are_what_they_are():
    numbers = np.linspace(0, 1, 50)
    frame = pd.DataFrame({"x": numbers, "p": numbers, "y": numbers})
    connection, regression = made("REGRESSION", frame, {"p": "y"})
    with connection:
        assert not told(lambda: regression.send_inferences({"x": [1.0], "p": [7.0], "y": [9.0]}))
    frame["y"] = [0, 1] * 25
    connection, scores = made(
        "MULTICLASS", frame, {"p": 1}, ground_truth_column="y", ranges=(-10.0, 10.0)
    )
    with connection:
        assert not told(lambda: scores.send_inferences({"x": [1.0], "p": [7.0]}))
        assert told(lambda: scores.send_inferences({"x": [1.0], "p": [11.0]}))


BULK = {
    "one call": lambda model, ids: model.update_inference_ground_truths([0] * len(ids), ids),
    "bulk": lambda model, ids: model.send_bulk_ground_truths(
        data=pd.DataFrame({"partner_inference_id": ids, "y": 0})
    ),
}


@pytest.mark.parametrize("send", BULK.values(), ids=BULK)
@pytest.mark.parametrize("n_rows", [10, N])
def test_ids_of_which_none_is_known_are_told(model, send, n_rows):
    model.send_inferences(AGES, partner_inference_ids=IDS)
    [text] = told(lambda: send(model, [f"{number}.0" for number in range(n_rows)]))
    assert (
        f"these {n_rows} ground truths, which are like '0.0'; an inference has one like '0'" in text
    )
    assert model.summary(attributes=False).n_waiting == n_rows


@pytest.mark.parametrize("send", BULK.values(), ids=BULK)
def test_early_ground_truth_is_not_told(model, send):
    assert not told(lambda: send(model, IDS))  # the log is empty
    model.send_inferences(AGES, partner_inference_ids=IDS)
    assert not told(lambda: send(model, ["new-1", "new-2"]))
    assert not told(lambda: send(model, [*(f"new-{number}" for number in range(N)), "7"]))


def test_mistaken_ids_that_are_made_an_error_are_not_stored(model):
    model.send_inferences(AGES, partner_inference_ids=IDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelGroupsWarning)
        with pytest.raises(ModelGroupsWarning, match="no inference has"):
            model.update_inference_ground_truths([0] * 10, [f"x{number}" for number in range(10)])
    assert model.summary(attributes=False).n_waiting == 0
