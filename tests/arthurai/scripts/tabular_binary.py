"""Loan defaults: a binary classifier from its first version to its archive, in the SDK's words."""

import json
import os
import tempfile
from datetime import datetime, timedelta, timezone

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI, ArthurModel
from arthurai.common.constants import (
    AccuracyMetric,
    Enrichment,
    InputType,
    OutputType,
    Stage,
    ValueType,
)
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)
from arthurai.core.bias.bias_wrapper import ArthurBiasWrapper
from arthurai.core.bias.threshold_mitigation import EqualizedOdds
from arthurai.core.models import ExplainabilityParameters
from arthurai.core.viz.visualizer import DataVisualizer
from arthurai.util import generate_timestamps
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score

matplotlib.use("Agg")

rng = np.random.RandomState(0)
n = 600
loans = pd.DataFrame(
    {
        "amount": rng.gamma(2.0, 900.0, n).round(2),
        "age": rng.randint(18, 80, n),
        "sex": rng.choice([1, 2], n),
        "branch": rng.choice(["north", "south", "west"], n),
    }
)
risk = loans["amount"] / 900 - loans["age"] / 20 + (loans["sex"] == 1)
loans["default"] = (risk + rng.randn(n) > 0).astype(int)
features = ["amount", "age", "sex"]
classifier = LogisticRegression(max_iter=1000).fit(loans[features][:400], loans["default"][:400])
loans["prob_default"] = classifier.predict_proba(loans[features])[:, 1]
train, live = loans[:400], loans[400:].reset_index(drop=True)

# --- onboarding -----------------------------------------------------------------------------------

connection = ArthurAI(url="https://app.arthur.ai", access_key="not-a-key")
model = connection.model(
    partner_model_id="loans-1",
    display_name="Loan Defaults",
    input_type=InputType.Tabular,
    output_type=OutputType.Multiclass,
    is_batch=False,
    tags=["credit"],
)
review = model.build(
    train,
    pred_to_ground_truth_map={"prob_default": 1},
    ground_truth_column="default",
    non_input_columns=["branch"],
)
print(review)
assert review["name"].tolist() == ["amount", "age", "sex", "branch", "default", "prob_default"]
assert model.get_attribute_names(stage=Stage.NonInputData) == ["branch"]
assert model.get_attribute("age").value_type == ValueType.Integer

model.get_attribute("amount").set(min_range=0, max_range=20000)
model.get_attribute("age").set(bins=[None, 35, 55, None])
model.set_attribute_labels("sex", {1: "male", 2: "female"})
for name in ("sex", "age"):
    model.set_attribute_as_sensitive(name)
print(model.review(props=["label", "categories", "bins", "range", "monitor_for_bias"]))

# what is described can be kept as JSON, and read again
told = json.loads(model.to_json())
assert told["partner_model_id"] == "loans-1" and "id" not in told
assert told["attributes"][2]["categories"] == [
    {"value": "1", "label": "male"},
    {"value": "2", "label": "female"},
]
copy = ArthurModel.from_dict(model.to_dict(skip_none=False))
assert [str(a) for a in copy.get_attributes(Stage.NonInputData)] == [
    str(a) for a in model.get_attributes(Stage.NonInputData)
]
assert {a["name"]: a for a in copy.to_dict()["attributes"]} == {
    a["name"]: a for a in told["attributes"]
}
assert ArthurModel.clean_nones({"a": [None, 1], "b": None}) == {"a": [1]}
assert ExplainabilityParameters(True).to_dict() == {"enabled": True}

model_id = model.save()
assert model_id == os.environ["ARTHUR_LAST_MODEL_ID"]
model.await_model_ready()
try:
    model.save()
except MethodNotApplicableError as error:
    print("as it should be:", error)

# --- in use ---------------------------------------------------------------------------------------

days = generate_timestamps(len(live), duration="7d", end=datetime(2026, 3, 8, tzinfo=timezone.utc))
ids = [f"loan-{i}" for i in range(len(live))]
inputs = live[["amount", "age", "sex", "branch", "prob_default"]]
answer = model.send_inferences(inputs, inference_timestamps=days, partner_inference_ids=ids)
assert answer["counts"] == {"success": 200, "failure": 0, "total": 200}
answer = model.update_inference_ground_truths(live["default"], partner_inference_ids=ids)
assert answer["counts"]["success"] == 200
model.await_inferences(min_count=200)

bulk = inputs[:50].assign(
    default=live["default"][:50],
    partner_inference_id=[f"bulk-{i}" for i in range(50)],
    inference_timestamp=pd.Timestamp("2026-03-10", tz="UTC"),
    ground_truth_timestamp=pd.Timestamp("2026-03-11", tz="UTC"),
)
result, closed = model.send_bulk_inferences(data=bulk)
assert (result["counts"]["success"], closed) == (50, None)
corrected = pd.DataFrame(
    {
        "partner_inference_id": ["bulk-0"],
        "default": [1 - live["default"][0]],
        "ground_truth_timestamp": [pd.Timestamp("2026-03-12", tz="UTC")],
    }
)
assert model.send_bulk_ground_truths(data=corrected)["counts"]["success"] == 1
try:
    model.send_inferences([{"amount": "a lot", "age": 4, "prob_default": 0.2}])
