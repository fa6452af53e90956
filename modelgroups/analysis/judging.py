"""Which class was predicted, and which one was true. Loads pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelgroups.analysis.hotspots import Judged
from modelgroups.query.drift.classes import text_of
from modelgroups.query.subject import positive_of
from modelgroups.types import Stage
from modelgroups.viz.thresholds import is_positive, truth_of

if TYPE_CHECKING:
    from modelgroups.analysis.version import Version
    from modelgroups.schema.attribute import Attribute

__all__ = ["described", "judged", "wanted_columns"]

_HALF = 0.5


def described(version: Version) -> list[Attribute]:
    """Return the attributes that describe a row: inputs and non-inputs, without implicit ones."""
    return [
        attribute
        for stage in (Stage.ModelPipelineInput, Stage.NonInputData)
        for attribute in version.get_attributes(stage)
        if not attribute.implicit
    ]


def wanted_columns(version: Version) -> list[str]:
    """Return the columns that `judged` needs."""
    stages = (Stage.PredictedValue, Stage.GroundTruth, Stage.GroundTruthClass)
    outputs = [a for stage in stages for a in version.get_attributes(stage) if not a.implicit]
    return [attribute.name for attribute in [*described(version), *outputs]]


def judged(version: Version, frame: pd.DataFrame) -> Judged:
    """Return the rows that have a prediction and a ground truth, each with both classes.

    A model with a positive class predicts it from its threshold on, any other the class with the
    largest score.
    """
    predicted = [a for a in version.get_attributes(Stage.PredictedValue) if not a.implicit]
    positive = positive_of(version.get_attributes(Stage.PredictedValue))
    frame = frame.reset_index(drop=True)
    if positive is not None:
        said, true = _of_two(version, frame, positive)
        name = _names_of_two(positive, None)[0]
    else:
        said, true = _of_many(version, frame, sorted(predicted, key=lambda a: a.position or 0))
        name = None
    known = said.notna() & true.notna()
    return Judged(frame[known], said[known].to_numpy(str), true[known].to_numpy(str), name)


def _of_two(
    version: Version, frame: pd.DataFrame, positive: Attribute
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    truth = truth_of(version, positive)
    scores = pd.to_numeric(frame[positive.name]).astype("float64")
    limit = _HALF if version.classifier_threshold is None else version.classifier_threshold
    yes, no = _names_of_two(positive, truth)
    said = pd.Series(np.where(scores >= limit, yes, no), dtype=object).where(scores.notna())
    if truth is None:
        return said, pd.Series(None, index=frame.index, dtype=object)
    of_class = pd.Series(is_positive(frame[truth.name], truth, positive))
    true = pd.Series(np.where(of_class == 1, yes, no), dtype=object).where(of_class.notna())
    return said, true


def _names_of_two(positive: Attribute, truth: Attribute | None) -> tuple[str, str]:
    """Return what the positive class and the other one are called."""
    yes = positive.gt_class_link or positive.name
    categories = [] if truth is None else [category.value for category in truth.categories or ()]
    others = [category for category in categories if category != yes]
    return yes, others[0] if yes in categories and len(others) == 1 else f"not {yes}"


def _of_many(
    version: Version, frame: pd.DataFrame, predicted: list[Attribute]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    classes = {a.name: a.gt_class_link or a.name for a in predicted}
    scores = frame[list(classes)].apply(pd.to_numeric).astype("float64")
    scored = scores.notna().any(axis=1)
    said = pd.Series(None, index=frame.index, dtype=object)
    said[scored] = scores[scored].idxmax(axis=1).map(classes)
    stored = next(
        (a for a in version.get_attributes(Stage.GroundTruthClass) if not a.implicit), None
    )
    if stored is not None:
        known = frame[stored.name].dropna()
        texts = known.map({value: text_of(value) for value in known.unique()})
        return said, texts.reindex(frame.index)
    links = {a.attribute_link: classes[a.name] for a in predicted if a.attribute_link}
    truths = frame[list(links)].apply(pd.to_numeric).astype("float64")
    hit = (truths == 1).any(axis=1)
    true = pd.Series(None, index=frame.index, dtype=object)
    true[hit] = (truths[hit] == 1).idxmax(axis=1).map(links)
    return said, true
