"""Enriched queries, beside plain pandas over the same scores in long form."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import UserValueError
from modelgroups.model import ExplainabilityParameters

from .lab import MANY, ROUNDS, assert_close, function

ALGORITHMS, PREDICTED, INPUTS = ("lime", "shap"), ("p_0", "p_1"), ("AGE", "age", "text")
PARTS = [
    "explainer_algo",
    "explainer_predicted_attribute",
    "explainer_attribute",
    "explainer_score",
]
COUNT = function("count")
PARAMETERS = {"predicted_attribute_name": "p_1", "explanation_algorithm": "lime"}


def asked(name, alias=None):
    return {"property": name} | ({"alias": alias} if alias else {})


def where(name, comparator, value=None):
    return {"property": name, "comparator": comparator, "value": value}


def new_model(connection, *, input_type="TABULAR", **fields):
    model = connection.model(
        display_name="enriched", input_type=input_type, output_type="MULTICLASS", **fields
    )
    model.attributes = [
        Attribute("AGE", "INTEGER", "PIPELINE_INPUT", position=0),
        Attribute("age", "INTEGER", "PIPELINE_INPUT", position=1),
        Attribute(
            "text",
            "STRING" if input_type == "TABULAR" else "UNSTRUCTURED_TEXT",
            "PIPELINE_INPUT",
            position=2,
        ),
        Attribute("sex", "STRING", "NON_INPUT_DATA", position=0),
        Attribute("run", "INTEGER", "NON_INPUT_DATA", position=1),
        Attribute("p_0", "FLOAT", "PREDICTED_VALUE", position=0, attribute_link="g_0"),
        Attribute(
            "p_1",
            "FLOAT",
            "PREDICTED_VALUE",
            position=1,
            attribute_link="g_1",
            is_positive_predicted_attribute=True,
        ),
        Attribute("g_0", "INTEGER", "GROUND_TRUTH", position=0, attribute_link="p_0"),
        Attribute("g_1", "INTEGER", "GROUND_TRUTH", position=1, attribute_link="p_1"),
    ]
    model.save(skip_validation=True)
    return model


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def model(connection):
    """A model that somebody explained: without that no explanation can be asked for."""
    model = new_model(connection)
    part = {"algo": ALGORITHMS[0], "predicted_attribute": "p_1", "attribute": "AGE", "score": 0.5}
    model.add_enrichments({"elsewhere": {"explanations": [part]}})
    return model


numbers = st.integers(-64, 64).map(lambda n: n / 16)
SCORES = st.dictionaries(
    st.tuples(st.sampled_from(ALGORITHMS), st.sampled_from(PREDICTED), st.sampled_from(INPUTS)),
    numbers,
    max_size=5,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "AGE": st.none() | st.integers(0, 9),
            "sex": st.sampled_from(["f", "m", None]),
            "anomaly_score": st.none() | st.integers(0, 16).map(lambda n: n / 16),
            "scores": SCORES,
        }
    ),
    min_size=1,
    max_size=8,
)
RUNS = iter(range(10_000))


def store(model, rows, *, many):
    """Send rows and their enrichments; return the run, and both as frames."""
    run = next(RUNS)
    ids = [f"{run}.{number}" for number in range(len(rows))]
    sent = [
        {"partner_inference_id": id_, "AGE": row["AGE"], "sex": row["sex"], "run": run, "p_1": 0.5}
        for id_, row in zip(ids, rows, strict=True)
    ]
    given_ = {
        id_: {
            "anomaly_score": row["anomaly_score"],
            "explanations": [
                {"algo": a, "predicted_attribute": p, "attribute": i, "score": score}
                for (a, p, i), score in row["scores"].items()
            ],
        }
        for id_, row in zip(ids, rows, strict=True)
    }
    filler = {f"{run}.f{number}": {"anomaly_score": 0.5} for number in range(MANY if many else 0)}
    model.add_enrichments(given_ | filler)
    model.send_inferences(sent)
    frame = pd.DataFrame(sent).assign(anomaly_score=[row["anomaly_score"] for row in rows])
    long = pd.DataFrame(
        [
            (id_, *part, score)
            for id_, row in zip(ids, rows, strict=True)
            for part, score in sorted(row["scores"].items())
        ],
        columns=["partner_inference_id", *PARTS],
    )
    return run, frame, long.merge(frame, on="partner_inference_id")


def ask(model, run, select, **more):
    body = {"select": select} | more
    body["filter"] = [where("run", "eq", run), *more.get("filter", [])]
    answer = model.query(body)
    json.dumps(answer, allow_nan=False)
    return answer


def assert_close_to(found, means):
    assert found.keys() == means.keys()
    for name, mean in means.items():
        assert_close(found[name], mean, told=name)


def plain(frame):
    """A frame as rows of JSON, null for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@ROUNDS
