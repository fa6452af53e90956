"""Which prediction belongs to which ground truth."""

from __future__ import annotations

from typing import Any

from modelgroups.query.library.registry import Call
from modelgroups.schema.attribute import Attribute
from modelgroups.types import Stage

__all__ = ["pair_of_columns", "unswapped"]

_TRUTHS = (Stage.GroundTruth, Stage.GroundTruthClass)


def unswapped(
    attributes: dict[str, Attribute], predicted: str | None, truth: str | None
) -> tuple[str | None, str | None]:
    """Return the names of a prediction and its ground truth, which may be given swapped."""
    first, second = attributes.get(predicted or ""), attributes.get(truth or "")
    if first is None or second is None:
        return predicted, truth
    if first.stage in _TRUTHS and second.stage == Stage.PredictedValue:
        return truth, predicted
    return predicted, truth


def pair_of_columns(
    call: Call, predicted: str | None, truth: str | None, *, part: str = ""
) -> tuple[Any, Any] | None:
    """Return the columns of a prediction and its ground truth; blame the query where one lacks.

    Parameters
    ----------
    call
        Of the function.
    predicted, truth
        The names that are given; else the model's only prediction, and what it is linked to.
    part
        The column that is derived from the prediction, such as ``_item_id``.
    """
    attributes = call.subject.attributes
    predicted, truth = unswapped(attributes, predicted, truth)
    if predicted is None:
        found = [attribute for attribute in call.subject.predicted() if not attribute.implicit]
        if len(found) != 1:
            call.blame("predicted_property", f"it must be given: there are {len(found)}")
            return None
        predicted = found[0].name
    p = call.column(f"{predicted}{part}")
    if p is None:
        return None
    if truth is None:
        attribute = attributes.get(predicted)
        truth = attribute.attribute_link if attribute is not None else None
        if truth is None:
            call.blame("ground_truth_property", f"it must be given: {predicted!r} has no link")
            return None
    y = call.column(truth)
    return None if y is None else (p, y)
