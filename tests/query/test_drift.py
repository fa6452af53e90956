"""Drift beside the formulas, written down again with NumPy and SciPy."""

import json
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

import modelgroups as mg
from modelgroups import Attribute

ROUNDS = settings(max_examples=25)
START = datetime(2024, 3, 1, tzinfo=UTC)
ATTRIBUTES = [
    Attribute("x", "FLOAT", "PIPELINE_INPUT", position=0),
    Attribute("n", "INTEGER", "PIPELINE_INPUT", position=1),
    Attribute("store", "STRING", "PIPELINE_INPUT", position=2, categorical=True),
    Attribute("anchor", "FLOAT", "PIPELINE_INPUT", position=3),
    Attribute("flag", "BOOLEAN", "NON_INPUT_DATA", position=0, categorical=True),
    Attribute("code", "INTEGER", "NON_INPUT_DATA", position=1, categorical=True),
    Attribute("at", "TIMESTAMP", "NON_INPUT_DATA", position=2),
    Attribute("pred", "FLOAT", "PREDICTED_VALUE", position=0, attribute_link="actual"),
    Attribute("actual", "FLOAT", "GROUND_TRUTH", position=0, attribute_link="pred"),
]
PSI_KEYS = ("psi", "base_probability_per_bucket", "target_probability_per_bucket")


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as opened:
        yield opened


def saved_model(connection, reference, inferences, attributes=ATTRIBUTES, **arguments):
    given = {"input_type": "TABULAR", "output_type": "REGRESSION"} | arguments
    model = connection.model(display_name="drift", **given)
    model.attributes = [attribute.set() for attribute in attributes]
    columns = {a.name: [row.get(a.name) for row in reference] for a in attributes}
    model.reference_dataframe = pd.DataFrame(columns, dtype=object)
    model.save(skip_validation=True)
    anchor = {"anchor": 0.0} if "anchor" in columns else {}
    if inferences:
        model.send_inferences(
            [
                {
                    "partner_inference_id": str(number),
                    "inference_timestamp": START + timedelta(hours=number),
                }
                | anchor
                | row
                for number, row in enumerate(inferences)
            ]
        )
    return model


def body_of(*names, metric="PSI", num_bins=5, **more):
    return {
        "properties": list(names),
        "metric": metric,
        "num_bins": num_bins,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
    } | more


def drift(model, *names, **more):
    answer = model.query(body_of(*names, **more), "drift")
    json.dumps(answer, allow_nan=False)
    return answer


def column(name, values):
    return [{name: value} for value in values]


def same(ours, expected):
    if ours is None or expected is None:
        return ours is expected
    return math.isclose(ours, expected, rel_tol=1e-9, abs_tol=1e-12)


# --- oracles: plain loops over plain lists ------------------------------------------------


def number_buckets(base, target, num_bins):
    """Return the counts of both sides by bucket, those empty on both sides left out."""
    known = [value for value in base if value is not None]
    levels = [k / num_bins for k in range(1, num_bins)]
    edges = sorted(set(np.quantile(known, levels))) if known and levels else []

    def bucket(value):
        return -1 if value is None else sum(value >= edge for edge in edges)

    return label_buckets(list(map(bucket, base)), list(map(bucket, target)))


def label_buckets(base, target):
    labels = list(dict.fromkeys([*base, *target]))
    return [base.count(one) for one in labels], [target.count(one) for one in labels]


def measured(metric, base, target):
    """Return a measure of two lists of counts."""
    n, m = sum(base), sum(target)
    if not n or not m:
        return None
    p, q = np.array(base) / n, np.array(target) / m
    if metric == "JSDivergence":
        return float(jensenshannon(p, q) ** 2)
    if metric == "HellingerDistance":
        return float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2))
    if metric == "HypothesisTest":
        if len(base) == 1:
            return 0.0
        p_value = stats.chi2_contingency([base, target], correction=False).pvalue
        return -math.log10(max(p_value, 2.2e-308)) + 0.0
    p = np.where(np.array(base) == 0, 0.5 / n, p)
    q = np.where(np.array(target) == 0, 0.5 / m, q)
    if metric == "PSI":
        return float(np.sum((p - q) * np.log(p / q)))
    return float(np.sum(p * np.log(p / q)))


