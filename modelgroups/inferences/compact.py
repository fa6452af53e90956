"""Compaction: rows of parcels become segments, and segments become fewer and larger ones.

What is new is written beside what is there, and takes its place in one transaction; if what is
there has changed meanwhile, nothing happens. Loads pyarrow: import it lazily.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.catalog import logs, parcels, segments
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record
from modelgroups.errors import SnapshotMissingError
from modelgroups.inferences.garbage import collect_log_garbage
from modelgroups.inferences.layout import ID, RECEIVED, Kind
from modelgroups.inferences.recipient import Recipient, recipient_of
from modelgroups.inferences.records import load_records, table_of
from modelgroups.inferences.segment_files import (
    ROWS_PER_GROUP,
    StagedSegment,
    slices,
    staged_segment,
)
from modelgroups.inferences.tiers import FANOUT, FOLD_ROWS, is_overdue, next_merge
from modelgroups.inferences.upkeep import upkeep_of
from modelgroups.inferences.view import OpenSegment, live_batches
from modelgroups.registry import require_writable
from modelgroups.storage.key_runs import merge_indexes
from modelgroups.storage.keys import KeyIndex, keys_of
from modelgroups.storage.segments import SegmentName
from modelgroups.types import EventType

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlmodel import Session

    from modelgroups.catalog.records import LogRecord, Parcel, Segment
    from modelgroups.registry import Registry

__all__ = ["Compactor", "compact"]

logger = logging.getLogger("modelgroups")

_MOST_FOLDED = 100_000
"""Rows that are folded at a time; more lie there only after a crowd of short processes."""


class _ChangedError(Exception):
    """What was to be replaced is not what it was."""


@dataclass(frozen=True)
class _Scope:
    """What there is to compact for somebody who waits for it; what comes later does not count.

    Parameters
    ----------
    parcels
        The serial of the newest parcel of each kind.
    segments
        The ids of the segments, and of those that are made of them.
    purged
        The ids of the segments that hold deleted rows.
    """

    parcels: dict[Kind, int] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Compactor:
    """Compacts the log of a model, one step at a time.

    Parameters
    ----------
    registry, model_id
        Whose log.
    pause
        Is called often during long work, and may raise to break it off.
    scope
        What to compact; all that there is when not given.
    """

    registry: Registry
    model_id: str
    pause: Callable[[], None] = lambda: None
    scope: _Scope | None = None

    def step(
        self, *, fold_from: int = FOLD_ROWS, fanout: int = FANOUT, purge: bool = False
    ) -> bool:
        """Do what is most pressing; return whether there was anything to do.

        Parameters
        ----------
        fold_from
            Fold the rows of parcels if there are so many.
        fanout
            Merge the segments of a tier if there are so many.
        purge
            Write every segment anew that holds deleted rows.
        """
        for kind in Kind:
            waiting = self._parcels(kind, fold_from)
            found = [segment for segment in self._segments() if segment.kind == kind]
            if waiting and not is_overdue(found):
                return self._fold(kind, waiting)
            merge = next_merge(found, fanout)
            if not merge and purge:
                merge = next(([segment] for segment in found if self._is_purged(segment)), [])
            if merge:
                return self._merge(kind, merge)
        return False

    def _parcels(self, kind: Kind, fold_from: int) -> list[Parcel]:
        with self.registry.catalog.read() as session:
            log = logs.find(session, self.model_id)
            if log is None or parcels.count_rows(session, log.serial, kind) < fold_from:
                return []
            waiting = parcels.live(session, log.serial, kind)
        if self.scope is not None:
            last = self.scope.parcels.get(kind, 0)
            waiting = [parcel for parcel in waiting if parcel.serial <= last]
        return _first_rows(waiting, _MOST_FOLDED)

    def _segments(self) -> list[Segment]:
        with self.registry.catalog.read() as session:
            log = logs.find(session, self.model_id)
            found = [] if log is None else segments.live(session, log.serial)
        if self.scope is None:
            return found
        return [segment for segment in found if segment.id in self.scope.segments]

    def _is_purged(self, segment: Segment) -> bool:
        return segment.n_deleted > 0 and (self.scope is None or segment.id in self.scope.purged)

    def _schema(self, kind: Kind) -> pa.Schema:
        """Return the columns of the log; call it after the rows were chosen.

        An attribute that got values before is among them, for it is not removed from then on.
        """
        return recipient_of(self.registry, self.model_id, fresh=True).layout.schema(kind)

    # --- parcels to a segment --------------------------------------------------------------

    def _fold(self, kind: Kind, waiting: Sequence[Parcel]) -> bool:
        records = [record for parcel in waiting for record in load_records(parcel.rows)]
        table = table_of(records, self._schema(kind))
        keys = KeyIndex.of(keys_of(table[ID]))

        def index(path: Path) -> str:
            return keys.write(path, durable=self.registry.objects.durable)

        self.pause()
        with staged_segment(
            self.registry, self.model_id, kind, slices(table), table.schema, index
        ) as staged:
            first, last = pc.min_max(table[RECEIVED]).as_py().values()
            received = {
                f"{kind}s": len(table),
                "segments": [staged.record.id],
                "received_from": first.isoformat(),
                "received_to": last.isoformat(),
            }
            return self._replace(staged, parcels_=waiting, received=received)

    # --- segments to a segment -------------------------------------------------------------

    def _merge(self, kind: Kind, merged: Sequence[Segment]) -> bool:
        merged = sorted(merged, key=lambda segment: (segment.from_time, segment.serial))
        left = sum(segment.n_rows - segment.n_deleted for segment in merged)
        if not left:
            return self._replace(None, segments_=merged)
        with ExitStack() as files:
            try:
                opened = [self._open(segment, files) for segment in merged]
            except SnapshotMissingError:  # another compaction was faster
                if not self._as_they_were(merged):
                    return True
                raise
            names = set().union(*(segment.file.schema_arrow.names for segment in opened))
            schema = pa.schema([f for f in self._schema(kind) if f.name in names])
            places, n_rows = _new_places(opened)

            def index(path: Path) -> str:
                parts = [(s.index, rows) for s, rows in zip(opened, places, strict=True)]
                durable = self.registry.objects.durable
                return merge_indexes(path, parts, n_rows, durable=durable, pause=self.pause)

            tables = _regrouped(self._live_rows(opened, schema))
            staging = staged_segment(self.registry, self.model_id, kind, tables, schema, index)
            with staging as staged:
                return self._replace(staged, segments_=merged)

    def _as_they_were(self, wanted: Sequence[Segment]) -> bool:
        known = {(segment.id, segment.n_deleted) for segment in self._segments()}
        return all((segment.id, segment.n_deleted) in known for segment in wanted)

    def _open(self, segment: Segment, files: ExitStack) -> OpenSegment:
        name = SegmentName(self.model_id, segment.id)
        file = files.enter_context(self.registry.segments.open(name, segment.footer_digest))
        # All of the index is read anyway; damage must not be written into a new one.
        index = self.registry.segments.verified_index(name, segment.index_digest)
        return OpenSegment(segment, file, index)

    def _live_rows(self, opened: Iterable[OpenSegment], schema: pa.Schema) -> Iterator[pa.Table]:
        for segment in opened:
            for table, start in live_batches(segment, None):
                self.pause()
                if segment.deleted is not None:
                    kept = ~segment.deleted[start : start + len(table)]
                    yield _filled(table.filter(pa.array(kept)), schema)
                else:
                    yield _filled(table, schema)

    def _drop(
        self, session: Session, parcels_: Sequence[Parcel], segments_: Sequence[Segment]
    ) -> LogRecord:
        """Delete what is replaced, or raise because it is not what it was."""
        log = logs.find(session, self.model_id)
        if log is None or not segments.drop(session, segments_):
            raise _ChangedError
        for kind in {parcel.kind for parcel in parcels_}:
            if not parcels.drop(session, log.serial, kind, parcels_):
                raise _ChangedError
        return log

    # --- the new for the old ---------------------------------------------------------------

    def _replace(
        self,
        staged: StagedSegment | None,
        *,
        parcels_: Sequence[Parcel] = (),
        segments_: Sequence[Segment] = (),
        received: Mapping[str, Any] | None = None,
    ) -> bool:
        """Put a segment in the place of parcels or segments, in one transaction.

        Rows that came a few at a time have their event, `received`, when they become a segment.
        """
        self.pause()
        try:
            with self.registry.catalog.write() as session:
                log = self._drop(session, parcels_, segments_)
                if staged is not None:
                    self.registry.segments.publish(staged.name, staged.rows, staged.index)
                    segments.add(session, log.serial, staged.record, now())
                logs.note_segments(session, log.serial)
                if received is not None:
                    kind = EventType.InferencesReceived
                    record(session, kind, model_id=self.model_id, after=received)
        except _ChangedError:
            return True  # look again at what there is to do
        if staged is not None and self.scope is not None:
            self.scope.segments.add(staged.record.id)
        for segment in segments_:
            self.registry.segments.remove(SegmentName(self.model_id, segment.id))
        return True


def _first_rows(waiting: list[Parcel], most: int) -> list[Parcel]:
    n_rows = 0
    for number, parcel in enumerate(waiting):
        n_rows += parcel.n_rows
        if n_rows >= most:
            return waiting[: number + 1]
    return waiting


def _new_places(opened: Sequence[OpenSegment]) -> tuple[list[int | NDArray[np.int64]], int]:
    """Return for each segment where its rows go: an offset, or a place for each row."""
    places: list[int | NDArray[np.int64]] = []
    end = 0
    for segment in opened:
        if segment.deleted is None:
            places.append(end)
        else:
            kept = ~segment.deleted
            places.append(np.where(kept, end + np.cumsum(kept) - 1, -1))
        end += segment.record.n_rows - segment.record.n_deleted
    return places, end


def _regrouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the rows of tables in row groups of the usual size."""
    waiting: list[pa.Table] = []
    n_rows = 0
    for table in tables:
        waiting.append(table)
        n_rows += len(table)
        if n_rows >= ROWS_PER_GROUP:
            whole = pa.concat_tables(waiting)
            n_full = n_rows // ROWS_PER_GROUP * ROWS_PER_GROUP
            yield from slices(whole.slice(0, n_full))
            waiting, n_rows = [whole.slice(n_full)], n_rows - n_full
    if n_rows:
        yield pa.concat_tables(waiting)


