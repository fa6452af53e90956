"""Name by name: what calls raise and return is what the SDK raises and returns.

The exceptions are those of the source of arthurai 3.33.3, or of its server where that decides.
"""

from __future__ import annotations

import ast
import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from modelgroups.arthurai import ArthurAI, ArthurAttribute, ArthurModel
from modelgroups.arthurai.client._local import close_client
from modelgroups.arthurai.common.exceptions import (
    ArthurUnexpectedError,
    ArthurUserError,
    MethodNotApplicableError,
    MissingParameterError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)
from modelgroups.arthurai.core.alerts import Alert, AlertRule, Metric
from modelgroups.arthurai.core.attributes import AttributeBin, AttributeCategory
from modelgroups.arthurai.core.bias.bias_metrics import BiasMetrics
from modelgroups.arthurai.core.bias.threshold_mitigation import Curves, ThresholdMitigation
from modelgroups.arthurai.core.decorators import log_prediction
from modelgroups.arthurai.core.models import ArthurModelGroup, ExplainabilityParameters
from modelgroups.arthurai.core.viz.visualizer import DataVisualizer
from modelgroups.arthurai.explainability.arthur_explainer import ArthurExplainer
from modelgroups.arthurai.util import (
    format_time_series_attr_timestamps,
    format_timestamp,
    generate_timestamps,
    value_type_to_python_type,
)

INPUT, NON_INPUT, TRUTH = "PIPELINE_INPUT", "NON_INPUT_DATA", "GROUND_TRUTH"
FRAME = pd.DataFrame(
    {"aa": [1.5, 2.5, 3.5, 1.0], "bb": list("xyxy"), "p": [0.1, 0.8, 0.7, 0.4], "gt": [0, 1, 1, 0]}
)
NUMBERS = FRAME.drop(columns="gt").assign(y=[1.0, 2.0, 3.0, 4.0])
COUNT = {"select": [{"function": "count"}]}
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  # that is what is refused
RULE = AlertRule("upper", 1, "m", "warning")
AT = "2026-01-01T00:00:00Z"


WHOLE = {
    "attribute": ArthurAttribute(
        "x",
        "FLOAT",
        INPUT,
        id="i",
        label="X",
        position=2,
        categorical=False,
        min_range=0,
        max_range=2.5,
        monitor_for_bias=True,
        categories=None,
        bins=[AttributeBin(continuous_start=1.0), AttributeBin(continuous_end=1.0)],
        is_unique=True,
        is_positive_predicted_attribute=True,
        attribute_link="y",
        gt_class_link="1",
        token_attribute_link="t",
        implicit=True,
    ),
    "metric": Metric("i", "Rate", COUNT, False, type="model_output_metric", attribute="x"),
    "rule": AlertRule(
        "upper",
        0.5,
        "m",
        "warning",
        name="high",
        lookback_period=60,
        subsequent_alert_wait_time=1440,
        enabled=False,
        id="i",
        metric_name="Rate",
        metric_parameters={"k": 3},
        filters=[{"property": "x", "comparator": "gt", "value": 1}],
    ),
    "explainability": ExplainabilityParameters(
        True,
        explanation_algo="lime",
        model_server_cpu="1",
        model_server_memory="1Gi",
        explanation_nsamples=10,
    ),
}
WHOLE["alert"] = Alert(
    "i", AT, 0.7, "high", "m", "new", WHOLE["rule"], window_start=AT, window_end=AT, batch_id="b"
)
WHOLE["model"] = {
    "partner_model_id": "m-1",
    "input_type": "IMAGE",
    "output_type": "OBJECT_DETECTION",
    "client": None,
    "explainability": WHOLE["explainability"],
    "id": "i",
    "display_name": "Signs",
    "description": "where they are",
    "is_batch": True,
    "archived": True,
    "created_at": AT,
    "updated_at": AT,
    "attributes": [WHOLE["attribute"]],
    "tags": ["t"],
    "classifier_threshold": 0.4,
    "text_delimiter": ",",
    "expected_throughput_gb_per_day": 1,
    "pixel_height": 4,
    "pixel_width": 5,
    "image_class_labels": ["stop"],
    "status": "Archived",
    "model_group_id": "g",
    "version_sequence_num": 3,
    "version_label": "V3",
}