numbers = st.none() | st.sampled_from([0.0, 1.0, 2.0, 2.5]) | st.floats(-1e6, 1e6)
sizes = st.integers(1, 12)
words = st.none() | st.sampled_from(["a", "b", "", "é", "𝄞"])
BINNED = ["PSI", "KLDivergence", "JSDivergence", "HellingerDistance"]


@ROUNDS
@given(
    base=st.lists(numbers, min_size=1, max_size=30),
    target=st.lists(numbers, max_size=30),
    num_bins=sizes,
)
def test_numbers_are_measured_between_quantiles_of_the_base(connection, base, target, num_bins):
    model = saved_model(connection, column("x", base), column("x", target))
    for metric in BINNED:
        (row,) = drift(model, "x", metric=metric, num_bins=num_bins)
        expected = measured(metric, *number_buckets(base, target, num_bins))
        if metric == "JSDivergence" and expected is not None and expected < 1e-7:
            assert abs(row["x"] - expected) < 1e-14  # SciPy squares a root of nearly nothing
        else:
            assert same(row["x"], expected), metric


@ROUNDS
@given(base=st.lists(words, min_size=1, max_size=30), target=st.lists(words, max_size=30))
def test_categories_are_measured_by_value(connection, base, target):
    model = saved_model(connection, column("store", base), column("store", target))
    for metric in [*BINNED, "HypothesisTest"]:
        (row,) = drift(model, "store", metric=metric)
        assert same(row["store"], measured(metric, *label_buckets(base, target))), metric


@ROUNDS
@given(base=st.lists(numbers, min_size=1, max_size=40), target=st.lists(numbers, max_size=40))
def test_samples_are_compared_as_scipy_does(connection, base, target):
    model = saved_model(connection, column("x", base), column("x", target))
    ours, theirs = ([v for v in side if v is not None] for side in (base, target))
    (ks,) = drift(model, "x", metric="HypothesisTest")
    (distance,) = drift(model, "x", metric="WassersteinDistance")
    if not ours or not theirs:
        assert ks["x"] is None
        assert distance["x"] is None
        return
    assert same(distance["x"], stats.wasserstein_distance(ours, theirs))
    if len(ours) == len(theirs) == 1:
        assert ks["x"] is None
        return
    p_value = max(stats.ks_2samp(ours, theirs, method="asymp").pvalue, 2.2e-308)
    assert same(ks["x"], -math.log10(p_value) + 0.0)


@ROUNDS
@given(
    base=st.lists(numbers, min_size=1, max_size=30),
    target=st.lists(numbers, min_size=1, max_size=30),
)
def test_measures_keep_their_bounds_and_symmetry(connection, base, target):
    model = saved_model(connection, column("x", base), column("x", target))
    found = {metric: drift(model, "x", metric=metric)[0]["x"] for metric in BINNED}
    assert found["PSI"] >= 0
    assert 0 <= found["JSDivergence"] <= math.log(2)
    assert 0 <= found["HellingerDistance"] <= 1
    labels = [{"store": None if v is None else str(v)} for v in base]
    others = [{"store": None if v is None else str(v)} for v in target]
    there = saved_model(connection, labels, others)
    back = saved_model(connection, others, labels)
    for metric in ("PSI", "JSDivergence", "HellingerDistance"):
        ((ours,), (theirs,)) = (drift(each, "store", metric=metric) for each in (there, back))
        assert same(ours["store"], theirs["store"])


@ROUNDS
@given(
    base=st.lists(st.tuples(numbers, words), min_size=1, max_size=30),
    target=st.lists(st.tuples(numbers, words), max_size=30),
    num_bins=sizes,
)
def test_the_table_adds_up_to_the_psi(connection, base, target, num_bins):
    model = saved_model(
        connection,
        [{"x": x, "store": store} for x, store in base],
        [{"x": x, "store": store} for x, store in target],
    )
    for name in ("x", "store"):
        ask = body_of(name, num_bins=num_bins)
        (row,) = model.query(ask, "drift")
        table_body = {key: ask[key] for key in ("num_bins", "base", "target")}
        table = model.query(table_body | {"property": name}, "drift_psi_bucket_table")
        json.dumps(table, allow_nan=False)
        assert sum(bucket["base_count_per_bucket"] for bucket in table) == len(base)
        assert sum(bucket["target_count_per_bucket"] for bucket in table) == len(target)
        if row[name] is None:
            assert all(bucket["psi"] is None for bucket in table)
        else:
            assert same(sum(bucket["psi"] for bucket in table), row[name])


