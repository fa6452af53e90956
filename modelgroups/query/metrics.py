"""Metrics: queries with a name that give one number, and their values over time and by group.

Every model has the default metrics of its kind (`modelgroups.query.defaults`); a user adds others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError
from modelgroups.loading import loading
from modelgroups.progress import tracked
from modelgroups.query.enriched import ENRICHED, wanted_of
from modelgroups.query.library.registry import Kind, known
from modelgroups.query.subject import Subject
from modelgroups.query.tree import parse_body
from modelgroups.schema.serial import JsonDataclass
from modelgroups.types import MetricType

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Metric",
    "Rows",
    "evaluate",
    "fill",
    "is_drift",
    "needs_ground_truth",
    "type_of",
]

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
        """Return the values of parameters that have a default.

        Examples
        --------
        >>> parameters = [{"name": "bound", "default": 100}, {"name": "country"}]
        >>> Metric("m-1", "Large", {"select": []}, False, parameters=parameters).defaults()
        {'bound': 100}
        """
        return {p["name"]: p["default"] for p in self.parameters or () if "default" in p}


def type_of(query: Mapping[str, Any], subject: Subject, *, is_data_drift: bool) -> MetricType:
    """Return the type of a metric by what its query asks."""
    if is_data_drift:
        return MetricType.ModelDataDriftMetric
    words = set(_words(query))
    if _evaluates(words):
        return MetricType.ModelPerformanceMetric
    predicted = {attribute.name for attribute in subject.predicted()}
    named = words.intersection((*subject.attributes, *ENRICHED))
    if named <= predicted:
        return MetricType.ModelOutputMetric
    return MetricType.ModelInputDataMetric


def needs_ground_truth(query: Mapping[str, Any], subject: Subject) -> bool:
    """Return whether the answer of a query changes when ground truth comes."""
    words = set(_words(query))
    truths = subject.recipient.layout.truth_attributes
    return _evaluates(words) or "ground_truth" in words or not words.isdisjoint(truths)


def _evaluates(words: AbstractSet[str]) -> bool:
    return any((f := known(word)) is not None and f.kind is Kind.EVALUATION for word in words)


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


@dataclass(frozen=True)
class Rows:
    """Which rows metrics are asked of, and how these are grouped.

    Parameters
    ----------
    window
        Conditions on the inferences alone: drift from the reference data is that of a window.
    filters
        Conditions on whatever is compared, the reference data too.
    every
        One of `modelgroups.query.frames.EVERY`, or None for all of the time together.
    by
        Columns whose values make groups.
    stretch
        Instead of `every`, minutes of an interval, and where intervals begin beside the multiples
        of them; not for drift.
    """

    window: Sequence[Mapping[str, Any]] = ()
    filters: Sequence[Mapping[str, Any]] = ()
    every: str | None = None
    by: Sequence[str] = ()
    stretch: tuple[int, int] | None = None

    @property
    def time(self) -> str:
        """What the column with the interval is called."""
        return "batch_id" if self.every == "batch_id" else "timestamp"

    @property
    def has_times(self) -> bool:
        """Whether that column holds times."""
        return self.every not in (None, "batch_id") or self.stretch is not None

    def keys(self) -> dict[str, dict[str, Any]]:
        """Return what the rows are grouped by, as entries of select by their names."""
        keys: dict[str, dict[str, Any]] = {}
        if self.every == "batch_id":
            keys["batch_id"] = {"property": "batch_id"}
        elif self.every is not None:
            keys["timestamp"] = self._interval("roundTimestamp", time_interval=self.every)
        elif self.stretch is not None:
            minutes, offset = self.stretch
            keys["timestamp"] = self._interval("bucketTimestamp", minutes=minutes, offset=offset)
        return keys | {name: {"property": name} for name in self.by}

    def _interval(self, function: str, **parameters: Any) -> dict[str, Any]:
        whole = {"property": "inference_timestamp", **parameters}
        return {"function": function, "alias": self.time, "parameters": whole}


def evaluate(
    subject: Subject, metrics: Sequence[Metric], rows: Rows, parameters: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the values of metrics: a row for each interval and group, a column for each metric.

    Metrics that are simple queries are asked for together, in one scan.

    Raises
    ------
    UserValueError
        The interval is unknown, a metric gives more than one number, or a parameter has no value.
    """
    import pandas as pd

    from modelgroups.drawing.frames import fitting
    from modelgroups.query.frames import check_split, typed

    check_split(subject, rows.every, rows.by)
    keys = list(rows.keys())
    frames = []
    bodies = list(_bodies(subject, metrics, parameters))
    n_steps = len(bodies) if len(bodies) > 1 else None  # one query does not say how far it is
    for body, names in tracked(bodies, "Computing metrics", total=n_steps):
        frame = pd.DataFrame(_asked(subject, body, names, rows), columns=[*keys, *names])
        frames.append(frame.set_index(keys) if keys else frame)
    whole = pd.concat(frames, axis=1) if frames else pd.DataFrame()
    whole = whole.reset_index() if keys else whole
    wanted = [*keys, *(metric.name for metric in metrics)]
    whole = whole[wanted].sort_values(keys, ignore_index=True) if keys else whole[wanted]
    frame = typed(whole, [metric.name for metric in metrics], has_times=rows.has_times)
    return fitting(frame, *keys)


