"""Rents: a regression in batches, logged by a decorated function too, in the SDK's words."""

import json
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI, ArthurAttribute, ArthurModel
from arthurai.client.apiv3 import InputType, OutputType, Stage, ValueType
from arthurai.common.constants import Enrichment, EnrichmentStatus
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    MissingParameterError,
    UserTypeError,
    UserValueError,
)
from arthurai.core.alerts import AlertRule, AlertRuleBound, AlertRuleSeverity
from arthurai.core.attributes import AttributeBin, AttributeCategory
from arthurai.core.decorators import log_prediction
from arthurai.util import format_timestamp, generate_timestamps
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

matplotlib.use("Agg")

rng = np.random.RandomState(1)
flats = pd.DataFrame({"area": rng.uniform(20, 120, 300).round(1), "rooms": rng.randint(1, 6, 300)})
flats["rent"] = (9 * flats["area"] + 120 * flats["rooms"] + 40 * rng.randn(300)).round(2)
regressor = LinearRegression().fit(flats[["area", "rooms"]], flats["rent"])
flats["predicted_rent"] = regressor.predict(flats[["area", "rooms"]])

connection = ArthurAI({"url": "https://app.arthur.ai", "access_key": "none"})


def raises(expected, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except expected as error:
        print("as it should be:", error)
    else:
        raise AssertionError(f"{function.__name__} raised nothing")


# --- attribute by attribute -----------------------------------------------------------------------

model = connection.model(
    partner_model_id="rents-1",
    input_type=InputType.Tabular,
    model_type=OutputType.Regression,
    is_batch=True,
    expected_throughput_gb_per_day=1,
)
model.from_dataframe(flats[["area", "rooms"]], Stage.ModelPipelineInput)
(street,) = model.add_attribute(
    name="street",
    value_type=ValueType.String,
    stage=Stage.NonInputData,
    label="kind of street",
    categorical=True,
    monitor_for_bias=True,
    categories=["main", AttributeCategory("side", "side street")],
    position=0,
)
assert [(c.value, c.label) for c in street.categories] == [("main", None), ("side", "side street")]
(built,) = model.add_attribute(
    "built", ValueType.Integer, Stage.NonInputData, min_range=1850, max_range=2026,
    bins=[None, 1950, 2000, None], position=2,
)  # fmt: skip
assert built.bins == [AttributeBin(None, 1950), AttributeBin(1950, 2000), AttributeBin(2000, None)]
model.add_attribute(
    arthur_attribute=ArthurAttribute("floor", ValueType.Integer, Stage.NonInputData, position=1)
)
model.add_regression_output_attributes(
    {"predicted_rent": "rent"}, value_type=ValueType.Float, data=flats
)
raises(MethodNotApplicableError, model.add_attribute, "p", ValueType.Float, Stage.PredictedValue)
raises(MissingParameterError, model.add_attribute, name="p")
raises(UserValueError, model.add_attribute, "2nd", ValueType.Float, Stage.NonInputData)
model.rename_attribute("street", "road", Stage.NonInputData)
model.remove_attribute("floor", Stage.NonInputData)
model.remove_attribute(attribute=built)
assert model.get_attribute_names() == ["area", "rooms", "road", "rent", "predicted_rent"]
assert model.get_attribute("rent").min_range == flats["rent"].min()
assert model.get_attribute("rent").attribute_link == "predicted_rent"
model.set_predict_function_input_order(["rooms", "area"])
assert [(a.name, a.position) for a in model.get_attributes(Stage.ModelPipelineInput)] == [
    ("area", 1),
    ("rooms", 0),
]
model.set_predict_function_input_order(["area", "rooms"])
reference = flats.assign(road="main")
assert model.validate_reference_data(reference) is None
raises(UserTypeError, model.validate_reference_data, reference.drop(columns="rent").assign(q=1))
raises(MethodNotApplicableError, model.send_inferences, flats)
model.save()
assert model.get_positive_predicted_class() == "Not a classifier model."  # the SDK's own answer
with tempfile.TemporaryDirectory() as folder:
    reference[:150].to_parquet(Path(folder) / "a.parquet")
    rows = [{"reference_data": row} for row in reference[150:].to_dict("records")]
    (Path(folder) / "b.json").write_text(json.dumps(rows))
    result, closed = model.set_reference_data(directory_path=folder)
    assert result["counts"] == {"success": 300, "failure": 0, "total": 300}
    assert closed == {"dataset_close_result": {"message": "success"}}
    with open(Path(folder) / "a.parquet", "rb") as file:
        result, closed = model.set_reference_data(files=[file, Path(folder) / "b.json"])
    assert result == {"counts": {"success": 300, "failure": 0, "total": 300}, "failures": [[], []]}
print(model)

# --- batches --------------------------------------------------------------------------------------

for number in range(3):
    rows = flats[100 * number : 100 * (number + 1)].assign(road="side")
    answer = model.send_inferences(rows, batch_id=f"month-{number}")
    assert answer["counts"]["success"] == 100
answer = model.send_inferences(flats[:10], batch_id="month-3", complete_batch=False)
closed = model.close_batch("month-3", num_inferences=10)
assert closed == {"dataset_close_result": {"message": "success"}}

march = pd.Timestamp("2026-03-01", tz="UTC")
part = flats[:20].assign(
    partner_inference_id=[f"file-{i}" for i in range(20)],
    inference_timestamp=march,
    ground_truth_timestamp=march,
    batch_id="month-4",
)
with tempfile.TemporaryDirectory() as folder:
    part.to_parquet(Path(folder) / "part.parquet")
    result, closed = model.send_bulk_inferences("month-4", directory_path=folder)
    assert result["counts"]["success"] == 20
    assert closed["dataset_close_result"]["message"] == "success"

    # without truths, which come in a file
    later = part[["area", "rooms", "predicted_rent", "inference_timestamp"]]
    raises(UserValueError, model.send_bulk_inferences, "month-5", data=later)
    later = later.assign(partner_inference_id=[f"late-{i}" for i in range(20)], batch_id="month-5")
    later.to_parquet(Path(folder) / "late.parquet")
    result, closed = model.send_bulk_inferences(
        "month-5", files=[str(Path(folder) / "late.parquet")], complete_batch=False
    )
    assert (result["counts"]["success"], closed) == (20, None)
    truths = [
        {
            "partner_inference_id": f"late-{i}",
            "ground_truth_timestamp": "2026-03-02T00:00:00Z",
            "ground_truth_data": {"rent": float(rent)},
        }
        for i, rent in enumerate(flats["rent"][:20])
    ]
    (Path(folder) / "truths.json").write_text(json.dumps(truths))
    assert model.send_bulk_ground_truths(files=[Path(folder) / "truths.json"]) == {
        "counts": {"success": 20, "failure": 0, "total": 20},
        "failures": [[]],
    }
    raises(MissingParameterError, model.send_bulk_ground_truths)

    # the older names
    older = part.assign(partner_inference_id=[f"old-{i}" for i in range(20)], batch_id="month-6")
    result, closed = model.send_batch_inferences("month-6", data=older.drop(columns="rent"))
    assert (result["counts"]["success"], "dataset_close_result" in closed) == (20, True)
    older = older[["rent", "partner_inference_id", "ground_truth_timestamp"]]
    assert model.send_batch_ground_truths(data=older)["counts"]["success"] == 20

    written = Path(model.convert_dataframe(reference, is_ref_data=True, max_rows_per_file=120))
    frames = [pd.read_parquet(written / f"{model.id}-{chunk}.parquet") for chunk in range(3)]
    pd.testing.assert_frame_equal(pd.concat(frames, ignore_index=True), reference)
    shutil.rmtree(written)

seen = pd.concat([flats, flats[:10], *[flats[:20]] * 3])
names = ["rmse", "mae", "rSquared"]
(row,) = model.query({"select": [{"function": name} for name in names]})
assert np.isclose(row["rmse"], mean_squared_error(seen["rent"], seen["predicted_rent"]) ** 0.5)
assert np.isclose(row["mae"], mean_absolute_error(seen["rent"], seen["predicted_rent"]))
assert np.isclose(row["rSquared"], r2_score(seen["rent"], seen["predicted_rent"]))
print(row)

by_batch = model.query(
    {
        "select": [{"property": "batch_id"}, {"function": "count"}],
        "group_by": [{"property": "batch_id"}],
        "order_by": [{"property": "batch_id"}],
    }
)
assert [r["count"] for r in by_batch] == [100, 100, 100, 10, 20, 20, 20]
drift = {
    "properties": ["area", "rooms"],
    "num_bins": 20,
    "rollup": "batch_id",
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "PSI",
}
found = {row["rollup"]: row for row in model.query(drift, query_type="drift")}
edges = np.quantile(flats["area"], np.arange(1, 20) / 20)
p, q = (np.bincount(np.digitize(x, edges), minlength=20) for x in (flats["area"], rows["area"]))
p, q = p / p.sum(), np.where(q == 0, 0.5, q) / q.sum()
assert np.isclose(found["month-2"]["area"], ((p - q) * np.log(p / q)).sum())
model.viz.metric_series("rmse")
model.viz.drift_series("area", "HellingerDistance")

# --- what is not for regressions ------------------------------------------------------------------

for refused in (
    lambda: model.bias.metrics.demographic_parity("road"),
    lambda: model.bias.metrics.group_confusion_matrices("road"),
    model.enable_bias_mitigation,
    model.enable_hotspots,
    lambda: model.one_hot_encode("rent"),
    lambda: model.binarize({"predicted_rent": 0.5}),
):
    raises(ArthurUserError, refused)
assert {name: on["enabled"] for name, on in model.get_enrichments().items() if on["enabled"]} == {
    Enrichment.AnomalyDetection: True
}

# --- as they come, an hour after the other --------------------------------------------------------

streaming = ArthurModel(
    partner_model_id="rents-2",
    input_type="TABULAR",
    output_type="REGRESSION",
    client=connection.client,
    display_name="Rents as they come",
)
raises(TypeError, streaming.build, flats, {"predicted_rent": "rent"}, foo=1)
streaming.build(flats, {"predicted_rent": "rent"}, set_reference_data=False)
assert streaming.reference_dataframe is None
connection.get_model_group(model).add_version(streaming, label="streaming")
streaming.save(skip_validation=True)
assert (streaming.version_sequence_num, streaming.version_label) == (2, "streaming")
streaming.set_reference_data(data=flats)

end = datetime(2026, 3, 3, tzinfo=timezone.utc)
times = generate_timestamps(100, duration="48h", end=end, freq="h", noisiness=0.0)
assert (min(times), max(times)) == (end - timedelta(hours=48), end)
answer = streaming.send_inferences(
    flats[:100],
    inference_timestamps=times,
    ground_truth_timestamps=[time + timedelta(days=1) for time in times],
    partner_inference_ids=[f"flat-{i}" for i in range(100)],
    wait_for_enrichments=True,
)
assert answer["counts"]["success"] == 100
streaming.send_inference(
    "2026-03-03T12:00:00Z",
    partner_inference_id="single",
    model_pipeline_input={"area": 50.0, "rooms": 2},
    predicted_value={"predicted_rent": 700.0},
    ground_truth={"rent": 710.0},
)

error_metric = [m for m in streaming.get_metrics() if m.name == "Mean Absolute Error"][0]
rule = streaming.create_alert_rule(
    error_metric.id,
    bound=AlertRuleBound.Upper,
    threshold=30,
    severity=AlertRuleSeverity.Critical,
    lookback_period=60,
    subsequent_alert_wait_time=120,
)
assert rule.name == "Mean Absolute Error upper bound"
assert (rule.lookback_period, rule.subsequent_alert_wait_time, rule.enabled) == (60, 120, True)
assert rule.metric_name == "Mean Absolute Error"
alerts = streaming.get_alerts(alert_rule_id=rule.id)
errors = (flats["rent"] - flats["predicted_rent"]).abs()[:100].to_numpy()
hours = np.array([(time - times[0]).total_seconds() / 3600 for time in times])
for alert in alerts:
    window = pd.Timestamp(alert.window_start), pd.Timestamp(alert.window_end)
    inside = [i for i, time in enumerate(times) if window[0] <= time < window[1]]
    assert np.isclose(alert.metric_value, errors[inside].mean()) and alert.metric_value > 30
    assert window[1] - window[0] == timedelta(hours=1)
# every other hour is looked at, and about half of those have an error above the threshold,
# whatever times chance drew: none of them is missed
tops = [h for h in range(49) if errors[hours == h].mean() > 30 and (h + 1) % 2 == 0]
assert len(alerts) == len(tops) > 0
first = pd.Timestamp(min(alert.timestamp for alert in alerts))
assert streaming.get_alerts(start_time=first + timedelta(seconds=1)) == [
    alert for alert in alerts if pd.Timestamp(alert.timestamp) > first
]
assert streaming.get_alerts(end_time=first - timedelta(seconds=1)) == []
assert streaming.get_alerts(page=2, page_size=1) == alerts[1:2]
changed = AlertRule(
    bound="upper", threshold=100.5, metric_id=error_metric.id, severity="warning", name="large"
)
updated = streaming.update_alert_rule(changed, alert_rule_id=rule.id)
assert (updated.id, updated.threshold, updated.name) == (rule.id, 100.5, "large")
raises(MethodNotApplicableError, streaming.update_alert_rule, changed)
raises(ArthurUserError, streaming.update_alert, "solved", alerts[0].id)
raises(MissingParameterError, streaming.create_alert_rule, error_metric.id)

# --- a function that logs what it predicts --------------------------------------------------------


@log_prediction(streaming)
def predict(row):
    return regressor.predict(row)[0]


rent, inference_id = predict(flats[["area", "rooms"]][:1])
assert np.isclose(rent, flats["predicted_rent"][0])
rent, own_id = predict(
    flats[["area", "rooms"]][1:2],
    inference_timestamp=datetime(2026, 3, 4, tzinfo=timezone.utc),
    partner_inference_id="mine",
)
assert own_id == "mine"
answer = streaming.update_inference_ground_truths(
    [
        {"rent": flats["rent"][0], "partner_inference_id": inference_id},
        {"rent": "much", "partner_inference_id": "mine"},
    ],
    ground_truth_timestamps=["2026-03-05T00:00:00Z", format_timestamp(end)],
    fail_silently=True,
)
assert (answer["counts"]["success"], answer["counts"]["failure"]) == (1, 1)
(row,) = streaming.query({"select": [{"function": "mae"}, {"function": "count"}]})
all_errors = [*errors, 10.0, abs(flats["rent"][0] - flats["predicted_rent"][0])]
assert np.isclose(row["mae"], np.mean(all_errors))
assert row["count"] == 103
streaming.await_inferences(min_count=103, with_ground_truth=False)
raises(TimeoutError, streaming.await_inferences, min_count=103, timeout_min=0)
raises(ArthurUserError, streaming.update_inference_ground_truths, [])

# --- reasons --------------------------------------------------------------------------------------

try:
    import lime  # noqa: F401
except ImportError:
    raises(MethodNotApplicableError, streaming.explain_inference, "flat-0")
else:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "entrypoint.py").write_text(
            "def predict(x):\n    return [9 * area + 120 * rooms for area, rooms in x]\n"
        )
        Path(folder, "requirements.txt").write_text("numpy\n")
        known = flats.assign(predicted_rent=9 * flats["area"] + 120 * flats["rooms"])
        told = {
            "df": known,
            "project_directory": folder,
            "user_predict_function_import_path": "entrypoint",
        }
        raises(MissingParameterError, streaming.enable_explainability, **{**told, "df": None})
        raises(UserValueError, streaming.enable_explainability, **{**told, "df": flats})
        assert (
            streaming.enable_explainability(
                **told,
                streaming_explainability_enabled=True,
                requirements_file="requirements.txt",
                python_version="3.8",
                sdk_version="3.33.3",
                model_server_num_cpu="1",
                model_server_memory="1Gi",
                model_server_max_replicas=2,
                inference_consumer_num_cpu="1",
                inference_consumer_memory="1G",
                inference_consumer_thread_pool_size=1,
                inference_consumer_score_percent=1.0,
                explanation_nsamples=500,
                explanation_algo="lime",
                ignore_dirs=["data"],
                seed=7,
            )
            == "ok"
        )
        state = streaming.get_enrichment(Enrichment.Explainability)
        assert state["status"] == EnrichmentStatus.EnrichmentStatusReady
        assert state["config"]["model_server_cpu"] == "1"
        assert state["config"]["explanation_nsamples"] == 500
        explained = streaming.explain_inference(
            "flat-0", algorithm="lime", page=1, page_size=10, n_samples=400, sort="-value"
        )
    (part,) = explained["explanation"]
    assert (part["algorithm"], part["predicted_attribute_name"]) == ("lime", "predicted_rent")
    weights = [s["explanation_value"] for s in part["importance_scores"]]
    assert weights == sorted(weights, reverse=True)
    # of a linear function the surrogate is the function itself
    by_name = {s["attribute_name"]: s["explanation_value"] for s in part["importance_scores"]}
    assert np.isclose(by_name["area"], 9 * flats["area"].std(ddof=0), rtol=0.05)
    raises(UserValueError, streaming.explain_inference, "flat-0", "anchors")
    assert streaming.delete_explainer() is None
    assert not streaming.get_enrichment("explainability")["enabled"]

# --- archive --------------------------------------------------------------------------------------

streaming.description = "an hour after the other"
streaming.update()
assert connection.get_model(streaming.id).description == "an hour after the other"
streaming.archive()
raises(ArthurUserError, streaming.archive)
raises(ArthurUserError, connection.get_model, "rents-2", id_type="partner_model_id")
assert connection.get_model_group(model).get_latest_version().id == model.id
print("done")
