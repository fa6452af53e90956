"""One set of rows, sent in each shape that a caller may choose, is stored as one and the same."""

import json
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modelgroups as mg

from .samples import (
    ARROW_TYPES,
    FEW,
    KINDS,
    PICTURES,
    assert_frames_equal,
    classifier,
    expected_frame,
    log_of,
    rows,
    tiled,
)

SETTINGS = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
BERLIN = timezone(timedelta(hours=1))


class World:
    """A registry, a folder, and images in it."""

    def __init__(self, connection, folder):
        self.connection, self.folder = connection, folder
        self.pictures = []
        for number, content in enumerate(PICTURES):
            path = folder / f"{number}.gif"
            path.write_bytes(content)
            self.pictures.append(str(path))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with mg.connect(":memory:") as connection:
        yield World(connection, tmp_path_factory.mktemp("files"))


# --- the same rows in every shape ---------------------------------------------------------


class Sender:
    """Sends rows to a model in each of the shapes."""

    def __init__(self, world, of, model, sent):
        self.world, self.of, self.model = world, of, model
        self.sent = [(row, self._given(row.values)) for row in sent]
        self.is_batch = bool(of.fields.get("is_batch"))

    def _given(self, values):
        """Return values with the paths of images."""
        pictures = self.world.pictures
        is_image = {name for name, type_ in self.of.inputs.items() if type_ == "IMAGE"}
        return {n: pictures[v] if n in is_image else v for n, v in values.items()}

    def head(self, row):
        head = {"partner_inference_id": row.id, "inference_timestamp": row.at}
        if row.truth_at:
            head["ground_truth_timestamp"] = row.truth_at
        return head | ({"batch_id": row.batch} if self.is_batch else {})

    def flat_rows(self):
        return [self.head(row) | values | row.truth for row, values in self.sent]

    def nested_rows(self):
        return [
            self.head(row)
            | {"inference_data": values}
            | ({"ground_truth_data": row.truth} if row.truth else {})
            for row, values in self.sent
        ]

    def lists(self):
        flat = self.flat_rows()
        names = dict.fromkeys(name for row in flat for name in row)
        return {name: [row.get(name) for row in flat] for name in names}

    def as_frame(self, make):
        """Return a frame whose index says nothing of the order."""
        frame = pd.DataFrame({name: make(name, values) for name, values in self.lists().items()})
        return frame.set_axis(range(len(frame))[::-1])

    def typed_frame(self):
        def make(name, values):
            type_ = self.of.types.get(name)
            nullable = {"INTEGER": "Int64", "BOOLEAN": "boolean"}.get(type_)
            if type_ == "TIMESTAMP" or name.endswith("_timestamp"):
                return pd.Series(pd.to_datetime(values, utc=True))
            if type_ == "FLOAT":
                return pd.Series(values, dtype="float64")
            return pd.Series(values, dtype=nullable or object)

        return self.as_frame(make)

    def arrow(self):
        def array(name, values):
            times = "TIMESTAMP" if name.endswith("_timestamp") else "STRING"
            type_ = self.of.types.get(name, times)
            if type_ == "TOKEN_LIKELIHOODS":
                values = [v and [list(token.items()) for token in v] for v in values]
            return pa.array(values, ARROW_TYPES.get(type_))

        return pa.table({name: array(name, values) for name, values in self.lists().items()})

    # each of these sends all rows

    def by_typed_frame(self):
        self.model.send_inferences(self.typed_frame())

    def by_frame_of_objects(self):
        frame = self.as_frame(lambda name, values: pd.Series(values, dtype=object))
        self.model.send_inferences(frame)

    def by_flat_rows(self):
        self.model.send_inferences(self.flat_rows())

    def by_nested_rows(self):
        self.model.send_inferences(self.nested_rows())

    def by_frame_of_nested_rows(self):
        self.model.send_inferences(pd.DataFrame(self.nested_rows()))

    def by_lists(self):
        self.model.send_inferences(self.lists())

    def by_arrow(self):
        self.model.send_inferences(self.arrow())

    def by_arrow_reader(self):
        self.model.send_bulk_inferences(
            data=self.arrow().to_reader(max_chunksize=7), ignore_join_errors=True
        )

    def by_polars(self):
        polars = pytest.importorskip("polars")
        self.model.send_inferences(polars.from_arrow(self.arrow()))

    def by_parts(self):
        """Send inputs, predictions, ground truths, ids, times and batches each on its own."""

        def part(names, values):
            return pd.DataFrame(
                {n: pd.Series([v.get(n) for v in values], dtype=object) for n in names}
            )

        given = [values for _, values in self.sent]
        truths = [row.truth for row, _ in self.sent]
        if not self.of.inputs:
            return self.by_flat_rows()
        return self.model.send_inferences(
            part(self.of.inputs, given),
            predictions=part(self.of.predictions, given).to_dict("list"),
            ground_truths=part(self.of.truths, truths).to_dict("records"),
            inference_timestamps=[row.at.astimezone(BERLIN) for row, _ in self.sent],
            ground_truth_timestamps=[
                row.truth_at and row.truth_at.isoformat() for row, _ in self.sent
            ],
            partner_inference_ids=pd.Series([row.id for row, _ in self.sent]).sample(frac=1)[
                list(range(len(self.sent)))
            ],
            batch_id=[row.batch for row, _ in self.sent] if self.is_batch else None,
        )

    def by_naive_times(self):
        """Send times without a zone, and say which it is."""

        def naive(value):
            return value.astimezone(BERLIN).replace(tzinfo=None) if is_time(value) else value

        def inside(value):
            if isinstance(value, list):
                return [inside(element) for element in value]
            if isinstance(value, dict):
                return {key: inside(element) for key, element in value.items()}
            return naive(value)

        self.model.send_inferences([inside(row) for row in self.flat_rows()], tz=BERLIN)

    def by_bulk(self):
        self.model.send_bulk_inferences(data=self.typed_frame(), ignore_join_errors=True)

    def by_parquet(self):
        path = self.world.folder / "rows.parquet"
        pq.write_table(self.arrow(), path, row_group_size=100)
        self.model.send_bulk_inferences(files=[path], ignore_join_errors=True)

    def by_json(self):
        """Send half of the rows in a flat file and half in a nested one."""
        folder = self.world.folder / "json"
        folder.mkdir(exist_ok=True)
        cut = len(self.sent) // 2
        parts = {"flat": self.flat_rows()[:cut], "nested": self.nested_rows()[cut:]}
        for name, part in parts.items():
            (folder / f"{name}.json").write_text(json.dumps(part, default=datetime.isoformat))
        self.model.send_bulk_inferences(directory_path=folder, ignore_join_errors=True)


