"""Power: a forecast, and an alarm, from the hours before, in the SDK's words."""

import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import (
    Enrichment,
    EnrichmentStatus,
    InputType,
    OutputType,
    Stage,
    ValueType,
)
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    UserTypeError,
    UserValueError,
)
from arthurai.util import format_timestamps, is_valid_datetime_string
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, recall_score

matplotlib.use("Agg")

rng = np.random.RandomState(5)
rows = []
for number in range(48):
    start = pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(hours=number)
    hours = pd.date_range(start, periods=6, freq="h")
    values = rng.gamma(3.0, 10.0, 6).round(1)
    rows.append(
        {
            "load": [
                {"timestamp": hour.to_pydatetime(), "value": float(value)}
                for hour, value in zip(hours, values)
            ],
            "plant": rng.choice(["a", "b"]),
            "forecast": float(values.mean().round(2)),
            "actual": float((values.mean() + rng.randn()).round(2)),
        }
    )
frame = pd.DataFrame(rows)
past, live = frame[:24], frame[24:].reset_index(drop=True)

# --- onboarding -----------------------------------------------------------------------------------

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Power", input_type=InputType.TimeSeries, output_type=OutputType.Regression
)
try:
    model.build(past.drop(columns="load").assign(x=1.5), {"forecast": "actual"})
except UserValueError as error:
    print("as it should be:", error)
review = model.build(past, {"forecast": "actual"}, non_input_columns=["plant"])
assert review["value_type"].tolist() == ["TIME_SERIES", "STRING", "FLOAT", "FLOAT"]
assert review["is_unique"].tolist() == [True, False, False, False]
assert model.get_attribute("load").value_type == ValueType.TimeSeries
forecast = model.get_attribute("forecast", Stage.PredictedValue)
assert (forecast.min_range, forecast.max_range) == (past["forecast"].min(), past["forecast"].max())
forecast.set(label="mean load", min_range=0, max_range=200)
model.set_attribute_as_sensitive("plant")
print(model.review(props=["label", "range", "monitor_for_bias"]))
model_id = model.save()
model.await_model_ready()

# --- in use ---------------------------------------------------------------------------------------

times = [series[-1]["timestamp"] for series in live["load"]]
answer = model.send_inferences(
    [
        {
            "inference_data": {name: row[name] for name in ("load", "plant", "forecast")},
            "ground_truth_data": {"actual": row["actual"]},
            "inference_timestamp": time,
            "ground_truth_timestamp": time + timedelta(hours=1),
            "partner_inference_id": f"hour-{number}",
        }
        for number, (row, time) in enumerate(zip(live.to_dict("records"), times))
    ]
)
assert answer["counts"] == {"success": 24, "failure": 0, "total": 24}
naive = [  # in local time, the values of the series too
    {
        **row,
        "load": [{**at, "timestamp": at["timestamp"].replace(tzinfo=None)} for at in row["load"]],
    }
    for row in live[:3].drop(columns="actual").to_dict("records")
]
try:
    model.send_inferences(naive)
except UserValueError as error:
    print("as it should be:", error)
answer = model.send_inferences(
    naive,
    inference_timestamps=["2026-03-03T12:00:00Z"] * 3,
    tz="America/New_York",
    partner_inference_ids=["local-0", "local-1", "local-2"],
)
assert answer["counts"]["success"] == 3
(row,) = model.query(
    {
        "select": [{"property": "load"}],
        "filter": [{"property": "partner_inference_id", "comparator": "eq", "value": "local-0"}],
    }
)
assert pd.Timestamp(row["load"][0]["timestamp"]) == pd.Timestamp("2026-03-02T05:00Z")
assert [at["value"] for at in row["load"]] == [at["value"] for at in live["load"][0]]
series = model.get_attribute_names(value_type=ValueType.TimeSeries)
shown = format_timestamps(
    [{"inference_data": {"load": [{"timestamp": times[0], "value": 1.5}]}}],
    time_series_attributes=series,
)
assert is_valid_datetime_string(shown[0]["inference_data"]["load"][0]["timestamp"])

