"""Counts that are kept of segments: the same numbers as without them, whatever happens to a log."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups.query.drift import compare, kept
from tests.query.test_drift import (
    START,
    body_of,
    label_buckets,
    measured,
    number_buckets,
    same,
    saved_model,
)

MANY = 260  # rows that do not wait in the catalog
REFERENCE = [
    {"x": float(i * 7 % 50) / 2 if i % 9 else None, "store": "abc"[i % 3], "flag": i % 2 == 0}
    for i in range(60)
]
NAMES = ("x", "store", "flag")
ALL_OF_TIME = [{"property": "inference_timestamp", "comparator": "gte", "value": "1970-01-01"}]
"""A condition that every row fulfils, and that no kept count answers."""


def rows_of(seed, n, day=0):
    rng = np.random.default_rng(seed)
    return [
        {
            "partner_inference_id": f"{seed}.{i}",
            "inference_timestamp": START + timedelta(days=day + int(rng.integers(0, 3)), minutes=i),
            "x": None if rng.random() < 0.1 else round(float(rng.normal(12, 9)), 1),
            "store": [None, "a", "b", "d é"][rng.integers(0, 4)],
            "flag": bool(rng.integers(0, 2)),
            "anchor": 0.0,
        }
        for i in range(n)
    ]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "registry"


@pytest.fixture
def model(root):
    with mg.connect(root) as connection:
        yield saved_model(connection, REFERENCE, [])


def ask(model, *, scan=False, **more):
    target = {"source": "inference", "filter": ALL_OF_TIME if scan else []}
    return model.query(body_of(*NAMES, target=target, **more), "drift")


def stored(root, statement="SELECT segment, key, n_deleted, counts FROM segment_count"):
    with closing(sqlite3.connect(root / "catalog.db")) as database:
        return database.execute(statement).fetchall()


def change(root, statement, *values):
    with closing(sqlite3.connect(root / "catalog.db")) as database, database:
        return database.execute(statement, values)


ROLLUPS = (None, "day", "week", "month", "year")


def assert_as_scanned(model, rollups=ROLLUPS, metric="PSI"):
    asked = [{"rollup": rollup, "metric": metric} for rollup in rollups]
    scanned = [ask(model, scan=True, **each) for each in asked]
    for _ in range(2):
        assert [ask(model, **each) for each in asked] == scanned


def assert_as_counted_by_hand(model, rows):
    days = Counter(row["inference_timestamp"].strftime("%Y-%m-%dT00:00:00Z") for row in rows)
    found = ask(model, rollup="day")
    assert [row["rollup"] for row in found] == sorted(days)
    for row in found:
        of_day = [r for r in rows if f"{r['inference_timestamp']:%Y-%m-%d}" == row["rollup"][:10]]
        for name, buckets in (("x", number_buckets), ("store", label_buckets)):
            sides = [[r[name] for r in side] for side in (REFERENCE, of_day)]
            counts = buckets(*sides, 5) if name == "x" else buckets(*sides)
            assert same(row[name], measured("PSI", *counts)), name


# --- whatever happens ----------------------------------------------------------------------


steps = st.lists(
    st.sampled_from(
        ["many", "many", "few", "truths", "delete", "delete old", "compact", "other", "forget"]
    ),
    min_size=3,
    max_size=7,
)


@settings(max_examples=8, deadline=None)
@given(steps=steps, often=st.booleans(), seed=st.integers(0, 99))
def test_numbers_are_those_of_a_full_scan_whatever_happens(tmp_path_factory, steps, often, seed):
    root = tmp_path_factory.mktemp("log") / "registry"
    rng = np.random.default_rng(seed)
    with mg.connect(root) as connection, mg.connect(root) as other:
        model = saved_model(connection, REFERENCE, [])
        twin = other.get_model(model.id)
        alive = {}
        for number, step in enumerate(["many", *steps]):
            ids = list(alive)
            if step in ("many", "few", "other"):
                rows = rows_of(1000 * seed + number, 5 if step == "few" else MANY, day=number)
                (twin if step == "other" else model).send_inferences(rows)
                alive |= {row["partner_inference_id"]: row for row in rows}
            elif step == "truths" and ids:
                truths = [{"partner_inference_id": id_, "actual": 1.0} for id_ in ids[:MANY]]
                model.update_inference_ground_truths(truths)
            elif step == "delete" and ids:
                gone = [ids[i] for i in rng.integers(0, len(ids), 40)]
                twin.delete_inferences(partner_inference_ids=gone)
                alive = {id_: row for id_, row in alive.items() if id_ not in set(gone)}
            elif step == "delete old":
                limit = START + timedelta(days=1)
                model.delete_inferences(before=limit)
                alive = {i: r for i, r in alive.items() if r["inference_timestamp"] >= limit}
            elif step == "compact":
                (model if number % 2 else twin).compact()
            elif step == "forget":
                change(root, "DELETE FROM segment_count")
            if often:
                ask(twin if number % 2 else model, rollup="day")
        for each in (model, twin):
            assert_as_scanned(each, [None, "day", "month"])
            assert_as_scanned(each, [None, "day"], metric="HypothesisTest")
            assert_as_counted_by_hand(each, list(alive.values()))
        assert connection.verify()
        live = {row[0] for row in stored(root, "SELECT id FROM segment")}
        assert {row[0] for row in stored(root)} <= live
        with mg.connect(root, read_only=True) as reader:
            assert_as_scanned(reader.get_model(model.id), ["day"])


def test_categories_are_kept_where_numbers_are_compared_one_by_one(root, model):
    model.send_inferences(rows_of(1, MANY))
    assert_as_scanned(model, metric="HypothesisTest")
    assert len(stored(root)) == len(NAMES) - 1  # x is a number
    ask(model)
    assert len(stored(root)) == len(NAMES)


def test_an_answer_comes_from_what_is_kept_without_the_files(root, model):
    rows = rows_of(1, MANY)
    model.send_inferences(rows)
    assert stored(root) == []  # sending keeps nothing
    expected = [ask(model, rollup=rollup) for rollup in ROLLUPS]
    assert len(stored(root)) == len(NAMES)
    (file,) = (root / "inferences").rglob("*.parquet")
    file.rename(root / "away.parquet")
    with mg.connect(root, read_only=True) as reader:
        found = reader.get_model(model.id)
        assert [ask(found, rollup=rollup) for rollup in ROLLUPS] == expected
        with pytest.raises(mg.errors.SnapshotMissingError):
            ask(found, scan=True)
        with pytest.raises(mg.errors.SnapshotMissingError):
            ask(found, num_bins=7)  # its buckets were never counted
    assert len(stored(root)) == len(NAMES)


def test_only_what_is_missing_is_counted(root, model):
    model.send_inferences(rows_of(1, MANY))
    ask(model)
    first = stored(root)
    model.send_inferences(rows_of(2, MANY, day=4))
    ask(model)
    assert set(first) < set(stored(root))
    assert len(stored(root)) == 2 * len(NAMES)
    ask(model, num_bins=9)  # categories have the same buckets
    assert len(stored(root)) == 2 * len(NAMES) + 2
    assert_as_scanned(model)


@pytest.mark.parametrize(
    "more",
    [
        {"group_by": [{"property": "store"}]},
        {"rollup": "hour"},
        {"target": {"source": "inference", "filter": ALL_OF_TIME}},
        {"target": {"source": "ground_truth"}},
        {"base": {"source": "reference", "filter": [{"property": "x", "comparator": "NotNull"}]}},
        {"base": {"source": "inference"}},
    ],
)
def test_nothing_is_kept_of_other_questions(root, model, more):
    model.send_inferences([row | {"actual": 1.0} for row in rows_of(1, MANY)])
    assert model.query(body_of("x", **more), "drift")
    assert stored(root) == []


def test_values_of_many_kinds_are_not_kept(root, model, monkeypatch):
    monkeypatch.setattr(kept, "_MOST_COUNTS", 10)
    model.send_inferences(rows_of(1, MANY))
    assert_as_scanned(model)
    assert len(stored(root)) == 1  # two flags on three days


# --- deletion, compaction ------------------------------------------------------------------


def test_what_is_kept_goes_with_the_rows_that_it_counts(root, model):
    model.send_inferences([*rows_of(1, MANY), rows_of(2, 1)[0] | {"store": "Geheimnis"}])
    ask(model)
    assert {row[2] for row in stored(root)} == {0}
    model.delete_inferences(partner_inference_ids=["2.0"])
    assert stored(root) == []
    assert_as_scanned(model)
    assert {row[2] for row in stored(root)} == {1}
    model.send_inferences(rows_of(3, MANY))
    model.compact()
    assert stored(root) == []
    assert_as_scanned(model)
    for path in root.glob("catalog.db*"):
        assert b"Geheimnis" not in path.read_bytes()


def test_counts_of_a_segment_that_has_changed_meanwhile_are_not_kept(root, model, monkeypatch):
    model.send_inferences(rows_of(1, MANY))
    store = kept.KeptCounts.store

    def late(self):
        with mg.connect(root) as other:
            other.get_model(model.id).delete_inferences(partner_inference_ids=["1.3"])
        store(self)

    with monkeypatch.context() as patch:
        patch.setattr(kept.KeptCounts, "store", late)
        ask(model)
    assert stored(root) == []
    assert_as_scanned(model)


# --- a catalog that cannot be written, or is damaged ---------------------------------------


def test_a_locked_catalog_is_read_at_once_and_nothing_is_kept(root, model):
    model.send_inferences(rows_of(1, MANY))
    with closing(sqlite3.connect(root / "catalog.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        done = threading.Event()
        answers = []

        def read():
            answers.append(ask(model))
            done.set()

        threading.Thread(target=read, daemon=True).start()
        assert done.wait(20)  # a writer would wait for a minute
        writer.execute("ROLLBACK")
    assert stored(root) == []
    assert ask(model) == answers[0]
    assert len(stored(root)) == len(NAMES)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE segment_count SET counts = substr(counts, 1, length(counts) - 9)",
        "UPDATE segment_count SET counts = zeroblob(length(counts))",
        "UPDATE segment_count SET counts = 'text'",
        "UPDATE segment_count SET counts = CAST(counts AS TEXT)",  # which is not UTF-8
        "UPDATE segment_count SET counts = 7",
        "UPDATE segment_count SET digest = zeroblob(32)",
        "UPDATE segment_count SET segment = (SELECT id FROM segment ORDER BY serial DESC LIMIT 1)",
        "UPDATE segment_count SET n_deleted = 1",
    ],
)
def test_damaged_counts_are_counted_again(root, model, damage):
    model.send_inferences(rows_of(1, MANY))
    expected = ask(model, rollup="day")
    before = stored(root)
    model.send_inferences(rows_of(2, MANY, day=9))
    change(root, damage)
    found = ask(model, rollup="day")
    assert found[:3] == expected
    assert found == ask(model, scan=True, rollup="day")
    assert set(before) <= set(stored(root))  # they were kept anew
    assert len(stored(root)) == 2 * len(NAMES)


def test_old_counts_of_a_segment_make_room_for_new_ones(root, model, monkeypatch):
    from modelgroups.catalog import segment_counts

    monkeypatch.setattr(segment_counts, "_MOST_OF_A_SEGMENT", 4)
    model.send_inferences(rows_of(1, MANY))
    for num_bins in (2, 3, 4, 5, 6):
        ask(model, num_bins=num_bins)
    assert len(stored(root)) == 4
    assert_as_scanned(model)


def test_processes_keep_counts_side_by_side(root, model):
    model.send_inferences(rows_of(1, MANY))
    code = f"""