def _bodies(
    subject: Subject, metrics: Sequence[Metric], parameters: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield queries with the metrics that each gives; simple ones of the same rows together."""
    together: list[dict[str, Any]] = []
    names: list[str] = []
    for metric in metrics:
        body = fill(deepcopy(metric.query), metric.defaults() | dict(parameters))
        is_simple = set(body) == {"select"} and len(body["select"]) == 1
        if is_simple and not _multiplies(subject, body):
            together.append(body["select"][0] | {"alias": metric.name})
            names.append(metric.name)
        else:
            yield body if is_drift(body) else _named(body, metric.name), [metric.name]
    if together:
        yield {"select": together}, names


def _multiplies(subject: Subject, body: Mapping[str, Any]) -> bool:
    """Return whether a query makes several rows of an inference: of boxes, or of explanations."""
    owners = {word.partition(".")[0] for word in _words(body) if "." in word}
    return bool(owners.intersection(subject.attributes) or wanted_of(subject, parse_body(body)))


def is_drift(body: Mapping[str, Any]) -> bool:
    """Return whether a body is a drift query."""
    return "select" not in body and "base" in body


def _named(body: dict[str, Any], name: str) -> dict[str, Any]:
    if len(body.get("select", ())) != 1:
        raise UserValueError(f"the metric {name!r} must give one number: one entry of select")
    return body | {"select": [body["select"][0] | {"alias": name}]}


def _asked(
    subject: Subject, body: Mapping[str, Any], names: Sequence[str], rows: Rows
) -> list[dict[str, Any]]:
    if is_drift(body):
        return _drifted(subject, body, names[0], rows)
    with loading():
        from modelgroups.query.run import run_base

    return run_base(subject, _rolled_up(body, rows.keys(), [*rows.window, *rows.filters]))


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


def _drifted(
    subject: Subject, body: Mapping[str, Any], name: str, rows: Rows
) -> list[dict[str, Any]]:
    """Return the values of a drift query that gives one number."""
    from modelgroups.query.drift.request import ROLLUP
    from modelgroups.query.drift.run import run_drift

    target = dict(body.get("target") or {"source": "inference"})
    base = dict(body["base"])
    target["filter"] = [*rows.window, *rows.filters, *target.get("filter", [])]
    base["filter"] = [*rows.filters, *base.get("filter", [])]
    groups = [{"property": column} for column in rows.by]
    asked = dict(body) | {"base": base, "target": target, "group_by": groups}
    found = []
    for row in run_drift(subject, asked | {ROLLUP: rows.every}):
        key = {column: row.pop(column) for column in rows.by}
        if rows.every is not None:
            at = row.pop(ROLLUP)
            # as base queries write a time
            key[rows.time] = at if rows.every == "batch_id" else f"{at[:-1]}.000Z"
        if len(row) != 1:
            raise UserValueError(f"the metric {name!r} must give one number: one property")
        found.append(key | {name: row.popitem()[1]})
    return found
