"""How good a classifier is: confusion matrices and what follows from them, and AUC.

A row counts where it has a score and a ground truth. The prediction is positive where the score
reaches the threshold, or among several classes where it is the largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelgroups.query.library.pairs import unswapped
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function
from modelgroups.query.operand import Deferred
from modelgroups.schema.attribute import Attribute
from modelgroups.types import OutputType, Stage

__all__: list[str] = []

_NAME = Parameter(Takes.TEXT, None)
_THRESHOLD = Parameter(Takes.NUMBER, None)
_DEFAULT_THRESHOLD = 0.5
_CLASSIFIERS = (OutputType.Multiclass, OutputType.Multilabel)


@dataclass(frozen=True)
class _Outcome:
    """Ibis conditions: that a row counts, that it was predicted, that it is true.

    The last two may be null only where a row does not count.
    """

    counts: Any
    predicted: Any
    actual: Any

    def cells(self) -> dict[str, Any]:
        """Return the four numbers of the confusion matrix.

        They follow from its margins, of which an engine counts the rows in half the time.
        """
        n_rows, predicted, actual, both = (
            condition.sum().fill_null(0)
            for condition in (
                self.counts,
                self.counts & self.predicted,
                self.counts & self.actual,
                self.counts & self.predicted & self.actual,
            )
        )
        return {
            "true_positive": both,
            "false_positive": predicted - both,
            "true_negative": n_rows - predicted - actual + both,
            "false_negative": actual - both,
        }


def _pair(
    call: Call, predicted_property: str | None, ground_truth_property: str | None
) -> tuple[Attribute, Attribute] | None:
    """Return the predicted attribute and its ground truth."""
    if not _is_classifier(call):
        return None
    attributes = call.subject.attributes
    for name, given in (
        ("predicted_property", predicted_property),
        ("ground_truth_property", ground_truth_property),
    ):
        if given is not None and given not in attributes:
            call.blame(name, f"no attribute {given!r}")
            return None
    predicted_property, ground_truth_property = unswapped(
        attributes, predicted_property, ground_truth_property
    )
    predicted = attributes[predicted_property] if predicted_property else call.subject.positive()
    if predicted is None:
        call.blame("predicted_property", "it must be given, for the model has several classes")
        return None
    truth = _truth_of(call, predicted, ground_truth_property)
    return None if truth is None else (predicted, truth)


def _is_classifier(call: Call) -> bool:
    """Return whether the model predicts classes, and say so if it does not."""
    kind = call.subject.output_type
    if kind not in _CLASSIFIERS:
        call.blame("", f"it is for classifiers; the output type of this model is {kind}")
    return kind in _CLASSIFIERS


def _truth_of(call: Call, predicted: Attribute, given: str | None) -> Attribute | None:
    attributes = call.subject.attributes
    if given is not None:
        return attributes[given]
    if predicted.attribute_link in attributes:
        return attributes[str(predicted.attribute_link)]
    truth = call.subject.truth_class()
    if truth is None:
        call.blame("ground_truth_property", f"it must be given: {predicted.name!r} has no link")
    return truth


def _actual(call: Call, predicted: Attribute, truth: Attribute) -> Any:
    """Return the condition that a row is of the class."""
    column = call.column(truth.name)
    if column is None:
        return None
    if truth.stage == Stage.GroundTruthClass:
        return column.cast("string") == (predicted.gt_class_link or "1")
    return column.cast("float64") == 1.0


def _outcome(
    call: Call,
    threshold: float | None,
    predicted_property: str | None,
    ground_truth_property: str | None,
    *,
    by_argmax: bool = False,
) -> _Outcome | None:
    pair = _pair(call, predicted_property, ground_truth_property)
    if pair is None:
        return None
    predicted, truth = pair
    score, actual = call.column(predicted.name), _actual(call, predicted, truth)
    if score is None or actual is None:
        return None
    several = len(call.subject.predicted()) > 2 and call.subject.output_type == "MULTICLASS"
    if by_argmax or (several and threshold is None):
        chosen = _argmax(call)
        if chosen is None:
            return None
        return _Outcome(chosen.notnull() & actual.notnull(), chosen == predicted.name, actual)
    if threshold is None:
        threshold = call.subject.threshold
    limit = _DEFAULT_THRESHOLD if threshold is None else threshold
    return _Outcome(score.notnull() & actual.notnull(), score >= limit, actual)


def _argmax(call: Call) -> Any:
    """Return the name of the predicted attribute with the largest score, the first of several."""
    import ibis

    scores = {a.name: call.column(a.name) for a in call.subject.predicted()}
    if any(score is None for score in scores.values()):
        return None
    best = ibis.greatest(*scores.values())
    branches = [(score == best, name) for name, score in scores.items()]
    return ibis.cases(*branches, else_=ibis.null("string"))


def _ratio(part: Any, whole: Any) -> Any:
    """Return a share, null where there is nothing to share."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def _rates(cells: Mapping[str, Any]) -> dict[str, Any]:
    tp, fp = cells["true_positive"], cells["false_positive"]
    tn, fn = cells["true_negative"], cells["false_negative"]
    recall, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    return {
        "true_positive_rate": recall,
        "false_positive_rate": _ratio(fp, fp + tn),
        "true_negative_rate": specificity,
        "false_negative_rate": _ratio(fn, tp + fn),
        "accuracy_rate": _ratio(tp + tn, tp + tn + fp + fn),
        "balanced_accuracy_rate": (recall + specificity) / 2,
        "precision": _ratio(tp, tp + fp),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
    }


