"""`Model.bias`: how a classifier treats groups of people, as queries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from modelgroups.analysis.groups import bin_label, sorted_bins
from modelgroups.analysis.version import Version
from modelgroups.arguments import require_flag, require_text
from modelgroups.calls import checked_calls
from modelgroups.errors import UserValueError
from modelgroups.hints import Hinting
from modelgroups.model.mitigating import ThresholdMitigation, monitored
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["Bias", "BiasMetrics"]

_BINARY = 2
_GROUP = "group"


class Asked(Protocol):
    """A model, as far as it is asked here."""

    is_batch: bool
    output_type: str
    classifier_threshold: float | None
    attributes: list[Attribute] | None

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        """Answer a query."""

    def get_attribute(self, name: str, stage: str | None = None) -> Attribute:
        """Return an attribute."""


class Compared(Asked, Version, Protocol):
    """A model whose groups are compared and given thresholds of their own."""


class Bias(Hinting):
    """What belongs to the fairness of a model.

    Parameters
    ----------
    arthur_model
        A saved classifier.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     model.set_attribute_as_sensitive("age")
    ...     _ = model.send_inferences({"age": [31, 31, 47], "p": [0.2, 0.6, 0.9], "y": [0, 0, 1]})
    ...     model.bias.metrics.demographic_parity("age")
    {31: 0.5, 47: 1.0}
    """

    def __init__(self, arthur_model: Compared) -> None:
        self.metrics = BiasMetrics(arthur_model)
        self.mitigation_threshold = ThresholdMitigation(arthur_model)


@checked_calls
class BiasMetrics(Hinting):
    """Compares the groups of a sensitive attribute.

    Parameters
    ----------
    arthur_model
        A saved classifier.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     model.set_attribute_as_sensitive("age")
    ...     _ = model.send_inferences({"age": [31, 31, 47], "p": [0.2, 0.6, 0.9], "y": [0, 0, 1]})
    ...     model.bias.metrics.group_counts("age")
    {31: 2, 47: 1}
    """

    def __init__(self, arthur_model: Asked) -> None:
        self._model = arthur_model

    def demographic_parity(
        self,
        attr_name: str,
        batch_id: str | None = None,
        start_time: datetime | date | str | None = None,
        end_time: datetime | date | str | None = None,
    ) -> dict[Any, float | None]:
        """Return for each group the share that is predicted positive: P(score ≥ threshold).

        Parameters
        ----------
        attr_name
            An attribute that is monitored for bias.
        batch_id, start_time, end_time
            Inferences of a batch, or of times from the one to the other, both included;
            datetimes without a zone are in UTC.

        Returns
        -------
        dict
            The share by the value of the attribute, or by its bin, such as ``"(18,65]"``.

        Raises
        ------
        MethodNotApplicableError
            The attribute is not monitored for bias.
        UserValueError
            The model is not binary, or takes no batches.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     _ = model.send_inferences({"age": [31, 31, 47], "p": [0.2, 0.6, 0.9]})
        ...     model.bias.metrics.demographic_parity("age")
        {31: 0.5, 47: 1.0}
        """
        attribute = self._monitored(attr_name)
        positive = self._positive()
        threshold = self._model.classifier_threshold
        parameters = {
            "property": positive,
            "comparator": "gte",
            "value": 0.5 if threshold is None else threshold,
        }
        share = {"function": "rate", "alias": "share", "parameters": parameters}
        filters = self._filters(batch_id, start_time, end_time)
        return {row[_GROUP]: row["share"] for row in self._by_group(attribute, share, filters)}

    def group_positivity_rates(
        self,
        attr_name: str,
        batch_id: str | None = None,
        start_time: datetime | date | str | None = None,
        end_time: datetime | date | str | None = None,
    ) -> dict[Any, float | None]:
        """Return for each group the share that is predicted positive; as `demographic_parity`.

        Parameters
        ----------
        attr_name, batch_id, start_time, end_time
            As for `demographic_parity`.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     rows = {"age": [31, 31, 47], "p": [0.2, 0.6, 0.9], "y": [0, 0, 1]}
        ...     _ = model.send_inferences(rows)
        ...     model.bias.metrics.group_positivity_rates("age")
        {31: 0.5, 47: 1.0}
        """
        return self.demographic_parity(attr_name, batch_id, start_time, end_time)

    def group_counts(
        self,
        attr_name: str,
        batch_id: str | None = None,
        start_time: datetime | date | str | None = None,
        end_time: datetime | date | str | None = None,
    ) -> dict[Any, int]:
        """Return for each group the number of its inferences.

        Parameters
        ----------
        attr_name, batch_id, start_time, end_time
            As for `demographic_parity`.

        Raises
        ------
        MethodNotApplicableError
            The attribute is not monitored for bias.
        UserValueError
            The model takes no batches.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     _ = model.send_inferences({"age": [31, 31, 47], "p": [0.2, 0.6, 0.9]})
        ...     model.bias.metrics.group_counts("age")
        {31: 2, 47: 1}
        """
        count = {"function": "count", "alias": "n"}
        filters = self._filters(batch_id, start_time, end_time)
        rows = self._by_group(self._monitored(attr_name), count, filters)
        return {row[_GROUP]: row["n"] for row in rows}

    def group_confusion_matrices(
        self,
        attr_name: str,
        pred_property: str | None = None,
        batch_id: str | None = None,
        start_time: datetime | date | str | None = None,
        end_time: datetime | date | str | None = None,
        return_by_metric: bool = True,
    ) -> dict[Any, dict[Any, float | None]]:
        """Return for each group the rates of its confusion matrix.

        Parameters
        ----------
        attr_name, batch_id, start_time, end_time
            As for `demographic_parity`.
        pred_property
            The class that is compared with the rest, of a model with more than two; of a
            multilabel model the label.
        return_by_metric
            ``{metric: {group: value}}``, else ``{group: {metric: value}}``.

        Raises
        ------
        MethodNotApplicableError
            The attribute is not monitored for bias.
        UserValueError
            The model is no classifier, the class is missing, or it takes no batches.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.set_attribute_as_sensitive("age")
        ...     rows = {"age": [31, 31, 47], "p": [0.2, 0.6, 0.9], "y": [0, 0, 1]}
        ...     _ = model.send_inferences(rows)
        ...     model.bias.metrics.group_confusion_matrices("age")["accuracy_rate"]
        {31: 0.5, 47: 1.0}
        """
        attribute = self._monitored(attr_name)
        rates = {"alias": "rates", **self._rates(pred_property)}
        filters = self._filters(batch_id, start_time, end_time)
        found = {row[_GROUP]: row["rates"] for row in self._by_group(attribute, rates, filters)}
        if not require_flag(return_by_metric, "return_by_metric"):
            return found
        metrics = sorted({metric for rates in found.values() for metric in rates})
        return {metric: {group: found[group][metric] for group in found} for metric in metrics}

    # --- what the queries are made of ----------------------------------------------------

    def _monitored(self, name: str) -> Attribute:
        return monitored(self._model.get_attribute(require_text(name, "attr_name")))

    def _predicted(self) -> list[Attribute]:
        attributes = self._model.attributes or []
        return [attribute for attribute in attributes if attribute.stage == Stage.PredictedValue]

    def _rates(self, pred_property: str | None) -> dict[str, Any]:
        """Return the function that gives the rates of one class, and what it is given."""
        output_type, predicted = self._model.output_type, self._predicted()
        if output_type not in (OutputType.Multiclass, OutputType.Multilabel):
            raise UserValueError(
                "confusion matrices are those of classifiers; the output type of this model is "
                f"{output_type}"
            )
        if output_type == OutputType.Multiclass and len(predicted) <= _BINARY:
            return {"function": "confusionMatrixRate"}
        if pred_property is None:
            names = ", ".join(repr(attribute.name) for attribute in predicted)
            raise UserValueError(f"the model has several classes; pred_property is one of {names}")
        is_one_of_them = output_type == OutputType.Multiclass
        return {
            "function": "confusionMatrixRate" + ("Multiclass" if is_one_of_them else ""),
            "parameters": {"predicted_property": require_text(pred_property, "pred_property")},
        }

    def _positive(self) -> str:
        predicted = self._predicted()
        positive = [a.name for a in predicted if a.is_positive_predicted_attribute]
        is_classifier = self._model.output_type == OutputType.Multiclass
        if not is_classifier or len(predicted) > _BINARY or len(positive) != 1:
            raise UserValueError("positivity rates are those of binary classifiers")
        return positive[0]

    def _filters(
        self,
        batch_id: str | None,
        start_time: datetime | date | str | None,
        end_time: datetime | date | str | None,
    ) -> list[dict[str, Any]]:
        from modelgroups.inferences.times import as_text, bound

        if batch_id is not None and not self._model.is_batch:
            raise UserValueError("the model takes no batches; leave batch_id out")
        filters: list[dict[str, Any]] = []
        if batch_id is not None:
            filters.append({"property": "batch_id", "comparator": "eq", "value": batch_id})
        for name, comparator, moment in (
            ("start_time", "gte", start_time),
            ("end_time", "lte", end_time),
        ):
            if moment is not None:
                value = as_text(bound(moment, name, UTC))
                condition = {"property": "inference_timestamp", "comparator": comparator}
                filters.append(condition | {"value": value})
        return filters

    def _by_group(
        self, attribute: Attribute, item: Mapping[str, Any], filters: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        group: dict[str, Any] = {"property": attribute.name, "alias": _GROUP}
        if attribute.bins and not attribute.categorical:
            group = {"alias": _GROUP, **_bin_of(attribute)}
        body = {
            "select": [group, item],
            "filter": filters,
            "group_by": [{"alias": _GROUP}],
            "order_by": [{"alias": _GROUP}],
        }
        return self._model.query(body)


def _bin_of(attribute: Attribute) -> dict[str, Any]:
    """Return the function that tells the bin of a value, ``(start, end]``, and null outside."""
    bins = sorted_bins(attribute)
    chosen: Any = None
    for each in reversed(bins):
        chosen = _if(attribute.name, "lte", each.continuous_end, bin_label(each), chosen)
    lowest = bins[0].continuous_start
    outer = _if(attribute.name, "gt", lowest, chosen, None) if lowest is not None else chosen
    return dict(outer["nested_function"])


def _if(name: str, comparator: str, value: float | None, then: Any, otherwise: Any) -> Any:
    if value is None:  # an open end holds for every value
        comparator = "NotNull"
    parameters = {"property": name, "comparator": comparator, "value": value, "then": then}
    if otherwise is not None:
        parameters["else"] = otherwise
    return {"nested_function": {"function": "if", "parameters": parameters}}
