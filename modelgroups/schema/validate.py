"""Whether a reference frame is what the schema says.

Imports pandas, so import this module only where data is at hand.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from modelgroups.errors import FrameError, UserTypeError, UserValueError
from modelgroups.schema.clean import Kind, as_numbers, example, families, kind_of, present
from modelgroups.schema.columns import check_names
from modelgroups.schema.describe import are_whole
from modelgroups.schema.list_cells import CELL_TYPES, cell_faults, says_nothing
from modelgroups.schema.saveable import check_saveable
from modelgroups.types import InputType, OutputType, Stage, ValueType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from modelgroups.schema.attribute import Attribute

    Columns = Mapping[Any, pd.Series]

__all__ = ["advise_on_probabilities", "check_saveable", "validate_frame"]

logger = logging.getLogger("modelgroups")

_KINDS: dict[str, Kind] = {
    ValueType.Float: Kind.FLOAT,
    ValueType.Integer: Kind.INTEGER,
    ValueType.Boolean: Kind.BOOLEAN,
    ValueType.String: Kind.STRING,
    ValueType.Image: Kind.STRING,
    ValueType.Unstructured_Text: Kind.STRING,
    ValueType.Timestamp: Kind.ZONED,
}
"""What the values of an attribute must be; list types are looked at cell by cell."""

_OUTPUT_STAGES = (Stage.PredictedValue, Stage.GroundTruth, Stage.GroundTruthClass)

_PARQUET_INPUTS = (InputType.Tabular, InputType.Image, InputType.NLP)
_PARQUET_OUTPUTS = (
    OutputType.Regression,
    OutputType.Multiclass,
    OutputType.Multilabel,
    OutputType.ObjectDetection,
    OutputType.TokenSequence,
)

_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]m)?\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})?"
_DATE = re.compile(
    rf"(?:\d{{4}}([-/.]){_MONTH}\1{_DAY}"
    rf"|{_DAY}([-/.]){_MONTH}\2\d{{4}}|{_MONTH}([-/.]){_DAY}\3\d{{4}}"
    rf"|{_DAY}([-/. ]){_NAME}\4\d{{4}}|{_NAME} {_DAY},? \d{{4}})"
    rf"(?:[t, ]+{_TIME})?|\d{{8}}t\d{{4,6}}(?:z|[+-]\d{{2}}:?\d{{2}})?",
    re.IGNORECASE,
)
"""A full date with separators and a year of four digits, or ISO 8601."""

_MAYBE_DATE = re.compile(r"\d{6}|\d{8}|\d{14}|\d+([-/.])\d+\1\d+.*")
"""What some parsers take for a date, and may as well be a version, an id or a ratio."""


def validate_frame(
    frame: pd.DataFrame,
    attributes: Sequence[Attribute],
    *,
    input_type: str,
    output_type: str,
    writable: Callable[[pd.DataFrame, Columns], object] | None = None,
) -> None:
    """Raise if a reference frame does not fit a schema; log what is merely odd about it.

    Parameters
    ----------
    frame
        The reference data.
    attributes
        The schema; every attribute must have a column, implicit ones may.
    input_type, output_type
        Those of the model.
    writable
        Is called with the frame and its columns, and raises `FrameError` if they cannot be
        stored; its problems count as errors.

    Raises
    ------
    UserTypeError
        `frame` is not a DataFrame or has no rows; else one message lists every error, in the
        shape ``N Validation Error(s): [ERROR 1: ..., ERROR 2: ...]``.

    Examples
    --------
    >>> from modelgroups.schema.attribute import Attribute
    >>> schema = [Attribute("age", "INTEGER", "PIPELINE_INPUT")]
    >>> validate_frame(pd.DataFrame({"age": [31, 47]}), schema,
    ...                input_type="TABULAR", output_type="MULTICLASS")
    >>> validate_frame(pd.DataFrame({"sex": [1, 2]}), schema,
    ...                input_type="TABULAR", output_type="MULTICLASS")
    Traceback (most recent call last):
        ...
    modelgroups.errors.UserTypeError: 2 Validation Error(s): [ERROR 1: columns 'age' are expected
    by the schema and not in the data; ..., ERROR 2: columns 'sex' are in the data and not in the
    schema; ...]
    """
    if not isinstance(frame, pd.DataFrame):
        raise UserTypeError(
            f"reference data must be a pandas DataFrame, got {type(frame).__name__}"
        )
    if len(frame) == 0:
        raise UserTypeError("the reference data has no rows; at least 1 is needed")
    errors = _column_errors(frame, attributes)
    counts: Counter[Any] = Counter(frame.columns.tolist())
    columns = {name: column for name, column in frame.items() if counts[name] == 1}
    for attribute in attributes:
        if attribute.name in columns:
            error = _values_error(columns[attribute.name], attribute, output_type)
            errors += [] if error is None else [error]
    is_parquet = input_type in _PARQUET_INPUTS and output_type in _PARQUET_OUTPUTS
    if writable is not None and is_parquet and len(columns) == len(frame.columns):
        try:
            writable(frame, columns)
        except FrameError as error:
            errors += error.problems
    if errors:
        listed = ", ".join(f"ERROR {i}: {error}" for i, error in enumerate(errors, start=1))
        raise UserTypeError(f"{len(errors)} Validation Error(s): [{listed}]")


def _column_errors(frame: pd.DataFrame, attributes: Iterable[Attribute]) -> list[str]:
    """Return what is wrong with the columns as a whole: repeated, absent, unknown, misnamed."""
    errors = []
    implicit = {attribute.name: attribute.implicit for attribute in attributes}
    columns = frame.columns
    names = columns.tolist()
    if columns.has_duplicates:
        repeated = columns[columns.duplicated()].unique()
        errors.append(f"columns {_quoted(repeated)} are in the data more than once; keep one each")
    else:
        given = set(names)
        absent = [name for name, may_lack in implicit.items() if not may_lack and name not in given]
        if absent:
            errors.append(
                f"columns {_quoted(absent)} are expected by the schema and not in the data; add "
                "them, as columns of None if there are no values"
            )
        unknown = [name for name in names if name not in implicit]
        if unknown:
            errors.append(
                f"columns {_quoted(unknown)} are in the data and not in the schema; drop them, "
                "or add attributes for them"
            )
    try:
        check_names(dict.fromkeys(names))
    except UserValueError as error:
        errors.append(f"in the data {error}")
    return errors


def _values_error(column: pd.Series, attribute: Attribute, output_type: str) -> str | None:
    """Return what is wrong with the values of a column, if anything is."""
    values = present(column)
    name, value_type = attribute.name, attribute.value_type
    nulls = len(column) - len(values)
    if not len(values):
        logger.warning("column '%s' holds only nulls; its type cannot be checked", name)
        return None
    if nulls and attribute.stage in _OUTPUT_STAGES:
        logger.warning(
            "%d of %d values of '%s' (%s) are null; such rows are left out of metrics",
            nulls,
            len(column),
            name,
            attribute.stage,
        )
    if value_type in CELL_TYPES:
        return _cells_error(values, attribute)
    expected = _KINDS.get(value_type)
    if expected is None:
        return None
    kind = kind_of(values)
    nulls_made_floats = expected is Kind.INTEGER and kind is Kind.FLOAT and nulls > 0
    if kind is not expected and not (nulls_made_floats and are_whole(as_numbers(values))):
        return _kind_error(column, attribute, expected)
    if expected is Kind.STRING:
        return _text_error(values, attribute)
    is_classifier = output_type in (OutputType.Multiclass, OutputType.Multilabel)
    if is_classifier and value_type == ValueType.Float and attribute.stage == Stage.PredictedValue:
        advise_on_probabilities(values, name)
    return None


def _kind_error(column: pd.Series, attribute: Attribute, expected: Kind) -> str:
    values = column[column.notna()]
    wrong = values
    if column.dtype == object:
        found = families(values)
        allowed = [Kind.INTEGER, Kind.FLOAT] if expected is Kind.FLOAT else [expected]
        wrong = values[~found.isin([kind.value for kind in allowed]).to_numpy()]
        wrong = wrong if len(wrong) else values
        held = str(families(wrong.iloc[:1]).iloc[0])
    else:
        kind = kind_of(column)
        held = f"dtype {column.dtype}" if kind is Kind.OTHER else kind.value
    return (
        f"column '{attribute.name}' must hold {expected} for an attribute of type "
        f"{attribute.value_type}, and {len(wrong):,} of {len(values):,} values are {held} "
        f"(first {example(wrong, 0)}); convert the column, or change the attribute's value_type"
    )


def _cells_error(values: pd.Series, attribute: Attribute) -> str | None:
    if says_nothing(values.iloc[0]):
        logger.warning(
            "the first list in column '%s' is empty or starts with None; if it stands for a "
            "missing value, use None for the whole cell",
            attribute.name,
        )
    faults = cell_faults(values, attribute.value_type)
    if not faults:
        return None
    row, held = faults[0]
    return (
        f"column '{attribute.name}' must hold {CELL_TYPES[attribute.value_type]} for an attribute "
        f"of type {attribute.value_type}, and {len(faults):,} of {len(values):,} values do not "
        f"(first {example(values, row)}, {held})"
    )


def _text_error(values: pd.Series, attribute: Attribute) -> str | None:
    """Return an error if all texts are dates; log if the first looks like one, or a number."""
    first = str(values.array[0]).strip()
    if attribute.value_type == ValueType.String:
        if _DATE.fullmatch(first) and all(
            _DATE.fullmatch(text.strip()) for text in values.unique()
        ):
            return (
                f"column '{attribute.name}' holds dates as text (first: {first!r}) for an "
                "attribute of type STRING; convert it to datetimes with a time zone and the "
                "attribute's value_type to TIMESTAMP"
            )
        if _DATE.fullmatch(first) or _MAYBE_DATE.fullmatch(first):
            logger.warning(
                "column '%s' is text and may hold dates (first: %r)", attribute.name, first
            )
            return None
    if _is_number(first):
        logger.warning(
            "column '%s' is text and looks like numbers (first: %r); if all its values are, "
            "convert it and the attribute's value_type",
            attribute.name,
            first,
        )
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def advise_on_probabilities(values: pd.Series, name: str) -> None:
    """Log that values are no probabilities, where they lie outside 0 to 1.

    Parameters
    ----------
    values
        Of a prediction of a classifier, without nulls.
    name
        Of its column.
    """
    numbers = as_numbers(values)
    if len(numbers) and (numbers.min() < 0 or numbers.max() > 1):
        outside = int(((numbers < 0) | (numbers > 1)).sum())
        logger.warning(
            "%d of %d values of the prediction '%s' are not between 0 and 1, so they are no "
            "probabilities",
            outside,
            len(numbers),
            name,
        )


def _quoted(names: Iterable[object]) -> str:
    return ", ".join(map(repr, names))
