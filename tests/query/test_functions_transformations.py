"""Functions per row beside plain Python."""

import math
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import modelgroups as mg
from modelgroups import Attribute
from tests.query.lab import ROUNDS, SOURCES, Lab, assert_close, function, number_or_none

INPUT = "PIPELINE_INPUT"


@pytest.fixture(scope="module")
def lab():
    with mg.connect(":memory:") as connection:
        yield Lab(
            connection,
            [
                Attribute("x", "FLOAT", INPUT, position=0),
                Attribute("y", "FLOAT", INPUT, position=1),
                Attribute("n", "INTEGER", INPUT, position=2),
                Attribute("m", "INTEGER", INPUT, position=3),
                Attribute("flag", "BOOLEAN", INPUT, position=4),
                Attribute("word", "STRING", INPUT, position=5),
                Attribute("start", "TIMESTAMP", INPUT, position=6),
                Attribute("end", "TIMESTAMP", INPUT, position=7),
            ],
        )


numbers = (
    st.none()
    | st.sampled_from([0.0, -1.0, 2.0, 1e-300, 1e200, math.nan, math.inf])
    | st.floats(-1e6, 1e6)
)
wholes = st.none() | st.integers(-2, 2) | st.integers(-(2**63), 2**63 - 1)
times = st.none() | st.integers(0, 4_000_000_000_000).map(
    lambda millis: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
)
tables = st.lists(
    st.fixed_dictionaries(
        {
            "x": numbers,
            "y": numbers,
            "n": wholes,
            "m": wholes,
            "flag": st.none() | st.booleans(),
            "word": st.none() | st.sampled_from(["a", "b", "5", "null", ""]),
            "start": times,
            "end": times,
        }
    ),
    min_size=1,
    max_size=8,
)
wheres = st.sampled_from(SOURCES)


def text_of(moment):
    return (
        None
        if moment is None
        else moment.strftime("%Y-%m-%dT%H:%M:%S.") + (f"{moment.microsecond // 1000:03d}Z")
    )


