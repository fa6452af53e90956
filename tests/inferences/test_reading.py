"""What is read of a log: columns, times, batches, single rows; and how little of it is touched."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import modelgroups as mg
from modelgroups.errors import (
    MethodNotApplicableError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import example_model

from .samples import FEW, classifier, day, log_of

SIZES = [30, FEW + 44]  # multiples of ten


@pytest.fixture(params=SIZES)
def n_rows(request):
    return request.param


@pytest.fixture(params=["as it was stored", "compacted"])
def settle(request):
    return (lambda model: None) if request.param == "as it was stored" else mg.Model.compact


def traffic(n_rows, first=0, **more):
    """Return rows of ten days, three hours before noon of each."""
    numbers = range(first, first + n_rows)
    rows = {
        "age": list(numbers),
        "p": [number / 1000 for number in numbers],
        "partner_inference_id": [f"id {number}" for number in numbers],
        "inference_timestamp": [day(number % 10) + timedelta(hours=9) for number in numbers],
    }
    return pd.DataFrame(rows | more)


@pytest.fixture
def sent(model, n_rows, settle):
    """Return what was sent, of which each third row has a ground truth."""
    frame = traffic(n_rows)
    model.send_inferences(frame)
    truths = frame.iloc[::3]
    model.update_inference_ground_truths(
        [1] * len(truths), truths["partner_inference_id"], [day(20)] * len(truths)
    )
    settle(model)
    return frame


# --- columns ------------------------------------------------------------------------------


def test_all_columns_come_in_the_order_of_the_schema(model, sent):
    frame = model.inferences()
    assert list(frame.columns) == [
        "partner_inference_id",
        "inference_timestamp",
        "age",
        "p",
        "ground_truth_timestamp",
        "y",
    ]
    assert frame.index.tolist() == list(range(len(sent)))
    assert frame["y"].notna().sum() == len(sent) // 3 + (len(sent) % 3 > 0)


@pytest.mark.parametrize(
    "columns",
    [
        ["p"],
        ["y"],
        ["y", "age"],
        ["age", "partner_inference_id"],
        ["received_timestamp", "ground_truth_timestamp", "inference_timestamp", "batch_id"],
        ["p_negative", "p"],
    ],
    ids=str,
)
def test_columns_that_are_asked_for_come_in_that_order(model, sent, columns):
    frame = model.inferences(columns=columns)
    assert list(frame.columns) == columns
    whole = model.inferences()
    for name in set(columns) & set(whole.columns):
        pd.testing.assert_series_equal(frame[name], whole[name])
    assert len(frame) == len(sent)


def test_ground_truth_may_be_left_out(model, sent):
    frame = model.inferences(with_ground_truth=False)
    assert list(frame.columns) == ["partner_inference_id", "inference_timestamp", "age", "p"]


def test_derived_attributes_are_shown_where_they_were_sent(model):
    model.send_inferences({"age": [1]}, predictions=np.array([[0.75, 0.25]]))
    assert model.inferences()["p_negative"].tolist() == [0.75]


# --- rows ---------------------------------------------------------------------------------

BOUNDS = [None, 0, 2, 5, 9, 10]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (since, until)
        for since, until in product(BOUNDS, BOUNDS)
        if since is None or until is None or since <= until
    ],
)
def test_times_are_from_the_first_moment_and_before_the_second(connection, since, until):
    for n_rows in SIZES:
        model = classifier(connection)
        moments = [day(number % 10) for number in range(n_rows)]
        model.send_inferences(traffic(n_rows, inference_timestamp=moments))
        found = model.inferences(
            since=None if since is None else day(since),
            until=None if until is None else day(until).isoformat(),
        )
        days = range(0 if since is None else since, 10 if until is None else until)
        assert sorted(found["age"]) == [n for n in range(n_rows) if n % 10 in days]


def test_the_edge_of_a_microsecond_counts(model, n_rows):
    moments = [day(0) + timedelta(microseconds=number) for number in range(n_rows)]
    model.send_inferences(traffic(n_rows, inference_timestamp=moments))
    assert model.inferences(since=moments[3], until=moments[5])["age"].tolist() == [3, 4]


@pytest.mark.parametrize("limit", [0, 1, 10, 10_000])
def test_no_more_rows_come_than_the_limit(model, sent, limit):
    frame = model.inferences(limit=limit)
    whole = model.inferences()
    assert len(frame) == min(limit, len(whole))
    assert list(frame.columns) == list(whole.columns)
    pd.testing.assert_frame_equal(frame, whole.head(limit), check_dtype=False)
    late = model.inferences(limit=limit, since=day(5))
    assert len(late) == min(limit, len(whole) // 2)


def test_batches_are_read_alone(connection, n_rows, settle):
    model = classifier(connection, is_batch=True)
    names = ["a", "b", "c"]
    for number, name in enumerate(names):
        model.send_inferences(traffic(n_rows, n_rows * number, batch_id=name))
    settle(model)
    for wanted in ("b", ["b"], ["a", "c"], ["c", "nowhere"], "nowhere", []):
        chosen = [wanted] if isinstance(wanted, str) else wanted
        frame = model.inferences(batch_id=wanted)
        assert sorted(frame["batch_id"].unique()) == [name for name in names if name in chosen]
        assert len(frame) == n_rows * len(set(chosen) & set(names))
    frame = model.inferences(batch_id="b", since=day(5), columns=["age"])
    assert sorted(frame["age"]) == [n for n in range(n_rows, 2 * n_rows) if n % 10 >= 5]


def test_tables_and_batches_hold_what_frames_hold(model, sent):
    for options in ({}, {"columns": ["y", "age"]}, {"since": day(3), "limit": 7}):
        frame = model.inferences(**options)
        table = model.inference_table(**options)
        batches = list(model.inference_batches(**options))
        assert isinstance(table, pa.Table)
        assert pa.Table.from_batches(batches, table.schema).equals(table)
        assert table.column_names == list(frame.columns)
        for name in frame:
            assert table[name].to_pylist() == [None if pd.isna(v) else v for v in frame[name]]


def test_a_log_without_rows_has_the_columns_and_their_types(model):
    empty = model.inferences()
    model.send_inferences(traffic(2))
    pd.testing.assert_index_equal(empty.columns, model.inferences().columns)
    assert len(empty) == 0
    assert len(model.batches()) == 0
    assert len(model.deletions()) == 0
    assert empty["inference_timestamp"].dtype == "datetime64[us, UTC]"
    assert len(model.inferences(since=day(50))) == 0


# --- one row ------------------------------------------------------------------------------


def test_one_inference_is_found_by_its_id(model, sent):
    row = model.inference("id 3")
    assert row["age"] == 3
    assert row["y"] == 1
    assert row["ground_truth_timestamp"] == day(20)
    assert row["inference_timestamp"] == day(3) + timedelta(hours=9)
    assert row["received_timestamp"] > day(365)
    assert model.inference("id 4")["y"] is None
    model.delete_inferences(["id 3"])
    for gone in ("id 3", "nobody", ""):
        with pytest.raises(NotFoundError, match=repr(gone)):
            model.inference(gone)


# --- batches ------------------------------------------------------------------------------


def test_batches_tell_their_counts_and_times(connection, n_rows, settle):
    model = classifier(connection, is_batch=True)
    for name, complete in (("open", False), ("closed", True)):
        first = n_rows * complete
        model.send_inferences(traffic(n_rows, first), batch_id=name, complete_batch=complete)
    settle(model)
    model.send_inferences(traffic(n_rows, 5 * n_rows), batch_id="open", complete_batch=False)
    frame = model.batches().set_index("batch_id")
    assert frame.index.tolist() == ["open", "closed"]
    assert frame["n_inferences"].to_dict() == {"open": 2 * n_rows, "closed": n_rows}
    assert frame["closed_at"].notna().tolist() == [False, True]
    assert frame["first_timestamp"].tolist() == [day(0) + timedelta(hours=9)] * 2
    assert frame["last_timestamp"].tolist() == [day(9) + timedelta(hours=9)] * 2
    assert model.summary().n_batches == 2
    model.delete_inferences(traffic(n_rows)["partner_inference_id"].tolist())
    assert model.batches().set_index("batch_id")["n_inferences"]["open"] == n_rows
    model.delete_inferences(before=day(100))
    assert model.batches()["batch_id"].tolist() == ["closed"]
    assert model.batches()["n_inferences"].tolist() == [0]


# --- how little is read -------------------------------------------------------------------


@contextmanager
def reading(monkeypatch):
    """Collect the row groups that are read, as pairs of a file's rows and a group's number."""
    import pyarrow.parquet as pq

    read, groups = pq.ParquetFile.read_row_group, []

    def counted(self, group, *args, **kwargs):
        groups.append((self.metadata.num_rows, group))
        return read(self, group, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetFile, "read_row_group", counted)
        yield groups


def test_a_day_of_many_is_read_from_its_segment_alone(model, monkeypatch):
    sizes = [FEW + 1 + number for number in range(6)]  # so many rows on each day
    for number, size in enumerate(sizes):
        moments = [day(number) + timedelta(seconds=second) for second in range(size)]
        model.send_inferences(traffic(size, 1000 * number, inference_timestamp=moments))
    assert model.summary().n_segments == len(sizes)
    with reading(monkeypatch) as groups:
        assert len(model.inferences(since=day(3), until=day(4))) == sizes[3]
    assert groups == [(sizes[3], 0)]
    with reading(monkeypatch) as groups:
        assert len(model.inferences(until=day(2))) == sizes[0] + sizes[1]
    assert groups == [(sizes[0], 0), (sizes[1], 0)]
    with reading(monkeypatch) as groups:
        assert len(model.inferences(since=day(20))) == 0
    assert groups == []


def test_a_batch_of_many_is_read_from_its_segment_alone(connection, monkeypatch):
    model = classifier(connection, is_batch=True)
    for number in range(4):
        model.send_inferences(traffic(FEW + 1 + number, 1000 * number, batch_id=f"b{number}"))
    with reading(monkeypatch) as groups:
        assert len(model.inferences(batch_id="b2")) == FEW + 3
    assert groups == [(FEW + 3, 0)]


def test_a_day_of_a_large_segment_is_read_from_its_row_groups_alone(model, monkeypatch):
    n_rows = 400_000  # four row groups
    moments = pd.date_range(day(0), periods=n_rows, freq="s")
    model.send_inferences(pd.DataFrame({"age": np.arange(n_rows), "inference_timestamp": moments}))
    with reading(monkeypatch) as groups:
        found = model.inferences(since=moments[300_000], until=moments[300_010], columns=["age"])
    assert found["age"].tolist() == list(range(300_000, 300_010))
    assert groups == [(n_rows, 2)]


def test_counting_reads_no_file(model, monkeypatch):
    model.send_inferences(traffic(FEW + 4))
    for path in model._registry.segments.root.rglob("*.parquet"):
        path.unlink()
    assert model.summary(attributes=False).n_inferences == FEW + 4
    model.await_inferences(FEW + 4, with_ground_truth=False, timeout_min=0)


# --- one view -----------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["compact", "delete", "send", "truths"])
def test_a_reader_sees_the_log_as_it_was_when_it_began(model, n_rows, change):
    for part in range(4):
        model.send_inferences(traffic(n_rows, part * n_rows))
    model.update_inference_ground_truths([1] * n_rows, traffic(n_rows)["partner_inference_id"])
    expected = model.inference_table()
    batches = model.inference_batches()
    seen = [next(batches)]
    if change == "compact":
        model.compact()
    elif change == "delete":
        model.delete_inferences(before=day(100))
        model.compact()
    elif change == "send":
        model.send_inferences(traffic(n_rows, 10 * n_rows))
        model.compact()
    else:
        model.update_inference_ground_truths(
            [0] * 4 * n_rows, traffic(4 * n_rows)["partner_inference_id"]
        )
    seen += batches
    assert pa.Table.from_batches(seen, expected.schema).equals(expected)


def test_the_order_of_rows_within_a_call_stays(model, n_rows, settle):
    model.send_inferences(traffic(n_rows).iloc[::-1])
    settle(model)
    assert model.inferences()["age"].tolist() == list(range(n_rows))[::-1]


# --- what cannot be read ------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, error, told",
    [
        ({"columns": ["agee"]}, UserValueError, "'agee'; did you mean 'age'"),
        ({"columns": ["age", "age"]}, UserValueError, "'age' more than once"),
        ({"columns": "age"}, UserTypeError, "columns must be a list"),
        ({"since": "2024-01-01T00:00"}, UserValueError, "since='2024-01-01T00:00:00' has no time"),
        ({"until": day(0).replace(tzinfo=None)}, UserValueError, "until=.* no time zone"),
        ({"until": 5}, UserTypeError, "'until' .* int"),
        ({"limit": -1}, UserValueError, "limit must be 0 or more"),
        ({"limit": 1.5}, UserTypeError, "limit"),
        ({"batch_id": [1]}, UserTypeError, "batch_id"),
        ({"with_ground_truth": "yes"}, UserTypeError, "with_ground_truth"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_told(model, options, error, told):
    model.send_inferences(traffic(2))
    for read in (
        model.inferences,
        model.inference_table,
        lambda **o: [*model.inference_batches(**o)],
    ):
        with pytest.raises(error, match=told):
            read(**options)


def test_nothing_is_read_of_a_model_that_is_not_saved(connection):
    model = connection.model("m", "TABULAR", "MULTICLASS")
    for call in (
        model.inferences,
        model.inference_table,
        lambda: [*model.inference_batches()],
        lambda: model.inference("a"),
        model.batches,
        model.summary,
        model.deletions,
        model.compact,
        lambda: model.delete_inferences(["a"]),
        lambda: model.await_inferences(timeout_min=0),
    ):
        with pytest.raises(MethodNotApplicableError, match="save"):
            call()


@pytest.mark.parametrize(
    "options, error, told",
    [
        ({}, mg.errors.MissingParameterError, "partner_inference_ids or before"),
        ({"partner_inference_ids": ["a"], "before": day(0)}, UserValueError, "or before"),
        (
            {"before": "2024-01-01T00:00"},
            UserValueError,
            "before='2024-01-01T00:00:00' has no time zone",
        ),
        ({"partner_inference_ids": "a"}, UserTypeError, "partner_inference_ids"),
    ],
    ids=str,
)
def test_a_deletion_that_is_not_clear_is_refused(model, options, error, told):
    model.send_inferences(traffic(2))
    with pytest.raises(error, match=told):
        model.delete_inferences(**options)
    assert len(log_of(model)) == 2
    assert len(model.deletions()) == 0


def test_deletions_are_on_record_without_values(model, sent):
    model.delete_inferences(["id 0", "id 1", "nobody"])
    model.delete_inferences(before=day(3))
    frame = model.deletions()
    assert frame["n_inferences"].tolist() == [2, 3 * len(sent) // 10 - 2]
    assert frame["n_ground_truths"].tolist()[0] == 1
    assert "id 0" not in str(frame.to_dict())
    assert frame["rule"].tolist()[1].startswith("before 2024-01-04")


def test_what_was_deleted_is_in_no_file_after_compaction(tmp_path, n_rows):
    with mg.connect(tmp_path / "r") as connection:
        model = connection.model(display_name="m", input_type="TABULAR", output_type="REGRESSION")
        model.add_attribute("name", "STRING", "PIPELINE_INPUT")
        model.add_regression_output_attributes({"p": "y"}, "FLOAT")
        model.save()
        names = [f"person-{number:04}" for number in range(n_rows)]
        model.send_inferences({"name": names}, partner_inference_ids=[f"i-{n}" for n in names])
        model.delete_inferences([f"i-{name}" for name in names[::2]])
        model.compact()
        assert sorted(model.inferences()["name"]) == names[1::2]
    held = b"".join(path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file())
    assert b"person-0000" not in held
    assert b"person-0002" not in held


@pytest.mark.parametrize("n_rows", [40, 600])
def test_times_of_deleted_rows_are_gone_from_batches_and_the_summary(n_rows):
    times = pd.date_range("2026-01-01", periods=n_rows, freq="h", tz="UTC")
    frame = pd.DataFrame({"age": 31, "p": 0.5}, index=range(n_rows))
    with example_model(is_batch=True) as model:
        model.send_inferences(
            frame, inference_timestamps=times, batch_id="b1", complete_batch=False
        )
        model.delete_inferences(before=times[10])
        batch = model.batches().iloc[0]
        assert (batch["n_inferences"], batch["first_timestamp"]) == (n_rows - 10, times[10])
        assert batch["last_timestamp"] == times[-1]
        assert pd.Timestamp(model.summary().first_timestamp) == times[10]
        assert model.inferences(until=times[10]).empty
        assert len(model.inferences(until=times[12])) == 2
        model.delete_inferences(before=times[-1] + pd.Timedelta("1h"))
        assert model.batches().empty
        assert model.summary().first_timestamp is None