import json, modelgroups as mg
with mg.connect({str(root)!r}) as connection:
    model = connection.get_model({model.id!r})
    body = {body_of(*NAMES, rollup="day")!r}
    print(json.dumps([model.query(body | {{"num_bins": n}}, "drift") for n in range(2, 8)]))
"""
    workers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)
    ]
    expected = [ask(model, scan=True, num_bins=n, rollup="day") for n in range(2, 8)]
    for worker in workers:
        assert json.loads(worker.communicate()[0]) == expected
    assert len(stored(root)) == 6 + 2


# --- part by part --------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["PSI", "HypothesisTest", "WassersteinDistance"])
@pytest.mark.parametrize("base", ["reference", "inference"])
def test_few_properties_at_a_time_give_the_same_answer(model, monkeypatch, metric, base):
    model.send_inferences([row | {"n": i % 17} for i, row in enumerate(rows_of(1, MANY))])
    model.send_inferences(rows_of(2, 9))
    names = ("x", "n", "anchor") if metric == "WassersteinDistance" else (*NAMES, "n")
    body = body_of(*names, metric=metric, rollup="day", base={"source": base})
    expected = model.query(body, "drift")
    monkeypatch.setattr(compare, "_MOST_VALUES", 1)
    assert model.query(body, "drift") == expected
    assert list(expected[0]) == ["rollup", *names]