# time series go into files as JSON
folder = Path(model.convert_dataframe(frame, is_ref_data=True))
(file,) = folder.iterdir()
assert file.suffix == ".json"
assert len(json.loads(file.read_text())) == 48
result, closed = model.set_reference_data(directory_path=str(folder))
assert result["counts"] == {"success": 48, "failure": 0, "total": 48}
shutil.rmtree(folder)
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    truth = [
        {"actual": 30.0 + number, "partner_inference_id": f"local-{number}",
         "ground_truth_timestamp": "2026-03-04T00:00:00Z"}
        for number in range(3)
    ]  # fmt: skip
    file.write(json.dumps(truth))
    file.flush()
    assert model.send_bulk_ground_truths(files=[file.name])["counts"]["success"] == 3
model.await_inferences(min_count=27)

# --- what it did ----------------------------------------------------------------------------------

seen = pd.concat([live, live[:3].assign(actual=[30.0, 31.0, 32.0])], ignore_index=True)
actual, predicted = seen["actual"], seen["forecast"]
parameters = {"normalizationMin": 0, "normalizationMax": 100}
(found,) = model.query(
    {
        "select": [
            {"function": "mae"},
            {"function": "mae", "alias": "worst", "parameters": {"aggregation": "max"}},
            {"function": "mae", "alias": "normal", "parameters": parameters},
            {"function": "rmse"},
            {"function": "rSquared"},
            {"function": "count"},
        ]
    }
)
assert np.isclose(found["mae"], mean_absolute_error(actual, predicted))
assert np.isclose(found["worst"], (actual - predicted).abs().max())
assert np.isclose(found["normal"], mean_absolute_error(actual, predicted) / 100)
assert np.isclose(found["rmse"], mean_squared_error(actual, predicted) ** 0.5)
assert np.isclose(found["rSquared"], r2_score(actual, predicted))
assert found["count"] == 27
by_plant = model.query(
    {
        "select": [
            {"property": "plant"},
            {"function": "avg", "parameters": {"property": "forecast"}},
        ],
        "group_by": [{"property": "plant"}],
    }
)
expected = seen.groupby("plant")["forecast"].mean().to_dict()
assert {r["plant"]: round(r["avg"], 9) for r in by_plant} == {
    plant: round(value, 9) for plant, value in expected.items()
}
print(found, by_plant)
drift = {
    "properties": ["forecast", "plant"],
    "num_bins": 5,
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "HypothesisTest",
}
(found,) = model.query(drift, query_type="drift")
from scipy.stats import chi2_contingency, ks_2samp  # noqa: E402

p_value = ks_2samp(frame["forecast"], seen["forecast"], method="asymp").pvalue
assert np.isclose(found["forecast"], -np.log10(p_value))
counts = [each["plant"].value_counts().sort_index() for each in (frame, seen)]
p_value = chi2_contingency(np.array(counts), correction=False).pvalue
assert np.isclose(found["plant"], -np.log10(p_value))
try:
    model.query({**drift, "properties": ["load"]}, query_type="drift")
except ArthurUserError as error:
    print("as it should be:", error)

# --- metrics and alerts ---------------------------------------------------------------------------

metrics = model.get_metrics()
assert {"Mean Absolute Error", "Average Prediction", "Feature Drift: plant"} <= {
    metric.name for metric in metrics
}
assert [m.attribute for m in model.get_metrics(attribute_name="plant")] == ["plant"]
worst = model.create_metric(
    "Largest error",
    {"select": [{"function": "mae", "alias": "worst", "parameters": {"aggregation": "{{ how }}"}}]},
    parameters=[{"name": "how", "parameter_type": "STRING", "default": "max"}],
)
rule = model.create_alert_rule(
    metric_id=worst,
    bound="upper",
    threshold=2,
    severity="critical",
    lookback_period=60,
    subsequent_alert_wait_time=0,
    metric_parameters={"how": "max"},
)
errors = (live["actual"] - live["forecast"]).abs()
expected = {
    (time + timedelta(hours=1)).isoformat(): error
    for time, error in zip(times, errors)
    if error > 2
}
assert expected
found = {
    pd.Timestamp(alert.window_end).isoformat(): alert.metric_value
    for alert in model.get_alerts(end_time="2026-03-03T00:00:00Z")
}
found = {time: error for time, error in found.items() if time < "2026-03-03T06"}
assert set(found) == set(expected)
assert all(np.isclose(found[time], expected[time]) for time in expected)
assert model.get_alert_rules()[0].to_dict()["metric_parameters"] == {"how": "max"}

