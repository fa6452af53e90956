"""The part of `Model` that answers questions about its inferences."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import (
    require_flag,
    require_mapping,
    require_names,
    require_share,
    require_text,
)
from modelgroups.calls import checked_calls
from modelgroups.errors import NotFoundError
from modelgroups.loading import loading
from modelgroups.model.bias import Bias
from modelgroups.model.logged import Logged
from modelgroups.viz.visualizer import DataVisualizer

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.query.metrics import Metric
    from modelgroups.query.subject import Subject

__all__ = ["Asking"]


@checked_calls
class Asking(Logged):
    """Questions about what the version has received."""

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        """Return the answer to a query in the query language.

        Parameters
        ----------
        body
            What is asked: ``select`` with ``filter``, ``group_by``, ``order_by``, ``from`` or
            ``subquery``. It is not changed.
        query_type
            ``"base"``, ``"drift"`` or ``"drift_psi_bucket_table"``.

        Returns
        -------
        list of dict
            The rows of the answer, plain JSON.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved, or the engine of the connection lacks what a function needs.
        UserValueError
            The body has faults; each is listed with its path, and nothing is run.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     model.query({"select": [{"function": "accuracyRate"}, {"function": "count"}]})
        [{'accuracyRate': 1.0, 'count': 2}]
        """
        with loading():
            from modelgroups.query.ask import ask

        return ask(self._subject("query"), body, query_type)

    def metrics(
        self,
        names: str | Sequence[str] | None = None,
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        by: str | Sequence[str] | None = None,
        every: str | None = "day",
        parameters: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the values of metrics over time and by group.

        Parameters
        ----------
        names
            Names of metrics, or one, as `get_metrics` lists them; when not given the default
            ones, but those of drift, which has a method of its own.
        since, until
            Inferences from the first moment on and before the second, by inference_timestamp. A
            plain date is its midnight in UTC.
        by
            Attributes whose values make groups, or one.
        every
            ``"second"``, ``"minute"``, ``"hour"``, ``"day"``, ``"week"``, ``"month"``,
            ``"year"``, ``"batch_id"``, or None for all of it together.
        parameters
            Values for the parameters of metrics.

        Returns
        -------
        DataFrame
            A row for each interval and group that has inferences, in their order: timestamp (its
            start, in UTC; weeks begin on Monday), the groups, and a column for each metric. What
            is not defined, such as the AUC of a single class, is null.

        Raises
        ------
        NotFoundError
            There is no metric of a name.
        UserValueError
            The interval or a group is unknown, or a parameter has no value.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 0]})
        ...     model.metrics(["Accuracy Rate", "Inference Count"], every=None)
           Accuracy Rate  Inference Count
        0            0.5                2
        """
        from modelgroups.query.custom import evaluate_named
        from modelgroups.query.metrics import Rows

        groups = _several(by or (), "by")
        return evaluate_named(
            self._subject("metrics"),
            None if names is None else _several(names, "names"),
            Rows(window=_between(since, until), every=every, by=groups),
            require_mapping(parameters or {}, "parameters"),
        )

    def drift(
        self,
        attributes: str | Sequence[str] | None = None,
        metric: str = "PSI",
        every: str | None = None,
        by: str | Sequence[str] | None = None,
        against: str = "reference",
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
    ) -> pd.DataFrame:
        """Return how far the inferences have drifted from reference data.

        Parameters
        ----------
        attributes
            Their names, or one; all but ground truths that can be compared when not given.
        metric
            ``"PSI"``, ``"KLDivergence"``, ``"JSDivergence"``, ``"HellingerDistance"``,
            ``"HypothesisTest"``, ``"WassersteinDistance"``, ``"MissingRateChange"`` or
            ``"NewCategoryRate"``; `modelgroups.query.drift.measures` has their formulas.
        every
            ``"second"``, ``"minute"``, ``"hour"``, ``"day"``, ``"week"``, ``"month"``,
            ``"year"``, ``"batch_id"``, or None for all of it together.
        by
            Attributes whose values make groups, or one; each is compared with its own group.
        against
            ``"reference"`` for the reference data of this version, or the id, label or alias of
            another version for that one's.
        since, until
            Inferences from the first moment on and before the second, of which a plain date is
            the midnight in UTC; the reference data counts whole.

        Returns
        -------
        DataFrame
            A row for each interval and group that has inferences, in their order: timestamp (its
            start, in UTC; weeks begin on Monday), the groups, and a column for each attribute.
            What is not defined is null.

        Raises
        ------
        NotFoundError
            There is no reference data.
        UserValueError
            A name is unknown, or an attribute has no such drift.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     model.drift(["age", "p"], "MissingRateChange")
           age    p
        0  0.0  0.0
        """
        from modelgroups.query.drift.frame import drift_frame

        require_text(against, "against")
        return drift_frame(
            self._subject("drift"),
            None if attributes is None else _several(attributes, "attributes"),
            metric,
            every=every,
            by=_several(by or (), "by"),
            against=against,
            filters=_between(since, until),
        )

    def drifted(
        self,
        attributes: str | Sequence[str] | None = None,
        *,
        every: str | None = None,
        confidence: float = 0.95,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
    ) -> pd.DataFrame:
        """Return which attributes drifted from reference data further than chance explains.

        PSI, over all of the time and in the worst interval, each beside the threshold that as
        many rows drawn from the reference data stay below. Where nothing drifted, a table says
        that something did with a probability of 1 − `confidence` at most; an alert is of one
        window by itself.

        Parameters
        ----------
        attributes, since, until
            As in `drift`.
        every
            Intervals, as in `drift`; days when not given, and of a batch model batches.
        confidence
            Between 0 and 1.

        Returns
        -------
        DataFrame
            A row for each attribute, the one furthest beyond its threshold first: attribute, psi,
            threshold, drifted (beyond a threshold, over all of the time or in an interval), worst
            (the start of that interval in UTC, or the batch), worst_psi, worst_threshold. With
            under ten rows of the reference data or one inference for each bucket those are null.

        Raises
        ------
        NotFoundError, UserValueError
            As in `drift`.

        Examples
        --------
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> rows = pd.DataFrame({"age": [31, 47] * 50, "p": [0.25, 0.75] * 50, "y": [0, 1] * 50})
        >>> with example_model() as model:
        ...     _ = model.set_reference_data(data=rows)
        ...     _ = model.send_inferences(rows.assign(age=31))
        ...     model.drifted("age")[["attribute", "drifted"]]
          attribute  drifted
        0       age     True
        """
        from modelgroups.alerts.verdict import drift_verdicts

        return drift_verdicts(
            self._subject("drifted"),
            None if attributes is None else _several(attributes, "attributes"),
            confidence=require_share(confidence, "confidence"),
            every=every or ("batch_id" if self.is_batch else "day"),
            filters=_between(since, until),
        )

    def get_metrics(
        self,
        default_metrics: bool = False,
        metric_type: str | None = None,
        metric_id: str | None = None,
        metric_name: str | None = None,
        attribute_name: str | None = None,
    ) -> list[Metric]:
        """Return the metrics of the model.

        Parameters
        ----------
        default_metrics
            Only those that every model of the kind has.
        metric_type, metric_name, attribute_name
            Only those of a type, a name, an attribute.
        metric_id
            The one with this id; the other parameters do not count then.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            No metric has the id.
        UserError
            There is no such type.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     [metric.name for metric in model.get_metrics(metric_name="AUC")]
        ['AUC']
        """
        from modelgroups.query.custom import all_metrics, require_metric_type

        found = all_metrics(self._subject("get_metrics"))
        if metric_id is not None:
            by_id = [metric for metric in found if metric.id == metric_id]
            if not by_id:
                raise NotFoundError(f"the model {self.id} has no metric with the id {metric_id!r}")
            return by_id
        require_metric_type(metric_type)
        only_defaults = require_flag(default_metrics, "default_metrics")
        return [
            metric
            for metric in found
            if (metric.is_default or not only_defaults)
            and metric_type in (None, metric.type)
            and metric_name in (None, metric.name)
            and attribute_name in (None, metric.attribute)
        ]

    def create_metric(
        self,
        name: str,
        query: Mapping[str, Any],
        is_data_drift: bool = False,
        metric_type: str | None = None,
        parameters: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """Keep a query under a name, to be evaluated by `metrics`.

        Parameters
        ----------
        name
            Unique among the metrics of the model.
        query
            A body that gives one number; ``{{ name }}`` in it stands for a parameter.
        is_data_drift
            Whether it is a drift query.
        metric_type
            A `MetricType`; what the query asks, where it is not given.
        parameters
            Dicts with ``name`` and, where there is one, ``default``.

        Returns
        -------
        str
            The id of the metric.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserError
            The type is unknown.
        ConflictError
            The name is taken.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> oldest = {"select": [{"function": "max", "parameters": {"property": "age"}}]}
        >>> with example_model() as model:
        ...     _ = model.create_metric("Oldest", oldest)
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     model.metrics(["Oldest"], every=None)
           Oldest
        0      47
        """
        from modelgroups.query.custom import add_metric

        subject = self._subject("create_metric")
        title = require_text(name, "name")
        return add_metric(
            subject,
            title,
            require_mapping(query, "query"),
            is_data_drift=require_flag(is_data_drift, "is_data_drift"),
            metric_type=metric_type,
            parameters=list(parameters or ()),
        )

    @property
    def bias(self) -> Bias:
        """What belongs to fairness: ``model.bias.metrics`` compares groups of inferences.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     _ = model.send_inferences({"age": [31, 31, 47], "p": [0.25, 0.75, 0.75]})
        ...     model.bias.metrics.demographic_parity("age")
        {31: 0.5, 47: 1.0}
        """
        return Bias(self)

    @property
    def viz(self) -> DataVisualizer:
        """Pictures of this version: ``model.viz.timeline("age")``, ``metric_series``, and more.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     figure = model.viz.timeline("age")
        """
        return DataVisualizer([self])

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
    ) -> Path:
        """Write a page about this version: an HTML file that needs nothing else.

        Its schema, the distributions of its reference data, metrics over time, drift by attribute
        and day, data quality, fairness. Where there are many days it goes by week, month or year.
        Where at most 1 % of the rows lie far from the rest, what is shown over time leaves them
        out and says so.

        Parameters
        ----------
        path
            The file; one that is there is replaced.
        since, until
            Inferences from the first moment on and before the second, by inference_timestamp. A
            plain date is its midnight in UTC.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserTypeError, UserValueError
            No file can be there, or a time is none.
        MissingDependencyError
            Jinja2 is not installed.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from modelgroups.testing import example_model
        >>> with TemporaryDirectory() as folder, example_model() as model:
        ...     model.report(f"{folder}/fraud.html").read_text("utf-8").splitlines()[0]
        '<!DOCTYPE html>'
        """
        from modelgroups.report.context import context_of
        from modelgroups.report.version import report_version

        model_id = self._require_saved("report")
        context = context_of(self._registry, model_id)
        return report_version(self, context, path, since=since, until=until)

    def _subject(self, method: str) -> Subject:
        from modelgroups.lifecycle.enrichment_settings import explaining_of
        from modelgroups.query.subject import DEFAULT_ALGORITHM, Subject

        to = self._recipient(method)
        given = self.explainability
        explaining = explaining_of(to) or (
            given is not None and bool(given.enabled),
            None if given is None else given.explanation_algo,
        )
        return Subject(
            to,
            str(self.output_type),
            self.classifier_threshold,
            self.text_delimiter,
            str(explaining[1] or DEFAULT_ALGORITHM),
            explaining[0],
        )


def _several(names: str | Sequence[str], parameter: str) -> list[str]:
    """Return names as a list; one may be given as it is."""
    return [names] if isinstance(names, str) else require_names(names, parameter)


def _between(
    since: datetime | date | str | None, until: datetime | date | str | None
) -> list[dict[str, Any]]:
    """Return conditions that hold from a moment on and before another."""
    from modelgroups.inferences.times import as_text, bounds

    return [
        {
            "property": "inference_timestamp",
            "comparator": comparator,
            "value": as_text(moment),
        }
        for comparator, moment in zip(("gte", "lt"), bounds(since, until), strict=True)
        if moment is not None
    ]
