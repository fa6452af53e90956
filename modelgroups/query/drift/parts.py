"""The rows of one side, part by part: no more than one part is held. Loads pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from modelgroups.inferences.layout import ID, Kind
from modelgroups.inferences.view import View, every, live_batches, open_view
from modelgroups.query.conditions import condition
from modelgroups.query.drift.request import Side
from modelgroups.query.engines import embedded_of
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.run import selection_of
from modelgroups.query.scan import is_flat
from modelgroups.query.source import load_parts
from modelgroups.reference.reading import current_set

if TYPE_CHECKING:
    from modelgroups.catalog.records import Segment
    from modelgroups.inferences.view import OpenSegment
    from modelgroups.reference.reading import OpenSet

__all__ = [
    "blocks_of",
    "is_plain",
    "n_rows",
    "open_log",
    "parts_of",
    "parts_of_segment",
    "waiting_part",
]

_BLOCK: Final = 1 << 19
"""Rows that are worked on together where each time costs something besides."""


def is_plain(side: Side, names: Iterable[str]) -> bool:
    """Return whether columns are read from the files of the log as they are."""
    if side.source != "inference" or side.conditions:
        return False
    return all(is_flat(side.subject, _stored(name)) for name in names)


def open_log(
    side: Side,
    names: Sequence[str] = (),
    wanted: Callable[[Segment], bool] = every,
) -> AbstractContextManager[View]:
    """Open the log of a side.

    Parameters
    ----------
    side
        The side.
    names
        Columns that are read as they are; those of text come as dictionaries.
    wanted
        Which segments are opened.
    """
    to = side.subject.recipient
    texts = [name for name in names if pat.is_string(to.layout.inferences.field(name).type)]
    return open_view(to.registry, to.model_id, to.layout, wanted=wanted, encoded=texts)


def n_rows(side: Side, view: View | None) -> int:
    """Return how many rows a side has at most."""
    if view is None:
        to = side.subject.recipient
        return sum(file.n_rows for file in current_set(to.registry, to.model_id).files)
    found = [*(segment.record for segment in view.of_kind(Kind.INFERENCE)), *view.closed]
    waiting = sum(parcel.n_rows for parcel in view.parcels[Kind.INFERENCE].parcels)
    return waiting + sum(s.n_rows - s.n_deleted for s in found if s.kind == Kind.INFERENCE)


def parts_of(
    side: Side, names: Sequence[str], view: View | None, reference: OpenSet | None
) -> Iterator[pa.Table]:
    """Yield columns of a side, of the rows that fulfil its conditions."""
    if view is not None and is_plain(side, names):
        for segment in view.of_kind(Kind.INFERENCE):
            yield from parts_of_segment(side, names, segment)
        yield from waiting_part(side, names, view)
        return
    filtered = list(dict.fromkeys(each.property for each in side.conditions))
    wanted = list(dict.fromkeys([*names, *filtered]))
    selection = selection_of(side.subject, side.conditions)
    parts = load_parts(side.subject, side.source, wanted, selection, view=view, reference=reference)
    if not side.conditions:
        yield from parts
        return
    for block in blocks_of(parts):
        yield block.filter(_holds(side, block.select([*filtered, ORDER])))


def blocks_of(parts: Iterable[pa.Table], n_rows: int = _BLOCK) -> Iterator[pa.Table]:
    """Put parts together into larger ones of so many rows, those with other types apart."""
    waiting: list[pa.Table] = []
    for part in parts:
        if waiting and part.schema != waiting[0].schema:
            yield pa.concat_tables(waiting)
            waiting = []
        waiting.append(part)
        if sum(map(len, waiting)) >= n_rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _holds(side: Side, table: pa.Table) -> pa.Array:
    """Return for each row whether it fulfils all conditions, as the query language has them.

    It is found out in this process, where the rows are, whatever engine runs other queries.
    """
    from modelgroups.query.engines.memory import memory_table

    table = table.rename_columns([n if n == ORDER else column_name(n) for n in table.column_names])
    holds = np.zeros(len(table), dtype=bool)
    if len(table):
        rows = memory_table(table)
        conditions = [
            condition(rows[column_name(each.property)], each.comparator, each.value)
            for each in side.conditions
        ]
        engine = embedded_of(side.subject.recipient.registry)
        found = engine.run(rows.filter(conditions).select(ORDER))
        holds[found[ORDER].to_numpy() - table[ORDER][0].as_py()] = True
    return pa.array(holds)


def parts_of_segment(side: Side, names: Sequence[str], segment: OpenSegment) -> Iterator[pa.Table]:
    """Yield plain columns of a segment; without any, some column, for its rows."""
    held = segment.file.schema_arrow.names
    stored = [_stored(name) for name in names]
    for table, start in live_batches(segment, [name for name in stored if name in held] or [ID]):
        kept = table
        if segment.deleted is not None:
            kept = table.filter(pa.array(~segment.deleted[start : start + len(table)]))
        yield _plain(side, names, kept)


def waiting_part(side: Side, names: Sequence[str], view: View) -> Iterator[pa.Table]:
    """Yield plain columns of the rows in the catalog, if there are any."""
    waiting = view.parcels[Kind.INFERENCE]
    if waiting.parcels:
        yield _plain(side, names, waiting.table)


def _plain(side: Side, names: Sequence[str], table: pa.Table) -> pa.Table:
    """Return columns as they are queried; texts may come as they are or as dictionaries."""
    columns = {}
    for name in names:
        stored = _stored(name)
        type_ = side.subject.recipient.layout.inferences.field(stored).type
        found = table[stored] if stored in table.column_names else pa.nulls(len(table), type_)
        columns[name] = found.cast(pa.timestamp("us")) if pat.is_timestamp(type_) else found
    return pa.table(columns)


def _stored(name: str) -> str:
    return ID if name == "inference_id" else name
