"""Reviews: a text classifier of three classes, in the SDK's words."""

import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import InputType, OutputType, Stage, TextDelimiter, ValueType
from arthurai.common.exceptions import MethodNotApplicableError, UserValueError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

rng = np.random.RandomState(2)
words = {"good": ["great", "love", "fine"], "bad": ["broken", "late", "hate"], "odd": ["blue", "?"]}
rows = []
for _ in range(120):
    mood = rng.choice(list(words))
    said = rng.choice(words[mood] + ["it", "was", "the"], 6)
    rows.append({"review": " ".join(said), "mood": mood})
reviews = pd.DataFrame(rows)
vectors = CountVectorizer(token_pattern=r"\S+").fit(reviews["review"])
bayes = MultinomialNB().fit(vectors.transform(reviews["review"]), reviews["mood"])
scores = bayes.predict_proba(vectors.transform(reviews["review"]))
for place, mood in enumerate(bayes.classes_):
    reviews[f"p_{mood}"] = scores[:, place]

connection = ArthurAI(url="https://app.arthur.ai", login="me", password="secret", verify_ssl=True)
model = connection.model(
    display_name="Reviews",
    input_type=InputType.NLP,
    output_type=OutputType.Multiclass,
    text_delimiter=TextDelimiter.WHITESPACE,
)
model.build(
    reviews,
    pred_to_ground_truth_map={f"p_{mood}": mood for mood in bayes.classes_},
    ground_truth_column="mood",
)
text = model.get_attribute("review", stage=Stage.ModelPipelineInput)
assert (text.value_type, text.categories) == (ValueType.Unstructured_Text, None)
model.review(print_df=True)
model_id = model.save()
assert connection.get_model(model_id).text_delimiter == TextDelimiter.WHITESPACE

ids = [f"r{i}" for i in range(len(reviews))]
model.send_inferences(
    reviews[["review"]].to_dict("list"),
    predictions=reviews[[f"p_{mood}" for mood in bayes.classes_]],
    ground_truths=reviews["mood"].tolist(),
    partner_inference_ids=ids,
    inference_timestamps=pd.date_range("2026-03-01", periods=120, freq="h").to_pydatetime(),
    tz="Europe/Berlin",
)

predicted = pd.Series(bayes.classes_[scores.argmax(axis=1)])
(row,) = model.query({"select": [{"function": "accuracyRateMulticlass"}]})
assert np.isclose(row["accuracyRateMulticlass"], (predicted == reviews["mood"]).mean())
(row,) = model.query(
    {
        "select": [
            {
                "function": "confusionMatrixMulticlass",
                "alias": "bad",
                "parameters": {
                    "predicted_property": "p_bad",
                    "ground_truth_property": "mood_bad",
                },
            }
        ]
    }
)
hit = (predicted == "bad") & (reviews["mood"] == "bad")
assert row["bad"]["true_positive"] == hit.sum()
(row,) = model.query(
    {"select": [{"function": "averageSequenceLength", "parameters": {"property": "review"}}]}
)
assert row["averageSequenceLength"] == 6
print("words in a review:", row)

try:
    model.find_hotspots(date="2026-03-01")
except MethodNotApplicableError as error:
    print("as it should be:", error)
try:
    model.query({"select": [{"function": "accuracyOfMine"}]})
except Exception as error:
    print("as it should be:", error)

v2 = connection.model(
    display_name="Reviews",
    input_type=InputType.NLP,
    output_type=OutputType.Multiclass,
    text_delimiter=TextDelimiter.NOT_WORD,
)
v2.build(
    reviews,
    pred_to_ground_truth_map={f"p_{mood}": mood for mood in bayes.classes_},
    ground_truth_column="mood",
)
group = connection.get_model_group(model.model_group_id)
group.add_version(v2, label="words only")
try:
    group.add_version(v2)
except UserValueError as error:
    print("as it should be:", error)
v2.save()
assert group.get_latest_version().version_label == "words only"
group.archive()
assert connection.get_model_group(group.id).archived
print("done")