@given(rows=ROWS, many=st.booleans())
def test_parts_of_explanations_are_rows_as_in_pandas(model, rows, many):
    run, _, long = store(model, rows, many=many)
    names = ["partner_inference_id", *PARTS, "AGE", "anomaly_score"]
    ours = ask(model, run, [asked(name) for name in names])
    assert ours == plain(long[names])
    chosen = [where("explainer_algo", "eq", "lime"), where("explainer_score", "gt", 0)]
    positive = long[(long["explainer_algo"] == "lime") & (long["explainer_score"] > 0)]
    select = [asked("explainer_attribute"), function("count")]
    grouped = ask(model, run, select, filter=chosen, group_by=[asked("explainer_attribute")])
    counted = {row["explainer_attribute"]: row["count"] for row in grouped}
    assert counted == positive["explainer_attribute"].value_counts().to_dict()


@ROUNDS
@given(rows=ROWS, many=st.booleans())
def test_anomaly_scores_stand_beside_inferences_as_in_pandas(model, rows, many):
    run, frame, _ = store(model, rows, many=many)
    select = [asked("sex"), function("avg", "mean", property="anomaly_score"), function("count")]
    ours = ask(model, run, select, group_by=[asked("sex")], **{"from": "enriched"})
    groups = frame.astype({"anomaly_score": float}).groupby("sex", dropna=False, sort=False)
    expected = {
        None if pd.isna(sex) else sex: (rows_["anomaly_score"].mean(), len(rows_))
        for sex, rows_ in groups
    }
    assert len(ours) == len(expected)
    for row in ours:
        mean, count = expected[row["sex"]]
        assert row["count"] == count
        assert row["mean"] == (None if np.isnan(mean) else pytest.approx(mean))


@ROUNDS
@given(rows=ROWS, many=st.booleans())
def test_regions_have_the_mean_absolute_score_of_each_input(model, rows, many):
    run, frame, long = store(model, rows, many=many)
    mine = long[
        (long["explainer_algo"] == "lime")
        & (long["explainer_predicted_attribute"] == "p_1")
        & (long["AGE"] >= 3)
    ]
    means = mine["explainer_score"].abs().groupby(mine["explainer_attribute"]).mean()
    means = {name: means.get(name) for name in INPUTS}
    region = [where("AGE", "gte", 3)]
    ours = ask(model, run, [function("regionalFeatureImportances", **PARAMETERS)], filter=region)
    found = {row["explainer_attribute"]: row["regionalFeatureImportance"] for row in ours}
    assert_close_to(found, means)
    values = [row["regionalFeatureImportance"] for row in ours]
    assert values == sorted(values, key=lambda v: (v is None, -(v or 0)))
    each = [
        function("regionalFeatureImportance", attribute_name=name, **PARAMETERS) for name in INPUTS
    ]
    (row,) = ask(model, run, [*each, function("count")], filter=region)
    assert row.pop("count") == int((frame["AGE"] >= 3).sum())
    assert_close_to(row, means)


