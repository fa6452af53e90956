"""Recommendations: a model that ranks items, in the SDK's words."""

import json
import tempfile
from datetime import datetime
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.client.client import ArthurAI as SameArthurAI
from arthurai.common.constants import InputType, OutputType, Stage, ValueType
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    ResponseClientError,
    UserValueError,
)
from arthurai.core.alerts import AlertRuleBound, AlertRuleSeverity, MetricType
from sklearn.metrics import roc_auc_score

matplotlib.use("Agg")
assert ArthurAI is SameArthurAI

rng = np.random.RandomState(4)
items = [f"film-{i}" for i in range(12)]
rows = []
for number in range(40):
    ranked = rng.permutation(items)[:6]
    rows.append(
        {
            "age": int(rng.randint(18, 70)),
            "country": ["de", "fr", "it"][number % 3],
            "recommended": [
                {"item_id": item, "label": item.upper(), "score": float(6 - place)}
                for place, item in enumerate(ranked)
            ],
            "watched": rng.choice(items, 3, replace=False).tolist(),
        }
    )
frame = pd.DataFrame(rows)

# --- onboarding -----------------------------------------------------------------------------------

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Films", input_type=InputType.Tabular, output_type=OutputType.RankedList
)
review = model.build(
    frame, pred_to_ground_truth_map={"recommended": "watched"}, non_input_columns=["country"]
)
assert review["name"].tolist() == ["age", "country", "watched", "recommended"]
assert model.get_attribute("recommended").value_type == ValueType.RankedList
assert model.get_attribute("watched", Stage.GroundTruth).value_type == ValueType.StringArray
assert model.get_attribute("watched").attribute_link == "recommended"
model.get_attribute("age").set(bins=[None, 30, 50, None])
model.set_attribute_labels("country", {"de": "Germany", "fr": "France", "it": "Italy"})
model.set_attribute_as_sensitive("country")
print(model.review(props=["value_type", "categories", "bins"]))
model.save()
model.await_model_ready()
assert model.reference_dataframe is None

# --- in use ---------------------------------------------------------------------------------------

ids = [f"u{i}" for i in range(40)]
days = [f"2026-03-{1 + i // 20:02}T12:00:00+00:00" for i in range(40)]
model.send_inferences(
    frame[["age", "country", "recommended"]],
    partner_inference_ids=ids,
    inference_timestamps=days,
)
answer = model.update_inference_ground_truths(
    {"watched": frame["watched"].tolist()}, partner_inference_ids=ids
)
assert answer["counts"] == {"success": 40, "failure": 0, "total": 40}
sent = frame[:5]
model.send_inferences(  # predictions and truths beside the inputs
    sent[["age", "country"]].to_dict("records"),
    [{"recommended": ranked} for ranked in sent["recommended"]],
    ground_truths=sent["watched"].tolist(),
    inference_timestamps=[datetime(2026, 3, 3)] * 5,
    ground_truth_timestamps=[datetime(2026, 3, 3)] * 5,
    tz="US/Eastern",
)
folder = Path(model.convert_dataframe(frame, False, max_rows_per_file=25))
chunks = [json.loads(path.read_text()) for path in sorted(folder.iterdir())]
assert [len(chunk) for chunk in chunks] == [25, 15]
assert chunks[1][0]["inference_data"]["recommended"] == rows[25]["recommended"]
assert chunks[1][0]["ground_truth_data"] == {"watched": rows[25]["watched"]}
for number, path in enumerate(sorted(folder.iterdir())):
    path.unlink()
folder.rmdir()
with tempfile.TemporaryDirectory() as name:
    for number, chunk in enumerate(chunks):
        for place, row in enumerate(chunk):
            row["partner_inference_id"] = f"bulk-{number}-{place}"
            row["inference_timestamp"] = row["ground_truth_timestamp"] = "2026-03-04T00:00:00Z"
        Path(name, f"{number}.json").write_text(json.dumps(chunk))
    result, closed = model.send_bulk_inferences(directory_path=name)
assert result["counts"] == {"success": 40, "failure": 0, "total": 40}
assert (result["failures"], closed) == ([[], []], None)
model.await_inferences(min_count=85)
try:
    model.send_inferences([{"age": 30, "recommended": ["film-1"]}])
except ResponseClientError as error:
    print("as it should be:", error)

# --- what it did ----------------------------------------------------------------------------------

k = 3
seen = [*rows, *rows[:5], *rows]
per_row = []
for row in seen:
    hits = np.array([each["item_id"] in row["watched"] for each in row["recommended"]])
    found = hits.nonzero()[0]
    gain = sum(hit / np.log2(place + 2) for place, hit in enumerate(hits[:k]))
    ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(row["watched"]))))
    precisions = [hits[: place + 1].mean() for place in found if place < k]
    per_row.append(
        {
            "precisionAtK": hits[:k].sum() / k,
            "recallAtK": hits[:k].sum() / len(row["watched"]),
            "mapAtK": sum(precisions) / min(k, len(row["watched"])),
            "nDCGAtK": gain / ideal,
            "meanReciprocalRank": 1 / (found[0] + 1) if len(found) else 0,
            "rankedListAUC": roc_auc_score(hits, range(6, 0, -1)) if 0 < hits.sum() < 6 else None,
        }
    )
expected = pd.DataFrame(per_row).astype(float)
select = [
    {"function": name, "parameters": {"k": k} if name.endswith("AtK") else {}} for name in expected
]
(found,) = model.query({"select": select})
for name, values in expected.items():
    assert np.isclose(found[name], values.mean()), name