@pytest.fixture(scope="module")
def it(tmp_path_factory):
    """The client, and saved and unsaved models of some kinds; no test changes them."""
    home = tmp_path_factory.mktemp("calls") / "registry"
    arthur = ArthurAI(url="https://app.arthur.ai", access_key="none", location=home)

    def new(kind="MULTICLASS", inputs="TABULAR", **fields):
        return arthur.model(display_name="m", input_type=inputs, output_type=kind, **fields)

    def built(**fields):
        model = new(**fields)
        model.build(FRAME, {"p": 1}, ground_truth_column="gt")
        return model

    saved, batches, regression = built(), built(is_batch=True), new("REGRESSION")
    regression.build(NUMBERS, {"p": "y"})
    texts = new(inputs="NLP")
    texts.build(FRAME.drop(columns="aa"), {"p": 1}, ground_truth_column="gt")
    for model in (saved, batches, regression, texts):
        model.save()
    yield SimpleNamespace(
        arthur=arthur,
        new=new,
        built=built,
        saved=saved,
        batches=batches,
        regression=regression,
        texts=texts,
        group=arthur.get_model_group(saved),
        metric=saved.get_metrics()[0].id,
    )
    close_client(str(home))


# --- what calls raise


RAISED = {
    "client": [
        (lambda it: it.arthur.model("x", output_type="MULTICLASS"), MissingParameterError),
        (lambda it: it.arthur.model("x", "TABULAR"), MissingParameterError),
        (lambda it: it.arthur.model(None, "TABULAR", "MULTICLASS"), MissingParameterError),
        (lambda it: it.arthur.get_model("x", "name"), UserValueError),
        (lambda it: it.arthur.get_model("x"), ResponseClientError),
        (lambda it: it.arthur.get_model(), MissingParameterError),
        (lambda it: it.arthur.get_model_group(it.new()), UserValueError),
        (lambda it: it.arthur.get_model_group(3), UserTypeError),
        (lambda it: it.arthur.get_model_group("x"), ResponseClientError),
    ],
    "attributes": [
        (lambda it: it.new().get_attribute("x"), MethodNotApplicableError),
        (lambda it: it.saved.get_attribute("x"), UserValueError),
        (lambda it: it.saved.get_attribute("aa", TRUTH), UserValueError),
        (lambda it: it.new().get_attribute_names(), MethodNotApplicableError),
        (lambda it: it.new().add_attribute("x"), MissingParameterError),
        (lambda it: it.new().add_attribute("x", "FLOAT", TRUTH), MethodNotApplicableError),
        (
            lambda it: it.new().add_attribute("x", "FLOAT", INPUT, gt_pred_attrs_map={"a": "b"}),
            MethodNotApplicableError,
        ),
        (lambda it: it.new().add_attribute("1x", "FLOAT", INPUT), UserValueError),
        (lambda it: it.saved.get_image_attribute(), UserValueError),
        (lambda it: it.saved.remove_attribute("aa"), MethodNotApplicableError),
        (lambda it: it.built().remove_attribute("zz"), UserValueError),
        (lambda it: it.new().remove_attribute("zz"), UserValueError),
        (lambda it: it.built().rename_attribute("aa", "cc"), MissingParameterError),
        (lambda it: it.built().rename_attribute("zz", "cc", INPUT), UserValueError),
        (lambda it: it.built().set_attribute_labels("zz", {1: "a"}), UserValueError),
        (lambda it: it.built().set_attribute_as_sensitive("zz"), UserValueError),
        (lambda it: it.built().set_predict_function_input_order(["zz"]), UserValueError),
        (
            lambda it: it.regression.swap_predicted_attribute_positions(),
            MethodNotApplicableError,
        ),
        (lambda it: it.saved.get_attribute("aa").set(zz=1), UserValueError),
        (lambda it: it.saved.get_attribute("aa").set(min_range=None), MissingParameterError),
    ],
    "building": [
        (lambda it: it.new().infer_schema(FRAME, TRUTH), MethodNotApplicableError),
        (lambda it: it.new().infer_schema(FRAME), MissingParameterError),
        (lambda it: it.new().infer_schema([1], INPUT), UserTypeError),
        (lambda it: it.new().infer_schema(FRAME[:0], INPUT), UserValueError),
        (lambda it: it.new().from_dataframe(FRAME, TRUTH), MethodNotApplicableError),
        (
            lambda it: it.new().add_regression_output_attributes({"a": "b"}),
            MissingParameterError,
        ),
        (
            lambda it: it.new().add_binary_classifier_output_attributes("a", {"a": "b"}),
            UserValueError,
        ),
        (
            lambda it: it.new().add_binary_classifier_output_attributes("z", {"a": "b", "c": "d"}),
            UserValueError,
        ),
        (
            lambda it: it.new().add_multiclass_classifier_output_attributes({"a": "b", "c": "d"}),
            UserValueError,
        ),
        (
            lambda it: it.new().add_classifier_output_attributes_gtclass({"a": 1.0}, "aa", FRAME),
            ArthurUserError,
        ),
        (
            lambda it: it.new().add_object_detection_output_attributes("a", "b", ["c"]),
            MethodNotApplicableError,
        ),
        (
            lambda it: it.new().add_ranked_list_output_attributes("a", "b"),
            MethodNotApplicableError,
        ),
        (
            lambda it: it.saved.build(FRAME, {"p": 1}, ground_truth_column="gt"),
            MethodNotApplicableError,
        ),
        (lambda it: it.new().build(FRAME, {"p": 1}, foo=1), TypeError),
        (
            lambda it: it.new("TOKEN_SEQUENCE", "NLP").build_token_sequence_model(["a"], "b"),
            ValueError,
        ),
        (lambda it: it.new().review(), MissingParameterError),
        (lambda it: it.saved.review(props=["zz"]), ArthurUnexpectedError),
    ],
    "saving": [
        (lambda it: it.saved.set_reference_data(), MissingParameterError),
        (lambda it: it.built().set_reference_data(directory_path="/x"), UserTypeError),
        (lambda it: it.saved.set_reference_data(data=FRAME[:0]), UserValueError),
        (lambda it: it.saved.set_reference_data(data=FRAME.assign(zz=1)), ResponseClientError),
        (lambda it: it.saved.validate_reference_data(None), UserTypeError),
        (lambda it: it.saved.validate_reference_data(FRAME[:0]), UserTypeError),
        (lambda it: it.saved.save(), MethodNotApplicableError),
        (lambda it: it.new().save(), ArthurUnexpectedError),
        (lambda it: it.new().await_model_ready(), MethodNotApplicableError),
        (lambda it: it.built().update(), MethodNotApplicableError),
        (lambda it: it.built().archive(), MethodNotApplicableError),
    ],
    "sending": [
        (lambda it: it.built().send_inferences(FRAME), MethodNotApplicableError),
        (lambda it: it.saved.send_inferences("abc"), UserTypeError),
        (lambda it: it.saved.send_inferences(FRAME["aa"]), UserTypeError),
        (lambda it: it.saved.send_inferences([{"aa": 1.5, "zz": 2}]), UserValueError),
        (lambda it: it.saved.send_inferences(FRAME[["aa"]], [0.1]), UserValueError),
        (lambda it: it.saved.send_inferences(FRAME[["aa"]], predictions=[]), UserValueError),
        (lambda it: it.saved.send_inferences(FRAME[["aa"]], predictions=3), UserTypeError),
        (lambda it: it.saved.send_inferences(FRAME, inference_timestamps=3), UserTypeError),
        (lambda it: it.saved.send_inferences(FRAME[:1], None, [NAIVE]), UserValueError),
        (lambda it: it.saved.send_inferences(FRAME[:1], None, [3]), UserTypeError),
        (lambda it: it.saved.send_inferences(), MissingParameterError),
        (lambda it: it.saved.send_inferences(FRAME, foo=1), MissingParameterError),
        (lambda it: it.batches.send_inferences(FRAME), ResponseClientError),
        (lambda it: it.built().update_inference_ground_truths([1]), MethodNotApplicableError),
        (lambda it: it.saved.update_inference_ground_truths([{"gt": 1}]), UserValueError),
        (
            lambda it: it.saved.update_inference_ground_truths(
                [{"zz": 1, "partner_inference_id": "a"}]
            ),
            UserValueError,
        ),
        (lambda it: it.saved.update_inference_ground_truths(), MissingParameterError),
        (lambda it: it.saved.await_inferences(10, timeout_min=0), TimeoutError),
    ],
    "bulk": [
        (lambda it: it.saved.send_bulk_inferences(), MissingParameterError),
        (lambda it: it.saved.send_bulk_inferences(data=FRAME[:0]), UserValueError),
        (lambda it: it.saved.send_bulk_inferences(data=[1]), UserTypeError),
        (lambda it: it.built().send_bulk_inferences(data=FRAME), MethodNotApplicableError),
        (lambda it: it.saved.send_bulk_inferences(data=FRAME.assign(zz=1)), ResponseClientError),
        (lambda it: it.saved.send_bulk_inferences(data=FRAME[["aa", "p"]]), UserValueError),
        (
            lambda it: it.saved.send_bulk_inferences(data=FRAME.assign(inference_timestamp=NAIVE)),
            UserValueError,
        ),
        (lambda it: it.saved.send_bulk_ground_truths(), MissingParameterError),
        (lambda it: it.saved.send_bulk_ground_truths(data=FRAME[["gt"]]), UserValueError),
        (lambda it: it.batches.close_batch("zz"), ResponseClientError),
        (lambda it: it.batches.close_batch(), MissingParameterError),
    ],
    "helpers": [
        (lambda it: it.saved.binarize({"p": 0.1, "q": 0.2}), UserValueError),
        (lambda it: it.saved.binarize({"q": 0.2}), UserValueError),
        (lambda it: it.saved.binarize({}), UserValueError),
        (lambda it: it.regression.binarize({"p": 0.25}), MethodNotApplicableError),
        (lambda it: it.regression.one_hot_encode("y"), MethodNotApplicableError),
        (lambda it: it.saved.one_hot_encode("zz"), UserValueError),
        (lambda it: it.saved.get_image("zz", "/tmp"), ResponseClientError),
        (lambda it: it.saved.get_image("zz"), MissingParameterError),
        (
            lambda it: log_prediction(it.new("OBJECT_DETECTION", "IMAGE")),
            MethodNotApplicableError,
        ),
        (lambda it: log_prediction(it.saved)(lambda rows: 1)([1]), MethodNotApplicableError),
        (lambda it: generate_timestamps(3, "7d"), UserValueError),
        (lambda it: generate_timestamps(30, "5x"), UserValueError),
        (lambda it: generate_timestamps(30, end="yesterday"), UserTypeError),
        (lambda it: generate_timestamps(30, freq="zz"), UserValueError),
        (lambda it: value_type_to_python_type("TOKENS"), UserValueError),
        (lambda it: format_timestamp(NAIVE), UserValueError),
        (lambda it: format_timestamp("2026-01-01"), UserValueError),
        (lambda it: format_timestamp(3), UserTypeError),
    ],
    "asking": [
        (lambda it: it.built().query({}), MethodNotApplicableError),
        (lambda it: it.saved.query({}, "zz"), UserValueError),
        (lambda it: it.saved.query({"select": [{"function": "zz"}]}), ArthurUserError),
        (lambda it: it.saved.query(), MissingParameterError),
        (lambda it: it.saved.create_metric("a", COUNT, metric_type="zz"), ArthurUserError),
        (lambda it: it.saved.create_metric("AUC", COUNT), ResponseClientError),
        (lambda it: it.saved.get_metrics(metric_id="zz"), ResponseClientError),
        (lambda it: it.saved.get_metrics(metric_type="zz"), ArthurUserError),
        (lambda it: it.saved.create_alert_rule("zz", "upper", 1, "warning"), ResponseClientError),
        (lambda it: it.saved.create_alert_rule(it.metric, "up", 1, "warning"), ResponseClientError),
        (lambda it: it.saved.create_alert_rule(it.metric, "upper", 1, "x"), ResponseClientError),
        (
            lambda it: it.saved.create_alert_rule(
                it.metric, "upper", 1, "warning", metric_parameters={"a": [1, 2]}
            ),
            ArthurUserError,
        ),
        (lambda it: it.saved.update_alert_rule(RULE), MethodNotApplicableError),
        (lambda it: it.saved.update_alert_rule(RULE, "zz"), ResponseClientError),
        (lambda it: it.saved.update_alert("new", "zz"), ArthurUserError),
        (lambda it: it.saved.update_alert("resolved", "zz"), ResponseClientError),
    ],
    "enrichments": [
        (lambda it: it.texts.enable_hotspots(), MethodNotApplicableError),
        (lambda it: it.built().enable_hotspots(), MethodNotApplicableError),
        (lambda it: it.saved.find_hotspots(), ArthurUserError),
        (lambda it: it.saved.find_hotspots(batch_id="a", date="b"), ArthurUserError),
        (lambda it: it.built().enable_bias_mitigation(), MethodNotApplicableError),
        (lambda it: it.saved.enable_bias_mitigation(), MethodNotApplicableError),
        (lambda it: it.texts.enable_explainability(FRAME, "/x", "e"), MissingParameterError),
        (lambda it: it.saved.enable_explainability(None, "/x", "e"), MissingParameterError),
        (lambda it: it.saved.enable_explainability(FRAME, None, "e"), MissingParameterError),
        (lambda it: it.saved.enable_explainability(FRAME, "/x"), MissingParameterError),
        (lambda it: it.saved.enable_explainability(FRAME, "x", "e"), UserValueError),
        (
            lambda it: it.saved.update_enrichments(
                {"explainability": {"enabled": True, "config": {"project_directory": "/x"}}}
            ),
            MissingParameterError,
        ),
        (lambda it: it.saved.explain_inference("a", "zz"), UserValueError),
        (lambda it: it.saved.explain_inference("a", sort="zz"), UserValueError),
        (lambda it: it.saved.delete_explainer(), MethodNotApplicableError),
        (lambda it: it.built().delete_explainer(), MethodNotApplicableError),
    ],
    "fairness": [
        (lambda it: it.saved.bias.metrics.demographic_parity("aa"), MethodNotApplicableError),
        (lambda it: it.saved.bias.metrics.demographic_parity("zz"), UserValueError),
        (lambda it: it.saved.bias.metrics.group_confusion_matrices(), MissingParameterError),
        (lambda it: it.saved.bias.mitigation_threshold.get_curves("aa"), MethodNotApplicableError),
        (lambda it: it.saved.bias.mitigation_threshold.get_curves("zz"), UserValueError),
        (lambda it: it.saved.bias.mitigation_threshold.plot_curves(), UserValueError),
    ],
    "pictures": [
        (lambda it: it.saved.viz.timeline("zz"), UserValueError),
        (lambda it: it.saved.viz.timeline(), MissingParameterError),
        (lambda it: it.saved.viz.drift_series([f"x{i}" for i in range(11)]), UserValueError),
        (lambda it: it.group.viz([1], ["a"]), UserValueError),
        (lambda it: it.group.viz([9]), ResponseClientError),
    ],
    "groups": [
        (lambda it: it.group.add_version(it.saved), UserValueError),
        (lambda it: it.group.add_version(), TypeError),
        (lambda it: it.group.get_version(), UserValueError),
        (lambda it: it.group.get_version(1, "a"), UserValueError),
        (lambda it: it.group.get_version("1"), UserTypeError),
        (lambda it: it.group.get_version(True), UserTypeError),
        (lambda it: it.group.get_version(label=1), UserTypeError),
        (lambda it: it.group.get_version(1, include_archived="x"), UserTypeError),
        (lambda it: it.group.get_version(9), ResponseClientError),
        (lambda it: it.group.get_version(number=3), MissingParameterError),
        (lambda it: setattr(it.group, "name", ""), UserValueError),
        (lambda it: setattr(it.group, "description", None), UserValueError),
    ],
}


