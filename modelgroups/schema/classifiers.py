"""The predicted and ground truth attributes of classifiers.

Imports pandas, so import this module only where outputs are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelgroups.errors import UserError, UserValueError
from modelgroups.schema.attribute import Attribute, AttributeCategory
from modelgroups.schema.clean import example, kind_of, present
from modelgroups.schema.columns import check_columns, check_names
from modelgroups.schema.describe import add_declared, describe
from modelgroups.schema.infer import value_type_of
from modelgroups.schema.positions import new_positions, pair_positions
from modelgroups.types import Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["binary", "gt_class", "multiclass"]


def binary(
    positive_predicted_attr: str | None,
    pred_to_ground_truth_map: Mapping[str | None, str | None],
    threshold: float = 0.5,  # noqa: ARG001  # kept by the caller; here for the SDK's signature
    *,
    existing: Sequence[Attribute] = (),
) -> list[Attribute]:
    """Return the predicted and ground truth attributes of a classifier of two classes.

    Parameters
    ----------
    positive_predicted_attr
        The predicted column that holds the probability of the positive class.
    pred_to_ground_truth_map
        Predicted column to ground truth column, two pairs; a None on either side stands for a
        column that the data does not have.
    threshold
        From this probability on the positive class is predicted; a property of the model, not
        of its attributes.
    existing
        Attributes that the model has.

    Raises
    ------
    UserValueError
        There are not two pairs, `positive_predicted_attr` is not one of the predicted columns,
        or a name cannot be used.

    Examples
    --------
    >>> for attribute in binary("p_yes", {"p_yes": "yes", None: "no"}):
    ...     print(attribute.short_name(), attribute.attribute_link)
    PREDICTED_VALUE[0]:p_yes yes
    GROUND_TRUTH[0]:yes p_yes
    GROUND_TRUTH[1]:no None
    """
    pairs = list(pred_to_ground_truth_map.items())
    if len(pairs) != 2:
        raise UserValueError(
            f"a binary classifier needs two outputs, got {len(pairs)}: "
            f"{dict(pred_to_ground_truth_map)!r}; for three or more use "
            "add_multiclass_classifier_output_attributes"
        )
    predicted = [name for name, _ in pairs if name is not None]
    truths = [name for _, name in pairs if name is not None]
    if positive_predicted_attr not in predicted:
        raise UserValueError(
            f"positive_predicted_attr {positive_predicted_attr!r} is not one of the predicted "
            f"columns of the map: {', '.join(map(repr, predicted))}"
        )
    check_names([*predicted, *truths])
    predicted_positions = iter(new_positions(existing, Stage.PredictedValue, len(predicted)))
    truth_positions = iter(new_positions(existing, Stage.GroundTruth, len(truths)))
    attributes = []
    for name, truth in pairs:
        if name is not None:
            attribute = _probability(name, next(predicted_positions), attribute_link=truth)
            attribute.is_positive_predicted_attribute = name == positive_predicted_attr
            attributes.append(attribute)
        if truth is not None:
            attributes.append(_indicator(truth, next(truth_positions), attribute_link=name))
    return attributes


def multiclass(
    pred_to_ground_truth_map: Mapping[str, str], *, existing: Sequence[Attribute] = ()
) -> list[Attribute]:
    """Return a 0/1 ground truth and a probability for each of three or more classes.

    Parameters
    ----------
    pred_to_ground_truth_map
        Predicted column to ground truth column.
    existing
        Attributes that the model has.

    Raises
    ------
    UserValueError
        There are fewer than three pairs, or a name cannot be used.

    Examples
    --------
    >>> outputs = multiclass({"p_a": "a", "p_b": "b", "p_c": "c"})
    >>> [attribute.short_name() for attribute in outputs[-2:]]
    ['GROUND_TRUTH[2]:c', 'PREDICTED_VALUE[2]:p_c']
    """
    if len(pred_to_ground_truth_map) < 3:
        raise UserValueError(
            f"a multiclass classifier needs three or more outputs, got "
            f"{len(pred_to_ground_truth_map)}: {dict(pred_to_ground_truth_map)!r}; for two use "
            "add_binary_classifier_output_attributes"
        )
    check_names([*pred_to_ground_truth_map, *pred_to_ground_truth_map.values()])
    attributes = []
    for (predicted, truth), (predicted_position, truth_position) in zip(
        pred_to_ground_truth_map.items(),
        pair_positions(existing, len(pred_to_ground_truth_map)),
        strict=True,
    ):
        attributes += [
            _indicator(truth, truth_position, attribute_link=predicted),
            _probability(predicted, predicted_position, attribute_link=truth),
        ]
    return attributes


def gt_class(
    pred_to_ground_truth_class_map: Mapping[str | None, Any],
    ground_truth_column: str,
    data: pd.DataFrame,
    positive_predicted_attr: str | None = None,
    *,
    existing: Sequence[Attribute] = (),
    input_type: str,
) -> list[Attribute]:
    """Return one attribute that holds the true class, and a probability for each class.

    Parameters
    ----------
    pred_to_ground_truth_class_map
        Predicted column to the class whose probability it holds; a None key stands for a class
        whose probability is not recorded.
    ground_truth_column
        Column of the true classes, texts or whole numbers.
    data
        Where to read the classes.
    positive_predicted_attr
        The predicted column of the positive class, of two; another name is ignored.
    existing
        Attributes that the model has.
    input_type
        What the model takes in.

    Raises
    ------
    UserError
        The classes are neither texts nor whole numbers.
    UserValueError
        Some row has no class, a name cannot be used, or the column is not in `data`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"bought": [1, 0, 1]})
    >>> for attribute in gt_class({"p_yes": 1}, "bought", frame, input_type="TABULAR"):
    ...     print(attribute)
    GROUND_TRUTH_CLASS[0]:bought
        Categorical: [1, 0]
    PREDICTED_VALUE[1]:p_yes
        Range: [0, 1]
        Link: 1
    """
    classes = {k: v for k, v in pred_to_ground_truth_class_map.items() if k is not None}
    check_names([*classes, ground_truth_column])
    check_columns(data, [ground_truth_column])
    truth = _class_attribute(data[ground_truth_column], ground_truth_column, input_type)
    # a lone probability leaves position 0 to that of the negative class, which is implied
    positions = (
        [1] if len(classes) == 1 else new_positions(existing, Stage.PredictedValue, len(classes))
    )
    attributes = [truth]
    for (name, value), position in zip(classes.items(), positions, strict=True):
        attribute = _probability(name, position)
        attribute.gt_class_link = _class_text(value, truth.value_type)
        attribute.is_positive_predicted_attribute = name == positive_predicted_attr
        attributes.append(attribute)
    return attributes


def _probability(name: str, position: int, *, attribute_link: str | None = None) -> Attribute:
    """Return the attribute of a class's probability."""
    return Attribute(
        name,
        ValueType.Float,
        Stage.PredictedValue,
        position=position,
        min_range=0,
        max_range=1,
        attribute_link=attribute_link,
    )


