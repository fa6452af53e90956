"""Metrics by name, over time and by group, beside what scikit-learn says of the same rows."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import modelgroups as mg
from modelgroups.errors import ConflictError, NotFoundError, UserError, UserValueError
from modelgroups.testing import example_model

RATE = {"function": "rate", "parameters": {"property": "p", "comparator": "gte", "value": 0.9}}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    n = 1_200
    return pd.DataFrame(
        {
            "age": rng.choice([31, 47, 52], n),
            "p": rng.random(n).round(2),
            "y": rng.integers(0, 2, n),
            "at": pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC"),
        }
    )


@pytest.fixture(scope="module")
def model(frame):
    with example_model() as model:
        model.send_inferences(frame.drop(columns="at"), inference_timestamps=frame["at"])
        yield model


ORACLES = {
    "Accuracy Rate": lambda y, p: sk.accuracy_score(y, p >= 0.5),
    "Balanced Accuracy Rate": lambda y, p: sk.balanced_accuracy_score(y, p >= 0.5),
    "AUC": sk.roc_auc_score,
    "Recall": lambda y, p: sk.recall_score(y, p >= 0.5),
    "Precision": lambda y, p: sk.precision_score(y, p >= 0.5),
    "Specificity (TNR)": lambda y, p: sk.recall_score(1 - y, p < 0.5),
    "F1": lambda y, p: sk.f1_score(y, p >= 0.5),
    "False Positive Rate": lambda y, p: 1 - sk.recall_score(1 - y, p < 0.5),
    "False Negative Rate": lambda y, p: 1 - sk.recall_score(y, p >= 0.5),
    "Inference Count by Class": lambda y, p: (p >= 0.5).sum(),
    "Inference Count": lambda y, p: len(y),
}


def test_the_default_metrics_of_a_binary_model_by_day_are_those_of_scikit_learn(model, frame):
    ours = model.metrics()
    days = frame.groupby(frame["at"].dt.floor("D"))
    assert list(ours.columns) == ["timestamp", *ORACLES]
    assert ours["timestamp"].tolist() == sorted(days.groups)
    for name, oracle in ORACLES.items():
        expected = [oracle(day["y"].to_numpy(), day["p"].to_numpy()) for _, day in days]
        np.testing.assert_allclose(ours[name].to_numpy(float), expected, rtol=1e-9)


def test_metrics_by_group_within_a_window(model, frame):
    since, until = "2026-01-05T00:00:00Z", "2026-01-20T00:00:00Z"
    ours = model.metrics(["AUC"], by="age", every=None, since=since, until=until)
    window = frame[(frame["at"] >= since) & (frame["at"] < until)]
    expected = [sk.roc_auc_score(g["y"], g["p"]) for _, g in window.groupby("age")]
    assert ours["age"].tolist() == [31, 47, 52]
    np.testing.assert_allclose(ours["AUC"].to_numpy(float), expected, rtol=1e-9)


def test_the_metrics_of_a_regression(frame):
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"x": rng.normal(size=400), "p": rng.normal(size=400)})
    rows["y"] = rows["p"] + rng.normal(size=400)
    with mg.connect(":memory:") as connection:
        model = connection.model("r-1", "TABULAR", "REGRESSION")
        model.build(rows, {"p": "y"})
        model.save()
        model.send_inferences(rows)
        ours = model.metrics(every=None).iloc[0]
    y, p = rows["y"], rows["p"]
    expected = {
        "Root Mean Squared Error": sk.mean_squared_error(y, p) ** 0.5,
        "Mean Absolute Error": sk.mean_absolute_error(y, p),
        "R Squared": sk.r2_score(y, p),
        "Average Prediction": p.mean(),
        "Inference Count": 400,
    }
    assert ours.to_dict() == pytest.approx(expected, rel=1e-9)


def test_the_metrics_of_several_classes_are_those_of_each_against_the_rest():
    rng = np.random.default_rng(2)
    scores = rng.dirichlet([1, 1, 1], 500)
    rows = pd.DataFrame(scores, columns=["a", "b", "c"]).assign(x=rng.normal(size=500))
    rows["animal"] = rng.choice(["ant", "bee", "cat"], 500)
    classes = {"a": "ant", "b": "bee", "c": "cat"}
    with mg.connect(":memory:") as connection:
        model = connection.model("m-3", "TABULAR", "MULTICLASS")
        model.build(rows, classes, ground_truth_column="animal")
        model.save()
        model.send_inferences(rows)
        ours = model.metrics(every=None).iloc[0]
    predicted = pd.Series(scores.argmax(axis=1)).map(dict(enumerate(classes.values())))
    assert ours["Overall Accuracy Rate"] == pytest.approx((predicted == rows["animal"]).mean())
    for name, value in classes.items():
        truth, hit = rows["animal"] == value, predicted == value
        assert ours[f"F1: {name}"] == pytest.approx(sk.f1_score(truth, hit), rel=1e-9)
        assert ours[f"AUC: {name}"] == pytest.approx(sk.roc_auc_score(truth, rows[name]), rel=1e-9)


def test_each_class_is_counted_by_the_largest_score():
    rng = np.random.default_rng(3)
    scores = rng.dirichlet([1, 1, 1], 300)
    rows = pd.DataFrame(scores, columns=["a", "b", "c"]).assign(x=0.5)
    rows["animal"] = rng.choice(["ant", "bee", "cat"], 300)
    with mg.connect(":memory:") as connection:
        model = connection.model("m-3", "TABULAR", "MULTICLASS")
        model.build(rows, {"a": "ant", "b": "bee", "c": "cat"}, ground_truth_column="animal")
        model.save()
        model.send_inferences(rows)
        ours = model.metrics(every=None).iloc[0]
    counts = np.bincount(scores.argmax(axis=1), minlength=3)
    assert [ours[f"Inference Count by Class: {name}"] for name in "abc"] == counts.tolist()


def test_the_metrics_of_boxes_are_those_of_the_language():
    boxes = [[0, 0.9, 0, 0, 10, 10], [1, 0.5, 40, 40, 10, 10]]
    rows = [
        {"camera": "a", "objects_detected": boxes, "label": boxes[:1]},
        {"camera": "b", "objects_detected": boxes[:1], "label": boxes[1:]},
        {"camera": "b", "objects_detected": [], "label": []},
    ]
    with mg.connect(":memory:") as connection:
        model = connection.model("m-4", "IMAGE", "OBJECT_DETECTION")
        model.add_image_attribute("image")
        model.add_attribute("camera", "STRING", "NON_INPUT_DATA")
        model.add_object_detection_output_attributes("objects_detected", "label", ["cat", "dog"])
        model.save()
        model.send_inferences(rows)
        ours = model.metrics(every=None).iloc[0]
        largest = {"function": "max", "parameters": {"property": "objects_detected.confidence"}}
        model.create_metric("Surest", {"select": [largest]})
        both = model.metrics(["Surest", "Inference Count"], every=None).iloc[0]
        query = {"function": "meanAveragePrecision", "parameters": {"threshold": 0.5}}
        (asked,) = model.query({"select": [query]})
    assert ours["Mean Average Precision"] == asked["meanAveragePrecision"] == 0.5
    assert ours["Average Confidence"] == pytest.approx(np.mean([0.9, 0.5, 0.9]))
    assert ours["Inference Count"] == both["Inference Count"] == 3
    assert both["Surest"] == 0.9


def test_the_metrics_of_ranked_lists_take_k():
    rows = [
        {"x": 1.0, "items": [{"item_id": i} for i in "abcd"], "bought": ["a", "d"]},
        {"x": 2.0, "items": [{"item_id": i} for i in "dcba"], "bought": ["b"]},
    ]
    with mg.connect(":memory:") as connection:
        model = connection.model("m-5", "TABULAR", "RANKED_LIST")
        model.add_attribute("x", "FLOAT", "PIPELINE_INPUT")
        model.add_ranked_list_output_attributes("items", "bought")
        model.save()
        model.send_inferences(rows)
        default = model.metrics(every=None).iloc[0]
        first = model.metrics(["Precision at k"], every=None, parameters={"k": 1}).iloc[0]
    assert default["Precision at k"] == pytest.approx(np.mean([2 / 10, 1 / 10]))
    assert first["Precision at k"] == pytest.approx(np.mean([1, 0]))
    assert default["Mean Reciprocal Rank"] == pytest.approx(np.mean([1, 1 / 3]))


def test_the_metrics_of_token_sequences():
    likely = [[{"yes": 0.75, "no": 0.25}, {"sir": 0.5}], [{"no": 0.25, "yes": 0.2}]]
    rows = [{"question": "well?", "likely": each, "answer": "x"} for each in likely]
    with mg.connect(":memory:") as connection:
        model = connection.model("m-6", "NLP", "TOKEN_SEQUENCE")
        model.build_token_sequence_model("question", "answer", output_likelihood_column="likely")
        model.save()
        model.send_inferences(rows)
        ours = model.metrics(every=None).iloc[0]
    assert ours["Average Token Likelihood"] == pytest.approx(np.mean([0.625, 0.25]))
    assert ours["Likelihood Stability"] == pytest.approx(np.mean([0.125, 0]))
    assert ours["Average Sequence Length"] == pytest.approx(1.5)


def test_drift_is_a_metric_of_each_attribute_once_there_is_reference_data(model, frame):
    (metric,) = model.get_metrics(metric_name="Feature Drift: age")
    assert (metric.attribute, metric.type) == ("age", "model_data_drift_metric")
    names = ["Feature Drift: age", "Prediction Drift: p", "Inference Count"]
    ours, drift = model.metrics(names), model.drift(["age", "p"], every="day")
    assert ours["timestamp"].tolist() == drift["timestamp"].tolist()
    np.testing.assert_array_equal(ours[names[0]], drift["age"])
    np.testing.assert_array_equal(ours[names[1]], drift["p"])
    assert ours["Inference Count"].sum() == len(frame)
    other = model.metrics(names[:1], every=None, by="y", parameters={"metric": "JSDivergence"})
    expected = model.drift(["age"], "JSDivergence", by="y")["age"]
    np.testing.assert_array_equal(other[names[0]], expected)


def test_a_drift_metric_of_ones_own_looks_at_a_window(model):
    query = {
        "properties": ["p"],
        "num_bins": 2,
        "metric": "HellingerDistance",
        "base": {"source": "reference"},
    }
    model.create_metric("Shift", query, is_data_drift=True)
    since, until = "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"
    ours = model.metrics(["Shift"], every=None, since=since, until=until)
    window = [
        {"property": "inference_timestamp", "comparator": "gte", "value": since},
        {"property": "inference_timestamp", "comparator": "lt", "value": until},
    ]
    body = query | {"target": {"source": "inference", "filter": window}}
    assert ours["Shift"].tolist() == [model.query(body, "drift")[0]["p"]]


def test_a_drift_metric_that_gives_two_numbers_is_told(model):
    query = {"properties": ["p", "age"], "metric": "PSI", "base": {"source": "reference"}}
    model.create_metric("Both", query, is_data_drift=True)
    with pytest.raises(UserValueError, match="'Both' must give one number"):
        model.metrics(["Both"], every=None)


def test_a_metric_of_ones_own_with_a_parameter(model, frame):
    query = {"select": [RATE | {"parameters": RATE["parameters"] | {"value": "{{ bound }}"}}]}
    identity = model.create_metric("Sure", query, parameters=[{"name": "bound", "default": 0.9}])
    (metric,) = model.get_metrics(metric_id=identity)
    assert (metric.name, metric.is_default, metric.query) == ("Sure", False, query)
    value = model.metrics(["Sure"], every=None)["Sure"].item()
    assert value == pytest.approx((frame["p"] >= 0.9).mean())
    value = model.metrics(["Sure"], every=None, parameters={"bound": 0.2})["Sure"].item()
    assert value == pytest.approx((frame["p"] >= 0.2).mean())


def test_a_metric_with_a_subquery_is_rolled_up_from_within(model, frame):
    counts = {
        "select": [{"function": "avg", "parameters": {"property": "n"}}],
        "subquery": {
            "select": [{"function": "count", "alias": "n"}],
            "group_by": [{"property": "age"}],
        },
    }
    model.create_metric("Rows an age", counts)
    ours = model.metrics(["Rows an age"], every="day")
    days = frame.groupby(frame["at"].dt.floor("D"))
    expected = [day.groupby("age").size().mean() for _, day in days]
    np.testing.assert_allclose(ours["Rows an age"].to_numpy(float), expected)


def test_metrics_outlive_the_connection_and_belong_to_one_model(tmp_path):
    with mg.connect(tmp_path) as connection:
        first = connection.model("a", "NLP", "TOKEN_SEQUENCE")
        first.build_token_sequence_model("question", "answer")
        first.save()
        second = connection.model("b", "NLP", "TOKEN_SEQUENCE")
        second.build_token_sequence_model("question", "answer")
        second.save()
        first.create_metric("Rows", {"select": [{"function": "count"}]})
    with mg.connect(tmp_path) as connection:
        names = [
            [metric.name for metric in connection.get_model(key, "partner_model_id").get_metrics()]
            for key in "ab"
        ]
    assert ("Rows" in names[0], "Rows" in names[1]) == (True, False)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda m: m.metrics(["Acuracy Rate"]), NotFoundError, "did you mean 'Accuracy Rate'"),
        (lambda m: m.metrics(every="fortnight"), UserValueError, "every"),
        (lambda m: m.metrics(by="agee"), UserValueError, "did you mean 'age'"),
        (lambda m: m.metrics(since="2026-01-01T00:00"), UserValueError, "since"),
        (lambda m: m.get_metrics(metric_id="none"), NotFoundError, "none"),
        (lambda m: m.create_metric("AUC", {"select": [RATE]}), ConflictError, "AUC"),
        (lambda m: m.create_metric("x", {}, metric_type="odd"), UserError, "odd"),
        (lambda m: m.get_metrics(metric_type="odd"), UserError, "odd"),
        (lambda m: m.create_metric("x", {"select": {1, 2}}), UserValueError, "JSON"),
        (lambda m: m.create_metric("x", {}, parameters=[{"default": 1}]), UserValueError, "name"),
    ],
)
def test_what_cannot_be_is_told(model, call, error, told):
    with pytest.raises(error, match=told):
        call(model)


def test_a_parameter_without_a_value_is_told(model):
    query = {"select": [RATE | {"alias": "{{ missing }}"}]}
    model.create_metric("Incomplete", query)
    with pytest.raises(UserValueError, match="missing"):
        model.metrics(["Incomplete"])


def test_one_name_may_be_given_as_it_is(model):
    pd.testing.assert_frame_equal(model.metrics("AUC"), model.metrics(["AUC"]))
    pd.testing.assert_frame_equal(model.drift("p", every="week"), model.drift(["p"], every="week"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": "daily"}, "every: no interval 'daily'; did you mean 'day'?"),
        ({"by": "Age"}, "by: no attribute 'Age'; did you mean 'age'?"),
        ({"names": []}, "names is empty"),
    ],
)
def test_faults_are_told_in_the_words_of_the_call(model, arguments, message):
    with pytest.raises(UserValueError) as caught:
        model.metrics(**arguments)
    assert message in str(caught.value)


def test_columns_without_any_value_are_numbers_too(model):
    nothing = model.metrics(since="2030-01-01T00:00:00Z")
    assert len(nothing) == 0
    assert {str(dtype) for dtype in nothing.dtypes} == {"datetime64[us, UTC]", "float64"}
    nothing = model.metrics("AUC", every=None, since="2030-01-01T00:00:00Z")
    assert nothing["AUC"].dtype == "float64"
    assert nothing["AUC"].isna().tolist() == [True]
    for frame in (model.metrics("AUC"), model.drift("p", every="day")):
        assert str(frame["timestamp"].dtype) == "datetime64[us, UTC]"


def test_drift_within_a_window_is_that_of_its_inferences(model, frame):
    since, until = "2026-01-05T00:00:00Z", "2026-01-20T00:00:00Z"
    within = model.drift("age", since=since, until=until)["age"].item()
    window = frame[(frame["at"] >= since) & (frame["at"] < until)]["age"]
    base = model.reference_data()["age"].value_counts(normalize=True)
    share = window.value_counts(normalize=True).reindex(base.index)
    assert within == pytest.approx(((base - share) * np.log(base / share)).sum(), rel=1e-9)
    days = model.drift("age", every="day", since=since, until=until)["timestamp"]
    assert [days.iloc[0], days.iloc[-1]] == [
        pd.Timestamp("2026-01-05", tz="UTC"),
        pd.Timestamp("2026-01-19", tz="UTC"),
    ]


def test_drift_is_of_numbers_that_are_all_different_too_but_not_of_ids():
    rng = np.random.default_rng(2)
    n = 300
    rows = pd.DataFrame(
        {"x": rng.normal(size=n), "id": np.arange(n), "p": rng.random(n), "y": rng.random(n)}
    )
    with mg.connect(":memory:") as connection:
        model = connection.model("r-2", "TABULAR", "REGRESSION")
        model.build(rows, {"p": "y"})
        model.save()
        model.send_inferences(rows)
        assert model.get_attribute("x").is_unique
        assert list(model.drift()) == ["x", "p"]


def test_a_group_may_not_have_the_name_of_the_interval():
    rows = pd.DataFrame({"timestamp": [1, 2, 2], "p": [0.5, 1.5, 2.5], "y": [1.0, 1.0, 2.0]})
    with mg.connect(":memory:") as connection:
        model = connection.model("r-3", "TABULAR", "REGRESSION")
        model.build(rows, {"p": "y"})
        model.save()
        model.send_inferences(rows)
        for ask in (model.metrics, model.drift):
            with pytest.raises(UserValueError, match="'timestamp' twice"):
                ask(every="day", by="timestamp")
            assert ask(every=None, by="timestamp")["timestamp"].tolist() == [1, 2]


def test_metrics_that_lack_all_ground_truth_are_told_once_and_not_in_a_report(tmp_path):
    rows = {"age": [31, 47] * 9, "p": [0.25, 0.75] * 9}
    with example_model() as model, warnings.catch_warnings():
        warnings.simplefilter("error", mg.ModelGroupsWarning)
        model.metrics("AUC")  # of nothing
        model.send_inferences(rows)
        model.metrics()
        model.metrics("Inference Count")
        model.report(tmp_path / "page.html")
        with pytest.warns(mg.ModelGroupsWarning, match="truth yet, so 'AUC', 'Recall'"):
            model.metrics(["AUC", "Inference Count", "Recall"])
        model.send_inferences(rows | {"y": [0] * 18})
        model.metrics("AUC")  # of one class: not defined, which ground truth alone does not mend