@pytest.mark.parametrize("part", RAISED)
def test_calls_raise_what_the_sdk_raises(part, it, caplog):
    for number, (call, error) in enumerate(RAISED[part]):
        try:
            found = call(it)
        except error:
            continue
        pytest.fail(f"call {number} of {part} raised nothing and returned {found!r}")


# --- what calls return


def test_adding_attributes_returns_them(it):
    model = it.new()
    (added,) = model.add_attribute("x", "FLOAT", INPUT, min_range=0, max_range=1)
    assert added is model.get_attribute("x")
    (flagged,) = model.add_attribute(
        "share",
        "FLOAT",
        NON_INPUT,
        is_unique=True,
        is_positive_predicted_attribute=True,
        attribute_link="x",
    )
    assert (flagged.is_positive_predicted_attribute, flagged.attribute_link) == (True, "x")
    outputs = model.add_classifier_output_attributes_gtclass({"p": 1}, "gt", FRAME, "p")
    assert set(outputs) == {"p", "gt"}
    assert outputs["p"].is_positive_predicted_attribute
    regression = it.new("REGRESSION")
    assert set(regression.add_regression_output_attributes({"p": "y"}, "FLOAT", NUMBERS)) == {
        "p",
        "y",
    }
    assert regression.infer_schema(FRAME["aa"], INPUT) is None
    assert isinstance(regression.rename_attribute("aa", "cc", INPUT), ArthurAttribute)
    assert regression.remove_attribute("cc") is None


