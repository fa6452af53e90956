"""Which changes of a version's attributes its inferences forbid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from modelgroups.schema.attribute import Attribute
from modelgroups.types import Stage

__all__ = ["forbidden_changes"]

_TRUTH_STAGES = frozenset({Stage.GroundTruth, Stage.GroundTruthClass})
_STORED = ("stage", "value_type")
"""What decides how the values of an attribute are kept."""

_FREE = frozenset({"id", "label", "attribute_link", "gt_class_link"})
"""What may always change: what people read, and which ground truth belongs to a prediction."""

_FIXED = tuple(field.name for field in fields(Attribute) if field.name not in _FREE)


def forbidden_changes(
    stored: Iterable[Attribute],
    changed: Iterable[Attribute],
    *,
    has_inferences: bool,
    has_ground_truths: bool,
) -> list[str]:
    """Return what is changed of attributes and may not be, in words.

    From the first inference on only labels, the labels of categories and ground truth attributes
    change. From the first ground truth on its attributes are not removed, and keep their type.

    Parameters
    ----------
    stored, changed
        The schema before and after.
    has_inferences, has_ground_truths
        What the version has received.

    Examples
    --------
    >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT")
    >>> wider = [Attribute("age", "FLOAT", "PIPELINE_INPUT", label="Age")]
    >>> forbidden_changes([age], wider, has_inferences=True, has_ground_truths=False)
    ["value_type of attribute 'age' is 'INTEGER' and cannot become 'FLOAT'"]
    >>> forbidden_changes([age], wider, has_inferences=False, has_ground_truths=False)
    []
    """
    before = {attribute.name: attribute for attribute in stored}
    after = {attribute.name: attribute for attribute in changed}
    problems: list[str] = []
    for name, old in before.items():
        is_truth = old.stage in _TRUTH_STAGES
        new = after.get(name)
        if has_ground_truths if is_truth else has_inferences:
            if new is None:
                problems.append(f"attribute {name!r} cannot be removed")
            else:
                problems += _differences(old, new, _STORED if is_truth else _FIXED)
    if has_inferences:
        for name, new in after.items():
            old_stage = before[name].stage if name in before else Stage.GroundTruth
            if old_stage in _TRUTH_STAGES and new.stage not in _TRUTH_STAGES:
                problems.append(f"attribute {name!r} cannot be added to stage {new.stage}")
    return list(dict.fromkeys(problems))


def _differences(old: Attribute, new: Attribute, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        was, becomes = _value(old, name), _value(new, name)
        if was != becomes:
            yield f"{name} of attribute {old.name!r} is {was!r} and cannot become {becomes!r}"


def _value(attribute: Attribute, name: str) -> Any:
    """Return a field, or the values of categories without their labels."""
    value = getattr(attribute, name)
    if name == "categories":
        return [category.value for category in value or ()]
    if name == "bins":
        return [(b.continuous_start, b.continuous_end) for b in value or ()]
    return str(value) if name in _STORED else value
