"""Thresholds for each group that make a binary classifier fairer. Loads pandas.

A group gets a threshold of its own, and its score counts as positive above it. Along the curves of
an attribute all groups keep to one rate: of positive predictions (demographic parity), of hits
(equal opportunity) or of false alarms (equalized odds); the curves show what that costs.

The rules for the curves are those of Hardt, Price and Srebro, "Equality of Opportunity in
Supervised Learning" (2016), without randomised thresholds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from modelgroups.analysis.groups import group_labels
from modelgroups.errors import MethodNotApplicableError, NotFoundError, UserValueError
from modelgroups.query.subject import positive_of
from modelgroups.types import OutputType, Stage
from modelgroups.viz.thresholds import is_positive, truth_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.analysis.version import Version
    from modelgroups.schema.attribute import Attribute

__all__ = [
    "AXES",
    "STEPS",
    "Curves",
    "GroupCounts",
    "best_index",
    "counts_of",
    "curve_of",
    "curves_of_model",
]

logger = logging.getLogger(__name__)

STEPS: Final = 1000
"""A curve has a point for each rate 0, 1/1000 … 1."""

AXES: Final = {
    "demographic_parity": ("selection_rate", "accuracy"),
    "equal_opportunity": ("true_positive_rate", "accuracy"),
    "equalized_odds": ("false_positive_rate", "true_positive_rate"),
}
"""For each constraint the rate that the groups share, and what is seen along it."""

_TWO_CLASSES: Final = 2


@dataclass
class Curves:
    """The curves of the groups of one attribute under one constraint.

    Parameters
    ----------
    attribute_name
        The attribute whose values are the groups.
    constraint
        A key of `AXES`.
    max_acc_idx
        The row of each curve that is best: of the largest accuracy over all groups; for equalized
        odds the one nearest to no false alarms and all hits, of the worst group.
    attr_val_to_threshold
        For each group a DataFrame with the columns x, y and threshold and 1001 rows; row i of each
        has the same x.
    """

    attribute_name: str
    constraint: str
    max_acc_idx: int
    attr_val_to_threshold: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class GroupCounts:
    """How often a group is predicted positive above each threshold 0, 1/1000 … 1.

    Parameters
    ----------
    hits, false_alarms
        Rows of the positive and of the negative class with a score above the threshold.
    n_positive, n_negative
        Rows of each class.
    """

    hits: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    n_positive: int
    n_negative: int

    @property
    def size(self) -> int:
        """How many rows the group has."""
        return self.n_positive + self.n_negative

    @property
    def right(self) -> NDArray[np.int64]:
        """How many predictions are right."""
        return self.hits + self.n_negative - self.false_alarms


def counts_of(scores: NDArray[np.float64], truths: NDArray[np.bool_]) -> GroupCounts:
    """Count a group.

    Examples
    --------
    >>> found = counts_of(np.array([0.25, 0.75]), np.array([False, True]))
    >>> found.hits[[0, 750, 749]].tolist(), found.false_alarms[[0, 250]].tolist()
    ([1, 0, 1], [1, 0])
    """
    return GroupCounts(
        _above(scores[truths]), _above(scores[~truths]), int(truths.sum()), int((~truths).sum())
    )


def _above(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    thresholds = np.arange(STEPS + 1) / STEPS
    count: NDArray[np.int64] = len(scores) - np.searchsorted(np.sort(scores), thresholds, "right")
    return count


def curve_of(counts: GroupCounts, constraint: str) -> pd.DataFrame | None:
    """Return the curve of a group: x, y and threshold for each rate; None if it has none.

    At each rate stands the threshold whose own rate is nearest, of several the one with the
    largest y, then the largest one. Compared are whole numbers, so ties are exact.
    """
    shared, whole = {
        "demographic_parity": (counts.hits + counts.false_alarms, counts.size),
        "equal_opportunity": (counts.hits, counts.n_positive),
        "equalized_odds": (counts.false_alarms, counts.n_negative),
    }[constraint]
    is_odds = constraint == "equalized_odds"
    seen, of = (counts.hits, counts.n_positive) if is_odds else (counts.right, counts.size)
    if not whole or not of:
        return None
    order = np.lexsort((-np.arange(STEPS + 1), -seen))
    target = np.arange(STEPS + 1) * whole
    distance = np.abs(STEPS * shared[order][None, :] - target[:, None])
    chosen = order[distance.argmin(axis=1)]
    return pd.DataFrame(
        {
            "x": np.arange(STEPS + 1) / STEPS,
            "y": seen[chosen] / of,
            "threshold": chosen / STEPS,
        }
    )


def best_index(curves: dict[str, pd.DataFrame], sizes: dict[str, int], constraint: str) -> int:
    """Return the best point of the curves of all groups, the first of several.

    Parameters
    ----------
    curves
        By group, as `curve_of` returns them.
    sizes
        How many rows each group has.
    constraint
        A key of `AXES`.

    Examples
    --------
    >>> x = np.arange(1001) / 1000
    >>> tent = pd.DataFrame({"x": x, "y": 1 - abs(x - 0.25)})
    >>> best_index({"a": tent, "b": tent.assign(y=0.5)}, {"a": 3, "b": 9}, "equal_opportunity")
    250
    """
    heights = np.array([curve["y"] for curve in curves.values()])
    if constraint == "equalized_odds":
        x = np.arange(STEPS + 1) / STEPS
        return int(np.argmin(x**2 + (1 - heights.min(axis=0)) ** 2))
    weights = np.array([sizes[group] for group in curves])
    return int(np.argmax(weights @ heights))


def curves_of_model(version: Version, attribute: Attribute, constraint: str) -> Curves:
    """Return the curves of the inferences with a ground truth; without any, of reference data.

    Parameters
    ----------
    version
        A saved binary classifier.
    attribute
        The sensitive one, with categories or bins.
    constraint
        A key of `AXES`.

    Raises
    ------
    MethodNotApplicableError
        It is no binary classifier, the attribute makes no groups, or no group has a curve.
    """
    predicted = version.get_attributes(Stage.PredictedValue)
    positive = positive_of(predicted)
    is_classifier = version.output_type == OutputType.Multiclass
    if not is_classifier or positive is None or len(predicted) > _TWO_CLASSES:
        raise MethodNotApplicableError("bias is mitigated of binary classifiers only")
    if not attribute.categorical and not attribute.bins:
        raise MethodNotApplicableError(
            f"{attribute.name!r} has neither categories nor bins that make groups; give it bins "
            f"with model.get_attribute({attribute.name!r}).set(bins=[None, ..., None])"
        )
    truth = truth_of(version, positive)
    if truth is None:
        raise MethodNotApplicableError("the model has no ground truth that scores belong to")
    names = list(dict.fromkeys([positive.name, truth.name, attribute.name]))
    rows = _labelled(version.inferences, names, truth, positive)
    if rows is None:
        rows = _labelled(version.reference_data, names, truth, positive)
    if rows is None:
        raise MethodNotApplicableError(
            "there are neither inferences nor reference data with scores and ground truth; send "
            "some with model.send_inferences or model.update_inference_ground_truths"
        )
    return _curves(rows, attribute, constraint)


def _labelled(
    read: Callable[[list[str]], pd.DataFrame],
    names: list[str],
    truth: Attribute,
    positive: Attribute,
) -> pd.DataFrame | None:
    """Return the rows with a score and a ground truth, or None."""
    try:
        frame = read(names).reset_index(drop=True)
    except (NotFoundError, UserValueError):  # no reference data, or none with these columns
        return None
    frame["score"] = pd.to_numeric(frame[positive.name]).astype("float64")
    frame["truth"] = is_positive(frame[truth.name], truth, positive)
    known = frame.dropna(subset=["score", "truth"])
    return known if len(known) else None


def _curves(rows: pd.DataFrame, attribute: Attribute, constraint: str) -> Curves:
    labels = group_labels(rows[attribute.name], attribute)
    curves, sizes = {}, {}
    for group, members in rows.groupby(labels, sort=True):
        counts = counts_of(
            members["score"].to_numpy("float64"), members["truth"].to_numpy("float64") == 1
        )
        curve = curve_of(counts, constraint)
        if curve is None:
            logger.warning(
                "The group %s of %s has no curve of %s: its %d rows are of one class.",
                *(group, attribute.name, constraint, counts.size),
            )
            continue
        curves[str(group)], sizes[str(group)] = curve, counts.size
    if not curves:
        raise MethodNotApplicableError(
            f"no group of {attribute.name!r} has ground truths of the classes that "
            f"{constraint} compares"
        )
    return Curves(attribute.name, constraint, best_index(curves, sizes, constraint), curves)
