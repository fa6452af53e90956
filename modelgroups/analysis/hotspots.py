"""Where a classifier is wrong more often: the nodes of a decision tree. Loads pandas.

The tree is that of scikit-learn, seven splits deep at most: it divides the rows by their inputs and
non-inputs so that right and wrong predictions fall apart (Gini impurity). A *hotspot* is a node
whose metric lies below a bound; what lies under it is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from modelgroups.errors import MissingDependencyError
from modelgroups.types import ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.schema.attribute import Attribute

__all__ = ["DEPTH", "METRICS", "Judged", "hotspots"]

DEPTH: Final = 7
METRICS: Final = ("accuracy", "recall", "f1", "precision")

_SHARE: Final = 100  # a node has a hundredth of the rows at least
_FEWEST: Final = 5
_MOST_CATEGORIES: Final = 50
_NUMBERS: Final = (ValueType.Integer, ValueType.Float)
_CATEGORIES: Final = (*_NUMBERS, ValueType.String, ValueType.Boolean)

Rules = dict[str, dict[str, Any]]
Scores = Callable[..., tuple[Any, Any, Any, Any]]


@dataclass(frozen=True)
class Judged:
    """Rows with their class, the predicted and the true one, as texts.

    Parameters
    ----------
    frame
        Inputs and non-inputs.
    predicted, true
        The classes.
    positive
        Which class precision and recall are of; None for all, weighted by their size.
    """

    frame: pd.DataFrame
    predicted: NDArray[np.str_]
    true: NDArray[np.str_]
    positive: str | None


@dataclass(frozen=True)
class _Feature:
    """A column of the tree: a number, or whether an attribute has a category."""

    attribute: str
    category: Any = None

    def narrowed(self, rules: Rules, cutoff: float, *, above: bool) -> Rules:
        """Return rules with one more: the side of a split that a row lies on."""
        mine = dict(rules.get(self.attribute, {}))
        if self.category is None:
            mine["gt" if above else "lte"] = cutoff
        elif above:
            mine = {"eq": self.category}
        else:
            mine["ne"] = [*mine.get("ne", []), self.category]
        return rules | {self.attribute: mine}


def hotspots(
    judged: Judged, attributes: list[Attribute], metric: str, threshold: float
) -> list[dict[str, Any]]:
    """Return the nodes whose metric lies below a threshold, from the left to the right.

    Numbers that are missing are taken as the median, and of categories the fifty most frequent
    count. A node has a hundredth of the rows, and five, at least.

    Parameters
    ----------
    judged
        One row or more.
    attributes
        Inputs and non-inputs; texts, images and those in which every value is unique are left out.
    metric
        One of `METRICS`.
    threshold
        The metric of a hotspot is below it.

    Raises
    ------
    MissingDependencyError
        scikit-learn is not installed.
    """
    tree_class, scores_of = _scikit()
    features, columns = _features(judged.frame, attributes)
    n_rows = len(judged.frame)
    tree = tree_class(
        max_depth=DEPTH, min_samples_leaf=max(_FEWEST, n_rows // _SHARE), random_state=0
    )
    matrix = columns if features else np.zeros((n_rows, 1))
    tree.fit(matrix, judged.predicted == judged.true)
    members = tree.decision_path(matrix).toarray().astype(bool)

    def told(node: int, rules: Rules) -> dict[str, Any]:
        return _told(judged, members[:, node], scores_of) | {
            "rules": rules,
            "impurity": float(tree.tree_.impurity[node]),
            **_split(tree.tree_, features, node),
        }

    def walk(node: int, rules: Rules) -> Iterator[dict[str, Any]]:
        found = told(node, rules)
        if found[metric] < threshold:
            yield found
        elif found["feature"] is not None:
            feature = features[tree.tree_.feature[node]]
            cutoff = found["cutoff"]
            left, right = tree.tree_.children_left[node], tree.tree_.children_right[node]
            yield from walk(left, feature.narrowed(rules, cutoff, above=False))
            yield from walk(right, feature.narrowed(rules, cutoff, above=True))

    return list(walk(0, {}))


def _features(
    frame: pd.DataFrame, attributes: list[Attribute]
) -> tuple[list[_Feature], NDArray[np.float64]]:
    features: list[_Feature] = []
    columns: list[NDArray[np.float64]] = []
    for attribute in attributes:
        values = frame[attribute.name]
        if attribute.is_unique or attribute.value_type not in _CATEGORIES:
            continue
        if attribute.value_type in _NUMBERS:
            numbers = pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
            if np.isnan(numbers).all():
                continue
            features.append(_Feature(attribute.name))
            columns.append(np.where(np.isnan(numbers), np.nanmedian(numbers), numbers))
            continue
        for category in values.value_counts().index[:_MOST_CATEGORIES]:
            features.append(_Feature(attribute.name, _plain(category)))
            columns.append((values == category).fillna(value=False).to_numpy(np.float64))
    return features, np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _split(tree: Any, features: list[_Feature], node: int) -> dict[str, Any]:
    """Return by what a node is divided; None for one that is not."""
    if tree.children_left[node] == tree.children_right[node]:
        return {"feature": None, "cutoff": None}
    feature = features[tree.feature[node]]
    if feature.category is not None:
        return {"feature": feature.attribute, "cutoff": feature.category}
    return {"feature": feature.attribute, "cutoff": float(tree.threshold[node])}


def _told(judged: Judged, inside: NDArray[np.bool_], scores_of: Scores) -> dict[str, Any]:
    predicted, true = judged.predicted[inside], judged.true[inside]
    how = {"average": "weighted"} if judged.positive is None else {"labels": [judged.positive]}
    precision, recall, f1 = (
        np.mean(score) for score in scores_of(true, predicted, zero_division=0, **how)[:3]
    )
    counts = pd.crosstab(true, predicted)
    return {
        "gt_to_info": {
            str(true_class): {
                "count": int(row.sum()),
                "predicted": {str(name): int(n) for name, n in row.items() if n},
            }
            for true_class, row in counts.iterrows()
        },
        "accuracy": float((predicted == true).mean()),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "n_samples": int(inside.sum()),
    }


def _scikit() -> tuple[Any, Scores]:
    try:
        from sklearn.metrics import precision_recall_fscore_support
        from sklearn.tree import DecisionTreeClassifier
    except ImportError as error:
        raise MissingDependencyError(
            "find_hotspots() needs scikit-learn; install it with: python -m pip install "
            "'modelgroups[sklearn]'"
        ) from error
    return DecisionTreeClassifier, precision_recall_fscore_support
