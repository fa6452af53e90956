"""Drift of classes, of ranked lists and between versions; thresholds; drift as a frame."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import modelgroups as mg
from modelgroups import Attribute, AttributeCategory
from modelgroups.errors import MethodNotApplicableError, UserValueError
from tests.query.test_drift import (
    ATTRIBUTES,
    START,
    body_of,
    column,
    drift,
    label_buckets,
    measured,
    number_buckets,
    same,
    saved_model,
)

X = Attribute("x", "FLOAT", "PIPELINE_INPUT", position=0)
BINARY = [
    X,
    Attribute("p", "FLOAT", "PREDICTED_VALUE", position=0, gt_class_link="1"),
    Attribute("y", "INTEGER", "GROUND_TRUTH_CLASS", position=0, categorical=True).set(
        categories=[0, 1]
    ),
]
CLASSES = "abc"
MANY = [
    X,
    *(
        Attribute(f"p_{c}", "FLOAT", "PREDICTED_VALUE", position=i, attribute_link=f"t_{c}")
        for i, c in enumerate(CLASSES)
    ),
    *(
        Attribute(
            f"t_{c}",
            "INTEGER",
            "GROUND_TRUTH",
            position=i,
            categorical=True,
            categories=[AttributeCategory(0), AttributeCategory(1)],
            attribute_link=f"p_{c}",
        )
        for i, c in enumerate(CLASSES)
    ),
]


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as opened:
        yield opened


def classes_body(**more):
    body = body_of()
    del body["properties"]
    return body | more


def ask(model, **more):
    return model.query(classes_body(**more), "drift")


# --- classes --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def binary(connection):
    base = [{"x": 0.0, "p": p, "y": y} for p, y in ((0.2, 0), (0.5, 1), (0.7, 1), (0.9, 1))]
    target = [{"x": 0.0, "p": p, "y": y} for p, y in ((0.1, 0), (0.3, None), (0.6, 0), (None, 1))]
    return saved_model(
        connection, base, target, BINARY, output_type="MULTICLASS", classifier_threshold=0.6
    )


def test_the_positive_class_is_predicted_from_the_threshold_on(binary):
    (row,) = ask(binary, predicted_classes=["*"])
    assert same(row["predictedClass"], measured("PSI", [2, 2], [1, 2]))
    (row,) = ask(binary, predicted_classes=["p"])
    assert row == {"predictedClass": 0.0}
    (row,) = ask(binary, predicted_classes=["p", "p_negative"])
    assert same(row["predictedClass"], measured("PSI", [2, 2], [1, 2]))


def test_true_classes_are_values_of_the_class_column(binary):
    truth = {"source": "ground_truth"}
    expected = measured("PSI", [1, 3], [2, 1])
    for names in (["*"], ["y"], ["0", "1"], ["y_0", "y_1"]):
        (row,) = ask(binary, ground_truth_classes=names, target=truth)
        assert same(row["groundTruthClass"], expected), names
    (row,) = ask(binary, predicted_classes=["y_0", "y_1"], target=truth)
    assert same(row["groundTruthClass"], expected)
    with pytest.raises(UserValueError, match=r"ground_truth_classes\[0\]: no class '2'"):
        ask(binary, ground_truth_classes=["2"], target=truth)


def test_the_likeliest_class_is_predicted_and_the_first_of_several(connection):
    base = [(0.5, 0.3, 0.2), (0.2, 0.6, 0.2), (0.4, 0.4, 0.2), (0.1, 0.2, 0.7)]
    target = [(0.3, 0.3, 0.4), (None, 0.1, 0.2), (None, None, None), (0.1, 0.5, 0.4)]
    rows = [
        [{"x": 0.0} | {f"p_{c}": v for c, v in zip(CLASSES, row, strict=True)} for row in side]
        for side in (base, target)
    ]
    model = saved_model(connection, *rows, MANY, output_type="MULTICLASS")
    (row,) = ask(model, predicted_classes=["*"])
    assert same(row["predictedClass"], measured("PSI", [2, 1, 1], [0, 1, 2]))
    (row,) = ask(model, predicted_classes=["p_b", "p_c"], metric="JSDivergence")
    assert same(row["predictedClass"], measured("JSDivergence", [1, 1], [1, 2]))
    with pytest.raises(UserValueError, match=r"predicted_classes\[0\]: no class 'p_d'"):
        ask(model, predicted_classes=["p_d"])


def test_true_classes_are_the_attributes_that_are_one(connection):
    def row(true):
        truth = {f"t_{c}": None if true is None else int(c == true) for c in CLASSES}
        return {"x": 0.0, "p_a": 0.3, "p_b": 0.3, "p_c": 0.4} | truth

    base, target = ["a", "a", "b", "c"], ["c", None, "b", "c"]
    model = saved_model(
        connection, [row(c) for c in base], [row(c) for c in target], MANY, output_type="MULTICLASS"
    )
    truth = {"source": "ground_truth"}
    (found,) = ask(model, ground_truth_classes=["*"], target=truth)
    known = [c for c in target if c]
    assert same(found["groundTruthClass"], measured("PSI", *label_buckets(base, known)))
    (found,) = ask(model, properties=["x"], predicted_classes=["*"], ground_truth_classes=["t_a"])
    assert list(found) == ["x", "predictedClass", "groundTruthClass"]
    assert found["groundTruthClass"] is None  # the target has no row of that class


# --- ranked lists ----------------------------------------------------------------------------

RANKED = [
    Attribute("user", "STRING", "PIPELINE_INPUT", position=0, categorical=True),
    Attribute("recs", "RANKED_LIST", "PREDICTED_VALUE", position=0, attribute_link="relevant"),
    Attribute("relevant", "ARRAY(STRING)", "GROUND_TRUTH", position=0, attribute_link="recs"),
]


def test_items_of_ranked_lists_count_at_every_position(connection):
    def row(items):
        cell = None if items is None else [{"item_id": item} for item in items]
        return {"user": "u", "recs": cell}

    base, target = ["ab", "ac", "b"], ["bc", "d", None, "dd"]
    sides = [[row(items) for items in side] for side in (base, target)]
    model = saved_model(
        connection, [{"user": "u"}], [*sides[0], *sides[1]], RANKED, output_type="RANKED_LIST"
    )
    third = (START + pd.Timedelta(hours=3)).isoformat()
    early, late = (
        {
            "source": "inference",
            "filter": [{"property": "inference_timestamp", "comparator": c, "value": third}],
        }
        for c in ("lt", "gte")
    )
    items = [
        [item for cell in side for item in ([None] if cell is None else cell)]
        for side in (base, target)
    ]
    expected = measured("PSI", *label_buckets(*items))
    for name in ("recs", "recs_item_id"):
        (found,) = model.query(body_of(name) | {"base": early, "target": late}, "drift")
        assert same(found[name], expected)
    table = model.query(
        {"property": "recs", "base": early, "target": late}, "drift_psi_bucket_table"
    )
    assert [bucket["bucket"] for bucket in table] == ["a", "b", "c", "d", None]
    with pytest.raises(UserValueError, match="KLDivergence is for"):
        model.query(
            body_of("recs", metric="KLDivergence") | {"base": early, "target": late}, "drift"
        )


# --- thresholds -------------------------------------------------------------------------------


def test_thresholds_are_what_samples_of_the_base_show_on_average(connection):
    rng = np.random.default_rng(2)
    counts = np.array([50, 120, 30, 200, 100])
    model = saved_model(
        connection, column("code", np.repeat(range(5), counts).tolist()), [], ATTRIBUTES
    )
    body = {
        "properties": ["code"],
        "metric": "Thresholds",
        "base": {"source": "reference"},
        "target_size": "400",
    }
    found = model.query(body, "drift")[0]["code"]
    p = counts / counts.sum()
    q = rng.dirichlet(1 + 400 * p, 200_000)
    assert math.isclose(found["KLDivergence"], np.mean((p * np.log(p / q)).sum(1)), rel_tol=0.01)
    affinity = np.mean(np.sqrt(p * q).sum(1))
    assert math.isclose(found["HellingerDistance"], np.sqrt(1 - affinity), rel_tol=0.01)
    alpha, total = 1 + 400 * p, 405
    mean = alpha / total
    kl = np.sum(p * (np.log(p) - special.digamma(alpha))) + special.digamma(total)
    assert math.isclose(found["PSI"], kl + np.sum(mean * np.log(mean / p)), rel_tol=1e-9)
    assert math.isclose(found["JSDivergence"], found["PSI"] / 4, rel_tol=1e-12)


@pytest.mark.parametrize("n_rows", [4, 40, 4_000])
def test_the_threshold_of_hellinger_is_exact(connection, n_rows):
    model = saved_model(connection, column("code", [0, 1, 2, 3]), [])
    body = {
        "properties": ["code"],
        "metric": "Thresholds",
        "base": {"source": "reference"},
        "target_size": n_rows,
    }
    (row,) = model.query(body, "drift")

    def step(n):  # Γ(n + ½) / (Γ(n) √π), a fraction
        return Fraction(n * math.comb(2 * n, n), 4**n)

    affinity = 4 * Fraction(1, 2) * step(1 + n_rows // 4) / step(4 + n_rows)
    expected = math.sqrt(1 - affinity)
    assert math.isclose(row["code"]["HellingerDistance"], expected, rel_tol=1e-12)


def test_calibrated_thresholds_come_from_the_chi_squared_distribution(connection):
    rows = [{"store": "ab"[i % 2], "x": float(i), "code": i % 5} for i in range(40)]
    model = saved_model(connection, rows, [])
    body = {
        "properties": ["x", "code"],
        "num_bins": 4,
        "metric": "Thresholds",
        "base": {"source": "reference"},
        "group_by": [{"property": "store"}],
        "confidence": 0.95,
        "target_size": 10,
        "rollup": "day",
    }
    found = model.query(body, "drift")
    assert [row["store"] for row in found] == ["a", "b"]
    for name, n_buckets in (("x", 4), ("code", 5)):
        c = stats.chi2.ppf(0.95, n_buckets - 1) * (1 / 20 + 1 / 10)
        assert math.isclose(found[0][name]["PSI"], c, rel_tol=1e-9)
        assert math.isclose(found[0][name]["KLDivergence"], c / 2, rel_tol=1e-9)
        assert math.isclose(found[0][name]["JSDivergence"], c / 8, rel_tol=1e-9)
        assert math.isclose(found[0][name]["HellingerDistance"], math.sqrt(c / 8), rel_tol=1e-9)


def test_thresholds_of_no_rows_are_null(connection):
    model = saved_model(connection, column("x", [1.0]), [])
    nothing = [{"property": "x", "comparator": "gt", "value": 5}]
    body = {
        "properties": ["x"],
        "metric": "Thresholds",
        "base": {"source": "reference", "filter": nothing},
    }
    (row,) = model.query(body, "drift")
    assert set(row["x"].values()) == {None}
    constant = model.query(body | {"base": {"source": "reference"}, "confidence": 0.9}, "drift")
    assert set(constant[0]["x"].values()) == {0.0}


# --- between versions --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def versions(connection):
    first = saved_model(
        connection,
        [{"x": float(i), "store": "ab"[i % 2]} for i in range(20)],
        [{"x": float(i), "store": "a"} for i in range(10)],
    )
    group = connection.get_model_group(first)
    second = connection.model(display_name="two", input_type="TABULAR", output_type="REGRESSION")
    second.attributes = [a.set() for a in ATTRIBUTES if a.name not in ("n", "code", "at")]
    second.attributes.append(Attribute("at", "FLOAT", "NON_INPUT_DATA", position=2))
    second.attributes.append(
        Attribute("code", "STRING", "NON_INPUT_DATA", position=1, categorical=True)
    )
    second.attributes.append(
        Attribute("n", "INTEGER", "PIPELINE_INPUT", position=1, categorical=True).set(
            categories=[1]
        )
    )
    names = [attribute.name for attribute in second.attributes]
    second.reference_dataframe = pd.DataFrame(
        {n: [2.0, 3.0] if n == "x" else [None, None] for n in names}, dtype=object
    )
    group.add_version(second, label="second")
    second.save(skip_validation=True)
    second.send_inferences([{"x": float(i), "store": "c", "anchor": 0.0} for i in range(5, 15)])
    return first, second


def test_the_base_may_be_of_another_version(connection, versions):
    first, second = versions
    expected = measured("PSI", *number_buckets(list(range(20)), list(range(5, 15)), 5))
    base = {"source": "reference", "model": first.id}
    (row,) = drift(second, "x", base=base)
    assert same(row["x"], expected)
    base = {"source": "inference", "model": first.id}
    (row,) = drift(second, "x", "store", base=base)
    assert same(row["x"], measured("PSI", *number_buckets(list(range(10)), list(range(5, 15)), 5)))
    assert same(row["store"], measured("PSI", [10, 0], [0, 10]))
    base = {"source": "reference", "model": "second"}
    (row,) = drift(first, "x", base=base, num_bins=2)
    assert same(row["x"], measured("PSI", *number_buckets([2.0, 3.0], list(range(10)), 2)))
    assert same(
        first.drift(["x"], against="second")["x"].iloc[0],
        drift(first, "x", base=base, num_bins=20)[0]["x"],
    )
    with pytest.raises(UserValueError, match="'secund'; did you mean 'second'"):
        drift(first, "x", base={"source": "reference", "model": "secund"})
    with pytest.raises(UserValueError, match="continuous in one version and categorical"):
        drift(first, "n", base=base)
    with pytest.raises(UserValueError, match=r"group_by\[0\].property: 'code' has values of other"):
        drift(first, "x", base=base, group_by=[{"property": "code"}])
    with pytest.raises(UserValueError, match="'at' is a time in one version and a number"):
        drift(first, "at", base=base)


def test_categories_of_other_types_are_compared_as_text(connection, versions):
    first, second = versions
    second.send_inferences([{"x": 0.0, "code": "7", "anchor": 0.0}])
    first.send_inferences([{"x": 0.0, "code": 7, "anchor": 0.0}])
    known = {"source": "inference", "filter": [{"property": "code", "comparator": "NotNull"}]}
    (row,) = drift(second, "code", base=known | {"model": first.id}, target=known)
    assert row == {"code": 0.0}


# --- as a frame ---------------------------------------------------------------------------------


def test_drift_comes_as_a_frame(connection):
    rows = [{"x": float(i), "store": "ab"[i % 2], "flag": True} for i in range(48)]
    model = saved_model(connection, rows, rows)
    frame = model.drift(every="day", by="store")
    assert list(frame.columns[:2]) == ["timestamp", "store"]
    assert {"x", "n", "flag", "pred"} <= set(frame.columns)
    assert "actual" not in frame.columns
    assert str(frame["timestamp"].dtype.tz) == "UTC"
    assert frame[["timestamp", "store"]].equals(
        frame[["timestamp", "store"]].sort_values(["timestamp", "store"])
    )
    assert len(frame) == 4
    whole = model.drift(["x"], "KLDivergence")
    assert whole.to_dict("records") == drift(model, "x", metric="KLDivergence", num_bins=20)
    assert list(model.drift(metric="NewCategoryRate").columns) == ["store", "flag", "code"]
    assert model.drift(["x"], every="month", by=["flag"]).shape == (1, 3)


def test_more_attributes_than_one_body_may_name_come_together(connection):
    many = [Attribute(f"v{i}", "FLOAT", "NON_INPUT_DATA", position=i + 10) for i in range(130)]
    rows = [{f"v{i}": float(i + k) for i in range(130)} for k in range(3)]
    model = saved_model(connection, rows, rows, [*ATTRIBUTES, *many])
    frame = model.drift([a.name for a in many], every="hour")
    assert frame.shape == (3, 131)
    assert not frame.isna().any(axis=None)


def test_an_empty_log_gives_no_rows_by_day_and_a_null_in_all(connection):
    model = saved_model(connection, column("x", [1.0]), [])
    assert model.drift(["x"], every="day").shape == (0, 2)
    assert model.drift(["x"]).isna().all(axis=None)


def test_drift_wants_a_saved_model_and_known_words(connection):
    model = connection.model(display_name="new", input_type="TABULAR", output_type="REGRESSION")
    with pytest.raises(MethodNotApplicableError):
        model.drift()
    model = saved_model(connection, column("x", [1.0]), [])
    with pytest.raises(UserValueError, match="did you mean 'PSI'"):
        model.drift(metric="PSJ")
    with pytest.raises(UserValueError, match="every: no interval 'fortnight'"):
        model.drift(every="fortnight")
    with pytest.raises(UserValueError, match="by: no attribute 'X'; did you mean 'x'"):
        model.drift(by="X")
    with pytest.raises(UserValueError, match=r"base\.model"):
        model.drift(against="nothing")
