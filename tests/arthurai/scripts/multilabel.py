"""Tickets: a model that gives each row several labels, or none, in the SDK's words."""

from datetime import datetime, timezone

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI, ArthurAttribute
from arthurai.common.constants import InputType, OutputType, Stage, ValueType
from arthurai.common.exceptions import ArthurUserError, MissingParameterError
from arthurai.core.attributes import AttributeCategory
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score

matplotlib.use("Agg")

rng = np.random.RandomState(8)
n = 200
tickets = pd.DataFrame(
    {
        "length": rng.gamma(2.0, 60.0, n).round(),
        "hour": rng.randint(0, 24, n),
        "channel": rng.choice(["mail", "phone"], n),
    }
)
labels = ["urgent", "angry"]
risks = np.c_[tickets["hour"] / 12 - 1, tickets["length"] / 120 - 1] + 0.5 * rng.randn(n, 2)
for place, label in enumerate(labels):
    tickets[label] = (risks[:, place] + 0.3 * rng.randn(n) > 0).astype(int)
    tickets[f"p_{label}"] = 1 / (1 + np.exp(-2 * risks[:, place]))

# --- onboarding: a model of this kind has no method for its outputs -------------------------------

arthur = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = arthur.model(
    display_name="Tickets",
    input_type=InputType.Tabular,
    output_type=OutputType.Multilabel,
    classifier_threshold=0.6,
)
try:
    model.build(tickets, {f"p_{label}": label for label in labels})
except ArthurUserError as error:
    print("as it should be:", error)
model.infer_schema(tickets[["length", "hour"]], Stage.ModelPipelineInput)
model.infer_schema(data=tickets["channel"], stage=Stage.NonInputData)
try:
    model.save()
except MissingParameterError as error:
    print("as it should be:", error)
for place, label in enumerate(labels):
    model.add_attribute(
        arthur_attribute=ArthurAttribute(
            name=label,
            value_type=ValueType.Integer,
            stage=Stage.GroundTruth,
            position=place,
            categorical=True,
            categories=[AttributeCategory("0"), AttributeCategory("1")],
            attribute_link=f"p_{label}",
        )
    )
    model.add_attribute(
        arthur_attribute=ArthurAttribute(
            f"p_{label}",
            ValueType.Float,
            Stage.PredictedValue,
            position=place,
            min_range=0,
            max_range=1,
            attribute_link=label,
        )
    )
hour = model.get_attribute("hour")  # more than 20 values: a number, here with bins
assert (hour.categorical, hour.min_range, hour.max_range) == (False, 0, 23)
hour.set(bins=[None, 7, 19, None])
hour.monitor_for_bias = True
model.set_attribute_as_sensitive("channel")
assert model.review()["name"].tolist() == [
    "length", "hour", "channel", "urgent", "p_urgent", "angry", "p_angry",
]  # fmt: skip
model.set_reference_data(data=tickets[:100])
model.save()
model.await_model_ready()

# --- in use ---------------------------------------------------------------------------------------

live = tickets[100:].reset_index(drop=True)
times = pd.date_range("2026-05-01", periods=100, freq="2h", tz="UTC")
answer = model.send_inferences(
    live[["length", "hour", "channel"]],
    predictions=live[["p_urgent", "p_angry"]].to_numpy(),
    inference_timestamps=times,
    partner_inference_ids=[f"t{i}" for i in range(100)],
)
assert answer["counts"] == {"success": 100, "failure": 0, "total": 100}
answer = model.update_inference_ground_truths(
    live[labels].to_dict("list"),
    partner_inference_ids=[f"t{i}" for i in range(100)],
    ground_truth_timestamps=[datetime(2026, 5, 20, tzinfo=timezone.utc)] * 100,
)
assert answer["counts"]["success"] == 100
model.await_inferences(100)

# --- what it did: each label is a problem of its own ----------------------------------------------


def about(label, **more):
    return {"predicted_property": f"p_{label}", "ground_truth_property": label} | more


