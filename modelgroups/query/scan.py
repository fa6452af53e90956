"""Rows of a large log where they lie: the engine reads the files of the segments itself.

That spares a copy of all rows. What the files do not hold is laid beside them, row by row: the
ground truth that holds, and which rows are deleted. Loads Ibis and pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from modelgroups.inferences.latest import LatestReader
from modelgroups.inferences.layout import TRUTH_TIME, Kind
from modelgroups.inferences.read import Selection, put_together
from modelgroups.inferences.view import View, open_view
from modelgroups.lazy import lazy
from modelgroups.query.engines.base import ROW_NUMBER, Engine
from modelgroups.query.names import ORDER, column_name
from modelgroups.query.source import Column, available, class_of, origin_of, stored_names
from modelgroups.query.subject import Subject
from modelgroups.storage.arrays import as_arrow
from modelgroups.storage.segments import SegmentName
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.inferences.layout import Layout
    from modelgroups.inferences.view import OpenSegment

__all__ = ["is_flat", "scan"]

_FEWEST_ROWS: Final = 50_000
_MOST_FILES: Final = 8
_FLAT: Final = (pat.is_string, pat.is_integer, pat.is_floating, pat.is_boolean, pat.is_timestamp)
_AS_TEXT: Final = (pat.is_string, pat.is_integer, pat.is_boolean)
"""What the engine writes as a text as Arrow does."""
_KEPT: Final = "is-kept"  # no attribute has a hyphen


def scan(
    subject: Subject, source: str, names: Iterable[str], selection: Selection, until: ExitStack
) -> Any:
    """Return columns of the inferences as an Ibis table over files.

    Parameters
    ----------
    subject
        The model.
    source
        ``inference``, ``enriched`` or ``ground_truth``.
    names
        Columns that `available` names.
    selection
        What of the log is needed at most; the query filters exactly.
    until
        Once it is closed, the table is of no use any more.

    Returns
    -------
    ibis.Table or None
        None where rows are better read first: they are few, or in many files, or few of those in a
        file are asked for, or a column is not flat, or two differ in case only; and where they
        must be: the engine does not see the files, or cannot lay beside them what they lack.
    """
    to, known, engine = subject.recipient, available(subject, source), subject.engine
    columns = [known[name] for name in names]
    wanted = list(to.layout.truth_attributes) if source == "ground_truth" else []
    stored = list(dict.fromkeys([*stored_names(subject, columns), *wanted]))
    if not engine.sees(to.registry.root):
        return None
    if not all(_is_simple(subject, column) for column in columns):
        return None
    if not all(_is_of(_field(to.layout, name), _FLAT) for name in stored):
        return None
    with open_view(to.registry, to.model_id, to.layout) as view:
        segments = [s for s in view.of_kind(Kind.INFERENCE) if selection.may_hold(s.record)]
        scanner = _Scanner(subject, view, stored, until)
        if not scanner.is_worth_it(segments, selection):
            return None
        start, parts = 0, []
        for segment in segments:
            parts.append(scanner.of_segment(segment, start))
            start += segment.record.n_rows
        if view.parcels[Kind.INFERENCE].parcels:
            parts.append(scanner.of_parcels(start))
    table = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    if wanted:
        table = table.filter(reduce(or_, (table[column_name(n)].notnull() for n in wanted)))
    shown = {column_name(column.name): _shown(subject, column, table) for column in columns}
    return table.select(**shown, **{ORDER: table[ORDER]})


def is_flat(subject: Subject, name: str) -> bool:
    """Return whether a column of the inferences lies in their files, one value a row."""
    layout = subject.recipient.layout
    attribute = layout.inference_attributes.get(name)
    if name not in layout.inferences.names or (attribute is not None and attribute.implicit):
        return False
    return _is_of(layout.inferences.field(name), _FLAT)


def _is_simple(subject: Subject, column: Column) -> bool:
    """Return whether a column is stored, or follows from another as `_shown` says."""
    attribute = column.attribute
    origin = None if attribute is None else origin_of(subject, attribute)
    if attribute is None or origin is None or attribute.stage == Stage.PredictedValue:
        return not column.is_derived
    return _is_of(_field(subject.recipient.layout, origin.name), _AS_TEXT)


def _is_of(field: pa.Field, kinds: Iterable[Callable[[pa.DataType], bool]]) -> bool:
    return any(is_kind(field.type) for is_kind in kinds)


def _is_truth(layout: Layout, name: str) -> bool:
    return name in layout.truth_attributes or name == TRUTH_TIME


def _field(layout: Layout, name: str) -> pa.Field:
    return (layout.truths if _is_truth(layout, name) else layout.inferences).field(name)


def _type(layout: Layout, name: str) -> str:
    """Return the type of a column for Ibis; queries know times in UTC without their zone."""
    type_ = str(_field(layout, name).type)
    names = {"double": "float64", "bool": "boolean", "timestamp[us, tz=UTC]": "timestamp(6)"}
    return names.get(type_, type_)


@dataclass(frozen=True)
class _Scanner:
    """Makes tables of stored columns, each called as in the engine, and of the order.

    Parameters
    ----------
    subject
        The model.
    view
        Its log.
    stored
        The columns.
    until
        Once it is closed, the tables are of no use any more.
    """

    subject: Subject
    view: View
    stored: Sequence[str]
    until: ExitStack

    @lazy
    def _truths(self) -> LatestReader:
        layout = self.view.layout
        return LatestReader(self.view, [name for name in self.stored if _is_truth(layout, name)])

    def is_worth_it(self, segments: Sequence[OpenSegment], selection: Selection) -> bool:
        """Return whether files should be read where they lie."""
        n_rows = sum(segment.record.n_rows for segment in segments)
        if len(segments) > _MOST_FILES or n_rows < max(_FEWEST_ROWS, 1):
            return False
        if not all(_is_unambiguous(segment.file.schema_arrow.names) for segment in segments):
            return False
        joins = self._truths.columns or any(segment.deleted is not None for segment in segments)
        if joins and not self.subject.engine.can_lay_beside:
            return False
        return not self._truths.columns or all(
            LatestReader.is_worth_joining(s, selection.n_rows_read(s)) for s in segments
        )

    def of_segment(self, segment: OpenSegment, start: int) -> Any:
        """Return the rows of a file, numbered from `start` on."""
        import ibis

        to, layout = self.subject.recipient, self.view.layout
        held = set(segment.file.schema_arrow.names)
        places = {n: n for n in self.stored if n in held and not _is_truth(layout, n)}
        types = {name: _type(layout, name) for name in places}
        types |= {n: "timestamp('UTC', 6)" for n, type_ in types.items() if "timestamp" in type_}
        beside = self._beside(segment)
        for name in self._truths.columns:
            places[name] = _name_beside(name)
            types[places[name]] = _type(layout, name)
        if _KEPT in beside:
            types[_KEPT] = "boolean"
        path = to.registry.segments.path(SegmentName(to.model_id, segment.record.id))
        table = self.subject.engine.file_table(str(path), types, beside, self.until)
        if _KEPT in beside:
            table = table.filter(table[_KEPT])
        columns = {
            column_name(name): (
                _without_zone(table[places[name]], self.subject.engine)
                if name in places
                else ibis.null(_type(layout, name))
            )
            for name in self.stored
        }
        return table.select(**columns, **{ORDER: table[ROW_NUMBER].cast("int64") + start})

    def _beside(self, segment: OpenSegment) -> dict[str, Any]:
        """Return what there is to know of the rows of a file that it does not hold."""
        columns: dict[str, Any] = {}
        if segment.deleted is not None:
            columns[_KEPT] = as_arrow(~segment.deleted)
        if self._truths.columns:
            found = self._truths.of_rows(segment, slice(None))
            columns |= {_name_beside(n): _naive(found[n]) for n in found.column_names}
        return columns

    def of_parcels(self, start: int) -> Any:
        """Return the rows that wait in the catalog, numbered from `start` on."""
        from modelgroups.query.engines.memory import memory_table

        waiting, layout = self.view.parcels[Kind.INFERENCE], self.view.layout
        truths = [self._truths.of_keys(waiting.keys)] if self._truths.columns else []
        schema = pa.schema([_field(layout, name).with_nullable(True) for name in self.stored])
        rows = put_together(waiting.table, truths, schema)
        columns = {column_name(name): _naive(rows[name]) for name in self.stored}
        columns[ORDER] = as_arrow(np.arange(start, start + len(waiting.table)))
        return memory_table(pa.table(columns))


def _is_unambiguous(names: Sequence[str]) -> bool:
    """Return whether the engine can tell columns apart, which takes AGE and age for one."""
    seen = {name.casefold() for name in names}
    return len(seen) == len(names) and ROW_NUMBER not in seen


def _name_beside(name: str) -> str:
    return f"beside-{column_name(name)}"


def _naive(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp("us")) if pat.is_timestamp(column.type) else column


def _without_zone(column: Any, engine: Engine) -> Any:
    """Return a time in UTC without its zone.

    A cast takes ten times as long in DuckDB, for it asks ICU.
    """
    if not column.type().is_timestamp() or column.type().timezone is None:
        return column
    if engine.name != "duckdb":
        return column.cast("timestamp(6)")
    epoch_us, make_timestamp = _functions_of_time()
    return make_timestamp(epoch_us(column))


@cache
def _functions_of_time() -> tuple[Any, Any]:
    """Return functions of DuckDB that Ibis does not know."""
    from ibis import udf

    @udf.scalar.builtin(signature=(("timestamp('UTC', 6)",), "int64"))  # type: ignore[untyped-decorator]
    def epoch_us(_: Any) -> Any: ...

    @udf.scalar.builtin(signature=(("int64",), "timestamp(6)"))  # type: ignore[untyped-decorator]
    def make_timestamp(_: Any) -> Any: ...

    return epoch_us, make_timestamp


# --- derived columns -----------------------------------------------------------------------


def _shown(subject: Subject, column: Column, table: Any) -> Any:
    """Return what is asked for by stored columns; see `source.load`, which does so with Arrow."""
    import ibis

    attribute, found = column.attribute, table[column_name(column.stored_name)]
    origin = None if attribute is None else origin_of(subject, attribute)
    if attribute is None or origin is None:
        return found
    value = table[column_name(origin.name)]
    if attribute.stage == Stage.PredictedValue:
        return ibis.coalesce(found, 1.0 - value)
    class_ = class_of(subject, attribute)
    if class_ is None:
        return found
    return ibis.coalesce(found, (value.cast("string") == class_).cast("int64"))
