"""Reviews: a text classifier of three classes, and one of two, in the SDK's words."""

import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import (
    Enrichment,
    InputType,
    OutputType,
    Stage,
    TextDelimiter,
    ValueType,
)
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    MissingParameterError,
    UserValueError,
)
from arthurai.core.models import ArthurModelGroup
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.naive_bayes import MultinomialNB

matplotlib.use("Agg")

rng = np.random.RandomState(2)
words = {"good": ["great", "love", "fine"], "bad": ["broken", "late", "hate"], "odd": ["blue", "?"]}
rows = []
for _ in range(120):
    mood = rng.choice(list(words))
    said = rng.choice(words[mood] + ["it", "was", "the"], 6)
    rows.append({"review": " ".join(said), "mood": mood, "shop": rng.choice(["a", "b"])})
reviews = pd.DataFrame(rows)
vectors = CountVectorizer(token_pattern=r"\S+").fit(reviews["review"])
bayes = MultinomialNB().fit(vectors.transform(reviews["review"]), reviews["mood"])
scores = bayes.predict_proba(vectors.transform(reviews["review"]))
moods = list(bayes.classes_)
columns = [f"p_{mood}" for mood in moods]
reviews[columns] = scores
predicted = pd.Series(bayes.classes_[scores.argmax(axis=1)])

# --- onboarding -----------------------------------------------------------------------------------

connection = ArthurAI(url="https://app.arthur.ai", login="me", password="secret", verify_ssl=True)


def new_model(delimiter):
    model = connection.model(
        display_name="Reviews",
        input_type=InputType.NLP,
        output_type=OutputType.Multiclass,
        text_delimiter=delimiter,
    )
    model.build(
        reviews,
        pred_to_ground_truth_map=dict(zip(columns, moods)),
        ground_truth_column="mood",
        non_input_columns=["shop"],
    )
    return model


model = new_model(TextDelimiter.WHITESPACE)
text = model.get_attribute("review", stage=Stage.ModelPipelineInput)
assert (text.value_type, text.categories) == (ValueType.Unstructured_Text, None)
shop = model.get_attribute("shop")  # also a text, as every string of a text model is
assert shop.value_type == ValueType.Unstructured_Text
shop.set(value_type=ValueType.String, categorical=True, categories=["a", "b"])
model.set_attribute_as_sensitive("shop", attribute_stage=Stage.NonInputData)
model.set_attribute_labels("shop", {"a": "Aachen", "b": "Bonn"}, Stage.NonInputData)
assert model.get_attribute_names(value_type=ValueType.Unstructured_Text) == ["review"]
assert model.review(print_df=True) is None
print(model.review(props=["value_type", "is_unique", "categories"]))
model_id = model.save()
model.await_model_ready()
assert connection.get_model(model_id).text_delimiter == TextDelimiter.WHITESPACE

# --- in use ---------------------------------------------------------------------------------------

ids = [f"r{i}" for i in range(len(reviews))]
start = datetime(2026, 3, 1)
answer = model.send_inferences(
    reviews[["review", "shop"]].to_dict("list"),
    predictions=reviews[columns],
    ground_truths=reviews["mood"].tolist(),
    partner_inference_ids=ids,
    inference_timestamps=pd.date_range(start, periods=120, freq="h").to_pydatetime(),
    ground_truth_timestamps=[start + timedelta(days=7)] * 120,
    tz="Europe/Berlin",
)
assert answer["counts"] == {"success": 120, "failure": 0, "total": 120}
more = reviews[:30].assign(mood="odd")  # all of them wrong at first, and put right by a file
now = pd.Timestamp("2026-03-07", tz="UTC")
result, closed = model.send_bulk_inferences(
    data=more.assign(
        partner_inference_id=[f"m{i}" for i in range(30)],
        inference_timestamp=now,
        ground_truth_timestamp=now,
    )
)
assert (result["counts"]["success"], closed) == (30, None)
with tempfile.TemporaryDirectory() as folder:
    pd.DataFrame(
        {
            "mood": reviews["mood"][:30],
            "partner_inference_id": [f"m{i}" for i in range(30)],
            "ground_truth_timestamp": now + timedelta(hours=1),
        }
    ).to_parquet(Path(folder) / "truths.parquet")
    result = model.send_bulk_ground_truths(folder)
    assert result["counts"] == {"success": 30, "failure": 0, "total": 30}
model.await_inferences(150)

# --- what it did ----------------------------------------------------------------------------------

