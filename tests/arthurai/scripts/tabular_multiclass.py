"""Penguins: three classes in batches, scored against a column of classes, in the SDK's words."""

import tempfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai import common as arthur_common
from arthurai.common.constants import EnrichmentStatus, ModelStatus
from arthurai.common.constants import InputType as IT
from arthurai.common.constants import OutputType as OT
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    MissingParameterError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)
from arthurai.core.alerts import AlertRuleBound, AlertRuleSeverity, AlertStatus, MetricType
from arthurai.core.attributes import ArthurAttribute, AttributeCategory
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import multilabel_confusion_matrix, roc_auc_score

plt.switch_backend("Agg")
Stage, ValueType = arthur_common.constants.Stage, arthur_common.constants.ValueType

rng = np.random.RandomState(6)
n = 360
classes = ["adelie", "chinstrap", "gentoo"]
birds = pd.DataFrame(
    {
        "bill": rng.normal(44, 5, n).round(1),
        "mass": rng.normal(4.2, 0.8, n).round(2),
        "island": rng.choice(["biscoe", "dream", "torgersen"], n, p=[0.5, 0.3, 0.2]),
        "sex": rng.choice(["f", "m"], n),
    }
)
score = np.c_[44 - birds["bill"], birds["bill"] - 46, 3 * (birds["mass"] - 4.5)] + rng.randn(n, 3)
birds["species"] = np.take(classes, score.argmax(axis=1))
numbers = ["bill", "mass"]
logistic = LogisticRegression(max_iter=2000).fit(birds[numbers][:240], birds["species"][:240])
probabilities = logistic.predict_proba(birds[numbers])
for place, name in enumerate(classes):
    birds[f"p_{name}"] = probabilities[:, place]
reference, live = birds[:240], birds[240:].reset_index(drop=True)
predicted = [f"p_{name}" for name in classes]
to_class = dict(zip(predicted, classes))

# --- onboarding -----------------------------------------------------------------------------------

arthur = ArthurAI(url="app.arthur.ai", login="ornithologist", password="x", verify_ssl=False)
model = arthur.model(
    "penguins-1",
    IT.Tabular,
    OT.Multiclass,
    display_name="Penguins",
    description="which penguin it is",
    is_batch=True,
    tags=["birds", "demo"],
)
try:
    model.review()
except MissingParameterError as error:
    print("as it should be:", error)
review = model.build(reference, to_class, None, ["island", "sex"], ground_truth_column="species")
assert review["name"].tolist() == [*numbers, "island", "sex", "species", *predicted]
assert review.loc[4, "stage"] == Stage.GroundTruthClass == model.ground_truth_type
assert review.loc[0, "range"] == f"[{reference['bill'].min()}, {reference['bill'].max()}]"
assert [a.gt_class_link for a in model.get_attributes(Stage.PredictedValue)] == classes
by_count = reference["island"].value_counts().index
assert [str(c) for c in model.get_attribute("island").categories] == list(by_count)

# attribute by attribute, as the documentation of `set` and of the fields has it
model.get_attribute(name="bill", stage=Stage.ModelPipelineInput).set(min_range=30, max_range=60)
model.get_attribute("mass").label = "mass in kg"
sex = model.get_attribute("sex")
sex.monitor_for_bias = True
sex.categories = [AttributeCategory(value="f", label="female"), AttributeCategory("m", "male")]
model.set_attribute_labels("island", {"biscoe": "Biscoe", "dream": "Dream", "torgersen": "T."})
for wrong in ({"colour": "red"}, {"min_range": 5, "max_range": 1}):
    try:
        model.get_attribute("mass").set(**wrong)
    except UserValueError as error:
        print("as it should be:", error)
    else:
        raise AssertionError(wrong)