def test_rows_are_answered_as_by_the_sdk(it, tmp_path):
    counts = {"success": 0, "failure": 0, "total": 0}
    assert it.saved.send_inferences([])["counts"] == counts
    answer = it.saved.send_inference(
        AT,
        model_pipeline_input={"aa": 1.5},
        non_input_data={"bb": "x"},
        predicted_value={"p": 0.5},
    )
    assert answer["counts"]["success"] == 1
    assert answer["results"][0].keys() == {"message", "status", "partner_inference_id"}
    truth = {"gt": 1, "partner_inference_id": answer["results"][0]["partner_inference_id"]}
    answer = it.saved.update_inference_ground_truths([truth])
    assert answer["results"][0]["message"] == "success"
    rows = FRAME.assign(partner_inference_id=list("abcd"), batch_id="old")
    rows["inference_timestamp"] = rows["ground_truth_timestamp"] = pd.Timestamp(AT)
    rows.to_parquet(tmp_path / "rows.parquet")
    result, closed = it.batches.send_batch_inferences(
        "old", directory_path=str(tmp_path), complete_batch=False
    )
    assert result == {"counts": {"success": 4, "failure": 0, "total": 4}, "failures": [[]]}
    assert closed is None
    result = it.batches.send_batch_ground_truths(directory_path=str(tmp_path))
    assert result["counts"]["success"] == 4
    spots = it.batches.find_hotspots(threshold=0.1, batch_id="old")
    assert spots == {"data": []}


