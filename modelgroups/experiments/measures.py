"""The metrics that versions are compared by, and the test for each. Loads numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from modelgroups.errors import UserValueError
from modelgroups.experiments.areas import compare_areas, compare_paired_areas
from modelgroups.experiments.effect import Effect
from modelgroups.experiments.means import compare_means, compare_paired_means
from modelgroups.experiments.outcomes import Kind, Outcomes, Target
from modelgroups.experiments.pair import Pair
from modelgroups.experiments.rates import Pairs, compare_paired_rates, compare_rates
from modelgroups.experiments.resampling import bootstrap, paired_bootstrap
from modelgroups.experiments.smooth import (
    Influence,
    compare_paired_smooth,
    compare_smooth,
    r_squared,
    ratio_of_means,
    root_mean_square,
)
from modelgroups.query.faults import nearest, spelled
from modelgroups.types import OutputType, ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.query.subject import Subject
    from modelgroups.schema.attribute import Attribute

__all__ = ["FEW", "Measure", "chosen_measures", "measures_of"]

FEW: Final = 2000
"""Up to so many rows RMSE and R² are resampled; of more, the delta method says the same."""

_NUMBERS: Final = (ValueType.Float, ValueType.Integer, ValueType.Boolean)

Test = Callable[[Pair, float], Effect]


@dataclass(frozen=True)
class Measure:
    """A metric to compare by.

    Parameters
    ----------
    name
        What it is called; where `Model.metrics` has it, by the same name and with the same value.
    target
        What it is about.
    test
        From what two versions said and a confidence to how they differ.
    needs_truth
        Whether it takes ground truth.
    sign
        1 where more is better, -1 where less is, 0 where neither is.
    is_default
        Whether it is compared where no metrics are named.
    """

    name: str
    target: Target
    test: Test
    needs_truth: bool = True
    sign: int = 1
    is_default: bool = True


def chosen_measures(subject: Subject, names: Sequence[str] | None) -> list[Measure]:
    """Return the metrics of some names; the default ones where none is given.

    Raises
    ------
    UserValueError
        The kind of model has no metric of a name, or a name is given twice.
    """
    known = {measure.name: measure for measure in measures_of(subject)}
    if names is None:
        return [measure for measure in known.values() if measure.is_default]
    names = [spelled(name, known) for name in names]
    for place, name in enumerate(names):
        if name not in known:
            told = nearest(name, known, f"metric of a {subject.output_type} model to compare by:")
            raise UserValueError(f"metrics: {told}")
        if name in names[:place]:
            raise UserValueError(f"metrics: {name!r} is named twice")
    if not names:
        raise UserValueError(f"metrics: name at least one of {', '.join(map(repr, known))}")
    return [known[name] for name in names]


def measures_of(subject: Subject) -> list[Measure]:
    """Return all metrics that versions of a kind can be compared by."""
    return list(_measures(subject))


def _measures(subject: Subject) -> Iterator[Measure]:
    predicted = subject.predicted()
    is_class = subject.output_type in (OutputType.Multiclass, OutputType.Multilabel)
    if is_class and subject.output_type == OutputType.Multiclass:
        positive = subject.positive()
        if positive is not None:
            yield from _of_class(positive.name, "")
        else:
            yield Measure("Overall Accuracy Rate", Target(Kind.OVERALL, ""), _recall)
    if is_class and (subject.output_type == OutputType.Multilabel or subject.positive() is None):
        for attribute in predicted:
            yield from _of_class(attribute.name, f": {attribute.name}")
    if subject.output_type == OutputType.Regression:
        for attribute in _numbers(predicted):
            suffix = "" if len(predicted) == 1 else f": {attribute.name}"
            yield from _of_number(attribute.name, suffix)
    has_others = is_class or (subject.output_type == OutputType.Regression and _numbers(predicted))
    for attribute in predicted[:1]:
        target = Target(Kind.PRESENCE, attribute.name)
        yield Measure(
            "Missing Prediction Rate",
            target,
            _positives,
            needs_truth=False,
            sign=-1,
            is_default=not has_others,
        )


def _numbers(predicted: Sequence[Attribute]) -> list[Attribute]:
    return [attribute for attribute in predicted if attribute.value_type in _NUMBERS]


def _of_class(name: str, suffix: str) -> Iterator[Measure]:
    target = Target(Kind.CLASS, name)
    tests: list[tuple[str, Test, int, bool]] = [
        ("Accuracy Rate", _accuracy, 1, not suffix),
        ("Balanced Accuracy Rate", _balanced_accuracy, 1, not suffix),
        ("AUC", _auc, 1, True),
        ("Recall", _recall, 1, True),
        ("Precision", _precision, 1, True),
        ("Specificity (TNR)", _specificity, 1, not suffix),
        ("F1", _f1, 1, not suffix),
        ("False Positive Rate", _false_positives, -1, False),
        ("False Negative Rate", _false_negatives, -1, False),
        ("Brier Score", _brier_score, -1, not suffix),
    ]
    for title, test, sign, is_default in tests:
        yield Measure(title + suffix, target, test, sign=sign, is_default=is_default)
    for title, test in (("Predicted Positive Rate", _positives), ("Average Prediction", _average)):
        yield Measure(
            title + suffix, target, test, needs_truth=False, sign=0, is_default=not suffix
        )


def _of_number(name: str, suffix: str) -> Iterator[Measure]:
    target = Target(Kind.NUMBER, name)
    yield Measure(f"Root Mean Squared Error{suffix}", target, _rmse, sign=-1)
    yield Measure(f"Mean Absolute Error{suffix}", target, _mae, sign=-1)
    yield Measure(f"R Squared{suffix}", target, _r_squared)
    yield Measure(f"Average Prediction{suffix}", target, _average, needs_truth=False, sign=0)


# --- rates of rows ---------------------------------------------------------------------------


def _rate(pair: Pair, confidence: float, said: dict[int, int]) -> Effect:
    """Compare how often a prediction is as it is said to be, by whether the row is true."""
    if pair.is_paired:
        tables = [_turned(pair.joint[true], wanted) for true, wanted in said.items()]
        table = np.sum(tables, axis=0)
        found = Pairs(*(int(table[place]) for place in ((1, 1), (1, 0), (0, 1), (0, 0))))
        return compare_paired_rates(found, confidence)
    hits = [sum(int(cells[true, is_]) for true, is_ in said.items()) for cells in pair.cells]
    sizes = [sum(int(cells[true].sum()) for true in said) for cells in pair.cells]
    return compare_rates(hits[0], sizes[0], hits[1], sizes[1], confidence)


def _turned(table: NDArray[Any], wanted: int) -> NDArray[Any]:
    """Return numbers of pairs by whether either version said what is wanted."""
    return table if wanted else table[::-1, ::-1]


def _accuracy(pair: Pair, confidence: float) -> Effect:
    return _rate(pair.known, confidence, {0: 0, 1: 1})


def _recall(pair: Pair, confidence: float) -> Effect:
    return _rate(pair.known, confidence, {1: 1})


def _specificity(pair: Pair, confidence: float) -> Effect:
    return _rate(pair.known, confidence, {0: 0})


def _false_positives(pair: Pair, confidence: float) -> Effect:
    return _rate(pair.known, confidence, {0: 1})


def _false_negatives(pair: Pair, confidence: float) -> Effect:
    return _rate(pair.known, confidence, {1: 0})


def _positives(pair: Pair, confidence: float) -> Effect:
    """Compare how often a prediction is positive, whatever is true."""
    if not pair.is_paired:
        return _rate(pair.scored, confidence, {0: 1, 1: 1})
    table = pair.scored.joint.sum(axis=0)
    found = Pairs(*(int(table[place]) for place in ((1, 1), (1, 0), (0, 1), (0, 0))))
    return compare_paired_rates(found, confidence)


# --- ratios of the confusion matrix ----------------------------------------------------------

_Cell = tuple[tuple[int, int], tuple[int, int]]
_HIT: Final[_Cell] = ((0, 0), (0, 1))
_TRUE_NEGATIVE: Final[_Cell] = ((1, 0), (0, 0))
_PREDICTED: Final[_Cell] = ((0, 1), (0, 1))
_POSITIVE: Final[_Cell] = ((0, 0), (1, 1))
_NEGATIVE: Final[_Cell] = ((1, 1), (0, 0))
_TWICE_HIT: Final[_Cell] = ((0, 0), (0, 2))
_PREDICTED_AND_POSITIVE: Final[_Cell] = ((0, 1), (1, 2))


def _of_cells(pair: Pair, confidence: float, *ratios: tuple[_Cell, _Cell]) -> Effect:
    """Compare the mean of ratios of numbers of the confusion matrix."""
    one, two = (_mean_ratio(cells, ratios) for cells in pair.cells)
    if not pair.is_paired:
        counts = (pair.cells[0].ravel(), pair.cells[1].ravel())
        return compare_smooth(one, two, confidence, counts=counts)
    shape = (2, 2, 2)
    first = np.broadcast_to(one.of_rows.reshape(2, 2)[:, :, None], shape)
    other = np.broadcast_to(two.of_rows.reshape(2, 2)[:, None, :], shape)
    return compare_paired_smooth(
        Influence(one.value, first.ravel()),
        Influence(two.value, other.ravel()),
        confidence,
        counts=pair.joint.ravel(),
    )


def _mean_ratio(cells: NDArray[Any], ratios: Sequence[tuple[_Cell, _Cell]]) -> Influence:
    found = [
        ratio_of_means(np.ravel(part), np.ravel(whole), cells.ravel()) for part, whole in ratios
    ]
    values = [each.value for each in found if each.value is not None]
    whole_value = sum(values) / len(found) if len(values) == len(found) else None
    return Influence(whole_value, np.mean([each.of_rows for each in found], axis=0))


def _precision(pair: Pair, confidence: float) -> Effect:
    return _of_cells(pair.known, confidence, (_HIT, _PREDICTED))


def _f1(pair: Pair, confidence: float) -> Effect:
    return _of_cells(pair.known, confidence, (_TWICE_HIT, _PREDICTED_AND_POSITIVE))


def _balanced_accuracy(pair: Pair, confidence: float) -> Effect:
    return _of_cells(pair.known, confidence, (_HIT, _POSITIVE), (_TRUE_NEGATIVE, _NEGATIVE))


# --- scores and numbers ----------------------------------------------------------------------


def _auc(pair: Pair, confidence: float) -> Effect:
    first, other = pair.known.first, pair.known.other
    if pair.is_paired:
        return compare_paired_areas(first.score, other.score, first.is_true, confidence)
    return compare_areas(first.score, first.is_true, other.score, other.is_true, confidence)


def _mean(
    pair: Pair, confidence: float, of_rows: Callable[[Outcomes], NDArray[np.float64]]
) -> Effect:
    compare = compare_paired_means if pair.is_paired else compare_means
    return compare(of_rows(pair.first), of_rows(pair.other), confidence)


def _average(pair: Pair, confidence: float) -> Effect:
    return _mean(pair.scored, confidence, lambda rows: rows.score)


def _brier_score(pair: Pair, confidence: float) -> Effect:
    return _mean(pair.known, confidence, lambda rows: (rows.score - rows.is_true) ** 2)


def _mae(pair: Pair, confidence: float) -> Effect:
    return _mean(pair.known, confidence, lambda rows: np.abs(rows.score - rows.truth))


def _smooth(
    pair: Pair,
    confidence: float,
    columns: Callable[[Outcomes], tuple[NDArray[np.float64], ...]],
    statistic: Callable[..., NDArray[np.float64]],
    influence: Callable[..., Influence],
) -> Effect:
    """Compare by resampling few rows, or by the influence of each of many."""
    first, other = columns(pair.first), columns(pair.other)
    if max(len(pair.first), len(pair.other)) <= FEW:
        resample = paired_bootstrap if pair.is_paired else bootstrap
        return resample(first, other, statistic, confidence)
    compare = compare_paired_smooth if pair.is_paired else compare_smooth
    return compare(influence(*first), influence(*other), confidence)


def _rmse(pair: Pair, confidence: float) -> Effect:
    return _smooth(
        pair.known,
        confidence,
        lambda rows: (rows.score - rows.truth,),
        lambda errors: np.sqrt((errors * errors).mean(axis=-1)),
        root_mean_square,
    )


def _r_squared(pair: Pair, confidence: float) -> Effect:
    return _smooth(
        pair.known, confidence, lambda rows: (rows.score, rows.truth), _r_squared_of, r_squared
    )


def _r_squared_of(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> Any:
    residual = ((truth - predicted) ** 2).sum(axis=-1)
    total = ((truth - truth.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - residual / total
