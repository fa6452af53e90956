"""Frames as the files that bulk calls take in: Parquet, or JSON where the platform wants it.

Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.nesting import (
    RESERVED_COLUMNS,
    nest_inference_and_ground_truth_data,
    nest_reference_data,
)
from modelgroups.inferences.times import as_time, micros
from modelgroups.schema.attribute import Attribute
from modelgroups.types import InputType, OutputType

__all__ = ["convert_frame", "wants_json"]

ROWS_PER_GROUP: Final = 5_000
_INDENT: Final = 4


def wants_json(input_type: str, output_type: str) -> bool:
    """Return whether the platform takes the data of such models as JSON only.

    >>> wants_json("TABULAR", "RANKED_LIST"), wants_json("TABULAR", "REGRESSION")
    (True, False)
    """
    return input_type == InputType.TimeSeries or output_type == OutputType.RankedList


def convert_frame(
    frame: pd.DataFrame,
    attributes: Sequence[Attribute],
    *,
    stem: str,
    as_json: bool,
    is_reference: bool,
    rows_per_file: int,
) -> Path:
    """Write a frame into a new folder and return that; see `Model.convert_dataframe`."""
    folder = Path(tempfile.mkdtemp(prefix="modelgroups-"))
    try:
        for chunk, start in enumerate(range(0, len(frame), rows_per_file)):
            part = frame.iloc[start : start + rows_per_file]
            path = folder / f"{stem}-{chunk}"
            if as_json:
                rows = _nested_rows(part, attributes, is_reference=is_reference)
                path.with_name(f"{path.name}.json").write_text(
                    json.dumps(rows, indent=_INDENT, allow_nan=False, default=_refuse),
                    encoding="utf-8",
                )
            else:
                _write_parquet(part, path.with_name(f"{path.name}.parquet"))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _write_parquet(part: pd.DataFrame, path: Path) -> None:
    try:
        table = pa.Table.from_pandas(part, preserve_index=False)
        pq.write_table(table, path, row_group_size=ROWS_PER_GROUP)
    except (pa.ArrowException, OverflowError, UnicodeError, ValueError) as error:
        raise UserValueError(f"the frame cannot be written as Parquet: {error}") from error


def _nested_rows(
    part: pd.DataFrame, attributes: Sequence[Attribute], *, is_reference: bool
) -> list[dict[str, Any]]:
    names = [str(name) for name in part.columns]
    columns = [_plain_column(part.iloc[:, place], name) for place, name in enumerate(names)]
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    if is_reference:
        return nest_reference_data(rows, attributes)
    told = [
        {key: v for key, v in row.items() if v is not None or key not in RESERVED_COLUMNS}
        for row in rows
    ]
    return nest_inference_and_ground_truth_data(told, attributes)


def _plain_column(column: pd.Series[Any], name: str) -> list[Any]:
    return [_plain(value, name) for value in column]


def _plain(value: Any, name: str) -> Any:
    """Return a value as JSON has it: null for what says nothing, times as texts in UTC."""
    if is_null(value):
        return None
    if isinstance(value, datetime):
        return as_time(micros(value, None, name)).isoformat()
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist(), name)
    if isinstance(value, list | tuple):
        return [_plain(element, name) for element in value]
    if isinstance(value, dict):
        return {key: _plain(element, name) for key, element in value.items()}
    return value


def _refuse(value: object) -> Any:
    raise UserTypeError(f"{type(value).__name__} {value!r} cannot be written as JSON")
