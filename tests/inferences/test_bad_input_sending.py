"""Whatever is wrong with what is sent, the error names it and nothing is written."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import modelgroups as mg
from modelgroups.errors import (
    BadRequestError,
    ConflictError,
    MethodNotApplicableError,
    MissingParameterError,
    NotFoundError,
    ReadOnlyError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)

from .samples import FEW, classifier, two_truths

SURROGATE = "\ud800"
NAIVE = datetime(2024, 1, 1)  # noqa: DTZ001
ONE = {"age": 1, "p": 0.5}


class World:
    """Models that hold some rows already, and a folder."""

    def __init__(self, connection, folder):
        self.connection, self.folder = connection, folder
        self.model = classifier(connection)
        self.prices = two_truths(connection)
        self.batches = classifier(connection, is_batch=True, name="Batches")
        self.unsaved = connection.model("m", "TABULAR", "MULTICLASS")
        self.archived = classifier(connection, name="Archived")
        ids = {"partner_inference_id": ["a", "b"]}
        self.model.send_inferences({"age": [1, 2], "p": [0.25, 0.75]} | ids)
        self.prices.send_inferences({"age": [1, 2]} | ids)
        self.batches.send_inferences({"age": [1, 2]} | ids, batch_id="closed")
        self.archived.send_inferences({"age": [1, 2]} | ids)
        self.archived.archive()

    def state(self):
        models = (self.model, self.prices, self.batches)
        kept = self.connection.registry.segments.root.parent
        return (
            [model.summary() for model in models],
            [model.inferences().to_csv() for model in models],
            self.batches.batches().to_csv(),
            sorted(path.name for path in kept.rglob("*") if "catalog" not in path.name),
        )

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a world for all cases, as none of them changes it."""
    with mg.connect(":memory:") as connection:
        yield World(connection, tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def emptied(world):
    for path in sorted(world.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


class Bad(NamedTuple):
    """Something that senders do wrong."""

    what: str
    act: Callable[[World], Any]
    error: type[Exception]
    names: list[str]


def send(rows, **options):
    return lambda world: world.model.send_inferences(rows, **options)


def truth(rows, *ids, **options):
    return lambda world: world.model.update_inference_ground_truths(rows, *ids, **options)


def two_truth(rows, *ids):
    return lambda world: world.prices.update_inference_ground_truths(rows, *ids)


def to_batches(rows, **options):
    return lambda world: world.batches.send_inferences(rows, **options)


def bulk(**options):
    return lambda world: world.model.send_bulk_inferences(**options, ignore_join_errors=True)


def bulk_truths(**options):
    return lambda world: world.model.send_bulk_ground_truths(**options)


def many(**columns):
    """Return more rows than go into the catalog."""
    rows = {"age": list(range(FEW + 4)), "p": [0.5] * (FEW + 4)}
    return rows | {name: [value] * (FEW + 4) for name, value in columns.items()}


MODELS = [
    *(
        Bad(f"{name} of a model that is not saved", act, MethodNotApplicableError, [name, "save"])
        for name, act in {
            "send_inferences": lambda w: w.unsaved.send_inferences([ONE]),
            "update_inference_ground_truths": lambda w: w.unsaved.update_inference_ground_truths(
                [1], ["a"]
            ),
            "send_bulk_inferences": lambda w: w.unsaved.send_bulk_inferences(
                data=pd.DataFrame([ONE])
            ),
            "send_bulk_ground_truths": lambda w: w.unsaved.send_bulk_ground_truths(
                data=pd.DataFrame({"y": [1]})
            ),
            "close_batch": lambda w: w.unsaved.close_batch("b"),
            "get_image": lambda w: w.unsaved.get_image("i", w.folder),
        }.items()
    ),
    Bad("archived", lambda w: w.archived.send_inferences([ONE]), ConflictError, ["archived"]),
    Bad(
        "many rows to one that is archived",
        lambda w: w.archived.send_inferences(many()),
        ConflictError,
        ["archived", "restore"],
    ),
    Bad(
        "ground truths to one that is archived",
        lambda w: w.archived.update_inference_ground_truths([1], ["a"]),
        ConflictError,
        ["archived"],
    ),
    Bad(
        "a frame to one that is archived",
        lambda w: w.archived.send_bulk_inferences(
            data=pd.DataFrame([ONE]), ignore_join_errors=True
        ),
        ConflictError,
        ["archived"],
    ),
]

SHAPES = [
    *(
        Bad(f"inferences: {type(rows).__name__}", send(rows), UserTypeError, [type(rows).__name__])
        for rows in ("text", 5, None, pd.Series([1, 2]), {1, 2}, b"age", pa.chunked_array([[1]]))
    ),
    Bad("a dict of scalars", send(ONE), UserTypeError, ["'age'", "int"]),
    Bad("a dict of texts", send({"age": "31"}), UserTypeError, ["'age'", "str"]),
    Bad("a list of mixed types", send([ONE, 5]), UserTypeError, ["[1]", "int"]),
    Bad("a list of lists", send([[1, 0.5]]), UserTypeError, ["[0]", "list"]),
    Bad("a name that is no text", send({7: [1], "age": [1]}), UserTypeError, ["7", "int"]),
    Bad(
        "a column twice",
        send(pd.DataFrame([[1, 2]], columns=["age", "age"])),
        UserValueError,
        ["'age'"],
    ),
    Bad("unknown column", send({"age": [1], "agee": [2]}), UserValueError, ["'agee'", "'age'"]),
    Bad("unknown key", send([ONE, ONE | {"zzz": 1}]), UserValueError, ["'zzz'", "[1]"]),
    Bad("flat and nested", send([{"inference_data": ONE, "p": 1.0}]), UserValueError, ["'p'"]),
    Bad(
        "ground truth flat and nested",
        send([ONE | {"ground_truth_data": {"y": 1}, "y": 1}]),
        UserValueError,
        ["'y'", "ground_truth_data"],
    ),
    Bad(
        "a half that is no dict",
        send([{"inference_data": [1]}]),
        UserTypeError,
        ["inference_data", "list"],
    ),
    Bad("no attribute at all", send([{"batch_id": "b"}]), UserValueError, ["'age'"]),
    Bad(
        "a name in another case",
        send({"AGE": [1.0], "p": [0.5]}),
        UserValueError,
        ["no attribute 'AGE' (did you mean 'age'?)", "there is no column for 'age'"],
    ),
    Bad(
        "a column too many",
        send({"age": [1.0], "p": [0.5], "weekday": [3]}),
        UserValueError,
        ["no attribute 'weekday' (leave it out)"],
    ),
    Bad(
        "values where the time should be",
        lambda world: world.model.send_inference({"age": 1.0}),
        UserTypeError,
        ["inference_timestamp", "model_pipeline_input={...}"],
    ),
    Bad("empty rows", send([{}, {}]), UserValueError, ["attribute"]),
    Bad("only ground truth", send({"y": [1, 0]}), UserValueError, ["inference attribute"]),
    Bad(
        "columns of different length",
        send({"age": [1, 2], "p": [0.5]}),
        UserValueError,
        ["'age' 2", "'p' 1"],
    ),
    Bad("many rows with an unknown column", send(many(agee=1)), UserValueError, ["'agee'"]),
]

PARTS = [
    *(
        Bad(
            f"{len(value)} values in {name} for 2 rows",
            send([ONE, ONE], **{name: value}),
            UserValueError,
            [name, str(len(value)), "2"],
        )
        for name, value in {
            "predictions": [0.5],
            "ground_truths": [1, 0, 1],
            "inference_timestamps": ["2024-01-01T00:00:00Z"],
            "ground_truth_timestamps": ["2024-01-01T00:00:00Z"],
            "partner_inference_ids": ["x", "y", "z"],
            "batch_id": ["b"],
        }.items()
    ),
    Bad("no predictions for rows", send([ONE], predictions=[]), UserValueError, ["predictions"]),
    Bad("predictions: a number", send([ONE], predictions=5), UserTypeError, ["predictions", "int"]),
    Bad("predictions: a text", send([ONE], predictions="p"), UserTypeError, ["predictions", "str"]),
    Bad(
        "predictions too wide",
        send([ONE], predictions=[[0.1, 0.2, 0.3]]),
        UserValueError,
        ["predictions", "3", "'p'"],
    ),
    Bad(
        "bare ground truths for two attributes",
        two_truth([1.0], ["a"]),
        UserValueError,
        ["'y'", "'z'", "2"],
    ),
    Bad(
        "times: a text",
        send([ONE], inference_timestamps="now"),
        UserTypeError,
        ["inference_timestamps", "str"],
    ),
    Bad(
        "ids: a number",
        send([ONE], partner_inference_ids=5),
        UserTypeError,
        ["partner_inference_ids", "int"],
    ),
    Bad("ids: a text", send([ONE], partner_inference_ids="a"), UserTypeError, ["str"]),
    *(
        Bad(
            f"an id that is {value!r}",
            send([ONE], partner_inference_ids=[value]),
            error,
            ["partner_inference_id"],
        )
        for value, error in (
            (5.5, UserTypeError),
            (True, UserTypeError),
            (["a"], UserTypeError),
            (b"a", UserTypeError),
            (SURROGATE, UserValueError),
        )
    ),
    Bad(
        "an id of many that is no text",
        send(many(partner_inference_id=5.5)),
        UserTypeError,
        ["partner_inference_id", "5.5"],
    ),
    Bad("an unknown zone", send([ONE], tz="Mars/Base"), UserValueError, ["'Mars/Base'"]),
    Bad("a zone that is none", send([ONE], tz=1), UserTypeError, ["tz", "int"]),
    Bad("a flag that is none", send([ONE], fail_silently="yes"), UserTypeError, ["fail_silently"]),
    Bad("another flag", send([ONE], complete_batch=1), UserTypeError, ["complete_batch"]),
    Bad("no argument at all", lambda w: w.model.send_inferences(), MissingParameterError, []),
]

WRONG_TIMES = [
    ("2024-01-01", UserValueError),
    ("2024-01-01T00:00:00", UserValueError),
    ("yesterday", UserValueError),
    ("", UserValueError),
    (NAIVE, UserValueError),
    (1704067200, UserTypeError),
    (np.datetime64("2024-01-01"), UserTypeError),
    (NAIVE.date(), UserTypeError),
    (True, UserTypeError),
]
TIMES = [
    *(
        Bad(
            f"{name} = {value!r} of {'many' if rows is many else 'one'}",
            send(rows(**{name: value} | more)),
            error,
            [name],
        )
        for value, error in WRONG_TIMES
        for name, more in (("inference_timestamp", {}), ("ground_truth_timestamp", {"y": 1}))
        for rows in (many, lambda **columns: [ONE | columns])
    ),
    Bad(
        "naive times in a column",
        send(pd.DataFrame(many(inference_timestamp=NAIVE))),
        UserValueError,
        ["'inference_timestamp'", "tz="],
    ),
    Bad(
        "naive times of ground truths that are none",
        send(pd.DataFrame(many(ground_truth_timestamp=NAIVE))),
        UserValueError,
        ["'ground_truth_timestamp'"],
    ),
    *(
        Bad(
            f"a time beyond the year 9999 of {n} rows",
            send(
                pa.table(
                    {
                        "age": [1] * n,
                        "inference_timestamp": pa.array([10**12] * n, pa.timestamp("s", "UTC")),
                    }
                )
            ),
            UserValueError,
            ["'inference_timestamp'", "range"],
        )
        for n in (1, FEW + 4)
    ),
    Bad(
        "a time before the year 1 in UTC",
        send([ONE | {"inference_timestamp": "0001-01-01T00:00:00+05:00"}]),
        UserValueError,
        ["'inference_timestamp'", "range"],
    ),
]

TRUTHS = [
    Bad("no ground truths", truth([]), UserValueError, ["ground_truths"]),
    Bad("ground truths without ids", truth([1, 0]), UserValueError, ["partner_inference_id"]),
    Bad("one id too few", truth([1, 0], ["a"]), UserValueError, ["partner_inference_ids", "1"]),
    Bad(
        "a row without id",
        truth([{"y": 1, "partner_inference_id": "a"}, {"y": 0}]),
        UserValueError,
        ["row 1", "partner_inference_id"],
    ),
    Bad("an empty id", truth([1, 0], ["a", ""]), UserValueError, ["row 1"]),
    Bad(
        "rows without ground truth",
        truth([{"partner_inference_id": "a"}]),
        UserValueError,
        ["ground truth", "'y'"],
    ),
    Bad(
        "only inference attributes",
        truth([{"partner_inference_id": "a", "age": 1}]),
        UserValueError,
        ["ground truth", "'y'"],
    ),
    Bad(
        "an unknown ground truth",
        truth([{"partner_inference_id": "a", "yy": 1}]),
        UserValueError,
        ["'yy'", "'y'"],
    ),
    Bad("ground truths: a number", truth(5, ["a"]), UserTypeError, ["ground_truths", "int"]),
    Bad(
        "a naive time of a ground truth",
        truth([1], ["a"], ground_truth_timestamps=[NAIVE]),
        UserValueError,
        ["ground_truth_timestamp", "tz="],
    ),
    Bad(
        "many ground truths, one without id",
        truth([1] * (FEW + 4), ["x"] * (FEW + 3) + [None]),
        UserValueError,
        [f"row {FEW + 3}"],
    ),
]

ROWS = [
    *(
        Bad(
            f"{name} is {value!r}"[:40] + (" in many rows" if is_many else ""),
            send(many(**{name: value}) if is_many else [ONE | {name: value}]),
            ResponseClientError,
            ["400", f"'{name}'", type_],
        )
        for is_many in (False, True)
        for name, value, type_ in (
            ("age", "31", "INTEGER"),
            ("age", 1.5, "INTEGER"),
            ("age", True, "INTEGER"),
            ("age", 2**63, "INTEGER"),
            ("age", [1], "INTEGER"),
            ("p", "0.5", "FLOAT"),
            ("p", False, "FLOAT"),
            ("p", {"a": 1}, "FLOAT"),
            ("p", 10**400, "FLOAT"),
            ("y", "1", "INTEGER"),
        )
    ),
    Bad(
        "an unknown name inside a half",
        send([{"inference_data": ONE | {"agee": 1}}]),
        ResponseClientError,
        ["400", "'agee'", "'age'"],
    ),
    Bad(
        "an unknown prediction",
        send([ONE], predictions=[{"pp": 0.5}]),
        ResponseClientError,
        ["400", "'pp'", "'p'"],
    ),
    Bad(
        "a row without a value",
        send([{"age": None, "p": float("nan")}]),
        ResponseClientError,
        ["400", "no value"],
    ),
    Bad(
        "many rows without a value",
        send({"age": [None] * (FEW + 4)}),
        ResponseClientError,
        ["400", "no value"],
    ),
    Bad(
        "another content of an id",
        send([ONE | {"partner_inference_id": "a", "age": 7}]),
        ResponseClientError,
        ["409", "'a'", "immutable"],
    ),
]

BATCHES = [
    Bad(
        "a batch of a model without batches",
        send([ONE], batch_id="b"),
        ResponseClientError,
        ["400", "batch_id 'b'", "is_batch"],
    ),
    Bad(
        "many rows with such a batch",
        send(many(batch_id="b")),
        ResponseClientError,
        ["400", "batch_id 'b'"],
    ),
    Bad(
        "no batch of a model with batches",
        to_batches([ONE]),
        ResponseClientError,
        ["400", "batch_id", "missing"],
    ),
    Bad(
        "many rows without batch",
        to_batches(many()),
        ResponseClientError,
        ["400", "batch_id", "missing"],
    ),
    Bad(
        "an empty batch id",
        to_batches([ONE], batch_id=""),
        ResponseClientError,
        ["400", "batch_id"],
    ),
    Bad(
        "a batch id that no text can be",
        to_batches([ONE], batch_id="a\0b"),
        ResponseClientError,
        ["400", "batch_id"],
    ),
    Bad(
        "a closed batch",
        to_batches([ONE], batch_id="closed"),
        ResponseClientError,
        ["409", "closed"],
    ),
    Bad(
        "many rows for a closed batch",
        to_batches(many(), batch_id="closed"),
        ResponseClientError,
        ["409", "closed"],
    ),
    Bad("closing an unknown batch", lambda w: w.batches.close_batch("x"), NotFoundError, ["'x'"]),
    Bad(
        "closing a batch of a model without them",
        lambda w: w.model.close_batch("x"),
        NotFoundError,
        ["'x'"],
    ),
    Bad(
        "closing with a count that is none",
        lambda w: w.batches.close_batch("closed", "2"),
        UserTypeError,
        ["num"],
    ),
]

FRAME = pd.DataFrame([ONE]).assign(partner_inference_id="x")


def in_folder(**files):
    """Return the sending of a folder with files beside a good one."""

    def act(world):
        folder = world.folder / "sent"
        for name, content in files.items():
            world.file(f"sent/{name.replace('_', '.')}", content)
        return world.model.send_bulk_inferences(directory_path=folder, ignore_join_errors=True)

    return act


def parquet(frame):
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


GOOD = {"a_parquet": parquet(FRAME), "b_json": FRAME.to_json(orient="records").encode()}

BULK = [
    Bad("no source", bulk(), MissingParameterError, ["data="]),
    Bad("two sources", bulk(data=FRAME, files=["x"]), UserValueError, ["one source"]),
    Bad("no files", bulk(files=[]), MissingParameterError, ["files"]),
    Bad("data: rows", bulk(data=[ONE]), UserTypeError, ["list"]),
    Bad("data: a dict", bulk(data={"age": [1]}), UserTypeError, ["dict"]),
    Bad("a frame without rows", bulk(data=FRAME.iloc[:0]), UserValueError, ["no rows"]),
    Bad(
        "a frame without attributes",
        bulk(data=FRAME[["partner_inference_id"]]),
        UserValueError,
        ["'age'"],
    ),
    Bad("an unknown column", bulk(data=FRAME.assign(agee=1)), BadRequestError, ["'agee'", "'age'"]),
    Bad(
        "naive times in a frame",
        bulk(data=FRAME.assign(inference_timestamp=NAIVE)),
        UserValueError,
        ["inference_timestamp"],
    ),
    Bad(
        "no ids",
        lambda w: w.model.send_bulk_inferences(data=FRAME[["age"]]),
        UserValueError,
        ["partner_inference_id"],
    ),
    Bad(
        "ground truths without ids",
        bulk_truths(data=pd.DataFrame({"y": [1]})),
        UserValueError,
        ["partner_inference_id"],
    ),
    Bad(
        "ground truths without ground truth",
        bulk_truths(data=FRAME),
        UserValueError,
        ["ground truth", "'y'"],
    ),
    Bad(
        "a folder that is not there",
        bulk(directory_path="/no/such/folder"),
        UserValueError,
        ["/no/such/folder"],
    ),
    Bad("a folder without files", in_folder(note_txt=b"x"), UserValueError, ["sent", "parquet"]),
    Bad("a file that is not there", bulk(files=["/no/file.json"]), UserValueError, ["/no/file"]),
    Bad("a file that is a number", bulk(files=[5]), UserTypeError, ["int"]),
    Bad("files: a text", bulk(files="a.json"), UserTypeError, ["files"]),
    Bad("a file open as text", bulk(files=[io.StringIO("[]")]), UserTypeError, ["binary"]),
    Bad(
        "one Parquet file of many is cut off",
        in_folder(**GOOD, c_parquet=GOOD["a_parquet"][:100]),
        UserValueError,
        ["c.parquet"],
    ),
    Bad(
        "one Parquet file of many is damaged inside",
        in_folder(**GOOD, c_parquet=GOOD["a_parquet"][:4] + b"\xff" * 40 + GOOD["a_parquet"][44:]),
        UserValueError,
        ["c.parquet"],
    ),
    Bad("one JSON file is broken", in_folder(**GOOD, c_json=b"[{"), UserValueError, ["c.json"]),
    Bad(
        "JSON that is no list", in_folder(**GOOD, c_json=b'{"age": 1}'), UserValueError, ["c.json"]
    ),
    Bad("JSON that holds no rows", in_folder(**GOOD, c_json=b"[1]"), UserValueError, ["c.json"]),
    Bad(
        "JSON flat and nested",
        in_folder(**GOOD, c_json=json.dumps([{"inference_data": ONE, "p": 1}]).encode()),
        UserValueError,
        ["c.json", "'p'"],
    ),
    Bad(
        "an unknown column in one file",
        in_folder(**GOOD, c_json=b'[{"age": 1, "agee": 2}]'),
        BadRequestError,
        ["c.json", "'agee'"],
    ),
    Bad(
        "a time in one file that is none",
        in_folder(**GOOD, c_json=b'[{"age": 1, "inference_timestamp": "2024"}]'),
        UserValueError,
        ["inference_timestamp", "2024"],
    ),
]

CASES = [*MODELS, *SHAPES, *PARTS, *TIMES, *TRUTHS, *ROWS, *BATCHES, *BULK]


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_what_is_wrong_is_told_and_nothing_is_written(world, case):
    before = world.state()
    with pytest.raises(case.error) as caught:
        case.act(world)
    if case.error is ResponseClientError:
        assert type(caught.value) is ResponseClientError
        assert caught.value.results
    for name in case.names:
        assert name in str(caught.value)
    assert world.state() == before
    world.model.send_inferences([ONE])  # the log is as good as before


def test_nothing_is_sent_to_a_registry_that_is_open_read_only(tmp_path):
    with mg.connect(tmp_path / "r") as connection:
        id_ = classifier(connection).id
    with mg.connect(tmp_path / "r", read_only=True) as connection:
        model = connection.get_model(id_)
        for act in (
            lambda: model.send_inferences([ONE]),
            lambda: model.update_inference_ground_truths([1], ["a"]),
            lambda: model.send_bulk_inferences(data=FRAME),
            lambda: model.delete_inferences(["a"]),
            lambda: model.close_batch("b"),
            model.compact,
        ):
            with pytest.raises(ReadOnlyError):
                act()
        assert len(model.inferences()) == 0


def test_categories_that_are_not_in_the_reference_data_are_taken(connection):
    model = connection.model("m", "TABULAR", "MULTICLASS")
    frame = pd.DataFrame({"city": ["a", "b"] * 10, "p": [0.5] * 20, "y": ["no", "yes"] * 10})
    model.build(frame, {"p": "yes"}, ground_truth_column="y")
    model.save()
    model.send_inferences({"city": ["c"], "p": [0.5], "y": ["maybe"]})
    assert model.inferences()[["city", "y"]].to_numpy().tolist() == [["c", "maybe"]]
