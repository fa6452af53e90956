"""Signs: an image classifier and an object detector, in the SDK's words."""

import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import InputType, OutputType, ValueType
from arthurai.common.exceptions import UserValueError

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
model.add_image_attribute("picture")
model.add_binary_classifier_output_attributes(
    "p_stop", {"p_stop": "is_stop", "p_other": "is_other"}, threshold=0.5
)
assert model.get_image_attribute().value_type == ValueType.Image
assert model.binarize({"p_stop": 0.75}) == {"p_stop": 0.75, "p_other": 0.25}
assert model.one_hot_encode("is_stop") == {"is_stop": 1, "is_other": 0}
model.save()
model.set_reference_data(data=signs)
answer = model.send_inferences(signs)
assert answer["counts"]["success"] == 8
(found,) = model.query({"select": [{"function": "accuracyRate"}, {"function": "recall"}]})
assert found == {"accuracyRate": 0.75, "recall": 0.75}
print(found)

# --- where they are -------------------------------------------------------------------------------

detector = connection.model(
    display_name="Where the signs are",
    input_type=InputType.Image,
    output_type=OutputType.ObjectDetection,
    pixel_height=4,
    pixel_width=4,
)
detector.add_image_attribute("picture")
try:
    detector.add_object_detection_output_attributes("boxes", "boxes", ["stop"])
except UserValueError as error:
    print("as it should be:", error)
detector.add_object_detection_output_attributes("found", "there", ["stop", "yield"])
assert detector.image_class_labels == ["stop", "yield"]
detector.save()
rows = [
    {
        "picture": signs["picture"][0],
        "found": [[0, 0.9, 0, 0, 2, 2], [1, 0.6, 2, 2, 2, 2]],
        "there": [[0, 1.0, 0, 0, 2, 2], [1, 1.0, 0, 2, 2, 2]],
    },
    {
        "picture": signs["picture"][1],
        "found": [[0, 0.8, 1, 1, 2, 2]],
        "there": [[0, 1.0, 1, 1, 2, 2]],
    },
]
assert detector.send_inferences(rows)["counts"]["success"] == 2
(found,) = detector.query(
    {"select": [{"function": "meanAveragePrecision", "parameters": {"threshold": 0.5}}]}
)
# Both stop signs are where they were said to be, the other sign is not: (1 + 0) / 2.
assert np.isclose(found["meanAveragePrecision"], 0.5)
print(found)
for each in (model, detector):
    each.archive()
folder.cleanup()
print("done")
