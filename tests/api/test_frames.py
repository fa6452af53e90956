"""What a terminal shows of the frames that people read, and that they are frames all the same."""

import pickle
import re
import subprocess
import sys

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.drawing.frames import fitting
from modelgroups.testing import sample_frame, sample_model

LEFT = "Left out for the width: "


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:", actor="grace.hopper@lab (process 1234567)") as opened:
        yield opened


@pytest.fixture(scope="module")
def model(connection):
    """A version with a sibling, inferences of four days, a batch, and deletions."""
    for label in ("V1", "V2"):
        model = sample_model(connection, "binary", display_name="Cards")
        model.version_label = label
        for group in connection.model_groups():
            group.add_version(model)
        model.save()
        ids = [f"id-{number}" for number in range(80)]
        times = pd.date_range("2026-03-01T10:30:00.25Z", periods=80, freq="h")
        model.send_inferences(
            sample_frame("binary", 80, 1), partner_inference_ids=ids, inference_timestamps=times
        )
    batch = sample_model(connection, "binary", display_name="Nightly", is_batch=True)
    batch.save()
    batch.send_inferences(sample_frame("binary", 8, 1).assign(batch_id="monday"))
    model.delete_inferences(["id-3"])
    for version in ("V1", "V2"):
        group.promote(version, reason="fewer false alarms")
    return model


@pytest.fixture(scope="module")
def group(connection, model):
    return connection.get_model_group(model)


@pytest.fixture(scope="module")
def frames(connection, group, model):
    return {
        "audit": connection.audit(),
        "alias_history": group.alias_history(),
        "metrics": model.metrics(),
        "metrics by": model.metrics(by="country", every="hour"),
        "drift": model.drift(every="day"),
        "drifted": model.drifted(),
        "deletions": model.deletions(),
        "batches": model.batches(),
        "summary": model.summary().to_frame(),
        "compare": group.compare("V1", "V2").to_frame(),
        "diff": group.diff("V1", "V2").to_frame(),
        "functions": mg.query.functions(),
    }


def table_of(shown):
    return shown.partition("\n\n")[0].splitlines()


def titles_of(shown):
    return re.split(r"\s{2,}", table_of(shown)[0].strip())


@pytest.mark.parametrize("width", [60, 80, 120, 200, 1000])
def test_every_frame_stays_within_the_width_and_names_what_it_leaves_out(
    frames, width, monkeypatch
):
    monkeypatch.setenv("COLUMNS", str(width))
    for name, frame in frames.items():
        if frame.empty:
            continue
        shown = repr(frame)
        assert max(map(len, table_of(shown))) <= width, name
        assert "..." not in shown.partition("\n")[0], name
        left = shown.partition(LEFT)[2].partition(";")[0].split(", ")
        for column in map(str, frame.columns if LEFT in shown else ()):
            assert (column in left) != (column in titles_of(shown)), name


def test_eighty_columns_have_what_tells_most(frames, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    heads = {name: table_of(repr(frame))[0] for name, frame in frames.items()}
    for word in ("timestamp", "alias", "move", "before", "after", "actor"):
        assert word in heads["alias_history"]
    for word in ("timestamp", "type", "actor"):
        assert word in heads["audit"]
    for word in ("timestamp", "AUC", "Accuracy Rate"):
        assert word in heads["metrics"]
    for word in ("attribute", "psi", "threshold", "drifted", "worst_psi"):
        assert word in heads["drifted"]
    for word in ("metric", "first_value", "other_value", "difference"):
        assert word in heads["compare"]
    assert "country" in heads["metrics by"]
    assert "signature" in heads["functions"]


def test_what_drifted_most_is_shown_first(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    drift = model.drift(every="day")
    most = drift.drop(columns="timestamp").max().idxmax()
    assert most in table_of(repr(drift))[0]


def test_columns_without_a_value_take_no_room(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    frame = fitting(pd.DataFrame({"nothing": [None] * 2, "who": "ada", "why": "x" * 70}), "nothing")
    assert table_of(repr(frame))[0].split() == ["who", "why"]
    assert "x…" in repr(frame)
    assert repr(frame).endswith(f"{LEFT}nothing; the frame has these columns too")


def test_what_fits_is_shown_as_pandas_shows_it(frames, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100000")
    for name, frame in frames.items():
        with pd.option_context("display.width", 100_000, "display.max_columns", None):
            assert repr(frame) == repr(frame.copy()), name


def test_a_long_frame_shows_its_ends(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    frame = model.metrics(every="hour")
    shown = repr(frame)
    assert len(table_of(shown)) == 12
    assert "2026-03-01 10:00:00Z" in shown
    assert f"[{len(frame)} rows x {len(frame.columns)} columns]" in shown


def test_they_are_frames_like_any_other(frames, tmp_path):
    for name, frame in frames.items():
        plain = pd.DataFrame(frame)
        assert isinstance(frame, pd.DataFrame)
        pd.testing.assert_frame_equal(frame, plain)
        pd.testing.assert_frame_equal(plain, frame)
        assert frame.equals(plain)
        assert plain.equals(frame)
        read = pickle.loads(pickle.dumps(frame))
        made = [frame.copy(), frame.head(1), frame[list(frame.columns)], pd.concat([frame] * 2)]
        assert {type(each) for each in [*made, read, frame.reset_index(drop=True)]} == {
            pd.DataFrame
        }, name
        pd.testing.assert_frame_equal(read, plain)
        assert frame.empty or frame.to_string() == plain.to_string()
        assert frame._repr_html_() == plain._repr_html_()
    frames["metrics"].to_parquet(tmp_path / "metrics.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "metrics.parquet"), frames["metrics"].copy()
    )


def test_a_pickle_of_one_is_read_without_modelgroups(model, tmp_path):
    path = tmp_path / "metrics.pickle"
    path.write_bytes(pickle.dumps(model.metrics()))
    code = (
        "import pickle, sys, pathlib; sys.modules['modelgroups'] = None\n"
        f"print(len(pickle.loads(pathlib.Path({str(path)!r}).read_bytes())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"


def test_what_users_make_of_one_in_place_is_still_shown(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    frame = model.metrics()
    frame[5] = [[1, 2], None, {"a": 1}, "two\nlines"]
    frame.insert(0, "AUC", 1, allow_duplicates=True)
    assert max(map(len, table_of(repr(frame)))) <= 60
    del frame["AUC"]
    for column in list(frame.columns):
        del frame[column]
    assert "Empty DataFrame" in repr(frame)
