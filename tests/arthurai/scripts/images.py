"""Signs: an image classifier and an object detector, in the SDK's words."""

import os
import struct
import tempfile
import zlib
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from arthurai import ArthurAI, ArthurAttribute
from arthurai.common.constants import (
    IMAGE_FILE_EXTENSION_MAP,
    Enrichment,
    ImageContentType,
    ImageResponseType,
    InputType,
    OutputType,
    Stage,
    ValueType,
)
from arthurai.common.exceptions import (
    ArthurUserError,
    MethodNotApplicableError,
    MissingParameterError,
    ResponseClientError,
    UserValueError,
)
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

matplotlib.use("Agg")
folder = tempfile.TemporaryDirectory()


def grey_png(name, shade):
    """A grey picture of 4 by 4 pixels."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    pixels = b"".join(b"\0" + bytes([shade] * 4) for _ in range(4))
    path = Path(folder.name) / name
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )
    return str(path)


connection = ArthurAI(url="https://app.arthur.ai", access_key="none")

# --- which sign it is -----------------------------------------------------------------------------

signs = pd.DataFrame(
    {
        "picture": [grey_png(f"{i}.png", 20 * i) for i in range(8)],
        "camera": ["front", "back"] * 4,
        "p_stop": [0.9, 0.8, 0.3, 0.4, 0.6, 0.1, 0.2, 0.7],
        "is_stop": [1, 1, 0, 1, 0, 0, 0, 1],
    }
)
signs["p_other"] = 1 - signs["p_stop"]
signs["is_other"] = 1 - signs["is_stop"]
model = connection.model(
    display_name="Signs",
    input_type=InputType.Image,
    output_type=OutputType.Multiclass,
    pixel_height=4,
    pixel_width=4,
)
(picture,) = model.add_image_attribute("picture")
assert (picture.stage, picture.position, picture.is_unique) == ("PIPELINE_INPUT", 0, True)
model.add_attribute(
    "camera",
    ValueType.String,
    Stage.NonInputData,
    None,
    0,
    True,
    categories=["front", "back"],
    monitor_for_bias=True,
)
model.add_binary_classifier_output_attributes(
    "p_stop", {"p_stop": "is_stop", "p_other": "is_other"}, threshold=0.5
)
assert model.get_image_attribute().value_type == ValueType.Image
assert model.binarize({"p_stop": 0.75}) == {"p_stop": 0.75, "p_other": 0.25}
assert model.one_hot_encode("is_stop") == {"is_stop": 1, "is_other": 0}
model.swap_predicted_attribute_positions()
assert [model.get_attribute(name).position for name in ("p_stop", "p_other")] == [1, 0]
model.swap_predicted_attribute_positions(persist_if_saved=False)
assert model.review(stage=Stage.PredictedValue)["name"].tolist() == ["p_stop", "p_other"]
model.save()
model.await_model_ready()
result, closed = model.set_reference_data(data=signs)
assert (result["counts"]["success"], closed["dataset_close_result"]["message"]) == (8, "success")

times = pd.date_range("2026-03-01", periods=8, freq="6h", tz="UTC").to_pydatetime().tolist()
ids = [f"sign-{i}" for i in range(8)]
answer = model.send_inferences(
    signs, inference_timestamps=times, ground_truth_timestamps=times, partner_inference_ids=ids
)
assert answer == {"counts": {"success": 8, "failure": 0, "total": 8}, "failures": []}
answer = model.send_inferences([{"picture": "nowhere.png", "p_stop": 0.5, "p_other": 0.5}])
assert answer["counts"] == {"success": 0, "failure": 1, "total": 1}
assert "nowhere.png" in answer["failures"][0]["message"]
again = model.send_inferences(
    [
        {
            "inference_data": {"picture": signs["picture"][0], "p_stop": 0.9, "p_other": 0.1},
            "inference_timestamp": "2026-03-05T00:00:00Z",
            "partner_inference_id": "again",
        }
    ]
)
assert again["counts"]["success"] == 1
model.update_inference_ground_truths(
    [{"is_stop": 0, "is_other": 1, "partner_inference_id": "again"}],
    ground_truth_timestamps=["2026-03-05T00:00:00Z"],
)

# pictures are kept with the inferences
(row,) = model.query(
    {
        "select": [{"property": "inference_id"}, {"property": "picture"}],
        "filter": [{"property": "partner_inference_id", "comparator": "eq", "value": "sign-3"}],
    }
)
os.unlink(signs["picture"][3])
with tempfile.TemporaryDirectory() as target:
    path = model.get_image(row["picture"], target, type=ImageResponseType.RawImage)
    extension = IMAGE_FILE_EXTENSION_MAP[ImageContentType.Png]
    assert path == f"{target}/raw_image_{row['picture']}{extension}"
    assert (
        b"IDAT" + zlib.compress(b"".join(b"\0" + bytes([60] * 4) for _ in range(4)))
        in Path(path).read_bytes()
    )
grey_png("3.png", 60)

seen = pd.concat([signs, signs[:1].assign(is_stop=0)], ignore_index=True)
said = seen["p_stop"] >= 0.5
names = ["accuracyRate", "precision", "recall", "f1", "auc"]
(found,) = model.query({"select": [{"function": name} for name in names]})
scores = precision_recall_fscore_support(seen["is_stop"], said, average="binary")
assert np.isclose(found["accuracyRate"], (said == seen["is_stop"]).mean())
assert np.allclose([found[name] for name in ("precision", "recall", "f1")], scores[:3])
assert np.isclose(found["auc"], roc_auc_score(seen["is_stop"], seen["p_stop"]))
print(found)
(found,) = model.query(
    {
        "properties": ["p_stop", "camera"],
        "num_bins": 2,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
        "metric": "PSI",
    },
    query_type="drift",
)
edge = signs["p_stop"].median()
p, q = ((each["p_stop"] >= edge).mean() for each in (signs, seen))
p, q = np.array([p, 1 - p]), np.array([q, 1 - q])
assert np.isclose(found["p_stop"], ((p - q) * np.log(p / q)).sum())

accuracy = [metric for metric in model.get_metrics() if metric.name == "Accuracy Rate"][0]
model.create_alert_rule(
    accuracy.id, "lower", 0.75, "warning", lookback_period=1440, subsequent_alert_wait_time=1440
)
right = (said == seen["is_stop"]).groupby([str(t)[:10] for t in [*times, "2026-03-05"]]).mean()
found = {alert.window_start[:10]: alert.metric_value for alert in model.get_alerts()}
assert found == right[right < 0.75].to_dict()
shares = model.bias.metrics.group_positivity_rates("camera", end_time=times[-1])
assert shares == said[:8].groupby(signs["camera"]).mean().to_dict()
for refused in (model.enable_hotspots, lambda: model.find_hotspots(date="2026-03-01")):
    try:
        refused()
    except MethodNotApplicableError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
assert model.enable_bias_mitigation() == "ok"
model.viz.timeline("camera")
model.viz.metric_series(["auc", "accuracyRate"])
model.viz.drift_series(["camera", "p_stop"])

try:
    import lime.lime_image  # noqa: F401
except ImportError:
    print("without lime no explanations")
else:
    code = Path(folder.name) / "code"
    code.mkdir()
    (code / "entry.py").write_text(
        "import numpy as np\n"
        "def load_image(path):\n"
        "    image = np.full((8, 8, 3), 40, dtype=np.uint8)\n"
        "    image[:, 4:] = 200\n"
        "    return image\n"
        "def predict(images):\n"
        "    right = np.asarray(images)[:, :, 4:].mean(axis=(1, 2, 3)) / 255\n"
        "    return np.c_[right, 1 - right]\n"
    )
    try:
        model.enable_explainability(project_directory=str(code))
    except MissingParameterError as error:
        print("as it should be:", error)
    assert (
        model.enable_explainability(
            project_directory=str(code),
            user_predict_function_import_path="entry",
            explanation_nsamples=50,
            seed=1,
        )
        == "ok"
    )
    assert model.get_enrichment(Enrichment.Explainability)["enabled"]
    model.delete_explainer()
    assert not model.get_enrichment(Enrichment.Explainability)["enabled"]

# --- where they are -------------------------------------------------------------------------------

detector = connection.model(
    display_name="Where the signs are",
    input_type=InputType.Image,
    output_type=OutputType.ObjectDetection,
    is_batch=True,
    pixel_height=4,
    pixel_width=4,
)
detector.add_image_attribute("picture")
detector.add_attribute(
    arthur_attribute=ArthurAttribute(
        "camera", ValueType.String, Stage.NonInputData, position=0, categorical=True
    ).set(categories=["front", "back"])
)
try:
    detector.add_object_detection_output_attributes("boxes", "boxes", ["stop"])
except UserValueError as error:
    print("as it should be:", error)
detector.add_object_detection_output_attributes("found", "there", ["stop", "yield"])
assert detector.image_class_labels == ["stop", "yield"]
try:
    detector.build(signs, {"found": "there"})
except ArthurUserError as error:
    print("as it should be:", error)
detector.save()
rows = [
    {
        "picture": signs["picture"][0],
        "camera": "front",
        "found": [[0, 0.9, 0, 0, 2, 2], [1, 0.6, 2, 2, 2, 2]],
        "there": [[0, 1.0, 0, 0, 2, 2], [1, 1.0, 0, 2, 2, 2]],
    },
    {
        "picture": signs["picture"][1],
        "camera": "back",
        "found": [[0, 0.8, 1, 1, 2, 2]],
        "there": [[0, 1.0, 1, 1, 2, 2]],
    },
]
result, closed = detector.set_reference_data(data=pd.DataFrame(rows * 4))
assert result["counts"]["success"] == 8
answer = detector.send_inferences(rows, batch_id="drive-1", partner_inference_ids=["a", "b"])
assert answer["counts"]["success"] == 2
hidden = [{key: row[key] for key in ("picture", "camera", "found")} for row in rows]
detector.send_inferences(hidden, batch_id="drive-2", partner_inference_ids=["c", "d"])
detector.update_inference_ground_truths(
    [[[1, 1.0, 2, 2, 2, 2]], [[0, 1.0, 3, 3, 1, 1]]], partner_inference_ids=["c", "d"]
)
mean_precision = {"function": "meanAveragePrecision", "parameters": {"threshold": 0.5}}
by_batch = detector.query(
    {
        "select": [{"property": "batch_id"}, mean_precision],
        "group_by": [{"property": "batch_id"}],
        "order_by": [{"property": "batch_id"}],
    }
)
# In the first drive both stop signs are where they were said to be, the other sign is not:
# (1 + 0) / 2. In the second the yield sign is, and the stop signs are elsewhere: (0 + 1) / 2.
assert np.allclose([row["meanAveragePrecision"] for row in by_batch], [0.5, 0.5])
boxes = detector.query({"select": [{"property": "camera"}, {"property": "found.confidence"}]})
assert sorted(box["found.confidence"] for box in boxes) == [0.6, 0.6, 0.8, 0.8, 0.9, 0.9]
(drift,) = detector.query(
    {
        "properties": ["camera"],
        "base": {"source": "reference"},
        "target": {"source": "inference"},
        "metric": "PSI",
    },
    query_type="drift",
)
assert drift == {"camera": 0.0}
metrics = {metric.name: metric.id for metric in detector.get_metrics()}
assert {"Mean Average Precision", "Average Confidence", "Inference Count"} <= set(metrics)
rule = detector.create_alert_rule(metrics["Average Confidence"], "upper", 0.75, "critical")
detector.send_inferences(rows[1:], batch_id="drive-3", partner_inference_ids=["e"])
alerts = {alert.batch_id: alert for alert in detector.get_alerts()}
assert alerts["drive-3"].metric_value == 0.8
assert np.isclose(alerts["drive-1"].metric_value, (0.9 + 0.6 + 0.8) / 3)
assert alerts["drive-1"].alert_rule.name == "Average Confidence upper bound"
try:
    detector.send_inferences([{**rows[0], "found": [[0, 0.9, 0, 0]]}], batch_id="drive-4")
except ResponseClientError as error:
    print("as it should be:", error)
for refused in (
    lambda: detector.enable_explainability(
        project_directory=folder.name, user_predict_function_import_path="entry"
    ),
    detector.enable_bias_mitigation,
    detector.enable_hotspots,
    lambda: detector.one_hot_encode("there"),
):
    try:
        refused()
    except ArthurUserError as error:
        print("as it should be:", error)
    else:
        raise AssertionError("nothing was raised")
detector.viz.timeline("camera")
detector.viz.drift_series("camera")

# --- versions -------------------------------------------------------------------------------------

group = connection.get_model_group(detector)
better = connection.model(
    display_name="Where the signs are", input_type="IMAGE", output_type="OBJECT_DETECTION"
)
better.add_image_attribute("picture")
better.add_object_detection_output_attributes("found", "there", ["stop", "yield", "speed"])
group.add_version(better)
better.save()
latest = group.get_latest_version()
assert (latest.id, latest.image_class_labels) == (better.id, ["stop", "yield", "speed"])
for each in (model, detector, better):
    each.archive()
assert group.get_versions() == []
folder.cleanup()
print("done")
