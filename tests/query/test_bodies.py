"""Bodies of any kind: right ones answer in plain JSON, wrong ones are told, none does harm."""

import copy
import json
import math
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.query.engines.embedded import DuckDB, Embedded, embedded
from tests.query.lab import START, Lab, function

INPUT = "PIPELINE_INPUT"
MANY = settings(max_examples=80)
ROWS = [
    {"age": 31, "AGE": 1.5, "word": "it's", "flag": True, "at": START, "p": 0.25, "y": 0.0},
    {"age": 47, "AGE": 2.5, "word": "a%b", "flag": False, "at": None, "p": 0.75, "y": 1.0},
    {"age": None, "AGE": None, "word": None, "flag": None, "at": START, "p": None, "y": None},
    {"age": -1, "AGE": 2.5, "word": "a\\b\x00;--", "flag": True, "at": START + timedelta(days=1),
     "p": 0.5, "y": 1.0},
    {"age": 47, "AGE": -0.5, "word": "", "flag": None, "at": START, "p": 0.1, "y": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def model():
    with mg.connect(":memory:") as connection:
        lab = Lab(
            connection,
            [
                Attribute("age", "INTEGER", INPUT, position=0),
                Attribute("AGE", "FLOAT", INPUT, position=1),
                Attribute("word", "STRING", INPUT, position=2),
                Attribute("flag", "BOOLEAN", INPUT, position=3),
                Attribute("at", "TIMESTAMP", INPUT, position=4),
                Attribute("p", "FLOAT", "PREDICTED_VALUE", position=0, attribute_link="y"),
                Attribute("y", "FLOAT", "GROUND_TRUTH", position=0, attribute_link="p"),
            ],
        )
        model, _ = lab.place(ROWS, "waiting")
        yield model


def assert_plain(value):
    json.dumps(value, allow_nan=False)
    assert type(value) in (list, dict, str, int, float, bool, type(None)), type(value)
    if isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            assert_plain(each)


def answer_or_faults(model, body):
    """Return the rows, or None where the body is refused in the one way that there is."""
    before = copy.deepcopy(body)
    try:
        rows = model.query(body)
    except (UserValueError, MethodNotApplicableError):
        rows = None
    assert body == before
    if rows is not None:
        assert isinstance(rows, list)
        assert_plain(rows)
    return rows


# --- random bodies -----------------------------------------------------------------------------

NUMBERS, COLUMNS = ["age", "AGE", "p", "y"], ["age", "AGE", "word", "flag", "at", "p", "y"]
numeric = st.deferred(lambda: st.sampled_from(NUMBERS) | nested | st.integers(-5, 5))
nested = st.builds(
    lambda name, left, right: {"nested_function": function(name, left=left, right=right)},
    st.sampled_from(["add", "subtract", "multiply", "divide"]),
    numeric,
    st.sampled_from(NUMBERS) | st.floats(-3, 3),
)
conditions = st.one_of(
    st.builds(
        lambda p, c, v: {"property": p, "comparator": c, "value": v},
        st.sampled_from(NUMBERS),
        st.sampled_from(["eq", "ne", "lt", "gt", "lte", "gte"]),
        st.integers(-5, 50) | st.floats(-5, 50),
    ),
    st.builds(
        lambda p, c: {"property": p, "comparator": c},
        st.sampled_from(COLUMNS),
        st.sampled_from(["NotNull", "IsNull"]),
    ),
    st.builds(
        lambda v: {"property": "word", "comparator": "in", "value": v},
        st.lists(st.none() | st.sampled_from(["", "it's", "x"]), max_size=3),
    ),
)
per_row = st.one_of(
    st.sampled_from(COLUMNS).map(lambda name: {"property": name}),
    nested.map(lambda made: made["nested_function"]),
    st.builds(
        lambda c: function("if", then=1, **c, **{"else": 0}),
        conditions,
    ),
    st.just(function("roundTimestamp", property="at", time_interval="day")),
    st.builds(
        lambda n, o: function("neighbor", property=n, offset=o),
        st.sampled_from(COLUMNS),
        st.integers(-2, 2),
    ),
)
aggregates = st.one_of(
    st.builds(
        lambda name, p: function(name, property=p),
        st.sampled_from(["avg", "sum", "min", "max", "variance", "deciles", "count"]),
        numeric,
    ),
    conditions.map(lambda c: function("rate", **c)),
    st.sampled_from([function("count"), function("rmse"), function("rSquared")]),
)


def named(items):
    return [item | {"alias": f"v{number}"} for number, item in enumerate(items)]


def body_of(items, group, keep, limit, offset, down):
    body = {"select": named(items)}
    if group:
        body["select"] = [{"property": name} for name in group] + body["select"]
        body["group_by"] = [{"property": name} for name in group]
    order = [{"property": key["property"]} for key in body.get("group_by", [])]
    order += [{"alias": "v0", "direction": "desc" if down else "asc"}]
    if items[0].get("function") != "deciles":
        body["order_by"] = order
    return body | {"filter": keep[:1], "where": keep[1:], "limit": limit, "offset": offset}


bodies = st.one_of(
    st.builds(body_of, st.lists(per_row, min_size=1, max_size=3), st.just([]),
              st.lists(conditions, max_size=2), st.none() | st.integers(0, 4),
              st.none() | st.integers(0, 4), st.booleans()),
    st.builds(body_of, st.lists(aggregates, min_size=1, max_size=3),
              st.lists(st.sampled_from(COLUMNS), unique=True, max_size=2),
              st.lists(conditions, max_size=2), st.none() | st.integers(0, 4),
              st.none() | st.integers(0, 4), st.booleans()),
)  # fmt: skip


@MANY
@given(body=bodies, source=st.sampled_from([None, "inference", "ground_truth"]))
def test_a_right_body_answers_and_answers_alike_again(model, body, source):
    body = body | {"from": source}
    first = model.query(body)
    assert_plain(first)
    assert model.query(json.loads(json.dumps(body))) == first
    if body["limit"] is not None:
        assert len(first) <= body["limit"]
    keys = [item["alias"] if "alias" in item else item["property"] for item in body["select"]]
    assert all(list(row) == keys for row in first)
    whole = model.query(body | {"limit": None, "offset": None})
    start = body["offset"] or 0
    stop = None if body["limit"] is None else start + body["limit"]
    assert first == whole[start:stop]


@MANY
@given(body=bodies, outer=st.lists(aggregates, min_size=1, max_size=2))
def test_a_right_body_is_asked_of_as_a_subquery(model, body, outer):
    inner = {"select": [{"property": name} for name in COLUMNS], "filter": body["filter"]}
    outside = {"select": named(outer), "subquery": inner}
    if any(item["function"] in ("rmse", "rSquared") for item in outer):
        return
    direct = {"select": named(outer), "filter": body["filter"]}
    assert model.query(outside) == model.query(direct)


def places(value, path=()):
    """Yield the path of each value in a body."""
    yield path
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def replaced(body, path, value):
    if not path:
        return value
    body = copy.deepcopy(body)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return body


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["agee", "*", "count", "\ud800", "9999-12-31T23:59:59-01:00", 10**400, 2**70]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    st.sampled_from(["inference_timestamp", "alias_ref", "v0", "v1", b"x", START, {1, 2}]),
    st.sampled_from([{"alias_ref": "v0"}, {"alias_ref": "v1"}, {"nested_function": {}}]),
    st.just({"nested_function": function("avg", property="v0")}),
)


@settings(max_examples=150)
@given(body=bodies, value=junk, data=st.data())
def test_a_broken_body_is_refused_or_answers_but_never_crashes(model, body, value, data):
    path = data.draw(st.sampled_from(list(places(body))[1:]))
    answer_or_faults(model, replaced(body, path, value))


WORDS = (
    "'; DROP TABLE x; --", '"; DROP TABLE x; --', "') OR 1=1 --", "/* x */", "\\'", "\x00",
    "a\x00'b", "?", "$1", "{0}", "%s", "”", "🎈", "\r\n", "'", '"', "''", "#order", "_age", "=41",
)  # fmt: skip
texts = st.text(min_size=1, max_size=8).filter(lambda text: text not in (*COLUMNS, "run", "*"))
hostile = st.sampled_from(WORDS) | texts


@settings(max_examples=40)
@given(word=hostile, other=hostile)
def test_names_and_texts_do_nothing_but_name(model, word, other):
    before = model.query({"select": [{"property": "*"}]})
    name = f"as {word}"
    select = [
        {"property": "age", "alias": name},
        function("if", name + "2", property="word", comparator="eq", value=word, then=other,
                 **{"else": word}),
        function("equals", name + "3", left={"alias_ref": name + "2"}, right=other),
    ]  # fmt: skip
    rows = model.query({"select": select, "order_by": [{"alias": name}]})
    assert {row[name] for row in rows} == {row["age"] for row in ROWS}
    assert {row[name + "2"] for row in rows} <= {word, other}
    assert all(row[name + "3"] == int(row[name + "2"] == other) for row in rows)
    inner = {"select": [{"property": "flag", "alias": word}, {"property": "age", "alias": name}]}
    counted = model.query(
        {
            "select": [{"property": word}, function("count", "n", property=name)],
            "group_by": [{"property": word}],
            "subquery": inner,
        }
    )
    assert {row[word]: row["n"] for row in counted} == {True: 2, False: 1, None: 1}
    for comparator in ("eq", "ne", "like", "lt"):
        rows = answer_or_faults(
            model,
            {
                "select": [{"property": "word"}],
                "filter": [{"property": "word", "comparator": comparator, "value": word}],
            },
        )
        if rows is not None and comparator in ("eq", "ne"):
            texts = [row["word"] for row in ROWS if row["word"] is not None]
            kept = [text for text in texts if (text == word) == (comparator == "eq")]
            assert [row["word"] for row in rows] == kept
    for name in (word, other):
        answer_or_faults(model, {"select": [{"property": name}]})
        answer_or_faults(model, {"select": [{"function": name}]})
    assert model.query({"select": [{"property": "*"}]}) == before


def test_no_text_of_a_user_stands_in_sql_as_a_name(model, monkeypatch):
    seen = []
    run = Embedded.run
    monkeypatch.setattr(Embedded, "run", lambda one, asked: seen.append(asked) or run(one, asked))
    word = 'x"; DROP TABLE y; --'
    model.query({"select": [{"property": "age", "alias": word}], "order_by": [{"alias": word}]})
    assert word not in embedded(DuckDB()).connection.compile(seen[0])


# --- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, ["'select' is missing"]),
        ({"select": []}, ["select: "]),
        ({"select": [{"property": "agee"}]},
         ["select[0].property: no property 'agee'; did you mean 'age'?"]),
        ({"select": [function("avg", property="agee"), function("av", property="age")]},
         ["select[0].parameters.property: no property 'agee'; did you mean 'age'?",
          "select[1].function: no function 'av'; did you mean 'avg'?"]),
        ({"select": [function("avg", property="age", porperty=1)]},
         ["no parameter of avg 'porperty'; did you mean 'property'?"]),
        ({"select": [function("avg")]}, ["select[0]"]),
        ({"select": [function("mean", property="agee")]},
         ["select[0].function: no function 'mean'; did you mean 'avg'?",
          "select[0].parameters.property: no property 'agee'; did you mean 'age'?"]),
        ({"select": ["age"], "group_by": ["age"], "order_by": ["age"]},
         [f"{key}[0]: write {{'property': 'age'}} for a column"
          for key in ("select", "group_by", "order_by")]),
        ({"select": [{"function": "avg", "property": "age"}]},
         ["its parameters: {'property': 'age'}"]),
        ({"select": [{"property": "age"}, {"property": "age"}]}, ["select[1]: two entries"]),
        ({"select": [{"property": "age"}], "filter": [
            {"property": "agee", "comparator": "eq", "value": 1},
            {"property": "age", "comparator": "lt", "value": "old"}]},
         ["filter[0].property: no property 'agee'", "filter[1].value: 'old' cannot be ordered"]),
        ({"select": [{"property": "age"}], "where": [{"property": "age", "comparator": "EQ"}]},
         ["where[0].comparator: 'EQ' is not"]),
        ({"select": [{"property": "age"}], "order_by": [{"property": "agee"}]},
         ["order_by[0]", "did you mean 'age'?"]),
        ({"select": [{"property": "age"}], "group_by": [{"alias": "agee"}]},
         ["group_by[0].alias: no alias 'agee'"]),
        ({"select": [{"property": "age"}], "limt": 3}, ["no key 'limt'; did you mean 'limit'?"]),
        ({"select": [{"property": "age"}], "limit": -1}, ["limit: "]),
        ({"select": [{"property": "age"}], "from": "references"}, ["from: 'references' is not"]),
        ({"select": [{"property": "age"}], "from": "inference",
          "subquery": {"select": [{"property": "age"}]}}, ["give either from or subquery"]),
        ({"select": [{"property": "agee"}], "subquery": {"select": [{"property": "age"}]}},
         ["no property 'agee'; did you mean 'age'?"]),
        ({"select": [{"property": "age"}], "subquery": {"select": [{"property": "agee"}]}},
         ["subquery.select[0].property: no property 'agee'"]),
        ({"select": [{"property": "age"}, function("count")]}, ["select[0]: 'age' has a"]),
        ({"select": [{"property": "*"}], "group_by": [{"property": "age"}]},
         ["* cannot stand beside group_by"]),
        ({"select": [function("count", "n")], "filter": [
            {"property": "n", "comparator": "gt", "value": 1}]},
         ["filter[0]: 'n' is an aggregate; make this query the subquery of one that filters it"]),
        ({"select": [function("avg", property={"nested_function": function("max", property="p")})]},
         ["an aggregate of an aggregate needs a subquery"]),
        ({"select": [function("abs", "a", property={"alias_ref": "b"}),
                     function("abs", "b", property={"alias_ref": "a"})]}, ["are a circle"]),
        ({"select": [function("abs", "a", property={"alias_ref": "a"})]}, ["are a circle"]),
        ({"select": [function("abs", property={"alias_ref": "a", "nested_function": {}})]},
         ["give exactly one of alias_ref and nested_function"]),
        ({"select": [{"property": "age", "stage": "PREDICTED_VALUE"}]}, ["select[0].stage: 'age'"]),
        ({"select": [{"property": "age", "function": "count"}]},
         ["select[0]: give either property or function"]),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_path(model, body, faults):
    with pytest.raises(mg.ModelGroupsError) as caught:
        model.query(body)
    assert type(caught.value).__name__ == "UserValueError"
    for fault in faults:
        assert fault in str(caught.value)


@pytest.mark.parametrize("body", [None, 3, "select", [], [("select", 1)]])
def test_what_is_no_body_is_refused(model, body):
    with pytest.raises(mg.ModelGroupsError, match="must be a dict"):
        model.query(body)


def test_a_body_without_end_is_refused(model):
    body = {"select": [{"property": "age"}]}
    body["subquery"] = body
    with pytest.raises(mg.ModelGroupsError, match="nested more than"):
        model.query(body)
    wide = [1]
    for _ in range(40):
        wide = [wide, wide]
    condition = {"property": "age", "comparator": "in", "value": wide}
    with pytest.raises(mg.ModelGroupsError, match="more than 100,000 values"):
        model.query({"select": [{"property": "age"}], "filter": [condition]})


def test_numpy_and_tuples_are_taken_as_what_they_mean(model):
    body = {
        "select": ({"property": "age"},),
        "filter": ({"property": "age", "comparator": "gte", "value": np.int64(31)},),
        "limit": np.int64(2),
    }
    assert model.query(body) == [{"age": 31}, {"age": 47}]


# --- conditions --------------------------------------------------------------------------------

STORED = {
    "age": [31, 47, None, -1, 47],
    "AGE": [1.5, 2.5, None, 2.5, -0.5],
    "word": [row["word"] for row in ROWS],
    "flag": [True, False, None, True, None],
    "at": [row["at"] for row in ROWS],
}
CONSTANTS = [
    31, 47.0, "47", "47.0", 1.5, "2.5", 2.4, True, False, 0, 1, "true", "1", "old", "", "it's",
    -(2**70), 2**70, "2024-03-01", "2024-03-01T00:00:00Z", "2024-03-01T01:00:00+01:00",
    "2024-03-01T12:00:00.5", 10**400, -math.inf,
]  # fmt: skip
MISFIT = object()


def fitted(value, kind):
    """Return a constant as the type of a column takes it, by the rules of coercion."""
    if kind == "word":
        if isinstance(value, bool):
            return str(value).lower()
        return value if isinstance(value, str) else str(value)
    if kind == "flag":
        known = {"true": True, "false": False, "1": True, "0": False}
        if isinstance(value, str):
            return known.get(value.lower(), MISFIT)
        return bool(value) if value in (0, 1) else MISFIT
    if kind == "at":
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return MISFIT
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return MISFIT
    return value


COMPARE = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
    "lte": lambda a, b: a <= b,
    "gte": lambda a, b: a >= b,
}


