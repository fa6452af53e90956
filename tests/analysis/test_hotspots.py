"""Weak spots that were planted are found, and what is told of them is counted anew."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import modelgroups as mg
from modelgroups.errors import (
    MethodNotApplicableError,
    NotFoundError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.testing import sample_model

N = 1200
AT = "2026-03-04T12:00:00Z"  # a Wednesday


def loans():
    """A binary classifier that is wrong about the old in FR, and about nearly nobody else."""
    numbers = np.random.RandomState(3)
    frame = pd.DataFrame(
        {
            "age": numbers.randint(18, 80, N),
            "country": numbers.choice(["DE", "FR", "IT"], N),
            "owner": numbers.choice([True, False], N),
            "y": numbers.randint(0, 2, N),
        }
    )
    weak = (frame["age"] > 60) & (frame["country"] == "FR")
    wrong = numbers.rand(N) < np.where(weak, 0.8, 0.05)
    frame["p"] = np.where((frame["y"] == 1) ^ wrong, 0.7, 0.2)
    return frame


def animals():
    numbers = np.random.RandomState(5)
    truth = numbers.choice(["ant", "bee", "cat"], N, p=[0.5, 0.3, 0.2])
    frame = pd.DataFrame({"legs": numbers.randint(2, 9, N), "animal": truth})
    said = np.where(frame["legs"] > 6, "cat", np.where(numbers.rand(N) < 0.1, "bee", truth))
    for name in ["ant", "bee", "cat"]:
        frame[f"p_{name}"] = np.where(said == name, 0.8, 0.1)
    return frame


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def model(connection):
    model = connection.model("loans", "TABULAR", "MULTICLASS")
    model.build(loans(), {"p": 1}, ground_truth_column="y", non_input_columns=["owner"])
    model.save()
    model.send_inferences(loans(), inference_timestamps=[AT] * N)
    return model


def fulfilling(frame, rules):
    """The rows that rules mean, filtered by hand."""
    for name, rule in rules.items():
        for comparator, value in rule.items():
            column = frame[name]
            frame = frame[
                {
                    "gt": lambda c=column, v=value: c > v,
                    "lte": lambda c=column, v=value: c <= v,
                    "eq": lambda c=column, v=value: c == v,
                    "ne": lambda c=column, v=value: ~c.isin(v),
                }[comparator]()
            ]
    return frame


def test_the_planted_weak_spot_is_found(model):
    spots = model.find_hotspots(threshold=0.5, date="2026-03-04")["data"]
    assert spots
    for spot in spots:
        assert spot["rules"]["country"] == {"eq": "FR"}
        assert spot["rules"]["age"]["gt"] == pytest.approx(60, abs=4)
    found = pd.concat([fulfilling(loans(), spot["rules"]) for spot in spots])
    weak = loans().query("age > 60 and country == 'FR'")
    assert len(found.index.intersection(weak.index)) > 0.9 * len(weak)


@pytest.mark.parametrize("metric", ["accuracy", "recall", "f1", "precision"])
def test_what_is_told_of_a_hotspot_is_what_its_rows_say(model, metric):
    spots = model.find_hotspots(metric, 0.8, date="2026-03-04")["data"]
    assert spots
    rows = []
    for spot in spots:
        members = fulfilling(loans(), spot["rules"])
        rows += members.index.tolist()
        true, said = members["y"], (members["p"] >= 0.5).astype(int)
        assert spot["n_samples"] == len(members) >= N // 100
        expected = {
            "accuracy": sk.accuracy_score(true, said),
            "precision": sk.precision_score(true, said, zero_division=0),
            "recall": sk.recall_score(true, said, zero_division=0),
            "f1": sk.f1_score(true, said, zero_division=0),
        }
        assert {name: spot[name] for name in expected} == pytest.approx(expected)
        assert spot[metric] < 0.8
        wrong = 1 - expected["accuracy"]
        assert spot["impurity"] == pytest.approx(1 - wrong**2 - (1 - wrong) ** 2)
        tn, fp, fn, tp = sk.confusion_matrix(true, said, labels=[0, 1]).ravel()
        told = spot["gt_to_info"]
        counted = [
            told.get(true_class, {"predicted": {}})["predicted"].get(said_class, 0)
            for true_class in "01"
            for said_class in "01"
        ]
        assert counted == [tn, fp, fn, tp]
    assert len(rows) == len(set(rows))  # hot spots do not lie in each other


def test_all_of_it_is_a_hotspot_where_all_of_it_is_bad(model):
    (spot,) = model.find_hotspots(threshold=1.01, date="2026-03-04")["data"]
    assert (spot["rules"], spot["n_samples"]) == ({}, N)
    assert model.find_hotspots(threshold=0.0, date="2026-03-04") == {"data": []}


def test_several_classes_are_weighted_by_their_size(connection):
    model = connection.model("animals", "TABULAR", "MULTICLASS", is_batch=True)
    frame = animals()
    classes = {"p_ant": "ant", "p_bee": "bee", "p_cat": "cat"}
    model.build(frame, classes, ground_truth_column="animal")
    model.save()
    model.send_inferences(frame, batch_id="b1")
    spots = model.find_hotspots("f1", 0.5, batch_id="b1")["data"]
    assert spots[0]["rules"]["legs"]["gt"] == 6.5
    for spot in spots:
        members = fulfilling(frame, spot["rules"])
        said = members[list(classes)].idxmax(axis=1).str.removeprefix("p_")
        expected = sk.precision_recall_fscore_support(
            members["animal"], said, average="weighted", zero_division=0
        )[:3]
        assert (spot["precision"], spot["recall"], spot["f1"]) == pytest.approx(expected)
    with pytest.raises(UserValueError, match="give a batch_id"):
        model.find_hotspots(date="2026-03-04")
    with pytest.raises(NotFoundError, match="batch_id='b2'"):
        model.find_hotspots(batch_id="b2")


def test_the_week_of_a_day_and_the_reference_set_are_looked_at(model):
    whole = model.find_hotspots(date="2026-03-04")
    assert model.find_hotspots(date="2026-03-02T00:00:00Z") == whole
    assert model.find_hotspots(date=pd.Timestamp("2026-03-08T23:59:59", tz="UTC")) == whole
    assert model.find_hotspots(date=pd.Timestamp("2026-03-08").date()) == whole
    assert model.find_hotspots(ref_set_id="1") == whole  # the same rows
    for day in ("2026-03-01", "2026-03-09"):
        with pytest.raises(NotFoundError, match="has a prediction and a ground truth"):
            model.find_hotspots(date=day)
    with pytest.raises(NotFoundError, match="which is 1"):
        model.find_hotspots(ref_set_id="2")


def test_missing_values_are_no_obstacle(connection):
    frame = loans()
    frame["age"] = frame["age"].astype(float).where(frame.index % 7 > 0)
    frame["country"] = frame["country"].where(frame.index % 5 > 0)
    model = connection.model("gaps", "TABULAR", "MULTICLASS")
    model.build(frame, {"p": 1}, ground_truth_column="y")
    model.save()
    model.send_inferences(
        frame.assign(y=frame["y"].where(frame.index % 2 == 0)), inference_timestamps=[AT] * N
    )
    (whole,) = model.find_hotspots(threshold=2, date="2026-03-04")["data"]
    assert whole["n_samples"] == N // 2  # those with a ground truth
    assert model.find_hotspots(threshold=0.6, date="2026-03-04")["data"]


def test_what_cannot_be_asked_is_told(model, connection):
    for given in ({}, {"date": "2026-03-04", "batch_id": "b1"}):
        with pytest.raises(UserError, match="exactly one of batch_id, date and ref_set_id"):
            model.find_hotspots(**given)
    with pytest.raises(UserValueError, match="metric='auc' is not one of"):
        model.find_hotspots("auc", date="2026-03-04")
    with pytest.raises(UserTypeError, match="threshold must be a number"):
        model.find_hotspots(threshold="low", date="2026-03-04")
    with pytest.raises(UserValueError, match="takes no batches"):
        model.find_hotspots(batch_id="b1")
    with pytest.raises(UserValueError, match="'date' holds"):
        model.find_hotspots(date="last week")
    with pytest.raises(UserTypeError, match="date must be"):
        model.find_hotspots(date=20260304)
    regression = sample_model(connection, "regression")
    with pytest.raises(MethodNotApplicableError, match="needs a saved model"):
        regression.find_hotspots(date="2026-03-04")
    regression.save()
    with pytest.raises(MethodNotApplicableError, match="tabular classifiers"):
        regression.find_hotspots(date="2026-03-04")
