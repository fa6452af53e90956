"""Aggregates of queries beside NumPy, in every place that rows lie in, grouped and not."""

import math
from datetime import timedelta

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import modelgroups as mg
from modelgroups import Attribute, AttributeCategory
from tests.query.lab import (
    ROUNDS,
    SOURCES,
    START,
    Lab,
    assert_close,
    function,
    groups_of,
    number_or_none,
)

INPUT = "PIPELINE_INPUT"
WORDS = ("a", "b", "b ", "é", "")


@pytest.fixture(scope="module")
def lab():
    with mg.connect(":memory:") as connection:
        yield Lab(
            connection,
            [
                Attribute("x", "FLOAT", INPUT, position=0),
                Attribute("n", "INTEGER", INPUT, position=1),
                Attribute("flag", "BOOLEAN", INPUT, position=2),
                Attribute("word", "STRING", INPUT, position=3).set(
                    categorical=True, categories=[AttributeCategory(word) for word in WORDS]
                ),
                Attribute("at", "TIMESTAMP", INPUT, position=4),
            ],
        )


def rows(scale=1.0):
    return st.fixed_dictionaries(
        {
            "x": st.none()
            | st.sampled_from([0.0, 1.0, -1.0, 2.5, math.nan, math.inf, -math.inf])
            | st.floats(-1e3, 1e3).map(lambda value: value * scale),
            "n": st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
            "flag": st.none() | st.booleans(),
            "word": st.none() | st.sampled_from([*WORDS, "unseen"]),
            "at": st.none() | st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
        }
    )


tables = st.sampled_from([1.0, 1e-120, 1e120]).flatmap(
    lambda scale: st.lists(rows(scale), min_size=1, max_size=12)
)
wheres = st.sampled_from(SOURCES)


def finite(rows, name="x"):
    values = [number_or_none(row[name]) for row in rows]
    return np.array([value for value in values if value is not None], dtype=float)


NUMERIC = [
    function("avg", property="x"),
    function("avgAbs", property="x"),
    function("sum", property="x"),
    function("min", property="x"),
    function("max", property="x"),
    function("variance", property="x"),
    function("stdDev", property="x"),
    function("quantile", property="x", level="0.3"),
    function("deciles", property="x"),
    function("binsToQuantiles", property="x", num_bins="4"),
]


def expected_numbers(values):
    n = len(values)
    levels = np.linspace(0, 1, 11)
    names = ["min", *(f"q{k}" for k in range(1, 10)), "max"]
    with np.errstate(all="ignore"):
        return {
            "avg": math.fsum(values) / n if n else None,
            "avgAbs": math.fsum(abs(values)) / n if n else None,
            "sum": math.fsum(values) if n else None,
            "min": values.min() if n else None,
            "max": values.max() if n else None,
            "variance": np.var(values, ddof=1) if n > 1 else None,
            "stdDev": np.std(values, ddof=1) if n > 1 else None,
            "quantile": np.quantile(values, 0.3) if n else None,
            "deciles": dict(zip(names, np.quantile(values, levels), strict=True)) if n else None,
            "binsToQuantiles": list(np.quantile(values, [0.25, 0.5, 0.75, 1])) if n else None,
        }


def assert_numbers(answer, values):
    scale = float(abs(values).max()) if len(values) else 0.0
    for name, expected in expected_numbers(values).items():
        ours = answer[name]
        size = scale * scale if name == "variance" else scale * len(values)
        if isinstance(expected, dict):
            assert ours.keys() == expected.keys()
            for key, value in expected.items():
                assert_close(ours[key], value, size, told=f"{name}.{key}")
        elif isinstance(expected, list):
            assert len(ours) == len(expected)
            for one, other in zip(ours, expected, strict=True):
                assert_close(one, other, size, told=name)
        else:
            assert_close(ours, expected, size, told=name)


@ROUNDS
@given(rows=tables, where=wheres)
def test_numbers_are_summed_up_as_numpy_does(lab, rows, where):
    assert_numbers(lab.values(rows, NUMERIC, where), finite(rows))


@ROUNDS
@given(rows=tables, where=wheres)
def test_groups_are_summed_up_alone_and_null_is_one_of_them(lab, rows, where):
    select = [{"property": "word"}, function("count"), *NUMERIC]
    answer = lab.ask(rows, select, where, group_by=[{"property": "word"}])
    groups = groups_of(rows, "word")
    assert {row["word"]: row["count"] for row in answer} == {
        word: len(members) for word, members in groups.items()
    }
    for row in answer:
        assert_numbers(row, finite(groups[row["word"]]))


@ROUNDS
@given(rows=tables, where=wheres)
def test_whole_numbers_texts_times_and_flags_keep_their_type(lab, rows, where):
    select = [
        function(name, f"{name}_{column}", property=column)
        for name in ("min", "max")
        for column in ("n", "word", "at")
    ]
    select += [function("sum", "sum_n", property="n"), function("avg", "avg_flag", property="flag")]
    select += [function("categoriesCount", f"kinds_{c}", property=c) for c in ("n", "word", "at")]
    select += [function("count", f"count_{c}", property=c) for c in ("n", "word", "flag")]
    answer = lab.values(rows, select, where)
    for column in ("n", "word", "at"):
        values = [row[column] for row in rows if row[column] is not None]
        assert answer[f"kinds_{column}"] == len(set(values))
        for name, pick in (("min", min), ("max", max)):
            wanted = pick(values, default=None)
            if column == "at" and wanted is not None:
                wanted = wanted.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            assert answer[f"{name}_{column}"] == wanted
    whole = [row["n"] for row in rows if row["n"] is not None]
    assert answer["sum_n"] == (sum(whole) if whole else None)
    flags = [row["flag"] for row in rows if row["flag"] is not None]
    assert_close(answer["avg_flag"], np.mean(flags) if flags else None)
    for column in ("n", "word", "flag"):
        assert answer[f"count_{column}"] == sum(row[column] is not None for row in rows)


