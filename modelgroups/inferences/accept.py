"""From what a caller gave to rows that can be stored, and the faults of those that cannot.

A few rows become plain records, many become Arrow tables; either way the same values are kept.
Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.arguments import is_unicode
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.columns import Column, as_list, read_cells, read_column
from modelgroups.inferences.ids import ID_LENGTH, new_id_bytes, new_ids
from modelgroups.inferences.layout import (
    BATCH,
    ID,
    INFERENCE_TIME,
    RECEIVED,
    SENT,
    TIME_FILLED,
    TIME_TYPE,
    TRUTH_TIME,
    Kind,
    Layout,
    time_column,
)
from modelgroups.inferences.times import micros
from modelgroups.storage.lock import thread_lock
from modelgroups.types import ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.inferences.segment_files import WrittenRows
    from modelgroups.inferences.shapes import Given

__all__ = [
    "FEW",
    "Accepted",
    "Half",
    "Record",
    "Rules",
    "accept",
    "id_array",
    "id_texts",
    "receive_now",
]

logger = logging.getLogger("modelgroups")

FEW: Final = 256
"""Up to so many rows are kept in the catalog first; more make a file of their own."""

_TEXTS: Final = (pa.string(), pa.large_string())

Record = dict[str, Any]
"""One row, of plain JSON values; nulls are left out."""

_last_received = 0
_receiving = thread_lock()


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the rows of a call.

    Parameters
    ----------
    is_batch
        Whether the model takes its inferences in batches.
    tz
        The zone of times without one.
    truths_only
        Whether the rows bring ground truth for inferences that are sent otherwise.
    ids_needed
        Whether every row must have an id.
    is_part
        Whether the call has other rows too: then these make a file however few they are, for
        in files the later rows look for the ids of the earlier ones.
    """

    is_batch: bool = False
    tz: tzinfo | None = None
    truths_only: bool = False
    ids_needed: bool = False
    is_part: bool = False


@dataclass
class Half:
    """The rows of one kind that can be stored.

    Parameters
    ----------
    kind
        Inferences or ground truths.
    rows
        For each of them its number in the call.
    data
        Records, or a table with the columns that were given, or the file that it is in.
    """

    kind: Kind
    rows: NDArray[np.int64]
    data: list[Record] | pa.Table | WrittenRows

    def __len__(self) -> int:
        return len(self.rows)

    def ids(self) -> list[str] | pa.ChunkedArray:
        """Return the id of each row."""
        if isinstance(self.data, list):
            return [record[ID] for record in self.data]
        return self.data[ID]

    def table(self) -> pa.Table:
        """Return the table of many rows."""
        if not isinstance(self.data, pa.Table):
            raise TypeError("only many rows that were not written yet are a table")
        return self.data

    def records(self) -> list[Record]:
        """Return the records of a few rows."""
        if not isinstance(self.data, list):
            raise TypeError("many rows are a table")
        return self.data

    def keep(self, kept: NDArray[np.bool_]) -> Half:
        """Return some of the rows."""
        if kept.all():
            return self
        data = self.data
        if isinstance(data, list):
            return Half(self.kind, self.rows[kept], [data[i] for i in np.flatnonzero(kept)])
        return Half(self.kind, self.rows[kept], data.filter(pa.array(kept)))


@dataclass
class Accepted:
    """The rows of a call, read and checked.

    Parameters
    ----------
    n_rows
        How many the call has.
    ids
        The id of each row, given or generated.
    generated
        For each row whether its id is ours.
    inferences, truths
        The rows to store.
    failures
        For rows that fail, the status and what is wrong.
    """

    n_rows: int
    ids: list[str] | pa.Array
    generated: NDArray[np.bool_]
    inferences: Half
    truths: Half
    failures: dict[int, tuple[int, str]] = field(default_factory=dict)

    def halves(self) -> tuple[Half, Half]:
        """Return inferences and ground truths."""
        return self.inferences, self.truths


def receive_now() -> int:
    """Return the present in microseconds, later than ever before in this process."""
    global _last_received  # two calls in one microsecond are told apart by it
    with _receiving:
        _last_received = max(micros(datetime.now(UTC), None, RECEIVED), _last_received + 1)
        return _last_received


def accept(given: Given, layout: Layout, rules: Rules) -> Accepted:
    """Read the values of a call's rows, fill in what was not given, and tell which rows fail.

    Parameters
    ----------
    given
        The rows, by columns.
    layout
        The columns of the log.
    rules
        What holds for the call.

    Raises
    ------
    UserValueError
        Times cannot be read, ids are missing, or no row has any attribute.
    UserTypeError
        Ids or times are of the wrong type.
    """
    _require_attributes(given, layout, rules)
    received = receive_now()
    ids, generated = _ids(given, rules)
    few = given.n_rows <= FEW and not rules.is_part
    if not few and isinstance(ids, list):
        ids = pa.array(ids, pa.string())
    reader = _read_few if few else _read_many
    halves = reader(given, layout, rules, received, ids)
    failures = {
        row: (HTTPStatus.BAD_REQUEST.value, "; ".join(faults))
        for row, faults in given.faults.items()
    }
    accepted = Accepted(given.n_rows, ids, generated, halves[0], halves[1], failures)
    if failures:
        failed = np.fromiter(failures, dtype=np.int64)
        for half in accepted.halves():
            kept = half.keep(~np.isin(half.rows, failed))
            half.rows, half.data = kept.rows, kept.data
    _tell_what_was_filled(accepted, given)
    return accepted