except ResponseClientError as error:
    print("as it should be:", error)
with tempfile.TemporaryFile() as file:
    bulk[:5].assign(partner_inference_id=[f"file-{i}" for i in range(5)]).to_parquet(file)
    file.seek(0)
    result, closed = model.send_bulk_inferences(
        files=[file], complete_batch=True, wait_for_enrichments=False
    )
assert result == {"counts": {"success": 5, "failure": 0, "total": 5}, "failures": [[]]}
result, closed = model.send_bulk_inferences(
    data=inputs[:3].assign(inference_timestamp=pd.Timestamp("2026-03-10", tz="UTC")),
    ignore_join_errors=True,
)
assert (result["counts"], closed) == ({"success": 3, "failure": 0, "total": 3}, None)
# rows as a service would log them: flat, each with all that is known of it
answer = model.send_inferences(
    [
        {
            **inputs.iloc[i].to_dict(),
            "default": int(live["default"][i]),
            "inference_timestamp": datetime(2026, 3, 10, tzinfo=timezone.utc),
            "ground_truth_timestamp": datetime(2026, 3, 11, tzinfo=timezone.utc),
            "partner_inference_id": f"log-{i}",
        }
        for i in range(2)
    ]
)
assert [row["status"] for row in answer["results"]] == [200, 200]
for wrong in ([{"amount": 3.0, "colour": "red"}], [{"inference_data": {"age": 4}, "age": 4}]):
    try:
        model.send_inferences(wrong)
    except UserValueError as error:
        print("as it should be:", error)
    else:
        raise AssertionError(wrong)

# --- what it did ----------------------------------------------------------------------------------

known = pd.concat([live, bulk, bulk[:5], live[:2]], ignore_index=True)
seen = pd.concat([known, live[:3].drop(columns="default")], ignore_index=True)
known.loc[200, "default"] = seen.loc[200, "default"] = corrected["default"][0]
said = (seen["prob_default"] >= 0.5).astype(int)

(row,) = model.query({"select": [{"function": "accuracyRate"}, {"function": "auc"}]})
assert np.isclose(row["accuracyRate"], accuracy_score(known["default"], said[:-3]))
assert np.isclose(row["auc"], roc_auc_score(known["default"], known["prob_default"]))
print("accuracy and AUC:", row)

by_branch = model.query(
    {
        "select": [{"property": "branch"}, {"function": "count", "alias": "n"}],
        "group_by": [{"property": "branch"}],
        "order_by": [{"alias": "n", "direction": "desc"}],
    }
)
assert {r["branch"]: r["n"] for r in by_branch} == seen["branch"].value_counts().to_dict()

by_day = model.query(
    {
        "select": [
            {
                "function": "roundTimestamp",
                "alias": "day",
                "parameters": {"property": "inference_timestamp", "time_interval": "day"},
            },
            {"function": "count"},
        ],
        "group_by": [{"alias": "day"}],
        "order_by": [{"alias": "day", "direction": "asc"}],
    }
)
assert sum(r["count"] for r in by_day) == len(seen) == 260
assert by_day[-1] == {"day": "2026-03-10T00:00:00.000Z", "count": 60}

drift = model.query(
    {
        "properties": ["branch"],
        "num_bins": 10,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
        "metric": "PSI",
    },
    query_type="drift",
)
p, q = (frame["branch"].value_counts(normalize=True).sort_index() for frame in (train, seen))
assert np.isclose(drift[0]["branch"], ((p - q) * np.log(p / q)).sum())
print("drift of branch:", drift)

# --- metrics and alerts ---------------------------------------------------------------------------

accuracy = [m for m in model.get_metrics() if m.name == "Accuracy Rate"][0]
assert accuracy.is_default
large = {
    "select": [
        {
            "function": "rate",
            "alias": "large",
            "parameters": {"property": "amount", "comparator": "gt", "value": 3000},
        }
    ]
}
metric_id = model.create_metric(name="Large Loans", query=large)
assert model.get_metrics(metric_id=metric_id)[0].name == "Large Loans"
rule = model.create_alert_rule(
    metric_id=metric_id,
    bound="upper",
    threshold=0.0,
    severity="warning",
    lookback_period=60 * 24 * 7,
)
assert rule.id in [r.id for r in model.get_alert_rules()]
alerts = model.get_alerts(alert_rule_id=rule.id)
print(alerts[0].message)
assert alerts[0].status == "new"
assert all(alert.metric_value > 0 for alert in alerts)
assert model.update_alert("acknowledged", alerts[0].id).status == "acknowledged"
rule.threshold = 0.99
assert model.update_alert_rule(rule).threshold == 0.99

