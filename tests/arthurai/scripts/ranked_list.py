"""Recommendations: a model that ranks items, in the SDK's words."""

import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import InputType, OutputType, Stage, ValueType
from arthurai.common.exceptions import UserValueError

rng = np.random.RandomState(4)
items = [f"film-{i}" for i in range(12)]
rows = []
for number in range(40):
    ranked = rng.permutation(items)[:6]
    rows.append(
        {
            "age": int(rng.randint(18, 70)),
            "recommended": [
                {"item_id": item, "label": item.upper(), "score": float(6 - place)}
                for place, item in enumerate(ranked)
            ],
            "watched": rng.choice(items, 3, replace=False).tolist(),
        }
    )
frame = pd.DataFrame(rows)

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Films", input_type=InputType.Tabular, output_type=OutputType.RankedList
)
model.build(frame, pred_to_ground_truth_map={"recommended": "watched"})
assert model.get_attribute("recommended").value_type == ValueType.RankedList
assert model.get_attribute("watched", Stage.GroundTruth).value_type == ValueType.StringArray
print(model.review())
model.save()

ids = [f"u{i}" for i in range(40)]
model.send_inferences(
    frame[["age", "recommended"]],
    partner_inference_ids=ids,
    inference_timestamps=["2026-03-01T12:00:00+00:00"] * 40,
)
model.update_inference_ground_truths(
    {"watched": frame["watched"].tolist()}, partner_inference_ids=ids
)
k = 3
select = [
    {"function": "precisionAtK", "parameters": {"k": k}},
    {"function": "recallAtK", "parameters": {"k": k}},
    {"function": "nDCGAtK", "parameters": {"k": k}},
    {"function": "meanReciprocalRank"},
]
(found,) = model.query({"select": select})
expected = {name: [] for name in ("precisionAtK", "recallAtK", "nDCGAtK", "meanReciprocalRank")}
for row in rows:
    hits = [each["item_id"] in row["watched"] for each in row["recommended"]]
    expected["precisionAtK"].append(sum(hits[:k]) / k)
    expected["recallAtK"].append(sum(hits[:k]) / len(row["watched"]))
    gain = sum(hit / np.log2(place + 2) for place, hit in enumerate(hits[:k]))
    ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(row["watched"]))))
    expected["nDCGAtK"].append(gain / ideal)
    expected["meanReciprocalRank"].append(1 / (hits.index(True) + 1) if any(hits) else 0)
for name, values in expected.items():
    assert np.isclose(found[name], np.mean(values)), name
print(found)

too_long = pd.DataFrame(
    {
        "age": [30],
        "recommended": [[{"item_id": f"i{n}"} for n in range(101)]],
        "watched": [["i1"]],
    }
)
try:
    connection.model(
        display_name="Too long", input_type=InputType.Tabular, output_type=OutputType.RankedList
    ).build(too_long, pred_to_ground_truth_map={"recommended": "watched"})
except UserValueError as error:
    print("as it should be:", error)
model.archive()
print("done")