def holds(comparator, stored, constant):
    return comparator == "ne" if constant is MISFIT else COMPARE[comparator](stored, constant)


@pytest.mark.parametrize("kind", STORED)
@pytest.mark.parametrize("comparator", COMPARE)
def test_constants_fit_the_column_or_match_nothing(model, kind, comparator):
    for value in CONSTANTS:
        constant = fitted(value, kind)
        condition = {"property": kind, "comparator": comparator, "value": value}
        body = {"select": [{"property": "partner_inference_id"}], "filter": [condition]}
        if constant is MISFIT and comparator in ("lt", "gt", "lte", "gte"):
            with pytest.raises(mg.ModelGroupsError, match="cannot be ordered"):
                model.query(body)
            continue
        expected = [
            number
            for number, stored in enumerate(STORED[kind])
            if stored is not None
            and (
                comparator == "ne" if constant is MISFIT else COMPARE[comparator](stored, constant)
            )
        ]
        found = [int(row["partner_inference_id"].partition(".")[2]) for row in model.query(body)]
        assert found == expected, value


@pytest.mark.parametrize("kind", STORED)
@settings(max_examples=15)
@given(chosen=st.lists(st.none() | st.sampled_from(CONSTANTS), max_size=4))
def test_in_takes_any_of_a_list_and_null_only_if_it_is_listed(model, kind, chosen):
    condition = {"property": kind, "comparator": "in", "value": chosen}
    body = {"select": [{"property": "partner_inference_id"}], "filter": [condition]}
    constants = [fitted(value, kind) for value in chosen if value is not None]
    expected = [
        number
        for number, stored in enumerate(STORED[kind])
        if (None in chosen if stored is None else stored in constants)
    ]
    found = [int(row["partner_inference_id"].partition(".")[2]) for row in model.query(body)]
    assert found == expected


