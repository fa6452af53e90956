"""What the sending methods answer, what they fill in, and what they leave alone."""

import copy
import io
import json
import logging
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelgroups.errors import (
    MissingParameterError,
    NotFoundError,
    ResponseClientError,
    UserValueError,
)

from .samples import FEW, PICTURES, START, classifier, counts, day, log_of

SIZES = [3, FEW + 3]
CLOSED = {"dataset_close_result": {"message": "success"}}


def success(id_):
    return {"message": "success", "status": 200, "partner_inference_id": id_}


def some(n_rows, **more):
    ids = [f"id {i}" for i in range(n_rows)]
    return {"age": list(range(n_rows)), "p": [0.5] * n_rows, "partner_inference_id": ids} | more


@pytest.fixture
def batch_model(connection):
    return classifier(connection, is_batch=True)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, logger="modelgroups")
    return caplog


# --- the documented examples of the SDK ---------------------------------------------------


def test_a_frame_of_inputs_with_an_array_of_probabilities_and_a_batch(batch_model):
    answer = batch_model.send_inferences(
        pd.DataFrame({"age": [2]}), predictions=np.array([[0.4, 0.6]]), batch_id="batch1"
    )
    [result] = answer["results"]
    assert answer["counts"] == counts(1)
    assert result == success(result["partner_inference_id"])
    assert len(result["partner_inference_id"]) == 22
    [row] = batch_model.inferences().to_dict("records")
    assert (row["age"], row["p"], row["p_negative"], row["batch_id"]) == (2, 0.6, 0.4, "batch1")


ROW = {
    "inference_timestamp": "2021-06-16T16:52:11Z",
    "partner_inference_id": "inf1",
    "batch_id": "batch1",
    "ground_truth_timestamp": "2021-06-16T16:53:45Z",
}


@pytest.mark.parametrize(
    "halves",
    [
        {"inference_data": {"age": 2, "p": 0.6}, "ground_truth_data": {"y": 1}},
        {"age": 2, "p": 0.6, "y": 1},
    ],
    ids=["nested", "flat"],
)
def test_rows_as_the_platform_takes_them(batch_model, halves):
    answer = batch_model.send_inferences([ROW | halves])
    assert answer == {"counts": counts(1), "results": [success("inf1")]}
    assert batch_model.inferences().to_dict("records") == [
        {
            "partner_inference_id": "inf1",
            "inference_timestamp": pd.Timestamp("2021-06-16T16:52:11Z"),
            "batch_id": "batch1",
            "age": 2,
            "p": 0.6,
            "ground_truth_timestamp": pd.Timestamp("2021-06-16T16:53:45Z"),
            "y": 1,
        }
    ]


@pytest.mark.parametrize(
    "give",
    [
        lambda y, ids: (pd.DataFrame({"y": y, "partner_inference_id": ids}),),
        lambda y, ids: (y, ids),
        lambda y, ids: (
            [
                {
                    "partner_inference_id": id_,
                    "ground_truth_timestamp": "2021-06-16T16:53:45Z",
                    "ground_truth_data": {"y": value},
                }
                for value, id_ in zip(y, ids, strict=True)
            ],
        ),
        lambda y, ids: (
            [
                {
                    "partner_inference_id": id_,
                    "ground_truth_timestamp": "2021-06-16T16:53:45Z",
                    "y": value,
                }
                for value, id_ in zip(y, ids, strict=True)
            ],
        ),
    ],
    ids=["frame", "values", "nested", "flat"],
)
def test_ground_truths_as_the_documentation_sends_them(model, give):
    ids = [f"batch_1-inf_{i}" for i in range(3)]
    model.send_inferences({"age": [1, 2, 3]}, [0.1, 0.2, 0.3], partner_inference_ids=ids)
    answer = model.update_inference_ground_truths(*give([1, 0, 1], ids))
    assert answer == {"counts": counts(3), "results": [success(id_) for id_ in ids]}
    assert log_of(model, "y") == dict(zip(ids, [{"y": 1}, {"y": 0}, {"y": 1}], strict=True))


# --- answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [[], {}, {"age": []}, pd.DataFrame({"age": []})])
def test_no_rows_are_an_empty_request(connection, model, nothing):
    assert model.send_inferences(nothing) == {"counts": counts(0), "results": []}
    assert model.summary().n_inferences == 0


