"""Thresholds for each group, beside scikit-learn's metrics and what Fairlearn finds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_curve

import modelgroups as mg
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.testing import sample_model

from .people import people

CONSTRAINTS = ["demographic_parity", "equal_opportunity", "equalized_odds"]

# Accuracy of fairlearn 0.9.0's ThresholdOptimizer on the same people, which may draw lots between
# thresholds and so never does worse: objective accuracy_score, prefit, predict_proba.
OF_FAIRLEARN = {
    "demographic_parity": 0.7606901084923308,
    "equal_opportunity": 0.7856706397306398,
}


def classifier(connection, frame, *, sensitive=("group",), ages=None, reference=True):
    model = connection.model("people", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": 1}, ground_truth_column="y", set_reference_data=reference)
    if ages:
        model.get_attribute("age").set(bins=ages)
    for name in sensitive:
        model.set_attribute_as_sensitive(name)
    model.save()
    return model


@pytest.fixture(scope="module")
def frame():
    return people()


@pytest.fixture(scope="module")
def model(frame):
    with mg.connect(":memory:") as connection:
        model = classifier(connection, frame, sensitive=("group", "age"), ages=[None, 30, 60, None])
        model.send_inferences(frame)
        yield model


def rates(members, threshold):
    """Share predicted positive, accuracy, rate of hits, rate of false alarms."""
    said, truth = members["p"] > threshold, members["y"] == 1
    return said.mean(), (said == truth).mean(), said[truth].mean(), said[~truth].mean()


def axes(constraint, share, accuracy, hits, false_alarms):
    """The rate that is shared, and what is seen along it."""
    return {
        "demographic_parity": (share, accuracy),
        "equal_opportunity": (hits, accuracy),
        "equalized_odds": (false_alarms, hits),
    }[constraint]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_every_threshold_has_the_nearest_rate_then_the_largest_y(model, frame, constraint):
    found = model.bias.mitigation_threshold.get_curves("group", constraint)
    assert (found.attribute_name, found.constraint) == ("group", constraint)
    assert list(found.attr_val_to_threshold) == ["a", "b", "c"]
    for group, members in frame.groupby("group"):
        curve = found.attr_val_to_threshold[group]
        assert curve["x"].tolist() == [i / 1000 for i in range(1001)]
        false_alarms, hits, _ = roc_curve(members["y"], members["p"], drop_intermediate=False)
        positive = members["y"].mean()
        accuracy = positive * hits + (1 - positive) * (1 - false_alarms)
        share = positive * hits + (1 - positive) * false_alarms
        shared, seen = axes(constraint, share, accuracy, hits, false_alarms)
        for i in range(0, 1001, 10):
            gap = np.abs(shared - i / 1000)
            nearest = gap <= gap.min() + 1e-9
            own = axes(constraint, *rates(members, curve["threshold"][i]))
            assert abs(own[0] - i / 1000) == pytest.approx(gap.min(), abs=1e-9)
            assert own[1] == pytest.approx(curve["y"][i])
            assert curve["y"][i] == pytest.approx(seen[nearest].max())


@pytest.mark.parametrize("constraint", CONSTRAINTS[:2])
def test_the_best_point_is_nearly_as_good_as_that_of_fairlearn(model, frame, constraint):
    mitigation = model.bias.mitigation_threshold
    found = mitigation.get_curves("group", constraint)

    def accuracy_at(index):
        thresholds = mitigation.get_thresholds_for_idx(found, index)
        return ((frame["p"] > frame["group"].map(thresholds)) == (frame["y"] == 1)).mean()

    best = accuracy_at(None)
    assert OF_FAIRLEARN[constraint] - 0.01 < best <= OF_FAIRLEARN[constraint]
    assert best >= max(accuracy_at(i) for i in range(0, 1001, 5))


def test_groups_come_nearer_than_with_one_threshold(model, frame):
    mitigation = model.bias.mitigation_threshold
    thresholds = mitigation.get_thresholds_for_idx(mitigation.get_curves("group"))
    hits = [rates(m, thresholds[group])[2] for group, m in frame.groupby("group")]
    with_one = [rates(members, 0.5)[2] for _, members in frame.groupby("group")]
    assert max(hits) - min(hits) < 0.02 < 0.05 < max(with_one) - min(with_one)


def test_equalized_odds_stay_nearest_to_no_false_alarms_and_all_hits(model):
    found = model.bias.mitigation_threshold.get_curves("group", "equalized_odds")
    worst = pd.concat([c["y"] for c in found.attr_val_to_threshold.values()], axis=1).min(axis=1)
    x = np.arange(1001) / 1000
    assert found.max_acc_idx == int(np.argmin(np.hypot(x, 1 - worst)))


def test_numbers_are_grouped_by_their_bins(model, frame):
    found = model.bias.mitigation_threshold.get_curves("age", "demographic_parity")
    assert list(found.attr_val_to_threshold) == ["(-inf,30]", "(30,60]", "(60,inf)"]
    members = frame[(frame["age"] > 30) & (frame["age"] <= 60)]
    curve = found.attr_val_to_threshold["(30,60]"]
    share = (members["p"] > curve["threshold"][400]).mean()
    assert share == pytest.approx(0.4, abs=1 / len(members))


def test_thresholds_can_be_put_into_a_query(model, frame):
    mitigation = model.bias.mitigation_threshold
    thresholds = mitigation.get_thresholds_for_idx(mitigation.get_curves("group"), 600)
    rules = [
        {"conditions": [{"property": "group", "value": group}], "threshold": threshold}
        for group, threshold in thresholds.items()
    ]
    function = {
        "function": "biasMitigatedPredictions",
        "alias": "said",
        "parameters": {"predicted_property": "p", "thresholds": rules},
    }
    rows = model.query({"select": [{"property": "group"}, {"property": "y"}, function]})
    said = pd.DataFrame(rows).query("y == 1").groupby("group")["said"].mean()
    assert said.tolist() == pytest.approx([0.6, 0.6, 0.6], abs=0.02)


def test_without_inferences_the_reference_data_count(frame):
    with mg.connect(":memory:") as connection:
        model = classifier(connection, frame)
        before = model.bias.mitigation_threshold.get_curves("group")
        unlabelled = frame.head(5).drop(columns="y")
        model.send_inferences(unlabelled)
        same = model.bias.mitigation_threshold.get_curves("group")
        assert same.max_acc_idx == before.max_acc_idx
        assert same.attr_val_to_threshold["a"].equals(before.attr_val_to_threshold["a"])
        model.send_inferences(frame.head(300))
        after = model.bias.mitigation_threshold.get_curves("group")
        assert not after.attr_val_to_threshold["a"].equals(before.attr_val_to_threshold["a"])


def test_a_group_without_a_curve_is_left_out_with_a_warning(frame, caplog):
    with mg.connect(":memory:") as connection:
        one_sided = frame.assign(y=frame["y"].where(frame["group"] != "c", 0))
        model = classifier(connection, one_sided)
        mitigation = model.bias.mitigation_threshold
        assert list(mitigation.get_curves("group").attr_val_to_threshold) == ["a", "b"]
        assert "The group c of group has no curve of equal_opportunity" in caplog.text
        parity = mitigation.get_curves("group", "demographic_parity")
        assert list(parity.attr_val_to_threshold) == ["a", "b", "c"]


def test_the_picture_has_a_line_for_each_group(model):
    mitigation = model.bias.mitigation_threshold
    figure = mitigation.plot_curves(attribute="group", constraint="equalized_odds")
    (axis,) = figure.axes
    curves = mitigation.get_curves("group", "equalized_odds")
    drawn = [line for line in axis.lines if len(line.get_xdata()) == 1001]
    for line, curve in zip(drawn, curves.attr_val_to_threshold.values(), strict=True):
        assert np.array_equal(line.get_xdata(), curve["x"])
        assert np.array_equal(line.get_ydata(), curve["y"])
        assert np.ptp(line.get_ydata()) > 0
    (best,) = (line for line in axis.lines if len(line.get_xdata()) == 2)
    assert list(best.get_xdata()) == [curves.max_acc_idx / 1000] * 2
    assert len({line.get_color() for line in drawn}) == len(drawn) > 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        f"group {group}, threshold {threshold:g}"
        for group, threshold in mitigation.get_thresholds_for_idx(curves).items()
    ]
    assert axis.get_ylabel() == "true positive rate"
    assert figure.get_suptitle() == "equalized odds by group"
    assert "false positive rate" in axis.get_xlabel()
    assert len(mitigation.plot_curves(curves).axes) == 1


def test_what_has_no_curves_is_told(model, frame):
    mitigation = model.bias.mitigation_threshold
    with pytest.raises(UserValueError, match="constraint='fair' is not one of"):
        mitigation.get_curves("group", "fair")
    with pytest.raises(UserValueError, match="height"):
        mitigation.get_curves("height")
    with pytest.raises(MethodNotApplicableError, match="set_attribute_as_sensitive"):
        mitigation.get_curves("p")
    with pytest.raises(UserValueError, match="both attribute and constraint"):
        mitigation.plot_curves(attribute="group")
    curves = mitigation.get_curves("group")
    for index in (-1, 1001):
        with pytest.raises(UserValueError, match=f"got {index}"):
            mitigation.get_thresholds_for_idx(curves, index)
    with pytest.raises(UserTypeError, match="got dict"):
        mitigation.get_thresholds_for_idx({}, 5)
    with mg.connect(":memory:") as connection:
        bare = classifier(connection, frame, sensitive=("group", "age"), reference=False)
        with pytest.raises(MethodNotApplicableError, match="neither inferences nor reference"):
            bare.bias.mitigation_threshold.get_curves("group")
        with pytest.raises(MethodNotApplicableError, match="neither categories nor bins"):
            bare.bias.mitigation_threshold.get_curves("age")
        regression = sample_model(connection, "regression")
        name = regression.get_attribute_names("PIPELINE_INPUT")[0]
        regression.set_attribute_as_sensitive(name)
        regression.save()
        with pytest.raises(MethodNotApplicableError, match="binary classifiers only"):
            regression.bias.mitigation_threshold.get_curves(name)


def test_enable_says_ok(model):
    assert model.bias.mitigation_threshold.enable() == "ok"
    assert model.get_enrichment("bias_mitigation")["enabled"]
