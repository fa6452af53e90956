"""Reading the log: by time, batch and column, in parts that fit into memory.

Segments whose times or batches lie outside what is asked for are not opened, and of the others
only the row groups that may hold it are read. Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.errors import UserValueError
from modelgroups.inferences.latest import LatestReader
from modelgroups.inferences.layout import (
    BATCH,
    ID,
    INFERENCE_TIME,
    RECEIVED,
    TRUTH_TIME,
    Kind,
    Layout,
)
from modelgroups.inferences.segment_files import rows_at
from modelgroups.inferences.times import as_text, as_time
from modelgroups.inferences.view import View, live_batches, open_view
from modelgroups.storage.arrays import as_arrow, as_numpy
from modelgroups.storage.keys import keys_of

if TYPE_CHECKING:
    from modelgroups.catalog.records import Segment
    from modelgroups.inferences.view import OpenSegment
    from modelgroups.registry import Registry

__all__ = ["Selection", "put_together", "read_one", "read_tables", "selected_columns"]

_METADATA = (ID, INFERENCE_TIME, BATCH, RECEIVED, TRUTH_TIME)
_ROW = "row-in-segment"  # no attribute has a hyphen


@dataclass(frozen=True)
class Selection:
    """Which inferences are read, and what of them.

    Parameters
    ----------
    columns
        Names of metadata and attributes; None for all.
    since, until
        Bounds of the inference_timestamp, in microseconds: from the first, before the second.
    batch_ids
        The batches; None for all.
    with_ground_truth
        Whether the ground truth stands beside each inference.
    limit
        How many rows at most.
    enrichments
        Columns of enrichments; those of which the log has values stand beside each inference.
    """

    columns: Sequence[str] | None = None
    since: int | None = None
    until: int | None = None
    batch_ids: Sequence[str] | None = None
    with_ground_truth: bool = True
    limit: int | None = None
    enrichments: Sequence[str] = ()

    def may_hold(self, segment: Segment) -> bool:
        """Return whether a segment may hold rows that are asked for, by its bounds."""
        if self.since is not None and segment.to_time < as_text(self.since):
            return False
        if self.until is not None and segment.from_time >= as_text(self.until):
            return False
        if self.batch_ids is None:
            return True
        low, high = segment.from_batch, segment.to_batch
        return (
            low is not None
            and high is not None
            and any(low <= batch <= high for batch in self.batch_ids)
        )

    def row_groups(self, segment: OpenSegment) -> list[int]:
        """Return the row groups that may hold times that are asked for."""
        metadata = segment.file.metadata
        groups = range(metadata.num_row_groups)
        if self.since is None and self.until is None:
            return list(groups)
        columns = range(metadata.num_columns)
        place = next(i for i in columns if metadata.schema.column(i).path == INFERENCE_TIME)
        since = None if self.since is None else as_time(self.since)
        until = None if self.until is None else as_time(self.until)
        chosen = []
        for group in groups:
            bounds = metadata.row_group(group).column(place).statistics
            known = bounds is not None and bounds.has_min_max
            if known and since is not None and bounds.max < since:
                continue
            if known and until is not None and bounds.min >= until:
                continue
            chosen.append(group)
        return chosen

    def n_rows_read(self, segment: OpenSegment) -> int:
        """Return how many rows of a segment must be read at most."""
        metadata = segment.file.metadata
        n_rows: int = sum(metadata.row_group(g).num_rows for g in self.row_groups(segment))
        return n_rows if self.limit is None else min(n_rows, self.limit)

    @property
    def filtered(self) -> list[str]:
        """The columns that `filter` looks at."""
        times = [] if self.since is None and self.until is None else [INFERENCE_TIME]
        return times if self.batch_ids is None else [*times, BATCH]

    def filter(self, table: pa.Table) -> pa.Table:
        """Return the rows that are asked for."""
        masks = []
        if self.since is not None or self.until is not None:
            times = table[INFERENCE_TIME]
        if self.since is not None:
            masks.append(pc.greater_equal(times, pa.scalar(as_time(self.since), times.type)))
        if self.until is not None:
            masks.append(pc.less(times, pa.scalar(as_time(self.until), times.type)))
        if self.batch_ids is not None:
            if BATCH not in table.column_names:
                return table.slice(0, 0)
            masks.append(pc.is_in(table[BATCH], pa.array(self.batch_ids, pa.string())))
        return table.filter(reduce(pc.and_, masks)) if masks else table


def read_tables(
    registry: Registry,
    model_id: str,
    layout: Layout,
    selection: Selection,
    *,
    is_batch: bool,
    view: View | None = None,
) -> Iterator[pa.Table]:
    """Yield the inferences that are asked for, some at a time; at least one table, maybe empty.

    They come in the order of storing. The log is seen as it was at the first of them, or as it
    is in a view that is already open.
    """
    seen = open_view(registry, model_id, layout) if view is None else nullcontext(view)
    with seen as view:
        inference_columns, truth_columns = selected_columns(view, selection, is_batch=is_batch)
        enrichment_columns = _held(view, selection.enrichments)
        wanted = {Kind.GROUND_TRUTH: truth_columns, Kind.ENRICHMENT: enrichment_columns}
        readers = [LatestReader(view, names, kind) for kind, names in wanted.items() if names]
        schema = _schema(layout, inference_columns, truth_columns)
        if selection.columns is not None:
            schema = pa.schema([schema.field(name) for name in selection.columns])
        for name in enrichment_columns:
            schema = schema.append(layout.enrichments.field(name))
        left = selection.limit
        n_tables = 0
        joins = bool(readers)
        for table, segment in _inferences(view, selection, inference_columns, joins=joins):
            part = table if left is None else table.slice(0, left)
            left = None if left is None else left - len(part)
            yield put_together(part, _later(part, segment, readers), schema)
            n_tables += 1
            if left == 0:
                break
        if not n_tables:
            yield schema.empty_table()


def _held(view: View, names: Sequence[str]) -> list[str]:
    """Return the columns of enrichments of which there is any value."""
    held = view.columns(Kind.ENRICHMENT) if names else set()
    return [name for name in names if name in held]


def selected_columns(
    view: View, selection: Selection, *, is_batch: bool
) -> tuple[list[str], list[str]]:
    """Return the columns to read of inferences and of ground truths.

    Attributes that the registry derives are read where somebody sent values of them.

    Raises
    ------
    UserValueError
        A name is unknown.
    """
    layout = view.layout
    if selection.columns is not None:
        known = [*_METADATA, *layout.inference_attributes, *layout.truth_attributes]
        for name in selection.columns:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise UserValueError(f"the inferences have no column {name!r}{hint}")
        truths = [n for n in selection.columns if n in layout.truth_attributes or n == TRUTH_TIME]
        return [name for name in selection.columns if name not in truths], truths
    inferences = [ID, INFERENCE_TIME, *([BATCH] if is_batch else [])]
    inferences += _shown(view, Kind.INFERENCE)
    truths = [TRUTH_TIME, *_shown(view, Kind.GROUND_TRUTH)] if selection.with_ground_truth else []
    return inferences, truths


def _shown(view: View, kind: Kind) -> list[str]:
    attributes = view.layout.attributes(kind)
    sent = view.columns(kind) if any(a.implicit for a in attributes.values()) else set()
    return [name for name, a in attributes.items() if not a.implicit or name in sent]


def _schema(layout: Layout, inferences: list[str], truths: list[str]) -> pa.Schema:
    fields = [layout.inferences.field(name) for name in inferences]
    fields += [layout.truths.field(name) for name in truths]
    return pa.schema([pa.field(field.name, field.type) for field in fields])


def _inferences(
    view: View, selection: Selection, columns: Sequence[str], *, joins: bool
) -> Iterator[tuple[pa.Table, OpenSegment | None]]:
    """Yield inferences and, if they are to be joined, their ids, or a segment with the rows."""
    needed = list(dict.fromkeys([*columns, *selection.filtered]))
    for segment in view.of_kind(Kind.INFERENCE):
        if selection.may_hold(segment.record):
            yield from _of_segment(segment, selection, needed, joins=joins)
    waiting = view.parcels[Kind.INFERENCE]
    if waiting.parcels:
        table = selection.filter(waiting.table)
        if len(table):
            yield table, None


def _of_segment(
    segment: OpenSegment, selection: Selection, needed: Sequence[str], *, joins: bool
) -> Iterator[tuple[pa.Table, OpenSegment | None]]:
    groups = selection.row_groups(segment)
    by_row = joins and LatestReader.is_worth_joining(segment, selection.n_rows_read(segment))
    wanted = {*needed, ID} if joins and not by_row else set(needed)
    names = [name for name in segment.file.schema_arrow.names if name in wanted]
    for table, start in live_batches(segment, names or [INFERENCE_TIME], groups):
        if by_row:
            table = table.append_column(_ROW, as_arrow(np.arange(start, start + len(table))))
        if segment.deleted is not None:
            kept = ~segment.deleted[start : start + len(table)]
            table = table.filter(as_arrow(kept))  # the rows that are left
        table = selection.filter(table)
        if len(table):
            yield table, segment if by_row else None


def _later(
    table: pa.Table, segment: OpenSegment | None, readers: Sequence[LatestReader]
) -> list[pa.Table]:
    """Return what came later of inferences that `_inferences` yields."""
    if segment is not None:
        return [reader.of_rows(segment, as_numpy(table[_ROW])) for reader in readers]
    keys = keys_of(table[ID]) if readers else None
    return [] if keys is None else [reader.of_keys(keys) for reader in readers]


def put_together(inferences: pa.Table, later: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Return inferences with what came later of them, in the columns that are asked for."""
    found = {name: table[name] for table in later for name in table.column_names}
    columns = []
    for field in schema:
        if field.name in found:
            columns.append(found[field.name])
        elif field.name in inferences.column_names:
            columns.append(inferences[field.name])
        else:
            columns.append(pa.nulls(len(inferences), field.type))
    return pa.table(columns, schema=schema)


def read_one(
    registry: Registry, model_id: str, layout: Layout, partner_inference_id: str
) -> pa.Table:
    """Return one inference with its ground truth, or no row if there is none."""
    key = keys_of([partner_inference_id])
    with open_view(registry, model_id, layout) as view:
        selection = Selection()
        names, truth_names = selected_columns(view, selection, is_batch=True)
        names.append(RECEIVED)
        schema = _schema(layout, names, truth_names)
        truths = LatestReader(view, truth_names)
        found = _find(view, key, names)
        if found is None:
            return schema.empty_table()
        return put_together(found, _later(found, None, [truths]), schema)


def _find(view: View, key: Any, names: list[str]) -> pa.Table | None:
    for segment in view.of_kind(Kind.INFERENCE):
        row = int(segment.index.rows(key)[0])
        if row >= 0 and (segment.deleted is None or not segment.deleted[row]):
            held = [name for name in names if name in segment.file.schema_arrow.names]
            return rows_at(segment.file, np.array([row]), held)
    waiting = view.parcels[Kind.INFERENCE]
    row = int(waiting.index.rows(key)[0]) if waiting.parcels else -1
    return waiting.table.slice(row, 1) if row >= 0 else None
