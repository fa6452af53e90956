"""Versions of one group with what they predicted, for the tests of comparing."""

import functools

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from modelgroups import Attribute


@functools.cache
def cancer():
    """Return held-out rows of two inputs, their truth, and the probabilities of three models."""
    bunch = load_breast_cancer(as_frame=True)
    names = ["mean texture", "mean concavity", "mean radius"]
    frame = bunch.data[names].rename(columns=lambda name: name.replace(" ", "_"))
    truth = (bunch.target == 0).astype(int)
    parts = train_test_split(frame, truth, test_size=0.6, random_state=0, stratify=truth)
    inputs, held_out, labels, y = parts
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
        "forest": RandomForestClassifier(n_estimators=25, random_state=0),
        "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
    }
    scores = {
        name: model.fit(inputs, labels).predict_proba(held_out)[:, 1]
        for name, model in models.items()
    }
    size = pd.cut(held_out["mean_radius"], [0, 12, 15, 99], labels=["small", "middle", "large"])
    held_out = held_out.assign(size=size.astype(str)).drop(columns="mean_radius")
    return held_out.reset_index(drop=True), y.to_numpy(), scores


@functools.cache
def iris():
    """Return the true class of held-out rows, and the probabilities of two models."""
    x, y = load_iris(return_X_y=True)
    x = x + np.random.default_rng(1).normal(0, 0.6, x.shape)
    inputs, held_out, labels, truth = train_test_split(x, y, test_size=0.6, random_state=1)
    models = (LogisticRegression(max_iter=500), DecisionTreeClassifier(max_depth=3))
    return truth, [model.fit(inputs, labels).predict_proba(held_out) for model in models]


@functools.cache
def diabetes():
    """Return the truth of held-out rows, and what two models predict."""
    x, y = load_diabetes(return_X_y=True)
    inputs, held_out, labels, truth = train_test_split(x, y, test_size=0.5, random_state=2)
    models = (LinearRegression(), RandomForestRegressor(20, random_state=0))
    return truth, [model.fit(inputs, labels).predict(held_out) for model in models]


def add(connection, label, build, group=None, **kind):
    """Return a saved version, the first of a new group if none is given."""
    given = {"input_type": "TABULAR", "output_type": "MULTICLASS"} | kind
    model = connection.model(display_name="m", **given)
    model.version_label = label
    build(model)
    if group is not None:
        group.add_version(model)
    model.save()
    return model


def binary(connection, label, group=None, **kind):
    """Return a version with the inputs of `cancer`, prediction `p` and true class `y`."""
    inputs, y, _ = cancer()
    reference = inputs.assign(p=np.linspace(0, 1, len(y)), y=y)
    return add(
        connection,
        label,
        lambda m: m.build(reference, {"p": 1}, ground_truth_column="y"),
        group,
        **kind,
    )


def send(model, ids, **columns):
    """Send columns under ids."""
    model.send_inferences(pd.DataFrame(columns), partner_inference_ids=[str(i) for i in ids])


def linked(predicted, truth, value_type="FLOAT", position=0):
    """Return a predicted attribute and its ground truth."""
    return [
        Attribute(predicted, value_type, "PREDICTED_VALUE", position=position,
                  attribute_link=truth),
        Attribute(truth, value_type, "GROUND_TRUTH", position=position, attribute_link=predicted),
    ]  # fmt: skip


def with_attributes(*attributes):
    """Return what gives a model a schema by hand."""

    def build(model):
        for attribute in (Attribute("x", "FLOAT", "PIPELINE_INPUT"), *attributes):
            model.add_attribute(arthur_attribute=attribute.set())

    return build
