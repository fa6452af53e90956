"""The header and the index of a frame: their names, and what restores them exactly.

Imports pandas and pyarrow: load it where it is used.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.tseries.frequencies import to_offset

from modelgroups.storage.columns import Record, decode, describe, restore_dtype, values_of
from modelgroups.storage.frames_cells import UnkeepableError
from modelgroups.storage.frames_infer import check_text, is_json

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "describe_header",
    "describe_index",
    "header_problems",
    "index_problems",
    "level_names",
    "levels",
    "restore_header",
    "restore_index",
    "shown",
]

_UNNAMED_LEVEL = "__index_level_{}__"  # the name that pandas and pyarrow agree on
_UNNAMED_LEVEL_PATTERN = re.compile(r"__index_level_\d+__")
_MAX_SHOWN = 60

# --- the header ------------------------------------------------------------------------


def header_problems(frame: pd.DataFrame) -> list[str]:
    """Return a sentence for each thing beside the columns' values that cannot be kept."""
    problems = []
    columns = frame.columns
    names: list[Any] = columns.tolist()
    if isinstance(columns, pd.MultiIndex):
        problems.append(
            "the columns have several levels; join their names into one, as with "
            "frame.columns = ['_'.join(names) for names in frame.columns]"
        )
    else:
        others = [name for name in names if not isinstance(name, str)]
        if others:
            problems.append(
                f"the column names {shown(others)} are not text; rename them, as with "
                "frame.columns = frame.columns.map(str)"
            )
        else:
            try:
                describe(values_of(columns))
                check_text(names)
            except UnkeepableError as error:
                problems.append(f"the header {error.problem}; rename the columns")
    if columns.has_duplicates:
        repeated = list(dict.fromkeys(columns[columns.duplicated()]))
        problems.append(f"the column names {shown(repeated)} occur more than once; rename them")
    generated = sorted(set(level_names(frame)).intersection(map(str, names)))
    if generated:
        problems.append(
            f"the column names {shown(generated)} are those of index levels; rename them"
        )
    if not _is_label(columns.name):
        problems.append(f"the name of the columns, {columns.name!r}, is not text or a whole number")
    strange = [key for key, value in frame.attrs.items() if not is_json({key: value})]
    if strange:
        problems.append(f"frame.attrs holds what JSON cannot under {shown(strange)}; remove it")
    return problems


def describe_header(columns: pd.Index[Any]) -> Record:
    """Return what restores the index of the columns from their names."""
    if isinstance(columns, pd.RangeIndex):  # of a frame that never had a column
        return {"dtype": "range", "name": columns.name}
    return {**describe(values_of(columns))[1], "name": columns.name}


def restore_header(names: list[str], record: Record) -> pd.Index[Any]:
    """Return the index of the columns."""
    if record["dtype"] == "range":
        return pd.RangeIndex(len(names), name=record["name"])
    header: pd.Index[Any] = pd.Index(names, dtype=restore_dtype(record), name=record["name"])
    return header


# --- the index -------------------------------------------------------------------------


def levels(frame: pd.DataFrame) -> list[pd.Index[Any]]:
    """Return the levels of the index that are kept as columns."""
    index = frame.index
    if isinstance(index, pd.RangeIndex):
        return []
    if isinstance(index, pd.MultiIndex):
        return [index.get_level_values(number) for number in range(index.nlevels)]
    return [index]


def level_names(frame: pd.DataFrame) -> list[str]:
    """Return the names of those columns: of the levels if they serve, else generated."""
    names = [level.name for level in levels(frame)]
    taken = set(frame.columns) if names else set()
    return [
        name
        if isinstance(name, str)
        and names.count(name) == 1
        and name not in taken
        and not _UNNAMED_LEVEL_PATTERN.fullmatch(name)
        else _UNNAMED_LEVEL.format(number)
        for number, name in enumerate(names)
    ]


def index_problems(index: pd.Index[Any]) -> list[str]:
    """Return a sentence for each thing beside its values that an index cannot keep."""
    problems = [
        f"the index level name {name!r} is not text or a whole number; rename it"
        for name in index.names
        if not _is_label(name)
    ]
    freq = getattr(index, "freq", None)
    if freq is not None and not isinstance(index, pd.PeriodIndex):
        with suppress(ValueError):
            if to_offset(freq.freqstr) == freq:
                return problems
        problems.append(
            f"the index has the frequency {freq!r}, which its name does not restore; "
            "remove it with frame.index.freq = None"
        )
    return problems


def describe_index(index: pd.Index[Any], fields: list[str]) -> Record:
    """Return what restores an index from the columns that keep it."""
    record: Record = {"names": list(index.names)}
    if isinstance(index, pd.RangeIndex):
        return {**record, "range": [index.start, index.stop, index.step]}
    freq = getattr(index, "freq", None)
    if freq is not None and not isinstance(index, pd.PeriodIndex):
        record["freq"] = freq.freqstr
    return {**record, "fields": fields, "multi": isinstance(index, pd.MultiIndex)}


def restore_index(table: pa.Table, ours: Record, records: dict[str, Record]) -> pd.Index[Any]:
    """Return the index; a plain one if not all of its levels are here."""
    record = ours["index"]
    n_rows = table.num_rows if table.num_columns else ours["rows"]
    whole = n_rows == ours["rows"]
    if "range" in record:
        start, stop, step = record["range"] if whole else (0, n_rows, 1)
        return pd.RangeIndex(start, stop, step, name=record["names"][0])
    if not set(record["fields"]) <= set(table.column_names):
        return pd.RangeIndex(n_rows)
    parts: list[Any] = []
    for field, name in zip(record["fields"], record["names"], strict=True):
        values = decode(table[field], records[field])
        parts.append(pd.Index(values, dtype=values.dtype, name=name))
    if record["multi"]:
        return pd.MultiIndex.from_arrays(parts, names=record["names"])
    index: pd.Index[Any] = parts[0]
    if "freq" in record and whole:
        with suppress(ValueError):  # the rows are in another order now
            index.freq = record["freq"]  # type: ignore[attr-defined]  # times have one
    return index


def shown(value: object) -> str:
    """Return the representation of a value, cut when it is long."""
    text = re.sub(r"\s*\n\s*", " ", repr(value))
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _is_label(name: object) -> bool:
    return name is None or type(name) in {str, int}
