"""The worked examples of the query language, each with its answer."""

import json
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups import Attribute, AttributeCategory

EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text())


def attribute_of(record):
    known = {key: value for key, value in record.items() if key != "categories"}
    attribute = Attribute(**known)
    if record.get("categories"):
        attribute.categories = [AttributeCategory(value) for value in record["categories"]]
    return attribute


def saved_model(connection, example):
    record = example["model"]
    model = connection.model(
        partner_model_id=example["id"],
        input_type=record["input_type"],
        output_type=record["output_type"],
        is_batch=record.get("is_batch", False),
        classifier_threshold=record.get("classifier_threshold"),
        text_delimiter=record.get("text_delimiter"),
    )
    model.attributes = [attribute_of(each) for each in record["attributes"]]
    if all(attribute.stage != "PIPELINE_INPUT" for attribute in model.attributes):
        model.attributes.append(Attribute("no_input", "FLOAT", "PIPELINE_INPUT", position=0))
    model.image_class_labels = record.get("image_class_labels")
    if example["reference"]:
        model.reference_dataframe = pd.DataFrame(example["reference"])
    model.save(skip_validation=True)
    if example["inferences"]:
        model.send_inferences(example["inferences"], complete_batch=False)
    if example.get("enrichments"):
        model.add_enrichments(example["enrichments"])
    return model


def same(ours, expected, tolerance):
    if isinstance(expected, bool) or expected is None or isinstance(ours, bool) or ours is None:
        return ours == expected and (ours is None) == (expected is None)
    if isinstance(expected, int | float):
        bound = tolerance * max(1, abs(ours), abs(expected))
        return isinstance(ours, int | float) and abs(ours - expected) <= bound
    if isinstance(expected, str):
        return ours == expected or (moment(ours) is not None and moment(ours) == moment(expected))
    if isinstance(expected, list):
        return len(ours) == len(expected) and all(
            same(one, other, tolerance) for one, other in zip(ours, expected, strict=True)
        )
    return ours.keys() == expected.keys() and all(
        same(ours[key], expected[key], tolerance) for key in expected
    )


def moment(text):
    try:
        return datetime.fromisoformat(text) if len(text) > 12 else None
    except (TypeError, ValueError):
        return None


def assert_answers(answer, example):
    expected, tolerance = example["expected"], example["tolerance"]
    if example.get("match") == "subset":
        answer = [
            {key: row.get(key) for key in wanted}
            for row, wanted in zip(answer, expected, strict=False)
        ]
    assert len(answer) == len(expected), answer
    if example["ordered"]:
        for row, wanted in zip(answer, expected, strict=True):
            assert same(row, wanted, tolerance), (row, wanted)
        return
    left = list(answer)
    for wanted in expected:
        found = next((row for row in left if same(row, wanted, tolerance)), None)
        assert found is not None, (left, wanted)
        left.remove(found)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_an_example_has_the_documented_answer(example):
    with mg.connect(":memory:") as connection:
        model = saved_model(connection, example)
        before = json.dumps(example["query"])
        answer = model.query(example["query"], query_type=example["query_type"])
        assert json.dumps(example["query"]) == before
        json.dumps(answer, allow_nan=False)
        assert_answers(answer, example)