table = model.review(Stage.NonInputData, ["categories", "monitor_for_bias"])
assert table.columns.tolist() == ["name", "categories", "monitor_for_bias"]
assert table.loc[1].tolist() == [
    "sex",
    ["{label: female, value: f}", "{label: male, value: m}"],
    True,
]
assert model.check_has_bias_attrs() and model.check_attr_is_bias("sex")
assert not model.check_attr_is_bias("island")
assert model.get_attribute("mass").short_name() == "PIPELINE_INPUT[1]:mass (mass in kg)"
assert model.get_attribute_names(stage=Stage.NonInputData, value_type=ValueType.String) == [
    "island",
    "sex",
]

assert not model.model_is_saved()
model_id = model.save()
model.await_model_ready()
assert (model.status, model.version_sequence_num) == (ModelStatus.Ready, 1)
same = arthur.get_model("penguins-1", "partner_model_id")
assert same.id == model_id and same.tags == ["birds", "demo"]
assert same.get_attribute("sex").categories[1].label == "male"
assert [a.attribute_link for a in same.get_attributes(Stage.PredictedValue)] == [
    f"species_{name}" for name in classes
]

# --- batches, in several shapes -------------------------------------------------------------------

parts = {"week-1": live[:40], "week-2": live[40:80], "week-3": live[80:]}
inputs = [*numbers, "island", "sex"]
start = datetime(2026, 2, 2, 8, 30)

# a frame without times of a zone, which `tz` tells
week = parts["week-1"]
answer = model.send_inferences(
    week[inputs + predicted],
    inference_timestamps=[start + timedelta(hours=i) for i in range(40)],
    partner_inference_ids=week.index.map("bird-{}".format).tolist(),
    batch_id="week-1",
    tz="US/Pacific",
)
assert answer["counts"] == {"success": 40, "failure": 0, "total": 40}
assert answer["results"][3]["partner_inference_id"] == "bird-3"
assert answer["results"][3]["message"] == "success"

# nested rows, which carry their batch and their truth
week = parts["week-2"]
zone = ZoneInfo("America/Los_Angeles")
rows = [
    {
        "inference_data": {name: getattr(bird, name) for name in inputs + predicted},
        "ground_truth_data": {"species": bird.species},
        "partner_inference_id": f"bird-{bird.Index}",
        "inference_timestamp": (start + timedelta(days=7)).replace(tzinfo=zone),
        "ground_truth_timestamp": "2026-02-11T00:00:00Z",
        "batch_id": "week-2",
    }
    for bird in week.itertuples()
]
assert model.send_inferences(rows)["counts"]["success"] == 40

# columns as lists, predictions and truths beside them, and the batch closed by hand
week = parts["week-3"]
answer = model.send_inferences(
    week[inputs].to_dict("list"),
    week[predicted].to_dict("records"),
    [pd.Timestamp("2026-02-16T09:00", tz="US/Pacific")] * 40,
    week["species"],
    partner_inference_ids=week.index.map("bird-{}".format),
    batch_id="week-3",
    complete_batch=False,
)
assert answer["counts"]["success"] == 40
assert model.close_batch("week-3") == {"dataset_close_result": {"message": "success"}}

# the truth of the first week comes later, some of it wrong at first
week = parts["week-1"]
truths = pd.DataFrame(
    {"species": week["species"], "partner_inference_id": week.index.map("bird-{}".format)}
)
answer = model.update_inference_ground_truths(
    truths,
    ground_truth_timestamps=[datetime(2026, 2, 9)] * 40,
    tz="US/Pacific",
)
assert answer["counts"] == {"success": 40, "failure": 0, "total": 40}
model.await_inferences(min_count=120, with_ground_truth=True, timeout_min=0.1)

bad = {**rows[0], "partner_inference_id": "odd", "batch_id": "week-4"}
bad["inference_data"] = {**bad["inference_data"], "bill": "long"}
try:
    model.send_inferences([bad])
except ResponseClientError as error:
    print("as it should be:", error)
answer = model.send_inferences([bad], fail_silently=True)
assert (answer["counts"]["failure"], answer["results"][0]["status"]) == (1, 400)
for wrong, expected in (
    ([{"bil": 4.0}], UserValueError),
    ("week-1", UserTypeError),
    (week["bill"], UserTypeError),
):
    try:
        model.send_inferences(wrong, batch_id="week-4")
    except expected as error:
        print("as it should be:", error)
    else:
        raise AssertionError(wrong)