def _filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of a schema, null where it has none."""
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def compact(to: Recipient) -> None:
    """Fold, merge and purge all that there is, then free its space on the disk.

    What others send meanwhile is left for the next time, for it might never end.
    """
    require_writable(to.registry)
    compactor = Compactor(to.registry, to.model_id, scope=_scope_of(to))
    while compactor.step(fold_from=1, fanout=2, purge=True):
        pass
    upkeep_of(to.registry).wait()  # it may still hold a copy of what was deleted
    collect_log_garbage(to.registry)
    with to.registry.catalog.write() as session:
        record(session, EventType.InferencesCompacted, model_id=to.model_id)
    if not to.registry.catalog.truncate_log():
        logger.warning(
            "the log of %s could not be emptied, for somebody reads from it; what was deleted from "
            "rows sent one by one may be there until the next compaction",
            to.registry.catalog.path,
        )


def _scope_of(to: Recipient) -> _Scope:
    with to.registry.catalog.read() as session:
        log = logs.find(session, to.model_id)
        if log is None:
            return _Scope()
        found = segments.live(session, log.serial)
        last = {kind: parcels.last_serial(session, log.serial, kind) for kind in Kind}
    purged = {segment.id for segment in found if segment.n_deleted}
    return _Scope(last, {segment.id for segment in found}, purged)
