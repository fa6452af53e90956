"""Reference data: taken in before and after `save`, from frames and files, and read back."""

import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import modelgroups as mg
from modelgroups import Stage
from modelgroups.catalog import references
from modelgroups.errors import (
    BadRequestError,
    ConflictError,
    MissingParameterError,
    NotFoundError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UnexpectedTypeError,
    UserTypeError,
    UserValueError,
)

from .samples import FRAME, contents, new_model, saved_model, stored_files

CLOSED = {"dataset_close_result": {"message": "success"}}
OTHER = pd.DataFrame({"age": [1, 2, 3, 4], "p": [0.1, 0.2, 0.3, 0.4], "y": [1, 1, 0, 0]})


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model(connection):
    """Return a saved model whose reference data are `FRAME`."""
    return saved_model(connection)


def counts(success, failure=0):
    return {"success": success, "failure": failure, "total": success + failure}


def taken(success, n_files=1):
    """Return what a call answers when every row fits."""
    return {"counts": counts(success), "failures": [[] for _ in range(n_files)]}, CLOSED


def history(connection, model):
    with connection.registry.catalog.read() as session:
        return references.history(session, model.id)


def as_json(rows, *, nested=False):
    return json.dumps([{"reference_data": row} for row in rows] if nested else rows).encode()


ROWS = OTHER.to_dict(orient="records")


def parquet_bytes(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def rows_of(frame):
    return frame.astype(object).to_dict(orient="records")


# --- before save --------------------------------------------------------------------------


def test_before_save_a_frame_waits(connection):
    model = new_model(connection)
    assert model.set_reference_data(data=OTHER) is None
    assert model.reference_dataframe is OTHER
    pd.testing.assert_frame_equal(model.reference_data(), OTHER)
    pd.testing.assert_frame_equal(model.reference_data(["y", "age"]), OTHER[["y", "age"]])
    assert model.reference_data() is not OTHER
    assert contents(connection)[1] == {}
    model.save()
    pd.testing.assert_frame_equal(model.reference_data(), OTHER)


def test_before_save_a_series_waits(connection):
    model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    series = pd.Series(["why?"], name="question")
    model.set_reference_data(data=series)
    assert model.reference_dataframe is series
    model.save(skip_validation=True)
    pd.testing.assert_frame_equal(model.reference_data(), series.to_frame())


@pytest.mark.parametrize("source", [{"files": ["x.parquet"]}, {"directory_path": "."}])
def test_before_save_only_a_frame_is_taken(connection, source):
    with pytest.raises(UserTypeError, match="data=frame"):
        new_model(connection).set_reference_data(**source)


def test_a_model_without_reference_data_has_none_to_read(connection):
    model = new_model(connection)
    model.reference_dataframe = None
    for read in (model.reference_data, model.reference_table, model.reference_batches):
        with pytest.raises(mg.ModelGroupsError, match=r"save\(\)"):
            read()
    model.save()
    for read in (model.reference_data, model.reference_table, model.reference_batches):
        with pytest.raises(NotFoundError, match="set_reference_data"):
            read()


# --- frames -------------------------------------------------------------------------------


def test_after_save_a_frame_replaces_the_current_set(connection, model):
    assert model.set_reference_data(data=OTHER) == taken(4)
    pd.testing.assert_frame_equal(model.reference_data(), OTHER)
    pd.testing.assert_frame_equal(connection.get_model(model.id).reference_data(), OTHER)
    assert model.reference_dataframe is None


def test_earlier_sets_stay_on_record(connection, model):
    model.set_reference_data(data=OTHER)
    model.set_reference_data(data=FRAME)
    sets = history(connection, model)
    assert [(s.sequence_num, s.closed_at is None) for s in sets] == [
        (1, False),
        (2, False),
        (3, False),
    ]
    assert [[file.n_rows for file in s.files] for s in sets] == [[3], [4], [3]]
    assert sets[0].files == sets[2].files
    assert connection.gc().digests == ()
    assert len(stored_files(connection)) == 2


def test_columns_may_be_fewer_and_in_another_order(model):
    some = OTHER[["y", "age"]]
    assert model.set_reference_data(data=some) == taken(4)
    pd.testing.assert_frame_equal(model.reference_data(), some)


def test_a_series_is_one_column(model):
    assert model.set_reference_data(data=OTHER["age"]) == taken(4)
    pd.testing.assert_frame_equal(model.reference_data(), OTHER[["age"]])


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(10, 50, 10),
        pd.Index(list("dcba"), name="row"),
        pd.date_range("2024-01-01", periods=4, tz="UTC"),
        pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", None]),
    ],
    ids=["range", "text", "times", "levels"],
)
def test_the_index_comes_back(model, index):
    frame = OTHER.set_index(index)
    model.set_reference_data(data=frame)
    pd.testing.assert_frame_equal(model.reference_data(), frame, check_freq=False)


