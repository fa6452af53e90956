"""Queries that the engine answers from the files of the log, beside those that read them first."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import UnexpectedError
from modelgroups.query import scan
from modelgroups.query.engines import base
from modelgroups.query.engines.base import FileGoneError
from modelgroups.query.engines.embedded import DuckDB, Embedded, embedded
from tests.query.lab import START, Lab, function

INPUT = "PIPELINE_INPUT"


def rows(start, n_rows):
    return [
        {
            "partner_inference_id": f"i{n}",
            "inference_timestamp": START + timedelta(minutes=37 * n, milliseconds=n),
            "x": None if n % 7 == 0 else float(n * 37 % 101) / 4,
            "n": n % 5,
            "word": None if n % 11 == 0 else "abc'é"[n % 5],
            "flag": n % 3 == 0,
            "at": None if n % 4 else START + timedelta(days=n),
            "pred": n / 4,
            "actual": n / 8 if n % 2 else None,
        }
        for n in range(start, start + n_rows)
    ]


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setattr(scan, "_FEWEST_ROWS", 1)
    with mg.connect(":memory:") as connection:
        lab = Lab(
            connection,
            [
                Attribute("x", "FLOAT", INPUT, position=0),
                Attribute("n", "INTEGER", INPUT, position=1),
                Attribute("word", "STRING", INPUT, position=2),
                Attribute("flag", "BOOLEAN", INPUT, position=3),
                Attribute("at", "TIMESTAMP", INPUT, position=4),
            ],
        )
        model = lab.new_model()
        model.send_inferences(rows(0, 300))
        model.send_inferences(rows(300, 280))
        model.send_inferences(rows(580, 9))  # these wait in the catalog
        yield model


COLUMNS = [{"property": name} for name in ("x", "n", "word", "flag", "at")]
BODIES = [
    {"select": COLUMNS},
    {"select": [{"property": "partner_inference_id"}, {"property": "inference_timestamp"}]},
    {"select": [{"property": "inference_id"}, {"property": "n"}], "limit": 5, "offset": 298},
    {"select": [function("count"), function("avg", property="x")]},
    {"select": [{"property": "n"}], "order_by": [{"property": "n"}]},
    {
        "select": [
            {"property": "word"},
            function("anyIf", property="n", comparator="gt", value=1, result="x"),
            function("max", property="at"),
            function("rate", property="flag", comparator="eq", value=True),
        ],
        "group_by": [{"property": "word"}],
    },
    {"select": [function("neighbor", property="x", offset=-1)]},
    {
        "select": [function("count")],
        "filter": [
            {"property": "inference_timestamp", "comparator": "gte", "value": "2024-03-09T20:00"}
        ],
    },
    {"select": [function("deciles", property="x"), function("distribution", property="x",
                                                            num_bins=7)]},
    {"select": [function("max", property="c")],
     "subquery": {"select": [{"property": "n"}, function("count", "c")],
                  "group_by": [{"property": "n"}]}},
    {"select": [function("rmse"), function("count")]},
    {"select": [{"property": "*"}], "limit": 600},
]  # fmt: skip


def assert_read_alike(model, monkeypatch):
    for body in BODIES:
        found = model.query(body)
        with monkeypatch.context() as patch:
            patch.setattr(scan, "_MOST_FILES", 0)
            assert model.query(body) == found, body


def test_files_are_read_in_place_and_answer_alike(model, monkeypatch):
    seen = []
    read = Embedded.file_table
    monkeypatch.setattr(
        Embedded, "file_table", lambda one, path, *rest: seen.append(path) or read(one, path, *rest)
    )
    assert_read_alike(model, monkeypatch)
    assert len(set(seen)) == 2
    model.compact()
    assert_read_alike(model, monkeypatch)


@pytest.mark.parametrize("other", ["N", "file_row_number"])
def test_columns_that_the_engine_takes_for_one_are_kept_apart(monkeypatch, other):
    monkeypatch.setattr(scan, "_FEWEST_ROWS", 1)
    names = ["n", other]
    with mg.connect(":memory:") as connection:
        attributes = [Attribute(n, "INTEGER", INPUT, position=i) for i, n in enumerate(names)]
        model = Lab(connection, attributes).new_model()
        model.send_inferences([{"n": 1, other: 2}] * 300)
        body = {"select": [function("max", name, property=name) for name in names]}
        assert model.query(body) == [{"n": 1, other: 2}]


def test_deleted_rows_stay_away(model, monkeypatch):
    model.delete_inferences(partner_inference_ids=["i3", "i400"])
    assert model.query({"select": [function("count")]}) == [{"count": 587}]
    assert_read_alike(model, monkeypatch)


@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_file_that_a_compaction_took_away_is_not_missed(model, monkeypatch, moment):
    body = {"select": [function("count"), function("sum", property="n")]}
    expected = model.query(body)

    def gone(*_):
        raise FileGoneError("no such file")

    run, tables = Embedded.run, []

    def run_later(one, table):
        tables.append(table)
        return run(one, table) if len(tables) > 1 else gone()

    if moment == "before":
        monkeypatch.setattr(Embedded, "file_table", gone)
    else:
        monkeypatch.setattr(Embedded, "run", run_later)
    assert model.query(body) == expected


def test_a_disk_that_fails_again_is_told(model, monkeypatch):
    def gone(*_):
        raise FileGoneError("no space left")

    monkeypatch.setattr(Embedded, "run", gone)
    with pytest.raises(UnexpectedError, match="duckdb met a bad file: no space left"):
        model.query({"select": [function("count")]})


def test_the_engine_keeps_few_files(model, monkeypatch):
    body = {"select": [function("count")]}
    assert model.query(body) == [{"count": 589}]
    model.send_inferences(rows(600, 260))
    model.compact()  # into other files
    views = embedded(DuckDB()).files
    monkeypatch.setattr(base, "_MOST_FILES", len(views.names))
    for _ in range(2):
        assert model.query(body) == [{"count": 849}]
        assert len(views.names) == base._MOST_FILES


def test_a_path_that_is_not_there_is_told():
    with pytest.raises(FileGoneError):
        embedded(DuckDB()).file_table("/nowhere/it's.parquet", {}, {}, ExitStack())