seen = pd.concat([reviews, reviews[:30]], ignore_index=True)
said = pd.concat([predicted, predicted[:30]], ignore_index=True)
(row,) = model.query(
    {
        "select": [
            {"function": "accuracyRateMulticlass"},
            {
                "function": "confusionMatrixMulticlass",
                "alias": "bad",
                "parameters": {
                    "predicted_property": "p_bad",
                    "ground_truth_property": "mood_bad",
                },
            },
            {
                "function": "confusionMatrixRateMulticlass",
                "alias": "rates",
                "parameters": {"predicted_property": "p_good"},
            },
            {"function": "averageSequenceLength", "parameters": {"property": "review"}},
            {"function": "max", "parameters": {"property": "inference_timestamp"}},
        ]
    }
)
assert np.isclose(row["accuracyRateMulticlass"], (said == seen["mood"]).mean())
assert row["bad"]["true_positive"] == ((said == "bad") & (seen["mood"] == "bad")).sum()
assert np.isclose(row["rates"]["f1"], f1_score(seen["mood"] == "good", said == "good"))
assert row["averageSequenceLength"] == 6
assert row["max"] == "2026-03-07T00:00:00.000Z"
print("words in a review:", row)
found = model.query(
    {
        "select": [{"property": "partner_inference_id"}, {"property": "review"}],
        "filter": [{"property": "review", "comparator": "like", "value": "%broken%"}],
    }
)
assert len(found) == seen["review"].str.contains("broken").sum()
drift = {
    "properties": ["shop", "p_good"],
    "num_bins": 4,
    "base": {"source": "reference"},
    "target": {
        "source": "inference",
        "filter": [{"property": "inference_timestamp", "comparator": "gte", "value": "2026-03-07"}],
    },
    "metric": "JSDivergence",
}
(row,) = model.query(drift, query_type="drift")


def js(p, q):
    middle = (p + q) / 2
    p, q = (np.nansum(x * np.log(x / middle)) for x in (p, q))
    return (p + q) / 2


shares = [frame["shop"].value_counts(normalize=True).sort_index() for frame in (reviews, more)]
assert np.isclose(row["shop"], js(*shares))
edges = np.quantile(reviews["p_good"], [0.25, 0.5, 0.75])
bins = [np.bincount(np.digitize(f["p_good"], edges), minlength=4) for f in (reviews, more)]
with np.errstate(divide="ignore", invalid="ignore"):
    assert np.isclose(row["p_good"], js(*(each / each.sum() for each in bins)))
try:
    model.query({**drift, "properties": ["review"]}, query_type="drift")
except ArthurUserError as error:
    print("as it should be:", error)

# --- metrics and alerts ---------------------------------------------------------------------------

accuracy = model.get_metrics(metric_name="Overall Accuracy Rate")[0]
assert accuracy.is_default
short = {
    "select": [
        {"function": "averageSequenceLength", "alias": "n", "parameters": {"property": "review"}}
    ]
}
metric_id = model.create_metric("Words", short, metric_type="model_input_data_metric")
assert [m.name for m in model.get_metrics(metric_type="model_input_data_metric")] == ["Words"]
assert model.get_metrics(metric_id=metric_id)[0].query == short
assert "Words" not in [m.name for m in model.get_metrics(default_metrics=True)]
assert {m.attribute for m in model.get_metrics(attribute_name="p_bad")} == {"p_bad"}
rule = model.create_alert_rule(
    accuracy.id, "lower", 0.5, "critical", lookback_period=24 * 60, subsequent_alert_wait_time=1440
)
assert model.get_alerts() == []
wrong = reviews[predicted == reviews["mood"]][:5]
model.send_inferences(
    wrong[["review", "shop", *columns]],
    ground_truths=["good" if mood != "good" else "bad" for mood in wrong["mood"]],
    inference_timestamps=["2026-03-20T12:00:00Z"] * 5,
    ground_truth_timestamps=["2026-03-20T12:00:00Z"] * 5,
)
(alert,) = model.get_alerts()
assert (alert.metric_value, alert.alert_rule.id, alert.model_id) == (0.0, rule.id, model_id)
assert alert.window_start < "2026-03-20T12" < alert.window_end
assert model.update_alert("acknowledged", alert_id=alert.id).status == "acknowledged"
rule.enabled = False
assert not model.update_alert_rule(rule).enabled

# --- fairness, reasons ----------------------------------------------------------------------------

seen = pd.concat([seen, wrong], ignore_index=True)
matrices = model.bias.metrics.group_confusion_matrices(
    "shop", "p_bad", start_time=start, end_time=datetime(2026, 3, 15)
)
for shop in "ab":
    rows = (seen["shop"] == shop)[:150]
    hits = (said == "bad") & (seen["mood"][:150] == "bad") & rows
    assert np.isclose(
        matrices["true_positive_rate"][shop],
        hits.sum() / ((seen["mood"][:150] == "bad") & rows).sum(),
    )
