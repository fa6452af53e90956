"""Metrics: queries with a name that give one number, and their values over time and by group.

Every model has the default metrics of its kind; a user adds others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.query.enriched import ENRICHED, wanted_of
from modelgroups.query.faults import nearest
from modelgroups.query.library.registry import Kind, known
from modelgroups.query.subject import Subject
from modelgroups.query.tree import parse_body
from modelgroups.reference.reading import has_reference
from modelgroups.schema.serial import JsonDataclass
from modelgroups.types import MetricType, OutputType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EVERY", "Metric", "default_metrics", "evaluate", "fill", "type_of"]

EVERY: Final = ("second", "minute", "hour", "day", "week", "month", "year", "batch_id")
"""How values are rolled up."""

_BINARY_METRICS: Final = {
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
_REGRESSION_METRICS: Final = {
    "Root Mean Squared Error": "rmse",
    "Mean Absolute Error": "mae",
    "R Squared": "rSquared",
}
_RANKED_METRICS: Final = {
    "Precision at k": "precisionAtK",
    "Recall at k": "recallAtK",
    "nDCG at k": "nDCGAtK",
    "Mean Reciprocal Rank": "meanReciprocalRank",
    "Ranked List AUC": "rankedListAUC",
}
_DEFAULT_K: Final = 10
_TEMPLATE: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


@dataclass
class Metric(JsonDataclass):
    """A query with a name that gives one number.

    Parameters
    ----------
    id, name
        What it is called.
    query
        A body of the query language; ``{{ name }}`` in it stands for a parameter.
    is_default
        Whether every model of the kind has it.
    type
        A `MetricType`.
    attribute
        The attribute that it is about, if it is about one.
    parameters
        Its parameters: dicts with name and, where there is one, default.

    Examples
    --------
    >>> Metric("m-1", "Oldest", {"select": []}, is_default=False).name
    'Oldest'
    """

    id: str
    name: str
    query: dict[str, Any]
    is_default: bool
    type: str | None = None
    attribute: str | None = None
    parameters: list[dict[str, Any]] | None = None

    def defaults(self) -> dict[str, Any]:
        """Return the values of parameters that have a default."""
        return {p["name"]: p["default"] for p in self.parameters or () if "default" in p}


def default_metrics(subject: Subject) -> list[Metric]:
    """Return the metrics that every model of the kind has."""
    made = list(_defaults(subject))
    space = UUID(subject.recipient.model_id)
    return [
        Metric(
            str(uuid5(space, f"metric:{name}")),
            name,
            {"select": [item]},
            is_default=True,
            type=str(kind),
            attribute=attribute,
        )
        for name, item, kind, attribute in made
    ] + [
        Metric(
            str(uuid5(space, f"metric:{name}")),
            name,
            {"select": [_mean(column)], "from": "enriched"},
            is_default=True,
            type=str(MetricType.ModelDataDriftMetric),
        )
        for name, column in _anomalies(subject).items()
    ]


def _mean(column: str) -> dict[str, Any]:
    return {"function": "avg", "parameters": {"property": column}}


def _anomalies(subject: Subject) -> dict[str, str]:
    """Return the metrics of how unusual inferences are beside reference data, if there is any."""
    to = subject.recipient
    if not has_reference(to.registry, to.model_id):
        return {}
    found = {"Multivariate Drift": "anomaly_score"}
    if subject.output_type == OutputType.ObjectDetection:
        found["Average Raw Anomaly Score"] = "raw_anomaly_score"
    return found


_Made = tuple[str, dict[str, Any], MetricType, str | None]


def _defaults(subject: Subject) -> Iterator[_Made]:
    performance = MetricType.ModelPerformanceMetric
    if subject.output_type in (OutputType.Multiclass, OutputType.Multilabel):
        yield from _of_classifier(subject)
    elif subject.output_type == OutputType.Regression:
        for predicted in subject.predicted():
            pair: dict[str, Any] = {
                "predicted_property": predicted.name,
                "ground_truth_property": predicted.attribute_link,
            }
            suffix = "" if len(subject.predicted()) == 1 else f": {predicted.name}"
            for name, function in _REGRESSION_METRICS.items():
                item = {"function": function, "parameters": pair}
                yield name + suffix, item, performance, predicted.name
            item = {"function": "avg", "parameters": {"property": predicted.name}}
            yield (
                f"Average Prediction{suffix}",
                item,
                MetricType.ModelOutputMetric,
                predicted.name,
            )
    elif subject.output_type == OutputType.RankedList:
        yield from _of_ranked_list(subject)
    elif subject.output_type == OutputType.ObjectDetection:
        predicted = subject.predicted()[0]
        parameters = {"threshold": 0.5, "predicted_property": predicted.name}
        parameters["ground_truth_property"] = predicted.attribute_link
        item = {"function": "meanAveragePrecision", "parameters": parameters}
        yield "Mean Average Precision", item, performance, predicted.name
    yield "Inference Count", {"function": "count"}, MetricType.ModelOutputMetric, None


def _of_classifier(subject: Subject) -> Iterator[_Made]:
    performance = MetricType.ModelPerformanceMetric
    predicted = subject.predicted()
    one = subject.positive() if subject.output_type == OutputType.Multiclass else None
    if one is not None:
        for name, function in _BINARY_METRICS.items():
            yield name, {"function": function}, performance, one.name
        return
    if subject.output_type == OutputType.Multiclass:
        item: dict[str, Any] = {"function": "accuracyRateMulticlass"}
        yield "Overall Accuracy Rate", item, performance, None
    for attribute in predicted:
        for name, function in _BINARY_METRICS.items():
            item = {
                "function": function,
                "parameters": {"predicted_property": attribute.name},
            }
            yield f"{name}: {attribute.name}", item, performance, attribute.name


def _of_ranked_list(subject: Subject) -> Iterator[_Made]:
    predicted = subject.predicted()[0]
    for name, function in _RANKED_METRICS.items():
        parameters: dict[str, Any] = {
            "predicted_property": predicted.name,
            "ground_truth_property": predicted.attribute_link,
        }
        if name.endswith("at k"):
            parameters["k"] = _DEFAULT_K
        item = {"function": function, "parameters": parameters}
        yield name, item, MetricType.ModelPerformanceMetric, predicted.name


def type_of(query: Mapping[str, Any], subject: Subject, *, is_data_drift: bool) -> MetricType:
    """Return the type of a metric by what its query asks."""
    if is_data_drift:
        return MetricType.ModelDataDriftMetric
    words = set(_words(query))
    kinds = {found.kind for word in words if (found := known(word)) is not None}
    if Kind.EVALUATION in kinds:
        return MetricType.ModelPerformanceMetric
    predicted = {attribute.name for attribute in subject.predicted()}
    named = words.intersection((*subject.attributes, *ENRICHED))
    if named <= predicted:
        return MetricType.ModelOutputMetric
    return MetricType.ModelInputDataMetric


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)


def fill(query: Any, values: Mapping[str, Any]) -> Any:
    """Return a query with the values of its parameters.

    A text that is one template becomes the value, whatever its type; within a longer text the
    value stands as text.

    Raises
    ------
    UserValueError
        A parameter has no value.

    Examples
    --------
    >>> fill({"threshold": "{{ t }}", "alias": "at {{ t }}"}, {"t": 0.5})
    {'threshold': 0.5, 'alias': 'at 0.5'}
    """
    if isinstance(query, Mapping):
        return {key: fill(each, values) for key, each in query.items()}
    if isinstance(query, list | tuple):
        return [fill(each, values) for each in query]
    if not isinstance(query, str):
        return query
    missing = [name for name in _TEMPLATE.findall(query) if name not in values]
    if missing:
        raise UserValueError(f"the metric needs a value for its parameter {missing[0]!r}")
    whole = _TEMPLATE.fullmatch(query)
    if whole is not None:
        return values[whole.group(1)]
    return _TEMPLATE.sub(lambda found: str(values[found.group(1)]), query)


# --- values ------------------------------------------------------------------------------


def evaluate(
    subject: Subject,
    metrics: Sequence[Metric],
    *,
    every: str | None,
    by: Sequence[str],
    filters: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any],
) -> pd.DataFrame:
    """Return the values of metrics: a row for each interval and group, a column for each metric.

    Metrics that are simple queries are asked for together, in one scan.

    Raises
    ------
    UserValueError
        The interval is unknown, a metric gives more than one number, or a parameter has no value.
    """
    import pandas as pd

    keys = _keys(every, by)
    frames = []
    for body, names in _bodies(subject, metrics, parameters):
        asked = _rolled_up(body, keys, filters)
        frame = pd.DataFrame(_asked(subject, asked), columns=[*keys, *names])
        frames.append(frame.set_index(list(keys)) if keys else frame)
    whole = pd.concat(frames, axis=1) if frames else pd.DataFrame()
    whole = whole.reset_index() if keys else whole
    wanted = [*keys, *(metric.name for metric in metrics)]
    whole = whole[wanted].sort_values(list(keys), ignore_index=True) if keys else whole[wanted]
    if "timestamp" in keys:
        whole["timestamp"] = pd.to_datetime(whole["timestamp"], utc=True, format="ISO8601")
    return whole


def _keys(every: str | None, by: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what the rows are grouped by, as entries of select by their names."""
    keys: dict[str, dict[str, Any]] = {}
    if every is not None:
        if not isinstance(every, str):
            raise UserTypeError(f"every must be a text or None, got {type(every).__name__}")
        if every not in EVERY:
            raise UserValueError(f"every: {nearest(every, EVERY, 'interval')}")
        if every == "batch_id":
            keys["batch_id"] = {"property": "batch_id"}
        else:
            interval = {"property": "inference_timestamp", "time_interval": every}
            keys["timestamp"] = {
                "function": "roundTimestamp",
                "alias": "timestamp",
                "parameters": interval,
            }
    return keys | {name: {"property": name} for name in by}


