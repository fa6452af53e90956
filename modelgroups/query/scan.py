"""Rows of a large log where they lie: the engine reads the files of the segments itself.

That spares a copy of all rows wherever nothing has to be joined, derived or left out. Loads Ibis,
pandas and pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from modelgroups.inferences.layout import ID, Kind
from modelgroups.inferences.read import Selection
from modelgroups.inferences.view import open_view
from modelgroups.query.engines.base import ROW_NUMBER
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.subject import Subject
from modelgroups.storage.segments import SegmentName

if TYPE_CHECKING:
    from modelgroups.inferences.view import OpenSegment, ParcelRows

__all__ = ["is_flat", "scan"]

_FEWEST_ROWS: Final = 50_000
_MOST_FILES: Final = 8
_FLAT: Final = (pat.is_string, pat.is_integer, pat.is_floating, pat.is_boolean, pat.is_timestamp)


def scan(subject: Subject, names: Iterable[str], selection: Selection) -> Any:
    """Return columns of the inferences as an Ibis table over files.

    Returns
    -------
    ibis.Table or None
        None where rows must be read first: there are few of them, or many files, some are deleted,
        a column is ground truth, derived, or not flat, columns differ in case only, or the engine
        does not see the files.
    """
    to = subject.recipient
    if not subject.engine.sees(to.registry.root):
        return None
    stored = {name: ID if name == "inference_id" else name for name in names}
    if not all(is_flat(subject, name) for name in stored.values()) or not _are_distinct(subject):
        return None
    with open_view(to.registry, to.model_id, to.layout) as view:
        segments = [s for s in view.of_kind(Kind.INFERENCE) if selection.may_hold(s.record)]
        if not _is_worth_it(segments):
            return None
        waiting = view.parcels[Kind.INFERENCE]
        start, parts = 0, []
        for segment in segments:
            parts.append(_of_segment(subject, segment, stored, start))
            start += segment.record.n_rows
        if waiting.parcels:
            parts.append(_of_parcels(subject, waiting, stored, start))
    return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]


def is_flat(subject: Subject, name: str) -> bool:
    """Return whether a column of the inferences lies in their files, one value a row."""
    layout = subject.recipient.layout
    attribute = layout.inference_attributes.get(name)
    if name not in layout.inferences.names or (attribute is not None and attribute.implicit):
        return False
    type_ = layout.inferences.field(name).type
    return any(is_kind(type_) for is_kind in _FLAT)


def _are_distinct(subject: Subject) -> bool:
    """Return whether names of columns differ in more than case, which is all one to the engine."""
    names = [*subject.recipient.layout.inferences.names, ROW_NUMBER]
    return len({name.casefold() for name in names}) == len(names)


def _is_worth_it(segments: Sequence[OpenSegment]) -> bool:
    if not 0 < len(segments) <= _MOST_FILES or any(s.deleted is not None for s in segments):
        return False
    return sum(segment.record.n_rows for segment in segments) >= _FEWEST_ROWS


def _type(subject: Subject, name: str, *, in_file: bool = False) -> str:
    """Return the type of a column for Ibis; queries know times in UTC without their zone."""
    type_ = subject.recipient.layout.inferences.field(name).type
    if pat.is_timestamp(type_):
        return "timestamp('UTC', 6)" if in_file else "timestamp(6)"
    return {"double": "float64", "bool": "boolean"}.get(str(type_), str(type_))


def _of_segment(subject: Subject, segment: OpenSegment, stored: dict[str, str], start: int) -> Any:
    import ibis

    to = subject.recipient
    name = SegmentName(to.model_id, segment.record.id)
    held = {place for place in stored.values() if place in segment.file.schema_arrow.names}
    types = {place: _type(subject, place, in_file=True) for place in sorted(held)}
    table = subject.engine.file_table(str(to.registry.segments.path(name)), types)
    columns = {
        column_name(name): (
            table[place].cast(_type(subject, place))
            if place in held
            else ibis.null(_type(subject, place))
        )
        for name, place in stored.items()
    }
    return table.select(**columns, **{ORDER: table[ROW_NUMBER].cast("int64") + start})


def _of_parcels(subject: Subject, waiting: ParcelRows, stored: dict[str, str], start: int) -> Any:
    import ibis

    rows, columns = waiting.table, {}
    for name, place in stored.items():
        type_ = subject.recipient.layout.inferences.field(place).type
        found = rows[place] if place in rows.column_names else pa.nulls(len(rows), type_)
        is_time = pat.is_timestamp(type_)
        columns[column_name(name)] = found.cast(pa.timestamp("us")) if is_time else found
    columns[ORDER] = pa.array(np.arange(start, start + len(rows)))
    return ibis.memtable(pa.table(columns))
