"""A whole schema from a reference frame and a map of its outputs: the planning of a build.

Imports pandas, so import this module only where data is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelgroups.errors import MethodNotApplicableError, UserTypeError, UserValueError
from modelgroups.hints import did_you_mean
from modelgroups.schema import outputs
from modelgroups.schema.clean import Kind, example, kind_of, present
from modelgroups.schema.columns import check_frame
from modelgroups.schema.infer import infer_columns, value_type_of
from modelgroups.schema.validate import advise_on_probabilities
from modelgroups.types import InputType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelgroups.schema.attribute import Attribute

__all__ = ["BuiltSchema", "plan_build"]

_DEFAULT_THRESHOLD = 0.5
_MOST_RECOMMENDATIONS = 100
_MOST_ITEMS = 1000


@dataclass(frozen=True)
class BuiltSchema:
    """What a build makes of a frame.

    Parameters
    ----------
    attributes
        Inputs, non-inputs, then outputs, in the order in which they are appended.
    classifier_threshold
        The model's threshold after the build.
    """

    attributes: list[Attribute]
    classifier_threshold: float | None


@dataclass(frozen=True)
class _Roles:
    """Which columns of the frame are what."""

    inputs: list[str]
    non_inputs: list[str]
    predicted: list[str]
    truths: list[str]


def plan_build(
    data: pd.DataFrame,
    pred_to_ground_truth_map: Mapping[Any, Any],
    *,
    input_type: str,
    output_type: str,
    classifier_threshold: float | None,
    positive_predicted_attr: str | None = None,
    non_input_columns: Sequence[str] | None = None,
    ground_truth_column: str | None = None,
) -> BuiltSchema:
    """Return the schema of a model whose reference data is `data`.

    Parameters
    ----------
    data
        The reference data; every column becomes an attribute.
    pred_to_ground_truth_map
        Predicted column to ground truth column or, with `ground_truth_column`, to a class.
    input_type, output_type
        Those of the model.
    classifier_threshold
        The model's threshold, if it has one.
    positive_predicted_attr
        The predicted column of the positive class, of two.
    non_input_columns
        Columns that are neither inputs nor outputs of the model.
    ground_truth_column
        The one column that holds the true class.

    Raises
    ------
    UserTypeError
        An argument is of the wrong type, probabilities are not floats, or it is not said which
        of two classes is the positive one.
    UserValueError
        The frame cannot be used, columns or classes are absent, or values are not acceptable.
    UserError
        The classes are neither texts nor whole numbers.
    MethodNotApplicableError
        Schemas of this output type cannot be built.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [31, 47], "p_yes": [0.2, 0.7], "bought": [0, 1]})
    >>> schema = plan_build(frame, {"p_yes": 1}, ground_truth_column="bought",
    ...                     input_type="TABULAR", output_type="MULTICLASS",
    ...                     classifier_threshold=None)
    >>> [attribute.short_name() for attribute in schema.attributes]
    ['PIPELINE_INPUT[0]:age', 'GROUND_TRUTH_CLASS[0]:bought', 'PREDICTED_VALUE[1]:p_yes']
    """
    check_frame(data)
    require_outputs_map(pred_to_ground_truth_map)
    roles = _roles(data, pred_to_ground_truth_map, non_input_columns or (), ground_truth_column)
    if ground_truth_column is not None:
        _check_classes(data, pred_to_ground_truth_map, ground_truth_column, output_type)
    plan = [
        *((name, Stage.ModelPipelineInput, i) for i, name in enumerate(roles.inputs)),
        *((name, Stage.NonInputData, i) for i, name in enumerate(roles.non_inputs)),
    ]
    attributes = infer_columns(data, plan, input_type=input_type)
    if input_type == InputType.TimeSeries:
        _require_time_series(attributes)
    threshold = classifier_threshold
    if output_type == OutputType.Multiclass:
        positive = _positive(data, pred_to_ground_truth_map, roles, positive_predicted_attr)
        if ground_truth_column is None and len(pred_to_ground_truth_map) == 2:
            threshold = _DEFAULT_THRESHOLD if threshold is None else threshold
        attributes += _classifier(
            data, pred_to_ground_truth_map, positive, ground_truth_column, input_type
        )
    elif output_type == OutputType.Regression:
        value_type = _shared_type(data, roles.predicted, input_type)
        attributes += outputs.regression(pred_to_ground_truth_map, value_type, data)
    elif output_type == OutputType.RankedList:
        attributes += _ranked_list(data, roles)
    else:
        raise MethodNotApplicableError(
            f"a schema with output type {output_type} cannot be built from a frame; add its "
            "attributes with infer_schema and the add_..._output_attributes methods"
        )
    return BuiltSchema(attributes, threshold)


def require_outputs_map(given: object) -> None:
    """Raise unless the map of outputs is one.

    Raises
    ------
    UserTypeError
        It is no dictionary.
    """
    if not isinstance(given, Mapping):
        raise UserTypeError(
            "pred_to_ground_truth_map, the second argument, must be a dict from predicted column "
            f"to ground truth, got {type(given).__name__} {given!r}; the column of the true class "
            "is ground_truth_column=..."
        )


def _roles(
    data: pd.DataFrame,
    outputs_map: Mapping[Any, Any],
    non_inputs: Iterable[str],
    ground_truth_column: str | None,
) -> _Roles:
    """Return what each column is, or raise if columns are absent."""
    if isinstance(non_inputs, str):
        raise UserTypeError(f"non_input_columns must be a list of names, got {non_inputs!r}")
    non_inputs = list(non_inputs)
    one_truth = ground_truth_column is not None
    truths: list[Any] = [ground_truth_column] if one_truth else list(outputs_map.values())
    predicted = [name for name in outputs_map if name is not None]
    if not predicted:
        raise UserValueError("pred_to_ground_truth_map names no predicted column; name at least 1")
    problems = []
    columns = [str(name) for name in data.columns]
    no_truths = _absent(data, truths)
    if no_truths:
        free = [name for name in columns if name not in predicted]
        problems.append(f"ground truth columns {_with_nearest(no_truths, free)}")
    if no_predicted := _absent(data, predicted):
        problems.append(f"predicted columns {_with_nearest(no_predicted, columns)}")
    if no_non_inputs := _absent(data, non_inputs):
        problems.append(f"non-input columns {_with_nearest(no_non_inputs, columns)}")
    if problems:
        hint = ""
        meant = [outputs_map[name] for name in no_predicted]
        if meant and not _absent(data, meant):
            swapped = dict(zip(meant, no_predicted, strict=True))
            hint = f"; the predicted column comes first, as in {swapped}"
        elif len(no_truths) == len(truths) and not one_truth:
            hint = (
                "; if one column holds the true class, name it with ground_truth_column and "
                "map each predicted column to a class"
            )
        raise UserValueError(f"not in the data: {', '.join(problems)}{hint}")
    repeated = {name for name in non_inputs if non_inputs.count(name) > 1}
    if repeated:
        raise UserValueError(f"non_input_columns names {_quoted(sorted(repeated))} more than once")
    outside = {*truths, *predicted, *non_inputs}
    inputs = [name for name in data.columns if name not in outside]
    return _Roles(inputs, non_inputs, predicted, truths)


def _absent(data: pd.DataFrame, names: Iterable[Any]) -> list[Any]:
    return [name for name in names if not isinstance(name, str) or name not in data.columns]


def _with_nearest(names: Iterable[Any], columns: Sequence[str]) -> str:
    """Return names of absent columns, each with the column that may have been meant."""
    hints = [(name, did_you_mean(str(name), columns)) for name in names]
    return ", ".join(f"{name!r} ({hint})" if hint else repr(name) for name, hint in hints)


def _quoted(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names))


def _check_classes(
    data: pd.DataFrame, outputs_map: Mapping[Any, Any], column: str, output_type: str
) -> None:
    """Raise if a class of the map does not occur in the ground truth column."""
    if output_type in (OutputType.Regression, OutputType.RankedList):
        raise UserValueError(
            f"ground_truth_column is for classifiers; for output type {output_type} leave it out "
            "and map the predicted column to its ground truth column, as in "
            f"{{{next(name for name in outputs_map if name is not None)!r}: {column!r}}}"
        )
    kind = kind_of(data[column])
    if kind in (Kind.LIST, Kind.MIXED, Kind.OTHER):
        return  # such values cannot be classes: the ground truth attribute will say so
    found = data[column].dropna().unique().tolist()
    absent = [value for value in outputs_map.values() if value not in found]
    if absent:
        shown = f"{_quoted(found[:10])}{', ...' if len(found) > 10 else ''}"
        if absent == [column]:
            (name,) = (name for name, value in outputs_map.items() if value == column)
            raise UserValueError(
                f"{name!r} is mapped to {column!r}, which is ground_truth_column already; map it "
                f"to the class that it is the probability of, one of {shown}"
            )
        raise UserValueError(
            f"{_quoted(absent)} in pred_to_ground_truth_map but not among the values of "
            f"'{column}': {shown} (compared by type: '1' is not 1)"
        )


def _require_time_series(attributes: list[Attribute]) -> None:
    inputs = [a for a in attributes if a.stage == Stage.ModelPipelineInput]
    if not any(a.value_type == ValueType.TimeSeries for a in inputs):
        raise UserValueError(
            "a model with input type TIME_SERIES needs an input column of time series: each "
            "value a list of dicts with 'timestamp' and 'value'"
        )


def _positive(
    data: pd.DataFrame, outputs_map: Mapping[Any, Any], roles: _Roles, positive: str | None
) -> str | None:
    """Return the positive predicted column of a classifier whose outputs make sense."""
    dtypes = {name: data[name].dtype for name in roles.predicted}
    wrong = {n: dtype for n, dtype in dtypes.items() if not pd.api.types.is_float_dtype(dtype)}
    if wrong:
        raise UserTypeError(
            "predicted columns of a classifier hold probabilities, as floats; convert "
            + ", ".join(f"'{name}' ({dtype})" for name, dtype in wrong.items())
        )
    for name in roles.predicted:
        advise_on_probabilities(present(data[name]), name)
    if len(outputs_map) > 2 or positive is not None:
        return positive
    if len(roles.predicted) == 1:
        return roles.predicted[0]
    first, second = roles.predicted
    raise UserTypeError(
        "a classifier of two classes needs positive_predicted_attr, the predicted column of the "
        f"positive class: '{first}' or '{second}'"
    )


def _classifier(
    data: pd.DataFrame,
    outputs_map: Mapping[Any, Any],
    positive: str | None,
    ground_truth_column: str | None,
    input_type: str,
) -> list[Attribute]:
    if ground_truth_column is not None:
        return outputs.gt_class(
            outputs_map, ground_truth_column, data, positive, input_type=input_type
        )
    if len(outputs_map) == 1:
        ((name, truth),) = outputs_map.items()
        raise UserValueError(
            f"a classifier has an output for each class, and the map names one: {name!r}. If "
            f"{truth!r} holds the true class, give ground_truth_column={truth!r} and map {name!r} "
            "to its class; else add None: <ground truth column of the other class> to the map"
        )
    if len(outputs_map) == 2:
        return outputs.binary(positive, outputs_map)
    return outputs.multiclass(outputs_map)


def _shared_type(data: pd.DataFrame, predicted: list[str], input_type: str) -> ValueType:
    """Return the one value type of the predicted columns of a regression."""
    found = {}
    for name in predicted:
        kind = kind_of(present(data[name]))
        value_type = value_type_of(kind, Stage.PredictedValue, input_type=input_type)
        if value_type is None:
            raise UserValueError(
                f"predicted column '{name}' holds {kind} (dtype {data[name].dtype}), for which "
                "there is no attribute type; convert it to numbers"
            )
        found[name] = value_type
    if len(set(found.values())) > 1:
        raise UserValueError(
            "the predicted columns of a regression must share one type, got "
            + ", ".join(f"'{name}' {value_type}" for name, value_type in found.items())
        )
    return found[predicted[0]]


def _ranked_list(data: pd.DataFrame, roles: _Roles) -> list[Attribute]:
    """Return the two attributes of a ranked list whose data is within the limits."""
    if len(roles.predicted) != 1 or len(roles.truths) != 1:
        raise UserValueError(
            "a ranked list model has 1 predicted and 1 ground truth column, got "
            f"{_quoted(roles.predicted)} and {_quoted(roles.truths)}"
        )
    (predicted,), (truth,) = roles.predicted, roles.truths
    attributes = outputs.ranked_list(predicted, truth, output_type=OutputType.RankedList)
    items: set[str] = set()
    for name in (predicted, truth):
        lists = data[name][[isinstance(cell, (list, np.ndarray)) for cell in data[name]]]
        long = lists.map(len) > _MOST_RECOMMENDATIONS
        if long.any():
            raise UserValueError(
                f"{long.sum()} rows of '{name}' have more than {_MOST_RECOMMENDATIONS} entries "
                f"(first {example(lists, int(long.to_numpy().argmax()))}); cut the lists"
            )
        entries = (entry for cell in lists for entry in cell)
        if name == predicted:
            entries = (entry.get("item_id") for entry in entries if isinstance(entry, dict))
        items |= {entry for entry in entries if isinstance(entry, str)}
    if len(items) > _MOST_ITEMS:
        raise UserValueError(
            f"'{predicted}' and '{truth}' name {len(items)} different items; at most "
            f"{_MOST_ITEMS} are allowed"
        )
    return attributes