def is_time(value):
    return isinstance(value, datetime)


SHAPES = [name for name in vars(Sender) if name.startswith("by_")]


def check_all_shapes(world, name, sent):
    of = KINDS[name]
    n_truths = sum(bool(row.truth) for row in sent)
    for shape in SHAPES:
        if (name, shape) == ("tokens", "by_polars"):
            continue  # it has no maps
        model = of.save(world.connection)
        getattr(Sender(world, of, model, sent), shape)()
        stored = model.inferences().sort_values("partner_inference_id", ignore_index=True)
        assert set(of.types) <= set(stored.columns)
        assert_frames_equal(stored, expected_frame(of, sent, names=list(stored.columns)))
        held = model.summary()
        assert (held.n_inferences, held.n_ground_truths) == (len(sent), n_truths)
        deleted = model.delete_inferences([row.id for row in sent])
        assert deleted == {"inferences": len(sent), "ground_truths": n_truths}
        held = model.summary()
        assert (held.n_inferences, held.n_ground_truths, held.n_waiting) == (0, 0, 0)


@pytest.mark.parametrize("name", KINDS)
@SETTINGS
@given(data=st.data())
def test_few_rows_are_stored_alike_in_every_shape(world, name, data):
    check_all_shapes(world, name, data.draw(rows(KINDS[name])))


@pytest.mark.parametrize("name", KINDS)
@settings(SETTINGS, max_examples=1)
@given(data=st.data())
def test_many_rows_are_stored_alike_in_every_shape(world, name, data):
    sent = tiled(data.draw(rows(KINDS[name])), FEW + 40)
    assert len(sent) > FEW
    check_all_shapes(world, name, sent)


# --- shapes of one attribute --------------------------------------------------------------

PREDICTIONS = {
    "a list": [0.25, 0.75],
    "a tuple": (0.25, 0.75),
    "an array": np.array([0.25, 0.75]),
    "a column of an array": np.array([[0.25], [0.75]]),
    "a list of arrays": [np.array([0.25]), np.array([0.75])],
    "both classes": np.array([[0.75, 0.25], [0.25, 0.75]]),
    "a Series": pd.Series([0.25, 0.75], index=[1, 0]),
    "an Arrow array": pa.array([0.25, 0.75]),
    "a chunked array": pa.chunked_array([[0.25], [0.75]]),
    "a frame": pd.DataFrame({"p": [0.25, 0.75]}),
    "an Arrow table": pa.table({"p": [0.25, 0.75]}),
    "a dict": {"p": [0.25, 0.75]},
    "rows": [{"p": 0.25}, {"p": 0.75}],
    "an iterator": iter([0.25, 0.75]),
}