def _require_attributes(given: Given, layout: Layout, rules: Rules) -> None:
    if not given.n_rows:
        return
    kind = Kind.GROUND_TRUTH if rules.truths_only else Kind.INFERENCE
    if not given.values[kind] and not given.faults:
        declared = [a.name for a in layout.attributes(kind).values() if not a.implicit]
        known = ", ".join(map(repr, declared)) or "none"
        what = "ground truth" if rules.truths_only else "inference"
        raise UserValueError(f"the rows have no {what} attribute of this model ({known})")


def _ids(given: Given, rules: Rules) -> tuple[list[str] | pa.Array, NDArray[np.bool_]]:
    """Return an id for each row, and which of them are generated."""
    n_rows = given.n_rows
    column = given.metadata.get(ID)
    if column is None:
        if rules.ids_needed and n_rows:
            raise UserValueError(
                "the rows have no partner_inference_id; say with partner_inference_ids=[…], or a "
                "column of that name, which inferences they belong to"
            )
        return _generated(n_rows), np.ones(n_rows, dtype=bool)
    if n_rows > FEW:
        array = id_array(column)
        if array is not None:
            return array, np.zeros(n_rows, dtype=bool)
    texts = id_texts(column)
    missing = np.fromiter((not text for text in texts), dtype=bool, count=n_rows)
    if missing.any():
        if rules.ids_needed:
            raise UserValueError(
                f"row {int(missing.argmax())} has no partner_inference_id ({int(missing.sum())} "
                "rows lack one); give one for each row"
            )
        for row, fresh in zip(np.flatnonzero(missing), new_ids(int(missing.sum())), strict=True):
            texts[row] = fresh
    return (texts if n_rows <= FEW else pa.array(texts, pa.string())), missing


def _generated(n_rows: int) -> list[str] | pa.Array:
    if n_rows <= FEW:
        return new_ids(n_rows)
    ends = pa.py_buffer(np.arange(n_rows + 1, dtype=np.int32) * ID_LENGTH)
    return pa.StringArray.from_buffers(n_rows, ends, pa.py_buffer(new_id_bytes(n_rows)))


def id_array(column: Column) -> pa.Array | None:
    """Return ids that are all texts, and none of them empty, at once; else None."""
    if isinstance(column, pa.ChunkedArray):  # `pa.array` would make an object of each value
        column = column.combine_chunks()
    if isinstance(column, pa.Array) and column.type not in _TEXTS:
        return None
    try:
        array = column.cast(pa.string()) if isinstance(column, pa.Array) else _text_array(column)
    except (pa.ArrowException, TypeError, ValueError):  # other types, or not Unicode
        return None
    if array.null_count or pc.any(pc.equal(array, "")).as_py():
        return None
    return array