# --- what it did ----------------------------------------------------------------------------------

said = np.take(classes, live[predicted].to_numpy().argmax(axis=1))
truth = live["species"]
matrices = dict(zip(classes, multilabel_confusion_matrix(truth, said, labels=classes)))
(row,) = model.query(
    {
        "select": [
            {"function": "accuracyRateMulticlass"},
            {"function": "count"},
            {
                "function": "confusionMatrixMulticlass",
                "alias": "gentoo",
                "parameters": {"predicted_property": "p_gentoo"},
            },
            {
                "function": "auc",
                "parameters": {
                    "predicted_property": "p_gentoo",
                    "ground_truth_property": "species_gentoo",
                },
            },
        ]
    }
)
assert row["count"] == 120
assert np.isclose(row["accuracyRateMulticlass"], (said == truth).mean())
assert np.isclose(row["auc"], roc_auc_score(truth == "gentoo", live["p_gentoo"]))
(tn, fp), (fn, tp) = matrices["gentoo"]
assert row["gentoo"] == {
    "true_positive": tp,
    "false_positive": fp,
    "true_negative": tn,
    "false_negative": fn,
}
by_batch = model.query(
    {
        "select": [
            {"property": "batch_id"},
            {
                "function": "truePositiveRateMulticlass",
                "alias": "tpr",
                "parameters": {"predicted_property": "p_adelie"},
            },
        ],
        "group_by": [{"property": "batch_id"}],
        "order_by": [{"property": "batch_id", "direction": "asc"}],
    }
)
for found, week in zip(by_batch, parts.values()):
    is_adelie = week["species"] == "adelie"
    assert np.isclose(found["tpr"], (said[week.index][is_adelie] == "adelie").mean())

p = reference["island"].value_counts(normalize=True)
drift_body = {
    "properties": ["island"],
    "num_bins": 20,
    "rollup": "batch_id",
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "HellingerDistance",
}
for found, week in zip(model.query(drift_body, query_type="drift"), parts.values()):
    q = week["island"].value_counts(normalize=True).reindex(p.index, fill_value=0)
    assert np.isclose(found["island"], np.linalg.norm(p**0.5 - q**0.5) / 2**0.5)
(found,) = model.query(
    {
        "predicted_classes": ["*"],
        "num_bins": 20,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
        "metric": "PSI",
    },
    "drift",
)
p = pd.Series(logistic.predict(reference[numbers])).value_counts(normalize=True)
q = pd.Series(said).value_counts(normalize=True)
assert np.isclose(found["predictedClass"], ((p - q) * np.log(p / q)).sum())
table = model.query(
    {
        "property": "sex",
        "num_bins": 10,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
    },
    query_type="drift_psi_bucket_table",
)
assert {row["bucket"]: row["target_count_per_bucket"] for row in table} == live[
    "sex"
].value_counts().to_dict()
try:
    model.query({}, query_type="trend")
except UserValueError as error:
    print("as it should be:", error)

# --- metrics and alerts ---------------------------------------------------------------------------

names = [metric.name for metric in model.get_metrics(default_metrics=True)]
assert {"Overall Accuracy Rate", "AUC: p_gentoo", "Inference Count"} <= set(names)
recall_of = {
    "select": [
        {
            "function": "truePositiveRateMulticlass",
            "alias": "recall",
            "parameters": {"predicted_property": "{{ species }}"},
        }
    ]
}
metric_id = model.create_metric(
    "Recall of a species",
    recall_of,
    metric_type=MetricType.ModelPerformanceMetric,
    parameters=[{"name": "species", "parameter_type": "ATTRIBUTE"}],
)
(metric,) = model.get_metrics(metric_name="Recall of a species")
assert (metric.id, metric.is_default) == (metric_id, False)
assert metric.type == MetricType.ModelPerformanceMetric
assert metric_id in [m.id for m in model.get_metrics(metric_type=MetricType.ModelPerformanceMetric)]
try:
    model.create_metric("Odd", recall_of, metric_type="odd")