def _bodies(
    subject: Subject, metrics: Sequence[Metric], parameters: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield queries with the metrics that each gives; simple ones of the same rows together."""
    together: list[dict[str, Any]] = []
    names: list[str] = []
    for metric in metrics:
        body = fill(deepcopy(metric.query), metric.defaults() | dict(parameters))
        is_simple = set(body) == {"select"} and len(body["select"]) == 1
        if is_simple and not wanted_of(subject, parse_body(body)):
            together.append(body["select"][0] | {"alias": metric.name})
            names.append(metric.name)
        else:
            yield _named(body, metric), [metric.name]
    if together:
        yield {"select": together}, names


def _named(body: dict[str, Any], metric: Metric) -> dict[str, Any]:
    if len(body.get("select", ())) != 1:
        raise UserValueError(
            f"the metric {metric.name!r} must give one number: one entry of select"
        )
    return body | {"select": [body["select"][0] | {"alias": metric.name}]}


def _rolled_up(
    body: Mapping[str, Any],
    keys: Mapping[str, Mapping[str, Any]],
    filters: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a query that is asked of some rows only, for each group of them.

    Rows are chosen, and groups made, in the innermost subquery; those around it go on with them.
    """
    whole = dict(body)
    if "subquery" in body:
        whole["subquery"] = _rolled_up(body["subquery"], keys, filters)
        keys = {name: {"property": name} for name in keys}
    elif filters:
        whole["filter"] = [*filters, *body.get("filter", [])]
    whole["select"] = [*keys.values(), *body["select"]]
    if keys:
        groups = [
            {"alias": name} if "alias" in item else {"property": name}
            for name, item in keys.items()
        ]
        whole["group_by"] = [*groups, *body.get("group_by", [])]
    return whole


def _asked(subject: Subject, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    from modelgroups.query.run import run_base

    return run_base(subject, body)