@ROUNDS
@given(rows=ROWS)
def test_regions_by_group_are_regions_of_the_group(model, rows):
    run, frame, _ = store(model, rows, many=False)
    importances = function("regionalFeatureImportances", "importance", **PARAMETERS)
    body = {"group_by": [asked("sex")], "order_by": [{"property": "sex"}]}
    ours = ask(model, run, [asked("sex", "s"), importances], **body)
    expected = [
        {"s": sex, **row}
        for sex in sorted(set(frame["sex"].dropna())) + [None] * bool(frame["sex"].isna().any())
        for row in ask(
            model, run, [importances], filter=[where("sex", "IsNull" if sex is None else "eq", sex)]
        )
    ]
    assert ours == expected


@ROUNDS
@given(rows=ROWS)
def test_importances_are_lists_beside_each_inference(model, rows):
    run, frame, long = store(model, rows, many=False)
    names = [f"{algorithm}_importance" for algorithm in ALGORITHMS]
    ours = ask(model, run, [asked("partner_inference_id"), *map(asked, names)])
    assert [row["partner_inference_id"] for row in ours] == list(frame["partner_inference_id"])
    for row in ours:
        for algorithm, name in zip(ALGORITHMS, names, strict=True):
            mine = long[
                (long["partner_inference_id"] == row["partner_inference_id"])
                & (long["explainer_algo"] == algorithm)
            ]
            expected = [
                {
                    "predicted_attribute_name": predicted,
                    "importance_scores": [
                        {"attribute_name": attribute, "value": score}
                        for attribute, score in zip(
                            of["explainer_attribute"], of["explainer_score"], strict=True
                        )
                    ],
                }
                for predicted, of in mine.groupby("explainer_predicted_attribute")
            ]
            assert row[name] == (expected or None)


@pytest.fixture(scope="module")
def small(connection):
    model = new_model(connection)
    rows = [
        {"AGE": 1, "sex": "f", "anomaly_score": 0.25, "scores": {("lime", "p_1", "AGE"): -0.5}},
        {"AGE": 2, "sex": "m", "anomaly_score": None, "scores": {("shap", "p_1", "age"): 0.5}},
        {"AGE": 3, "sex": "m", "anomaly_score": 0.75, "scores": {}},
    ]
    store(model, rows, many=False)
    return model


def query(model, *select, **more):
    return model.query({"select": list(select)} | more)


def test_all_columns_are_those_of_inferences_whatever_the_source(small):
    plain_rows = query(small, asked("*"))
    assert query(small, asked("*"), **{"from": "enriched"}) == plain_rows
    beside = query(small, asked("*"), asked("anomaly_score"))
    assert [row.pop("anomaly_score") for row in beside] == [0.25, None, 0.75]
    assert beside == plain_rows


def test_an_outer_body_sees_what_the_enriched_one_selects(small):
    subquery = {"select": [asked("anomaly_score", "a"), asked("AGE")], "from": "enriched"}
    assert query(small, function("max", property="a"), subquery=subquery) == [{"max": 0.75}]
    assert set(query(small, asked("*"), subquery=subquery)[0]) == {"a", "AGE"}
    ranked = {"select": [function("regionalFeatureImportances", **PARAMETERS)]}
    largest = function("argMax", argument="explainer_attribute", value="regionalFeatureImportance")
    assert query(small, largest, subquery=ranked) == [{"argMax": "AGE"}]


def test_names_that_only_look_like_columns_change_no_rows(small):
    assert query(small, function("count", "explainer_score")) == [{"explainer_score": 3}]
    literal = [where("sex", "eq", "explainer_algo")]
    assert query(small, function("count"), filter=literal) == [{"count": 0}]


def test_an_importance_beside_rows_of_parts_counts_no_inference_twice(small):
    small.add_enrichments(
        {
            id_: {"explanations": [{"algo": "lime", "predicted_attribute": "p_1", **rest}]}
            for id_, rest in zip(
                [r["partner_inference_id"] for r in query(small, asked("partner_inference_id"))],
                [
                    {"attribute": "AGE", "score": -0.5},
                    {"attribute": "AGE", "score": 1.5},
                    {"attribute": "text", "score": 8},
                ],
                strict=True,
            )
        }
    )
    importance = function("regionalFeatureImportance", attribute_name="AGE", **PARAMETERS)
    filters = [where("explainer_predicted_attribute", "eq", "p_1")]
    assert query(small, importance, function("count"), filter=filters) == [{"AGE": 1.0, "count": 4}]


