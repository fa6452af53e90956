"""Rows as the platform's interfaces nest them, and rows that are flat made so.

A nested inference has its attributes under ``inference_data`` and ``ground_truth_data``, a
nested row of reference data under ``reference_data``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.types import InferenceType, Stage

__all__ = ["RESERVED_COLUMNS", "nest_inference_and_ground_truth_data", "nest_reference_data"]

Row = dict[str, Any]

RESERVED_COLUMNS = {
    "inference_timestamp",
    "partner_inference_id",
    "batch_id",
    "ground_truth_timestamp",
    "inference_data",
    "ground_truth_data",
}
"""The keys that a row may have beside attributes."""

_INFERENCES, _TRUTHS = InferenceType.INFERENCE_DATA.value, InferenceType.GROUND_TRUTH_DATA.value
_REFERENCE = InferenceType.REFERENCE_DATA.value
_TRUTH_STAGES = frozenset({Stage.GroundTruth, Stage.GroundTruthClass})


def nest_inference_and_ground_truth_data(
    data: list[Row], attributes: Iterable[Attribute]
) -> list[Row]:
    """Return inferences with their attributes in the two halves.

    Parameters
    ----------
    data
        Rows; each half is nested already or flat. They are not changed.
    attributes
        The schema of the model.

    Raises
    ------
    UserValueError
        A row has an unknown key, or attributes of a half both in it and beside it.
    UserTypeError
        A half is not a dictionary.

    Examples
    --------
    >>> schema = [Attribute("age", "INTEGER", "PIPELINE_INPUT"),
    ...           Attribute("y", "INTEGER", "GROUND_TRUTH")]
    >>> nest_inference_and_ground_truth_data([{"age": 31, "y": 1, "batch_id": "b"}], schema)
    [{'inference_data': {'age': 31}, 'ground_truth_data': {'y': 1}, 'batch_id': 'b'}]
    """
    halves = {a.name: _TRUTHS for a in attributes if a.stage in _TRUTH_STAGES}
    halves |= {a.name: _INFERENCES for a in attributes if a.stage not in _TRUTH_STAGES}
    return [_nested(row, number, halves) for number, row in enumerate(data)]


def _nested(row: Row, number: int, halves: dict[str, str]) -> Row:
    nested: Row = {}
    for half in (_INFERENCES, _TRUTHS):
        if half in row:
            _require_dict(row, half, number)
            nested[half] = dict(row[half])
    for key, value in row.items():
        if key in halves:
            half = halves[key]
            if half in row:
                raise UserValueError(
                    f"row {number} has '{half}' and, beside it, '{key}'; put it inside, or write "
                    "the row flat"
                )
            nested.setdefault(half, {})[key] = value
        elif key not in RESERVED_COLUMNS:
            raise UserValueError(f"row {number} has '{key}', which is no attribute of the model")
        elif key not in nested:
            nested[key] = value
    return nested


def nest_reference_data(data: list[Row], attributes: Iterable[Attribute]) -> list[Row]:
    """Return rows of reference data, each under ``reference_data``.

    Parameters
    ----------
    data
        Rows, nested already or flat; they are not changed.
    attributes
        The schema of the model.

    Raises
    ------
    UserValueError
        It is not a list of dictionaries, or a row has attributes beside ``reference_data``.
    UserTypeError
        What is nested is not a dictionary.

    Examples
    --------
    >>> nest_reference_data([{"age": 31}], [Attribute("age", "INTEGER", "PIPELINE_INPUT")])
    [{'reference_data': {'age': 31}}]
    """
    if not isinstance(data, list):
        raise UserValueError(f"the rows must be a list of dicts, got {type(data).__name__}")
    names = {attribute.name for attribute in attributes}
    return [_nested_reference(row, number, names) for number, row in enumerate(data)]


def _nested_reference(row: Row, number: int, names: set[str]) -> Row:
    if not isinstance(row, dict):
        raise UserValueError(f"row {number} must be a dict, got {type(row).__name__}")
    if _REFERENCE not in row:
        return {_REFERENCE: dict(row)}
    beside = sorted(names.intersection(row))
    if beside:
        raise UserValueError(
            f"row {number} has '{_REFERENCE}' and, beside it, '{beside[0]}'; put it inside, or "
            "write the row flat"
        )
    _require_dict(row, _REFERENCE, number)
    return row | {_REFERENCE: dict(row[_REFERENCE])}


def _require_dict(row: Row, key: str, number: int) -> None:
    if not isinstance(row[key], dict):
        raise UserTypeError(
            f"'{key}' of row {number} must be a dict, got {type(row[key]).__name__}"
        )
