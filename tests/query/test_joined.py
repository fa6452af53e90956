"""Ground truth in queries: files read where they lie, rows read first, ids looked up, and pandas.

Inferences and ground truths come in any order, in parts and again, are deleted and compacted.
"""

from contextlib import contextmanager

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.inferences import latest
from modelgroups.query import scan
from modelgroups.query.engines.embedded import DuckDB, Embedded, embedded
from tests.inferences.samples import FEW, classifier, day, two_truths
from tests.query.lab import REGRESSION, function

IDS = range(3)
TILES = FEW // len(IDS) + 1  # so many copies of a few rows make a segment
VALUES = st.one_of(st.none(), st.integers(0, 3).map(float))
SOME = st.sets(st.sampled_from(IDS), min_size=1)
ROWS = st.lists(
    st.tuples(st.sampled_from(IDS), st.integers(0, 3), VALUES, VALUES), min_size=1, max_size=5
)
STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("send"), SOME),
            *[st.tuples(st.just("truths"), ROWS)] * 3,  # more often
            st.tuples(st.just("delete"), SOME),
            st.tuples(st.just("compact"), st.none()),
        ),
        st.sampled_from([1, TILES]),
    ),
    min_size=3,
    max_size=7,
)
NAMES = ["partner_inference_id", "p", "y", "z"]
BODIES = [
    {"select": [{"property": name} for name in [*NAMES, "ground_truth_timestamp"]]},
    {"select": [{"property": "partner_inference_id"}], "from": "ground_truth"},
    {
        "select": [
            function("count"),
            function("sum", property="y"),
            function("rmse", predicted_property="p"),
        ]
    },
    {
        "select": [{"property": "z"}, function("count"), function("sum", property="p")],
        "group_by": [{"property": "z"}],
        "order_by": [{"property": "z"}],
        "filter": [{"property": "y", "comparator": "lt", "value": 3}],
    },
    {
        "select": [{"property": "p"}, {"property": "z"}],
        "filter": [
            {"property": "inference_timestamp", "comparator": "gte", "value": f"{day(3):%F}"}
        ],
    },
    {"select": [function("avg", property="p")], "from": "ground_truth"},
]


class Oracle:
    """What a log holds, by plain dicts and pandas."""

    def __init__(self):
        self.inferences = {}
        self.history = []

    def frame(self):
        truths = pd.DataFrame(self.history, columns=["id", "day", "y", "z"])
        truths = truths.astype({"y": "float64", "z": "float64"})
        last = truths.sort_values("day", kind="stable").groupby("id")[["y", "z"]].last()
        found = pd.DataFrame({"p": self.inferences}, dtype="float64")
        return found.join(last).rename_axis("id").reset_index()


def take(step, n_tiles, number, model, oracle):
    what, given = step
    tiles = [f"/{tile}" for tile in range(n_tiles)]
    if what == "compact":
        model.compact()
    elif what == "delete":
        ids = [f"{i}{tile}" for i in sorted(given) for tile in tiles]
        model.delete_inferences(partner_inference_ids=ids)
        for id_ in ids:
            oracle.inferences.pop(id_, None)
        oracle.history = [row for row in oracle.history if row[0] not in ids]
    elif what == "send":
        ids = [f"{i}{tile}" for tile in tiles for i in sorted(given)]
        fresh = {id_: float(number) for id_ in ids if id_ not in oracle.inferences}
        if fresh:
            times = [day(int(id_[0])) for id_ in fresh]
            model.send_inferences(
                {"p": list(fresh.values()), "partner_inference_id": list(fresh)},
                inference_timestamps=times,
            )
        oracle.inferences |= fresh
    else:
        rows = [(f"{i}{tile}", d, y, z) for tile in tiles for i, d, y, z in given]
        model.update_inference_ground_truths(
            {"y": [row[2] for row in rows], "z": [row[3] for row in rows]},
            [row[0] for row in rows],
            [day(row[1]) for row in rows],
            fail_silently=True,
        )
        oracle.history += rows


