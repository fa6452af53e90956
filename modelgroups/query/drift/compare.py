"""Both sides of a request, read part by part into distributions. Loads pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import pyarrow as pa

from modelgroups.inferences.layout import BATCH, INFERENCE_TIME, Kind
from modelgroups.inferences.view import View, every
from modelgroups.progress import tracked
from modelgroups.query.drift import baselines
from modelgroups.query.drift.cells import DAYS, Cells, Rows
from modelgroups.query.drift.distributions import (
    Binned,
    Counting,
    Distribution,
    Labelled,
    Ranked,
    Valued,
)
from modelgroups.query.drift.kept import KeptCounts
from modelgroups.query.drift.measures import Form, Measure
from modelgroups.query.drift.parts import (
    blocks_of,
    is_plain,
    n_rows,
    open_log,
    parts_of,
    parts_of_segment,
    waiting_part,
)
from modelgroups.query.drift.request import Measured, Request, Side, time_of
from modelgroups.query.drift.values import Part
from modelgroups.query.source import column_type
from modelgroups.reference.reading import open_set

if TYPE_CHECKING:
    from modelgroups.catalog.records import Segment
    from modelgroups.inferences.view import OpenSegment
    from modelgroups.reference.reading import OpenSet

__all__ = ["compare"]

T = TypeVar("T")

_MOST_VALUES: Final = 1 << 19
"""Values that are held at a time, of all properties together; of one property all are."""

_MORE_IN_CELLS: Final = 8
"""How many times more, where rows are grouped or split by time: that costs something each time."""


def compare(
    request: Request, measure: Measure | None = None
) -> Iterator[tuple[Sequence[Distribution], Rows]]:
    """Read both sides; yield distributions of all properties, with the rows of the answer.

    Properties that are counted come at once. Where values are compared, only so many come at a
    time as there is room for; all have the same rows.

    Parameters
    ----------
    request
        What is asked.
    measure
        What the distributions are for; without one, properties are counted.
    """
    with ExitStack() as files:
        comparison = _Comparison(request, files, Cells(request.groups, request.rollup))
        kept = [_distribution_of(request, one, measure) for one in request.measured]
        counting = [each for each in kept if isinstance(each, Counting)]
        others = [each for each in kept if not isinstance(each, Counting)]
        del kept  # a distribution is held no longer than until it was compared
        n_rows_held = comparison.n_rows_of_target() if others else 0
        if counting:
            waiting = [*counting]
            while waiting:
                base_lot = comparison.lot_of(waiting, comparison.n_rows_of_base())
                comparison.read_base(base_lot)
            comparison.read_counts(counting)
            yield counting, comparison.rows()
        while others:
            lot = comparison.lot_of(others, comparison.n_rows_of_base())
            comparison.read_base(lot)
            while lot:
                some = comparison.lot_of(lot, n_rows_held)
                comparison.read_target(some)
                yield some, comparison.rows()


def _distribution_of(request: Request, measured: Measured, measure: Measure | None) -> Distribution:
    """Return what is to be kept of a property."""
    if measured.form is not Form.CONTINUOUS:
        return Labelled(measured, in_text=_differs(request, measured))
    if measure is not None and measure.of_ranks is not None:
        return Ranked(measured)
    if measure is not None and measure.of_values is not None:
        return Valued(measured)
    return Binned(measured, request.num_bins)


def _differs(request: Request, measured: Measured) -> bool:
    """Return whether a category has values of other types in the two versions."""
    if request.target is None or measured.form is not Form.CATEGORICAL:
        return False
    sides = (request.base, request.target)
    return len({column_type(side.columns[measured.column]) for side in sides}) > 1


@dataclass
class _Comparison:
    """The two sides while they are read: each log is seen as it was at one moment.

    Parameters
    ----------
    request
        What is asked.
    files
        What is open until the end.
    cells
        The cells that rows lie in.
    """

    request: Request
    files: ExitStack
    cells: Cells
    _views: dict[str, View] = field(default_factory=dict, init=False)
    _references: dict[str, OpenSet] = field(default_factory=dict, init=False)

    @property
    def room(self) -> int:
        """How many values are held at a time: more where each lot is put into cells anew."""
        return _MOST_VALUES * (_MORE_IN_CELLS if self.request.groups or self.request.rollup else 1)

    def lot_of(self, items: list[T], n_values: int) -> list[T]:
        """Take as many out of some items, of so many values each, as there is room for."""
        step = max(self.room // max(n_values, 1), 1)
        lot, items[:step] = items[:step], []
        return lot

    def _view(
        self, side: Side, names: Sequence[str] = (), wanted: Callable[[Segment], bool] = every
    ) -> View | None:
        """Return the log of a side, opened when it is first needed; None of reference data."""
        if side.source == "reference":
            return None
        model_id = side.subject.recipient.model_id
        if model_id not in self._views:
            texts = names if is_plain(side, names) else ()
            self._views[model_id] = self.files.enter_context(open_log(side, texts, wanted))
        return self._views[model_id]

    def _reference(self, side: Side) -> OpenSet | None:
        """Return the reference data of a side, opened when first read; None of a log."""
        if side.source != "reference":
            return None
        to = side.subject.recipient
        if to.model_id not in self._references:
            opened = self.files.enter_context(open_set(to.registry, to.model_id))
            self._references[to.model_id] = opened
        return self._references[to.model_id]

    def _names(self, side: Side, measured: Iterable[Measured]) -> list[str]:
        """Return the columns of a side that must be read."""
        request = self.request
        names = [name for each in measured for name in each.needs(side.subject)]
        times = [] if side is not request.target or request.rollup is None else [self._time(side)]
        return list(dict.fromkeys([*names, *request.groups, *times]))

    def _time(self, target: Side) -> str:
        return BATCH if self.request.rollup == BATCH else time_of(target)

    def n_rows_of_base(self) -> int:
        """Return how many rows the base has at most."""
        return n_rows(self.request.base, self._view(self.request.base))

    def n_rows_of_target(self) -> int:
        """Return how many rows the target has at most."""
        target = self.request.target
        if target is None:
            return 0
        return n_rows(target, self._view(target, self._names(target, self.request.measured)))

    def rows(self) -> Rows:
        """Return the rows of the answer."""
        return self.cells.rows(of_base=self.request.target is None)

    def read_base(self, some: Sequence[Distribution]) -> None:
        """Read the base into distributions, unless it is known what it would give."""
        unknown = baselines.recall(self.request, some)
        if not unknown:
            return
        self._add_base(unknown)
        for each in unknown:
            each.close_base()
        baselines.remember(self.request, unknown)
        pa.default_memory_pool().release_unused()  # it would lie beside what is held of the target

    def _add_base(self, some: Sequence[Distribution]) -> None:
        base = self.request.base
        names = self._names(base, [each.measured for each in some])
        for table in parts_of(base, names, self._view(base), self._reference(base)):
            where = self.cells.of_base(table)
            for each in some:
                each.add_base(Part(base, table), where)

    def read_target(self, some: Sequence[Distribution]) -> None:
        """Read the target into distributions."""
        target = self.request.target
        if target is None:
            return
        names = self._names(target, [each.measured for each in some])
        parts = parts_of(target, names, self._view(target, names), self._reference(target))
        if any(isinstance(each, Ranked) for each in some):  # the more at a time the better
            parts = blocks_of(parts, self.room // len(some))
        time = None if self.request.rollup is None else self._time(target)
        self._add(some, tracked(parts, "Measuring drift"), time)

    def _add(
        self, some: Sequence[Distribution], parts: Iterable[pa.Table], time: str | None
    ) -> None:
        target = self.request.target
        assert target is not None  # noqa: S101  # it is read
        for table in parts:
            where = self.cells.of_target(table, None if time is None else table[time])
            for each in some:
                each.add_target(Part(target, table), where)

    # --- kept counts -------------------------------------------------------------------------

    def read_counts(self, some: Sequence[Counting]) -> None:
        """Read the target into counts, some of which may have been kept of its segments."""
        target = self.request.target
        if target is None or not self._may_keep(target):
            self.read_target(some)
            return
        kept = KeptCounts.of(target.subject.recipient, some)
        names = self._plain_names(target, some)
        view = self._view(target, names, kept.lacks)
        assert view is not None  # noqa: S101  # what is plain is a log
        for record in view.closed:
            if record.kind == Kind.INFERENCE:
                kept.add(record, some, self.cells)
        for segment in tracked(view.of_kind(Kind.INFERENCE), "Measuring drift"):
            self._read_segment(target, segment, some, kept)
        self._add(some, waiting_part(target, names, view), INFERENCE_TIME)
        kept.store()

    def _may_keep(self, target: Side) -> bool:
        """Return whether what is asked is a sum of days of segments, in buckets that stay."""
        request = self.request
        if request.groups or request.rollup not in (None, *DAYS):
            return False
        if request.base.source != "reference" or request.base.conditions:
            return False
        if any(each.classes is not None for each in request.measured):
            return False  # the threshold of a classifier may be changed
        return is_plain(target, self._names(target, request.measured))

    def _plain_names(self, target: Side, some: Sequence[Counting]) -> list[str]:
        return [*self._names(target, [each.measured for each in some]), INFERENCE_TIME]

    def _read_segment(
        self, target: Side, segment: OpenSegment, some: Sequence[Counting], kept: KeptCounts
    ) -> None:
        """Count what is not kept of a segment."""
        missing = kept.add(segment.record, some, self.cells)
        if not missing:
            return
        for table in parts_of_segment(target, self._plain_names(target, missing), segment):
            where = self.cells.of_target(table, table[INFERENCE_TIME])
            for each in missing:
                kept.count(each, each.count(Part(target, table), where))
        kept.close(segment.record, missing, self.cells)
