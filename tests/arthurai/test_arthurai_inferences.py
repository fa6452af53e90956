"""The SDK's helpers for inferences give what the SDK gives, and errors where it fails oddly."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from modelgroups.arthurai.common import exceptions
from modelgroups.arthurai.common.exceptions import UserTypeError, UserValueError
from modelgroups.arthurai.core import inferences
from modelgroups.arthurai.core.attributes import ArthurAttribute


@pytest.fixture
def schema(goldens):
    return [
        ArthurAttribute(name, "FLOAT", stage, implicit=implicit)
        for name, stage, implicit in goldens["nested"]["schema"]
    ]


def assert_answers(case, function, *arguments):
    """Compare what a function gives, or raises, with what the SDK's did."""
    result = case["result"]
    if isinstance(result, dict) and result.keys() == {"error"}:
        with pytest.raises(getattr(exceptions, result["error"])):
            function(*arguments)
        return None
    found = function(*arguments)
    assert found == result
    return found


def test_rows_are_nested_as_by_the_sdk(goldens, schema):
    for case in goldens["nested"]["cases"]:
        data = copy.deepcopy(case["data"])
        assert_answers(case, inferences.nest_inference_and_ground_truth_data, data, schema)
        assert data == case["data"]


def test_nested_rows_are_copies(schema):
    rows = [{"inference_data": {"age": 1}}]
    [found] = inferences.nest_inference_and_ground_truth_data(rows, schema)
    found["inference_data"]["age"] = 2
    assert rows == [{"inference_data": {"age": 1}}]


def test_what_is_wrong_with_a_row_is_named(schema):
    nest = inferences.nest_inference_and_ground_truth_data
    with pytest.raises(UserValueError, match="row 1 has 'agee'"):
        nest([{"age": 1}, {"agee": 1}], schema)
    with pytest.raises(UserValueError, match=r"row 0 has 'ground_truth_data' .*'y'"):
        nest([{"ground_truth_data": {}, "y": 1}], schema)
    with pytest.raises(UserTypeError, match="'inference_data' of row 0 must be a dict, got list"):
        nest([{"inference_data": [1]}], schema)


def test_reference_rows_are_nested_as_by_the_sdk(goldens, schema):
    for case in goldens["nested_reference"]:
        data = copy.deepcopy(case["data"])
        assert_answers(case, inferences.nest_reference_data, data, schema)
        assert data == case["data"]


def test_values_of_a_stage_are_parsed_as_by_the_sdk(goldens, schema):
    for case in goldens["stages"]:
        arguments = case["data"], schema, case["stage"]
        assert_answers(case, inferences.parse_stage_attributes, *arguments)


def test_a_frame_is_parsed(schema):
    frame = pd.DataFrame({"p": [0.5, 0.25]}, index=[7, 7])
    found = inferences.parse_stage_attributes(frame, schema, "PREDICTED_VALUE")
    assert found == [{"p": 0.5}, {"p": 0.25}]
    values = inferences.parse_stage_attributes(frame["p"], schema, "PREDICTED_VALUE")
    assert values == found


@pytest.mark.parametrize(
    "data", ["ab", b"ab", [{"p": 1}, 2], [1, {"p": 2}]], ids=["str", "bytes", "mixed", "mixed 2"]
)
def test_what_the_sdk_takes_for_values_and_is_none_is_a_type_error(data, schema):
    with pytest.raises(UserTypeError):
        inferences.parse_stage_attributes(data, schema, "PREDICTED_VALUE")


def test_nothing_is_parsed_to_nothing(schema):
    assert inferences.parse_stage_attributes([], schema, "PREDICTED_VALUE") == []


def test_parts_are_added_as_by_the_sdk(goldens, schema):
    for case in goldens["added"]:
        rows = copy.deepcopy(case["data"])

        def add(rows=rows, case=case):
            inferences.add_predictions_or_ground_truth(rows, case["new"], schema, case["stage"])
            return rows

        if assert_answers(case, add) is None:
            assert rows == case["data"]


def test_generated_values_are_added(schema):
    rows = [{}, {}]
    generated = (value / 2 for value in (0, 1))
    inferences.add_predictions_or_ground_truth(rows, generated, schema, "PREDICTED_VALUE")
    assert rows == [{"inference_data": {"p": 0.0}}, {"inference_data": {"p": 0.5}}]


def test_metadata_is_added_as_by_the_sdk(goldens, schema):
    for case in goldens["metadata"]:
        frame = pd.DataFrame({name: [1, 2] for name in case["columns"]})
        kept = frame.copy()

        def columns(frame=frame, case=case):
            found = inferences.add_inference_metadata_to_dataframe(frame, schema, case["ignore"])
            assert (found is frame) is case["same"]
            return list(found.columns)

        assert_answers(case, columns)
        pd.testing.assert_frame_equal(frame, kept)


def test_added_metadata_are_times_in_utc_and_unique_ids(schema):
    frame = pd.DataFrame({"age": range(1000), "y": 0})
    found = inferences.add_inference_metadata_to_dataframe(frame, schema)
    for name in ("inference_timestamp", "ground_truth_timestamp"):
        [moment] = found[name].unique()
        assert moment.utcoffset() == timedelta(0)
        assert datetime.now(UTC) - moment < timedelta(minutes=1)
    assert found["partner_inference_id"].is_unique
    assert {len(id_) for id_ in found["partner_inference_id"]} == {22}


def test_reserved_columns():
    assert {
        "inference_timestamp",
        "partner_inference_id",
        "batch_id",
        "ground_truth_timestamp",
        "inference_data",
        "ground_truth_data",
    } == inferences.RESERVED_COLUMNS
