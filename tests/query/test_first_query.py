"""The first query of a process loads no more than it needs."""

import subprocess
import sys

import pytest

import modelgroups as mg
from tests.inferences.samples import FEW, FRAME

CODE = """
import sys
import modelgroups as mg
from modelgroups.query import scan
scan._FEWEST_ROWS = int(sys.argv[2])
with mg.connect(sys.argv[1]) as connection:
    (model,) = connection.models()
    functions = ("count", "accuracyRate", "auc")
    body = {"select": [{"function": name} for name in functions]}
    print(model.query(body)[0], "pandas" in sys.modules)
"""


@pytest.mark.parametrize("fewest_rows", [1, 10**9])
def test_pandas_is_not_loaded_whether_rows_are_scanned_or_read_first(tmp_path, fewest_rows):
    root = tmp_path / "registry"
    tiles = FEW  # of four rows: too many to wait in the catalog
    with mg.connect(root) as connection:
        truths = [0, 1, None, 1] * tiles
        scores = [0.1, 0.9, 0.6, 0.2] * tiles
        model = connection.model(
            display_name="Sales", input_type="TABULAR", output_type="MULTICLASS"
        )
        frame = FRAME.assign(n=1 - FRAME["y"])
        model.build(frame, {"p": "y", None: "n"})
        model.save()
        model.send_inferences({"age": [31] * len(truths), "p": scores, "y": truths})
    command = [sys.executable, "-c", CODE, str(root), str(fewest_rows)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    expected = {"count": 4 * tiles, "accuracyRate": 2 / 3, "auc": 1.0}
    assert done.stdout.strip() == f"{expected} False"
