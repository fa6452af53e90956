"""Evaluation of classifiers beside scikit-learn: one or two or many columns, both ground truths."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

import modelgroups as mg
from modelgroups import Attribute, AttributeCategory
from modelgroups.errors import UserValueError
from modelgroups.testing.samples import sample_model
from tests.query.lab import ROUNDS, SOURCES, Lab, assert_close, function, groups_of, number_or_none

PREDICTED, TRUTH, CLASS = "PREDICTED_VALUE", "GROUND_TRUTH", "GROUND_TRUTH_CLASS"


def predicted(name, position, link, label, **more):
    return Attribute(
        name,
        "FLOAT",
        PREDICTED,
        position=position,
        attribute_link=link,
        gt_class_link=label,
        **more,
    )


def truth(name, position, link):
    return Attribute(name, "INTEGER", TRUTH, position=position, attribute_link=link)


def class_column(name, value_type, *classes):
    return Attribute(name, value_type, CLASS, categorical=True).set(
        categories=[AttributeCategory(each) for each in classes]
    )


SITE = Attribute("site", "STRING", "NON_INPUT_DATA", position=0)
POSITIVE = {"is_positive_predicted_attribute": True}
BINARY = {
    "class and one column": [
        predicted("p_1", 0, None, "1", **POSITIVE),
        class_column("y", "INTEGER", "0", "1"),
    ],
    "one column": [predicted("p_1", 0, "gt_1", None, **POSITIVE), truth("gt_1", 0, "p_1")],
    "two columns": [
        predicted("p_0", 0, "gt_0", None),
        predicted("p_1", 1, "gt_1", None, **POSITIVE),
        truth("gt_0", 0, "p_0"),
        truth("gt_1", 1, "p_1"),
    ],
    "class of numbers": [
        predicted("p_0", 0, None, "0"),
        predicted("p_1", 1, None, "1", **POSITIVE),
        class_column("y", "INTEGER", "0", "1"),
    ],
    "class of texts": [
        predicted("p_0", 0, None, "good"),
        predicted("p_1", 1, None, "bad", **POSITIVE),
        class_column("y", "STRING", "good", "bad"),
    ],
}


@pytest.fixture(scope="module")
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module", params=list(BINARY))
def binary(request, connection):
    return Lab(
        connection,
        [SITE, *BINARY[request.param]],
        output_type="MULTICLASS",
        classifier_threshold=0.4,
    )


scores = (
    st.none()
    | st.sampled_from([0.0, 0.3, 0.4, 0.5, 0.5, 1.0, math.nan])
    | st.floats(0, 1, allow_subnormal=False)
)
tables = st.lists(
    st.fixed_dictionaries(
        {
            "p_1": scores,
            "truth": st.sampled_from([0, 1, None]),
            "site": st.sampled_from(["a", "b", None]),
        }
    ),
    min_size=1,
    max_size=14,
)

NAMES = (
    "confusionMatrix", "confusionMatrixRate", "truePositiveRate", "sensitivity", "recall",
    "falsePositiveRate", "trueNegativeRate", "specificity", "falseNegativeRate", "accuracyRate",
    "balancedAccuracyRate", "precision", "f1",
)  # fmt: skip


def rows_for(lab, table):
    """Return rows in the columns of a model."""
    names = {attribute.name for attribute in lab.attributes}
    kind = next((a for a in lab.attributes if a.stage == CLASS), None)
    labels = [category.value for category in kind.categories] if kind else []
    rows = []
    for given_row in table:
        score, actual = number_or_none(given_row["p_1"]), given_row["truth"]
        row = {"p_1": given_row["p_1"], "site": given_row["site"]}
        row |= {"p_0": None if score is None else 1 - score} if "p_0" in names else {}
        if kind is None:
            row["gt_1"] = actual
            row |= {"gt_0": None if actual is None else 1 - actual} if "gt_0" in names else {}
        elif actual is not None:
            row["y"] = int(labels[actual]) if kind.value_type == "INTEGER" else labels[actual]
        rows.append(row)
    return rows


def share(part, whole):
    return part / whole if whole else None


def assert_binary(answer, actual, chosen):
    """The answer is that of scikit-learn, or null where that warns of a division by zero."""
    cells = confusion_matrix(actual, chosen, labels=[0, 1]) if len(actual) else np.zeros((2, 2))
    (tn, fp), (fn, tp) = cells.tolist()
    assert answer["confusionMatrix"] == {
        "true_positive": tp, "false_positive": fp, "true_negative": tn, "false_negative": fn,
    }  # fmt: skip
    recall, specificity = share(tp, tp + fn), share(tn, tn + fp)
    rates = {
        "true_positive_rate": recall,
        "false_positive_rate": share(fp, fp + tn),
        "true_negative_rate": specificity,
        "false_negative_rate": share(fn, tp + fn),
        "accuracy_rate": float(accuracy_score(actual, chosen)) if len(actual) else None,
        "precision": float(precision_score(actual, chosen)) if tp + fp else None,
        "f1": float(f1_score(actual, chosen)) if tp + fp + fn else None,
        "balanced_accuracy_rate": None,
    }
    if recall is not None:
        assert_close(recall, float(recall_score(actual, chosen)))
        if specificity is not None:
            rates["balanced_accuracy_rate"] = float(balanced_accuracy_score(actual, chosen))
    assert answer["confusionMatrixRate"].keys() == rates.keys()
    same = {
        "truePositiveRate": "true_positive_rate", "sensitivity": "true_positive_rate",
        "recall": "true_positive_rate", "falsePositiveRate": "false_positive_rate",
        "trueNegativeRate": "true_negative_rate", "specificity": "true_negative_rate",
        "falseNegativeRate": "false_negative_rate", "accuracyRate": "accuracy_rate",
        "balancedAccuracyRate": "balanced_accuracy_rate", "precision": "precision", "f1": "f1",
    }  # fmt: skip
    for name, rate in rates.items():
        assert_close(answer["confusionMatrixRate"][name], rate, told=name)
    for name, rate in same.items():
        if name in answer:
            assert_close(answer[name], rates[rate], told=name)


def known_pairs(table):
    pairs = [(row["truth"], number_or_none(row["p_1"])) for row in table]
    pairs = [pair for pair in pairs if None not in pair]
    return np.array([t for t, _ in pairs], dtype=int), np.array([s for _, s in pairs], dtype=float)


def assert_evaluated(answer, table, threshold):
    actual, score = known_pairs(table)
    assert_binary(answer, actual, (score >= threshold).astype(int))
    expected = float(roc_auc_score(actual, score)) if len(set(actual.tolist())) == 2 else None
    assert_close(answer["auc"], expected, told="auc")


@ROUNDS
@given(table=tables, where=st.sampled_from(SOURCES), threshold=st.none() | st.floats(0, 1))
def test_binary_metrics_are_those_of_scikit_learn(binary, table, where, threshold):
    given_parameters = {} if threshold is None else {"threshold": threshold}
    select = [*(function(name, **given_parameters) for name in NAMES), function("auc")]
    limit = 0.4 if threshold is None else threshold
    rows = rows_for(binary, table)
    assert_evaluated(binary.values(rows, select, where), table, limit)
    groups = groups_of(table, "site")
    answer = binary.ask(
        rows, [{"property": "site"}, *select], where, group_by=[{"property": "site"}]
    )
    assert {row["site"] for row in answer} == set(groups)
    for row in answer:
        assert_evaluated(row, groups[row["site"]], limit)


@pytest.fixture(scope="module")
def halves(connection):
    return Lab(connection, [SITE, *BINARY["class and one column"]], output_type="MULTICLASS")


@ROUNDS
@given(table=tables, where=st.sampled_from(SOURCES))
def test_the_implicit_half_of_a_binary_model_is_asked_for_by_name(halves, table, where):
    pair = {"predicted_property": "p_1_negative", "ground_truth_property": "y_0", "threshold": 0.5}
    select = [function(name, **pair) for name in ("confusionMatrix", "confusionMatrixRate")]
    select += [function("avg", name, property=name) for name in ("p_1_negative", "y_1", "y_0")]
    select += [function("rmse", predicted_property="p_1", ground_truth_property="y_1")]
    answer = halves.values(rows_for(halves, table), select, where)
    actual, score = known_pairs(table)
    assert_binary(answer, 1 - actual, (1 - score >= 0.5).astype(int))
    truths = [row["truth"] for row in table if row["truth"] is not None]
    assert_close(answer["y_1"], np.mean(truths) if truths else None)
    assert_close(answer["y_0"], 1 - np.mean(truths) if truths else None, 1.0)
    scores = [number_or_none(row["p_1"]) for row in table]
    scores = [score for score in scores if score is not None]
    assert_close(answer["p_1_negative"], 1 - np.mean(scores) if scores else None, 1.0)
    expected = math.sqrt(np.mean((actual - score) ** 2)) if len(actual) else None
    assert_close(answer["rmse"], expected)


LETTERS = "abc"
MANY = {
    "columns of 0 and 1": [
        *(predicted(f"p_{c}", i, f"gt_{c}", None) for i, c in enumerate(LETTERS)),
        *(truth(f"gt_{c}", i, f"p_{c}") for i, c in enumerate(LETTERS)),
    ],
    "class column": [
        *(predicted(f"p_{c}", i, None, c) for i, c in enumerate(LETTERS)),
        class_column("y", "STRING", *LETTERS),
    ],
}


@pytest.fixture(scope="module", params=list(MANY))
def many(request, connection):
    return Lab(connection, [SITE, *MANY[request.param]], output_type="MULTICLASS")


some_scores = st.none() | st.sampled_from([0.0, 0.2, 0.5, 0.5, 1.0]) | st.floats(0, 1)
many_tables = st.lists(
    st.fixed_dictionaries(
        {f"p_{c}": some_scores for c in LETTERS} | {"truth": st.sampled_from([*LETTERS, None])}
    ),
    min_size=1,
    max_size=12,
)


@ROUNDS
@given(table=many_tables, where=st.sampled_from(SOURCES), chosen=st.sampled_from(LETTERS))
def test_several_classes_are_each_set_against_the_rest(many, table, where, chosen):
    by_class = any(a.name == "y" for a in many.attributes)
    rows = []
    for line in table:
        row = {name: value for name, value in line.items() if name != "truth"}
        if by_class:
            row["y"] = line["truth"]
        elif line["truth"] is not None:
            row |= {f"gt_{c}": int(c == line["truth"]) for c in LETTERS}
        rows.append(row)
    pair = {"predicted_property": f"p_{chosen}"}
    select = [
        function("accuracyRateMulticlass"),
        function("confusionMatrixMulticlass", "confusionMatrix", **pair),
        function("confusionMatrixRateMulticlass", "confusionMatrixRate", **pair),
        function("truePositiveRateMulticlass", "truePositiveRate", **pair),
        function("falsePositiveRateMulticlass", "falsePositiveRate", threshold=None, **pair),
        function("trueNegativeRateMulticlass", "trueNegativeRate", **pair),
        function("falseNegativeRateMulticlass", "falseNegativeRate", threshold=0.9, **pair),
        function("f1", **pair),
    ]
    answer = many.values(rows, select, where)
    guesses, truths = [], []
    for line in table:
        scores = {c: line[f"p_{c}"] for c in LETTERS if line[f"p_{c}"] is not None}
        if scores and line["truth"] is not None:
            guesses.append(max(scores, key=scores.get))
            truths.append(line["truth"])
    expected = float(accuracy_score(truths, guesses)) if truths else None
    assert_close(answer["accuracyRateMulticlass"], expected)
    actual = np.array([int(t == chosen) for t in truths])
    assert_binary(answer, actual, np.array([int(g == chosen) for g in guesses]))


@ROUNDS
@given(table=many_tables, threshold=st.floats(0, 1))
def test_a_threshold_makes_one_of_several_classes_a_problem_of_its_own(many, table, threshold):
    by_class = any(a.name == "y" for a in many.attributes)
    rows = [
        {name: value for name, value in line.items() if name != "truth"}
        | ({"y": line["truth"]} if by_class else {})
        | (
            {f"gt_{c}": int(c == line["truth"]) for c in LETTERS}
            if not by_class and line["truth"]
            else {}
        )
        for line in table
    ]
    pair = {"predicted_property": "p_b", "threshold": threshold}
    select = [function(name, **pair) for name in ("confusionMatrix", "confusionMatrixRate")]
    answer = many.values(rows, [*select, function("auc", predicted_property="p_b")])
    known = [row for row in table if row["p_b"] is not None and row["truth"] is not None]
    actual = np.array([int(row["truth"] == "b") for row in known])
    score = np.array([row["p_b"] for row in known], dtype=float)
    assert_binary(answer, actual, (score >= threshold).astype(int))
    expected = float(roc_auc_score(actual, score)) if len(set(actual.tolist())) == 2 else None
    assert_close(answer["auc"], expected)


def test_several_classes_need_a_name(many):
    with pytest.raises(mg.ModelGroupsError, match="predicted_property: it must be given"):
        many.ask([{"p_a": 0.5}], [function("f1")])
    with pytest.raises(mg.ModelGroupsError, match="no attribute 'p_d'"):
        many.ask([{"p_a": 0.5}], [function("f1", predicted_property="p_d")])


def test_a_regression_is_no_classifier():
    with mg.connect(":memory:") as connection:
        model = sample_model(connection, "regression")
        model.save()
        for name in ("accuracyRate", "confusionMatrix", "auc", "accuracyRateMulticlass"):
            with pytest.raises(UserValueError, match=r"for classifiers; .* is REGRESSION"):
                model.query({"select": [function(name)]})
