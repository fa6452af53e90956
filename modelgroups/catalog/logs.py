"""Inference logs in the catalog: one a model, with its counts."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from modelgroups.catalog.log_tables import InferenceLogRow
from modelgroups.catalog.prepared import Prepared
from modelgroups.catalog.records import LogRecord
from modelgroups.catalog.tables import ModelRow, table

__all__ = [
    "Addressee",
    "begin",
    "count_truths",
    "find",
    "find_addressee",
    "note_deletion",
    "note_segments",
]

_LOG = table(InferenceLogRow).c
_MODEL = table(ModelRow).c
_COLUMNS = [_LOG[name] for name in LogRecord._fields]

# Built once: building a statement takes longer than SQLite takes to answer it.
_BY_MODEL = select(*_COLUMNS).where(_LOG.model_id == bindparam("model"))
_ADDRESSEE = Prepared(
    select(_MODEL.archived_at, _MODEL.updated_at, *_COLUMNS)
    .select_from(table(ModelRow).outerjoin(table(InferenceLogRow), _LOG.model_id == _MODEL.id))
    .where(_MODEL.id == bindparam("model"))
)
_INSERT = insert(table(InferenceLogRow)).returning(_LOG.serial)
_COUNT = (
    update(table(InferenceLogRow))
    .where(_LOG.serial == bindparam("log"))
    .values(
        n_truths=_LOG.n_truths + bindparam("more_truths"),
        n_waiting=_LOG.n_waiting + bindparam("more_waiting"),
    )
)
_NOTE_SEGMENTS = (
    update(table(InferenceLogRow))
    .where(_LOG.serial == bindparam("log"))
    .values(generation=_LOG.generation + 1)
)
_NOTE_DELETION = (
    update(table(InferenceLogRow))
    .where(_LOG.serial == bindparam("log"))
    .values(n_deletions=_LOG.n_deletions + 1, generation=_LOG.generation + 1)
)


class Addressee(NamedTuple):
    """Whom rows are sent to: a model that may be archived, and its log if it has one."""

    archived_at: str | None
    updated_at: str
    log: LogRecord | None


def find(session: Session, model_id: str) -> LogRecord | None:
    """Return the log of a model, or None if it never got a row."""
    row = session.execute(_BY_MODEL, {"model": model_id}).first()
    return LogRecord._make(row) if row else None


def find_addressee(session: Session, model_id: str) -> Addressee | None:
    """Return what there is to know before rows are stored, or None if there is no such model."""
    row = _ADDRESSEE.first(session, {"model": model_id})
    if row is None:
        return None
    return Addressee(row[0], row[1], LogRecord._make(row[2:]) if row[2] is not None else None)


def begin(session: Session, model_id: str) -> LogRecord:
    """Begin the log of a model that has none."""
    counts = {"n_truths": 0, "n_waiting": 0, "generation": 0, "n_deletions": 0}
    serial = session.execute(_INSERT, {"model_id": model_id} | counts).scalar_one()
    return LogRecord(serial=int(serial), **counts)


def count_truths(session: Session, log: int, *, truths: int, waiting: int) -> None:
    """Add to the number of ids with a ground truth, and of those without an inference."""
    if truths or waiting:
        session.execute(_COUNT, {"log": log, "more_truths": truths, "more_waiting": waiting})


def note_segments(session: Session, log: int) -> None:
    """Say that the list of segments changed."""
    session.execute(_NOTE_SEGMENTS, {"log": log})


def note_deletion(session: Session, log: int) -> None:
    """Say that rows were deleted."""
    session.execute(_NOTE_DELETION, {"log": log})