def both(left, right, work):
    if left is None or right is None:
        return None
    try:
        value = work(left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    if isinstance(value, int):
        return value if abs(value) < 9.2e18 else None
    return number_or_none(value)


@ROUNDS
@given(rows=tables, where=wheres)
def test_arithmetic(lab, rows, where):
    work = {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: float(a) / float(b),
        "equals": lambda a, b: int(a == b),
        "and": lambda a, b: int(bool(a) and bool(b)),
        "or": lambda a, b: int(bool(a) or bool(b)),
    }
    select = [
        function(name, f"{name}_{left}", left=left, right=right)
        for name in work
        for left, right in (("x", "y"), ("n", "m"))
    ]
    select += [function("abs", f"abs_{name}", property=name) for name in ("x", "n")]
    select += [function("add", "plus", left="n", right="2"), function("add", left=1.5, right="x")]
    select[-2]["parameters"]["right"] = 2
    for row, answer in zip(rows, lab.ask(rows, select, where), strict=True):
        x, y = number_or_none(row["x"]), number_or_none(row["y"])
        for name, operation in work.items():
            for left, pair in (("x", (x, y)), ("n", (row["n"], row["m"]))):
                expected = both(*pair, operation)
                size = max(abs(value) for value in pair) if None not in pair else 0
                scale = size if name in ("add", "subtract") and left == "x" else 0
                assert_close(answer[f"{name}_{left}"], expected, scale, told=f"{name} {pair}")
        assert_close(answer["abs_x"], None if x is None else abs(x))
        assert answer["abs_n"] == both(row["n"], 0, lambda a, _: abs(a))
        assert answer["plus"] == both(row["n"], 2, lambda a, b: a + b)
        assert_close(answer["add"], both(x, 1.5, lambda a, b: a + b), abs(x or 0))


@ROUNDS
@given(factors=st.lists(st.floats(-3, 3), min_size=1, max_size=6), where=wheres)
def test_constants_are_floats(lab, factors, where):
    product, expected = "n", 7
    for factor in factors:
        product = {"nested_function": function("multiply", left=product, right=factor)}
        expected *= factor
    select = [
        function("if", "chosen", property="n", comparator="gt", value=0, then=factors[0]),
        function("abs", "size", property=product),
    ]
    answers = lab.ask([{"n": 7}], select, where)
    assert answers == [{"chosen": factors[0], "size": abs(expected)}]


FLOORS = {
    "second": {"microsecond": 0},
    "minute": {"second": 0, "microsecond": 0},
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "month": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "year": {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}


def floor(moment, unit):
    if unit == "week":
        day = floor(moment, "day")
        return day - timedelta(days=day.weekday())
    if unit == "quarter":
        return floor(moment, "month").replace(month=(moment.month - 1) // 3 * 3 + 1)
    return moment.replace(**FLOORS[unit])


def boundaries(start, end, unit):
    if unit in ("month", "quarter", "year"):
        size = {"month": 1, "quarter": 3, "year": 12}[unit]
        first, last = (t.year * 12 + t.month - 1 for t in (start, end))
        return last // size - first // size
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}[unit]
    return round((floor(end, unit) - floor(start, unit)).total_seconds() / seconds)


@ROUNDS
@given(rows=tables, where=wheres)
def test_times(lab, rows, where):
    rounded = [*FLOORS, "week"]
    units = [*rounded, "quarter"]
    select = [
        *(function("roundTimestamp", u, property="start", time_interval=u) for u in rounded),
        *(
            function("dateDiff", f"in_{u}", unit=u, start_date="start", end_date="end")
            for u in units
        ),
        function("subtract", left="end", right="start"),
    ]
    for row, answer in zip(rows, lab.ask(rows, select, where), strict=True):
        start, end = row["start"], row["end"]
        for unit in rounded:
            assert answer[unit] == (None if start is None else text_of(floor(start, unit)))
        for unit in units:
            expected = None if start is None or end is None else boundaries(start, end, unit)
            assert answer[f"in_{unit}"] == expected, unit
        expected = None if start is None or end is None else (end - start).total_seconds()
        assert_close(answer["subtract"], expected)


@ROUNDS
@given(
    rows=tables,
    where=wheres,
    minutes=st.integers(1, 100_000),
    offset=st.integers(0, 200_000),
)
def test_stretches_of_minutes(lab, rows, where, minutes, offset):
    select = [function("bucketTimestamp", property="start", minutes=minutes, offset=offset)]
    origin, length = datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=minutes)
    origin += timedelta(minutes=offset)
    for row, answer in zip(rows, lab.ask(rows, select, where), strict=True):
        start = row["start"]
        expected = None if start is None else start - (start - origin) % length
        assert answer["bucketTimestamp"] == (None if start is None else text_of(expected))


@ROUNDS
@given(rows=tables, where=wheres, thresholds=st.lists(st.integers(-3, 3), unique=True, max_size=4))
def test_labels_bins_and_choices(lab, rows, where, thresholds):
    names = ["y", "x", "n"]
    select = [
        function("labelByMaxColumn", properties=names),
        function("binContinuous", property="x", bin_thresholds=thresholds),
        function("if", "big", property="x", comparator="gt", value=0, then="yes", **{"else": "no"}),
        function(
            "if",
            "pick",
            property="word",
            comparator="in",
            value=["a", None],
            then="n",
            **{"else": "m"},
        ),
        function("equals", "is_five", left="word", right={"alias_ref": "five"}),
        function("equals", "is_a", left="word", right="a"),
        function("if", "five", property="flag", comparator="IsNull", then="5", **{"else": "5"}),
        function("and", left="flag", right="n"),
    ]
    for row, answer in zip(rows, lab.ask(rows, select, where), strict=True):
        x = number_or_none(row["x"])
        values = {name: number_or_none(row[name]) for name in names}
        present = {name: value for name, value in values.items() if value is not None}
        best = max(present, key=lambda name: float(present[name]), default=None)
        assert answer["labelByMaxColumn"] == best
        expected = None if x is None else int(np.digitize(x, sorted(thresholds))) + 1
        assert answer["binContinuous"] == expected
        assert answer["big"] == ("yes" if x is not None and x > 0 else "no")
        assert answer["pick"] == (row["n"] if row["word"] in ("a", None) else row["m"])
        assert answer["is_a"] == (None if row["word"] is None else int(row["word"] == "a"))
        assert answer["is_five"] == (None if row["word"] is None else int(row["word"] == "5"))
        assert answer["and"] == both(row["flag"], row["n"], lambda a, b: int(bool(a) and bool(b)))


@ROUNDS
@given(rows=tables, where=wheres, offset=st.integers(-3, 3), down=st.booleans())
def test_neighbours_follow_the_order_of_the_answer(lab, rows, where, offset, down):
    select = [
        {"property": "n"},
        function("neighbor", property="m", offset=offset),
        function("neighbor", "or_seven", property="m", offset=offset, default=7),
    ]
    order = [{"property": "n", "direction": "desc" if down else "asc"}]
    answer = lab.ask(rows, select, where, order_by=order)
    known = sorted((r for r in rows if r["n"] is not None), key=lambda r: r["n"], reverse=down)
    ordered = known + [row for row in rows if row["n"] is None]
    assert [row["n"] for row in answer] == [row["n"] for row in ordered]
    for place, row in enumerate(answer):
        inside = 0 <= place + offset < len(ordered)
        assert row["neighbor"] == (ordered[place + offset]["m"] if inside else None)
        assert row["or_seven"] == (ordered[place + offset]["m"] if inside else 7)


@ROUNDS
@given(rows=tables, where=wheres, limit=st.floats(0, 1))
def test_bias_mitigated_predictions(lab, rows, where, limit):
    rules = [
        {
            "conditions": [{"property": "n", "value": 1}, {"property": "flag", "value": True}],
            "threshold": limit,
        },
        {
            "conditions": {"property": "word", "comparator": "in", "value": ["a", "b"]},
            "threshold": 2,
        },
    ]
    select = [function("biasMitigatedPredictions", predicted_property="x", thresholds=rules)]
    for row, answer in zip(rows, lab.ask(rows, select, where), strict=True):
        x, expected = number_or_none(row["x"]), None
        threshold = None
        if row["n"] == 1 and row["flag"]:
            threshold = limit
        elif row["word"] in ("a", "b"):
            threshold = 2
        if x is not None and threshold is not None:
            expected = int(x > threshold)
        assert answer["biasMitigatedPredictions"] == expected


def test_functions_of_aggregates_are_aggregates(lab):
    rows = [{"n": 1, "x": 2.0}, {"n": 1, "x": 6.0}, {"n": 2, "x": 1.0}]
    spread = {
        "left": {"nested_function": function("max", property="x")},
        "right": {"nested_function": function("min", property="x")},
    }
    select = [{"property": "n"}, function("subtract", **spread)]
    answer = lab.ask(rows, select, group_by=[{"property": "n"}], order_by=[{"property": "n"}])
    assert answer == [{"n": 1, "subtract": 4.0}, {"n": 2, "subtract": 0.0}]