except ArthurUserError as error:
    print("as it should be:", error)
drift_metric = model.create_metric(
    name="Drift of the islands",
    query={key: value for key, value in drift_body.items() if key != "rollup"},
    is_data_drift=True,
)
assert model.get_metrics(metric_id=drift_metric)[0].type == MetricType.ModelDataDriftMetric
for severity, threshold in (
    (AlertRuleSeverity.Warning, 1.0),
    (AlertRuleSeverity.Critical, 0.2),
):
    rule = model.create_alert_rule(
        metric_id,
        AlertRuleBound.Lower,
        threshold,
        severity,
        name=f"adelie below {threshold}",
        metric_parameters={"species": ["p_adelie"]},
        filters=[{"property": "sex", "comparator": "eq", "value": "f"}],
    )
assert rule.metric_parameters == {"species": "p_adelie"}
try:
    model.create_alert_rule(
        metric_id, "lower", 0.5, "warning", metric_parameters={"species": predicted}
    )
except ArthurUserError as error:
    print("as it should be:", error)
rules = model.get_alert_rules()
assert [r.severity for r in rules if r.metric_id == metric_id] == ["warning", "critical"]
assert [r.id for r in model.get_alert_rules(page=2, page_size=1)] == [rules[1].id]
females = {
    name: week[(week["sex"] == "f") & (week["species"] == "adelie")] for name, week in parts.items()
}
recalls = {name: (said[week.index] == "adelie").mean() for name, week in females.items()}
again = model.send_inferences(parts["week-1"][inputs + predicted + ["species"]], batch_id="week-5")
assert again["counts"]["success"] == 40
recalls["week-5"] = recalls["week-1"]
found = {
    alert.batch_id: alert
    for alert in model.get_alerts(status="new")
    if alert.alert_rule.metric_id == metric_id
}
assert set(found) == {name for name, recall in recalls.items() if recall < 1}
for name, alert in found.items():
    assert np.isclose(alert.metric_value, recalls[name])
    assert alert.alert_rule.severity == AlertRuleSeverity.Warning
alert = found["week-5"]
assert alert.id in [a.id for a in model.get_alerts(batch_id="week-5")]
assert model.update_alert(AlertStatus.Resolved, alert.id).status == "resolved"
assert [a.id for a in model.get_alerts(status=AlertStatus.Resolved)] == [alert.id]

# --- fairness, weak spots, reasons ----------------------------------------------------------------

seen = pd.concat([live, parts["week-1"]], ignore_index=True)
said = np.take(classes, seen[predicted].to_numpy().argmax(axis=1))
rates = model.bias.metrics.group_confusion_matrices("sex", "p_chinstrap")
only = model.bias.metrics.group_confusion_matrices(
    "sex", pred_property="p_chinstrap", batch_id="week-2", return_by_metric=False
)
for sex in "fm":
    for found, rows in ((rates, seen.index < 160), (None, (seen.index >= 40) & (seen.index < 80))):
        rows = rows & (seen["sex"] == sex)
        matrix = multilabel_confusion_matrix(seen["species"][rows], said[rows], labels=classes)
        (tn, fp), (fn, tp) = matrix[1]
        value = found["true_positive_rate"][sex] if found else only[sex]["true_positive_rate"]
        assert np.isclose(value, tp / (tp + fn))
        value = found["precision"][sex] if found else only[sex]["precision"]
        assert np.isclose(value, tp / (tp + fp))
for wrong, call in (
    (UserValueError, lambda: model.bias.metrics.group_confusion_matrices("sex")),
    (UserValueError, lambda: model.bias.metrics.group_positivity_rates("sex")),
    (MethodNotApplicableError, lambda: model.bias.metrics.demographic_parity("island")),
    (MethodNotApplicableError, model.enable_bias_mitigation),
    (MethodNotApplicableError, lambda: model.binarize({"p_adelie": 0.4})),
):
    try:
        call()
    except wrong as error:
        print("as it should be:", error)
    else:
        raise AssertionError(wrong)