def test_without_enrichments_columns_are_null_and_parts_are_none(connection):
    model = new_model(connection)
    model.send_inferences([{"AGE": 1, "p_1": 0.5}])
    names = ["anomaly_score", "raw_anomaly_score", "lime_importance", "shap_importance"]
    assert query(model, *map(asked, names)) == [dict.fromkeys(names)]
    assert query(model, asked("explainer_score")) == []
    with pytest.raises(UserValueError, match="explainability is not enabled"):
        query(model, function("regionalFeatureImportances", **PARAMETERS))
    model.explainability = ExplainabilityParameters(True, "shap")
    expected = [{"explainer_attribute": n, "regionalFeatureImportance": None} for n in INPUTS]
    assert query(model, function("regionalFeatureImportances", **PARAMETERS)) == expected


def test_the_algorithm_is_that_of_the_model_where_none_is_given(connection):
    model = new_model(connection)
    scores = {("lime", "p_1", "AGE"): 1.0, ("shap", "p_1", "AGE"): 2.0}
    store(model, [{"AGE": 1, "sex": "f", "anomaly_score": None, "scores": scores}], many=False)
    importance = function(
        "regionalFeatureImportance", attribute_name="AGE", predicted_attribute_name="p_1"
    )
    assert query(model, importance) == [{"AGE": 1.0}]
    model.explainability = ExplainabilityParameters(True, "shap")
    assert query(model, importance) == [{"AGE": 2.0}]


def test_an_attribute_named_like_an_enriched_column_is_the_attribute(connection):
    model = connection.model(display_name="own", input_type="TABULAR", output_type="REGRESSION")
    frame = pd.DataFrame({"anomaly_score": [3.5, 4.5], "p": [1.0, 2.0], "y": [1.0, 2.0]})
    model.build(frame, {"p": "y"})
    model.save()
    model.send_inferences(frame.assign(partner_inference_id=["a", "b"]))
    model.add_enrichments({"a": {"anomaly_score": 0.5}})
    for source in ({}, {"from": "enriched"}):
        rows = query(model, asked("anomaly_score"), **source)
        assert [row["anomaly_score"] for row in rows] == [3.5, 4.5]