functions = ["accuracyRate", "f1", "auc", "confusionMatrix"]
for label in labels:
    (found,) = model.query(
        {"select": [{"function": name, "parameters": about(label)} for name in functions]}
    )
    said, true = live[f"p_{label}"] >= 0.6, live[label]
    assert np.isclose(found["accuracyRate"], accuracy_score(true, said))
    assert np.isclose(found["f1"], f1_score(true, said))
    assert np.isclose(found["auc"], roc_auc_score(true, live[f"p_{label}"]))
    tn, fp, fn, tp = confusion_matrix(true, said).ravel()
    assert found["confusionMatrix"] == {
        "true_positive": tp,
        "false_positive": fp,
        "true_negative": tn,
        "false_negative": fn,
    }
    print(label, found)
drift = {
    "properties": ["length", "channel"],
    "num_bins": 5,
    "rollup": "month",
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "HellingerDistance",
}
(found,) = model.query(drift, query_type="drift")
edges = np.quantile(tickets["length"][:100], np.arange(1, 5) / 5)
p, q = (
    np.bincount(np.digitize(each, edges), minlength=5) / 100
    for each in (tickets["length"][:100], live["length"])
)
assert np.isclose(found["length"], np.linalg.norm(p**0.5 - q**0.5) / 2**0.5)
assert found["rollup"] == "2026-05-01T00:00:00Z"

metrics = {metric.name: metric for metric in model.get_metrics(default_metrics=True)}
assert {f"Recall: p_{label}" for label in labels} <= set(metrics)
rule = model.create_alert_rule(
    metrics["Recall: p_urgent"].id,
    "lower",
    0.5,
    "warning",
    lookback_period=24 * 60,
    subsequent_alert_wait_time=24 * 60,
)
said = (live["p_urgent"] >= 0.6)[live["urgent"] == 1]
recalls = said.groupby(times[live["urgent"] == 1].strftime("%Y-%m-%d")).mean()
found = {
    alert.window_start[:10]: alert.metric_value for alert in model.get_alerts(alert_rule_id=rule.id)
}
assert set(found) == set(recalls[recalls < 0.5].index)
assert all(np.isclose(recalls[day], value) for day, value in found.items())
both = model.create_metric(
    "Urgent and angry",
    {
        "select": [
            {
                "function": "avg",
                "alias": "both",
                "parameters": {
                    "property": {
                        "nested_function": {
                            "function": "and",
                            "parameters": {"left": "urgent", "right": "angry"},
                        }
                    }
                },
            }
        ]
    },
)
(row,) = model.query(model.get_metrics(metric_id=both)[0].query)
assert np.isclose(row["both"], (live["urgent"] & live["angry"]).mean())

# --- fairness and the rest ------------------------------------------------------------------------

matrices = model.bias.metrics.group_confusion_matrices("hour", "p_angry")
groups = pd.cut(live["hour"], [-np.inf, 7, 19, np.inf]).cat.rename_categories(
    ["(-inf,7]", "(7,19]", "(19,inf)"]
)
said = live["p_angry"] >= 0.6
rates = said[live["angry"] == 1].groupby(groups, observed=True).mean()
assert matrices["true_positive_rate"] == rates.to_dict()
for refused in (
    lambda: model.bias.metrics.group_confusion_matrices("hour"),
    lambda: model.bias.metrics.group_positivity_rates("channel"),
    model.enable_bias_mitigation,
    model.enable_hotspots,
    lambda: model.one_hot_encode("urgent"),
):
    try:
        refused()
    except ArthurUserError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
model.viz.timeline("hour")
model.viz.metric_series([f"F1: p_{label}" for label in labels], "day")
model.viz.drift_series(["length", "channel"], "PSI", "month")

group = arthur.get_model_group(model.model_group_id)
group.name = "Support tickets"
assert arthur.get_model_group(group.id).name == "Support tickets"
assert group.get_version(sequence_num=1).get_attribute("p_angry").attribute_link == "angry"
model.archive()
assert group.get_versions() == []
print("done")