def _text_array(column: Column) -> pa.Array:
    array = pa.array(column, pa.string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def id_texts(column: Column) -> list[str]:
    """Return ids as texts; nulls and empty texts, which stand for none, are empty."""
    texts = as_list(column)
    for row, value in enumerate(texts):
        if type(value) is str:
            if not value.isascii() and not is_unicode(value):
                raise UserValueError(f"partner_inference_id {value!r} (row {row}) is not Unicode")
        elif is_null(value):
            texts[row] = ""
        elif isinstance(value, str | int | np.integer) and not isinstance(value, bool):
            texts[row] = str(value)
        else:
            raise UserTypeError(
                f"partner_inference_id {value!r} (row {row}) must be a text, got "
                f"{type(value).__name__}"
            )
    return texts


def _batches(given: Given, rules: Rules) -> list[str | None] | None:
    """Return the batch of each row, and blame those that have one wrongly, or have none."""
    column = given.metadata.get(BATCH)
    batches: list[str | None] | None = None
    if column is not None:
        batches = [
            None if type(value) is not str and is_null(value) else str(value)
            for value in as_list(column)
        ]
    if rules.truths_only:
        return None
    for row in range(given.n_rows) if rules.is_batch or batches else ():
        batch = batches[row] if batches else None
        if rules.is_batch and not batch:
            given.blame(row, "batch_id is missing, and the model takes its inferences in batches")
        elif batch is not None and not rules.is_batch:
            given.blame(
                row,
                f"batch_id {batch!r}: the model takes no batches; leave it out, or make a version "
                "with is_batch=True",
            )
        elif batch is not None and ("\0" in batch or not is_unicode(batch)):
            given.blame(row, f"batch_id {batch!r} holds a character that no batch id may have")
    return batches


# --- a few rows: records -----------------------------------------------------------------


def _read_few(
    given: Given, layout: Layout, rules: Rules, received: int, ids: Sequence[str]
) -> tuple[Half, Half]:
    batches = _batches(given, rules)
    halves = []
    for kind in SENT:
        records: list[Record] = [{} for _ in range(given.n_rows)]
        for name, column in given.values[kind].items():
            value_type = layout.attributes(kind)[name].value_type
            values, faults = read_cells(column, value_type, name, rules.tz)
            for row, fault in faults.items():
                given.blame(row, fault)
            for record, value in zip(records, values, strict=True):
                if value is not None:
                    record[name] = value
        rows = [row for row, record in enumerate(records) if record]
        times = _few_times(given, kind, rules)
        for row in rows:
            at = times[row] if times else None
            head: Record = {
                ID: ids[row],
                time_column(kind): received if at is None else at,
                TIME_FILLED: at is None,
                RECEIVED: received,
            }
            if kind == Kind.INFERENCE and batches and batches[row] is not None:
                head[BATCH] = batches[row]
            records[row] = head | records[row]
        _blame_empty(given, kind, rules, set(range(given.n_rows)).difference(rows))
        halves.append(Half(kind, np.array(rows, dtype=np.int64), [records[row] for row in rows]))
    return halves[0], halves[1]


def _few_times(given: Given, kind: Kind, rules: Rules) -> list[int | None] | None:
    column = given.metadata.get(time_column(kind))
    if column is None:
        return None
    return read_cells(column, ValueType.Timestamp, time_column(kind), rules.tz)[0]


def _blame_empty(given: Given, kind: Kind, rules: Rules, empty: set[int]) -> None:
    """Let rows without any value fail where they bring nothing else."""
    if kind == Kind.INFERENCE and not rules.truths_only:
        for row in sorted(empty.difference(given.faults)):
            given.blame(row, "the row has no value of any inference attribute")


# --- many rows: tables -------------------------------------------------------------------


def _read_many(
    given: Given, layout: Layout, rules: Rules, received: int, ids: pa.Array
) -> tuple[Half, Half]:
    batches = _batches(given, rules)
    halves = []
    for kind in SENT:
        columns: dict[str, pa.Array | pa.ChunkedArray] = {}
        for name, attribute in layout.attributes(kind).items():
            if name in given.values[kind]:
                column = given.values[kind][name]
                columns[name], faults = read_column(column, attribute.value_type, name, rules.tz)
                for row, fault in faults.items():
                    given.blame(row, fault)
        full = _rows_with_values(columns, given.n_rows)
        if kind == Kind.INFERENCE and not full.all():
            _blame_empty(given, kind, rules, set(np.flatnonzero(~full).tolist()))
        timed = time_column(kind) in given.metadata  # wrong times are told whatever comes of them
        head = _many_heads(given, kind, rules, received, ids) if columns or timed else {}
        if columns and full.any():
            if kind == Kind.INFERENCE and batches is not None:
                head[BATCH] = pa.array(batches, pa.string())
            table = pa.table(head | columns)
        else:
            table = layout.schema(kind).empty_table()
            full = np.zeros(given.n_rows, dtype=bool)
        half = Half(kind, np.arange(given.n_rows), table)
        halves.append(half.keep(full) if len(table) else Half(kind, half.rows[:0], table))
    return halves[0], halves[1]


def _rows_with_values(
    columns: dict[str, pa.Array | pa.ChunkedArray], n_rows: int
) -> NDArray[np.bool_]:
    if any(column.null_count == 0 for column in columns.values()):
        return np.ones(n_rows, dtype=bool)
    full = np.zeros(n_rows, dtype=bool)
    for column in columns.values():
        full |= column.is_valid().to_numpy(zero_copy_only=False)
    return full


def _many_heads(
    given: Given, kind: Kind, rules: Rules, received: int, ids: pa.Array
) -> dict[str, pa.Array]:
    """Return the columns in front of the attributes."""
    name = time_column(kind)
    column = given.metadata.get(name)
    constant = pa.array(np.full(given.n_rows, received)).cast(TIME_TYPE)
    if column is None:
        times, filled = constant, pa.array(np.ones(given.n_rows, dtype=bool))
    else:
        times, _ = read_column(column, ValueType.Timestamp, name, rules.tz)
        filled = times.is_null()
        if times.null_count:
            times = pc.if_else(filled, constant, times)
    return {ID: ids, name: times, TIME_FILLED: filled, RECEIVED: constant}


def _tell_what_was_filled(accepted: Accepted, given: Given) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    n_ids = int(accepted.generated.sum())
    if n_ids:
        logger.info("generated %d partner_inference_ids", n_ids)
    for half, name in ((accepted.inferences, INFERENCE_TIME), (accepted.truths, TRUTH_TIME)):
        if name not in given.metadata and len(half):
            logger.info("set %d values of %s to now", len(half), name)