def test_multivariate_drift_is_the_mean_anomaly_score_by_day(connection):
    rng = np.random.default_rng(3)
    n = 400
    frame = pd.DataFrame({"x": rng.normal(size=n), "p": rng.random(n), "y": rng.random(n)})
    at = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC")
    ids = [f"i{number}" for number in range(n)]
    with_reference = {}
    for set_reference_data in (True, False):
        model = connection.model(display_name="d", input_type="TABULAR", output_type="REGRESSION")
        model.build(frame, {"p": "y"}, set_reference_data=set_reference_data)
        model.save()
        with_reference[set_reference_data] = model
    model = with_reference[True]
    model.send_inferences(frame, partner_inference_ids=ids, inference_timestamps=at)
    scores = pd.Series(rng.random(n // 2), index=at[: n // 2])
    table = {"partner_inference_id": ids[: n // 2], "anomaly_score": scores.to_numpy()}
    model.add_enrichments(pd.DataFrame(table))
    ours = model.metrics(["Multivariate Drift"]).set_index("timestamp")["Multivariate Drift"]
    expected = scores.resample("D").mean().reindex(ours.index)
    np.testing.assert_allclose(ours.to_numpy(float), expected.to_numpy(), rtol=1e-12)
    assert ours.isna().sum() == expected.isna().sum() > 0
    (metric,) = model.get_metrics(metric_name="Multivariate Drift")
    assert (metric.is_default, metric.type) == (True, "model_data_drift_metric")
    assert with_reference[False].get_metrics(metric_name="Multivariate Drift") == []


def test_a_metric_of_parts_of_explanations_leaves_the_others_alone(connection):
    model = new_model(connection)
    parts = [("lime", "p_1", "AGE"), ("lime", "p_1", "text"), ("shap", "p_1", "age")]
    scores = dict(zip(parts, [-1.0, 0.5, 0.75], strict=True))
    row = {"AGE": 1, "sex": "f", "anomaly_score": 0.25, "scores": scores}
    store(model, [row, row | {"scores": {}}], many=False)
    model.create_metric("Weight", {"select": [function("avgAbs", property="explainer_score")]})
    model.create_metric("Rows", {"select": [COUNT]})
    (found,) = model.metrics(["Rows", "Weight"], every=None).to_dict("records")
    assert found == {"Rows": 2, "Weight": 0.75}
    (metric,) = model.get_metrics(metric_name="Weight")
    assert metric.type == "model_input_data_metric"


def test_regions_by_day_are_those_of_the_day(connection):
    model = new_model(connection)
    for day in (1, 2):
        model.send_inferences(
            [{"partner_inference_id": f"d{day}", "AGE": day, "p_1": 0.5}],
            inference_timestamps=[f"2026-01-0{day}T12:00:00Z"],
        )
        part = {"algo": "lime", "predicted_attribute": "p_1", "attribute": "AGE", "score": -day}
        model.add_enrichments({f"d{day}": {"explanations": [part]}})
    day = function("roundTimestamp", "day", property="inference_timestamp", time_interval="day")
    importances = function("regionalFeatureImportances", "weight", **PARAMETERS)
    order = [{"property": "weight", "direction": "desc"}, {"property": "explainer_attribute"}]
    body = {"group_by": [{"alias": "day"}], "order_by": order, "limit": 3}
    rows = query(model, day, importances, **body)
    assert [tuple(row.values()) for row in rows] == [
        ("2026-01-02T00:00:00.000Z", "AGE", 2.0),
        ("2026-01-01T00:00:00.000Z", "AGE", 1.0),
        (rows[2]["day"], "age", None),
    ]


@pytest.fixture(scope="module")
def texts(connection):
    model = new_model(connection, input_type="NLP")
    words = [("good", "film", "bad"), ("film", "fine"), ("dull",)]
    values = [(0.5, 0.125, -0.75), (0.25, 1.0), (-1.0,)]
    for number, (row, weights) in enumerate(zip(words, values, strict=True)):
        model.send_inferences(
            [{"partner_inference_id": f"t{number}", "text": " ".join(row), "AGE": number}]
        )
        tokens = [{"token": t, "value": v} for t, v in zip(row, weights, strict=True)]
        of_what = {"algo": "lime", "attribute": "text"}
        parts = [of_what | {"predicted_attribute": "p_1", "tokens": tokens}]
        if number == 0:
            parts.append(of_what | {"predicted_attribute": "p_0", "score": 0.5})
        model.add_enrichments({f"t{number}": {"explanations": parts}})
    return model


NLP = function(
    "nlp_explanation",
    attribute_name="text",
    nlp_predicted_attribute="p_1",
    nlp_explainer="lime",
)


def tokens_of(answer):
    """The tokens of each inference, in order."""
    found = []
    for row in answer:
        ((explained,),) = [row["nlp_explanation"]]
        assert (explained["algorithm"], explained["predicted_attribute_name"]) == ("lime", "p_1")
        ((scores,),) = [explained["importance_scores"]]
        assert scores["attribute_name"] == "text"
        tokens = [(t["token"], t["position"], t["value"]) for t in scores["tokens"]]
        found.append((row["inference_id"], tokens))
    return found


def test_texts_are_explained_token_by_token(texts):
    assert tokens_of(query(texts, NLP)) == [
        ("t0", [("good", 0, 0.5), ("film", 1, 0.125), ("bad", 2, -0.75)]),
        ("t1", [("film", 0, 0.25), ("fine", 1, 1.0)]),
        ("t2", [("dull", 0, -1.0)]),
    ]


def test_filters_keep_tokens_and_drop_inferences_without_any(texts):
    filters = [where("nlp_explanation.value", "gt", 0.2), where("AGE", "lt", 2)]
    expected = [("t0", [("good", 0, 0.5)]), ("t1", [("film", 0, 0.25), ("fine", 1, 1.0)])]
    assert tokens_of(query(texts, NLP, filter=filters)) == expected
    first = [
        where("nlp_explanation.location", "eq", 0),
        where("nlp_explanation.token", "in", ["film"]),
    ]
    assert tokens_of(query(texts, NLP, filter=first)) == [("t1", [("film", 0, 0.25)])]


def test_order_sorts_tokens_and_inferences_by_their_first(texts):
    order = [{"property": "nlp_explanation.value", "direction": "desc"}]
    expected = [
        ("t1", [("fine", 1, 1.0), ("film", 0, 0.25)]),
        ("t0", [("good", 0, 0.5), ("film", 1, 0.125), ("bad", 2, -0.75)]),
        ("t2", [("dull", 0, -1.0)]),
    ]
    assert tokens_of(query(texts, NLP, order_by=order)) == expected
    assert tokens_of(query(texts, NLP, order_by=order, limit=1, offset=1)) == expected[1:2]
    assert query(texts, function("nlp_explanation"), order_by=order) == query(
        texts, NLP, order_by=order
    )


def test_a_text_has_a_part_in_long_form_whether_or_not_it_has_a_score(texts):
    names = ["explainer_predicted_attribute", "explainer_score"]
    rows = query(texts, *map(asked, names), filter=[where("AGE", "eq", 0)])
    assert [tuple(row.values()) for row in rows] == [("p_0", 0.5), ("p_1", None)]


FAULTS = [
    ([asked("anomaly_score")], {"from": "inference"}, "ask from 'enriched'"),
    ([asked("anomalyscore")], {"from": "enriched"}, "did you mean 'anomaly_score'"),
    ([function("regionalFeatureImportances", **PARAMETERS), COUNT], {}, "nothing may stand beside"),
    (
        [function("regionalFeatureImportances", predicted_attribute_name="p_2")],
        {},
        "parameters.predicted_attribute_name: no predicted attribute 'p_2'; did you mean 'p_",
    ),
    (
        [function("regionalFeatureImportances", **PARAMETERS | {"explanation_algorithm": "lim"})],
        {},
        "did you mean 'lime'",
    ),
    (
        [function("regionalFeatureImportance", attribute_name="sex", **PARAMETERS)],
        {},
        "no input attribute 'sex'",
    ),
    (
        [function("regionalFeatureImportance", attribute_name="AGE", **PARAMETERS)],
        {"from": "inference"},
        "asked of 'enriched' rows, and these are others",
    ),
    (
        [
            function(
                "abs",
                property={"nested_function": function("regionalFeatureImportances", **PARAMETERS)},
            )
        ],
        {},
        "makes rows; it stands in select itself",
    ),
    ([function("nlp_explanation", attribute_name="AGE")], {}, "no text attribute 'AGE'"),
    ([NLP], {"group_by": [asked("sex")]}, "group_by: nlp_explanation makes rows"),
    ([asked("nlp_explanation.token")], {}, "no property 'nlp_explanation.token'"),
    (
        [function("regionalFeatureImportances", **PARAMETERS)],
        {"order_by": [{"property": "nope"}]},
        r"order_by\[0\]: no entry of select 'nope'",
    ),
]


@pytest.mark.parametrize(("select", "more", "told"), FAULTS, ids=[f[2] for f in FAULTS])
def test_faults_of_enriched_bodies_are_told(texts, select, more, told):
    with pytest.raises(UserValueError, match=told):
        texts.query({"select": select} | more)