def test_whole_floats_fit_integers_and_ints_fit_floats(model):
    frame = pd.DataFrame({"age": [31.0, np.nan], "p": [0, 1], "y": pd.array([1, None], "Int64")})
    assert model.set_reference_data(data=frame) == taken(2)
    pd.testing.assert_frame_equal(model.reference_data(), frame)


def test_the_callers_frame_is_left_alone(model):
    frame = OTHER.astype({"age": object})
    frame.loc[0, "age"] = "x"
    before = frame.copy()
    model.set_reference_data(data=frame)
    pd.testing.assert_frame_equal(frame, before)


# --- rows that do not fit -----------------------------------------------------------------


def test_rows_that_do_not_fit_are_left_out_and_told(model, caplog):
    frame = OTHER.astype(object)
    frame.loc[1, "age"] = "old"
    frame.loc[3, ["age", "p"]] = [2.5, "high"]
    result, closed = model.set_reference_data(data=frame)
    assert closed is None
    assert result["counts"] == counts(2, 2)
    assert result["failures"] == [
        [
            {"row": 1, "status": 400, "message": "'age' is INTEGER and cannot be 'old'"},
            {
                "row": 3,
                "status": 400,
                "message": "'age' is INTEGER and cannot be 2.5; 'p' is FLOAT and cannot be 'high'",
            },
        ]
    ]
    assert "2 of 4 rows" in caplog.text


def test_a_set_with_failures_stays_open_until_rows_come_without(connection, model):
    bad = OTHER.astype({"age": object})
    bad.loc[0, "age"] = "x"
    assert model.set_reference_data(data=bad)[1] is None
    pd.testing.assert_frame_equal(model.reference_data(), FRAME)
    assert history(connection, model)[-1].closed_at is None
    assert model.set_reference_data(data=OTHER) == taken(4)
    sets = history(connection, model)
    assert [len(s.files) for s in sets] == [1, 2]
    assert rows_of(model.reference_data()) == ROWS[1:] + ROWS
    assert model.reference_data().index.tolist() == list(range(7))


def test_an_open_set_is_read_where_there_is_no_closed_one(connection):
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(FRAME, {"p": 1}, ground_truth_column="y", set_reference_data=False)
    model.save()
    bad = OTHER.astype({"age": object})
    bad.loc[0, "age"] = "x"
    model.set_reference_data(data=bad)
    assert rows_of(model.reference_data()) == ROWS[1:]


def test_when_no_row_fits_nothing_is_stored(connection, model):
    frame = OTHER.assign(age="x")
    result, closed = model.set_reference_data(data=frame)
    assert (result["counts"], closed) == (counts(0, 4), None)
    assert len(stored_files(connection)) == 1
    pd.testing.assert_frame_equal(model.reference_data(), FRAME)


def test_labels_of_rows_are_kept_and_numbers_given_anew(model):
    bad = OTHER.astype({"age": object})
    bad.loc[1, "age"] = "x"
    model.set_reference_data(data=bad)
    model.set_reference_data(data=OTHER.iloc[:1])
    assert model.reference_data().index.tolist() == [0, 1, 2, 3]
    model.set_reference_data(data=bad.set_axis(list("abcd")))
    model.set_reference_data(data=OTHER.set_axis(list("efgh")))
    assert model.reference_data().index.tolist() == list("acdefgh")


