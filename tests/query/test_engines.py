"""Engines: options of DuckDB, and backends of Ibis that a user brings."""

import subprocess
import sys

import numpy as np
import pytest

import modelgroups as mg
from modelgroups import Attribute, DuckDB
from modelgroups.errors import MethodNotApplicableError, UserError
from modelgroups.query.engines import embedded_of
from tests.query.lab import START, Lab, function
from tests.query.test_examples import EXAMPLES, assert_answers, saved_model

MANY = 500_000
COUNT = {"select": [function("count")]}
BY_KEY = {
    "select": [function("count"), function("sum", "total", property="s")],
    "subquery": {
        "select": [{"property": "key"}, function("sum", "s", property="x")],
        "group_by": [{"property": "key"}],
    },
}


def settings_of(connection):
    names = ("threads", "memory_limit", "temp_directory")
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    answer = embedded_of(connection.registry).connection.raw_sql(f"SELECT {shown}")
    return dict(zip(names, answer.fetchall()[0], strict=True))


def small(connection, n_rows=3):
    model = Lab(connection, [Attribute("x", "FLOAT", "PIPELINE_INPUT", position=0)]).new_model()
    model.send_inferences([{"x": float(n)} for n in range(n_rows)])
    return model


# --- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"threads": 0}, "threads=0 is not between 1 and 1024"),
        ({"threads": 10**9}, "threads=1000000000 is not between 1 and 1024"),
        ({"threads": 1.5}, "threads must be an int, got float 1.5"),
        ({"threads": True}, "threads must be an int, got bool True"),
        ({"memory_limit": 5}, "memory_limit must be a str, got int 5"),
        ({"memory_limit": "1 gig"}, "give a number and a unit, such as '512MB' or '2GiB'"),
        ({"memory_limit": "-1GB"}, "memory_limit='-1GB' is no size"),
        ({"memory_limit": "80%"}, "memory_limit='80%' is no size"),
        ({"memory_limit": "1MB"}, "16MiB is the least"),
        ({"memory_limit": "9" * 30 + "TB"}, "is too small or too large"),
        ({"temp_directory": "/no/such'folder"}, "is not a folder that is there; make it"),
        ({"temp_directory": 7}, "temp_directory must be a folder, got int"),
    ],
)
def test_bad_options_are_told(options, told):
    with pytest.raises(mg.ModelGroupsError) as caught:
        DuckDB(**options)
    assert told in str(caught.value)


@pytest.mark.parametrize("engine", ["pyspark", {"threads": 2}, object(), DuckDB])
def test_what_is_no_engine_is_told_before_anything_is_made(tmp_path, engine):
    with pytest.raises(TypeError, match=r"engine must be a modelgroups\.DuckDB, a connected Ibis"):
        mg.connect(tmp_path / "registry", engine=engine)
    assert list(tmp_path.iterdir()) == []


def test_connections_with_other_options_leave_each_other_alone(tmp_path):
    one = DuckDB(threads=1, memory_limit="100MiB", temp_directory=tmp_path)
    two = DuckDB(threads=2, memory_limit="1.5 GiB")
    with (
        mg.connect(":memory:", engine=one) as first,
        mg.connect(":memory:", engine=two) as second,
        mg.connect(":memory:") as third,
    ):
        before = settings_of(third)
        for connection in (first, second, third):
            assert small(connection).query(COUNT) == [{"count": 3}]
        assert settings_of(first)["threads"] == 1
        assert settings_of(first)["memory_limit"] == "100.0 MiB"
        assert settings_of(first)["temp_directory"].startswith(str(tmp_path))
        assert settings_of(second)["threads"] == 2
        assert settings_of(second)["memory_limit"] == "1.5 GiB"
        assert settings_of(third) == before


def test_connections_with_equal_options_share_an_engine():
    with (
        mg.connect(":memory:", engine=DuckDB(threads=2)) as one,
        mg.connect(":memory:", engine=DuckDB(threads=2)) as two,
        mg.connect(":memory:") as other,
        mg.connect(":memory:", engine=DuckDB()) as same,
    ):
        assert embedded_of(one.registry) is embedded_of(two.registry)
        assert embedded_of(other.registry) is embedded_of(same.registry)
        assert embedded_of(one.registry) is not embedded_of(other.registry)


