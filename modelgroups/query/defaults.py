"""The metrics that every model of a kind has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from modelgroups.query.drift.request import form_of
from modelgroups.query.metrics import Metric
from modelgroups.query.source import available
from modelgroups.query.subject import Subject
from modelgroups.reference.reading import has_reference
from modelgroups.types import MetricType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["default_metrics", "metrics_of_output"]

_BINARY: Final = {
    "Accuracy Rate": "accuracyRate",
    "Balanced Accuracy Rate": "balancedAccuracyRate",
    "AUC": "auc",
    "Recall": "recall",
    "Precision": "precision",
    "Specificity (TNR)": "specificity",
    "F1": "f1",
    "False Positive Rate": "falsePositiveRate",
    "False Negative Rate": "falseNegativeRate",
}
_REGRESSION: Final = {
    "Root Mean Squared Error": "rmse",
    "Mean Absolute Error": "mae",
    "R Squared": "rSquared",
}
_RANKED: Final = {
    "Precision at k": "precisionAtK",
    "Recall at k": "recallAtK",
    "nDCG at k": "nDCGAtK",
    "Mean Reciprocal Rank": "meanReciprocalRank",
    "Ranked List AUC": "rankedListAUC",
}
_OF_LIKELIHOODS: Final = {
    "Average Token Likelihood": "averageTokenLikelihood",
    "Likelihood Stability": "likelihoodStability",
}
_K: Final = {"name": "k", "type": "INTEGER", "default": 10}
_MEASURE: Final = {"name": "metric", "type": "STRING", "default": "PSI"}
_HALF: Final = 0.5
_OUTPUT: Final = MetricType.ModelOutputMetric

_Made = Iterator[Metric]


def default_metrics(subject: Subject) -> list[Metric]:
    """Return the metrics that every model of the kind has.

    Those of drift are there once the model has reference data.
    """
    return [*metrics_of_output(subject), *_identified(subject, _of_drift(subject))]


def metrics_of_output(subject: Subject) -> list[Metric]:
    """Return those of them that measure what is predicted; the reference data are not read."""
    return _identified(subject, _of_output(subject))


def _identified(subject: Subject, made: _Made) -> list[Metric]:
    space = UUID(subject.recipient.model_id)
    return [replace(metric, id=str(uuid5(space, f"metric:{metric.name}"))) for metric in made]


def _of_output(subject: Subject) -> _Made:
    kind, positive = subject.output_type, subject.positive()
    if kind == OutputType.Multiclass and positive is not None:
        yield from _of_binary(subject, positive)
    elif kind in (OutputType.Multiclass, OutputType.Multilabel):
        yield from _of_classes(subject)
    elif kind == OutputType.Regression:
        yield from _of_regression(subject)
    elif kind == OutputType.RankedList:
        yield from _of_ranked_list(subject)
    elif kind == OutputType.ObjectDetection:
        yield from _of_boxes(subject)
    elif kind == OutputType.TokenSequence:
        yield from _of_tokens(subject)
    yield _metric("Inference Count", "count", kind=_OUTPUT)


def _of_binary(subject: Subject, positive: Attribute) -> _Made:
    for title, function in _BINARY.items():
        yield _metric(title, function, of=positive)
    threshold = _HALF if subject.threshold is None else subject.threshold
    counted = {"property": positive.name, "comparator": "gte", "value": threshold}
    yield _metric("Inference Count by Class", "countIf", counted, of=positive, kind=_OUTPUT)


def _of_classes(subject: Subject) -> _Made:
    predicted = subject.predicted()
    one_of_them = subject.output_type == OutputType.Multiclass
    if one_of_them:
        yield _metric("Overall Accuracy Rate", "accuracyRateMulticlass")
    for attribute in predicted:
        name = attribute.name
        for title, function in _BINARY.items():
            yield _metric(f"{title}: {name}", function, {"predicted_property": name}, of=attribute)
    names = {"properties": [attribute.name for attribute in predicted]}
    largest = {"nested_function": {"function": "labelByMaxColumn", "parameters": names}}
    for attribute in predicted if one_of_them else ():
        counted = {"property": largest, "comparator": "eq", "value": attribute.name}
        title = f"Inference Count by Class: {attribute.name}"
        yield _metric(title, "countIf", counted, of=attribute, kind=_OUTPUT)


def _of_regression(subject: Subject) -> _Made:
    predicted = subject.predicted()
    for attribute in predicted:
        suffix = "" if len(predicted) == 1 else f": {attribute.name}"
        for title, function in _REGRESSION.items():
            yield _metric(title + suffix, function, _pair(attribute), of=attribute)
        mean = {"property": attribute.name}
        yield _metric(f"Average Prediction{suffix}", "avg", mean, of=attribute, kind=_OUTPUT)


def _of_ranked_list(subject: Subject) -> _Made:
    predicted = subject.predicted()[0]
    for title, function in _RANKED.items():
        has_k = title.endswith("at k")
        more = {"k": "{{ k }}"} if has_k else {}
        metric = _metric(title, function, _pair(predicted) | more, of=predicted)
        metric.parameters = [dict(_K)] if has_k else None
        yield metric


def _of_boxes(subject: Subject) -> _Made:
    predicted = subject.predicted()[0]
    overlap = _pair(predicted) | {"threshold": _HALF}
    yield _metric("Mean Average Precision", "meanAveragePrecision", overlap, of=predicted)
    each = {"property": f"{predicted.name}.confidence"}
    metric = _metric("Average Confidence", "avg", dict(each), of=predicted, kind=_OUTPUT)
    metric.query["subquery"] = {"select": [each]}
    yield metric


def _of_tokens(subject: Subject) -> _Made:
    predicted = subject.predicted()
    likely = [a for a in predicted if a.value_type == ValueType.TokenLikelihoods]
    for attribute in likely[:1]:
        for title, function in _OF_LIKELIHOODS.items():
            of_it = {"property": attribute.name}
            yield _metric(title, function, of_it, of=attribute, kind=_OUTPUT)
    lists = [a for a in predicted if a.value_type == ValueType.Tokens]
    counted = (lists or likely or predicted)[0]
    is_map = counted.value_type == ValueType.TokenLikelihoods
    name = f"{counted.name}_tokens" if is_map else counted.name
    length = "averageSequenceLength"
    yield _metric("Average Sequence Length", length, {"property": name}, of=counted, kind=_OUTPUT)


def _of_drift(subject: Subject) -> _Made:
    """Yield how far inputs and predictions lie from the reference data, if there are any."""
    to = subject.recipient
    if not has_reference(to.registry, to.model_id):
        return
    held = available(subject, "reference")
    for name, attribute in to.layout.inference_attributes.items():
        if name not in held or attribute.implicit or form_of(attribute) is None:
            continue
        title = "Prediction" if attribute.stage == Stage.PredictedValue else "Feature"
        yield _drift_metric(f"{title} Drift: {name}", name)
    yield _anomaly("Multivariate Drift", "anomaly_score")
    if subject.output_type == OutputType.ObjectDetection:
        yield _anomaly("Average Raw Anomaly Score", "raw_anomaly_score")


def _drift_metric(title: str, name: str) -> Metric:
    return Metric(
        "",
        title,
        {
            "properties": [name],
            "metric": "{{ metric }}",
            "base": {"source": "reference"},
            "target": {"source": "inference"},
        },
        is_default=True,
        type=str(MetricType.ModelDataDriftMetric),
        attribute=name,
        parameters=[dict(_MEASURE)],
    )


def _anomaly(title: str, column: str) -> Metric:
    metric = _metric(title, "avg", {"property": column}, kind=MetricType.ModelDataDriftMetric)
    metric.query["from"] = "enriched"
    return metric


def _pair(attribute: Attribute) -> dict[str, Any]:
    return {
        "predicted_property": attribute.name,
        "ground_truth_property": attribute.attribute_link,
    }


def _metric(
    title: str,
    function: str,
    parameters: dict[str, Any] | None = None,
    *,
    of: Attribute | None = None,
    kind: MetricType = MetricType.ModelPerformanceMetric,
) -> Metric:
    item: dict[str, Any] = {"function": function}
    if parameters:
        item["parameters"] = parameters
    attribute = None if of is None else of.name
    query = {"select": [item]}
    return Metric("", title, query, is_default=True, type=str(kind), attribute=attribute)