def test_only_the_first_thousand_failures_are_listed(model):
    frame = pd.DataFrame({"age": ["x"] * 1500})
    result, _ = model.set_reference_data(data=frame)
    assert result["counts"] == counts(0, 1500)
    assert len(result["failures"][0]) == 1000


# --- what is refused as a whole -----------------------------------------------------------


def naive(frame):
    return frame.assign(at=pd.date_range("2024-01-01", periods=len(frame)))


@pytest.mark.parametrize(
    "source, error, words",
    [
        ({}, MissingParameterError, "data="),
        ({"data": OTHER, "directory_path": "."}, UserValueError, "one source"),
        ({"data": 5}, UnexpectedTypeError, "got int"),
        ({"data": OTHER.to_dict()}, UnexpectedTypeError, "got dict"),
        ({"data": OTHER.iloc[:0]}, UserValueError, "no rows"),
        ({"data": OTHER[[]]}, UserValueError, "no columns"),
        ({"data": OTHER.assign(zz=1, yy=2)}, BadRequestError, "^400 .*'zz', 'yy'"),
        ({"data": pd.concat([OTHER, OTHER], axis=1)}, UserValueError, "'age', 'p', 'y'"),
        ({"data": pd.Series([1, 2])}, UserValueError, "0 .int, not a text"),
        ({"data": OTHER.assign(batch_id=1)}, UserValueError, "'batch_id'"),
        ({"files": []}, MissingParameterError, "files"),
        ({"files": "x.parquet"}, UserTypeError, "list of paths"),
        ({"files": 5}, UserTypeError, "list of paths"),
        ({"files": [5]}, UserTypeError, "got int"),
        ({"files": [b"x"]}, UserTypeError, "got bytes"),
        ({"files": ["nope.parquet"]}, UserValueError, "nope.parquet"),
        ({"files": [io.StringIO("[]")]}, UserTypeError, "'rb'"),
        ({"files": [io.BytesIO(b"")]}, UserValueError, "neither Parquet nor JSON"),
        ({"files": [io.BytesIO(b"\xff\xfe")]}, UserValueError, "neither Parquet nor JSON"),
        ({"files": [io.BytesIO(b"PAR1 and more")]}, UserValueError, "not a Parquet file"),
        ({"files": [io.BytesIO(b"{}")]}, UserValueError, "JSON list of rows"),
        ({"files": [io.BytesIO(b"[1]")]}, UserValueError, "JSON list of rows"),
        ({"files": [io.BytesIO(b"[" * 100_000)]}, UserValueError, "neither Parquet nor JSON"),
        ({"files": [io.BytesIO(b"[]")]}, UserValueError, "no rows"),
        ({"files": [io.BytesIO(b"[{}]")]}, UserValueError, "no rows"),
        ({"files": [io.BytesIO(b'[{"zz": 1}]')]}, BadRequestError, "'zz'"),
        ({"files": [io.BytesIO(b'[{"": 1}]')]}, BadRequestError, "''"),
        (
            {"files": [io.BytesIO(b'[{"age": 1}, {"reference_data": {"age": 1}}]')]},
            UserValueError,
            "mixes flat rows.*row 0",
        ),
        ({"files": [io.BytesIO(b'[{"reference_data": 5}]')]}, UserTypeError, "row 0"),
        ({"files": [io.BytesIO(b'[{"age": 1000000000000000000000}]')]}, UserValueError, "'age'"),
        ({"files": [io.BytesIO(parquet_bytes(OTHER.assign(zz=1)))]}, BadRequestError, "'zz'"),
        ({"files": [io.BytesIO(parquet_bytes(OTHER.iloc[:0]))]}, UserValueError, "no rows"),
        ({"directory_path": "/nowhere/at/all"}, UserValueError, "/nowhere/at/all"),
        ({"directory_path": 5}, UserTypeError, "directory_path"),
    ],
)
def test_a_source_that_cannot_be_used_changes_nothing(connection, model, source, error, words):
    before = contents(connection)
    with pytest.raises(error, match=words):
        model.set_reference_data(**source)
    assert contents(connection) == before
    pd.testing.assert_frame_equal(model.reference_data(), FRAME)