_EVALUATION = {
    "threshold": _THRESHOLD,
    "predicted_property": _NAME,
    "ground_truth_property": _NAME,
}
_PAIR = {"predicted_property": Parameter(Takes.TEXT), "ground_truth_property": _NAME}


@function("confusionMatrix", Kind.EVALUATION, _EVALUATION)
def confusion_matrix(
    call: Call, threshold: float | None, predicted_property: Any, ground_truth_property: Any
) -> Any:
    """Numbers of true and false positives and negatives."""
    found = _outcome(call, threshold, predicted_property, ground_truth_property)
    return None if found is None else _as_dict(found.cells())


@function("confusionMatrixRate", Kind.EVALUATION, _EVALUATION)
def confusion_matrix_rate(
    call: Call, threshold: float | None, predicted_property: Any, ground_truth_property: Any
) -> Any:
    """The rates of the confusion matrix, accuracies, precision and F1."""
    found = _outcome(call, threshold, predicted_property, ground_truth_property)
    return None if found is None else _as_dict(_rates(found.cells()))


@function("confusionMatrixMulticlass", Kind.EVALUATION, _PAIR)
def confusion_matrix_multiclass(
    call: Call, predicted_property: Any, ground_truth_property: Any
) -> Any:
    """The confusion matrix of one class against the rest."""
    found = _outcome(call, None, predicted_property, ground_truth_property, by_argmax=True)
    return None if found is None else _as_dict(found.cells())


@function("confusionMatrixRateMulticlass", Kind.EVALUATION, _PAIR)
def confusion_matrix_rate_multiclass(
    call: Call, predicted_property: Any, ground_truth_property: Any
) -> Any:
    """The rates of the confusion matrix of one class against the rest."""
    found = _outcome(call, None, predicted_property, ground_truth_property, by_argmax=True)
    return None if found is None else _as_dict(_rates(found.cells()))


def _as_dict(columns: Mapping[str, Any]) -> Deferred:
    return Deferred(columns, dict)


def _register_rate(name: str, rate: str, doc: str, *also: str) -> None:
    def build(
        call: Call, threshold: float | None, predicted_property: Any, ground_truth_property: Any
    ) -> Any:
        found = _outcome(call, threshold, predicted_property, ground_truth_property)
        return None if found is None else _rates(found.cells())[rate]

    build.__doc__ = doc
    function(name, Kind.EVALUATION, _EVALUATION, also=also)(build)


