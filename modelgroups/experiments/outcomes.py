"""What a version said, row by row, and what was true: the columns that every test is made of.

As the query language has it: a row counts where it has a score and a ground truth, and the
prediction is positive where the score reaches the threshold, or among several classes where it is
the largest. Loads pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.query.drift.classes import text_of
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.query.subject import Subject
    from modelgroups.schema.attribute import Attribute

__all__ = ["Kind", "Outcomes", "Target", "names_of", "outcomes_of"]

_DEFAULT_THRESHOLD: Final = 0.5
_TWO_CLASSES: Final = 2


class Kind(StrEnum):
    """What is looked at."""

    CLASS = "class"
    """One class of a classifier against the rest."""
    OVERALL = "overall"
    """Whether the class with the largest score is the true one."""
    NUMBER = "number"
    """A predicted number."""
    PRESENCE = "presence"
    """Whether there is a prediction at all; it is positive where there is none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a metric is about.

    Parameters
    ----------
    kind
        What is looked at.
    attribute
        The name of the predicted attribute; of `Kind.OVERALL` it does not matter.
    """

    kind: Kind
    attribute: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a version said of some rows.

    Parameters
    ----------
    score
        What it predicted, NaN where it did not.
    truth
        What was true, NaN where that is not known.
    is_true, is_predicted
        Whether the row is, and was predicted, positive; where that is not known, False.
    """

    score: NDArray[np.float64]
    truth: NDArray[np.float64]
    is_true: NDArray[np.bool_]
    is_predicted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: NDArray[Any]) -> Outcomes:
        """Return some of the rows: by their numbers, or by a mask."""
        return Outcomes(
            self.score[rows], self.truth[rows], self.is_true[rows], self.is_predicted[rows]
        )


def names_of(subject: Subject, target: Target) -> list[str]:
    """Return the columns that a target is read from."""
    predicted = {attribute.name: attribute for attribute in subject.predicted()}
    if target.kind is Kind.PRESENCE:
        return [target.attribute]
    if target.kind is Kind.OVERALL or _is_largest(subject, target):
        wanted = list(predicted.values())
    else:
        wanted = [predicted[target.attribute]]
    truths = [_truth_of(subject, attribute) for attribute in wanted]
    names = [attribute.name for attribute in (*wanted, *truths) if attribute is not None]
    return list(dict.fromkeys(names))


def outcomes_of(subject: Subject, target: Target, table: pa.Table) -> Outcomes:
    """Return what a version said of the rows of a table with the columns of `names_of`."""
    if target.kind is Kind.PRESENCE:
        return _presence(table[target.attribute])
    if target.kind is Kind.OVERALL:
        return _overall(subject, table)
    attribute = subject.attributes[target.attribute]
    score = _numbers(table[attribute.name])
    truth = _truth(subject, attribute, table, is_class=target.kind is Kind.CLASS)
    if target.kind is Kind.NUMBER:
        nothing = np.zeros(len(score), bool)
        return Outcomes(score, truth, nothing, nothing)
    if _is_largest(subject, target):
        chosen, place = _chosen(subject, table)
        is_predicted = chosen == place[attribute.name]
    else:
        limit = _DEFAULT_THRESHOLD if subject.threshold is None else subject.threshold
        is_predicted = score >= limit
    return Outcomes(score, truth, truth == 1.0, is_predicted)


def _is_largest(subject: Subject, target: Target) -> bool:
    """Return whether a class is predicted by having the largest score."""
    several = len(subject.predicted()) > _TWO_CLASSES
    return target.kind is Kind.CLASS and several and subject.output_type == OutputType.Multiclass


def _presence(column: pa.ChunkedArray) -> Outcomes:
    is_missing = column.is_null().to_numpy()
    return Outcomes(
        is_missing.astype(np.float64),
        np.full(len(column), np.nan),
        np.zeros(len(column), bool),
        is_missing,
    )


def _overall(subject: Subject, table: pa.Table) -> Outcomes:
    """Return whether the largest score is that of the true class: of rows that are all positive."""
    chosen, place = _chosen(subject, table)
    truth = np.full(len(chosen), np.nan)
    is_hit = np.zeros(len(chosen), bool)
    for attribute in subject.predicted():
        is_class = _truth(subject, attribute, table, is_class=True)
        known = ~np.isnan(is_class)
        truth[known] = np.nan_to_num(truth[known])
        truth[is_class == 1.0] = place[attribute.name] + 1  # 0: another class than all of them
        is_hit |= (is_class == 1.0) & (chosen == place[attribute.name])
    score = np.where(chosen >= 0, chosen.astype(np.float64), np.nan)
    return Outcomes(score, truth, ~np.isnan(truth), is_hit)


def _chosen(subject: Subject, table: pa.Table) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Return which class has the largest score, the first of several; -1 where there is none."""
    names = [attribute.name for attribute in subject.predicted()]
    scores = [_numbers(table[name]) for name in names]
    best = np.fmax.reduce(scores)
    chosen = np.full(len(best), -1)
    for place in reversed(range(len(names))):
        chosen[scores[place] == best] = place
    return chosen, {name: place for place, name in enumerate(names)}


def _truth_of(subject: Subject, attribute: Attribute) -> Attribute | None:
    linked = subject.attributes.get(str(attribute.attribute_link))
    return linked if linked is not None else subject.truth_class()


def _truth(
    subject: Subject, attribute: Attribute, table: pa.Table, *, is_class: bool
) -> NDArray[np.float64]:
    truth = _truth_of(subject, attribute)
    if truth is None:
        return np.full(len(table), np.nan)
    column = table[truth.name]
    if is_class and truth.stage == Stage.GroundTruthClass:
        return _is_named(column, attribute.gt_class_link or "1")
    return _numbers(column)


def _is_named(column: pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """Return 1 where a category has a name as its text, 0 where it has another, else NaN."""
    encoded = column.combine_chunks().dictionary_encode()
    is_it = [float(text_of(value) == name) for value in encoded.dictionary.to_pylist()]
    return _numbers(pa.chunked_array([pc.take(pa.array(is_it, pa.float64()), encoded.indices)]))


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return numbers