@pytest.mark.parametrize("n_rows", SIZES)
def test_results_come_in_the_order_of_the_rows(model, n_rows):
    rows = some(n_rows)
    rows["partner_inference_id"].reverse()
    answer = model.send_inferences(rows)
    assert answer["counts"] == counts(n_rows)
    assert answer["results"] == [success(id_) for id_ in rows["partner_inference_id"]]


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize("silently", [False, True])
def test_good_rows_are_stored_beside_bad_ones(model, log, n_rows, silently):
    rows = some(n_rows)
    rows["age"][1] = "old"
    if silently:
        answer = model.send_inferences(rows, fail_silently=True)
        assert answer["counts"] == counts(n_rows - 1, 1)
        failed = answer["results"][1]
        assert [r for r in answer["results"] if r is not failed] == [
            success(id_) for id_ in rows["partner_inference_id"] if id_ != "id 1"
        ]
        assert "1 of" in next(r for r in log.records if r.levelname == "ERROR").getMessage()
    else:
        with pytest.raises(ResponseClientError, match=r"1 of .*'id 1'.*'age'.*'old'") as caught:
            model.send_inferences(rows)
        [failed] = caught.value.results
    assert failed["status"] == 400
    assert failed["partner_inference_id"] == "id 1"
    assert "'age' is INTEGER and cannot be str 'old'" in failed["message"]
    assert set(log_of(model, "age")) == set(rows["partner_inference_id"]) - {"id 1"}


@pytest.mark.parametrize("n_rows", SIZES)
def test_the_ground_truth_of_a_bad_row_is_not_stored(model, n_rows):
    rows = some(n_rows, y=[1] * n_rows)
    rows["age"][1] = 1.5
    answer = model.send_inferences(rows, fail_silently=True)
    assert answer["counts"]["failure"] == 1
    assert (model.summary().n_ground_truths, model.summary().n_waiting) == (n_rows - 1, 0)


@pytest.mark.parametrize("n_rows", SIZES)
def test_ground_truths_fail_one_by_one_too(model, log, n_rows):
    model.send_inferences(some(n_rows))
    rows = {"y": [1] * n_rows, "partner_inference_id": some(n_rows)["partner_inference_id"]}
    rows["y"][2] = "yes"
    with pytest.raises(ResponseClientError, match=r"'y' is INTEGER and cannot be str 'yes'"):
        model.update_inference_ground_truths(rows)
    answer = model.update_inference_ground_truths(rows, fail_silently=True)
    assert answer["counts"] == counts(n_rows - 1, 1)
    assert answer["results"][2]["partner_inference_id"] == "id 2"
    assert model.summary().n_ground_truths == n_rows - 1


def test_all_that_is_wrong_with_a_row_is_told(model):
    answer = model.send_inferences([{"age": "a", "p": "b"}], fail_silently=True)
    assert answer["counts"] == counts(0, 1)
    assert "'age'" in answer["results"][0]["message"]
    assert "'p'" in answer["results"][0]["message"]


@pytest.mark.parametrize("n_rows", SIZES)
def test_inference_attributes_among_ground_truths_are_ignored(model, log, n_rows):
    model.send_inferences(some(n_rows))
    answer = model.update_inference_ground_truths(some(n_rows, y=[1] * n_rows, age=[99] * n_rows))
    assert answer["counts"] == counts(n_rows)
    assert "ignored" in next(r for r in log.records if r.levelname == "WARNING").getMessage()
    assert model.inferences()["age"].tolist() == list(range(n_rows))


def test_ground_truths_that_wait_are_told(model):
    model.send_inferences(some(2))
    answer = model.update_inference_ground_truths([1, 0, 1], ["id 1", "x", "y"])
    assert answer["message"] == "2 ground truths are kept until their inferences arrive"
    assert answer["results"] == [success(id_) for id_ in ("id 1", "x", "y")]


