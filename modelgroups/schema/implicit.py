"""The attributes that a registry adds when a classifier is saved, and their links.

A binary model that gives one probability has its complement (``<name>_negative``, the
value 1 - p); a model whose ground truth is a class has a 0/1 ground truth for each class
that it predicts (``<ground truth>_<class>``). Both are derived when they are asked for
and are never required in data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy

from modelgroups.schema.attribute import Attribute, AttributeCategory
from modelgroups.types import OutputType, Stage, ValueType

__all__ = ["with_implicit_attributes"]

_MAX_NAME = 255


def with_implicit_attributes(attributes: list[Attribute], output_type: str) -> list[Attribute]:
    """Return copies of the attributes with the implicit ones added and linked.

    Parameters
    ----------
    attributes
        The schema of a model that is about to be saved.
    output_type
        The model's output type; only classifiers have implicit attributes.

    Examples
    --------
    >>> p = Attribute("p", "FLOAT", "PREDICTED_VALUE", position=1, gt_class_link="1")
    >>> y = Attribute("y", "INTEGER", "GROUND_TRUTH_CLASS", position=0, categorical=True,
    ...               categories=[AttributeCategory(0), AttributeCategory(1)])
    >>> [a.name for a in with_implicit_attributes([p, y], "MULTICLASS")]
    ['p', 'y', 'p_negative', 'y_1', 'y_0']
    """
    completed = [copy(attribute) for attribute in attributes]
    if output_type != OutputType.Multiclass:
        return completed
    names = {attribute.name for attribute in completed}
    truth_class = next((a for a in completed if a.stage == Stage.GroundTruthClass), None)
    predicted = [a for a in completed if a.stage == Stage.PredictedValue]
    if len(predicted) == 1:
        negative = _complement(predicted[0], completed, truth_class, names)
        completed.append(negative)
        predicted.append(negative)
    if truth_class is not None:
        completed += _one_hots(truth_class, predicted, names)
    return completed


def _complement(
    positive: Attribute,
    attributes: Iterable[Attribute],
    truth_class: Attribute | None,
    names: set[str],
) -> Attribute:
    """Return the probability of the negative class, linked to its truth if one is declared."""
    negative = Attribute(
        name=_free_name(f"{positive.name}_negative", names),
        value_type=ValueType.Float,
        stage=Stage.PredictedValue,
        position=1 if positive.position == 0 else 0,
        min_range=0,
        max_range=1,
        implicit=True,
    )
    if truth_class is not None:
        others = [
            category.value
            for category in truth_class.categories or []
            if category.value != positive.gt_class_link
        ]
        if len(others) == 1:
            negative.gt_class_link = others[0]
        return negative
    unlinked = [a for a in attributes if a.stage == Stage.GroundTruth and a.attribute_link is None]
    if len(unlinked) == 1:
        negative.attribute_link, unlinked[0].attribute_link = unlinked[0].name, negative.name
    return negative


def _one_hots(
    truth_class: Attribute, predicted: Iterable[Attribute], names: set[str]
) -> list[Attribute]:
    """Return a 0/1 ground truth for each predicted class, and link the two."""
    added = []
    for attribute in predicted:
        if attribute.gt_class_link is None:
            continue
        name = _free_name(f"{truth_class.name}_{attribute.gt_class_link}", names)
        attribute.attribute_link = name
        added.append(
            Attribute(
                name=name,
                value_type=ValueType.Integer,
                stage=Stage.GroundTruth,
                position=attribute.position,
                categorical=True,
                categories=[AttributeCategory("0"), AttributeCategory("1")],
                attribute_link=attribute.name,
                implicit=True,
            )
        )
    return added


def _free_name(wanted: str, names: set[str]) -> str:
    """Return a legal name that no attribute has, and take it."""
    base = re.sub(r"[^A-Za-z0-9_]", "_", wanted)[: _MAX_NAME - 4]
    name, suffix = base, 2
    while name in names:
        name, suffix = f"{base}_{suffix}", suffix + 1
    names.add(name)
    return name
