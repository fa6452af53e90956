"""Both sides of a request, read part by part into distributions. Loads pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from modelgroups.inferences.layout import INFERENCE_TIME, Kind
from modelgroups.inferences.view import View
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

__all__ = ["compare", "distribution_of"]

_MOST_VALUES: Final = 1 << 24
"""Values that are held at a time, of all properties together; of one property all are."""


def distribution_of(request: Request, measured: Measured, measure: Measure | None) -> Distribution:
    """Return what is to be kept of a property for a measure, or for counts without one."""
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


def compare(
    request: Request, distributions: Sequence[Distribution]
) -> Iterator[tuple[Sequence[Distribution], Rows]]:
    """Read both sides; yield some of the distributions at a time, with the rows of the answer.

    All of them come at once unless their values would take too much room. What comes later has
    the same rows, and is forgotten before the next.
    """
    with ExitStack() as files:
        comparison = _Comparison.of(request, files)
        counting = [each for each in distributions if isinstance(each, Counting)]
        if len(counting) == len(distributions):
            for some in comparison.lots(counting, with_target=False):
                comparison.read_base(some)
            comparison.read_counts(counting)
            yield distributions, comparison.rows()
            return
        for some in comparison.lots(distributions, with_target=True):
            comparison.read_base(some)
            comparison.read_target(some)
            yield some, comparison.rows()


@dataclass
class _Comparison:
    """The two sides, and the cells that their rows lie in.

    Parameters
    ----------
    request
        What is asked.
    files
        What is open until the end.
    cells
        The cells.
    base_view
        The log of the base, if it is one.
    target_view
        The log of the target, once it is open.
    """

    request: Request
    files: ExitStack
    cells: Cells
    base_view: View | None
    target_view: View | None = None

    @classmethod
    def of(cls, request: Request, files: ExitStack) -> _Comparison:
        base = request.base
        view = None
        if base.source != "reference":
            view = files.enter_context(open_log(base))
        return cls(request, files, Cells(request.groups, request.rollup), view)

    def lots(
        self, distributions: Sequence[Distribution], *, with_target: bool
    ) -> Iterator[Sequence[Distribution]]:
        """Yield distributions, so many at a time that their values have room."""
        n = n_rows(self.request.base, self.base_view)
        if with_target and self.request.target is not None:
            n += n_rows(self.request.target, self._open_target([]))
        step = max(_MOST_VALUES // max(n, 1), 1)
        for start in range(0, len(distributions), step):
            yield distributions[start : start + step]

    def _open_target(self, names: Sequence[str], kept: KeptCounts | None = None) -> View | None:
        """Open the log of the target, once."""
        target = self.request.target
        if target is None or target.source == "reference" or self.target_view is not None:
            return self.target_view
        base = self.request.base.subject.recipient
        if self.base_view is not None and base.model_id == target.subject.recipient.model_id:
            self.target_view = self.base_view
        elif kept is None:
            self.target_view = self.files.enter_context(open_log(target, names))
        else:
            self.target_view = self.files.enter_context(open_log(target, names, kept.lacks))
        return self.target_view

    def _names(self, side: Side, some: Sequence[Distribution]) -> list[str]:
        names = [name for each in some for name in each.measured.needs(side.subject)]
        return list(dict.fromkeys([*names, *self.request.groups]))

    # --- the base ----------------------------------------------------------------------------

    def read_base(self, some: Sequence[Distribution]) -> None:
        """Read the base into distributions, unless it is known what it would give."""
        base = self.request.base
        unknown = baselines.recall(self.request, some)
        if unknown:
            for table in parts_of(base, self._names(base, unknown), self.base_view):
                where = self.cells.of_base(table)
                for each in unknown:
                    each.add_base(Part(base, table), where)
            for each in unknown:
                each.close_base()
            baselines.remember(self.request, unknown)

    # --- the target --------------------------------------------------------------------------

    def read_target(self, some: Sequence[Distribution]) -> None:
        """Read the target into distributions."""
        target = self.request.target
        if target is None:
            return
        names = self._names(target, some)
        if self.request.rollup is not None:
            names.append("batch_id" if self.request.rollup == "batch_id" else time_of(target))
        view = self._open_target(names if is_plain(target, names) else [])
        time = names[-1] if self.request.rollup is not None else None
        parts = parts_of(target, names, view)
        if not all(isinstance(each, Counting) for each in some):
            parts = blocks_of(parts)  # values are put in order, the more at a time the better
        for table in tracked(parts, "Measuring drift"):
            where = self.cells.of_target(table, None if time is None else table[time])
            for each in some:
                each.add_target(Part(target, table), where)

    def read_counts(self, some: Sequence[Counting]) -> None:
        """Read the target into counts, some of which may have been kept for each segment."""
        request, target = self.request, self.request.target
        if target is None or request.groups or request.rollup not in (None, *DAYS):
            self.read_target(some)
            return
        names = [*self._names(target, some), INFERENCE_TIME]
        if self.base_view is not None or request.base.conditions or not is_plain(target, names):
            self.read_target(some)
            return
        kept = KeptCounts.of(target.subject.recipient, some)
        view = self._open_target(names, kept)
        assert view is not None  # noqa: S101  # what is plain is a log
        for record in view.closed:
            if record.kind == Kind.INFERENCE:
                kept.add(record, some, self.cells)
        for segment in tracked(view.of_kind(Kind.INFERENCE), "Measuring drift"):
            missing = kept.add(segment.record, some, self.cells)
            names = [*self._names(target, missing), INFERENCE_TIME]
            for table in parts_of_segment(target, names, segment):
                where = self.cells.of_target(table, table[INFERENCE_TIME])
                for each in missing:
                    kept.count(each, each.count(Part(target, table), where))
            kept.close(segment.record, missing, self.cells)
        for table in waiting_part(target, [*self._names(target, some), INFERENCE_TIME], view):
            where = self.cells.of_target(table, table[INFERENCE_TIME])
            for each in some:
                each.add_target(Part(target, table), where)
        kept.store()

    def rows(self) -> Rows:
        """Return the rows of the answer."""
        return self.cells.rows(of_base=self.request.target is None)