def test_image_models_have_their_own_answer(connection, tmp_path):
    model = connection.model("m", "IMAGE", "REGRESSION", pixel_height=8, pixel_width=8)
    model.add_image_attribute("picture")
    model.add_regression_output_attributes({"p": "y"}, "FLOAT")
    model.save()
    good, bad = tmp_path / "good.gif", tmp_path / "bad.gif"
    good.write_bytes(PICTURES[0])
    bad.write_bytes(b"text")
    answer = model.send_inferences(
        {"picture": [str(good), str(bad), "nowhere.gif"], "p": [1, 2, 3]},
        partner_inference_ids=["a", "b", "c"],
    )
    assert answer["counts"] == counts(1, 2)
    assert [failure["partner_inference_id"] for failure in answer["failures"]] == ["b", "c"]
    assert "results" not in answer
    [image] = model.inferences()["picture"]
    path = model.get_image(image, tmp_path)
    assert path == str(tmp_path / f"raw_image_{image}.gif")
    assert (tmp_path / f"raw_image_{image}.gif").read_bytes() == PICTURES[0]
    with pytest.raises(NotFoundError, match="no-image"):
        model.get_image("no-image", tmp_path)
    model.delete_inferences(["a"])
    with pytest.raises(NotFoundError, match=image):
        model.get_image(image, tmp_path)


def test_send_inference_sends_one_row(model):
    answer = model.send_inference(
        START, "a", {"age": 31, "p": 0.1}, predicted_value={"p": 0.25}, ground_truth={"y": 1}
    )
    assert answer == {"counts": counts(1), "results": [success("a")]}
    row = model.inference("a")
    assert (row["age"], row["p"], row["y"]) == (31, 0.25, 1)
    assert row["inference_timestamp"] == row["ground_truth_timestamp"] == START


def test_send_inference_generates_ids(model):
    for _ in range(2):
        model.send_inference(START, model_pipeline_input={"age": 31})
    assert model.inferences()["partner_inference_id"].str.len().tolist() == [22, 22]


# --- what is filled in --------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", SIZES)
def test_what_is_not_given_is_generated(model, log, n_rows):
    before = datetime.now(UTC)
    answer = model.send_inferences({"age": list(range(n_rows))}, ground_truths=[1] * n_rows)
    after = datetime.now(UTC) + timedelta(milliseconds=1)
    frame = model.inferences(columns=None)
    ids = [result["partner_inference_id"] for result in answer["results"]]
    assert frame["partner_inference_id"].tolist() == ids
    assert len(set(ids)) == n_rows
    for name in ("inference_timestamp", "ground_truth_timestamp"):
        [moment] = frame[name].unique()
        assert before <= moment <= after
    told = [r.getMessage() for r in log.records if r.levelname == "INFO"]
    assert f"generated {n_rows} partner_inference_ids" in told
    assert f"set {n_rows} values of inference_timestamp to now" in told
    assert f"set {n_rows} values of ground_truth_timestamp to now" in told


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize("missing", [None, "", np.nan, pd.NA])
def test_missing_ids_are_generated_beside_others(model, n_rows, missing):
    ids = [f"id {i}" for i in range(n_rows)]
    ids[1] = missing
    answer = model.send_inferences(some(n_rows, partner_inference_id=ids))
    found = [result["partner_inference_id"] for result in answer["results"]]
    assert found[0] == "id 0"
    assert len(found[1]) == 22
    assert found[2:] == ids[2:]
    assert set(log_of(model, "age")) == set(found)


@pytest.mark.parametrize("n_rows", SIZES)
def test_ids_may_be_whole_numbers_and_lie_in_any_sequence(model, n_rows):
    numbers = list(range(n_rows))
    kinds = [
        numbers,
        np.array(numbers),
        pd.Series(numbers, dtype="int32"),
        pa.array(numbers),
        [str(number) for number in numbers],
        pa.array([str(number) for number in numbers], pa.large_string()),
        pa.chunked_array([[str(number)] for number in numbers]),
        pd.Series([str(number) for number in numbers]).astype("category"),
    ]
    for ids in kinds:
        answer = model.send_inferences({"age": numbers}, partner_inference_ids=ids)
        assert answer["counts"] == counts(n_rows)
    assert log_of(model, "age") == {str(number): {"age": number} for number in numbers}


@pytest.mark.parametrize("n_rows", SIZES)
def test_missing_times_are_filled_beside_others(model, n_rows):
    times = [day(0), None] + [day(2)] * (n_rows - 2)
    model.send_inferences(some(n_rows), inference_timestamps=times)
    found = model.inferences()["inference_timestamp"].tolist()
    assert found[0] == day(0)
    assert found[1] > pd.Timestamp.now("UTC") - timedelta(minutes=5)
    assert found[2:] == times[2:]


