"""`Model.convert_dataframe`: the files that bulk calls take in, and that they take them."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import modelgroups as mg
from modelgroups.errors import UserTypeError, UserValueError

from .samples import FRAME, KINDS, model_of_kind, new_model, saved_model

IDS = {"partner_inference_id": ["a", "b", "c"]}


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def convert(monkeypatch, tmp_path):
    """Return a function that converts into a folder that is removed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def convert(model, frame, is_ref_data=False, **options):
        folder = model.convert_dataframe(frame, is_ref_data, **options)
        assert isinstance(folder, str)
        return Path(folder)

    return convert


def ranked(connection):
    frame = pd.DataFrame(
        {
            "x": [1.5, np.nan],
            "recommended": [[{"item_id": "a", "score": np.float64(0.5)}], [{"item_id": "b"}]],
            "relevant": [np.array(["a"]), ["b", "c"]],
        }
    )
    model = connection.model("ranked", "TABULAR", "RANKED_LIST")
    model.infer_schema(frame[["x"]], mg.Stage.ModelPipelineInput)
    model.add_ranked_list_output_attributes("recommended", "relevant")
    model.save()
    return model, frame


def test_parquet_files_are_numbered_and_of_the_size_asked_for(connection, convert):
    model = saved_model(connection)
    folder = convert(model, FRAME.set_index("age", drop=False), max_rows_per_file=2)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{model.id}-0.parquet", f"{model.id}-1.parquet"]
    read = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    pd.testing.assert_frame_equal(read, FRAME)


def test_row_groups_have_5000_rows(connection, convert):
    frame = pd.DataFrame({"age": range(12_000)})
    [file] = convert(saved_model(connection), frame).iterdir()
    metadata = pq.ParquetFile(file).metadata
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sizes == [5000, 5000, 2000]


def test_a_model_that_is_not_saved_has_no_id_to_name_files_after(connection, convert):
    [file] = convert(new_model(connection), FRAME, is_ref_data=True).iterdir()
    assert file.name == "-0.parquet"


def test_no_rows_make_no_file(connection, convert):
    assert list(convert(saved_model(connection), FRAME.head(0)).iterdir()) == []


def test_bulk_calls_take_the_files(connection, convert):
    model = saved_model(connection)
    folder = convert(model, FRAME.assign(**IDS), max_rows_per_file=2)
    result, _ = model.send_bulk_inferences(directory_path=folder)
    assert result == {"counts": {"success": 3, "failure": 0, "total": 3}, "failures": [[], []]}
    pd.testing.assert_frame_equal(model.inferences(columns=list(FRAME)), FRAME)


def test_ranked_lists_become_nested_json(connection, convert):
    model, frame = ranked(connection)
    moment = datetime(2024, 1, 1, 1, tzinfo=UTC)
    frame = frame.assign(
        inference_timestamp=pd.to_datetime([moment, None]).tz_convert("Europe/Berlin"),
        partner_inference_id=["a", "b"],
    )
    kept = frame.copy()
    [file] = convert(model, frame).iterdir()
    assert file.name == f"{model.id}-0.json"
    assert json.loads(file.read_text()) == [
        {
            "inference_data": {"x": 1.5, "recommended": [{"item_id": "a", "score": 0.5}]},
            "ground_truth_data": {"relevant": ["a"]},
            "inference_timestamp": "2024-01-01T01:00:00+00:00",
            "partner_inference_id": "a",
        },
        {
            "inference_data": {"x": None, "recommended": [{"item_id": "b"}]},
            "ground_truth_data": {"relevant": ["b", "c"]},
            "partner_inference_id": "b",
        },
    ]
    assert file.read_text().startswith('[\n    {\n        "')
    pd.testing.assert_frame_equal(frame, kept)
    result, _ = model.send_bulk_inferences(files=[file])
    assert result["counts"]["success"] == 2
    assert model.inference("a")["inference_timestamp"] == moment


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[0] != "IMAGE"], ids=" - ".join)
def test_reference_data_of_every_kind_come_back_through_the_files(kind, connection, convert):
    model, frame = model_of_kind(connection, *kind)
    model.save()
    if "flag" in frame:  # what cannot be told from the schema does not go through files
        frame = frame.drop(columns=["category", "arrow", "objects"])
        if "RANKED_LIST" in kind:  # reference data in JSON cannot hold times
            frame = frame.drop(columns="zoned")
    folder = convert(model, frame, is_ref_data=True, max_rows_per_file=5)
    suffix = ".json" if "TIME_SERIES" in kind or "RANKED_LIST" in kind else ".parquet"
    assert {file.suffix for file in folder.iterdir()} == {suffix}
    assert len(list(folder.iterdir())) == 3
    result, closed = model.set_reference_data(directory_path=folder)
    assert (result["counts"]["failure"], closed is None) == (0, False)
    assert model.reference_table().num_rows == len(frame)


def test_reference_rows_are_nested(connection, convert):
    model, frame = ranked(connection)
    [file] = convert(model, frame.head(1), is_ref_data=True).iterdir()
    [row] = json.loads(file.read_text())
    assert row == {
        "reference_data": {
            "x": 1.5,
            "recommended": [{"item_id": "a", "score": 0.5}],
            "relevant": ["a"],
        }
    }


@pytest.mark.parametrize(
    "change, error, text",
    [
        (lambda f: f.assign(age=1), UserValueError, "row 0 has 'age'"),
        (lambda f: f.assign(inference_timestamp=pd.Timestamp("2024")), UserValueError, "time zone"),
        (lambda f: f.assign(x=[object(), 1]), UserTypeError, "object"),
    ],
    ids=["unknown", "naive", "object"],
)
def test_what_json_cannot_hold_is_refused_and_no_folder_stays(
    change, error, text, connection, convert, tmp_path
):
    model, frame = ranked(connection)
    before = set(tmp_path.iterdir())
    with pytest.raises(error, match=text):
        convert(model, change(frame))
    assert set(tmp_path.iterdir()) == before


def test_what_parquet_cannot_hold_is_refused_and_no_folder_stays(connection, convert, tmp_path):
    model = saved_model(connection)
    before = set(tmp_path.iterdir())
    with pytest.raises(UserValueError, match="Parquet"):
        convert(model, pd.DataFrame({"age": [1, "a"]}))
    assert set(tmp_path.iterdir()) == before


def test_arguments_of_the_wrong_kind_are_refused(connection):
    model = saved_model(connection)
    with pytest.raises(UserTypeError, match="df must be a DataFrame, got Series"):
        model.convert_dataframe(FRAME["age"], False)
    with pytest.raises(UserTypeError, match="is_ref_data"):
        model.convert_dataframe(FRAME, "yes")
    with pytest.raises(UserValueError, match="at least 1"):
        model.convert_dataframe(FRAME, False, 0)


def test_the_folder_is_the_callers(connection):
    folder = saved_model(connection).convert_dataframe(FRAME, False)
    assert Path(folder).is_dir()
    shutil.rmtree(folder)