@pytest.mark.parametrize("what", PREDICTIONS)
def test_predictions_are_taken_in_any_form(connection, what):
    model = classifier(connection)
    model.send_inferences({"age": [31, 47]}, predictions=PREDICTIONS[what])
    assert sorted(model.inferences()["p"]) == [0.25, 0.75]
    assert model.inferences().set_index("age")["p"].to_dict() == {31: 0.25, 47: 0.75}


def test_a_polars_series_is_taken_as_predictions_and_its_frame_as_ground_truths(connection):
    polars = pytest.importorskip("polars")
    model = classifier(connection)
    model.send_inferences(
        polars.DataFrame({"age": [31, 47], "partner_inference_id": ["a", "b"]}),
        predictions=polars.Series([0.25, 0.75]),
    )
    truths = polars.DataFrame({"y": [0, 1], "partner_inference_id": ["a", "b"]})
    model.update_inference_ground_truths(truths)
    assert log_of(model, "p", "y") == {"a": {"p": 0.25, "y": 0}, "b": {"p": 0.75, "y": 1}}


def test_a_relation_of_duckdb_is_taken(connection):
    duckdb = pytest.importorskip("duckdb")
    model = classifier(connection)
    query = (
        "SELECT i AS age, 0.5::DOUBLE AS p, 'id ' || i AS partner_inference_id FROM range(400) t(i)"
    )
    model.send_inferences(duckdb.sql(query))
    assert log_of(model, "age") == {f"id {i}": {"age": i} for i in range(400)}


@pytest.mark.parametrize("given", [[1, 0], np.array([1, 0]), pd.Series([1, 0], index=[5, 5])])
def test_ground_truths_are_taken_as_bare_values(connection, given):
    model = classifier(connection)
    model.send_inferences({"age": [1, 2], "partner_inference_id": ["a", "b"]})
    model.update_inference_ground_truths(given, partner_inference_ids=["a", "b"])
    assert log_of(model, "y") == {"a": {"y": 1}, "b": {"y": 0}}


@pytest.mark.parametrize("n_rows", [2, FEW + 2])
def test_parts_go_over_what_rows_hold_and_nulls_in_them_do_not(connection, n_rows):
    model = classifier(connection)
    rows_ = [{"age": 1, "p": 0.5, "partner_inference_id": "x", "y": 0}] * n_rows
    ids = [str(i) for i in range(n_rows)]
    predictions = [0.25] + [None] * (n_rows - 1)
    truths = [None] + [1] * (n_rows - 1)
    model.send_inferences(
        rows_, predictions=predictions, ground_truths=truths, partner_inference_ids=ids
    )
    expected = {id_: {"p": 0.5, "y": 1} for id_ in ids} | {"0": {"p": 0.25, "y": 0}}
    assert log_of(model, "p", "y") == expected


@pytest.mark.parametrize("n_rows", [2, FEW + 2])
def test_halves_of_rows_in_a_frame_may_be_missing(connection, n_rows):
    model = classifier(connection)
    rows_ = [{"partner_inference_id": str(i), "inference_data": {"age": i}} for i in range(n_rows)]
    rows_[1]["ground_truth_data"] = {"y": 1}
    model.send_inferences(pd.DataFrame(rows_))
    assert model.inferences()["y"].dropna().tolist() == [1]


@pytest.mark.parametrize("n_rows", [2, FEW + 2])
def test_likelihoods_in_structs_are_taken_without_their_nulls(world, n_rows):
    given_ = [[{"yes": 0.75, "no": 0.25}, {"so": 1.0}]] * n_rows
    ids = [str(i) for i in range(n_rows)]
    table = pa.table({"words": ["?"] * n_rows, "likely": given_, "partner_inference_id": ids})
    assert pa.types.is_struct(table["likely"].type.value_type)
    model = KINDS["tokens"].save(world.connection)
    model.send_inferences(table)
    assert model.inferences()["likely"].tolist() == given_
    turned = [[{"no": 0.25, "yes": 0.75}, {"so": 1.0}]] * n_rows
    model.send_inferences({"words": ["?"] * n_rows, "likely": turned, "partner_inference_id": ids})
    assert model.summary().n_inferences == n_rows