@ROUNDS
@given(
    rows=tables,
    where=wheres,
    thresholds=st.lists(st.integers(-3, 3), max_size=5),
    num_bins=st.integers(1, 7),
)
def test_distributions_count_as_numpy_does(lab, rows, where, thresholds, num_bins):
    select = [
        function("distribution", "wide", property="x", num_bins=num_bins),
        function("distribution", "cut", property="x", bin_thresholds=thresholds),
    ]
    answer = lab.values(rows, select, where)
    values = finite(rows)
    distinct = len(set(values.tolist()))
    if distinct > 1:
        counts, edges = np.histogram(values, bins=min(num_bins, distinct))
        assert [bucket["count"] for bucket in answer["wide"]] == counts.tolist()
        assert [bucket["lower"] for bucket in answer["wide"]] == edges[:-1].tolist()
        assert [bucket["upper"] for bucket in answer["wide"]] == edges[1:].tolist()
    elif distinct == 1:
        only = values[0]
        assert answer["wide"] == [{"lower": only, "upper": only, "count": len(values)}]
    else:
        assert answer["wide"] == []
    edges = [-math.inf, *sorted(set(thresholds)), math.inf]
    assert len(answer["cut"]) == len(edges) - 1
    for bucket, low, high in zip(answer["cut"], edges, edges[1:], strict=False):
        assert bucket.get("lower", -math.inf) == low
        assert bucket.get("upper", math.inf) == high
        assert bucket["count"] == int(((values >= low) & (values < high)).sum())


@ROUNDS
@given(rows=tables, where=wheres, limit=st.integers(-3, 3))
def test_conditions_are_counted_and_nulls_belong_to_all(lab, rows, where, limit):
    select = [
        function("countIf", property="n", comparator="gte", value=limit),
        function("rate", property="n", comparator="gte", value=limit),
        function("rate", "missing", property="n", comparator="IsNull"),
        function("rate", "listed", property="word", comparator="in", value=["a", None]),
        function(
            "anyIf", property="n", comparator="lt", value=limit, result="partner_inference_id"
        ),
        function("argMax", argument="word", value="n"),
        function("argMin", argument="word", value="n"),
    ]
    if where == "reference":
        select.pop(4)
    answer = lab.values(rows, select, where)
    reached = [row["n"] is not None and row["n"] >= limit for row in rows]
    assert answer["countIf"] == sum(reached)
    assert_close(answer["rate"], np.mean(reached))
    assert_close(answer["missing"], np.mean([row["n"] is None for row in rows]))
    assert_close(answer["listed"], np.mean([row["word"] in ("a", None) for row in rows]))
    if where != "reference":
        first = next((i for i, r in enumerate(rows) if r["n"] is not None and r["n"] < limit), None)
        found = answer["anyIf"]
        assert (found is None) if first is None else found.endswith(f".{first}")
    both = [row for row in rows if row["n"] is not None and row["word"] is not None]
    for name, pick in (("argMax", max), ("argMin", min)):
        best = pick(both, key=lambda row: row["n"], default=None)
        assert answer[name] == (None if best is None else best["word"])


def test_nothing_at_all_has_null_and_zero(lab):
    rows = [{"x": 1.0}]
    none = [{"property": "x", "comparator": "gt", "value": 5}]
    select = [*NUMERIC, function("count"), function("rate", property="x", comparator="IsNull")]
    answer = lab.values(rows, select, filter=none)
    assert answer.pop("count") == 0
    assert set(answer.values()) == {None}
    assert (
        lab.ask(
            rows, [*select[:1], {"property": "word"}], filter=none, group_by=[{"property": "word"}]
        )
        == []
    )


def test_what_is_too_large_for_a_number_is_null(lab):
    rows = [{"x": 1.5e308, "n": 2**63 - 1}, {"x": 1.6e308, "n": 2**63 - 1}]
    answer = lab.values(rows, [*NUMERIC[:7], function("sum", "total", property="n")])
    assert answer["total"] == 2**64 - 2
    assert answer["max"] == 1.6e308
    assert answer["sum"] is None
    assert answer["variance"] is None


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (function("avg", property="word"), "select[0].parameters.property: numbers are wanted"),
        (function("quantile", property="x", level=1.5), "select[0].parameters.level: a number"),
        (function("distribution", property="x"), "exactly one of num_bins and bin_thresholds"),
        (function("distribution", property="word", num_bins=2), "group texts and count them"),
        (function("binsToQuantiles", property="x", num_bins=0), "a whole number from 1"),
        (function("argMax", argument="x", value="flag"), "select[0].parameters.value"),
    ],
)
def test_what_makes_no_sense_is_told(lab, item, told):
    with pytest.raises(mg.ModelGroupsError) as caught:
        lab.ask([{"x": 1.0}], [item])
    assert told in str(caught.value)
