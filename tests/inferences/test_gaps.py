"""Inputs and predictions that a whole call lacks: told once, before anything is stored."""

import json
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import modelgroups as mg
from modelgroups import ModelGroupsWarning
from modelgroups.errors import ResponseClientError
from modelgroups.testing import example_model

IDS = {"partner_inference_ids": ["a", "b"]}


@pytest.fixture
def model():
    """Return a binary classifier with the input `age`, a non-input `city` and a prediction `p`."""
    frame = pd.DataFrame({"age": [3, 4], "city": ["U", "B"], "p": [0.2, 0.9], "y": [0, 1]})
    with mg.connect(":memory:") as connection:
        model = connection.model(
            display_name="Card fraud", input_type="TABULAR", output_type="MULTICLASS"
        )
        model.build(frame, {"p": 1}, ground_truth_column="y", non_input_columns=["city"])
        model.save()
        yield model


def told(call):
    """Return what a call warns of, which it does at the line that made it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(each.filename == __file__ for each in caught)
    assert all(each.category is ModelGroupsWarning for each in caught)
    return [str(each.message) for each in caught]


LACKING = {
    "a frame": pd.DataFrame({"age": [3, 4], "city": ["U", "B"]}),
    "a dict of lists": {"age": [3, 4], "city": ["U", "B"]},
    "dicts": [{"age": 3, "city": "U"}, {"age": 4}],
    "nested dicts": [{"inference_data": {"age": 3, "city": "U"}}, {"inference_data": {"age": 4}}],
    "dicts with nulls": [{"age": 3, "city": "U", "p": None}, {"age": 4, "p": float("nan")}],
    "many rows": pd.DataFrame({"age": range(999), "city": "U"}),
    "a column of NaN": pd.DataFrame({"age": [3, 4], "city": ["U", "B"], "p": [float("nan")] * 2}),
    "an array of NaN": {"age": [3, 4], "city": ["U", "B"], "p": np.full(2, float("nan"))},
    "many nulls": pd.DataFrame({"age": range(999), "city": "U", "p": [None] * 999}),
    "a column of Arrow": pa.table({"age": [3, 4], "city": ["U", "B"], "p": [None, float("nan")]}),
}


@pytest.mark.parametrize("rows", LACKING.values(), ids=LACKING)
def test_rows_without_prediction_are_told_once_and_stored(model, rows):
    [text] = told(lambda: model.send_inferences(rows))
    assert text.startswith(
        f"Card fraud#1: {len(model.inferences())} rows came without 'p' (a prediction); null"
    )
    assert "'age'" not in text
    assert model.inferences()["p"].isna().all()


def test_predictions_are_named_first_and_long_lists_are_cut():
    with mg.connect(":memory:") as connection:
        model = connection.model("wide", "TABULAR", "REGRESSION")
        frame = pd.DataFrame({f"x{number}": [0.5] for number in range(9)} | {"p": 0.1, "y": 1.0})
        model.build(frame, {"p": "y"})
        model.save()
        [text] = told(lambda: model.send_inferences({"x8": [0.5]}))
        assert "1 row came without 'p' (a prediction), 'x0', 'x1', 'x2', 'x3' and 4 more;" in text


ENOUGH = {
    "whole rows": lambda model: model.send_inferences([{"age": 3, "city": "U", "p": 0.5}]),
    "predictions apart": lambda model: model.send_inferences(
        {"age": [3], "city": ["U"]}, predictions=[0.5]
    ),
    "a value in some row": lambda model: model.send_inferences(
        [{"age": 3, "p": 0.1}, {"city": "U"}]
    ),
    "no value of what is no input": lambda model: model.send_inferences({"age": [3], "p": [0.5]}),
    "a value in a column of NaN": lambda model: model.send_inferences(
        pd.DataFrame({"age": 3, "city": "U", "p": [float("nan")] * 9 + [0.5]})
    ),
    "a null in the only row": lambda model: model.send_inferences(
        [{"age": 3, "city": None, "p": None}]
    ),
    "no rows": lambda model: model.send_inferences([]),
    "ground truths": lambda model: model.update_inference_ground_truths([1, 0], ["a", "b"]),
    "many ground truths": lambda model: model.send_bulk_ground_truths(
        data=pd.DataFrame({"partner_inference_id": ["a"], "y": [1]})
    ),
    "ground truths in the other bulk call": lambda model: model.send_bulk_inferences(
        data=pd.DataFrame({"partner_inference_id": ["a"], "y": [1]})
    ),
    "one inference": lambda model: model.send_inference(
        "2026-01-31T12:00:00Z", "a", {"age": 3}, {"city": "U"}, {"p": 0.5}
    ),
}


@pytest.mark.parametrize("call", ENOUGH.values(), ids=ENOUGH)
def test_nothing_is_told_of_single_values_and_of_ground_truth(model, call):
    assert told(lambda: call(model)) == []


def test_the_call_for_one_inference_tells_it_too(model):
    [text] = told(lambda: model.send_inference("2026-01-31T12:00:00Z", "a", {"age": 3}))
    assert "1 row came without 'p' (a prediction); null" in text


def test_files_of_one_call_are_looked_at_together(model, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"age": 3, "city": "U"}]))
    whole = pd.DataFrame({"age": [4], "p": [0.5]})
    pd.DataFrame({"age": range(5_000)}).to_parquet(tmp_path / "b.parquet")
    [text] = told(
        lambda: model.send_bulk_inferences(directory_path=tmp_path, ignore_join_errors=True)
    )
    assert "5,001 rows came without 'p' (a prediction); null" in text
    whole.to_parquet(tmp_path / "c.parquet")
    assert not told(
        lambda: model.send_bulk_inferences(directory_path=tmp_path, ignore_join_errors=True)
    )


def test_made_an_error_it_comes_before_anything_is_stored(model, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelGroupsWarning)
        with pytest.raises(ModelGroupsWarning):
            model.send_inferences({"age": [3, 4]}, **IDS)
        with pytest.raises(ModelGroupsWarning):
            model.send_bulk_inferences(
                data=pd.DataFrame({"age": range(999)}), ignore_join_errors=True
            )
    assert model.summary(attributes=False).n_inferences == 0
    assert model.send_inferences({"age": [3, 4], "city": ["U", "B"], "p": [0.1, 0.2]}, **IDS)


def test_rows_that_fail_and_implicit_attributes_are_not_told(model):
    with pytest.raises(ResponseClientError):
        told(lambda: model.send_inferences([{"age": "old", "city": "U", "p": 0.5}]))
    with example_model() as other:
        assert [a.name for a in other.get_attributes() if a.implicit]
        assert not told(lambda: other.send_inferences([{"age": 31, "p": 0.25}]))
