"""Faults of drift bodies: all of them in one error, each with its path."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups import Attribute
from modelgroups.errors import UserValueError
from modelgroups.query.drift.measures import MEASURES
from tests.query.test_drift import ATTRIBUTES, body_of, saved_model

SHAPELESS = [
    Attribute("picture", "IMAGE", "NON_INPUT_DATA", position=20),
    Attribute("words", "UNSTRUCTURED_TEXT", "NON_INPUT_DATA", position=21),
    Attribute("tokens", "TOKENS", "NON_INPUT_DATA", position=22),
    Attribute("series", "TIME_SERIES", "NON_INPUT_DATA", position=23),
    Attribute("tags", "ARRAY(STRING)", "NON_INPUT_DATA", position=24),
]
CONDITION = {"property": "x", "comparator": "gt", "value": 1}


@pytest.fixture(scope="module")
def model():
    with mg.connect(":memory:") as connection:
        row = {"x": 1.0, "store": "a"}
        yield saved_model(connection, [row], [row], [*ATTRIBUTES, *SHAPELESS])


def changed(**changes):
    body = body_of("x") | changes
    return {key: value for key, value in body.items() if value != "absent"}


def told(model, body, query_type="drift"):
    before = copy.deepcopy(body)
    with pytest.raises(UserValueError) as raised:
        model.query(body, query_type)
    assert body == before
    return str(raised.value)


def of_base(**base):
    return changed(base={"source": "reference"} | base)


def of_target(**target):
    return changed(target={"source": "inference"} | target)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (changed(metrik="PSI"), "no key 'metrik'; did you mean 'metric'?"),
        (changed(metric="absent"), "'metric' is missing"),
        (changed(metric="psi"), "metric: no metric 'psi'; did you mean 'PSI'?"),
        (changed(metric="KLDivergance"), "did you mean 'KLDivergence'?"),
        (changed(properties=[]), "give properties, predicted_classes or ground_truth_classes"),
        (changed(properties=["x"] * 101), "properties: list should have at most 100 items"),
        (changed(properties=["x", "stor"]), "properties[1]: no attribute 'stor'; did you mean"),
        (changed(properties=["x", "x"]), "properties: the answer would have 'x' twice"),
        (changed(properties=["batch_id"]), "properties[0]: no attribute 'batch_id'"),
        (changed(properties=["picture"]), "properties[0]: 'picture' is IMAGE and has no distrib"),
        (changed(properties=["words"]), "ask for the drift of an anomaly score"),
        (changed(properties=["tokens"]), "properties[0]: 'tokens' is TOKENS"),
        (changed(properties=["series"]), "properties[0]: 'series' is TIME_SERIES"),
        (changed(properties=["tags"]), "properties[0]: 'tags' is ARRAY(STRING)"),
        (changed(num_bins=0), "num_bins: input should be greater than or equal to 1"),
        (changed(num_bins="many"), "num_bins: input should be a valid integer"),
        (changed(num_bins="2.5"), "num_bins: "),
        (changed(num_bins=True), "num_bins: input should be a valid integer"),
        (changed(base="absent"), "'base' is missing"),
        (changed(target="absent"), "'target' is missing"),
        (of_base(source="ground_truth"), "base.source: the base is of 'inference' or 'reference'"),
        (of_base(source="enriched"), "base.source: 'enriched' is not 'inference', 'reference'"),
        (of_base(modle="V1"), "base: no key 'modle'; did you mean 'model'?"),
        (of_base(model="V9"), "base.model: no version with the id, label or alias 'V9'"),
        (of_target(model="V1"), "target.model: only the base may be of another version"),
        (of_target(filter=[CONDITION | {"property": "y"}]), "target.filter[0].property: no prop"),
        (of_target(filter=[CONDITION | {"comparator": "GT"}]), "target.filter[0].comparator: 'GT'"),
        (of_target(filter=[CONDITION | {"value": "low"}]), "target.filter[0].value: 'low' cannot"),
        (of_base(filter=[CONDITION | {"valeu": 1}]), "base.filter[0]: no key 'valeu'; did you me"),
        (of_base(filter=[CONDITION | {"comparator": "in"}]), "base.filter[0].value: in wants a"),
        (of_base(filter=[CONDITION | {"property": "inference_timestamp"}]), "base.filter[0].prop"),
        (changed(group_by=[{"property": "y"}]), "group_by[0].property: no property 'y'"),
        (changed(group_by=[{"property": "store", "as": "s"}]), "group_by[0]: no key 'as'; there"),
        (changed(group_by=[{"property": "inference_id"}]), "group_by[0].property: the base has no"),
        (changed(group_by=[{"property": "x"}]), "properties: the answer would have 'x' twice"),
        (changed(group_by=[{"property": "tags"}]), "group_by[0].property: 'tags' holds lists"),
        (changed(rollup="fortnight"), "rollup: 'fortnight' is not 'second', 'minute'"),
        (changed(rollup="batch_id"), "rollup: the target has no batch_id to be split by"),
        (changed(target={"source": "reference"}, rollup="day"), "rollup: the target has no infer"),
        (changed(target_size=5), "target_size: it belongs to the metric 'Thresholds'"),
        (changed(confidence=0.9), "confidence: it belongs to the metric 'Thresholds'"),
        (changed(metric="Thresholds", confidence=1.5), "confidence: input should be less than 1"),
        (changed(metric="Thresholds", target_size=0), "target_size: input should be greater"),
        (changed(metric="NewCategoryRate"), "properties[0]: NewCategoryRate is for categorical"),
        (
            changed(metric="WassersteinDistance", properties=["store"]),
            "properties[0]: WassersteinDistance is for continuous values",
        ),
        (changed(predicted_classes=["*"]), "predicted_classes: a REGRESSION model has no classes"),
        (changed(ground_truth_classes=["*"]), "ground_truth_classes: a REGRESSION model has no"),
        (changed(predicted_classes=[]), "predicted_classes: list should have at least 1 item"),
        (changed(property="x"), "no key 'property'; did you mean 'properties'?"),
    ],
)
def test_a_fault_is_told_with_its_path(model, body, message):
    text = told(model, body)
    assert text.startswith("the query has 1 fault: "), text
    assert message in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"property": "y"}, "property: no attribute 'y'"),
        ({"metric": "PSI"}, "no key 'metric'"),
        ({"target": {"source": "ground_truth"}}, "target.source: the table is of"),
        ({"group_by": [{"property": "words"}], "property": "words"}, "property: 'words' is UN"),
    ],
)
def test_a_fault_of_a_table_is_told(model, changes, message):
    body = {"property": "x"} | {key: body_of("x")[key] for key in ("base", "target")}
    assert message in told(model, body | changes, "drift_psi_bucket_table")


def test_all_faults_are_told_at_once(model):
    text = told(
        model,
        {
            "properties": ["age", "picture"],
            "metric": "PSY",
            "base": {"source": "reference", "filter": [CONDITION | {"property": "q"}]},
            "target": {"source": "inference", "filter": [CONDITION, CONDITION | {"value": "a"}]},
            "group_by": [{"property": "z"}],
            "rollup": "batch_id",
        },
    )
    assert text.startswith("the query has 7 faults: ")
    for part in (
        "metric: no metric 'PSY'; did you mean 'PSI'?",
        "properties[0]: no attribute 'age'",
        "properties[1]: 'picture'",
        "base.filter[0].property",
        "target.filter[1].value",
        "group_by[0].property",
        "rollup: ",
    ):
        assert part in text


def test_a_body_must_be_a_dict(model):
    for query_type in ("drift", "drift_psi_bucket_table"):
        assert "the query must be a dict, got list" in told(model, [], query_type)


def test_numbers_may_come_as_text(model):
    assert model.query(body_of("x", num_bins="10"), "drift") == [{"x": 0.0}]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["x", "store", "PSI", "Thresholds", "reference", "*", "5", "", "day", "like"])
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
METRICS = [*MEASURES, "Thresholds"]


@settings(max_examples=150)
@given(data=st.data())
def test_a_changed_body_is_answered_or_refused(model, data):
    body = {
        "properties": ["x", "store"],
        "metric": data.draw(st.sampled_from(METRICS)),
        "num_bins": 3,
        "base": {"source": "reference", "filter": [dict(CONDITION)]},
        "target": {"source": "inference", "filter": [dict(CONDITION)]},
        "group_by": [{"property": "flag"}],
        "rollup": "hour",
    }
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from(list(places_of(body))))
        *steps, last = place
        within = body
        for step in steps:
            within = within[step]
        within[last] = data.draw(values)
    try:
        json.dumps(model.query(body, "drift"), allow_nan=False)
    except UserValueError:
        return


def places_of(value, path=()):
    """Yield the path of every value in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places_of(each, (*path, key))


@pytest.mark.parametrize("evil", ["x'; DROP TABLE y; --", '"x"', "#order", "_x", "x OR 1=1", "\0"])
def test_no_text_of_a_body_reaches_the_engine(model, evil):
    told(model, body_of(evil))
    told(model, changed(group_by=[{"property": evil}]))
    told(model, of_base(filter=[CONDITION | {"property": evil}]))
    told(model, of_base(model=evil))
    body = of_target(filter=[{"property": "store", "comparator": "eq", "value": evil}])
    assert model.query(body, "drift") == [{"x": None}]
