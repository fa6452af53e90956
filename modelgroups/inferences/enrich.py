"""Storing enrichments beside the inferences of a log: all of a call, or nothing.

As with inferences, a few rows go into the catalog and many become a segment, which is written,
hashed and fsynced first and published in the transaction that names it. Loads pandas and pyarrow:
import it lazily.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.catalog import logs, parcels, segments
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.errors import SnapshotMissingError
from modelgroups.inferences.accept import FEW, receive_now
from modelgroups.inferences.enrichment_rows import parse_enrichments
from modelgroups.inferences.explanations import ANOMALY, RAW_ANOMALY
from modelgroups.inferences.layout import ID, RECEIVED, TIME_TYPE, Kind
from modelgroups.inferences.records import dump_records
from modelgroups.inferences.search import Search, list_segments
from modelgroups.inferences.segment_files import StagedSegment, slices, staged_segment
from modelgroups.inferences.upkeep import upkeep_of
from modelgroups.registry import require_writable
from modelgroups.storage.keys import KeyIndex, Keys, keys_of
from modelgroups.types import EventType

if TYPE_CHECKING:
    from modelgroups.inferences.recipient import Recipient

__all__ = ["add_enrichments"]

_TRIES: Final = 20
"""How often a segment may be gone, merged into another one, before it is missed."""

_OF_ID: Final = (ID, RECEIVED, ANOMALY, RAW_ANOMALY)


def add_enrichments(to: Recipient, data: object, output_type: str) -> dict[str, int]:
    """Store enrichments; see `Model.add_enrichments`."""
    require_writable(to.registry)
    table = parse_enrichments(data, to, output_type)
    keys = keys_of(table[ID])
    n_waiting = len(keys) - _n_known(to, keys)
    if len(table):
        _store(to, table, keys)
    return {
        "inferences": len(table),
        "waiting": n_waiting,
        "anomaly_scores": _count(table, [ANOMALY]),
        "explanation_scores": _count(table, [n for n in table.column_names if n not in _OF_ID]),
    }


def _n_known(to: Recipient, keys: Keys) -> int:
    """Return how many ids have an inference; refuse a model that takes no rows."""
    for turn in range(_TRIES):
        with to.registry.catalog.read() as session:
            log = to.addressee(session).log
            if log is None or not len(keys):
                return 0
            search = Search(Kind.INFERENCE, keys)
            try:
                listed = list_segments(to.registry, session, log)
                search.look(to.registry, session, to.model_id, log, listed)
            except SnapshotMissingError:  # a compaction was faster; if not, the file is gone
                if turn == _TRIES - 1:
                    raise
            else:
                return int(np.count_nonzero(search.found))
    raise AssertionError  # pragma: no cover  # the last turn returns or raises


def _store(to: Recipient, table: pa.Table, keys: Keys) -> None:
    table = table.add_column(1, RECEIVED, _received(len(table)))
    with _staged(to, table, keys) as staged, to.registry.catalog.write() as session:
        log = to.addressee(session).log or logs.begin(session, to.model_id)
        if staged is None:
            rows = dump_records(_records(table))
            parcels.add(session, log.serial, Kind.ENRICHMENT, rows, keys.as_bytes())
        else:
            to.registry.segments.publish(staged.name, staged.rows, staged.index)
            segments.add(session, log.serial, staged.record, now())
            logs.note_segments(session, log.serial)
            after = {"enrichments": len(table), "segments": [staged.record.id]}
            record_event(session, EventType.InferencesReceived, model_id=to.model_id, after=after)
    n_parcel_rows = len(table) if staged is None else 0
    upkeep_of(to.registry).note(to.model_id, n_parcel_rows, n_segments=int(staged is not None))


@contextmanager
def _staged(to: Recipient, table: pa.Table, keys: Keys) -> Iterator[StagedSegment | None]:
    """Write many rows as a segment; a few need none."""
    if len(table) <= FEW:
        yield None
        return

    def index(path: Path) -> str:
        return KeyIndex.of(keys).write(path, durable=to.registry.objects.durable)

    whole = to.layout.schema(Kind.ENRICHMENT)
    table = table.cast(pa.schema([whole.field(name) for name in table.column_names]))
    with staged_segment(
        to.registry, to.model_id, Kind.ENRICHMENT, slices(table), table.schema, index
    ) as staged:
        yield staged


def _received(n_rows: int) -> pa.Array:
    return pa.array(np.full(n_rows, receive_now())).cast(TIME_TYPE)


def _records(table: pa.Table) -> list[dict[str, object]]:
    place = table.schema.get_field_index(RECEIVED)
    plain = table.set_column(place, RECEIVED, table[RECEIVED].cast(pa.int64()))
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in plain.to_pylist()
    ]


def _count(table: pa.Table, names: list[str]) -> int:
    counts = (pc.count(table[name]).as_py() for name in names if name in table.column_names)
    return int(sum(counts))