def test_fairness_can_be_asked_of_the_classes_themselves(it):
    model = it.built(is_batch=True)
    model.set_attribute_as_sensitive("bb")
    model.save()
    model.send_inferences(FRAME, batch_id="b", inference_timestamps=[AT] * 4)
    metrics = BiasMetrics(model)
    assert metrics.demographic_parity("bb", batch_id="b") == {"x": 0.5, "y": 0.5}
    later = datetime(2026, 1, 2)  # noqa: DTZ001  # is in UTC
    assert metrics.group_positivity_rates("bb", start_time=later) == {}
    points = pd.DataFrame({"x": [0.0, 1.0], "y": [0.5, 0.75], "threshold": [1.0, 0.3]})
    curves = Curves("bb", "demographic_parity", 1, {"x": points})
    assert ThresholdMitigation(model).get_thresholds_for_idx(curves) == {"x": 0.3}


def test_an_enrichment_keeps_its_config(it):
    model = it.built()
    model.save()
    config = {"explanation_nsamples": 1000, "inference_consumer_score_percent": "1.0"}
    assert model.update_enrichment("explainability", enabled=True, config=config) == "ok"
    found = model.get_enrichment("explainability")
    assert found == {"enabled": True, "config": config, "status": "Pending"}
    assert model.get_enrichments()["explainability"] == found