# --- memory ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A log of 40 MB of keys, asked by an engine that may hold 64 MB with all that it makes."""
    import pyarrow as pa

    spill = tmp_path_factory.mktemp("spill")
    options = DuckDB(threads=2, memory_limit="64MB", temp_directory=spill)
    random = np.random.default_rng(7)
    columns = {
        "key": [f"customer {number:071d}" for number in random.permutation(MANY)],
        "x": random.integers(0, 1000, MANY).astype(float),
    }
    with mg.connect(":memory:", engine=options) as connection:
        attributes = [
            Attribute("key", "STRING", "PIPELINE_INPUT", position=0),
            Attribute("x", "FLOAT", "PIPELINE_INPUT", position=1),
        ]
        model = Lab(connection, attributes).new_model()
        model.send_inferences(pa.table(columns))
        yield connection, model, columns["x"]


def test_what_does_not_fit_into_memory_is_spilled(large):
    connection, model, x = large
    spill = embedded_of(connection.registry).spill
    assert not spill.exists()
    assert model.query(BY_KEY) == [{"count": MANY, "total": float(x.sum())}]
    assert spill.exists()  # DuckDB makes it when it spills


def test_what_cannot_be_spilled_is_told(large):
    _, model, _ = large
    wide = [function("deciles", f"d{n}", property="x") for n in range(40)]
    with pytest.raises(UserError, match="needs more memory, or space to spill to, than DuckDB has"):
        model.query({"select": wide})
    assert model.query(COUNT) == [{"count": MANY}]


def test_what_was_spilled_is_removed_when_the_process_ends(tmp_path):
    code = f"""
import modelgroups as mg
from modelgroups.query.engines import embedded_of
with mg.connect(":memory:", engine=mg.DuckDB(temp_directory={str(tmp_path)!r})) as connection:
    spill = embedded_of(connection.registry).spill
    spill.mkdir()
    (spill / "left.tmp").write_text("as after a query that broke off")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(tmp_path.iterdir()) == []


def test_a_child_has_an_engine_of_its_own(tmp_path):
    code = f"""
import os, modelgroups as mg
from modelgroups.query.engines import embedded_of
from tests.query.test_engines import COUNT, small
options = mg.DuckDB(threads=1, temp_directory={str(tmp_path)!r})
with mg.connect(":memory:", engine=options) as connection:
    model = small(connection)
    assert model.query(COUNT) == [{{"count": 3}}]
    mine = embedded_of(connection.registry)
    mine.spill.mkdir()
    for asks in (True, False):
        child = os.fork()
        if child == 0:
            if asks:
                assert model.query(COUNT) == [{{"count": 3}}]
                assert embedded_of(connection.registry) is not mine
            raise SystemExit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert mine.spill.exists()
    assert model.query(COUNT) == [{{"count": 3}}]
"""
    subprocess.run([sys.executable, "-W", "ignore::DeprecationWarning", "-c", code], check=True)
    assert list(tmp_path.iterdir()) == []


# --- backends of the user ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "example",
    EXAMPLES,
    ids=lambda example: example["id"],
)
def test_a_backend_of_the_user_answers(example):
    import ibis

    backend = ibis.duckdb.connect()
    with mg.connect(":memory:", engine=backend) as connection:
        model = saved_model(connection, example)
        answer = model.query(example["query"], query_type=example["query_type"])
        assert_answers(answer, example)
    backend.disconnect()


def test_times_are_in_utc_whatever_the_zone_of_the_engine():
    import ibis

    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'Asia/Tokyo'")
    attributes = [
        Attribute("past", "TIME_SERIES", "PIPELINE_INPUT", position=0),
        Attribute("at", "TIMESTAMP", "PIPELINE_INPUT", position=1),
    ]
    hour = function("roundTimestamp", property="at", time_interval="day")
    select = [{"property": "past"}, {"property": "at"}, hour]
    row = {"past": [{"timestamp": START, "value": 1.5}], "at": START}
    with mg.connect(":memory:", engine=backend) as connection:
        assert Lab(connection, attributes).values([row], select) == {
            "past": [{"timestamp": "2024-03-01T00:00:00.000Z", "value": 1.5}],
            "at": "2024-03-01T00:00:00.000Z",
            "roundTimestamp": "2024-03-01T00:00:00.000Z",
        }
    backend.disconnect()


@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")  # which Ibis asks for
def test_what_a_backend_lacks_is_told(caplog):
    import ibis

    backend = ibis.sqlite.connect()
    with mg.connect(":memory:", engine=backend) as connection:
        assert "answers on the engine sqlite are not tested" in caplog.text
        model = small(connection)
        assert model.query(COUNT) == [{"count": 3}]
        select = [function("deciles", property="x"), function("count")]
        told = "the engine sqlite cannot compute count, deciles: .*ArrayCollect"
        with pytest.raises(MethodNotApplicableError, match=told):
            model.query({"select": select})
        drift = {"properties": ["x"], "metric": "Thresholds", "base": {"source": "inference"}}
        assert model.query(drift, query_type="drift")
    backend.disconnect()
