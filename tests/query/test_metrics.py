"""Metrics by name, over time and by group, beside what scikit-learn says of the same rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import modelgroups as mg
from modelgroups.errors import ConflictError, NotFoundError, UserError, UserValueError
from modelgroups.testing import saved_model

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
    with saved_model() as model:
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
    "Inference Count": lambda y, p: len(y),
}


def test_the_default_metrics_of_a_binary_model_by_day_are_those_of_scikit_learn(model, frame):
    ours = model.metrics()
    days = frame.groupby(frame["at"].dt.floor("D"))
    assert list(ours.columns) == ["timestamp", *ORACLES, "Multivariate Drift"]
    assert ours["Multivariate Drift"].isna().all()  # nobody added anomaly scores
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
        ours = model.metrics(every=None).iloc[0].drop("Multivariate Drift")
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
        (lambda m: m.metrics(since="2026-01-01"), UserValueError, "since"),
        (lambda m: m.get_metrics(metric_id="none"), NotFoundError, "none"),
        (lambda m: m.create_metric("AUC", {"select": [RATE]}), ConflictError, "AUC"),
        (lambda m: m.create_metric("x", {}, metric_type="odd"), UserError, "odd"),
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
