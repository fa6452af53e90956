"""Rents: a regression in batches, logged by a decorated function too, in the SDK's words."""

import tempfile
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI, ArthurAttribute
from arthurai.client.apiv3 import InputType, OutputType, Stage, ValueType
from arthurai.core.decorators import log_prediction
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

matplotlib.use("Agg")

rng = np.random.RandomState(1)
flats = pd.DataFrame({"area": rng.uniform(20, 120, 300).round(1), "rooms": rng.randint(1, 6, 300)})
flats["rent"] = (9 * flats["area"] + 120 * flats["rooms"] + 40 * rng.randn(300)).round(2)
regressor = LinearRegression().fit(flats[["area", "rooms"]], flats["rent"])
flats["predicted_rent"] = regressor.predict(flats[["area", "rooms"]])

connection = ArthurAI({"url": "https://app.arthur.ai", "access_key": "none"})

# --- attribute by attribute -----------------------------------------------------------------------

model = connection.model(
    partner_model_id="rents-1",
    input_type=InputType.Tabular,
    model_type=OutputType.Regression,
    is_batch=True,
)
model.from_dataframe(flats[["area", "rooms"]], Stage.ModelPipelineInput)
model.add_attribute(
    name="street",
    value_type=ValueType.String,
    stage=Stage.NonInputData,
    categorical=True,
    categories=["main", "side"],
)
model.add_attribute(
    arthur_attribute=ArthurAttribute("floor", ValueType.Integer, Stage.NonInputData, position=1)
)
model.add_regression_output_attributes(
    {"predicted_rent": "rent"}, value_type=ValueType.Float, data=flats
)
model.rename_attribute("street", "road", Stage.NonInputData)
model.remove_attribute("floor", Stage.NonInputData)
assert model.get_attribute_names() == ["area", "rooms", "road", "rent", "predicted_rent"]
assert model.get_attribute("rent").min_range == flats["rent"].min()
reference = flats.assign(road="main")
model.validate_reference_data(reference)
model.save()
result, closed = model.set_reference_data(data=reference)
assert result["counts"] == {"success": 300, "failure": 0, "total": 300}
print(model)

# --- batches --------------------------------------------------------------------------------------

for number, batch in enumerate(np.array_split(np.arange(300), 3)):
    rows = flats.iloc[batch].assign(road="side")
    answer = model.send_inferences(rows, batch_id=f"month-{number}")
    assert answer["counts"]["success"] == 100
answer = model.send_inferences(flats[:10], batch_id="month-3", complete_batch=False)
closed = model.close_batch("month-3", num_inferences=10)
assert closed == {"dataset_close_result": {"message": "success"}}

with tempfile.TemporaryDirectory() as folder:
    part = flats[:20].assign(
        partner_inference_id=[f"file-{i}" for i in range(20)],
        inference_timestamp=pd.Timestamp("2026-03-01", tz="UTC"),
        ground_truth_timestamp=pd.Timestamp("2026-03-01", tz="UTC"),
        batch_id="month-4",
    )
    part.to_parquet(Path(folder) / "part.parquet")
    result, closed = model.send_bulk_inferences("month-4", directory_path=folder)
    assert result["counts"]["success"] == 20
    assert closed["dataset_close_result"]["message"] == "success"

seen = pd.concat([flats, flats[:10], flats[:20]])
names = ["rmse", "mae", "rSquared"]
(row,) = model.query({"select": [{"function": name} for name in names]})
assert np.isclose(row["rmse"], mean_squared_error(seen["rent"], seen["predicted_rent"]) ** 0.5)
assert np.isclose(row["mae"], mean_absolute_error(seen["rent"], seen["predicted_rent"]))
assert np.isclose(row["rSquared"], r2_score(seen["rent"], seen["predicted_rent"]))
print(row)

by_batch = model.query(
    {
        "select": [{"property": "batch_id"}, {"function": "count"}],
        "group_by": [{"property": "batch_id"}],
        "order_by": [{"property": "batch_id"}],
    }
)
assert [r["count"] for r in by_batch] == [100, 100, 100, 10, 20]
model.viz.metric_series("rmse")
model.viz.drift_series("area", "HellingerDistance")

# --- a function that logs what it predicts --------------------------------------------------------

streaming = connection.model(
    display_name="Rents as they come",
    input_type=InputType.Tabular,
    output_type=OutputType.Regression,
)
streaming.build(flats, {"predicted_rent": "rent"})
streaming.save()


@log_prediction(streaming)
def predict(row):
    return regressor.predict(row)[0]


rent, inference_id = predict(flats[["area", "rooms"]][:1])
assert np.isclose(rent, flats["predicted_rent"][0])
streaming.update_inference_ground_truths(
    [{"rent": flats["rent"][0], "partner_inference_id": inference_id}]
)
(row,) = streaming.query({"select": [{"function": "mae"}]})
assert np.isclose(row["mae"], abs(flats["rent"][0] - rent))

try:
    import lime  # noqa: F401
except ImportError:
    print("without lime no explanations")
else:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "entrypoint.py").write_text(
            "def predict(x):\n    return [9 * area + 120 * rooms for area, rooms in x]\n"
        )
        Path(folder, "requirements.txt").write_text("numpy\n")
        known = flats.assign(predicted_rent=9 * flats["area"] + 120 * flats["rooms"])
        streaming.enable_explainability(
            df=known,
            project_directory=folder,
            user_predict_function_import_path="entrypoint",
            requirements_file="requirements.txt",
            explanation_nsamples=500,
        )
        (part,) = streaming.explain_inference(inference_id)["explanation"]
    weights = {s["attribute_name"]: s["explanation_value"] for s in part["importance_scores"]}
    assert weights["area"] > 0
    print("explained:", weights)

streaming.archive()
print("done")
