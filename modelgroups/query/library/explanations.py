"""Explanations: how much each input weighs in the predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelgroups.inferences.explanations import ALGORITHMS
from modelgroups.query.faults import nearest
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function

__all__: list[str] = []

_TEXT = Parameter(Takes.TEXT)
_OPTIONAL = Parameter(Takes.TEXT, None)
_ALGORITHM = Parameter(Takes.CHOICE, None, choices=ALGORITHMS)


def _require(call: Call, parameter: str, name: str, names: Iterable[str], what: str) -> None:
    choices = list(dict.fromkeys(names))
    if name not in choices:
        call.blame(parameter, nearest(name, choices, what))


def _importance(call: Call, algorithm: str | None, predicted: str, attribute: str) -> Any:
    """Return the mean absolute score of an input."""
    algorithm = algorithm or call.subject.explanation_algorithm
    column = call.score(f"{algorithm}-{predicted}-{attribute}")
    return None if column is None else column.abs().mean()


def _inputs(call: Call) -> list[str]:
    parts = call.subject.recipient.layout.explanations
    return list(dict.fromkeys(part.attribute for part in parts))


@function(
    "regionalFeatureImportance",
    Kind.EXPLANATION,
    {
        "attribute_name": _TEXT,
        "predicted_attribute_name": _TEXT,
        "explanation_algorithm": _ALGORITHM,
    },
)
def regional_feature_importance(
    call: Call,
    attribute_name: str,
    predicted_attribute_name: str,
    explanation_algorithm: str | None,
) -> Any:
    """Mean absolute score of an input in the explanations of a prediction."""
    predicted = [attribute.name for attribute in call.subject.predicted()]
    _require(call, "attribute_name", attribute_name, _inputs(call), "input attribute")
    _require(
        call,
        "predicted_attribute_name",
        predicted_attribute_name,
        predicted,
        "predicted attribute",
    )
    return _importance(call, explanation_algorithm, predicted_attribute_name, attribute_name)


@function(
    "regionalFeatureImportances",
    Kind.EXPLANATION,
    {"predicted_attribute_name": _TEXT, "explanation_algorithm": _ALGORITHM},
    makes_rows=True,
)
def regional_feature_importances(
    call: Call, predicted_attribute_name: str, explanation_algorithm: str | None
) -> Any:
    """Row for each input with its mean absolute score in the explanations, largest first."""
    import ibis

    predicted = [attribute.name for attribute in call.subject.predicted()]
    _require(
        call,
        "predicted_attribute_name",
        predicted_attribute_name,
        predicted,
        "predicted attribute",
    )
    scores = [
        _importance(call, explanation_algorithm, predicted_attribute_name, name)
        for name in _inputs(call)
    ]
    return None if any(score is None for score in scores) else ibis.array(scores)


@function(
    "nlp_explanation",
    Kind.EXPLANATION,
    {
        "attribute_name": _OPTIONAL,
        "nlp_predicted_attribute": _OPTIONAL,
        "nlp_explainer": _ALGORITHM,
    },
    makes_rows=True,
)
def nlp_explanation(
    call: Call,
    attribute_name: str | None,
    nlp_predicted_attribute: str | None,
    nlp_explainer: str | None,  # noqa: ARG001  # it decides which rows there are
) -> Any:
    """Row for each inference with the tokens of its texts and how much each weighs."""
    import ibis

    parts = [part for part in call.subject.recipient.layout.explanations if part.has_tokens]
    texts = [part.attribute for part in parts]
    predicted = [part.predicted for part in parts]
    if attribute_name is not None or not texts:
        _require(call, "attribute_name", str(attribute_name), texts, "text attribute")
    if nlp_predicted_attribute is not None and texts:
        name = nlp_predicted_attribute
        _require(call, "nlp_predicted_attribute", name, predicted, "predicted attribute")
    columns = {
        "algorithm": "explainer_algo",
        "predicted_attribute_name": "explainer_predicted_attribute",
        "attribute_name": "explainer_attribute",
        "token": "nlp_explanation.token",
        "position": "nlp_explanation.location",
        "value": "nlp_explanation.value",
    }
    if not texts or call.score("") is None:
        return None
    return ibis.struct({name: call.column(column) for name, column in columns.items()})