@pytest.mark.parametrize("n_rows", SIZES)
def test_numbers_that_say_nothing_are_null(model, n_rows):
    ages = [1, np.nan, np.inf, -np.inf, np.float32("inf"), None, pd.NA] + [1] * n_rows
    model.send_inferences({"age": ages[:n_rows], "p": [0.5] * n_rows})
    assert model.inferences()["age"].isna().tolist() == [i in range(1, 7) for i in range(n_rows)]


# --- times --------------------------------------------------------------------------------

BERLIN = timezone(timedelta(hours=1))
NEW_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize(
    "zone", ["US/Eastern", ZoneInfo("US/Eastern"), timezone(-timedelta(hours=5))]
)
@pytest.mark.parametrize(
    "times",
    [
        lambda n: [NEW_YEAR] * n,
        lambda n: pd.Series([NEW_YEAR] * n, index=range(n)[::-1]),
        lambda n: pd.DatetimeIndex([NEW_YEAR] * n),
        lambda n: np.array([NEW_YEAR] * n, dtype="datetime64[ns]"),
        lambda n: np.array([NEW_YEAR] * n, dtype="datetime64[s]"),
        lambda n: pa.array([NEW_YEAR] * n),
        lambda n: [NEW_YEAR.isoformat()] * n,
        lambda n: pd.Series([str(NEW_YEAR)] * n),
        lambda n: pa.array([NEW_YEAR.isoformat()] * n),
    ],
    ids=["list", "Series", "DatetimeIndex", "ns", "s", "Arrow", "texts", "text", "Arrow texts"],
)
def test_naive_times_are_of_the_zone_that_is_named(model, n_rows, zone, times):
    model.send_inferences(
        some(n_rows, y=[1] * n_rows),
        inference_timestamps=times(n_rows),
        ground_truth_timestamps=times(n_rows),
        tz=zone,
    )
    frame = model.inferences()
    moment = pd.Timestamp("2024-01-01T05:00:00Z")
    for name in ("inference_timestamp", "ground_truth_timestamp"):
        assert frame[name].tolist() == [moment] * n_rows


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize(
    "moment",
    [
        "2024-01-01T00:00:00.123456Z",
        "2023-12-31T19:00:00.123456-05:00",
        "2024-01-01T01:00:00.123456789+01:00",
        datetime(2024, 1, 1, 1, microsecond=123456, tzinfo=BERLIN),
        pd.Timestamp("2024-01-01T00:00:00.123456789", tz="UTC"),
    ],
    ids=str,
)
def test_times_of_any_zone_are_stored_in_utc(model, n_rows, moment):
    model.send_inferences(some(n_rows), inference_timestamps=[moment] * n_rows, tz="Asia/Tokyo")
    expected = pd.Timestamp("2024-01-01T00:00:00.123456Z")
    assert model.inferences()["inference_timestamp"].tolist() == [expected] * n_rows


@pytest.mark.parametrize("n_rows", SIZES)
def test_times_of_daylight_saving_are_those_of_their_season(model, n_rows):
    naive = [NEW_YEAR, NEW_YEAR + timedelta(days=182)] + [NEW_YEAR] * (n_rows - 2)
    model.send_inferences(some(n_rows), inference_timestamps=naive, tz="Europe/Berlin")
    hours = model.inferences()["inference_timestamp"].dt.hour.tolist()
    assert hours == [23, 22] + [23] * (n_rows - 2)


@pytest.mark.parametrize("n_rows", SIZES)
def test_ids_are_taken_from_an_index_that_is_named_for_them(model, n_rows):
    ids = pd.Index([f"id-{number}" for number in range(n_rows)], name="partner_inference_id")
    rows = pd.DataFrame(some(n_rows)).drop(columns="partner_inference_id")
    model.send_inferences(rows.set_index(ids))
    assert model.inferences()["partner_inference_id"].tolist() == list(ids)
    model.update_inference_ground_truths(pd.DataFrame({"y": [1] * n_rows}, index=ids))
    assert model.inferences()["y"].eq(1).all()


@pytest.mark.parametrize("n_rows", SIZES)
def test_nanoseconds_before_1970_are_cut_off_alike(model, n_rows):
    moment = pd.Timestamp("1969-12-31T23:59:59.999999999Z")
    model.send_inferences(some(n_rows), inference_timestamps=pd.Series([moment] * n_rows))
    expected = pd.Timestamp("1969-12-31T23:59:59.999999Z")
    assert model.inferences()["inference_timestamp"].tolist() == [expected] * n_rows