def test_times_in_series_are_written_with_their_zone():
    row = {"reference_data": {"load": [{"timestamp": NAIVE, "value": 1.5}]}}
    found = format_time_series_attr_timestamps(
        row, ["load"], tz="Europe/Berlin", is_reference_data=True
    )
    (point,) = found["load"]
    assert datetime.fromisoformat(point["timestamp"]) == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_hot_spots_of_a_reference_set_are_not_kept(it):
    with pytest.raises(ArthurUserError, match="ref_set_id"):
        it.saved.find_hotspots(ref_set_id="any")


def test_everything_can_be_written_as_json_and_read(it):
    values = [
        AttributeCategory("a", "A"),
        AttributeBin(None, 1.5),
        WHOLE["attribute"],
        WHOLE["metric"],
        WHOLE["rule"],
        WHOLE["alert"],
        WHOLE["explainability"],
        ArthurModel(**WHOLE["model"]),
    ]
    for value in values:
        told = value.to_dict()
        assert None not in told.values()
        assert json.loads(value.to_json(skip_none=True)) == told
        assert set(value.to_dict(skip_none=False)) == {each.name for each in fields(value)}
        assert type(value).from_dict(told) == value
        assert type(value).from_json(value.to_json(skip_none=False)) == value
        assert type(value).from_dict({**told, "colour": "red"}) == value  # what is unknown is left
        assert value.clean_nones([None, {"a": None, "b": told}]) == [{"b": told}]