# --- what there is not for time series ------------------------------------------------------------

for refused in (
    model.enable_hotspots,
    model.enable_bias_mitigation,
    lambda: model.enable_explainability(frame, "/srv/code", "entry", python_version="3.8"),
    lambda: model.update_enrichments({"anomaly_detection": {"enabled": True}}),
    lambda: model.bias.metrics.demographic_parity("plant"),
    lambda: model.viz.timeline("load"),
):
    try:
        refused()
    except ArthurUserError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
assert model.get_enrichment(Enrichment.AnomalyDetection) == {
    "enabled": False,
    "config": {},
    "status": EnrichmentStatus.EnrichmentStatusDisabled,
}

model.viz.timeline("plant")
model.viz.timeline("forecast")
model.viz.metric_series(["rmse", "mae"], time_resolution="hour")
model.viz.drift_series("forecast", drift_metric="HellingerDistance", time_resolution="hour")

# --- a second version: an alarm, yes or no --------------------------------------------------------

alarm = connection.model("alarm", InputType.TimeSeries, OutputType.Multiclass, is_batch=True)
told = frame.drop(columns=["forecast", "actual"]).assign(
    p_alarm=1 / (1 + np.exp(30 - frame["forecast"])), alarm=(frame["actual"] > 30).astype(int)
)
alarm.infer_schema(told[["load"]], Stage.ModelPipelineInput)
alarm.infer_schema(told["plant"], Stage.NonInputData)
alarm.add_classifier_output_attributes_gtclass(
    pred_to_ground_truth_class_map={"p_alarm": 1},
    ground_truth_column="alarm",
    data=told,
    positive_predicted_attr="p_alarm",
)
assert [c.value for c in alarm.get_attribute("alarm").categories] == [
    str(value) for value in told["alarm"].value_counts().index
]
alarm.set_attribute_as_sensitive("plant")
try:
    alarm.validate_reference_data(told.drop(columns="plant"))
except UserTypeError as error:
    print("as it should be:", error)
group = connection.get_model_group(model_id and model)
alarm.model_group_id, alarm.version_label = group.id, "alarm"
alarm.save()
result, closed = alarm.set_reference_data(data=told)
assert result["counts"]["success"] == 48
moments = [series[-1]["timestamp"] for series in told["load"]]
assert (
    alarm.send_inferences(told, None, moments, batch_id=["x", "y"] * 24)["counts"]["success"] == 48
)
(found,) = alarm.query(
    {
        "select": [{"function": "recall"}, {"function": "count"}],
        "filter": [{"property": "batch_id", "comparator": "eq", "value": "x"}],
    }
)
half = told[::2]
assert np.isclose(found["recall"], recall_score(half["alarm"], half["p_alarm"] >= 0.5))
shares = alarm.bias.metrics.group_positivity_rates("plant", batch_id="x")
expected = (half["p_alarm"] >= 0.5).groupby(half["plant"]).mean()
assert shares == dict(expected.items())
try:
    alarm.enable_hotspots()
except MethodNotApplicableError as error:
    print("as it should be:", error)
assert alarm.enable_bias_mitigation() == "ok"
curves = alarm.bias.mitigation_threshold.get_curves("plant")
assert (curves.constraint, sorted(curves.attr_val_to_threshold)) == (
    "equal_opportunity",
    ["a", "b"],
)
assert {v.version_label for v in group.get_versions()} == {None, "alarm"}
model.archive()
assert group.get_latest_version().id == alarm.id
alarm.archive()
print("done")