# --- batches ------------------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize("complete", [True, False])
def test_batches_are_closed_after_their_rows_are_stored(batch_model, n_rows, complete):
    batches = ["b"] + ["a"] * (n_rows - 1)
    times = [day(i) for i in range(n_rows)]
    batch_model.send_inferences(
        some(n_rows, batch_id=batches), inference_timestamps=times, complete_batch=complete
    )
    frame = batch_model.batches().set_index("batch_id")
    assert frame["n_inferences"].to_dict() == {"a": n_rows - 1, "b": 1}
    assert frame["closed_at"].notna().tolist() == [complete] * 2
    assert frame.loc["a", "first_timestamp"] == day(1)
    assert frame.loc["a", "last_timestamp"] == day(n_rows - 1)
    late = some(n_rows, age=[7] * n_rows, partner_inference_id=[str(i) for i in range(n_rows)])
    if not complete:
        batch_model.send_inferences(late, batch_id="a")
        assert batch_model.batches()["n_inferences"].sum() == 2 * n_rows
        return
    with pytest.raises(ResponseClientError, match="409 the batch is closed") as caught:
        batch_model.send_inferences(late, batch_id="a")
    assert [result["status"] for result in caught.value.results] == [409] * n_rows
    assert batch_model.summary().n_inferences == n_rows


@pytest.mark.parametrize("n_rows", SIZES)
def test_a_batch_of_which_a_row_failed_stays_open(batch_model, n_rows):
    rows = some(n_rows)
    rows["p"][0] = "high"
    batch_model.send_inferences(rows, batch_id="b", fail_silently=True)
    assert batch_model.batches()["closed_at"].isna().all()
    assert batch_model.batches()["n_inferences"].tolist() == [n_rows - 1]


@pytest.mark.parametrize("n_rows", SIZES)
def test_a_retry_into_a_closed_batch_is_acknowledged_and_changes_nothing(batch_model, n_rows):
    batch_model.send_inferences(some(n_rows), batch_id="b", complete_batch=False)
    batch_model.close_batch("b", n_rows)
    closed = batch_model.batches()
    answer = batch_model.send_inferences(some(n_rows), batch_id="b")
    assert answer["counts"] == counts(n_rows)
    pd.testing.assert_frame_equal(batch_model.batches(), closed)


def test_close_batch_answers_as_the_sdk_and_notes_what_the_sender_says(batch_model, log):
    batch_model.send_inferences(some(2), batch_id="b", complete_batch=False)
    assert batch_model.close_batch("b", 5) == CLOSED
    [told] = [r.getMessage() for r in log.records if r.levelname == "WARNING"]
    assert "'b'" in told
    assert "2" in told
    assert "5" in told
    assert batch_model.batches()["n_declared"].tolist() == [5]
    first = batch_model.batches()["closed_at"].tolist()
    assert batch_model.close_batch("b", num_inferences=2) == CLOSED
    assert batch_model.batches()["n_declared"].tolist() == [2]
    assert batch_model.batches()["closed_at"].tolist() == first
    with pytest.raises(NotFoundError, match="'c'"):
        batch_model.close_batch("c")


def test_one_batch_id_that_is_no_text_is_written_as_one(batch_model):
    batch_model.send_inferences(some(2), batch_id=7)
    assert batch_model.batches()["batch_id"].tolist() == ["7"]


# --- bulk ---------------------------------------------------------------------------------


def bulk_answer(success_, *failures):
    n_failed = sum(map(len, failures))
    return {"counts": counts(success_, n_failed), "failures": list(failures)}


@pytest.mark.parametrize("n_rows", SIZES)
def test_bulk_answers_as_the_sdk(model, batch_model, n_rows):
    frame = pd.DataFrame(some(n_rows))
    with pytest.raises(UserValueError, match="partner_inference_id"):
        model.send_bulk_inferences(data=frame.drop(columns="partner_inference_id"))
    answer = model.send_bulk_inferences(
        data=frame.drop(columns="partner_inference_id"), ignore_join_errors=True
    )
    assert answer == (bulk_answer(n_rows, []), None)
    answer = batch_model.send_bulk_inferences("b", data=frame)
    assert answer == (bulk_answer(n_rows, []), CLOSED)
    assert batch_model.batches()["closed_at"].notna().all()
    open_ = frame.assign(partner_inference_id=[f"x{i}" for i in range(n_rows)], batch_id="c")
    answer = batch_model.send_bulk_inferences(data=open_, complete_batch=False)
    assert answer == (bulk_answer(n_rows, []), None)
    assert batch_model.batches().set_index("batch_id")["closed_at"].isna()["c"]


