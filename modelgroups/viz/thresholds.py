"""What a binary classifier would do at other thresholds. Loads pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd

from modelgroups.errors import MethodNotApplicableError
from modelgroups.query.drift.classes import text_of
from modelgroups.query.subject import positive_of
from modelgroups.types import OutputType, Stage
from modelgroups.viz.versions import Version, name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.schema.attribute import Attribute

__all__ = ["Curves", "curves_of", "is_positive", "threshold_curves", "threshold_of", "truth_of"]

_TWO_CLASSES: Final = 2
_HALF: Final = 0.5
_STEPS: Final = 1000


class HasAttributes(Protocol):
    """A model with a schema."""

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes of a stage."""


@dataclass(frozen=True)
class Curves:
    """What holds at each threshold; NaN where it is not defined.

    Parameters
    ----------
    thresholds
        From 0 to 1; the prediction is positive where the score reaches it.
    precision, recall, f1
        Of the inferences with a ground truth: TP / (TP + FP), TP / (TP + FN), and
        2 TP / (2 TP + FP + FN).
    share_positive
        The share of the inferences with a score that are predicted positive.
    n_scores, n_truths
        How many there are of the one, and of the other.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    share_positive: NDArray[np.float64]
    n_scores: int
    n_truths: int

    def lines(self) -> dict[str, NDArray[np.float64]]:
        """Return the curves by what they are called."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "F1": self.f1,
            "share predicted positive": self.share_positive,
        }


def threshold_of(version: Version) -> float:
    """Return the probability from which on a version predicts the positive class."""
    given = version.classifier_threshold
    return _HALF if given is None else given


def threshold_curves(version: Version) -> Curves:
    """Return the curves of the inferences that a version has received.

    Raises
    ------
    MethodNotApplicableError
        The model is not a binary classifier.
    """
    predicted = version.get_attributes(Stage.PredictedValue)
    positive = positive_of(predicted)
    is_classifier = version.output_type == OutputType.Multiclass
    if not is_classifier or positive is None or len(predicted) > _TWO_CLASSES:
        raise MethodNotApplicableError(
            f"{name_of(version)} is not a binary classifier with a positive class, and only such "
            "have threshold curves"
        )
    truth = truth_of(version, positive)
    names = [positive.name, *([] if truth is None else [truth.name])]
    frame = version.inferences(names)
    scores = frame[positive.name].to_numpy(np.float64, na_value=np.nan)
    known = np.full(len(frame), np.nan)
    if truth is not None:
        known = is_positive(frame[truth.name], truth, positive)
    grid = np.linspace(0, 1, _STEPS + 1)
    return curves_of(scores, known, np.union1d(grid, [threshold_of(version)]))


def curves_of(
    scores: NDArray[np.float64], truths: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> Curves:
    """Return what holds at each threshold, from sorted scores.

    Parameters
    ----------
    scores
        Probabilities of the positive class, NaN where there is none.
    truths
        1 where it was that class, 0 where not, NaN where that is not known.
    thresholds
        In any order.

    Examples
    --------
    >>> scores, truths = np.array([0.1, 0.4, 0.8, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> found = curves_of(scores, truths, np.array([0.0, 0.4, 1.0]))
    >>> found.precision.round(3).tolist(), found.recall.tolist(), found.share_positive.tolist()
    ([0.5, 0.667, nan], [1.0, 1.0, 0.0], [1.0, 0.75, 0.0])
    """
    has_score = ~np.isnan(scores)
    known = has_score & ~np.isnan(truths)
    of_class = known & (truths == 1.0)
    reached = _at_least(scores[known], thresholds)
    hits = _at_least(scores[of_class], thresholds)
    n_positive = int(of_class.sum())
    return Curves(
        thresholds,
        _ratio(hits, reached),
        _ratio(hits, np.full_like(hits, n_positive)),
        _ratio(2 * hits, reached + n_positive),
        _ratio(_at_least(scores[has_score], thresholds), int(has_score.sum())),
        int(has_score.sum()),
        int(known.sum()),
    )


def _at_least(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many scores reach each threshold."""
    count: NDArray[np.int64] = len(scores) - np.searchsorted(np.sort(scores), thresholds, "left")
    return count


def _ratio(part: NDArray[Any], whole: NDArray[Any] | int) -> NDArray[np.float64]:
    whole = np.broadcast_to(np.asarray(whole), part.shape)
    nothing = np.full(part.shape, np.nan)
    found: NDArray[np.float64] = np.divide(part, whole, out=nothing, where=whole > 0)
    return found


def truth_of(version: HasAttributes, positive: Attribute) -> Attribute | None:
    """Return the ground truth that is stored; one that is derived from a class is not."""
    truths = [
        *version.get_attributes(Stage.GroundTruth),
        *version.get_attributes(Stage.GroundTruthClass),
    ]
    linked = [a for a in truths if a.name == positive.attribute_link and not a.implicit]
    classes = [a for a in truths if a.stage == Stage.GroundTruthClass]
    return next(iter([*linked, *classes]), None)


def is_positive(
    values: pd.Series[Any], truth: Attribute, positive: Attribute
) -> NDArray[np.float64]:
    """Return 1 where the true class is the positive one, 0 where it is another, else NaN."""
    if truth.stage == Stage.GroundTruthClass:
        wanted = positive.gt_class_link or "1"
        texts = {value: float(text_of(value) == wanted) for value in values.dropna().unique()}
        values = values.map(texts)
    return pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
