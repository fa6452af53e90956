"""The predicted and ground truth attributes of each output type.

Every function returns the new attributes in the order in which they are appended; positions
stay clear of those of the existing attributes.
Imports pandas, so import this module only where outputs are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.classifiers import binary, gt_class, multiclass
from modelgroups.schema.columns import check_columns, check_names
from modelgroups.schema.describe import column_range
from modelgroups.schema.positions import pair_positions
from modelgroups.schema.tokens import token_sequence
from modelgroups.types import InputType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = [
    "binary",
    "gt_class",
    "multiclass",
    "object_detection",
    "ranked_list",
    "regression",
    "token_sequence",
]


def regression(
    pred_to_ground_truth_map: Mapping[str, str],
    value_type: str,
    data: pd.DataFrame | None = None,
    *,
    existing: Sequence[Attribute] = (),
) -> list[Attribute]:
    """Return a ground truth and a predicted attribute for each pair, linked to each other.

    Parameters
    ----------
    pred_to_ground_truth_map
        Predicted column to ground truth column.
    value_type
        The type of both.
    data
        Where to read their ranges; without it they have none.
    existing
        Attributes that the model has.

    Raises
    ------
    UserValueError
        A name cannot be used, or is not a column of `data`.

    Examples
    --------
    >>> [attribute.short_name() for attribute in regression({"pp": "gg"}, "FLOAT")]
    ['GROUND_TRUTH[0]:gg', 'PREDICTED_VALUE[0]:pp']
    """
    names = [*pred_to_ground_truth_map, *pred_to_ground_truth_map.values()]
    check_names(names)
    if data is not None:
        check_columns(data, names)
    attributes = []
    for (predicted, truth), positions in zip(
        pred_to_ground_truth_map.items(),
        pair_positions(existing, len(pred_to_ground_truth_map)),
        strict=True,
    ):
        pair = _linked(predicted, truth, (value_type, value_type), positions)
        if data is not None:
            for attribute in pair:
                attribute.min_range, attribute.max_range = column_range(data[attribute.name])
        attributes += pair
    return attributes


def object_detection(
    predicted_attr_name: str,
    gt_attr_name: str,
    image_class_labels: Sequence[str],
    *,
    existing: Sequence[Attribute] = (),
    input_type: str,
    output_type: str,
) -> list[Attribute]:
    """Return the bounding boxes that a model draws, and those that are true.

    Parameters
    ----------
    predicted_attr_name, gt_attr_name
        Names of the two.
    image_class_labels
        What the class ids of the boxes stand for; a property of the model.
    existing
        Attributes that the model has.
    input_type, output_type
        Those of the model.

    Raises
    ------
    UserValueError
        The names are equal or cannot be used, or there are no labels.
    MethodNotApplicableError
        The model does not detect objects in images.

    Examples
    --------
    >>> outputs = object_detection("boxes", "labels", ["cat", "dog"], input_type="IMAGE",
    ...                            output_type="OBJECT_DETECTION")
    >>> [attribute.short_name() for attribute in outputs]
    ['GROUND_TRUTH[0]:labels', 'PREDICTED_VALUE[0]:boxes']
    """
    _check_two_names(predicted_attr_name, gt_attr_name)
    if not len(image_class_labels):
        raise UserValueError("image_class_labels is empty; give the label of each class id")
    if input_type != InputType.Image or output_type != OutputType.ObjectDetection:
        raise MethodNotApplicableError(
            "bounding boxes are for models with input type IMAGE and output type "
            f"OBJECT_DETECTION; this one has {input_type} and {output_type}"
        )
    (positions,) = pair_positions(existing, 1)
    boxes = (ValueType.BoundingBox, ValueType.BoundingBox)
    return _linked(predicted_attr_name, gt_attr_name, boxes, positions)


def ranked_list(
    predicted_attr_name: str,
    gt_attr_name: str,
    *,
    existing: Sequence[Attribute] = (),
    output_type: str,
) -> list[Attribute]:
    """Return the items that a model recommends, and those that were relevant.

    Parameters
    ----------
    predicted_attr_name, gt_attr_name
        Names of the two.
    existing
        Attributes that the model has.
    output_type
        That of the model.

    Raises
    ------
    UserValueError
        The names are equal or cannot be used.
    MethodNotApplicableError
        The model does not give ranked lists.

    Examples
    --------
    >>> outputs = ranked_list("recommended", "bought", output_type="RANKED_LIST")
    >>> [attribute.value_type.value for attribute in outputs]
    ['ARRAY(STRING)', 'RANKED_LIST']
    """
    _check_two_names(predicted_attr_name, gt_attr_name)
    if output_type != OutputType.RankedList:
        raise MethodNotApplicableError(
            f"ranked lists are for models with output type RANKED_LIST; this one has {output_type}"
        )
    lists = (ValueType.RankedList, ValueType.StringArray)
    (positions,) = pair_positions(existing, 1)
    return _linked(predicted_attr_name, gt_attr_name, lists, positions)


def _linked(
    predicted: str, truth: str, value_types: tuple[str, str], positions: tuple[int, int]
) -> list[Attribute]:
    """Return a ground truth and a predicted attribute; types and positions of the latter first."""
    (predicted_type, truth_type), (predicted_position, truth_position) = value_types, positions
    return [
        Attribute(
            truth,
            truth_type,
            Stage.GroundTruth,
            position=truth_position,
            attribute_link=predicted,
        ),
        Attribute(
            predicted,
            predicted_type,
            Stage.PredictedValue,
            position=predicted_position,
            attribute_link=truth,
        ),
    ]


def _check_two_names(predicted: str, truth: str) -> None:
    if predicted == truth:
        raise UserValueError(
            f"the predicted and the ground truth attribute are both named {predicted!r}; "
            "a name is unique within a model"
        )
    check_names([predicted, truth])