@ROUNDS
@given(
    base=st.lists(st.tuples(words, numbers, words), min_size=1, max_size=30),
    target=st.lists(st.tuples(words, numbers, words), max_size=30),
)
def test_groups_and_days_are_as_if_asked_for_one_by_one(connection, base, target):
    model = saved_model(
        connection,
        [{"store": group, "x": x, "code": len(word or "")} for group, x, word in base],
        [{"store": group, "x": x, "code": len(word or "")} for group, x, word in target],
    )
    grouped = {"group_by": [{"property": "store"}], "rollup": "day"}
    found = drift(model, "x", "code", num_bins=4, **grouped)
    day = [(START + timedelta(hours=i)).strftime("%Y-%m-%dT00:00:00Z") for i in range(len(target))]
    cells = {(group, when) for (group, _, _), when in zip(target, day, strict=True)}
    order = sorted(cells, key=lambda cell: (cell[0] is None, cell[0] or "", cell[1]))
    assert [(row["store"], row["rollup"]) for row in found] == order
    for row in found:
        ours = [each for each in base if each[0] == row["store"]]
        theirs = [
            each
            for each, when in zip(target, day, strict=True)
            if (each[0], when) == (row["store"], row["rollup"])
        ]
        x = number_buckets([x for _, x, _ in ours], [x for _, x, _ in theirs], 4)
        code = label_buckets(*([len(w or "") for _, _, w in side] for side in (ours, theirs)))
        assert same(row["x"], measured("PSI", *x))
        assert same(row["code"], measured("PSI", *code))
        for metric, oracle in (("HypothesisTest", stats.ks_2samp), ("WassersteinDistance", None)):
            cell = next(
                each["x"]
                for each in drift(model, "x", metric=metric, **grouped)
                if (each["store"], each["rollup"]) == (row["store"], row["rollup"])
            )
            known = [[x for _, x, _ in side if x is not None] for side in (ours, theirs)]
            if not all(known) or (oracle and max(map(len, known)) == 1):
                assert cell is None
            elif oracle is None:
                assert same(cell, stats.wasserstein_distance(*known))
            else:
                p_value = oracle(*known, method="asymp").pvalue
                assert same(cell, -math.log10(max(p_value, 2.2e-308)) + 0.0)


def test_a_log_in_segments_answers_as_one_in_the_catalog_and_as_the_formulas(connection):
    rng = np.random.default_rng(5)
    base = [float(value) for value in rng.normal(size=3_000).round(2)]
    target = [float(value) for value in rng.normal(0.3, 1.2, size=5_000).round(2)]
    target[::50] = [None] * 100
    stores = [str(value) for value in rng.choice(["a", "b", "c"], 5_000)]
    model = saved_model(
        connection,
        [{"x": value, "store": "abd"[i % 3]} for i, value in enumerate(base)],
        [{"x": x, "store": store} for x, store in zip(target[:4_900], stores, strict=False)],
    )
    for i in range(4_900, 5_000):
        row = {"x": target[i], "store": stores[i], "partner_inference_id": f"late {i}"}
        model.send_inferences([row | {"inference_timestamp": START + timedelta(hours=i)}])
    for num_bins in (3, 20, 200):
        (row,) = drift(model, "x", "store", num_bins=num_bins)
        assert same(row["x"], measured("PSI", *number_buckets(base, target, num_bins)))
    reference_stores = ["abd"[i % 3] for i in range(3_000)]
    assert same(row["store"], measured("PSI", *label_buckets(reference_stores, stores)))
    by_store = drift(model, "x", num_bins=20, group_by=[{"property": "store"}])
    assert [each["store"] for each in by_store] == ["a", "b", "c"]
    assert by_store[2]["x"] is None  # the reference data have no c
    for each in by_store[:2]:
        ours = [v for v, s in zip(base, reference_stores, strict=True) if s == each["store"]]
        theirs = [v for v, s in zip(target, stores, strict=True) if s == each["store"]]
        assert same(each["x"], measured("PSI", *number_buckets(ours, theirs, 20)))


