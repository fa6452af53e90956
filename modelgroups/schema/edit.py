"""Finding and changing attributes in a model's schema.

Functions take the list of attributes and either return what they found or change the
attributes in place, after checking everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from modelgroups.cautions import warn
from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.hints import did_you_mean
from modelgroups.schema.attribute import Attribute, AttributeCategory, as_categories
from modelgroups.types import OutputType, Stage, ValueType

__all__ = [
    "binarize",
    "find_attribute",
    "one_hot_encode",
    "positive_predicted_class",
    "rename",
    "require_new",
    "select",
    "set_input_order",
    "set_labels",
    "swap_predicted_positions",
]


def select(
    attributes: Iterable[Attribute] | None,
    *,
    stage: str | None = None,
    value_type: str | None = None,
) -> list[Attribute]:
    """Return the attributes of a stage and of a value type; None matches any."""
    return [
        attribute
        for attribute in attributes or ()
        if (stage is None or attribute.stage == stage)
        and (value_type is None or attribute.value_type == value_type)
    ]


def find_attribute(
    attributes: Sequence[Attribute], name: object, stage: str | None = None
) -> Attribute:
    """Return the first attribute of that name, in that stage if one is given.

    Raises
    ------
    UserValueError
        There is none.
    """
    for attribute in attributes:
        if attribute.name == name and (stage is None or attribute.stage == stage):
            return attribute
    where = f" in the stage {stage}" if stage is not None else ""
    names = [attribute.name for attribute in select(attributes, stage=stage)]
    near = did_you_mean(name, names) if isinstance(name, str) else ""
    hint = near or f"the names there are: {', '.join(names) or 'none'}"
    raise UserValueError(f"there is no attribute {name!r}{where}; {hint}")


def require_new(attributes: Iterable[Attribute], name: str, stage: str) -> None:
    """Raise if the stage has an attribute of that name already."""
    if any(a.name == name and a.stage == stage for a in attributes):
        raise UserValueError(
            f"the stage {stage} has an attribute {name!r} already; choose another name, or "
            "change the one that is there with get_attribute(...).set(...)"
        )


def rename(attributes: Sequence[Attribute], old: str, new: str, stage: str) -> Attribute:
    """Rename an attribute, and every link that names it; return it."""
    attribute = find_attribute(attributes, old, stage)
    if new != old and any(a.name == new for a in attributes):
        raise UserValueError(
            f"cannot rename {old!r}: the model has an attribute {new!r} already; "
            "choose another name"
        )
    attribute.name = new
    for other in attributes:
        for link in ("attribute_link", "token_attribute_link"):
            if getattr(other, link) == old:
                setattr(other, link, new)
    return attribute


def set_labels(attribute: Attribute, labels: Mapping[Any, str]) -> None:
    """Replace the categories of an attribute by one for each value and its label."""
    if not isinstance(labels, Mapping):
        raise UserTypeError(
            f"labels must be a dict from values to labels, got {type(labels).__name__}"
        )
    categories = [AttributeCategory(value, label) for value, label in labels.items()]
    kept = {category.value for category in categories}
    lost = [c.value for c in as_categories(attribute.categories) or () if c.value not in kept]
    if lost:
        warn(
            f"the categories {', '.join(map(repr, lost))} of {attribute.name!r} have no label in "
            "the call and are categories no more; a value that is to stay one needs a label"
        )
    attribute.categories = categories


def set_input_order(attributes: Sequence[Attribute], names: Sequence[str]) -> None:
    """Give the pipeline inputs the positions of their names in `names`."""
    inputs = {a.name: a for a in select(attributes, stage=Stage.ModelPipelineInput)}
    names = list(names)
    unknown = [name for name in names if name not in inputs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if unknown or repeated:
        raise UserValueError(
            "the order of the inputs must name pipeline inputs, each once"
            + (f"; unknown: {', '.join(map(repr, unknown))}" if unknown else "")
            + (f"; repeated: {', '.join(map(repr, repeated))}" if repeated else "")
            + f"; the pipeline inputs are {', '.join(inputs) or 'none'}"
        )
    for position, name in enumerate(names):
        inputs[name].position = position


def swap_predicted_positions(attributes: Sequence[Attribute]) -> None:
    """Exchange the positions of the two predicted attributes."""
    predicted = select(attributes, stage=Stage.PredictedValue)
    if len(predicted) != 2:
        raise MethodNotApplicableError(
            "only a model with two predicted attributes can have their positions swapped; "
            f"this one has {len(predicted)}"
        )
    first, second = predicted
    first.position, second.position = second.position, first.position


def positive_predicted_class(attributes: Iterable[Attribute], output_type: str) -> str | None:
    """Return the name of the positive predicted attribute of a binary classifier.

    For other models the answer is a text that says so, as it is in the SDK.
    """
    if output_type != OutputType.Multiclass:
        return "Not a classifier model."
    predicted = select(attributes, stage=Stage.PredictedValue)
    if len(predicted) != 2:
        return "Not a binary classifier."
    positive = [a.name for a in predicted if a.is_positive_predicted_attribute]
    return positive[0] if positive else None


def binarize(attributes: Sequence[Attribute], prediction: Mapping[str, float]) -> dict[str, float]:
    """Return the probabilities of both classes, given one of them."""
    predicted = select(attributes, stage=Stage.PredictedValue)
    fits = len(predicted) == 2 and all(
        a.value_type == ValueType.Float and a.min_range == 0 and a.max_range == 1 for a in predicted
    )
    if not fits:
        raise MethodNotApplicableError(
            "only a model with exactly two predicted attributes of type FLOAT and range [0, 1] "
            f"can be binarized; this one predicts {', '.join(map(str, predicted)) or 'nothing'}"
        )
    names = [attribute.name for attribute in predicted]
    if len(prediction) != 1 or next(iter(prediction)) not in names:
        raise UserValueError(
            f"give the probability of one of {names[0]!r} and {names[1]!r}, "
            f"for example {{{names[1]!r}: 0.7}}; got {dict(prediction)!r}"
        )
    ((given, probability),) = prediction.items()
    if isinstance(probability, bool) or not isinstance(probability, Real):
        raise UserTypeError(f"the probability of {given!r} must be a number, got {probability!r}")
    return {name: probability if name == given else 1 - probability for name in names}


def one_hot_encode(attributes: Sequence[Attribute], output_type: str, value: Any) -> dict[str, int]:
    """Return a 0/1 ground truth for each ground truth attribute.

    `value` is the name of the true attribute, or a class of the ground truth class.
    """
    if output_type != OutputType.Multiclass:
        raise MethodNotApplicableError(
            f"only a MULTICLASS model has one-hot ground truths; this one is {output_type}"
        )
    names = [a.name for a in select(attributes, stage=Stage.GroundTruth)]
    if value in names:
        return {name: int(name == value) for name in names}
    by_class = {
        a.gt_class_link: a.attribute_link
        for a in select(attributes, stage=Stage.PredictedValue)
        if a.gt_class_link is not None
    }
    if str(value) in by_class:
        return {name: int(name == by_class[str(value)]) for name in names}
    choices = ", ".join([*names, *map(str, by_class)]) or "none"
    raise UserValueError(f"there is no ground truth {value!r}; choose from: {choices}")
