"""Some rows of a call on their way into the log: which are new, repeated, or contradict it.

A partner_inference_id stands for one inference. What is sent again with the same content is
acknowledged and not stored a second time; with another content the row fails. Loads numpy and
pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelgroups.inferences.compare import equal_rows
from modelgroups.inferences.layout import BATCH, ID, SENT, Kind, Layout
from modelgroups.inferences.records import table_of
from modelgroups.inferences.search import Search
from modelgroups.inferences.segment_files import WrittenRows
from modelgroups.inferences.tally import Tally, batch_sizes, batches_of, mask_of
from modelgroups.lazy import lazy
from modelgroups.storage.keys import KeyIndex, Keys, keys_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.catalog.records import Segment
    from modelgroups.inferences.accept import Accepted, Half
    from modelgroups.inferences.segment_files import StagedSegment
    from modelgroups.storage.scratch import Scratch

__all__ = ["Piece"]

_UNKNOWN, _SAME, _OTHER = 0, 1, 2
_CONFLICT: Final = HTTPStatus.CONFLICT.value
_LATE: Final = "the batch is closed and takes no new inferences"
_CONTRADICTION: Final = (
    "an inference with this partner_inference_id and another content was sent before; what was "
    "sent is immutable"
)
_REPETITION: Final = (
    "the call has this partner_inference_id more than once, with another content; an inference is "
    "immutable, and the first one counts"
)


_ROW_ARRAYS: Final = (
    "asked",
    "_has_inference",
    "_has_truth",
    "_comes_along",
    "_verdict",
    "_repeat_verdict",
    "_followers",
    "_leaders",
    "_all_truths",
    "_first_truths",
    "_closed",
    "_settled_truths",
)
"""What a piece knows of its rows."""


@dataclass
class Piece:
    """Rows that are stored together.

    Arrays with an entry for each row of the call say what becomes of it.

    Parameters
    ----------
    accepted
        The rows.
    layout
        The columns of the log.
    first_row
        The number of its first row in the whole call.
    """

    accepted: Accepted
    layout: Layout
    first_row: int = 0
    asked: NDArray[np.int64] = field(init=False)
    inferences: Search = field(init=False)
    truths: Search = field(init=False)
    staged: dict[Kind, StagedSegment] = field(default_factory=dict, init=False)
    earlier: list[Piece] = field(default_factory=list, init=False)
    rests: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        accepted = self.accepted
        n_rows = accepted.n_rows
        self.asked = np.flatnonzero(~accepted.generated)
        wanted = self._keys_at(self.asked)
        self.inferences = Search(Kind.INFERENCE, wanted)
        self.truths = Search(Kind.GROUND_TRUTH, wanted)
        self._has_inference = _mask(accepted.inferences.rows, n_rows)
        self._has_truth = _mask(accepted.truths.rows, n_rows)
        self._comes_along = self._has_inference  # the inference of its ground truth is in the call
        self._verdict = np.zeros(n_rows, dtype=np.int8)  # beside what is stored
        self._repeat_verdict = self._judge_repeats()  # beside the first such row of the call
        self._all_truths = self._has_truth.copy()
        self._first_truths = self._first_of_ids(self._all_truths)
        self._whole_index: KeyIndex | None = None
        self._tally: Tally | None = None
        self._batches: set[str] | None = None
        self._closed = np.zeros(n_rows, dtype=bool)
        self._settled_truths = np.zeros(n_rows, dtype=bool)

    def _judge_repeats(self) -> NDArray[np.int8]:
        """Return which rows repeat an earlier one of the call, and whether with its content."""
        verdict = np.zeros(self.accepted.n_rows, dtype=np.int8)
        half = self.accepted.inferences
        self._followers = self._leaders = np.empty(0, dtype=np.int64)
        if len(self.asked) < 2:
            return verdict
        later, first = self._keys_at(half.rows).repeats()
        if len(later):
            same = equal_rows(self.table(half, later), self.table(half, first))
            verdict[half.rows[later]] = np.where(same, _SAME, _OTHER)
            self._followers, self._leaders = half.rows[later[same]], half.rows[first[same]]
        return verdict

    def index_of(self, half: Half) -> Callable[[], KeyIndex]:
        """Return what makes the index of the rows of a half."""
        return (
            self._index
            if len(half) == self.accepted.n_rows
            else lambda: KeyIndex.of(self.keys[half.rows])
        )

    @lazy
    def keys(self) -> Keys:
        """The key of each row's id; of ids that are all ours only the index asks for it."""
        return keys_of(self.accepted.ids)

    def _keys_at(self, rows: NDArray[np.int64]) -> Keys:
        """Return the keys of some rows, which are in order."""
        if not len(rows):
            return Keys.concat([])
        return self.keys if len(rows) == self.accepted.n_rows else self.keys[rows]

    def _index(self) -> KeyIndex:
        """Return the index of all rows, sorted once for both halves."""
        if self._whole_index is None:
            self._whole_index = KeyIndex.of(self.keys)
        return self._whole_index

    def table(self, half: Half, places: NDArray[np.int64]) -> pa.Table:
        """Return some rows of a half, by their places in it."""
        if isinstance(half.data, list):
            return table_of([half.data[i] for i in places], self.layout.schema(half.kind))
        return half.data.take(pa.array(places))

    def rest(self, scratch: Scratch) -> None:
        """Let what is known of each row wait in a file; the rows themselves are written.

        So a call may bring more rows than fit into memory. What is asked for later is read.
        """
        self.rests = True
        self.tally()
        self.batches()
        put = scratch.put
        for half in self.accepted.halves():
            half.rows = put(half.rows)
            if half.kind in self.staged:
                half.data = WrittenRows(self.staged[half.kind].rows, half.table().column_names)
        wanted = self.inferences.keys
        is_whole = wanted is self.keys
        self.keys = Keys(put(self.keys.high), put(self.keys.low))
        wanted = self.keys if is_whole else Keys(put(wanted.high), put(wanted.low))
        self.inferences.rest(scratch, wanted)
        self.truths.rest(scratch, wanted)
        self.accepted.ids, self.accepted.generated = [], put(self.accepted.generated)
        for name in _ROW_ARRAYS:
            setattr(self, name, put(getattr(self, name)))
        self._whole_index = None

    # --- what was found in the log, or among earlier rows of the call ----------------------

    def look_at_earlier(self) -> None:
        """Look for the ids in the pieces of the call that are known to have some of them."""
        for piece in self.earlier:
            for search in (self.inferences, self.truths):
                staged = piece.staged.get(search.kind)
                if staged is not None and search.unseen([staged.record]):
                    search.look_in_segment(staged.record, KeyIndex.load(staged.index))
                    self._tally = None

    def _earlier_ids(self) -> set[str]:
        return {staged.record.id for piece in self.earlier for staged in piece.staged.values()}

    def start_again(self) -> None:
        """Forget what was found, for rows were deleted or moved since."""
        self.inferences.start_again()
        self.truths.start_again()
        self._verdict[self._has_inference] = _UNKNOWN
        self._tally = None

    def unsettled(self) -> Iterator[tuple[Segment | int, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield what must be compared: a source in the log, rows of it, and rows of the call."""
        search = self.inferences
        if not search.sources:
            return
        open_ = search.found & self._has_inference[self.asked] & (self._verdict[self.asked] == 0)
        for number in np.unique(search.source[open_]):
            which = np.flatnonzero(open_ & (search.source == number))
            yield search.sources[number], search.row[which], self.asked[which]

    def settle(self, rows: NDArray[np.int64], stored: pa.Table) -> bool:
        """Compare rows of the call with those of the log; return False if ids do not match."""
        half = self.accepted.inferences
        given = self.table(half, np.searchsorted(half.rows, rows))
        if not given[ID].equals(stored[ID]):
            return False
        self._verdict[rows] = np.where(equal_rows(given, stored), _SAME, _OTHER)
        self._tally = None
        return True

    def resent(self) -> NDArray[np.int64]:
        """Return the rows whose inference is stored already and that bring a ground truth."""
        return np.flatnonzero((self._verdict == _SAME) & self._has_truth & ~self._settled_truths)

    def settle_truths(self, rows: NDArray[np.int64], known: NDArray[np.bool_]) -> None:
        """Say of rows of the call whether their ground truth was stored with their inference."""
        self._tally = None
        self._settled_truths[rows] = True
        self._has_truth[rows[known]] = False

    def close(self, batches: AbstractSet[str]) -> None:
        """Let rows fail that are new and belong to batches that are closed."""
        half = self.accepted.inferences
        if not batches or not len(half):
            return
        if isinstance(half.data, list):
            late = np.array([record.get(BATCH) in batches for record in half.data])
        else:
            column = half.data[BATCH]
            late = np.asarray(pc.is_in(column, pa.array(sorted(batches))).to_numpy())
        self._tally = None
        self._closed[half.rows[late]] = True

    def batches(self) -> set[str]:
        """Return the batches of the rows."""
        if self._batches is None:
            self._batches = batches_of(self.accepted.inferences)
        return self._batches

    # --- what becomes of the rows --------------------------------------------------------

    def _by_row(self, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
        by_row: NDArray[np.bool_] = np.zeros(self.accepted.n_rows, dtype=bool)
        by_row[self.asked] = found
        return by_row

    def _refused(self) -> NDArray[np.bool_]:
        known = self._by_row(self.inferences.found)
        if self.earlier:  # the row that it repeats is refused too when its batch is closed
            known &= ~(self._closed & self._by_row(self.inferences.found_in(self._earlier_ids())))
        contradicts = (self._repeat_verdict == _OTHER) | self._closed
        refused: NDArray[np.bool_] = np.where(known, self._verdict == _OTHER, contradicts)
        refused &= self._has_inference
        refused[self._followers] |= refused[self._leaders]  # what they repeat is not stored
        return refused

    def new_inferences(self) -> NDArray[np.bool_]:
        """Return which rows' inferences are to be stored."""
        known = self._by_row(self.inferences.found)
        fresh: NDArray[np.bool_] = ~known & ~self._closed & (self._repeat_verdict == _UNKNOWN)
        return self._has_inference & fresh

    def new_truths(self) -> NDArray[np.bool_]:
        """Return which rows' ground truths are to be stored."""
        return self._has_truth & ~self._refused()

    def _first_of_ids(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of some rows are the first of them with their id."""
        firsts = rows.copy()
        if len(self.asked):
            numbers = np.flatnonzero(rows)
            firsts[numbers[self._keys_at(numbers).repeats()[0]]] = False
        return firsts

    def tally(self) -> Tally:
        """Return what the rows add to the log, as far as the log was looked at."""
        if self._tally is None:
            self._tally = self._count()
        return self._tally

    def recount(self) -> None:
        """Count anew what the rows add, for more was found in the log."""
        self._tally = None

    def _count(self) -> Tally:
        inferences, truths = self.new_inferences(), self.new_truths()
        is_first = self._first_truths
        if not np.array_equal(truths, self._all_truths):
            is_first = self._first_of_ids(truths)
        had_truth = self._by_row(self.truths.found)
        waits = self._waits()
        fresh = is_first & ~had_truth
        arrived = int(np.count_nonzero(inferences & had_truth))
        halves = self.accepted.halves()
        kept = dict(zip(SENT, (inferences, truths), strict=True))
        return Tally(
            kept={half.kind: mask_of(kept[half.kind][half.rows]) for half in halves},
            batches=batch_sizes(halves[0].keep(inferences[halves[0].rows])),
            n_stored=int(np.count_nonzero(inferences | truths)),
            n_waiting=int(np.count_nonzero(waits & truths)),
            n_more_truths=int(np.count_nonzero(fresh)),
            n_more_waiting=int(np.count_nonzero(fresh & waits)) - arrived,
            failures=self._failures(),
        )

    def _waits(self) -> NDArray[np.bool_]:
        """Return which rows bring a ground truth whose inference is not known."""
        known = self._by_row(self.inferences.found)
        known[self.accepted.generated] = True
        known |= self._comes_along
        return self._has_truth & ~known

    def fix(self, *, others_came_before: bool) -> None:
        """Decide for good on what is not stored, and keep only the rest of the rows.

        Without this, a deletion that comes now could make a row count as new that is not written.
        A row that contradicts an earlier one of the piece stays for as long as both may repeat
        another piece: it may be the earlier one that contradicts what is stored.
        """
        open_: NDArray[np.bool_] = np.zeros(len(self._closed), dtype=bool)
        if others_came_before:
            known = self._by_row(self.inferences.found)
            open_ = self._has_inference & (self._repeat_verdict == _OTHER) & ~known & ~self._closed
        faults = self._faults().items()
        self.accepted.failures |= {row: fault for row, fault in faults if not open_[row]}
        inferences = self.new_inferences() | open_
        truths = self.new_truths() | (self._has_truth & open_)
        self._comes_along = self._has_inference & ~(self._verdict == _SAME)
        self._has_inference, self._has_truth = inferences, truths
        for half, rows in zip(self.accepted.halves(), (inferences, truths), strict=True):
            kept = half.keep(rows[half.rows])
            half.rows, half.data = kept.rows, kept.data

    def _faults(self) -> dict[int, tuple[int, str]]:
        """Return the rows that are refused, with the status and what is wrong."""
        refused = np.flatnonzero(self._refused())
        if not len(refused):
            return {}
        found = self.inferences.found
        if self.earlier:
            found = found & ~self.inferences.found_in(self._earlier_ids())
        was_there = self._by_row(found)
        late = self._closed & (self._verdict != _OTHER)

        def fault(row: int) -> str:
            return _LATE if late[row] else _CONTRADICTION if was_there[row] else _REPETITION

        return {row: (_CONFLICT, fault(row)) for row in map(int, refused)}

    def _failures(self) -> dict[int, tuple[int, str]]:
        """Return the rows of the call that fail, with the status and what is wrong."""
        told = self.accepted.failures | self._faults()
        return {self.first_row + row: failure for row, failure in sorted(told.items())}


def _mask(rows: NDArray[np.int64], n_rows: int) -> NDArray[np.bool_]:
    mask = np.zeros(n_rows, dtype=bool)
    mask[rows] = True
    return mask
