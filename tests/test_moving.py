"""The README's ways from other registries, tried with those that are installed."""

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import modelgroups as mg

pytestmark = pytest.mark.filterwarnings("ignore")  # the others' own

README = Path(__file__).parent.parent / "README.md"
FRAME = pd.DataFrame(
    {"amount": [12.5, 310.0, 49.9, 5.0], "p_fraud": [0.02, 0.71, 0.05, 0.01], "fraud": [0, 1, 0, 0]}
)


def run(name):
    marked = rf"<!-- {name} -->\n```py\n(.*?)^```$"
    (snippet,) = re.findall(marked, README.read_text(), re.DOTALL | re.MULTILINE)
    exec(compile(snippet, name, "exec"), {"reference": FRAME})


def test_from_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="the extra 'bench' brings MLflow")
    monkeypatch.chdir(tmp_path)
    uri = "sqlite:///mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("card-fraud")
    for number in range(1, 12):
        files = tmp_path / f"model-{number}" / "data"
        files.mkdir(parents=True)
        (files / "weights.bin").write_bytes(bytes([number]))
        client.create_model_version("card-fraud", str(files.parent), description=f"try {number}")
    client.set_registered_model_alias("card-fraud", "champion", "10")
    client.delete_model_version("card-fraud", "1")
    run("mlflow")
    with mg.connect("moved-from-mlflow") as connection:
        (group,) = connection.model_groups()
        champion = group.get_version(alias="champion")
        assert group.name == "card-fraud"
        assert [v.version_sequence_num for v in group.get_versions()] == list(range(10, 0, -1))
        assert (champion.version_label, champion.description) == ("mlflow-10", "try 10")
        with champion.open_artifact("mlflow.zip") as file, zipfile.ZipFile(file) as files:
            assert files.read("data/weights.bin") == bytes([10])


def test_from_pins(tmp_path, monkeypatch):
    pins = pytest.importorskip("pins", reason="the extra 'bench' brings pins")
    monkeypatch.chdir(tmp_path)
    board = pins.board_folder("board", versioned=True)
    board.pin_write(FRAME, "reference", type="parquet")
    board.pin_write(FRAME.assign(amount=FRAME.amount + 1), "reference", type="parquet")
    run("pins")
    with mg.connect("moved-from-pins") as connection:
        (group,) = connection.model_groups()
        second, first = group.get_versions()
        assert [second.version_label, first.version_label] == list(
            board.pin_versions("reference")["version"]
        )[::-1]
        pd.testing.assert_frame_equal(first.reference_data(), FRAME)