@pytest.mark.parametrize("as_file", [False, True])
def test_times_without_a_zone_are_refused(connection, as_file):
    frame = FRAME.assign(at=pd.date_range("2024-01-01", periods=3, tz="UTC"))
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": 1}, ground_truth_column="y")
    model.save()
    before = contents(connection)
    bare = frame.assign(at=frame["at"].dt.tz_localize(None))
    source = {"files": [io.BytesIO(parquet_bytes(bare))]} if as_file else {"data": bare}
    with pytest.raises(UserValueError, match=r"'at' have no time zone"):
        model.set_reference_data(**source)
    assert contents(connection) == before


def test_an_archived_model_takes_no_reference_data(connection, model):
    model.archive()
    before = contents(connection)
    with pytest.raises(ConflictError, match=r"restore\(\)"):
        model.set_reference_data(data=OTHER)
    assert contents(connection) == before


def test_one_bad_file_refuses_them_all(connection, model, tmp_path):
    OTHER.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.json").write_bytes(b"{")
    before = contents(connection)
    with pytest.raises(UserValueError, match=r"b\.json"):
        model.set_reference_data(directory_path=tmp_path)
    assert contents(connection) == before


# --- files --------------------------------------------------------------------------------


def test_paths_of_parquet_and_json(model, tmp_path):
    OTHER.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.json").write_bytes(as_json(ROWS))
    files = [tmp_path / "a.parquet", str(tmp_path / "b.json")]
    assert model.set_reference_data(files=files) == taken(8, n_files=2)
    assert rows_of(model.reference_data()) == ROWS * 2


@pytest.mark.parametrize(
    "content",
    [parquet_bytes(OTHER), as_json(ROWS), as_json(ROWS, nested=True)],
    ids=["Parquet", "JSON", "nested JSON"],
)
@pytest.mark.parametrize("kind", ["path", "memory", "handle", "at its end"])
def test_files_of_every_kind(model, tmp_path, content, kind):
    path = tmp_path / ("x.parquet" if content[:4] == b"PAR1" else "x.json")
    path.write_bytes(content)
    with path.open("rb") as handle:
        at_its_end = io.BytesIO(content)
        at_its_end.seek(0, io.SEEK_END)
        sources = {
            "path": path,
            "memory": io.BytesIO(content),
            "handle": handle,
            "at its end": at_its_end,
        }
        assert model.set_reference_data(files=[sources[kind]]) == taken(4)
    assert rows_of(model.reference_data()) == ROWS


def test_a_folder_gives_all_its_parquet_and_json_files_in_order_of_path(model, tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    OTHER.iloc[:1].to_parquet(tmp_path / "a.parquet")
    (tmp_path / "deep" / "b.json").write_bytes(as_json(ROWS[1:2], nested=True))
    (tmp_path / "deep" / "er" / "c.json").write_bytes(as_json(ROWS[2:3]))
    OTHER.iloc[3:].to_parquet(tmp_path / "z.parquet")
    (tmp_path / "deep" / "notes.txt").write_text("not data")
    (tmp_path / "d.parquet").mkdir()
    assert model.set_reference_data(directory_path=tmp_path) == taken(4, n_files=4)
    assert rows_of(model.reference_data()) == ROWS
    assert model.set_reference_data(directory_path=str(tmp_path)) == taken(4, n_files=4)


def test_a_folder_without_data_is_refused(model, tmp_path):
    (tmp_path / "notes.txt").write_text("not data")
    with pytest.raises(UserValueError, match=r"no \.parquet and no \.json"):
        model.set_reference_data(directory_path=tmp_path)


def test_files_may_have_different_columns_and_types_that_go_together(model):
    files = [
        io.BytesIO(parquet_bytes(OTHER[["age"]].astype("int8"))),
        io.BytesIO(as_json([{"age": 5, "p": 1}, {"y": 1, "age": None}])),
        io.BytesIO(as_json([{"p": 0.5}])),
    ]
    assert model.set_reference_data(files=files) == taken(7, n_files=3)
    frame = model.reference_data()
    assert frame["age"].tolist()[:5] == [1, 2, 3, 4, 5]
    assert frame["age"].isna().tolist() == [False] * 5 + [True] * 2
    assert frame["p"].dropna().tolist() == [1, 0.5]
    assert frame["y"].dropna().tolist() == [1]


def test_files_whose_types_do_not_go_together_are_named(connection, model):
    files = [io.BytesIO(parquet_bytes(OTHER)), io.BytesIO(as_json([{"age": "x"}]))]
    before = contents(connection)
    with pytest.raises(BadRequestError, match="do not go together"):
        model.set_reference_data(files=files)
    assert contents(connection) == before


def test_failures_are_listed_for_each_file(model):
    bad = OTHER.assign(age=[1.0, 2.5, 3.0, 4.0])
    files = [
        io.BytesIO(parquet_bytes(OTHER)),
        io.BytesIO(parquet_bytes(bad)),
        io.BytesIO(as_json([*ROWS, {"age": 7.25}])),
    ]
    result, closed = model.set_reference_data(files=files)
    assert closed is None
    assert result["counts"] == counts(11, 2)
    assert [[fault["row"] for fault in faults] for faults in result["failures"]] == [[], [1], [4]]
    assert "2.5" in result["failures"][1][0]["message"]


@pytest.mark.parametrize("as_path", [False, True])
def test_values_of_several_types_in_json_fail_by_row(model, tmp_path, as_path):
    rows = [*ROWS, {"age": "old", "p": "high"}, {"age": 5, "p": True}, {"age": None}]
    source = io.BytesIO(as_json(rows))
    if as_path:
        source = tmp_path / "rows.json"
        source.write_bytes(as_json(rows))
    result, _ = model.set_reference_data(files=[source])
    assert result["counts"] == counts(5, 2)
    assert result["failures"] == [
        [
            {
                "row": 4,
                "status": 400,
                "message": "'age' is INTEGER and cannot be 'old'; "
                "'p' is FLOAT and cannot be 'high'",
            },
            {"row": 5, "status": 400, "message": "'p' is FLOAT and cannot be True"},
        ]
    ]


def test_times_in_json_are_texts(connection):
    model = connection.model("m-1", "TABULAR", "REGRESSION")
    model.add_attribute("at", "TIMESTAMP", "PIPELINE_INPUT")
    model.add_regression_output_attributes({"p": "y"}, "FLOAT")
    model.save()
    texts = ["2026-01-31T12:00:00Z", None, "2026-01-31T13:30:00.25+01:00"]
    wrong = ["2026-01-31T12:00:00", "yesterday"]
    rows = [{"at": at, "p": 0.5, "y": 1.5} for at in (*texts, *wrong)]
    result, closed = model.set_reference_data(files=[io.BytesIO(as_json(rows))])
    assert (result["counts"], closed) == (counts(3, 2), None)
    assert [fault["message"] for fault in result["failures"][0]] == [
        f"'at' is TIMESTAMP and cannot be {text!r}" for text in wrong
    ]
    assert model.set_reference_data(files=[io.BytesIO(as_json(rows[:3]))]) == taken(3)
    once = pd.to_datetime(pd.Series(texts), utc=True, format="ISO8601").dt.as_unit("us")
    stored = model.reference_data()["at"].dt.as_unit("us")
    twice = pd.concat([once, once], ignore_index=True)  # the set was open after the first call
    pd.testing.assert_series_equal(stored, twice, check_names=False)


def test_the_index_that_pandas_wrote_is_no_column(model):
    content = parquet_bytes(OTHER.set_index(pd.Index([7, 5, 3, 1])))
    assert model.set_reference_data(files=[io.BytesIO(content)]) == taken(4)
    assert rows_of(model.reference_data()) == ROWS


def test_times_and_lists_from_files(connection):
    model = connection.model("m-1", "IMAGE", "OBJECT_DETECTION")
    model.add_image_attribute("picture")
    model.add_attribute("at", "TIMESTAMP", "NON_INPUT_DATA")
    model.add_object_detection_output_attributes("boxes", "truth", ["cat"])
    model.save()
    times = pd.date_range("2024-01-01", periods=2, tz="UTC").astype("datetime64[us, UTC]")
    boxes = [[[0.0, 0.5, 1.0, 2.0, 3.0, 4.0]], []]
    frame = pd.DataFrame({"picture": ["a.png", "b.png"], "at": times, "boxes": boxes})
    assert model.set_reference_data(files=[io.BytesIO(parquet_bytes(frame))]) == taken(2)
    back = model.reference_data()
    assert back["at"].tolist() == times.tolist()
    assert back["boxes"].tolist() == boxes


def test_a_long_parquet_file_goes_through_in_batches(model):
    n = 200_000
    frame = pd.DataFrame({"age": np.arange(n), "p": np.linspace(0, 1, n), "y": np.arange(n) % 2})
    frame["age"] = frame["age"].astype("float64")
    frame.loc[[5, 150_000], "age"] = 0.5
    result, _ = model.set_reference_data(files=[io.BytesIO(parquet_bytes(frame))])
    assert result["counts"] == counts(n - 2, 2)
    assert [fault["row"] for fault in result["failures"][0]] == [5, 150_000]
    model.set_reference_data(files=[io.BytesIO(parquet_bytes(frame.drop(index=[5, 150_000])))])
    assert len(model.reference_data()) == 2 * (n - 2)


# --- stored once --------------------------------------------------------------------------


def test_equal_data_are_stored_once(connection):
    group = connection.get_model_group(saved_model(connection))
    saved_model(connection, group=group)
    other = saved_model(connection, "Other")
    assert len(stored_files(connection)) == 1
    other.set_reference_data(data=FRAME.copy())
    assert len(stored_files(connection)) == 1
    other.set_reference_data(data=FRAME.assign(age=FRAME["age"].astype("int32")))
    assert len(stored_files(connection)) == 2
    assert other.reference_data()["age"].dtype == "int32"
    assert group.get_version(1).reference_data()["age"].dtype == "int64"


def test_equal_files_are_stored_once(connection, tmp_path):
    one, other = saved_model(connection), saved_model(connection, "Other")
    for i in range(3):
        OTHER.to_parquet(tmp_path / f"{i}.parquet")
    one.set_reference_data(directory_path=tmp_path)
    n = len(stored_files(connection))
    other.set_reference_data(directory_path=tmp_path)
    assert len(stored_files(connection)) == n


# --- reading ------------------------------------------------------------------------------


def test_columns_are_read_in_the_order_asked_for(model):
    pd.testing.assert_frame_equal(model.reference_data(["y", "age"]), FRAME[["y", "age"]])
    pd.testing.assert_frame_equal(model.reference_data(("p",)), FRAME[["p"]])
    assert model.reference_data([]).shape == (3, 0)
    assert model.reference_table(["p", "age"]).column_names == ["p", "age"]


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize(
    "columns, error, words",
    [
        (["nope", "age", "none"], UserValueError, "'nope', 'none'"),
        ("age", UserTypeError, "list of names"),
        (5, UserTypeError, "list of names"),
        ([5], UserTypeError, "names only"),
        (["age", "age"], UserValueError, "'age' more than once"),
    ],
)
def test_columns_that_are_not_there_are_named(connection, saved, columns, error, words):
    model = saved_model(connection) if saved else new_model(connection)
    reads = [model.reference_data]
    if saved:
        reads += [model.reference_table, lambda c: list(model.reference_batches(c))]
    for read in reads:
        with pytest.raises(error, match=words):
            read(columns)


def test_the_table_holds_what_the_frame_holds(model):
    table = model.reference_table()
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == FRAME.to_dict(orient="list")
    assert b"pandas" in table.schema.metadata


def test_batches_are_no_larger_than_asked(model):
    model.set_reference_data(data=pd.concat([OTHER] * 3, ignore_index=True))
    batches = list(model.reference_batches(batch_size=5))
    assert [batch.num_rows for batch in batches] == [5, 5, 2]
    assert pa.Table.from_batches(batches).to_pylist() == ROWS * 3
    [batch] = model.reference_batches(["y"], batch_size=10**30)
    assert batch.column_names == ["y"]


@pytest.mark.parametrize(
    "size, error",
    [(0, UserValueError), (-1, UserValueError), ("5", UserTypeError), (2.5, UserTypeError)],
)
def test_a_batch_has_at_least_one_row(model, size, error):
    with pytest.raises(error, match="batch_size"):
        model.reference_batches(batch_size=size)


def test_batches_cross_the_files_of_a_set(connection, model):
    bad = OTHER.astype({"age": object})
    bad.loc[0, "age"] = "x"
    model.set_reference_data(data=bad)
    model.set_reference_data(data=OTHER)
    batches = list(model.reference_batches())
    assert [row for batch in batches for row in batch.to_pylist()] == ROWS[1:] + ROWS
    assert model.reference_table().to_pylist() == ROWS[1:] + ROWS
    assert model.reference_data(["p"])["p"].tolist() == [row["p"] for row in ROWS[1:] + ROWS]


def test_a_read_frame_is_the_callers_own(model):
    frame = model.reference_data()
    frame.loc[0, "age"] = 0
    pd.testing.assert_frame_equal(model.reference_data(), FRAME)


@pytest.mark.parametrize(
    "harm, error", [("gone", SnapshotMissingError), ("bits", SnapshotCorruptError)]
)
def test_a_harmed_file_is_never_believed(connection, model, harm, error):
    [path] = connection.registry.objects.root.rglob("*.parquet")
    if harm == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    for read in (
        model.reference_data,
        model.reference_table,
        lambda: list(model.reference_batches()),
    ):
        with pytest.raises(error, match=path.stem):
            read()
    assert not connection.verify()


# --- memory -------------------------------------------------------------------------------

_INTAKE = """
import sys, resource
import modelgroups as mg
import pandas as pd
folder, registry, warm = sys.argv[1:]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with mg.connect(registry) as connection:
    [model] = connection.models()
    model.set_reference_data(directory_path=warm)
    sum(batch.num_rows for batch in model.reference_batches())
    before = peak()
    [counts, closed] = model.set_reference_data(directory_path=folder)
    rows = sum(batch.num_rows for batch in model.reference_batches())
    assert closed and rows == counts["counts"]["success"]
    print(rows, peak() - before)
"""


def test_a_folder_larger_than_memory_is_taken_in_and_read_in_little(tmp_path):
    """A hundred megabytes of rows pass through with a small part of them in memory."""
    n, n_files, columns = 100_000, 16, [f"x{i}" for i in range(8)]
    block = pd.DataFrame(
        {name: np.random.default_rng(i).random(n) for i, name in enumerate(columns)}
    )
    with mg.connect(tmp_path / "registry") as connection:
        model = connection.model("m-1", "TABULAR", "REGRESSION")
        model.infer_schema(block.head(100)[columns[2:]], Stage.ModelPipelineInput)
        model.add_regression_output_attributes({"x0": "x1"}, "FLOAT")
        model.save()
    for folder, n_copies in (("warm", 1), ("folder", n_files)):
        (tmp_path / folder / "deep").mkdir(parents=True)
        first = tmp_path / folder / "deep" / "0.parquet"
        pq.write_table(pa.Table.from_pandas(block), first, use_dictionary=False, compression=None)
        for i in range(1, n_copies):
            shutil.copy(first, tmp_path / folder / f"{i}.parquet")
    arguments = [str(tmp_path / name) for name in ("folder", "registry", "warm")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _INTAKE, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows, grown = map(int, done.stdout.split())
    assert rows == n * n_files
    assert grown < 51  # megabytes, of the 102 that the rows are


def test_some_columns_come_with_the_index_of_the_frame(connection):
    frame = pd.DataFrame(
        {"age": [31, 47, 52], "p": [0.2, 0.9, 0.4], "y": [0, 1, 1]},
        index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["shop", None]),
    )
    model = connection.model("m-1", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": 1}, ground_truth_column="y")
    model.save()
    pd.testing.assert_frame_equal(model.reference_data(columns=["y", "age"]), frame[["y", "age"]])
    assert model.reference_table(columns=["y"]).column_names == ["y"]