def _register_multiclass_rate(name: str, rate: str, doc: str) -> None:
    def build(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
        found = _outcome(call, None, predicted_property, ground_truth_property, by_argmax=True)
        return None if found is None else _rates(found.cells())[rate]

    build.__doc__ = doc
    function(name, Kind.EVALUATION, _PAIR)(build)


_register_rate("truePositiveRate", "true_positive_rate", "TP / (TP + FN).", "sensitivity", "recall")
_register_rate("falsePositiveRate", "false_positive_rate", "FP / (FP + TN).")
_register_rate("trueNegativeRate", "true_negative_rate", "TN / (TN + FP).", "specificity")
_register_rate("falseNegativeRate", "false_negative_rate", "FN / (TP + FN).")
_register_rate("accuracyRate", "accuracy_rate", "(TP + TN) / all.")
_register_rate("balancedAccuracyRate", "balanced_accuracy_rate", "(TPR + TNR) / 2.")
_register_rate("precision", "precision", "TP / (TP + FP).")
_register_rate("f1", "f1", "2 TP / (2 TP + FP + FN).")
for _name, _rate in (
    ("truePositiveRateMulticlass", "true_positive_rate"),
    ("falsePositiveRateMulticlass", "false_positive_rate"),
    ("trueNegativeRateMulticlass", "true_negative_rate"),
    ("falseNegativeRateMulticlass", "false_negative_rate"),
):
    _register_multiclass_rate(
        _name, _rate, f"The {_rate.replace('_', ' ')} of one class against the rest."
    )


@function("accuracyRateMulticlass", Kind.EVALUATION)
def accuracy_rate_multiclass(call: Call) -> Any:
    """Share of the rows whose largest score is that of the true class."""
    if not _is_classifier(call):
        return None
    chosen, counts, right = _argmax(call), None, None
    truth_class = call.subject.truth_class()
    if chosen is None:
        return None
    for predicted in call.subject.predicted():
        truth = truth_class or _truth_of(call, predicted, None)
        actual = None if truth is None else _actual(call, predicted, truth)
        if actual is None:
            return None
        hit = (chosen == predicted.name) & actual.fill_null(False)
        right = hit if right is None else right | hit
        known = actual.notnull()
        counts = known if counts is None else counts | known
    if counts is None or right is None:
        call.blame("", "the model has no predicted attributes")
        return None
    counts = counts & chosen.notnull()
    return _ratio((counts & right).sum().fill_null(0), counts.sum())


@function("auc", Kind.EVALUATION, {"predicted_property": _NAME, "ground_truth_property": _NAME})
def auc(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Area under the ROC curve: share of the pairs of a positive and a negative in right order."""
    pair = _pair(call, predicted_property, ground_truth_property)
    if pair is None:
        return None
    predicted, truth = pair
    score, actual = call.column(predicted.name), _actual(call, predicted, truth)
    if score is None or actual is None:
        return None
    counts = score.notnull() & actual.notnull()
    return Deferred(
        {
            "positive": score.collect(where=counts & actual.fill_null(False)),
            "negative": score.collect(where=counts & ~actual.fill_null(True)),
        },
        _area,
    )


def _area(row: Mapping[str, Any]) -> float | None:
    """Return U / (n₊·n₋) of Mann and Whitney (1947), ties counting one half."""
    from modelgroups.storage.arrays import as_numpy

    if not row["positive"] or not row["negative"]:
        return None
    # Sorted ones are found far faster among others.
    positive, negative = (
        np.sort(as_numpy(row[name]).astype(np.float64)) for name in ("positive", "negative")
    )
    below = np.searchsorted(negative, positive, side="left").sum(dtype=np.float64)
    up_to = np.searchsorted(negative, positive, side="right").sum(dtype=np.float64)
    return float((below + up_to) / 2 / len(positive) / len(negative))


@function(
    "biasMitigatedPredictions",
    Kind.ROW,
    {"predicted_property": Parameter(Takes.COLUMN), "thresholds": Parameter(Takes.RULES)},
)
def bias_mitigated_predictions(call: Call, predicted_property: Any, thresholds: Any) -> Any:
    """1 where the score lies above the threshold of the first rule that holds, else 0."""
    import ibis

    branches = []
    for rule in thresholds if isinstance(thresholds, list) else [None]:
        parsed = _parse_rule(call, rule)
        if parsed is None:
            return None
        holds, limit = parsed
        branches.append((holds, (predicted_property > limit).cast("int64")))
    found = ibis.cases(*branches, else_=ibis.null("int64"))
    return ibis.ifelse(predicted_property.isnull(), ibis.null("int64"), found)


def _parse_rule(call: Call, rule: Any) -> tuple[Any, float] | None:
    conditions = rule.get("conditions") if isinstance(rule, Mapping) else None
    conditions = [conditions] if isinstance(conditions, Mapping) else conditions
    limit = rule.get("threshold") if isinstance(rule, Mapping) else None
    if not isinstance(conditions, list) or not conditions or not isinstance(limit, int | float):
        call.blame("thresholds", "each entry has conditions and a threshold")
        return None
    holds = None
    for wanted in conditions:
        if not isinstance(wanted, Mapping) or not isinstance(wanted.get("property"), str):
            call.blame("thresholds", "each condition has a property and a value")
            return None
        column = call.column(wanted["property"])
        comparator = wanted.get("comparator", "eq")
        if column is None:
            return None
        one = call.condition(column, comparator, wanted.get("value"))
        if one is None:
            return None
        holds = one if holds is None else holds & one
    return holds, float(limit)
