"""One id stands for one inference: what is sent again is told apart from what is new."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups.errors import ResponseClientError

from .samples import FEW, KINDS, classifier, counts, day, log_of, rows, tiled
from .test_shapes import Sender, World

SIZES = [3, FEW + 3]


def some(n_rows, **more):
    ids = [f"id {i}" for i in range(n_rows)]
    return {"age": list(range(n_rows)), "p": [0.5] * n_rows, "partner_inference_id": ids} | more


def refused(answer):
    """Return the ids of the rows that contradict what was sent before."""
    failed = [result for result in answer["results"] if result["status"] != 200]
    assert all(result["status"] == 409 for result in failed)
    assert all("immutable" in result["message"] for result in failed)
    return [result["partner_inference_id"] for result in failed]


@pytest.fixture(params=["as it was stored", "compacted"])
def settle(request):
    """Return what happens to the log between two calls."""
    return (lambda model: None) if request.param == "as it was stored" else mg.Model.compact


@pytest.fixture(params=SIZES)
def n_rows(request):
    return request.param


# --- across calls -------------------------------------------------------------------------


@pytest.mark.parametrize("n_again", SIZES)
def test_the_same_again_is_acknowledged_and_stored_once(model, n_rows, n_again, settle):
    model.send_inferences(some(n_rows))
    settle(model)
    stored = log_of(model)
    answer = model.send_inferences(some(n_again))
    assert answer["counts"] == counts(n_again)
    assert refused(answer) == []
    assert model.summary().n_inferences == max(n_rows, n_again)
    assert {id_: row for id_, row in log_of(model).items() if id_ in stored} == stored


@pytest.mark.parametrize("n_again", SIZES)
@pytest.mark.parametrize(
    "changed",
    [{"age": 99}, {"p": 0.75}, {"age": None}, {"inference_timestamp": day(1)}],
    ids=str,
)
def test_another_content_is_refused_and_what_is_stored_stays(
    model, n_rows, n_again, settle, changed
):
    model.send_inferences(some(n_rows, inference_timestamp=[day(0)] * n_rows))
    settle(model)
    stored = log_of(model)
    again = some(n_again, inference_timestamp=[day(0)] * n_again)
    for name, value in changed.items():
        again[name][1] = value
    with pytest.raises(ResponseClientError, match="409") as caught:
        model.send_inferences(again)
    assert [result["partner_inference_id"] for result in caught.value.results] == ["id 1"]
    assert refused(model.send_inferences(again, fail_silently=True)) == ["id 1"]
    assert model.summary().n_inferences == max(n_rows, n_again)
    assert {id_: row for id_, row in log_of(model).items() if id_ in stored} == stored


def test_the_batch_is_part_of_the_content(connection, n_rows, settle):
    model = classifier(connection, is_batch=True)
    model.send_inferences(some(n_rows), batch_id="b", complete_batch=False)
    settle(model)
    answer = model.send_inferences(some(n_rows), batch_id="c", fail_silently=True)
    assert refused(answer) == some(n_rows)["partner_inference_id"]
    assert model.batches()["batch_id"].tolist() == ["b"]
    assert model.batches()["n_inferences"].tolist() == [n_rows]


@pytest.mark.parametrize("first", [True, False])
def test_times_that_were_filled_in_are_not_compared(model, n_rows, settle, first):
    times = {"inference_timestamp": [day(0)] * n_rows}
    model.send_inferences(some(n_rows, **(times if first else {})))
    settle(model)
    answer = model.send_inferences(some(n_rows, **({} if first else times)))
    assert answer["counts"] == counts(n_rows)
    assert model.summary().n_inferences == n_rows


def test_one_moment_in_two_zones_is_one_time(model, n_rows, settle):
    model.send_inferences(some(n_rows), inference_timestamps=["2024-01-01T00:00:00Z"] * n_rows)
    settle(model)
    again = ["2024-01-01T01:00:00+01:00"] * n_rows
    assert refused(model.send_inferences(some(n_rows), inference_timestamps=again)) == []


def test_ids_that_we_generate_are_never_compared(model, n_rows):
    rows_ = some(n_rows)
    del rows_["partner_inference_id"]
    for _ in range(3):
        model.send_inferences(rows_)
    assert model.summary().n_inferences == 3 * n_rows


def test_retries_by_bulk_and_by_calls_know_each_other(model, n_rows, settle):
    frame = pd.DataFrame(some(n_rows))
    model.send_bulk_inferences(data=frame, ignore_join_errors=True)
    settle(model)
    assert model.send_inferences(frame)["counts"] == counts(n_rows)
    answer, _ = model.send_bulk_inferences(data=frame.assign(age=-1), ignore_join_errors=True)
    assert answer["counts"] == counts(0, n_rows)
    assert [f["row"] for f in answer["failures"][0]] == list(range(n_rows))
    assert {f["status"] for f in answer["failures"][0]} == {409}
    assert model.summary().n_inferences == n_rows


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=2, deadline=None, suppress_health_check=[*HealthCheck], database=None)
@given(data=st.data())
def test_a_retry_is_known_whatever_the_values_are(tmp_path_factory, name, data):
    sent = data.draw(rows(KINDS[name], max_size=4))
    with mg.connect(":memory:") as connection:
        world = World(connection, tmp_path_factory.mktemp("files"))
        for some_ in (sent, tiled(sent, FEW + 4)):
            model = KINDS[name].save(connection)
            sender = Sender(world, KINDS[name], model, some_)
            options = {"complete_batch": False}
            model.send_inferences(sender.flat_rows(), **options)
            stored = log_of(model)
            for again in (sender.nested_rows(), sender.typed_frame(), sender.arrow()):
                answer = model.send_inferences(again, **options)
                assert answer["counts"] == counts(len(some_))
                model.compact()
            assert log_of(model) == stored
            assert model.summary().n_inferences == len(some_)


# --- within a call ------------------------------------------------------------------------


def test_the_same_twice_in_a_call_is_stored_once(model, n_rows):
    twice = {name: [*values, *values] for name, values in some(n_rows).items()}
    answer = model.send_inferences(twice)
    assert answer["counts"] == counts(2 * n_rows)
    assert model.summary().n_inferences == n_rows
    assert len(log_of(model)) == n_rows


def test_of_two_contents_in_a_call_the_first_is_stored(model, n_rows):
    rows_ = some(n_rows)
    rows_["partner_inference_id"][2] = "id 0"
    answer = model.send_inferences(rows_, fail_silently=True)
    assert [result["status"] for result in answer["results"]][:3] == [200, 200, 409]
    assert refused(answer) == ["id 0"]
    assert log_of(model, "age")["id 0"] == {"age": 0}


def test_a_row_that_fails_does_not_stand_in_the_way_of_its_repeat(model, n_rows):
    rows_ = some(n_rows)
    rows_["partner_inference_id"][2] = "id 0"
    rows_["age"][0] = "wrong"
    answer = model.send_inferences(rows_, fail_silently=True)
    assert [result["status"] for result in answer["results"]][:3] == [400, 200, 200]
    assert log_of(model, "age")["id 0"] == {"age": 2}


# --- with ground truth --------------------------------------------------------------------


@pytest.mark.parametrize("later", [True, False])
def test_a_retry_does_not_pass_for_a_newer_ground_truth(model, n_rows, settle, later):
    ids = some(n_rows)["partner_inference_id"]
    sent = some(n_rows, y=[0] * n_rows)
    model.send_inferences(sent)
    times = {"ground_truth_timestamps": [day(20_000)] * n_rows} if later else {}
    model.update_inference_ground_truths([1] * n_rows, ids, **times)
    settle(model)
    assert model.send_inferences(sent)["counts"] == counts(n_rows)
    assert model.inferences()["y"].tolist() == [1] * n_rows
    assert model.summary().n_ground_truths == n_rows


def test_a_retry_may_bring_the_ground_truth_that_the_first_had_not(model, n_rows, settle):
    model.send_inferences(some(n_rows))
    settle(model)
    assert model.send_inferences(some(n_rows, y=[1] * n_rows))["counts"] == counts(n_rows)
    assert model.inferences()["y"].tolist() == [1] * n_rows
    assert (model.summary().n_inferences, model.summary().n_ground_truths) == (n_rows, n_rows)


def test_the_ground_truth_of_a_refused_row_is_not_stored(model, n_rows, settle):
    model.send_inferences(some(n_rows))
    settle(model)
    again = some(n_rows, y=[1] * n_rows)
    again["age"][1] = 99
    assert refused(model.send_inferences(again, fail_silently=True)) == ["id 1"]
    held = model.summary()
    assert (held.n_ground_truths, held.n_waiting) == (n_rows - 1, 0)
    assert "y" not in log_of(model, "y")["id 1"]


# --- after a deletion ---------------------------------------------------------------------


def test_ids_that_were_deleted_may_come_again_with_another_content(model, n_rows, settle):
    model.send_inferences(some(n_rows, y=[0] * n_rows))
    settle(model)
    model.delete_inferences(["id 1", "id 2"])
    settle(model)
    again = some(n_rows)
    again["age"] = [0, 50, 60, *again["age"][3:]]
    assert model.send_inferences(again)["counts"] == counts(n_rows)
    settle(model)
    found = log_of(model, "age", "y")
    assert found["id 0"] == {"age": 0, "y": 0}
    assert found["id 1"] == {"age": 50}
    assert found["id 2"] == {"age": 60}
    assert model.summary().n_inferences == n_rows
    assert model.summary().n_ground_truths == n_rows - 2


# --- another process, another connection --------------------------------------------------


def test_a_retry_after_the_registry_was_opened_again_is_known(tmp_path, n_rows):
    with mg.connect(tmp_path / "r") as connection:
        model = classifier(connection)
        model.send_inferences(some(n_rows))
        id_ = model.id
    with mg.connect(tmp_path / "r") as connection, mg.connect(tmp_path / "r") as other:
        again, meanwhile = connection.get_model(id_), other.get_model(id_)
        assert again.send_inferences(some(n_rows))["counts"] == counts(n_rows)
        assert meanwhile.send_inferences(some(n_rows + 1))["counts"] == counts(n_rows + 1)
        changed = some(n_rows + 1, p=[0.75] * (n_rows + 1))
        assert len(refused(again.send_inferences(changed, fail_silently=True))) == n_rows + 1
        assert again.summary().n_inferences == n_rows + 1


# --- what is said of it -------------------------------------------------------------------


@pytest.mark.parametrize("n_more", [10, FEW + 3])
def test_one_id_for_all_rows_of_a_call_is_told_as_that_and_once(model, n_more):
    frame = {"age": list(range(n_more)), "p": [0.5] * n_more}
    with pytest.raises(ResponseClientError) as caught:
        model.send_inferences(frame, partner_inference_ids=["one"] * n_more)
    text = str(caught.value)
    assert text.startswith(
        f"{n_more - 1} of {n_more} rows failed and the others were stored: row 1"
    )
    assert text.count("more than once") == 1
    assert "sent before" not in text
    assert f"row 5 ('one') and {n_more - 6} more: 409 " in text
    assert len(caught.value.results) == n_more - 1
    with pytest.raises(ResponseClientError, match=r"none was stored: .*was sent before") as caught:
        model.send_inferences({"age": [77] * 9, "p": [0.5] * 9}, partner_inference_ids=["one"] * 9)
    assert "9 of 9 rows" in str(caught.value)
    assert "more than once" not in str(caught.value)


@pytest.mark.parametrize("n_rows", [FEW - 9, FEW + 3])
def test_what_was_there_already_is_not_called_stored(model, n_rows):
    whole = some(n_rows)
    assert repr(model.send_inferences(whole)).startswith(f"<{n_rows} rows: {n_rows} stored, 0 fai")
    again = model.send_inferences(whole)
    assert again["counts"] == counts(n_rows)
    assert repr(again).startswith(f"<{n_rows} rows: 0 stored, {n_rows} were there already, 0 fai")
    more = model.send_inferences(some(n_rows + 9))
    assert f" 9 stored, {n_rows} were there already, 0 failed" in repr(more)
    bulk, _ = model.send_bulk_inferences(data=pd.DataFrame(whole), ignore_join_errors=True)
    assert bulk["counts"] == counts(n_rows)