def _indicator(name: str, position: int, *, attribute_link: str | None) -> Attribute:
    """Return the attribute that is 1 where a class is the true one, else 0."""
    return Attribute(
        name,
        ValueType.Integer,
        Stage.GroundTruth,
        position=position,
        categorical=True,
        categories=[AttributeCategory("0"), AttributeCategory("1")],
        attribute_link=attribute_link,
    )


def _class_attribute(column: pd.Series, name: str, input_type: str) -> Attribute:
    """Return the attribute of the column that holds the true class."""
    kind = kind_of(column)
    value_type = value_type_of(kind, Stage.GroundTruthClass, input_type=input_type)
    if value_type not in (ValueType.String, ValueType.Integer):
        raise UserError(
            f"the ground truth column '{name}' holds {kind} (dtype {column.dtype}); classes must "
            "be texts or whole numbers: convert the column, and the classes in the map with it"
        )
    null = column.isna().to_numpy()
    if null.any():
        raise UserValueError(
            f"{null.sum():,} of {len(column):,} rows have no class in the ground truth column "
            f"'{name}' (first {example(column, int(null.argmax()))}); leave those rows out of the "
            "data"
        )
    attribute = Attribute(name, value_type, Stage.GroundTruthClass, position=0)
    return add_declared(describe(present(column), attribute), column)


def _class_text(value: Any, value_type: str) -> str:
    """Return a class as the text that its category has: True and 1.0 name the class 1."""
    if value_type == ValueType.Integer and (
        isinstance(value, bool) or (isinstance(value, float) and value.is_integer())
    ):
        value = int(value)
    return str(value)
