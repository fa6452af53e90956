"""Translations, captions and answers: models that write tokens, in the SDK's words."""

import json
import tempfile
from datetime import timedelta, timezone
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import Enrichment, InputType, OutputType, Stage, ValueType
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    ResponseClientError,
    UserTypeError,
)
from arthurai.core.model_utils import tensors_to_arthur_inference
from arthurai.util import generate_timestamps

matplotlib.use("Agg")
vocabulary = {0: "the", 1: "cat", 2: "sat", 3: "mat"}
rng = np.random.RandomState(3)


def written(n_tokens):
    """Tokens with their likelihoods, as a language model gives them."""
    probabilities = rng.dirichlet(np.ones(4) * 0.4, n_tokens)
    likelihoods = tensors_to_arthur_inference(np.log(probabilities), vocabulary, 3)
    tokens = [vocabulary[i] for i in probabilities.argmax(axis=1)]
    return tokens, likelihoods


rows = []
for number in range(30):
    tokens, likelihoods = written(3 + number % 4)
    rows.append(
        {
            "source": f"sentence {number}",
            "source_tokens": ["sentence", str(number)],
            "output": " ".join(tokens),
            "output_tokens": tokens,
            "output_likelihoods": likelihoods,
            "truth": "the cat sat",
            "truth_tokens": ["the", "cat", "sat"],
            "language": ["de", "fr"][number % 3 == 0],
        }
    )
frame = pd.DataFrame(rows)

# --- onboarding -----------------------------------------------------------------------------------

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Translations",
    input_type=InputType.NLP,
    output_type=OutputType.TokenSequence,
    text_delimiter=r"\s+",
    is_batch=True,
)
review = model.build_token_sequence_model(
    input_column="source",
    output_text_column="output",
    input_token_column="source_tokens",
    output_token_column="output_tokens",
    output_likelihood_column="output_likelihoods",
    ground_truth_text_column="truth",
    ground_truth_tokens_column="truth_tokens",
)
assert review["name"].tolist() == [
    "source_tokens", "source", "output_tokens", "output_likelihoods", "output", "truth_tokens",
    "truth",
]  # fmt: skip
likelihoods = model.get_attribute("output_likelihoods", Stage.PredictedValue)
assert (likelihoods.value_type, likelihoods.position) == (ValueType.TokenLikelihoods, 2)
assert model.get_attribute("output").token_attribute_link == "output_tokens"
assert model.get_attribute("source_tokens").stage == Stage.PredictFunctionInput
model.add_attribute(
    name="language",
    value_type=ValueType.String,
    stage=Stage.NonInputData,
    categorical=True,
    categories=["de", "fr"],
    monitor_for_bias=True,
    position=0,
)
try:
    model.build(frame, {"output": "truth"})
except MethodNotApplicableError as error:
    print("as it should be:", error)
model.set_reference_data(data=frame)
try:
    model.validate_reference_data(frame.assign(output_tokens="the cat"))
except UserTypeError as error:
    print("as it should be:", error)
model.save()
model.await_model_ready()
assert connection.get_model(model.id).get_attributes(Stage.PredictedValue) == [
    model.get_attribute(name) for name in ("output", "output_tokens", "output_likelihoods")
]

# --- in use ---------------------------------------------------------------------------------------

times = generate_timestamps(30, duration=timedelta(days=6), noisiness=0)
answer = model.send_inferences(
    [{**row, "batch_id": f"b{number // 10}"} for number, row in enumerate(rows)],
    inference_timestamps=times,
    partner_inference_ids=[f"s{number}" for number in range(30)],
)
assert answer["counts"] == {"success": 30, "failure": 0, "total": 30}
nested = [
    {
        "inference_data": {key: row[key] for key in row if not key.startswith("truth")},
        "partner_inference_id": f"n{number}",
        "inference_timestamp": "2026-03-01T10:00:00+01:00",
        "batch_id": "b3",
    }
    for number, row in enumerate(rows[:6])
]
assert model.send_inferences(nested)["counts"]["success"] == 6
answer = model.update_inference_ground_truths(
    {"truth": ["the mat"] * 6, "truth_tokens": [["the", "mat"]] * 6},
    [f"n{number}" for number in range(6)],
    ground_truth_timestamps=["2026-03-02T10:00:00Z"] * 6,
)
assert answer["counts"]["success"] == 6
with tempfile.TemporaryDirectory() as folder:
    lines = [
        {**row, "partner_inference_id": f"f{number}", "inference_timestamp": "2026-03-02T00:00:00Z"}
        | {"ground_truth_timestamp": "2026-03-02T00:00:00Z", "batch_id": "b4"}
        for number, row in enumerate(rows[:4])
    ]
    Path(folder, "more.json").write_text(json.dumps(lines))
    result, closed = model.send_bulk_inferences("b4", directory_path=folder)
assert result == {"counts": {"success": 4, "failure": 0, "total": 4}, "failures": [[]]}
assert closed == {"dataset_close_result": {"message": "success"}}
broken = {**rows[0], "output_likelihoods": [{"the": "likely"}], "batch_id": "b5"}
try:
    model.send_inferences([broken])
except ResponseClientError as error:
    print("as it should be:", error)
model.await_inferences(40)

# --- what it did ----------------------------------------------------------------------------------