# --- fairness, weak spots, reasons ----------------------------------------------------------------

rates = model.bias.metrics.group_positivity_rates("sex")
expected = said.groupby(seen["sex"]).mean()
assert np.allclose([rates[1], rates[2]], expected)
matrices = model.bias.metrics.group_confusion_matrices("sex", return_by_metric=False)
for group, members in known.groupby("sex"):
    tn, fp, fn, tp = confusion_matrix(members["default"], members["prob_default"] >= 0.5).ravel()
    assert np.isclose(matrices[group]["true_positive_rate"], tp / (tp + fn))
    assert np.isclose(matrices[group]["false_positive_rate"], fp / (fp + tn))
print("share predicted to default:", rates)

ages = model.bias.metrics.demographic_parity(
    "age", start_time=datetime(2026, 3, 10), end_time=datetime(2026, 3, 10) + timedelta(hours=1)
)
bins = pd.cut(seen["age"], [-np.inf, 35, 55, np.inf])[200:]
shares = said[200:].groupby(bins, observed=True).mean()
assert ages == dict(zip(["(-inf,35]", "(35,55]", "(55,inf)"], shares))
wrapper = ArthurBiasWrapper(model)
assert wrapper.metrics.group_positivity_rates("sex") == rates
for wrong in (lambda: wrapper.metrics.demographic_parity("branch"), lambda: wrapper.metrics.x):
    try:
        wrong()
    except (MethodNotApplicableError, AttributeError) as error:
        print("as it should be:", error)

mitigation = model.bias.mitigation_threshold
assert mitigation.enable() == "ok"
curves = mitigation.get_curves("sex", "demographic_parity")
thresholds = mitigation.get_thresholds_for_idx(curves, 400)
shares = [
    (members["prob_default"] > thresholds[str(group)]).mean()
    for group, members in known.groupby("sex")
]
assert np.allclose(shares, 0.4, atol=0.02)
print("thresholds at which 40 % are predicted to default:", thresholds)
mitigation.plot_curves(curves)
mitigation.plot_curves(attribute="sex", constraint=EqualizedOdds)
for wrong in (
    lambda: mitigation.plot_curves(),
    lambda: mitigation.get_curves("sex", "fair"),
    lambda: mitigation.get_thresholds_for_idx(curves, 1001),
):
    try:
        wrong()
    except UserValueError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")

assert model.enable_hotspots() == "ok"
spots = model.find_hotspots(metric="accuracy", threshold=0.7, date="2026-03-04")["data"]
assert all(spot["accuracy"] < 0.7 for spot in spots)
print(len(spots), "hot spots")
try:
    model.find_hotspots(AccuracyMetric.F1, 0.5)
except ArthurUserError as error:
    print("as it should be:", error)
assert model.get_enrichment(Enrichment.Hotspots)["enabled"]

# --- pictures -------------------------------------------------------------------------------------

model.viz.timeline("branch")
model.viz.timeline("amount")
model.viz.metric_series(["auc", "falsePositiveRate"], time_resolution="day")
model.viz.drift_series(["amount", "branch"], drift_metric="PSI")

# --- a second version -----------------------------------------------------------------------------

group = connection.get_model_group(model)
better = connection.model(
    partner_model_id="loans-2",
    display_name="Loan Defaults",
    input_type=InputType.Tabular,
    output_type=OutputType.Multiclass,
)
better.build(
    train,
    pred_to_ground_truth_map={"prob_default": 1},
    ground_truth_column="default",
    non_input_columns=["branch"],
)
better.model_group_id = group.id
better.version_label = "V2"
better.save()
assert [v.version_sequence_num for v in group.get_versions()] == [2, 1]
assert group.get_version(label="V2").id == better.id == group.get_latest_version().id
assert group.get_version(sequence_num=1).id == model_id
group.viz(sequence_nums=[1]).metric_series(["accuracyRate"])
DataVisualizer([group.get_version(1)]).timeline("sex")
for wrong, arguments in (
    (UserValueError, {"sequence_num": 1, "label": "V2"}),
    (UserValueError, {}),
    (UserTypeError, {"sequence_num": "1"}),
    (UserTypeError, {"label": 2}),
    (ResponseClientError, {"label": "V3", "include_archived": True}),
):
    try:
        group.get_version(**arguments)
    except wrong as error:
        print("as it should be:", error)
    else:
        raise AssertionError(arguments)
better.classifier_threshold = 0.3
better.update()
assert group.get_version(label="V2").classifier_threshold == 0.3
group.description = "who will not pay back"
assert connection.get_model_group(group.id).description == "who will not pay back"

model.archive()
assert [v.id for v in group.get_versions()] == [better.id]
assert len(group.get_versions(include_archived=True)) == 2
assert connection.get_model(model_id).archived
assert os.environ["ARTHUR_LAST_MODEL_ID"] == model_id  # saved or got last
print("done")