assert model.enable_hotspots() == "ok"
for spot in model.find_hotspots("accuracy", 0.9, batch_id="week-2")["data"]:
    assert spot["accuracy"] < 0.9
    assert 0 < spot["n_samples"] <= 40
try:
    model.find_hotspots(batch_id="week-2", date="2026-02-09")
except ArthurUserError as error:
    print("as it should be:", error)
states = {name: each["enabled"] for name, each in model.get_enrichments().items()}
assert states == {
    "anomaly_detection": True,
    "bias_mitigation": False,
    "explainability": False,
    "hotspots": True,
}
assert model.get_enrichment("hotspots")["status"] == EnrichmentStatus.EnrichmentStatusReady
assert model.update_enrichments({"hotspots": {"enabled": False}}) == "ok"

# --- pictures -------------------------------------------------------------------------------------

model.viz.timeline("island")
model.viz.timeline("bill")
model.viz.drift_series("island", "PSI")
plt.close("all")

# --- versions -------------------------------------------------------------------------------------

group = arthur.get_model_group(model.model_group_id)
assert group.name == "Penguins"
second = arthur.model(
    display_name="Penguins", input_type="TABULAR", output_type="MULTICLASS", is_batch=True
)
# this time with a 0/1 column for each class, and the schema by hand
wide = reference.assign(**{f"is_{c}": (reference["species"] == c).astype(int) for c in classes})
second.infer_schema(wide[numbers], Stage.ModelPipelineInput)
second.infer_schema(wide["sex"], stage=Stage.NonInputData)
second.add_multiclass_classifier_output_attributes({f"p_{c}": f"is_{c}" for c in classes})
(added,) = second.add_attribute(
    arthur_attribute=ArthurAttribute(
        name="island",
        value_type=ValueType.String,
        stage=Stage.NonInputData,
        position=1,
        categorical=True,
        categories=[AttributeCategory("biscoe"), AttributeCategory("dream")],
    )
)
assert second.get_attribute("island") is added
group.add_version(second, "one column each")
second.save()
result, closed = second.set_reference_data(data=wide.drop(columns=["species"]))
assert result["counts"] == {"success": 240, "failure": 0, "total": 240}
assert closed == {"dataset_close_result": {"message": "success"}}
with tempfile.TemporaryDirectory() as folder:
    rows = live.assign(
        **{f"is_{c}": (live["species"] == c).astype(int) for c in classes},
        partner_inference_id=[f"bird-{i}" for i in range(120)],
        inference_timestamp=datetime(2026, 3, 2, tzinfo=zone),
        ground_truth_timestamp=datetime(2026, 3, 3, tzinfo=zone),
        batch_id="all",
    ).drop(columns="species")
    rows[:70].to_parquet(f"{folder}/a.parquet")
    rows[70:].to_parquet(f"{folder}/b.parquet")
    result, closed = second.send_bulk_inferences("all", folder)
assert result["counts"]["success"] == 120
assert result["failures"] == [[], []]
assert closed["dataset_close_result"]["message"] == "success"
(row,) = second.query({"select": [{"function": "accuracyRateMulticlass"}]})
said = np.take(classes, live[predicted].to_numpy().argmax(axis=1))
assert np.isclose(row["accuracyRateMulticlass"], (said == truth).mean())

assert [v.version_label for v in group.get_versions()] == ["one column each", None]
assert group.get_version(2).id == group.get_version(label="one column each").id == second.id
group.viz().timeline("bill")
group.viz(labels=["one column each"]).drift_series(["bill"])
second.archive()
assert group.get_latest_version().id == model_id
assert group.get_latest_version(include_archived=True).id == second.id
group.archive()
assert arthur.get_model(model_id).status == ModelStatus.Archived
try:
    group.get_version(sequence_num=3)
except ResponseClientError as error:
    print("as it should be:", error)
print("done")
