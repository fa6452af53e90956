"""Metrics that users add to a model: checked, kept, and found again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from modelgroups.catalog import metrics as kept
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import MetricRecord
from modelgroups.cautions import warn
from modelgroups.errors import ConflictError, NotFoundError, UserError, UserValueError
from modelgroups.inferences.summary import count
from modelgroups.query.defaults import default_metrics, metrics_of_output
from modelgroups.query.faults import nearest, spelled
from modelgroups.query.metrics import Metric, Rows, evaluate, needs_ground_truth, type_of
from modelgroups.query.subject import Subject
from modelgroups.registry import require_writable
from modelgroups.types import EventType, MetricType

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_metric", "all_metrics", "evaluate_named", "metrics_named", "require_metric_type"]

_TYPES = (*MetricType.list(), "model_data_bound_metric")


def all_metrics(subject: Subject) -> list[Metric]:
    """Return the metrics of a model: the default ones, then those that were added."""
    to = subject.recipient
    with to.registry.catalog.read() as session:
        records = kept.live(session, to.model_id)
    return [*default_metrics(subject), *map(_metric, records)]


def _metric(record: MetricRecord) -> Metric:
    return Metric(
        record.id,
        record.name,
        json.loads(record.query),
        is_default=False,
        type=record.type,
        parameters=json.loads(record.parameters),
    )


def require_metric_type(metric_type: str | None) -> None:
    """Raise `UserError` unless there is such a type of metrics, or none is given."""
    if metric_type is not None and metric_type not in _TYPES:
        raise UserError(f"metric_type={metric_type!r} is not one of {', '.join(_TYPES)}")


def add_metric(
    subject: Subject,
    name: str,
    query: Mapping[str, Any],
    *,
    is_data_drift: bool,
    metric_type: str | None,
    parameters: Sequence[Mapping[str, Any]],
) -> str:
    """Keep a metric and return its id.

    Raises
    ------
    UserError
        The type is unknown.
    UserValueError
        The query is not a dict of plain JSON, or parameters lack a name.
    ConflictError
        The model has a metric of that name.
    """
    require_metric_type(metric_type)
    to = subject.recipient
    require_writable(to.registry)
    n_values = len(query.get("select", ["one number"]))
    if n_values != 1:
        warn(
            f"the metric {name!r} gives {n_values} values, so metrics() and report() cannot show "
            "it; one that they can has one entry of select, and by=… of metrics() makes groups"
        )
    kind = metric_type
    if kind is None:
        kind = str(type_of(query, subject, is_data_drift=is_data_drift))
    metric = MetricRecord(
        id=str(uuid4()),
        model_id=to.model_id,
        name=name,
        type=kind,
        parameters=_as_json(_checked(parameters), "parameters"),
        created_at=now(),
        query=_as_json(dict(query), "query"),
    )
    taken = {each.name for each in default_metrics(subject)}
    with to.registry.catalog.write() as session:
        taken.update(each.name for each in kept.live(session, to.model_id))
        if name in taken:
            raise ConflictError(f"the model has a metric {name!r} already; choose another name")
        kept.add(session, metric)
        record_event(
            session,
            EventType.MetricCreated,
            at=metric.created_at,
            model_id=to.model_id,
            after={"metric": name, "metric_id": metric.id, "type": kind},
        )
    return metric.id


def _checked(parameters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    for number, parameter in enumerate(parameters):
        named = dict(parameter).get("name") if hasattr(parameter, "keys") else None
        if not isinstance(named, str):
            raise UserValueError(f"parameters[{number}] must be a dict with a name")
    return [dict(parameter) for parameter in parameters]


def _as_json(value: Any, what: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UserValueError(f"{what} must be plain JSON: {error}") from error


def evaluate_named(
    subject: Subject, names: Sequence[str] | None, rows: Rows, parameters: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the values of metrics, as `evaluate` does; warn where they lack all ground truth.

    Raises
    ------
    NotFoundError, UserValueError
        As `metrics_named` and `evaluate` do.
    """
    metrics = metrics_named(subject, names)
    found = evaluate(subject, metrics, rows, parameters)
    if names is not None:
        _tell_if_no_truth(subject, metrics, found)
    return found


def _tell_if_no_truth(subject: Subject, metrics: Sequence[Metric], found: pd.DataFrame) -> None:
    unknown = [
        metric.name
        for metric in metrics
        if needs_ground_truth(metric.query, subject) and found[metric.name].isna().all()
    ]
    to = subject.recipient
    if not unknown or not len(found) or not to.layout.truth_attributes:
        return
    held = count(to.registry, to.model_id)
    if held.n_inferences and not held.n_ground_truths:
        warn(
            f"{to.name}: no inference has a ground truth yet, so {', '.join(map(repr, unknown))} "
            "cannot be told; update_inference_ground_truths() sends it"
        )


def metrics_named(subject: Subject, names: Sequence[str] | None) -> list[Metric]:
    """Return metrics by name; the default ones of what is predicted where no name is given.

    Raises
    ------
    UserValueError
        The list of names is empty.
    NotFoundError
        The model has no metric of a name.
    """
    if names is None:
        return metrics_of_output(subject)
    if not names:
        raise UserValueError("names is empty; leave it out for the default metrics")
    known = {metric.name: metric for metric in all_metrics(subject)}
    names = [spelled(name, known) for name in names]
    unknown = [nearest(name, known, "metric") for name in names if name not in known]
    if unknown:
        raise NotFoundError("; ".join(dict.fromkeys(unknown)))
    return [known[name] for name in names]
