"""Groups compared for fairness, beside scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import modelgroups as mg
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.testing import example_model
from modelgroups.testing.samples import sample_frame, sample_model


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(7)
    n = 600
    frame = pd.DataFrame({"age": rng.choice([31, 47, 52], n), "p": rng.random(n).round(1)})
    frame["y"] = (rng.random(n) < frame["p"]).astype(int)
    frame["at"] = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC")
    return frame


@pytest.fixture(scope="module")
def model(frame):
    with example_model() as model:
        model.set_attribute_as_sensitive("age")
        model.send_inferences(frame.drop(columns="at"), inference_timestamps=frame["at"])
        yield model


def test_demographic_parity_is_the_share_of_positive_predictions(model, frame):
    expected = (frame["p"] >= 0.5).groupby(frame["age"]).mean().to_dict()
    assert model.bias.metrics.demographic_parity("age") == pytest.approx(expected)
    assert model.bias.metrics.group_positivity_rates("age") == pytest.approx(expected)


def test_the_matrices_of_groups_are_those_of_scikit_learn(model, frame):
    by_metric = model.bias.metrics.group_confusion_matrices("age")
    by_group = model.bias.metrics.group_confusion_matrices("age", return_by_metric=False)
    assert len(by_metric) == 8
    for age, group in frame.groupby("age"):
        tn, fp, fn, tp = sk.confusion_matrix(group["y"], group["p"] >= 0.5).ravel()
        expected = {
            "accuracy_rate": (tp + tn) / len(group),
            "balanced_accuracy_rate": (tp / (tp + fn) + tn / (tn + fp)) / 2,
            "f1": sk.f1_score(group["y"], group["p"] >= 0.5),
            "false_negative_rate": fn / (tp + fn),
            "false_positive_rate": fp / (fp + tn),
            "precision": tp / (tp + fp),
            "true_negative_rate": tn / (tn + fp),
            "true_positive_rate": tp / (tp + fn),
        }
        assert by_group[age] == pytest.approx(expected)
        assert {name: by_metric[name][age] for name in by_metric} == pytest.approx(expected)


def test_start_and_end_both_hold_and_are_included(model, frame):
    start, end = frame["at"].iloc[100], frame["at"].iloc[299]
    window = frame.iloc[100:300]
    expected = (window["p"] >= 0.5).groupby(window["age"]).mean().to_dict()
    for first, last in ((start, end), (start.tz_localize(None), end.isoformat())):
        found = model.bias.metrics.demographic_parity("age", start_time=first, end_time=last)
        assert found == pytest.approx(expected)


def test_a_quantity_is_grouped_by_its_bins(frame):
    with mg.connect(":memory:") as connection:
        model = connection.model("m-1", "TABULAR", "MULTICLASS")
        rows = frame.drop(columns="at").assign(age=frame["age"] + 0.5)
        model.build(rows, {"p": 1}, ground_truth_column="y")
        age = model.get_attribute("age")
        age.set(categorical=False, categories=None, bins=[None, 31.5, 47.5, None])
        age.monitor_for_bias = True
        model.save()
        model.send_inferences(rows)
        found = model.bias.metrics.demographic_parity("age")
    bins = pd.cut(rows["age"], [-np.inf, 31.5, 47.5, np.inf])
    names = ["(-inf,31.5]", "(31.5,47.5]", "(47.5,inf)"]
    shares = (rows["p"] >= 0.5).groupby(bins, observed=True).mean()
    assert found == pytest.approx(dict(zip(names, shares, strict=True)))


def test_what_cannot_be_compared_is_told(model):
    metrics = model.bias.metrics
    with pytest.raises(MethodNotApplicableError, match="set_attribute_as_sensitive"):
        metrics.demographic_parity("p")
    with pytest.raises(UserValueError, match="no batches"):
        metrics.demographic_parity("age", batch_id="b1")
    with mg.connect(":memory:") as connection:
        regression = connection.model("r-1", "TABULAR", "REGRESSION")
        regression.build(pd.DataFrame({"x": [1.5], "p": [1.0], "y": [2.0]}), {"p": "y"})
        regression.set_attribute_as_sensitive("x")
        regression.save()
        with pytest.raises(UserValueError, match="binary"):
            regression.bias.metrics.group_positivity_rates("x")


def test_the_matrices_of_labels_are_each_those_of_a_binary_problem():
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "multilabel")
        model.set_attribute_as_sensitive("country")
        model.save()
        rows = sample_frame("multilabel", 200, seed=5)
        model.send_inferences(rows)
        label = model.get_attributes("PREDICTED_VALUE")[0]
        found = model.bias.metrics.group_confusion_matrices("country", label.name)
        with pytest.raises(UserValueError, match="pred_property is one of 'p_"):
            model.bias.metrics.group_confusion_matrices("country")
    for country, group in rows.groupby("country"):
        said, true = group[label.name] >= 0.5, group[label.attribute_link]
        assert found["precision"][country] == pytest.approx(sk.precision_score(true, said))
        assert found["accuracy_rate"][country] == pytest.approx((said == true).mean())


def test_a_regression_has_no_confusion_matrices():
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "regression")
        model.save()
        name = model.get_attribute_names("PIPELINE_INPUT")[0]
        model.set_attribute_as_sensitive(name)
        with pytest.raises(UserValueError, match=r"those of classifiers; .* is REGRESSION"):
            model.bias.metrics.group_confusion_matrices(name)