def test_ids_are_generated_where_ground_truth_comes_along(model):
    model.send_bulk_inferences(data=pd.DataFrame({"age": [1, 2], "y": [0, 1]}))
    assert model.summary().n_ground_truths == 2


@pytest.mark.parametrize("n_rows", SIZES)
def test_failures_are_listed_for_each_file_by_the_row_there(batch_model, log, n_rows):
    good, bad = some(n_rows), some(n_rows)
    bad["partner_inference_id"] = [f"x{i}" for i in range(n_rows)]
    bad["age"][2] = "old"
    files = [as_json(good), as_parquet(bad | {"age": good["age"]}, "y"), as_json(bad, "z")]
    answer, closed = batch_model.send_bulk_inferences("b", files=files)
    assert closed is None
    assert answer["counts"] == counts(3 * n_rows - 1, 1)
    assert answer["failures"][:2] == [[], []]
    [failure] = answer["failures"][2]
    assert (failure["row"], failure["status"]) == (2, 400)
    assert "'old'" in failure["message"]
    assert batch_model.batches()["closed_at"].isna().all()
    assert batch_model.summary().n_inferences == 3 * n_rows - 1
    assert "1 of" in next(r for r in log.records if r.levelname == "WARNING").getMessage()


def _renamed(rows, prefix):
    ids = [f"{prefix}{id_}" for id_ in rows["partner_inference_id"]]
    return pd.DataFrame(rows | {"partner_inference_id": ids})


def as_json(rows, prefix=""):
    return io.BytesIO(_renamed(rows, prefix).to_json(orient="records").encode())


def as_parquet(rows, prefix=""):
    file = io.BytesIO()
    _renamed(rows, prefix).to_parquet(file)
    return file


@pytest.mark.parametrize(
    "sizes", [(2, 2), (2, FEW + 2), (FEW + 2, 2), (FEW + 2, FEW + 2), (2, 5000, 2)]
)
@pytest.mark.parametrize("write", [as_json, as_parquet])
def test_one_id_in_several_files_of_a_call_is_stored_once(model, sizes, write):
    files = [write(some(size)) for size in sizes]
    other = some(2)
    other["age"] = [0, 99]
    answer, _ = model.send_bulk_inferences(files=[*files, write(other)], ignore_join_errors=True)
    assert answer["counts"] == counts(sum(sizes) + 1, 1)
    assert [len(failures) for failures in answer["failures"]] == [0] * len(sizes) + [1]
    assert answer["failures"][-1][0]["status"] == 409
    assert answer["failures"][-1][0]["row"] == 1
    assert model.summary().n_inferences == max(sizes)
    assert log_of(model, "age") == {f"id {i}": {"age": i} for i in range(max(sizes))}


@pytest.mark.parametrize("sizes", [(2, 3), (2, FEW + 2), (FEW + 2, 2)])
def test_ground_truths_of_one_id_in_several_files_count_once(model, sizes):
    files = [as_json({k: v for k, v in some(n, y=[1] * n).items() if k != "age"}) for n in sizes]
    model.send_bulk_ground_truths(files=files)
    assert model.summary().n_waiting == max(sizes)
    model.send_inferences(some(max(sizes)))
    assert (model.summary().n_waiting, model.summary().n_ground_truths) == (0, max(sizes))


def test_many_small_files_make_few_files_in_the_log(model, tmp_path):
    for number in range(40):
        rows = [
            {"age": number, "p": 0.5, "partner_inference_id": f"{number}.{i}"} for i in range(20)
        ]
        (tmp_path / f"{number:02}.json").write_text(json.dumps(rows))
    answer, _ = model.send_bulk_inferences(directory_path=tmp_path, ignore_join_errors=True)
    assert answer == bulk_answer(800, *[[] for _ in range(40)])
    assert model.summary().n_segments == 1
    assert sorted(model.inferences()["age"].unique()) == list(range(40))


