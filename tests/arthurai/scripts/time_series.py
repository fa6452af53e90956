"""Power: a forecast from the hours before, in the SDK's words."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import InputType, OutputType, ValueType
from sklearn.metrics import mean_absolute_error

rng = np.random.RandomState(5)
rows = []
for number in range(24):
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

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Power", input_type=InputType.TimeSeries, output_type=OutputType.Regression
)
model.build(frame, pred_to_ground_truth_map={"forecast": "actual"}, non_input_columns=["plant"])
assert model.get_attribute("load").value_type == ValueType.TimeSeries
print(model.review())
model.save()

times = [row["load"][-1]["timestamp"] for row in rows]
model.send_inferences(
    [
        {
            "inference_data": {name: row[name] for name in ("load", "plant", "forecast")},
            "ground_truth_data": {"actual": row["actual"]},
            "inference_timestamp": time,
            "ground_truth_timestamp": time,
            "partner_inference_id": f"hour-{number}",
        }
        for number, (row, time) in enumerate(zip(rows, times))
    ]
)
model.await_inferences(min_count=24)
(found,) = model.query({"select": [{"function": "mae"}, {"function": "count"}]})
assert np.isclose(found["mae"], mean_absolute_error(frame["actual"], frame["forecast"]))
assert found["count"] == 24
by_plant = model.query(
    {
        "select": [
            {"property": "plant"},
            {"function": "avg", "parameters": {"property": "forecast"}},
        ],
        "group_by": [{"property": "plant"}],
    }
)
expected = frame.groupby("plant")["forecast"].mean().to_dict()
assert {r["plant"]: round(r["avg"], 9) for r in by_plant} == {
    plant: round(value, 9) for plant, value in expected.items()
}
print(found, by_plant)

# Time series go into files as JSON.
folder = Path(model.convert_dataframe(frame, is_ref_data=True))
(file,) = folder.iterdir()
assert file.suffix == ".json"
assert len(json.loads(file.read_text())) == 24
file.unlink()
os.rmdir(folder)
model.archive()
print("done")
