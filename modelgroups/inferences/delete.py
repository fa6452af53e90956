"""Deleting inferences: gone from every answer at once, and from the disk after compaction.

What goes is worked out on a view of the log; if the log has changed when the lock is taken, it is
worked out anew. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from modelgroups.catalog import batches, log_objects, logs, parcels, segments
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.records import Parcel
from modelgroups.inferences.layout import (
    BATCH,
    ID,
    INFERENCE_TIME,
    TIME_TYPE,
    Kind,
    Layout,
    time_column,
)
from modelgroups.inferences.marks import dump_marks
from modelgroups.inferences.records import dump_records, load_records
from modelgroups.inferences.segment_files import rows_at
from modelgroups.inferences.times import as_text
from modelgroups.inferences.view import OpenSegment, View, live_batches, open_view
from modelgroups.registry import require_writable
from modelgroups.storage.keys import KeyIndex, Keys, keys_of
from modelgroups.storage.segments import SegmentName
from modelgroups.types import EventType, ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlmodel import Session

    from modelgroups.catalog.records import LogRecord
    from modelgroups.registry import Registry

    Mask = NDArray[np.bool_]

__all__ = ["delete_before", "delete_ids"]

_TRIES = 3
"""How often a deletion is worked out without the lock, before it takes it first."""


def delete_ids(
    registry: Registry, model_id: str, layout: Layout, ids: Sequence[str]
) -> tuple[int, int]:
    """Delete all that is kept of some ids; return how many inferences and ground truths."""
    keys = keys_of(list(dict.fromkeys(ids)))

    def plan(view: View) -> _Plan:
        return _Plan(view, keys)

    return _delete(registry, model_id, layout, plan, f"{len(keys)} partner_inference_ids")


def delete_before(
    registry: Registry, model_id: str, layout: Layout, before: int
) -> tuple[int, int]:
    """Delete all that is kept of inferences of a time before; return how many they were.

    Ground truths and enrichments that wait for an inference go if their own time is before.
    """

    def plan(view: View) -> _Plan:
        return _Plan(view, Keys.concat([*_old(view, before), *_old_waiting(view, before)]))

    return _delete(registry, model_id, layout, plan, f"before {as_text(before)}")


def _delete(
    registry: Registry, model_id: str, layout: Layout, plan: Callable[[View], _Plan], rule: str
) -> tuple[int, int]:
    require_writable(registry)
    for turn in count():
        with ExitStack() as held:
            lock = None
            if turn >= _TRIES:  # the log never stands still: others wait for the plan
                lock = held.enter_context(registry.catalog.write())
                lock.connection()  # takes the lock
            view = held.enter_context(open_view(registry, model_id, layout))
            made = plan(view)
            emptied = made.emptied()
            with registry.catalog.write() if lock is None else nullcontext(lock) as session:
                log = logs.find(session, model_id)
                if log is None:
                    return 0, 0
                if _is_as_viewed(session, log, view):
                    made.carry_out(session, log)
                    counts = {"inferences": made.n_inferences, "ground_truths": made.n_truths}
                    record_event(
                        session,
                        EventType.InferencesDeleted,
                        model_id=model_id,
                        after={"rule": rule, **counts},
                    )
                    break
    for segment in emptied:
        registry.segments.remove(SegmentName(model_id, segment.record.id))
    return made.n_inferences, made.n_truths


def _is_as_viewed(session: Session, log: LogRecord, view: View) -> bool:
    listed = [(s.id, s.n_deleted) for s in segments.live(session, log.serial)]
    if listed != [(s.record.id, s.record.n_deleted) for s in view.segments]:
        return False
    return all(
        [(p.serial, p.n_rows) for p in parcels.live(session, log.serial, kind)]
        == [(p.serial, p.n_rows) for p in view.parcels[kind].parcels]
        for kind in Kind
    )


@dataclass
class _Plan:
    """What a deletion does.

    Parameters
    ----------
    view
        The log.
    keys
        Of the ids that go, each once or more.
    """

    view: View
    keys: Keys
    masks: list[tuple[OpenSegment, Mask]] = field(default_factory=list, init=False)
    cut: list[tuple[Parcel, Mask]] = field(default_factory=list, init=False)
    n_inferences: int = field(default=0, init=False)
    n_truths: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        later = self.keys.repeats()[0]
        kept = np.ones(len(self.keys), dtype=bool)
        kept[later] = False
        self.keys = self.keys[kept]
        self._has = {kind: np.zeros(len(self.keys), dtype=bool) for kind in Kind}
        for segment in self.view.segments:
            self._plan_segment(segment)
        for kind in Kind:
            self._plan_parcels(kind)
        self._in_batch, self._of_image = self._gone_with_rows()
        self._bounds = {s.record.id: _bounds(s, self._gone(s)) for s, _ in self.masks}
        self._batch_bounds = self._bounds_of_batches(set(self._in_batch))

    def _plan_segment(self, segment: OpenSegment) -> None:
        which, rows = segment.index.matches(self.keys)
        if segment.deleted is not None:
            alive = ~segment.deleted[rows]
            which, rows = which[alive], rows[alive]
        if len(rows):
            mask = np.zeros(segment.record.n_rows, dtype=bool)
            mask[rows] = True
            self.masks.append((segment, mask))
            self._note(Kind(segment.record.kind), which, len(rows))

    def _plan_parcels(self, kind: Kind) -> None:
        waiting = self.view.parcels[kind]
        if not waiting.parcels:
            return
        which, rows = waiting.index.matches(self.keys)
        self._note(kind, which, len(rows))
        doomed = np.zeros(len(waiting.table), dtype=bool)
        doomed[rows] = True
        start = 0
        for parcel in waiting.parcels:
            mask = doomed[start : start + parcel.n_rows]
            start += parcel.n_rows
            if mask.any():
                self.cut.append((parcel, mask))

    def _note(self, kind: Kind, which: NDArray[np.int64], n_rows: int) -> None:
        self._has[kind][which] = True
        if kind == Kind.INFERENCE:
            self.n_inferences += n_rows
        elif kind == Kind.GROUND_TRUTH:
            self.n_truths += n_rows

    def emptied(self) -> list[OpenSegment]:
        """Return the segments of which nothing is left."""
        return [s for s, mask in self.masks if s.record.n_deleted + mask.sum() == s.record.n_rows]

    def carry_out(self, session: Session, log: LogRecord) -> None:
        """Do it, inside the write transaction."""
        emptied = {segment.record.id for segment in self.emptied()}
        for segment, _ in self.masks:
            if segment.record.id in emptied:
                segments.drop(session, [segment.record])
                continue
            gone = self._gone(segment)
            first, last = self._bounds[segment.record.id]
            marked = segment.record._replace(
                deleted=dump_marks(gone), n_deleted=int(gone.sum()), from_time=first, to_time=last
            )
            segments.mark_deleted(session, marked)
        for parcel, mask in self.cut:
            records = load_records(parcel.rows)
            left = [r for r, goes in zip(records, mask, strict=True) if not goes]
            keys = keys_of([record[ID] for record in left]).as_bytes() if left else []
            parcels.rewrite(session, log.serial, parcel._replace(rows=dump_records(left)), keys)
        for batch_id, n_rows in self._in_batch.items():
            batches.shrink(session, log.serial, batch_id, n_rows, self._batch_bounds.get(batch_id))
        log_objects.forget(session, log.serial, self._of_image)
        inferences, truths = self._has[Kind.INFERENCE], self._has[Kind.GROUND_TRUTH]
        logs.count_truths(
            session,
            log.serial,
            truths=-int(truths.sum()),
            waiting=-int((truths & ~inferences).sum()),
        )
        logs.note_deletion(session, log.serial)

    def _gone_with_rows(self) -> tuple[Counter[str], Counter[str]]:
        """Count the rows that go by batch and by image."""
        attributes = self.view.layout.inference_attributes.items()
        images = [name for name, a in attributes if a.value_type == ValueType.Image]
        in_batch: Counter[str] = Counter()
        of_image: Counter[str] = Counter()
        for table in self._doomed_inferences([BATCH, *images]):
            for name in table.column_names:
                counted = in_batch if name == BATCH else of_image
                counted.update(table[name].drop_null().to_pylist())
        return in_batch, of_image

    def _gone(self, segment: OpenSegment) -> Mask:
        """Return which rows of a segment are deleted once the plan is carried out."""
        gone = np.zeros(segment.record.n_rows, dtype=bool)
        if segment.deleted is not None:
            gone |= segment.deleted
        for planned, mask in self.masks:
            if planned is segment:
                gone |= mask
        return gone

    def _bounds_of_batches(self, ids: set[str]) -> dict[str, tuple[str, str]]:
        """Return the first and the last time of what is left of batches."""
        if not ids:
            return {}
        found = [
            _left(segment, self._gone(segment), [BATCH, INFERENCE_TIME])
            for segment in self.view.of_kind(Kind.INFERENCE)
            if BATCH in segment.file.schema_arrow.names
        ]
        doomed = {parcel.serial: mask for parcel, mask in self.cut}
        for parcel in self.view.parcels[Kind.INFERENCE].parcels:
            goes = doomed.get(parcel.serial, [False] * parcel.n_rows)
            rows = zip(load_records(parcel.rows), goes, strict=True)
            pairs = [(r[BATCH], r[INFERENCE_TIME]) for r, gone in rows if not gone and BATCH in r]
            batch_ids = pa.array([batch_id for batch_id, _ in pairs], pa.string())
            times = pa.array([at for _, at in pairs], TIME_TYPE)
            found.append(pa.table({BATCH: batch_ids, INFERENCE_TIME: times}))
        if not found:
            return {}
        ends = (
            pa.concat_tables(found)
            .group_by(BATCH)
            .aggregate([(INFERENCE_TIME, "min"), (INFERENCE_TIME, "max")])
        )
        columns = (ends[BATCH], *(ends[f"{INFERENCE_TIME}_{end}"] for end in ("min", "max")))
        lists = (columns[0].to_pylist(), *(_micros(column) for column in columns[1:]))
        return {
            batch_id: (as_text(first), as_text(last))
            for batch_id, first, last in zip(*lists, strict=True)
            if batch_id in ids
        }

    def _doomed_inferences(self, wanted: list[str]) -> Iterator[pa.Table]:
        for segment, mask in self.masks:
            held = [name for name in wanted if name in segment.file.schema_arrow.names]
            if segment.record.kind == Kind.INFERENCE and held:
                yield rows_at(segment.file, np.flatnonzero(mask), held)
        for parcel, mask in self.cut:
            if parcel.kind == Kind.INFERENCE:
                records = load_records(parcel.rows)
                gone = [r for r, goes in zip(records, mask, strict=True) if goes]
                yield pa.table({n: pa.array([r.get(n) for r in gone], pa.string()) for n in wanted})


def _left(segment: OpenSegment, gone: Mask, columns: list[str]) -> pa.Table:
    """Return columns of the rows of a segment that are not deleted."""
    parts = [
        table.filter(pa.array(~gone[start : start + len(table)]))
        for table, start in live_batches(segment, columns)
    ]
    whole = pa.concat_tables(parts)
    return pa.table({name: whole[name] for name in columns})  # whether nulls may be is forgotten


def _bounds(segment: OpenSegment, gone: Mask) -> tuple[str, str]:
    """Return the first and the last time of what is left of a segment."""
    name = time_column(Kind(segment.record.kind))
    times = _left(segment, gone, [name])[name]
    if not len(times):
        return segment.record.from_time, segment.record.to_time
    numbers = np.asarray(times.cast(pa.int64()).to_numpy())
    return as_text(int(numbers.min())), as_text(int(numbers.max()))


def _micros(times: pa.ChunkedArray) -> list[int]:
    numbers: list[int] = times.cast(pa.int64()).to_pylist()
    return numbers


# --- what is old -------------------------------------------------------------------------


def _old(view: View, before: int) -> Iterator[Keys]:
    """Yield the keys of inferences of a time before."""
    for segment in view.of_kind(Kind.INFERENCE):
        if segment.record.from_time >= as_text(before):
            continue
        for table, start in live_batches(segment, [ID, INFERENCE_TIME]):
            old = _is_before(table[INFERENCE_TIME], before)
            if segment.deleted is not None:
                old &= ~segment.deleted[start : start + len(table)]
            if old.any():
                yield keys_of(table[ID].filter(pa.array(old)))
    waiting = view.parcels[Kind.INFERENCE]
    if waiting.parcels:
        old = _is_before(waiting.table[INFERENCE_TIME], before)
        if old.any():
            yield keys_of(waiting.table[ID].filter(pa.array(old)))


def _old_waiting(view: View, before: int) -> Iterator[Keys]:
    """Yield the keys of ids without an inference of which nothing is from then on."""
    known = [(segment.index, segment.deleted) for segment in view.of_kind(Kind.INFERENCE)]
    if view.parcels[Kind.INFERENCE].parcels:
        known.append((view.parcels[Kind.INFERENCE].index, None))
    old, young = [], []
    for keys, times in _followers(view):
        is_old = _is_before(times, before)
        waits = np.ones(len(keys), dtype=bool)
        for index, deleted in known:
            rows = index.rows(keys[waits])
            waits[waits] = (rows < 0) if deleted is None else (rows < 0) | deleted[rows]
        old.append(keys[waits & is_old])
        young.append(keys[waits & ~is_old])
    newer = KeyIndex.of(Keys.concat(young))
    for keys in old:
        yield keys[newer.rows(keys) < 0]


def _followers(view: View) -> Iterator[tuple[Keys, pa.ChunkedArray]]:
    """Yield the keys and the times of ground truths and of enrichments."""
    for kind in (Kind.GROUND_TRUTH, Kind.ENRICHMENT):
        time = time_column(kind)
        for segment in view.of_kind(kind):
            for table, start in live_batches(segment, [ID, time]):
                left = table
                if segment.deleted is not None:
                    kept = ~segment.deleted[start : start + len(table)]
                    left = table.filter(pa.array(kept))
                if len(left):
                    yield keys_of(left[ID]), left[time]
        waiting = view.parcels[kind]
        if waiting.parcels:
            yield keys_of(waiting.table[ID]), waiting.table[time]


def _is_before(times: pa.ChunkedArray, before: int) -> Mask:
    return np.asarray(times.cast(pa.int64()).to_numpy()) < before