@contextmanager
def way(name):
    """Let queries find their rows in one of three ways."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "_FEWEST_ROWS", 1)
        if name != "scanned":
            patch.setattr(scan, "_MOST_FILES", 0)
        if name == "by ids":
            patch.setattr(latest, "_FEW", 0)
        yield


def answers(model, name):
    with way(name):
        return [model.query(body) for body in BODIES]


@settings(max_examples=15, deadline=None, suppress_health_check=[*HealthCheck], database=None)
@given(steps=STEPS, at=st.integers(0, 4), n_tiles=st.sampled_from([1, TILES]))
def test_every_way_gives_what_pandas_does(steps, at, n_tiles):
    """All inferences come before step number `at`, if they did not before."""
    oracle, steps = Oracle(), [*steps]
    steps.insert(at, (("send", {*IDS}), n_tiles))
    with mg.connect(":memory:") as connection:
        model = two_truths(connection)
        for number, (step, n_tiles) in enumerate(steps):
            take(step, n_tiles, number, model, oracle)
        scanned, read, by_ids = (answers(model, way) for way in ("scanned", "read", "by ids"))
        assert scanned == read == by_ids
    expected = oracle.frame()
    found = pd.DataFrame(scanned[0], columns=[*NAMES, "ground_truth_timestamp"])
    found = found[NAMES].rename(columns={"partner_inference_id": "id"})
    both = [frame.set_index("id").sort_index() for frame in (found, expected)]
    pd.testing.assert_frame_equal(*(b.astype("float64") for b in both), check_index_type=False)
    known = expected[["y", "z"]].notna().any(axis=1)
    assert sorted(row["partner_inference_id"] for row in scanned[1]) == sorted(
        expected["id"][known]
    )
    (row,) = scanned[2]
    assert row["count"] == len(expected)
    assert (row["sum"] or 0.0) == expected["y"].sum()


# --- a log in files -----------------------------------------------------------------------

N_ROWS = 2 * FEW


@pytest.fixture
def quick(monkeypatch):
    """Read files where they lie, however few rows they hold, and note which."""
    seen = []
    monkeypatch.setattr(scan, "_FEWEST_ROWS", 1)
    read = Embedded.file_table
    monkeypatch.setattr(
        Embedded, "file_table", lambda one, path, *rest: seen.append(path) or read(one, path, *rest)
    )
    return seen


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


def test_what_is_derived_is_read_in_place(connection, quick):
    model = classifier(connection)
    names = [attribute.name for attribute in model.attributes]
    classes = [None if n % 5 == 0 else n % 2 for n in range(N_ROWS)]
    model.send_inferences({"age": [30] * N_ROWS, "p": [n / N_ROWS for n in range(N_ROWS)],
                           "y": classes})  # fmt: skip
    body = {"select": [{"property": name} for name in names]}
    found = model.query(body)
    assert len(quick) == 1
    with way("read"):
        assert model.query(body) == found
    assert [row["y"] for row in found] == classes
    right = [(n / N_ROWS >= 0.5) == c for n, c in enumerate(classes) if c is not None]
    (row,) = model.query({"select": [function("accuracyRate")]})
    assert row["accuracyRate"] == pytest.approx(sum(right) / len(right))


def test_lists_are_read_first(connection, quick):
    model = connection.model(display_name="m", input_type="TABULAR", output_type="REGRESSION")
    model.attributes = [
        Attribute("words", "ARRAY(STRING)", "PIPELINE_INPUT", position=0),
        Attribute("seen", "ARRAY(STRING)", "GROUND_TRUTH", position=1),
        *REGRESSION,
    ]
    model.save(skip_validation=True)
    lists, numbers = [["a", "b"]] * N_ROWS, [1.0] * N_ROWS
    model.send_inferences({"words": lists, "pred": numbers, "actual": numbers, "seen": lists})
    for source in ("inference", "ground_truth"):
        for name in ("words", "seen", "pred"):
            body = {"select": [{"property": name}], "from": source, "limit": 1}
            assert model.query(body) == [{name: 1.0 if name == "pred" else ["a", "b"]}]
    assert len(quick) == 1  # for `pred` alone


def test_columns_that_the_engine_cannot_tell_apart_are_read_first(connection, quick):
    model = connection.model(display_name="m", input_type="TABULAR", output_type="REGRESSION")
    for name in ("age", "AGE"):
        model.add_attribute(name, "INTEGER", "PIPELINE_INPUT")
    model.add_regression_output_attributes({"p": "y"}, "FLOAT")
    model.save()
    model.send_inferences(
        {"AGE": range(N_ROWS), "age": [7] * N_ROWS, "p": [1.0] * N_ROWS, "y": [1.0] * N_ROWS}
    )
    sums = [function("sum", name, property=name) for name in ("age", "AGE")]
    assert model.query({"select": sums}) == [{"age": 7 * N_ROWS, "AGE": sum(range(N_ROWS))}]
    assert quick == []


def test_a_little_of_a_file_is_not_joined_as_a_whole(connection, quick, monkeypatch):
    model = two_truths(connection)
    model.send_inferences({"p": [1.0] * N_ROWS, "y": [2.0] * N_ROWS})
    body = {"select": [function("count"), function("avg", property="y")]}
    assert model.query(body) == [{"count": N_ROWS, "avg": 2.0}]
    assert len(quick) == 1
    monkeypatch.setattr(latest, "_FEW", 0)
    assert model.query(body) == [{"count": N_ROWS, "avg": 2.0}]
    assert len(quick) == 1


def test_what_is_laid_beside_files_is_let_go(connection, quick):
    model = two_truths(connection)
    model.send_inferences({"p": [1.0] * N_ROWS, "y": [2.0] * N_ROWS})
    model.query({"select": [function("rmse", predicted_property="p")]})
    assert len(quick) == 1
    with pytest.raises(mg.ModelGroupsError):
        model.query({"select": [function("rmse", predicted_property="p")], "filter": [
            {"property": "y", "comparator": "gt", "value": "abc"}]})  # fmt: skip
    views = embedded(DuckDB()).connection.con.sql("FROM duckdb_views() WHERE NOT internal")
    assert [n for n in views.select("view_name").fetchall() if "beside" in n[0]] == []