@pytest.mark.parametrize(
    ("unit", "begins"),
    [
        ("second", "2024-02-29T23:59:59Z"),
        ("minute", "2024-02-29T23:59:00Z"),
        ("hour", "2024-02-29T23:00:00Z"),
        ("day", "2024-02-29T00:00:00Z"),
        ("week", "2024-02-26T00:00:00Z"),
        ("month", "2024-02-01T00:00:00Z"),
        ("year", "2024-01-01T00:00:00Z"),
    ],
)
def test_times_are_rolled_up_to_their_begin(connection, unit, begins):
    moment = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
    later = datetime(2025, 12, 29, tzinfo=UTC)
    model = saved_model(
        connection,
        column("x", [1.0, 2.0]),
        [{"x": 1.0, "inference_timestamp": when} for when in (later, moment)],
    )
    found = drift(model, "x", rollup=unit)
    assert found[0]["rollup"] == begins
    assert len(found) == 2
    assert list(found[0]) == ["rollup", "x"]


def test_batches_are_rolled_up(connection):
    rows = [{"x": float(i), "batch_id": f"b{i % 3}"} for i in range(9)]
    model = saved_model(connection, column("x", [0.0, 8.0]), rows, is_batch=True)
    found = drift(model, "x", rollup="batch_id", num_bins=2)
    assert [row["rollup"] for row in found] == ["b0", "b1", "b2"]


def test_the_ground_truth_is_rolled_up_by_its_own_time(connection):
    truth_time = datetime(2024, 5, 6, 7, tzinfo=UTC)
    rows = [
        {"x": 1.0, "actual": 2.0, "ground_truth_timestamp": truth_time},
        {"x": 2.0},
    ]
    model = saved_model(connection, [{"x": 1.0, "actual": 2.0}], rows)
    found = drift(model, "actual", target={"source": "ground_truth"}, rollup="day")
    assert found == [{"rollup": "2024-05-06T00:00:00Z", "actual": 0.0}]


# --- odd values -----------------------------------------------------------------------------


def test_a_constant_is_one_bucket_and_what_lies_below_it_another(connection):
    model = saved_model(connection, column("x", [5.0] * 4), column("x", [5.0, 6.0, 4.0, 4.0]))
    (row,) = drift(model, "x")
    assert same(row["x"], measured("PSI", [0, 4], [2, 2]))
    constant = saved_model(connection, column("x", [5.0] * 4), column("x", [5.0] * 3))
    for metric in [*BINNED, "HypothesisTest", "WassersteinDistance", "MissingRateChange"]:
        assert drift(constant, "x", metric=metric) == [{"x": 0.0}]


def test_infinities_are_nulls(connection):
    inf = float("inf")
    base, target = [1.0, 2.0, 3.0, inf], [-inf, inf, 1.0, 2.0, float("nan")]
    model = saved_model(connection, column("x", base), column("x", target))
    nulls = [1.0, 2.0, 3.0, None], [None, None, 1.0, 2.0, None]
    (row,) = drift(model, "x", num_bins=2)
    assert same(row["x"], measured("PSI", *number_buckets(*nulls, 2)))
    (row,) = drift(model, "x", metric="WassersteinDistance")
    assert same(row["x"], stats.wasserstein_distance([1, 2, 3], [1, 2]))


def test_the_largest_numbers_have_an_edge_between_them(connection):
    model = saved_model(
        connection, column("x", [-1.7e308, 1.7e308]), column("x", [-1.0, 1.0, -1e308, 1e308])
    )
    (row,) = drift(model, "x", num_bins=2)
    assert same(row["x"], 0.0)


@pytest.mark.parametrize("metric", [*BINNED, "HypothesisTest", "MissingRateChange"])
def test_a_side_without_rows_is_null(connection, metric):
    empty = saved_model(connection, column("x", [1.0]), [])
    assert drift(empty, "x", metric=metric) == [{"x": None}]
    assert drift(empty, "x", metric=metric, rollup="day") == []
    assert drift(empty, "x", metric=metric, group_by=[{"property": "store"}]) == []
    none = [{"property": "x", "comparator": "gt", "value": 99}]
    full = saved_model(connection, column("x", [1.0]), column("x", [1.0, 2.0]))
    base = {"source": "reference", "filter": none}
    assert drift(full, "x", "store", metric=metric, base=base) == [{"x": None, "store": None}]


def test_rates_of_missing_and_of_new_values(connection):
    model = saved_model(
        connection,
        [{"x": 1.0, "store": "a"}, {"x": None, "store": "b"}],
        [{"x": None, "store": "c"}, {"x": None, "store": "a"}, {"store": None}, {"store": "c"}],
    )
    assert drift(model, "x", "store", metric="MissingRateChange") == [{"x": 0.5, "store": 0.25}]
    assert drift(model, "store", metric="NewCategoryRate") == [{"store": 0.5}]


