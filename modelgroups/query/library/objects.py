"""How good the detection of objects is. A box is class, confidence, left, top, width, height."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from modelgroups.query.library.pairs import pair_of_columns
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function
from modelgroups.query.operand import Deferred

__all__: list[str] = []

_NAME = Parameter(Takes.TEXT, None)
_BOX_LENGTH = 6
_CLASS, _CONFIDENCE = 0, 1

Array = np.ndarray[Any, Any]


@function(
    "meanAveragePrecision",
    Kind.EVALUATION,
    {
        "threshold": Parameter(Takes.NUMBER, least=0, most=1),
        "predicted_property": _NAME,
        "ground_truth_property": _NAME,
    },
)
def mean_average_precision(
    call: Call, threshold: float, predicted_property: Any, ground_truth_property: Any
) -> Any:
    """Mean over the labelled classes of the area under the envelope of precision over recall.

    A box is a hit if the best unmatched label of its image and class overlaps it by at least the
    threshold (intersection over union); boxes choose in descending confidence. All points of the
    curve count, as in the PASCAL VOC challenge from 2010 on (Everingham et al. 2010).
    """
    attributes = call.subject.attributes
    if predicted_property is None and "objects_detected" in attributes:
        predicted_property = "objects_detected"
    if ground_truth_property is None and "label" in attributes:
        ground_truth_property = "label"
    found = pair_of_columns(call, predicted_property, ground_truth_property)
    if found is None:
        return None
    if any(str(column.type()) != "array<array<float64>>" for column in found):
        call.blame("", "two attributes that hold boxes are wanted")
        return None
    both = found[0].notnull() & found[1].notnull()
    boxes, labels = (column.collect(where=both, order_by=call.order) for column in found)
    return Deferred(
        {"boxes": boxes, "labels": labels}, lambda row: _mean_average_precision(row, threshold)
    )


def _mean_average_precision(row: Mapping[str, Any], threshold: float) -> float | None:
    if row["labels"] is None:
        return None
    labels, label_image = _flat(row["labels"])
    boxes, box_image = _flat(row["boxes"])
    order = np.argsort(-boxes[:, _CONFIDENCE], kind="stable")
    boxes, box_image = boxes[order], box_image[order]
    classes = np.unique(labels[:, _CLASS])
    hits = _hits(boxes, box_image, labels, label_image, threshold)
    precisions = [
        _average_precision(hits[boxes[:, _CLASS] == each], int((labels[:, _CLASS] == each).sum()))
        for each in classes
    ]
    return float(np.mean(precisions)) if precisions else None


def _flat(images: Any) -> tuple[Array, Array]:
    """Return all boxes as rows, and the number of the image of each."""
    n_boxes = np.asarray(images.value_lengths())
    numbers = np.asarray(images.flatten().flatten(), dtype=np.float64)
    return numbers.reshape(-1, _BOX_LENGTH), np.repeat(np.arange(len(images)), n_boxes)


def _hits(
    boxes: Array, box_image: Array, labels: Array, label_image: Array, threshold: float
) -> Array:
    """Return which boxes, in descending confidence, hit a label that is still free.

    The n-th boxes of every image and class choose at once: none of them can want the same label.
    """
    box, label = _pairs(boxes, box_image, labels, label_image)
    overlap = _overlap(boxes[box], labels[label])
    is_enough = overlap >= threshold
    box, label, overlap = box[is_enough], label[is_enough], overlap[is_enough]
    turn = _turns(boxes, box_image)[box]
    order = np.lexsort((label, -overlap, box, turn))
    box, label, turn = box[order], label[order], turn[order]
    hits, taken = np.zeros(len(boxes), dtype=bool), np.zeros(len(labels), dtype=bool)
    starts = np.searchsorted(turn, np.arange(turn[-1] + 2)) if len(turn) else np.array([0])
    for start, stop in pairwise(starts):
        free = start + np.flatnonzero(~taken[label[start:stop]])
        choosers, first = np.unique(box[free], return_index=True)
        hits[choosers] = True
        taken[label[free[first]]] = True
    return hits


def _pairs(
    boxes: Array, box_image: Array, labels: Array, label_image: Array
) -> tuple[Array, Array]:
    """Return all pairs of a box and a label of the same image and class, by their numbers."""
    import pandas as pd

    left = pd.DataFrame({"image": box_image, "class": boxes[:, _CLASS]})
    right = pd.DataFrame({"image": label_image, "class": labels[:, _CLASS]})
    pairs = left.reset_index(names="box").merge(right.reset_index(names="label"))
    return pairs["box"].to_numpy(), pairs["label"].to_numpy()


def _turns(boxes: Array, box_image: Array) -> Array:
    """Return which of the boxes of its image and class each is."""
    order = np.lexsort((boxes[:, _CLASS], box_image))
    classes, images = boxes[order, _CLASS], box_image[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (classes[1:] != classes[:-1]) | (images[1:] != images[:-1])
    place = np.arange(len(order))
    turns = np.empty(len(order), dtype=np.int64)
    turns[order] = place - np.maximum.accumulate(np.where(is_first, place, 0))
    return turns


def _overlap(one: Array, other: Array) -> Array:
    """Return intersection over union, pair by pair; 0 where there is no area."""
    corner, size = slice(2, 4), slice(4, 6)
    low = np.maximum(one[:, corner], other[:, corner])
    high = np.minimum(one[:, corner] + one[:, size], other[:, corner] + other[:, size])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = one[:, size].prod(axis=1) + other[:, size].prod(axis=1) - common
    overlap: Array = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return overlap


def _average_precision(hits: Array, n_labels: int) -> float:
    """Return the area under the envelope: the largest precision at this recall or a larger one."""
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[hits].sum() / n_labels)