seen = pd.concat([frame, frame[:6], frame[:4]], ignore_index=True)
select = [
    {"function": "averageTokenLikelihood", "parameters": {"property": "output_likelihoods"}},
    {"function": "likelihoodStability", "parameters": {"property": "output_likelihoods"}},
    {"function": "averageSequenceLength", "parameters": {"property": "output_tokens"}},
    {"function": "averageSequenceLength", "alias": "in", "parameters": {"property": "source"}},
    {"function": "count"},
]
(found,) = model.query({"select": select})
best = [
    [max(place.values()) for place in likelihoods] for likelihoods in seen["output_likelihoods"]
]
assert np.isclose(found["averageTokenLikelihood"], np.mean([np.mean(row) for row in best]))
assert np.isclose(found["likelihoodStability"], np.mean([np.std(row) for row in best]))
assert np.isclose(found["averageSequenceLength"], seen["output_tokens"].map(len).mean())
assert (found["in"], found["count"]) == (2, 40)
print(found)
(row,) = model.query(
    {
        "select": [
            {"property": "output_likelihoods_tokens"},
            {"property": "output_likelihoods_likelihoods"},
            {"property": "truth_tokens"},
        ],
        "filter": [{"property": "partner_inference_id", "comparator": "eq", "value": "n2"}],
    }
)
assert row["output_likelihoods_tokens"] == rows[2]["output_tokens"]
assert np.allclose(row["output_likelihoods_likelihoods"], best[2])
assert row["truth_tokens"] == ["the", "mat"]
by_language = model.query(
    {
        "select": [{"property": "language"}, select[0]],
        "group_by": [{"property": "language"}],
    }
)
for each in by_language:
    of_it = [np.mean(row) for row, one in zip(best, seen["language"]) if one == each["language"]]
    assert np.isclose(each["averageTokenLikelihood"], np.mean(of_it))
drift = {
    "properties": ["language"],
    "rollup": "batch_id",
    "base": {"source": "reference"},
    "target": {"source": "inference"},
    "metric": "KLDivergence",
}
p = frame["language"].value_counts(normalize=True)
for each in model.query(drift, query_type="drift"):
    if each["rollup"] == "b3":
        q = frame["language"][:6].value_counts(normalize=True)
        assert np.isclose(each["language"], (p * np.log(p / q)).sum())
assert len(model.query(drift, query_type="drift")) == 5
try:
    model.query({**drift, "properties": ["output_tokens"]}, query_type="drift")
except ArthurUserError as error:
    print("as it should be:", error)

# --- metrics and alerts ---------------------------------------------------------------------------

metrics = {metric.name: metric for metric in model.get_metrics(default_metrics=True)}
names = {"Average Token Likelihood", "Likelihood Stability", "Average Sequence Length"}
assert names | {"Inference Count", "Feature Drift: language"} <= set(metrics)
rule = model.create_alert_rule(
    metrics["Average Sequence Length"].id, "lower", 4.0, "warning", name="short"
)
model.send_inferences([row for row in rows if len(row["output_tokens"]) == 3], batch_id="b6")
(alert,) = model.get_alerts(batch_id="b6")
assert (alert.metric_value, alert.alert_rule.name, alert.batch_id) == (3.0, "short", "b6")
metric_id = model.create_metric(
    "Long outputs", {"select": [{"function": "count", "alias": "n"}]}, False, "model_output_metric"
)
assert model.get_metrics(metric_id=metric_id)[0].name == "Long outputs"

# --- what there is not for what is written --------------------------------------------------------

for refused in (
    lambda: model.enable_explainability(frame, ".", "entry"),
    lambda: model.explain_inference("s1"),
    lambda: model.bias.metrics.group_confusion_matrices("language"),
    model.enable_bias_mitigation,
    model.enable_hotspots,
    lambda: model.query({"select": [{"function": "accuracyRate"}]}),
):
    try:
        refused()
    except ArthurUserError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
assert model.update_enrichment(Enrichment.AnomalyDetection, False) == "ok"
assert not any(state["enabled"] for state in model.get_enrichments().values())

model.viz.timeline("language")
model.viz.drift_series(["language"])

# --- versions: only likelihoods; a caption of a picture; an answer made of a row ------------------

group = connection.get_model_group(model)
short = connection.model(
    display_name="Translations", input_type="NLP", output_type="TOKEN_SEQUENCE"
)
short.build_token_sequence_model("source", "output", output_likelihood_column="output_likelihoods")
assert short.get_attribute("output").token_attribute_link == "output_likelihoods"
group.add_version(short, "likelihoods")
short.save()
wanted = ["source", "output", "output_likelihoods"]
berlin = timezone(timedelta(hours=1))
short.send_inferences(
    frame[wanted], inference_timestamps=[time.astimezone(berlin) for time in times]
)
(found,) = short.query({"select": [{"function": "count"}, select[0]]})
assert np.isclose(found["averageTokenLikelihood"], np.mean([np.mean(row) for row in best[:30]]))

captions = connection.model("captions", InputType.Image, OutputType.TokenSequence, pixel_height=1)
captions.build_token_sequence_model("picture", "caption", output_token_column="words")
assert captions.get_image_attribute().name == "picture"
assert not captions.get_image_attribute().is_unique
captions.save()

answers = connection.model("answers", InputType.Tabular, OutputType.TokenSequence)
table = pd.DataFrame({"city": ["Bonn", "Kiel"] * 3, "height": [60.5, 5.0] * 3, "told": "a city"})
answers.build_token_sequence_model(["city", "height"], "told", data=table)
assert answers.get_attribute_names(Stage.ModelPipelineInput) == ["city", "height"]
answers.save()
assert answers.send_inferences(table)["counts"]["success"] == 6
(found,) = answers.query(
    {"select": [{"function": "averageSequenceLength", "parameters": {"property": "told"}}]}
)
assert found["averageSequenceLength"] == 2

assert [v.version_label for v in group.get_versions()] == ["likelihoods", None]
assert group.get_version(label="likelihoods").id == short.id
group.archive()
for each in (captions, answers):
    each.archive()
print("done")