def test_bulk_ground_truths_answer_without_a_close(model):
    model.send_inferences(some(3))
    frame = pd.DataFrame({"y": [1, 0], "partner_inference_id": ["id 0", "new"]})
    assert model.send_bulk_ground_truths(data=frame) == bulk_answer(2, [])
    assert (model.summary().n_ground_truths, model.summary().n_waiting) == (1, 1)


def test_the_old_names_of_the_bulk_methods_do_the_same(batch_model, log):
    frame = pd.DataFrame(some(2))
    assert batch_model.send_batch_inferences("b", data=frame) == (bulk_answer(2, []), CLOSED)
    truths = pd.DataFrame({"y": [1, 0], "partner_inference_id": ["id 0", "id 1"]})
    assert batch_model.send_batch_ground_truths(data=truths) == bulk_answer(2, [])
    assert batch_model.summary().n_ground_truths == 2


def test_bulk_reads_files_open_or_by_path_and_below_a_folder(model, tmp_path):
    (tmp_path / "deep").mkdir()
    _renamed(some(2), "a").to_parquet(tmp_path / "deep" / "a.parquet")
    (tmp_path / "b.json").write_bytes(as_json(some(2), "b").getvalue())
    (tmp_path / "note.txt").write_text("not data")
    answer, _ = model.send_bulk_inferences(directory_path=tmp_path, ignore_join_errors=True)
    assert answer == bulk_answer(4, [], [])
    with (tmp_path / "b.json").open("rb") as file:
        answer, _ = model.send_bulk_inferences(
            files=[file, str(tmp_path / "deep" / "a.parquet")], ignore_join_errors=True
        )
    assert answer == bulk_answer(4, [], [])
    assert model.summary().n_inferences == 4


def test_bulk_takes_a_frame_of_any_index(model):
    frame = pd.DataFrame(some(4)).set_axis([-2.5, 0.5, 0.5, 7.0])
    model.send_bulk_inferences(data=frame, ignore_join_errors=True)
    assert len(log_of(model, "age")) == 4


# --- waiting ------------------------------------------------------------------------------


def test_await_inferences_returns_at_once_when_they_are_there(model):
    model.send_inferences(some(2))
    model.await_inferences(2, with_ground_truth=False, timeout_min=0)
    model.update_inference_ground_truths([1], ["id 1"])
    with pytest.raises(TimeoutError, match="2 inferences with a ground truth, and there are 1"):
        model.await_inferences(2, timeout_min=0)
    model.await_inferences(timeout_min=0)
    with pytest.raises(TimeoutError, match="3 inferences, and there are 2"):
        model.await_inferences(3, with_ground_truth=False, timeout_min=0.0002)


# --- what callers keep --------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", SIZES)
def test_what_the_caller_gave_is_not_changed(model, n_rows):
    rows = [
        {"inference_data": {"age": np.inf if i else 1.0}, "ground_truth_data": {"y": 1}}
        for i in range(n_rows)
    ]
    frame = pd.DataFrame({"age": [1.0, np.inf, np.nan] + [2.0] * (n_rows - 3)})
    lists = some(n_rows, partner_inference_id=[None] * n_rows)
    predictions = [[0.5]] * n_rows
    ids = pd.Series([""] + [f"x{i}" for i in range(1, n_rows)])
    times = [START.astimezone(BERLIN).replace(tzinfo=None)] * n_rows
    before = copy.deepcopy((rows, lists, predictions, times)), frame.copy(), ids.copy()
    for given in (rows, frame, lists):
        model.send_inferences(
            given,
            predictions=predictions,
            partner_inference_ids=ids,
            inference_timestamps=times,
            tz=BERLIN,
            fail_silently=True,
        )
        model.update_inference_ground_truths([1] * n_rows, ids.replace("", "x"))
    assert (rows, lists, predictions, times) == before[0]
    pd.testing.assert_frame_equal(frame, before[1])
    pd.testing.assert_series_equal(ids, before[2])


def test_bulk_does_not_change_the_frame_or_rows_of_the_caller(batch_model):
    frame = pd.DataFrame(some(3)).assign(batch_id="mine")
    before = frame.copy()
    batch_model.send_bulk_inferences("theirs", data=frame)
    pd.testing.assert_frame_equal(frame, before)
    assert batch_model.batches()["batch_id"].tolist() == ["theirs"]


def test_nothing_to_send_from_is_told(model):
    with pytest.raises(MissingParameterError, match="directory_path"):
        model.send_bulk_inferences()