def like(text, pattern):
    """Return whether a text is like a SQL pattern, whole and by case."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(text[n:], pattern[1:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and like(text[1:], pattern[1:])


@MANY
@given(pattern=st.text("%_ab\\'it;-\x00A", max_size=6))
def test_like_is_the_pattern_of_sql(model, pattern):
    condition = {"property": "word", "comparator": "like", "value": pattern}
    answer = model.query({"select": [{"property": "word"}], "filter": [condition]})
    words = [row["word"] for row in ROWS if row["word"] is not None]
    assert [row["word"] for row in answer] == [word for word in words if like(word, pattern)]


def test_eq_and_ne_null_are_is_null_and_not_null(model):
    def count(comparator, **value):
        condition = {"property": "age", "comparator": comparator} | value
        ((row),) = model.query({"select": [function("count")], "filter": [condition]})
        return row["count"]

    assert count("eq", value=None) == count("IsNull") == count("IsNull", value="") == 1
    assert count("ne", value=None) == count("NotNull") == count("NotNull", value=None) == 4


# --- order, subqueries, references --------------------------------------------------------------


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("name", list(STORED))
def test_nulls_come_last_in_both_directions(model, name, direction):
    body = {
        "select": [{"property": name}],
        "order_by": [{"property": name, "direction": direction}],
    }
    values = [row[name] for row in model.query(body)]
    known = sorted((v for v in STORED[name] if v is not None), reverse=direction == "desc")
    texts = [v.strftime("%Y-%m-%dT%H:%M:%S.000Z") if name == "at" else v for v in known]
    assert values == texts + [None] * (len(values) - len(texts))
    unselected = model.query(body | {"select": [{"property": "partner_inference_id"}]})
    assert len(unselected) == len(ROWS)


def test_subqueries_nest_deep(model):
    body = {
        "select": [{"property": "age"}],
        "filter": [{"property": "age", "comparator": "NotNull"}],
    }
    for _ in range(30):
        inner = function("add", "age", left="age", right=1)
        body = {"select": [inner], "subquery": body}
    assert [row["age"] for row in model.query(body)] == [61, 77, 29, 77]


def test_aggregates_of_aggregates_and_grouped_rows(model):
    inner = {
        "select": [{"property": "flag"}, {"property": "AGE"}],
        "group_by": [{"property": "flag"}],
    }
    nested = {"nested_function": function("max", property="AGE")}
    assert model.query({"select": [function("sum", "s", property=nested)], "subquery": inner}) == [
        {"s": 2.5 + 2.5 - 0.5}
    ]
    sums = {
        "select": [{"property": "flag"}, function("sum", "total", property="age")],
        "group_by": [{"property": "flag"}],
    }
    outer = {"select": [function("max", property="total"), function("count")], "subquery": sums}
    assert model.query(outer) == [{"max": 47, "count": 3}]


def test_where_and_filter_hold_together(model):
    low = {"property": "age", "comparator": "gt", "value": 0}
    high = {"property": "age", "comparator": "lt", "value": 40}
    select = [{"property": "age"}]
    assert model.query({"select": select, "filter": [low], "where": [high]}) == [{"age": 31}]


def test_references_go_forward_and_backward_and_into_conditions(model):
    select = [
        function("add", "later", left={"alias_ref": "twice"}, right=1),
        function("multiply", "twice", left="age", right=2),
    ]
    condition = {"property": "twice", "comparator": "gt", "value": 70}
    rows = model.query({"select": select, "filter": [condition]})
    assert rows == [{"later": 95, "twice": 94}] * 2


def test_names_that_differ_by_case_are_two(model):
    select = [{"property": "age"}, {"property": "AGE"}, {"property": "p", "alias": "Age"}]
    inner = {"select": select}
    outer = {"select": [{"property": "AGE"}, {"property": "Age"}], "subquery": inner, "limit": 1}
    assert model.query(outer) == [{"AGE": 1.5, "Age": 0.25}]