for refused in (
    lambda: model.find_hotspots(date="2026-03-01"),
    model.enable_hotspots,
    model.enable_bias_mitigation,
):
    try:
        refused()
    except MethodNotApplicableError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
try:
    model.query({"select": [{"function": "accuracyOfMine"}]})
except ArthurUserError as error:
    print("as it should be:", error)

try:
    import lime  # noqa: F401
except ImportError:
    print("without lime no explanations")
else:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "entry.py").write_text(
            "import joblib\n"
            "from pathlib import Path\n"
            "bayes, vectors = joblib.load(Path(__file__).parent / 'bayes.joblib')\n"
            "def predict(texts):\n"
            "    if not isinstance(texts[0], str):\n"
            "        texts = [row[0] for row in texts]\n"
            "    return bayes.predict_proba(vectors.transform(texts))\n"
        )
        Path(folder, "requirements.txt").write_text("scikit-learn\n")
        import joblib

        joblib.dump((bayes, vectors), Path(folder) / "bayes.joblib")
        assert (
            model.enable_explainability(reviews, folder, "entry", explanation_nsamples=200, seed=3)
            == "ok"
        )
        explained = model.explain_inference("r0", "lime")["explanation"]
    assert [part["predicted_attribute_name"] for part in explained] == columns
    own = f"p_{reviews['mood'][0]}"
    (part,) = (part for part in explained if part["predicted_attribute_name"] == own)
    (scored,) = part["importance_scores"]
    assert scored["attribute_name"] == "review"
    tokens = {each["token"]: each["explanation_value"] for each in scored["tokens"]}
    assert set(tokens) <= set(reviews["review"][0].split())
    # the word that weighs most is one of the mood, not of those that are in all reviews
    assert max(tokens, key=tokens.get) in words[reviews["mood"][0]]
    assert model.get_enrichment(Enrichment.Explainability)["config"]["explanation_algo"] == "lime"
    model.delete_explainer()

# --- pictures -------------------------------------------------------------------------------------

model.viz.timeline("shop")
model.viz.timeline("p_good")
model.viz.metric_series(["accuracyRateMulticlass"], "day")
model.viz.drift_series(["shop", "p_good"], "KLDivergence", time_resolution="day")

# --- versions -------------------------------------------------------------------------------------

v2 = new_model(TextDelimiter.NOT_WORD)
group = connection.get_model_group(model.model_group_id)
assert isinstance(group, ArthurModelGroup)
group.add_version(v2, label="words only")
try:
    group.add_version(v2)
except UserValueError as error:
    print("as it should be:", error)
v2.save()
assert group.get_latest_version().version_label == "words only"

# good or not: two classes, each with a column of its own, and the threshold moved
binary = connection.model(
    None, "NLP", "MULTICLASS", display_name="Reviews", classifier_threshold=0.4
)
try:
    binary.enable_explainability(reviews)
except MissingParameterError as error:
    print("as it should be:", error)
two = reviews.assign(
    p_not=1 - reviews["p_good"],
    is_good=(reviews["mood"] == "good").astype(int),
    is_not=(reviews["mood"] != "good").astype(int),
).drop(columns=["p_bad", "p_odd", "mood", "shop"])
binary.build(
    two,
    pred_to_ground_truth_map={"p_good": "is_good", "p_not": "is_not"},
    positive_predicted_attr="p_good",
)
group.add_version(binary, "good or not")
binary.save()
assert binary.get_positive_predicted_class() == "p_good"
outputs = ["p_good", "p_not"]
binary.send_inferences(
    [{"review": text} for text in two["review"]],
    predictions=two[outputs].to_numpy(),
    ground_truths=two[["is_good", "is_not"]],
)
(row,) = binary.query(
    {"select": [{"function": name} for name in ("auc", "f1", "precision", "falsePositiveRate")]}
)
positive, actual = two["p_good"] >= 0.4, two["is_good"] == 1
assert np.isclose(row["auc"], roc_auc_score(actual, two["p_good"]))
assert np.isclose(row["f1"], f1_score(actual, positive))
assert np.isclose(row["precision"], actual[positive].mean())
assert np.isclose(row["falsePositiveRate"], positive[~actual].mean())
assert binary.binarize({"p_good": 0.75}) == {"p_good": 0.75, "p_not": 0.25}
binary.viz.metric_series(["auc", "falsePositiveRate"])

logging.getLogger("arthurai").info("%s has %s versions", group.name, len(group.get_versions()))
group.archive()
assert connection.get_model_group(group.id).archived
assert group.get_versions() == []
assert len(group.get_versions(include_archived=True)) == 3
print("done")