def test_a_group_can_be_written_as_json(it):
    told = json.loads(it.group.to_json())
    assert told == it.group.to_dict()
    assert (told["id"], told["name"], told["archived"]) == (it.group.id, "m", False)
    assert not [key for key in told if key.startswith("_")]
    assert it.group.clean_nones({"a": None}) == {}
    made = ArthurModelGroup(
        id=it.group.id,
        name="m",
        description=None,
        archived=False,
        created_at=it.group.created_at,
        updated_at=it.group.updated_at,
        client=it.arthur.client,
    )
    assert made == it.group
    assert made.get_version(1).id == it.saved.id


def test_pictures_are_drawn_of_a_list_of_models(it):
    assert [
        line.get_label() for line in DataVisualizer([it.saved]).metric_series("auc").axes[0].lines
    ]


def test_an_explainer_leaves_out_what_it_is_told_to():
    pytest.importorskip("lime")
    predicted = [ArthurAttribute("p", "FLOAT", "PREDICTED_VALUE", position=0)]
    data = pd.DataFrame({"x": np.linspace(0, 1, 30)})
    explainer = ArthurExplainer(
        "REGRESSION",
        "TABULAR",
        predicted,
        lambda rows: [2 * row[0] for row in rows],
        data,
        [None],
        enable_shap=False,
        enable_lime=True,
        predictions_df=pd.DataFrame({"p": 2 * data["x"]}),
        seed=1,
    )
    ((scores,),) = explainer.explain_tabular("lime", [[0.5]], 200)
    assert scores[0] == pytest.approx(2 * data["x"].std(ddof=0), rel=0.05)
    with pytest.raises(MethodNotApplicableError):
        explainer.explain_tabular_shap([[0.5]])
    with pytest.raises(MethodNotApplicableError):
        explainer.explain_image("lime", ["a.png"])


# --- that nothing is left out


CALLED = (
    "arthurai.client.client:ArthurAI",
    "arthurai.core.alerts:",
    "arthurai.core.attributes:",
    "arthurai.core.bias.",
    "arthurai.core.decorators:",
    "arthurai.core.models:",
    "arthurai.core.viz.visualizer:",
    "arthurai.util:",
)
# Given by position under a name of our own, or as any of many keywords.
BY_ANY_NAME = {"d", "kwargs", "arthur_models"}
# Given with all of its fields at once, which are `WHOLE`, and without any.
BY_FIELDS = {
    "arthurai.client.client:ArthurAI": {"offline", "organization_id", "allow_insecure"},
    "arthurai.core.models:ArthurModel": set(WHOLE["model"]),
}


def test_every_parameter_is_passed_by_a_script_or_a_test():
    """The scripts and tests of this folder together pass all that can be passed."""
    here = Path(__file__).parent
    signatures = json.loads((here / "signatures.json").read_text())
    passed, most = {}, {}
    for path in here.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", None))
                passed.setdefault(name, set()).update(word.arg for word in node.keywords)
                most[name] = max(most.get(name, 0), len(node.args))
    missing = {}
    for path, parameters in signatures.items():
        if not path.startswith(CALLED):
            continue
        name = path.rpartition(":")[2].rpartition(".")[2]
        names = [parameter for parameter, *_ in parameters if parameter not in BY_ANY_NAME]
        left = set(names[most.get(name, 0) :]) - passed.get(name, set())
        left -= BY_FIELDS.get(path, set())
        if left or name not in most:
            missing[path] = sorted(left)
    assert missing == {}
