"""From data to attributes: the value type of a column, its categories, its range.

Imports pandas, so import this module only where data is at hand.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelgroups.errors import MethodNotApplicableError, UserError, UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.schema.clean import Kind, as_numbers, example, families, kind_of, present
from modelgroups.schema.columns import check_frame
from modelgroups.schema.describe import add_declared, are_whole, describe
from modelgroups.schema.positions import free_positions
from modelgroups.types import InputType, Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "free_positions",
    "infer_attributes",
    "infer_column",
    "infer_columns",
    "value_type_of",
]

logger = logging.getLogger("modelgroups")

_OUTPUT_STAGES = (Stage.PredictedValue, Stage.GroundTruth, Stage.GroundTruthClass)

_VALUE_TYPES = {
    Kind.BOOLEAN: ValueType.Boolean,
    Kind.INTEGER: ValueType.Integer,
    Kind.FLOAT: ValueType.Float,
    Kind.ZONED: ValueType.Timestamp,
    Kind.NAIVE: ValueType.Timestamp,
}


def infer_attributes(
    data: pd.DataFrame | pd.Series,
    stage: str,
    *,
    input_type: str,
    taken: Collection[int] = (),
    known_integers: Collection[str] = (),
) -> list[Attribute]:
    """Return an attribute for each column, in column order.

    Parameters
    ----------
    data
        A frame, or one named column.
    stage
        The role of all the columns; not an output stage.
    input_type
        What the model takes in.
    taken
        Positions of the stage that are in use.
    known_integers
        Names of columns that are whole numbers, though nulls have made them floats.

    Raises
    ------
    MethodNotApplicableError
        `stage` is a predicted value or ground truth, which have methods of their own.
    UserTypeError
        `data` is neither a frame nor a column.
    UserValueError
        There are no rows, names cannot be used, or columns hold values of several types or
        times without a zone; every bad column is named.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [31, 47, 31], "income": [2.5, 3.1, 4.0]})
    >>> for attribute in infer_attributes(frame, "PIPELINE_INPUT", input_type="TABULAR"):
    ...     print(attribute)
    PIPELINE_INPUT[0]:age
        Categorical: [31, 47]
    PIPELINE_INPUT[1]:income
        Range: [2.5, 4.0]
    """
    if stage in _OUTPUT_STAGES:
        raise MethodNotApplicableError(
            f"attributes of stage {stage} are not inferred from data alone; add them with the "
            "add_..._output_attributes method of the model's output type, or with build"
        )
    frame = data.to_frame() if isinstance(data, pd.Series) else data
    check_frame(frame, allow_no_columns=True)
    positions = free_positions(taken, range(len(frame.columns)))
    plan = [(str(name), stage, position) for name, position in zip(frame, positions, strict=True)]
    return infer_columns(frame, plan, input_type=input_type, known_integers=known_integers)


def infer_columns(
    frame: pd.DataFrame,
    plan: Iterable[tuple[str, str, int]],
    *,
    input_type: str,
    known_integers: Collection[str] = (),
) -> list[Attribute]:
    """Return the attributes of the columns of a checked frame that a plan names.

    Parameters
    ----------
    frame
        Data that has passed `check_frame`.
    plan
        Name, stage and position of each attribute, in the order wanted.
    input_type
        What the model takes in.
    known_integers
        As for `infer_attributes`.

    Raises
    ------
    UserValueError
        Names every column from which no attribute can be made.
    """
    attributes: list[Attribute] = []
    errors: list[UserError] = []
    for name, stage, position in plan:
        try:
            attribute = infer_column(
                frame[name],
                stage,
                input_type=input_type,
                name=name,
                position=position,
                known_integer=name in known_integers,
            )
        except UserError as error:
            errors.append(error)
        else:
            attributes += [attribute] if attribute else []
    if errors:
        raise _together(errors)
    _advise_on_categories(
        [a for a in attributes if not isinstance(frame[a.name].dtype, pd.CategoricalDtype)]
    )
    return attributes


def infer_column(
    column: pd.Series,
    stage: str,
    *,
    input_type: str,
    name: str | None = None,
    position: int | None = None,
    known_integer: bool = False,
) -> Attribute | None:
    """Return the attribute of one column, or None, with a warning, if no type holds its values.

    Parameters
    ----------
    column
        The values.
    stage
        The role of the column.
    input_type
        What the model takes in.
    name
        Name of the attribute; by default the name of the column.
    position
        Its place within the stage.
    known_integer
        The values are whole numbers, though nulls have made them floats.

    Raises
    ------
    UserValueError
        The values are of several types, or are times of which some have no zone.

    Examples
    --------
    >>> infer_column(pd.Series([True, False, None]), "PIPELINE_INPUT", input_type="TABULAR",
    ...              name="smoker").value_type
    <ValueType.Boolean: 'BOOLEAN'>
    """
    name = str(column.name) if name is None else name
    values = present(column)
    kind = kind_of(values)
    try:
        _check_kind(values, kind)
    except UserError as error:
        raise type(error)(f"column '{name}': {error}") from error
    value_type = value_type_of(kind, stage, input_type=input_type)
    if value_type is None:
        held = type(values.iloc[0]).__name__ if column.dtype == object else str(column.dtype)
        logger.warning(
            "column '%s' is left out of the schema, for no attribute type holds %s values; "
            "convert it, or add an attribute for it by hand",
            name,
            held,
        )
        return None
    if value_type == ValueType.Float and known_integer and len(values) < len(column):
        numbers = as_numbers(values)
        if are_whole(numbers) and np.abs(numbers).max() < 2**63:
            values, value_type = values.astype(np.int64), ValueType.Integer
    attribute = describe(values, Attribute(name, value_type, stage, position=position))
    add_declared(attribute, column)
    if input_type == InputType.NLP and value_type == ValueType.String:
        attribute.value_type, attribute.categories = ValueType.Unstructured_Text, None
    return attribute


def value_type_of(kind: Kind, stage: str, *, input_type: str) -> ValueType | None:
    """Return the value type for a kind of values in a stage, or None where there is none.

    >>> value_type_of(Kind.STRING, "PIPELINE_INPUT", input_type="IMAGE")
    <ValueType.Image: 'IMAGE'>
    >>> value_type_of(Kind.STRING, "NON_INPUT_DATA", input_type="IMAGE")
    <ValueType.String: 'STRING'>
    """
    special = input_type if stage == Stage.ModelPipelineInput else None
    if special == InputType.TimeSeries and kind in (Kind.LIST, Kind.NOTHING):
        return ValueType.TimeSeries
    if kind in (Kind.STRING, Kind.NOTHING):
        return ValueType.Image if special == InputType.Image else ValueType.String
    return _VALUE_TYPES.get(kind)


def _check_kind(values: pd.Series, kind: Kind) -> None:
    """Raise if the values are of several types, or are times of which some have no zone."""
    if kind is Kind.MIXED:
        found = families(values).replace(Kind.INTEGER.value, Kind.FLOAT.value)
        odd = int((found != found.iloc[0]).to_numpy().argmax())
        raise UserValueError(
            f"its values are of several types: {found.iloc[0]} at first, then {found.iloc[odd]} "
            f"{example(values, odd)}; convert them to one type"
        )
    if kind is Kind.NAIVE and len(values):
        raise UserValueError(
            f"its times have no time zone (first {example(values, 0)}); give them one, for "
            "example with .dt.tz_localize('UTC')"
        )
    if kind is Kind.STRING and len(values) and _is_zoned_iso(values.iloc[0]):
        broken = [text for text in values.unique() if not _is_zoned_iso(text)]
        if broken:
            first = int((values == broken[0]).to_numpy().argmax())
            raise UserValueError(
                "its first value is an ISO-8601 time with a zone, and others are not (first "
                f"{example(values, first)}); convert the column to datetimes with a zone"
            )


def _is_zoned_iso(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False


def _together(errors: list[UserError]) -> UserError:
    """Return one error for several: of their class, if they share it."""
    classes = {type(error) for error in errors}
    error_class = classes.pop() if len(classes) == 1 else UserValueError
    return error_class("; ".join(map(str, errors)))


def _advise_on_categories(attributes: list[Attribute]) -> None:
    names = [
        attribute.name
        for attribute in attributes
        if attribute.categorical and attribute.value_type != ValueType.Unstructured_Text
    ]
    if names:
        logger.warning(
            "taken as categorical: %s; check with review() that the categories are complete, "
            "and correct them with get_attribute(name).set(categories=[...])",
            ", ".join(names[:10]) + (", ..." if len(names) > 10 else ""),
            extra={"shown_by": "review"},
        )
