"""Storing the rows of a call: what is long is done before the lock, the rest in one transaction.

Many rows are written as segments first, with their ids looked up in what the log held then. A
few go into the catalog itself. Under the write lock only what was added meanwhile is looked at;
if that concerns the same ids, the lock is given back and the rows are compared first. Loads
pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa

from modelgroups.catalog import batches, log_objects, logs, parcels, segments
from modelgroups.catalog.clock import now
from modelgroups.catalog.events import record as record_event
from modelgroups.catalog.interrupts import interrupts_wait
from modelgroups.catalog.records import BatchRecord, LogRecord, Segment
from modelgroups.errors import SnapshotCorruptError, SnapshotMissingError
from modelgroups.inferences.accept import Accepted, Half, Rules, accept
from modelgroups.inferences.batch import record_closed
from modelgroups.inferences.doubts import Doubts
from modelgroups.inferences.images import StagedImages
from modelgroups.inferences.marks import dump_marks
from modelgroups.inferences.piece import Piece
from modelgroups.inferences.records import dump_records
from modelgroups.inferences.search import Search, list_segments
from modelgroups.inferences.segment_files import StagedSegment, slices, staged_segment
from modelgroups.inferences.stored import Stored
from modelgroups.inferences.times import as_text
from modelgroups.inferences.upkeep import upkeep_of
from modelgroups.registry import require_writable
from modelgroups.storage.key_runs import sharing_parts
from modelgroups.storage.keys import KeyIndex
from modelgroups.storage.scratch import Scratch
from modelgroups.types import EventType

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlmodel import Session

    from modelgroups.inferences.recipient import Recipient
    from modelgroups.inferences.shapes import Given

__all__ = ["Delivery", "Outcome"]

_TRIES = 20
"""How often a segment may be gone, merged into another one, before it is missed."""

_MOST_UNDER_LOCK = 200_000
"""Rows of segments that came meanwhile and are looked at while others wait."""


@dataclass
class Outcome:
    """What became of the rows of a call.

    Parameters
    ----------
    n_rows
        How many there were.
    n_stored
        Of how many of them anything was stored; the others failed, or were there already.
    failures
        For each row that was not stored, the status and what is wrong.
    n_waiting
        How many bring a ground truth whose inference is not known yet.
    closed
        The batches that were closed.
    """

    n_rows: int = 0
    n_stored: int = 0
    failures: dict[int, tuple[int, str]] = field(default_factory=dict)
    n_waiting: int = 0
    closed: list[str] = field(default_factory=list)


class Delivery:
    """One call's rows on their way into the log; use it in a ``with`` block.

    Parameters
    ----------
    to
        Whose rows they are.
    close_batches
        Close the batches of the rows when all of them could be stored.
    """

    def __init__(
        self,
        to: Recipient,
        *,
        close_batches: bool = False,
    ) -> None:
        require_writable(to.registry)
        self._to = to
        self._registry = to.registry
        self._model_id = to.model_id
        self._layout = to.layout
        self._close_batches = close_batches
        self._stored = Stored(to.registry, to.model_id, to.layout)
        self._pieces: list[Piece] = []
        self._doubts = Doubts(to)
        self._files = ExitStack()
        self._scratch: Scratch | None = None
        self.first_id = ""
        self.images = StagedImages(to.registry, to.layout, self._files)
        self._n_rows = 0
        self._n_deletions: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with interrupts_wait():
            self._files.close()

    # --- before the lock -----------------------------------------------------------------

    def add(self, given: Given, rules: Rules) -> Accepted:
        """Take rows; many are compared with the log and written at once.

        Raises
        ------
        UserValueError, UserTypeError
            As `accept` does.
        """
        self.rest()
        self.images.replace_paths(given)
        accepted = accept(given, self._layout, rules)
        for half in accepted.halves():
            self._doubts.look(half)
        if not self._pieces and accepted.n_rows:
            self.first_id = _text(accepted.ids[0])
        piece = Piece(accepted, self._layout, self._n_rows)
        self._n_rows += accepted.n_rows
        if any(isinstance(half.data, pa.Table) for half in accepted.halves()):
            self._look_ahead(piece)
            self._write(piece)
        self._pieces.append(piece)
        return accepted

    def count_waiting(self) -> int:
        """Return how many rows of ground truth only have an id that no inference has by now."""
        self._look_unlocked(self._pieces)
        return sum(piece.tally().n_waiting for piece in self._pieces)

    def rest(self) -> None:
        """Hold no row in memory that was written, and little of what is known of it."""
        if self._pieces and not self._pieces[-1].rests:
            if self._scratch is None:
                staged = self._files.enter_context(self._registry.objects.stage())
                self._scratch = Scratch(staged.path)
            self._pieces[-1].rest(self._scratch)

    def _look_ahead(self, piece: Piece) -> None:
        while True:
            self._look_unlocked([piece])
            if self._settle([piece]):
                return

    def _compare_pieces(self) -> None:
        """Look for the ids of each piece among the rows that the call brought before it."""
        if len(self._pieces) < 2:
            return
        indexes = [
            {kind: KeyIndex.load(staged.index) for kind, staged in piece.staged.items()}
            for piece in self._pieces
        ]
        for earlier, later in sharing_parts(indexes):
            self._pieces[later].earlier.append(self._pieces[earlier])
        self._look_unlocked(self._pieces)
        self._settle(self._pieces)

    def _write(self, piece: Piece) -> None:
        piece.fix(others_came_before=bool(self._pieces))
        for half in piece.accepted.halves():
            if len(half):
                staged = self._files.enter_context(self._staged(half, piece.index_of(half)))
                piece.staged[half.kind] = staged
                self._stored.staged[staged.record.id] = staged.rows

    def _staged(
        self, half: Half, keys: Callable[[], KeyIndex]
    ) -> AbstractContextManager[StagedSegment]:
        def index(path: Path) -> str:
            return keys().write(path, durable=self._registry.objects.durable)

        table = half.table()
        return staged_segment(
            self._registry, self._model_id, half.kind, slices(table), table.schema, index
        )

    # --- what the log holds ----------------------------------------------------------------

    def _look_unlocked(self, pieces: Sequence[Piece]) -> None:
        """Look without the lock, and anew where a compaction took away what was listed."""
        for turn in range(_TRIES):
            with self._registry.catalog.read() as session:
                log = self._to.addressee(session).log
                if log is None:
                    for piece in pieces:
                        piece.look_at_earlier()
                    return
                try:
                    self._look(pieces, session, log)
                except SnapshotMissingError:
                    if turn == _TRIES - 1:
                        raise
                    continue
                for piece in pieces:
                    piece.close(batches.closed_among(session, log.serial, piece.batches()))
                return

    def _look(self, pieces: Iterable[Piece], session: Session, log: LogRecord) -> None:
        """Look for ids where it was not looked yet."""
        listed = list_segments(self._registry, session, log)
        if self._n_deletions != log.n_deletions:
            looked = () if self._n_deletions is None else (*self._pieces, *pieces)
            for piece in {id(piece): piece for piece in looked}.values():
                piece.start_again()
            self._n_deletions = log.n_deletions
        for piece in pieces:
            for search in self._searches(piece, log):
                if search.look(self._registry, session, self._model_id, log, listed):
                    piece.recount()
            piece.look_at_earlier()  # after the log: what it holds came first

    @staticmethod
    def _searches(piece: Piece, log: LogRecord) -> tuple[Search, ...]:
        if len(piece.accepted.truths) or log.n_waiting:
            return piece.inferences, piece.truths
        return (piece.inferences,)

    def _settle(self, pieces: Iterable[Piece]) -> bool:
        """Compare rows with what is stored under their ids; return False if that has moved."""
        for piece in pieces:
            for source, rows, given in list(piece.unsettled()):
                found = self._stored.inferences(source, rows)
                if found is None or not piece.settle(given, found):
                    if found is not None and isinstance(source, Segment):
                        raise SnapshotCorruptError(  # its rows never move
                            f"the index of the segment {source.id} of the model {self._model_id} "
                            "is damaged: it names rows of other ids; restore it from a backup of "
                            "the registry"
                        )
                    piece.start_again()
                    return False
            resent = piece.resent()
            if len(resent):
                piece.settle_truths(resent, self._stored.has_truths(piece, resent))
        return True

    # --- under the lock --------------------------------------------------------------------

    def commit(self) -> Outcome:
        """Store all rows that can be stored, in one transaction.

        Raises
        ------
        NotFoundError, ConflictError
            The model is gone, or archived.
        """
        self._doubts.tell()
        self._compare_pieces()
        outcome = self._commit()
        stored = [p for p in self._pieces if not p.staged]
        upkeep_of(self._registry).note(
            self._model_id,
            sum(len(half) for piece in stored for half in piece.accepted.halves()),
            n_segments=sum(len(piece.staged) for piece in self._pieces),
        )
        return outcome

    def _commit(self) -> Outcome:
        while True:
            for piece in self._pieces:
                piece.tally()  # not while others wait for the lock
            with self._registry.catalog.write() as session:
                log = self._to.addressee(session).log
                if log is None:
                    log = logs.begin(session, self._model_id)
                if not self._is_much(session, log) and not self._news(session, log):
                    return self._store(session, log)
            for piece in self._pieces:
                if piece.earlier:  # a row that it repeats may be refused now
                    piece.start_again()
            self._look_unlocked(self._pieces)
            self._settle(self._pieces)

    def _is_much(self, session: Session, log: LogRecord) -> bool:
        listed = list_segments(self._registry, session, log)
        searches = [s for piece in self._pieces for s in self._searches(piece, log)]
        unseen = [s for search in searches if len(search.keys) for s in search.unseen(listed)]
        many = any(len(search.keys) > 1 for search in searches)
        return many and sum(segment.n_rows for segment in unseen) > _MOST_UNDER_LOCK

    def _news(self, session: Session, log: LogRecord) -> bool:
        """Look at what was added meanwhile; return whether rows must be compared with it."""
        self._look(self._pieces, session, log)
        for piece in self._pieces:
            piece.close(batches.closed_among(session, log.serial, piece.batches()))
        return any(True for piece in self._pieces for _ in piece.unsettled())

    def _store(self, session: Session, log: LogRecord) -> Outcome:
        at = now()
        outcome = Outcome(self._n_rows)
        tallies = [piece.tally() for piece in self._pieces]
        for piece, tally in zip(self._pieces, tallies, strict=True):
            outcome.failures |= tally.failures
            outcome.n_waiting += tally.n_waiting
            outcome.n_stored += tally.n_stored
            for half in piece.accepted.halves():
                self._store_half(session, log, piece, half, at)
            for batch_id, n_rows, first, last in tally.batches:
                times = as_text(first), as_text(last)
                record = BatchRecord(batch_id, n_rows, *times, at, None, None)
                batches.note(session, log.serial, record)
            self._note_images(session, log, piece)
        n_truths = sum(tally.n_more_truths for tally in tallies)
        n_waiting = sum(tally.n_more_waiting for tally in tallies)
        logs.count_truths(session, log.serial, truths=n_truths, waiting=n_waiting)
        if any(piece.staged for piece in self._pieces):
            logs.note_segments(session, log.serial)
            self._record_segments(session, at)
        if self._close_batches and not outcome.failures:
            seen = set().union(*(piece.batches() for piece in self._pieces))
            for batch_id in sorted(seen - batches.closed_among(session, log.serial, seen)):
                batches.close(session, log.serial, batch_id, None, at)
                record_closed(session, self._model_id, log.serial, batch_id, at)
                outcome.closed.append(batch_id)
        return outcome

    def _record_segments(self, session: Session, at: str) -> None:
        """Write the event of the rows that came in segments; few rows have theirs when folded."""
        n_rows: Counter[str] = Counter()
        stored: list[str] = []
        for piece in self._pieces:
            for kind, staged in piece.staged.items():
                kept = int(np.count_nonzero(piece.tally().kept[kind]))
                if kept:
                    n_rows[f"{kind}s"] += kept
                    stored.append(staged.record.id)
        if stored:
            record_event(
                session,
                EventType.InferencesReceived,
                at=at,
                model_id=self._model_id,
                after={**n_rows, "segments": stored},
            )

    def _store_half(
        self, session: Session, log: LogRecord, piece: Piece, half: Half, at: str
    ) -> None:
        kept = piece.tally().kept[half.kind]
        if not kept.any():
            return
        staged = piece.staged.get(half.kind)
        if staged is None:
            few = half.keep(kept)
            keys = piece.keys[few.rows].as_bytes()
            parcels.add(session, log.serial, half.kind, dump_records(few.records()), keys)
        else:
            self._registry.segments.publish(staged.name, staged.rows, staged.index)
            segments.add(session, log.serial, _with_marks(staged.record, ~kept), at)

    def _note_images(self, session: Session, log: LogRecord, piece: Piece) -> None:
        if not self.images.sizes:
            return
        half = piece.accepted.inferences
        n_rows = self.images.count(half.keep(piece.tally().kept[half.kind]))
        if not n_rows:
            return
        self.images.publish(n_rows)
        log_objects.add(session, log.serial, self.images.sizes, n_rows)


def _text(id_: str | pa.Scalar) -> str:
    return id_ if isinstance(id_, str) else str(id_.as_py())


def _with_marks(record: Segment, dropped: NDArray[np.bool_]) -> Segment:
    """Return a segment without rows that turned out to be there already, or to be late."""
    n_dropped = int(np.count_nonzero(dropped))
    if not n_dropped:
        return record
    return record._replace(n_deleted=n_dropped, deleted=dump_marks(dropped))