print(found)
by_country = model.query(
    {"select": [{"property": "country"}, select[0]], "group_by": [{"property": "country"}]}
)
countries = pd.Series([row["country"] for row in seen])
means = expected["precisionAtK"].groupby(countries).mean()
assert np.allclose(
    [row["precisionAtK"] for row in by_country], means[[r["country"] for r in by_country]]
)
(row,) = model.query(
    {
        "select": [
            {
                "function": "rankedItemMaxK",
                "parameters": {"property": "recommended_item_id", "item_filter": "film-3"},
            }
        ]
    }
)
places = [[e["item_id"] for e in r["recommended"]].index("film-3") for r in rows
          if any(e["item_id"] == "film-3" for e in r["recommended"])]  # fmt: skip
assert row["rankedItemMaxK"] == 1 + max(places)
drift = {
    "properties": ["recommended", "country"],
    "rollup": "day",
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "PSI",
}


def shares(some):
    counts = pd.Series([e["item_id"] for r in some for e in r["recommended"]]).value_counts()
    return counts.reindex(sorted(items), fill_value=0)


first_day = model.query(drift, query_type="drift")[0]
p, q = shares(rows), shares(rows[:20])
p, q = p / p.sum(), q.replace(0, 0.5) / q.sum()
assert first_day["rollup"] == "2026-03-01T00:00:00Z"
assert np.isclose(first_day["recommended"], ((p - q) * np.log(p / q)).sum())
try:
    model.query({**drift, "metric": "KLDivergence"}, query_type="drift")
except ArthurUserError as error:
    print("as it should be:", error)

# --- metrics and alerts ---------------------------------------------------------------------------

names = [metric.name for metric in model.get_metrics(default_metrics=True)]
assert names[:6] == [
    "Precision at k", "Recall at k", "nDCG at k", "Mean Reciprocal Rank", "Ranked List AUC",
    "Inference Count",
]  # fmt: skip
precision = model.get_metrics(metric_name="Precision at k")[0]
rule = model.create_alert_rule(
    precision.id,
    AlertRuleBound.Lower,
    0.9,
    AlertRuleSeverity.Warning,
    lookback_period=24 * 60,
    subsequent_alert_wait_time=24 * 60,
    metric_parameters={"k": (k,)},
    filters=[{"property": "country", "comparator": "eq", "value": "de"}],
)
assert rule.metric_parameters == {"k": k}
alerts = {alert.window_start[:10]: alert.metric_value for alert in model.get_alerts()}
of_day = pd.Series([*(day[:10] for day in days), *["2026-03-03"] * 5, *["2026-03-04"] * 40])
means = expected["precisionAtK"][countries == "de"].groupby(of_day).mean()
assert set(alerts) == set(means.index)
for day, value in means.items():
    assert np.isclose(alerts[day], value)
metric_id = model.create_metric(
    name="Hits of the young",
    query={
        "select": [{"function": "recallAtK", "alias": "r", "parameters": {"k": 6}}],
        "filter": [{"property": "age", "comparator": "lt", "value": 30}],
    },
    metric_type=MetricType.ModelPerformanceMetric,
)
assert model.get_metrics(metric_id=metric_id)[0].type == "model_performance_metric"
try:
    model.create_metric("Mean Reciprocal Rank", {"select": [{"function": "count"}]})
except ResponseClientError as error:
    print("as it should be:", error)

# --- what there is not for lists ------------------------------------------------------------------

for refused in (
    model.enable_bias_mitigation,
    model.enable_hotspots,
    lambda: model.bias.metrics.group_confusion_matrices("country"),
    lambda: model.bias.metrics.group_positivity_rates("country"),
    lambda: model.find_hotspots(date="2026-03-01"),
    lambda: model.explain_inference("u0"),
    lambda: model.one_hot_encode("watched"),
):
    try:
        refused()
    except ArthurUserError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
too_long = pd.DataFrame(
    {
        "age": [30],
        "recommended": [[{"item_id": f"i{n}"} for n in range(101)]],
        "watched": [["i1"]],
    }
)
again = connection.model(
    display_name="Films", input_type=InputType.Tabular, output_type=OutputType.RankedList
)
try:
    again.build(too_long, pred_to_ground_truth_map={"recommended": "watched"})
except UserValueError as error:
    print("as it should be:", error)

# --- pictures and versions ------------------------------------------------------------------------

model.viz.timeline("country")
model.viz.timeline("age")
model.viz.drift_series(["age", "country"], "PSI", "day")

again.infer_schema(frame[["age", "country"]], Stage.ModelPipelineInput)
try:
    again.add_ranked_list_output_attributes("recommended", "recommended")
except UserValueError as error:
    print("as it should be:", error)
again.add_ranked_list_output_attributes(predicted_attr_name="recommended", gt_attr_name="watched")
group = connection.get_model_group(model)
group.add_version(model=again, label="by country too")
again.save()
result, closed = again.set_reference_data(data=frame[["age", "country"]])
assert (result["counts"]["success"], closed["dataset_close_result"]["message"]) == (40, "success")
assert again.send_inferences(frame)["counts"]["success"] == 40
(found,) = group.get_version(label="by country too").query({"select": [select[4]]})
assert np.isclose(found["meanReciprocalRank"], expected["meanReciprocalRank"][:40].mean())
try:
    again.viz.metric_series(["auc"])
except (ArthurUserError, MethodNotApplicableError) as error:
    print("as it should be:", error)
model.archive()
assert [version.id for version in group.get_versions()] == [again.id]
again.archive()
try:
    group.get_latest_version()
except ResponseClientError as error:
    print("as it should be:", error)
print("done")
