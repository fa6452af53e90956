"""The SDK's helpers that prepare inferences. Imports pandas, and is itself imported lazily.

`ArthurModel.send_inferences` needs none of them: it takes every shape as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sized
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from modelgroups.arthurai.core.util import dataframe_like_to_list_of_dicts
from modelgroups.errors import UnexpectedValueError, UserTypeError, UserValueError
from modelgroups.inferences.ids import new_ids
from modelgroups.inferences.nesting import (
    RESERVED_COLUMNS,
    nest_inference_and_ground_truth_data,
    nest_reference_data,
)
from modelgroups.schema.attribute import Attribute
from modelgroups.types import InferenceType, Stage

__all__ = [
    "FALSE_DEFAULT_IGNORE_JOIN_ERRORS",
    "INFERENCE_STAGES",
    "RESERVED_COLUMNS",
    "add_inference_metadata_to_dataframe",
    "add_predictions_or_ground_truth",
    "nest_inference_and_ground_truth_data",
    "nest_reference_data",
    "parse_stage_attributes",
]

logger = logging.getLogger("modelgroups")

Row = dict[str, Any]

INFERENCE_STAGES = {
    Stage.ModelPipelineInput,
    Stage.PredictFunctionInput,
    Stage.NonInputData,
    Stage.PredictedValue,
}
FALSE_DEFAULT_IGNORE_JOIN_ERRORS = False

_TRUTH_STAGES = {Stage.GroundTruth, Stage.GroundTruthClass}


def parse_stage_attributes(data: Any, attributes: Iterable[Attribute], stage: str) -> list[Row]:
    """Return the values of one stage as a list of dictionaries.

    Parameters
    ----------
    data
        A table of any accepted shape; or the values alone, where the stage has one attribute
        that is not implicit.
    attributes
        The schema of the model.
    stage
        The stage.

    Raises
    ------
    UserValueError
        Values without names are given, and the stage has not exactly one attribute.
    UserTypeError
        `data` has another shape.

    Examples
    --------
    >>> parse_stage_attributes([0.1, 0.9], [Attribute("p", "FLOAT", "PREDICTED_VALUE")],
    ...                        "PREDICTED_VALUE")
    [{'p': 0.1}, {'p': 0.9}]
    """
    is_table = isinstance(data, dict | pd.DataFrame) or (
        isinstance(data, list) and any(isinstance(row, dict) for row in data)
    )
    if is_table:
        return dataframe_like_to_list_of_dicts(data)
    if isinstance(data, str | bytes) or not isinstance(data, Iterable):
        raise UserTypeError(
            f"the {stage} data must be a table or a list of values, got {type(data).__name__}"
        )
    names = [a.name for a in attributes if a.stage == stage and not a.implicit]
    if len(names) != 1:
        raise UserValueError(
            f"the {stage} data are values without names, and there are {len(names)} attributes "
            f"({', '.join(map(repr, names))}); give a table with their names"
        )
    return [{names[0]: value} for value in data]


def add_predictions_or_ground_truth(
    inference_data: list[Row], new_data: Any, attributes: Iterable[Attribute], stage: str
) -> None:
    """Write predictions or ground truths into nested rows, in place.

    Parameters
    ----------
    inference_data
        The rows.
    new_data
        What `parse_stage_attributes` takes, as many rows.
    attributes
        The schema of the model.
    stage
        PredictedValue, GroundTruth or GroundTruthClass.

    Raises
    ------
    UnexpectedValueError
        It is another stage.
    UserValueError
        There are more or fewer rows, or values have no names.
    UserTypeError
        `new_data` has another shape.

    Examples
    --------
    >>> rows = [{"inference_data": {"age": 31}}]
    >>> add_predictions_or_ground_truth(rows, {"p": [0.25]}, [], "PREDICTED_VALUE")
    >>> rows
    [{'inference_data': {'age': 31, 'p': 0.25}}]
    """
    if stage == Stage.PredictedValue:
        half = InferenceType.INFERENCE_DATA.value
    elif stage in _TRUTH_STAGES:
        half = InferenceType.GROUND_TRUTH_DATA.value
    else:
        raise UnexpectedValueError(
            f"stage {stage!r} is neither that of predictions nor one of ground truths"
        )
    if isinstance(new_data, Sized) and len(new_data) == 0 and not inference_data:
        return
    new_rows = parse_stage_attributes(new_data, attributes, stage)
    if len(new_rows) != len(inference_data):
        raise UserValueError(
            f"there are {len(new_rows)} rows of {stage} data for {len(inference_data)} inferences; "
            "give one for each"
        )
    for row, new_row in zip(inference_data, new_rows, strict=True):
        row.setdefault(half, {}).update(new_row)


def add_inference_metadata_to_dataframe(
    df: pd.DataFrame,
    model_attributes: Collection[Attribute],
    ignore_join_errors: bool = FALSE_DEFAULT_IGNORE_JOIN_ERRORS,
) -> pd.DataFrame:
    """Return a frame with the times and ids that its rows lack.

    Parameters
    ----------
    df
        Inferences, ground truths, or both. It is not changed, and returned itself where nothing
        is lacking.
    model_attributes
        The schema of the model.
    ignore_join_errors
        Generate ids for inferences without ground truth, although none can follow.

    Raises
    ------
    UserValueError
        The frame has no attribute of the model, or no ids where they cannot be generated.

    Examples
    --------
    >>> schema = [Attribute("age", "INTEGER", "PIPELINE_INPUT")]
    >>> frame = pd.DataFrame({"age": [31]})
    >>> list(add_inference_metadata_to_dataframe(frame, schema, ignore_join_errors=True))
    ['age', 'inference_timestamp', 'partner_inference_id']
    """
    stages = {a.stage for a in model_attributes if a.name in df.columns}
    has_inferences = not stages.isdisjoint(INFERENCE_STAGES)
    has_truths = not stages.isdisjoint(_TRUTH_STAGES)
    if not has_inferences and not has_truths:
        raise UserValueError(
            f"the frame has no attribute of the model; its columns are {list(df.columns)}"
        )
    lacks_ids = "partner_inference_id" not in df.columns
    if lacks_ids:
        _require_that_ids_may_lack(has_inferences, has_truths, ignore_join_errors)
    added: Row = {}
    now = datetime.now(UTC)
    for there, name in (
        (has_inferences, "inference_timestamp"),
        (has_truths, "ground_truth_timestamp"),
    ):
        if there and name not in df.columns:
            added[name] = now
            logger.info("the frame has no %s; it is set to now", name)
    if lacks_ids:
        added["partner_inference_id"] = new_ids(len(df))
    return df.assign(**added) if added else df


def _require_that_ids_may_lack(
    has_inferences: bool, has_truths: bool, ignore_join_errors: bool
) -> None:
    if not has_inferences:
        raise UserValueError(
            "ground truths need a column partner_inference_id, which says to which inferences they "
            "belong"
        )
    if not has_truths and not ignore_join_errors:
        raise UserValueError(
            "the inferences have no partner_inference_id and no ground truth, so none can be sent "
            "later; give a column of that name, or pass ignore_join_errors=True"
        )