def test_flags_codes_and_times_have_distributions(connection):
    base = [{"flag": i % 2 == 0, "code": i % 3, "at": START + timedelta(i)} for i in range(12)]
    target = [{"flag": True, "code": i % 2, "at": START + timedelta(2 * i)} for i in range(12)]
    model = saved_model(connection, base, target)
    (row,) = drift(model, "flag", "code", "at", num_bins=3)
    assert same(row["flag"], measured("PSI", [6, 6], [12, 0]))
    assert same(row["code"], measured("PSI", [4, 4, 4], [6, 6, 0]))
    days = (list(range(12)), [2 * i for i in range(12)])
    assert same(row["at"], measured("PSI", *number_buckets(*days, 3)))
    ask = {key: body_of("x")[key] for key in ("base", "target")}
    table = model.query(ask | {"property": "at", "num_bins": 1}, "drift_psi_bucket_table")
    assert table[0]["base_bucket_min"] == "2024-03-01T00:00:00.000Z"
    table = model.query(ask | {"property": "flag"}, "drift_psi_bucket_table")
    assert [row["bucket"] for row in table] == ["false", "true"]
    assert "base_bucket_min" not in table[0]


def test_the_published_table_of_two_buckets_is_reproduced(connection):
    base = [0.0] * 5_012 + [1.0] * 4_988
    target = [0.0] * 2_374 + [1.0] * 2_487
    model = saved_model(
        connection, column("code", map(int, base)), column("code", map(int, target))
    )
    ask = {key: body_of("x")[key] for key in ("base", "target")} | {"property": "code"}
    table = model.query(ask, "drift_psi_bucket_table")
    assert [bucket["bucket"] for bucket in table] == ["0", "1"]
    assert math.isclose(table[1]["probability_difference"], -0.012823122814, rel_tol=1e-9)
    assert math.isclose(table[1]["ln_probability_difference"], -0.025383052, rel_tol=1e-7)
    assert math.isclose(table[1]["psi"], 0.00032548999, rel_tol=1e-7)


def test_conditions_hold_as_in_base_queries(connection):
    rows = [{"x": float(i), "store": "AaB"[i % 3], "n": i} for i in range(30)]
    model = saved_model(connection, rows, rows[:20])
    for conditions in (
        [{"property": "store", "comparator": "in", "value": ["A", None]}],
        [{"property": "store", "comparator": "like", "value": "a%"}],
        [{"property": "x", "comparator": "gte", "value": "7"}],
        [{"property": "n", "comparator": "ne", "value": 3}],
        [{"property": "inference_timestamp", "comparator": "lt", "value": "2024-03-01T09:00:00Z"}],
    ):
        count = {"select": [{"function": "count"}], "filter": conditions}
        (expected,) = model.query(count)
        ask = {
            "property": "x",
            "num_bins": 1,
            "base": {"source": "reference"},
            "target": {"source": "inference", "filter": conditions},
        }
        (bucket,) = model.query(ask, "drift_psi_bucket_table")
        assert bucket["target_total"] == expected["count"], conditions


def test_a_column_that_no_row_of_the_log_has_is_all_null(connection):
    rows = pd.DataFrame({"anchor": [0.0] * 300})
    model = saved_model(connection, column("x", [1.0, None]), [])
    model.send_inferences(rows)
    (row,) = drift(model, "x", metric="MissingRateChange")
    assert row == {"x": 0.5}


def test_names_that_differ_by_case_alone_are_kept_apart(connection):
    attributes = [*ATTRIBUTES, Attribute("X", "FLOAT", "NON_INPUT_DATA", position=9)]
    rows = [{"x": float(i), "X": float(-i)} for i in range(6)]
    model = saved_model(connection, rows, rows, attributes)
    above = [{"property": name, "comparator": "gte", "value": 0} for name in ("X", "x")]
    (row,) = drift(model, "x", "X", target={"source": "inference", "filter": above}, num_bins=3)
    assert same(row["x"], measured("PSI", [2, 2, 2], [1, 0, 0]))
    assert same(row["X"], measured("PSI", [2, 2, 2], [0, 0, 1]))
