"""What happened, as a terminal shows it: what is telling, within its width."""

import pickle

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.drawing.frames import History
from modelgroups.testing import example_version


@pytest.fixture(scope="module")
def told():
    with mg.connect(":memory:", actor="ada") as connection:
        first, _ = (example_version(connection, label) for label in ("V1", "V2"))
        group = connection.get_model_group(first)
        group.promote("V1", reason="first of all")
        group.promote("V2", reason="better recall")
        rows = {"age": [1, 2], "p": [0.1, 0.2], "partner_inference_id": ["a", "b"]}
        first.send_inferences(rows)
        first.delete_inferences(["a"])
        yield {
            "audit": connection.audit(),
            "aliases": group.alias_history(),
            "deletions": first.deletions(),
            "nothing": group.alias_history("nobody"),
        }


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", ["audit", "aliases", "deletions"])
def test_it_stays_within_the_width_and_names_the_rest(told, name, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    frame = told[name]
    table, _, note = repr(frame).partition("\n\n")
    head, *rows = table.splitlines()
    assert len(rows) == len(frame)
    assert max(map(len, table.splitlines())) <= width
    left = [column for column in frame.columns if column not in head.split()]
    assert note == (
        f"Left out for the width: {', '.join(left)}; the frame has these columns too"
        if left
        else ""
    )
    assert "..." not in head


def test_what_is_telling_is_shown_at_eighty_columns(told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    heads = {name: repr(frame).splitlines()[0].split() for name, frame in told.items()}
    assert {"timestamp", "alias", "before", "after", "reason"} <= set(heads["aliases"])
    assert {"timestamp", "type", "reason", "actor"} <= set(heads["audit"])
    assert {"at", "rule", "n_inferences"} <= set(heads["deletions"])
    assert "better recall" in repr(told["aliases"])
    assert repr(told["nothing"]).startswith("Empty DataFrame")


def test_it_is_a_frame_and_what_is_made_of_it_a_plain_one(told):
    frame = told["audit"]
    assert type(frame) is History
    assert isinstance(frame, pd.DataFrame)
    for made in (frame.head(1), frame[["type"]], frame[frame["type"] == "alias.moved"]):
        assert type(made) is pd.DataFrame
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(frame)), frame)
    assert frame.to_dict("records")[0]["actor"] == "ada"
