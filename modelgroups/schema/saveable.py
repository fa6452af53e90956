"""Whether a schema is complete and sound enough to be saved."""

from __future__ import annotations

import math
from collections import Counter
from copy import copy
from numbers import Real
from typing import TYPE_CHECKING

from modelgroups.errors import (
    MethodNotApplicableError,
    MissingParameterError,
    UnexpectedTypeError,
    UserError,
    UserValueError,
)
from modelgroups.schema.attribute import Attribute, as_bins, as_categories
from modelgroups.schema.columns import check_names
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["check_saveable"]

_INPUTS = {Stage.ModelPipelineInput, Stage.PredictFunctionInput}
_TRUTHS = {Stage.GroundTruth, Stage.GroundTruthClass}


def check_saveable(attributes: Sequence[Attribute] | None, output_type: str) -> list[Attribute]:
    """Return the attributes of a model as they are to be saved.

    The lone prediction of a classifier is marked as the positive one, and categories and bins
    that were assigned as plain values become objects.

    Parameters
    ----------
    attributes
        Those of the model; they are not changed.
    output_type
        What the model gives out.

    Returns
    -------
    list of Attribute
        Copies, in the same order.

    Raises
    ------
    UnexpectedTypeError
        `attributes` is None.
    MissingParameterError
        There are no attributes, or no ground truth, prediction or input among them.
    MethodNotApplicableError
        None of the two predictions of a classifier is the positive one.
    UserValueError
        Lists what else is wrong: names, categories, ranges, more than one positive prediction.

    Examples
    --------
    >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT", categorical=True, categories=[1, 2])
    >>> outputs = [Attribute("y", "INTEGER", "GROUND_TRUTH"),
    ...            Attribute("p", "FLOAT", "PREDICTED_VALUE")]
    >>> *_, prediction = check_saveable([age, *outputs], "MULTICLASS")
    >>> prediction.is_positive_predicted_attribute
    True
    """
    if attributes is None:
        raise UnexpectedTypeError(
            "the model's attributes are None; add a schema with build or infer_schema"
        )
    if not attributes:
        raise MissingParameterError(
            "the model has no attributes; add a schema with build or infer_schema before saving"
        )
    _check_stages({attribute.stage for attribute in attributes}, output_type)
    copies, problems = [], _name_problems(attributes)
    for attribute in attributes:
        try:
            copies.append(_copy(attribute))
        except UserError as error:
            problems.append(f"attribute '{attribute.name}': {error}")
    if not problems and output_type == OutputType.Multiclass:
        _mark_positive([a for a in copies if a.stage == Stage.PredictedValue])
    positive = [a.name for a in copies if a.is_positive_predicted_attribute]
    if len(positive) > 1:
        problems.append(
            f"{len(positive)} attributes are the positive prediction ({', '.join(positive)}); "
            "keep one"
        )
    if problems:
        raise UserValueError(f"the schema cannot be saved: {'; '.join(problems)}")
    return copies


def _check_stages(stages: set[str], output_type: str) -> None:
    """Raise if the schema lacks a role that every model has."""
    absent = []
    if not stages & _TRUTHS and output_type != OutputType.TokenSequence:
        absent.append("ground truth (stage GROUND_TRUTH or GROUND_TRUTH_CLASS)")
    if Stage.PredictedValue not in stages:
        absent.append("prediction (stage PREDICTED_VALUE)")
    if not stages & _INPUTS:
        absent.append("input (stage PIPELINE_INPUT or PREDICT_FUNCTION_INPUT)")
    if absent:
        raise MissingParameterError(
            f"the schema has no {', no '.join(absent)}; add the attributes before saving"
        )


def _mark_positive(predictions: list[Attribute]) -> None:
    """Mark the lone prediction of a classifier; raise if none of two is marked."""
    if len(predictions) == 1:
        predictions[0].is_positive_predicted_attribute = True
    elif len(predictions) == 2 and not any(p.is_positive_predicted_attribute for p in predictions):
        raise MethodNotApplicableError(
            "none of the two predictions of this binary classifier is the positive one "
            f"({predictions[0].name}, {predictions[1].name}); name it with "
            "positive_predicted_attr, or set is_positive_predicted_attribute on its attribute"
        )


def _name_problems(attributes: Iterable[Attribute]) -> list[str]:
    counts = Counter(attribute.name for attribute in attributes)
    problems = [
        f"{count} attributes are named {name!r}; a name is unique within a model"
        for name, count in counts.items()
        if count > 1
    ]
    try:
        check_names(counts)
    except UserValueError as error:
        problems.append(str(error))
    return problems


def _copy(attribute: Attribute) -> Attribute:
    """Return an attribute with categories and bins of its own; raise if it is not sound."""
    categories, bins = as_categories(attribute.categories), as_bins(attribute.bins)
    limits = [("min_range", attribute.min_range), ("max_range", attribute.max_range)]
    for bin_ in bins or ():
        limits += [("a cut-off of its bins", cut) for cut in vars(bin_).values()]
    for what, value in limits:
        if isinstance(value, Real) and not math.isfinite(value):
            raise UserValueError(f"{what} is {value}; give a finite number, or None")
    copied = copy(attribute)
    copied.categories = None if categories is None else [copy(c) for c in categories]
    copied.bins = None if bins is None else [copy(b) for b in bins]
    return copied
