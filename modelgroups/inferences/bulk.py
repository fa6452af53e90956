"""Rows by the million: frames, Arrow streams, and files, taken in with bounded memory.

Everything that one call brings is stored in one transaction, or nothing. Loads pandas and
pyarrow: import it lazily.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from modelgroups.errors import (
    BadRequestError,
    MissingParameterError,
    UserTypeError,
    UserValueError,
)
from modelgroups.inferences.accept import Rules
from modelgroups.inferences.columns import as_list
from modelgroups.inferences.deliver import Delivery, Outcome
from modelgroups.inferences.gaps import columns_with_values, tell_missing
from modelgroups.inferences.layout import BATCH, HALVES, METADATA, SENT, Kind, Layout
from modelgroups.inferences.outcome import counts_of
from modelgroups.inferences.receipt import Receipt
from modelgroups.inferences.shapes import Given, is_arrow, parse, unknown_names
from modelgroups.inferences.unmatched import tell_unmatched
from modelgroups.progress import tracked
from modelgroups.reference.files import SourceFile, files_in, listed_files, open_content

if TYPE_CHECKING:
    from modelgroups.inferences.recipient import Recipient

__all__ = ["Source", "send_bulk", "source_of"]

logger = logging.getLogger("modelgroups")

ROWS_PER_PIECE = 1 << 19
"""Rows that are in memory at a time, and that make a segment."""

_FEW_TOGETHER = 1 << 12
_MANY_TOGETHER = 1 << 16
"""So small sources are joined to about so many rows."""

MAX_FAILURES_LISTED = 1_000
"""Rows of one file whose faults are told one by one; all are counted."""

_CLOSED = {"dataset_close_result": {"message": "success"}}


@dataclass(frozen=True)
class Source:
    """Something that holds rows: a file, a frame, a stream.

    Parameters
    ----------
    name
        What it is called in messages.
    names
        Its columns, or None for rows of JSON.
    content
        Where the rows are.
    """

    name: str
    names: Sequence[str] | None
    content: Any

    def pieces(self) -> Iterator[tuple[int, Any]]:
        """Yield the rows in pieces that fit into memory, each with the number of its first."""
        content = self.content
        if isinstance(content, SourceFile):
            yield from _pieces_of_batches(content.batches())
        elif isinstance(content, pa.RecordBatchReader):
            yield from _pieces_of_batches(content)
        else:
            for start in range(0, len(content), ROWS_PER_PIECE):
                rows = content.iloc if isinstance(content, pd.DataFrame) else content
                yield start, rows[start : start + ROWS_PER_PIECE]


def _pieces_of_batches(batches: Any) -> Iterator[tuple[int, pa.Table]]:
    waiting: list[pa.RecordBatch] = []
    start = n_rows = 0
    for batch in batches:
        waiting.append(batch)
        n_rows += batch.num_rows
        if n_rows >= ROWS_PER_PIECE:
            yield start, pa.Table.from_batches(waiting)
            start, n_rows, waiting = start + n_rows, 0, []
    if n_rows:
        yield start, pa.Table.from_batches(waiting)


def source_of(directory_path: Any, data: Any, files: Any, method: str) -> list[Source]:
    """Return what a bulk call is to take in.

    Raises
    ------
    MissingParameterError
        There is none.
    UserValueError
        There are several, or a file cannot be read.
    UserTypeError
        It is of the wrong type.
    """
    given = [source for source in (directory_path, data, files) if source is not None]
    if not given:
        raise MissingParameterError(f"{method}() needs data=, files= or directory_path=")
    if len(given) > 1:
        raise UserValueError(f"{method}() takes one source: data, files or directory_path")
    if data is not None:
        return [_source_of_data(data)]
    listed = files_in(directory_path) if directory_path is not None else listed_files(files)
    return [_source_of_file(file) for file in listed]


def _source_of_file(file: str | os.PathLike[str]) -> Source:
    name, content = open_content(file)
    names = None if isinstance(content, list) else content.schema.names
    return Source(name, names, content)


def _source_of_data(data: Any) -> Source:
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if isinstance(data, pd.DataFrame):
        return Source("the frame", list(data.columns), data)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if not is_arrow(data):
        raise UserTypeError(
            "data must be a DataFrame, a Series, an Arrow table or a stream of Arrow batches, got "
            f"{type(data).__name__}"
        )
    reader = pa.RecordBatchReader.from_stream(data)
    return Source("the Arrow data", reader.schema.names, reader)


@dataclass
class _Intake:
    """The rows of one bulk call on their way in."""

    to: Recipient
    sources: Sequence[Source]
    batch_id: str | None
    truths_only: bool
    ids_needed: bool
    starts: list[tuple[int, int, int]] = field(default_factory=list)
    n_rows: int = 0

    def given(self) -> Iterator[Given]:
        """Yield the rows of all sources, taken apart; those of many small ones together."""
        waiting: list[Given] = []
        for given in self._each():
            if waiting and given.n_rows > _FEW_TOGETHER:
                yield _together(waiting)
                waiting = []
            if given.n_rows > _FEW_TOGETHER:
                yield given
                continue
            waiting.append(given)
            if sum(one.n_rows for one in waiting) > _MANY_TOGETHER:
                yield _together(waiting)
                waiting = []
        if waiting:
            yield _together(waiting)

    def _each(self) -> Iterator[Given]:
        for number, source in enumerate(self.sources):
            for start, rows in tracked(source.pieces(), f"Taking in {source.name}"):
                given = parse(rows, self.to.layout, source.name)
                if self.batch_id is not None:
                    given.metadata[BATCH] = [self.batch_id] * given.n_rows
                self.starts.append((self.n_rows, number, start))
                self.n_rows += given.n_rows
                yield given

    def failures_by_source(self, outcome: Outcome) -> list[list[dict[str, Any]]]:
        """Return the faults of the rows of each source, by their numbers there."""
        told: list[list[dict[str, Any]]] = [[] for _ in self.sources]
        firsts = [first for first, _, _ in self.starts]
        for row, (status, message) in outcome.failures.items():
            piece = int(np.searchsorted(firsts, row, side="right")) - 1
            first, number, start = self.starts[piece]
            if len(told[number]) < MAX_FAILURES_LISTED:
                fault = {"row": start + row - first, "status": status, "message": message}
                told[number].append(fault)
        return told


def _together(parts: Sequence[Given]) -> Given:
    """Return the rows of several sources as those of one, for each makes a file in the log."""
    if len(parts) == 1:
        return parts[0]
    whole = Given(sum(part.n_rows for part in parts))
    start = 0
    for part in parts:
        pairs = [(whole.values[kind], part.values[kind]) for kind in SENT]
        for into, columns in (*pairs, (whole.metadata, part.metadata)):
            for name, column in columns.items():
                cells = into.setdefault(name, [None] * whole.n_rows)
                cells[start : start + part.n_rows] = as_list(column)
        whole.faults |= {start + row: faults for row, faults in part.faults.items()}
        start += part.n_rows
    return whole


def send_bulk(
    to: Recipient,
    sources: Sequence[Source],
    *,
    batch_id: str | None = None,
    complete_batch: bool = True,
    ignore_join_errors: bool = False,
    truths_only: bool = False,
) -> tuple[Receipt, dict[str, Any] | None]:
    """Store the rows of sources; see `Model.send_bulk_inferences`."""
    names = _known_names(sources, to.layout, Kind.GROUND_TRUTH if truths_only else None)
    if truths_only:
        has_inferences, ids_needed = False, True
    else:
        has_inferences = _has_any(names, to.layout, Kind.INFERENCE)
        has_truths = _has_any(names, to.layout, Kind.GROUND_TRUTH)
        ids_needed = not has_inferences or not (has_truths or ignore_join_errors)
    intake = _Intake(to, sources, batch_id, not has_inferences, ids_needed)
    rules = Rules(is_batch=to.is_batch, truths_only=not has_inferences, ids_needed=ids_needed)
    close = to.is_batch and complete_batch
    present: set[str] = set()
    with Delivery(to, close_batches=close) as delivery:
        for given in intake.given():
            if not has_inferences:
                given.values[Kind.INFERENCE] = {}
            present |= columns_with_values(given.values[Kind.INFERENCE])
            delivery.add(given, replace(rules, is_part=intake.n_rows > given.n_rows))
            if given.n_rows >= ROWS_PER_PIECE:  # more will come, and be read beside these
                delivery.rest()
            del given
        if not intake.n_rows:
            raise UserValueError("there are no rows to send; give at least one")
        if has_inferences:
            tell_missing(to, present, intake.n_rows)
        else:
            tell_unmatched(to, delivery, intake.n_rows)
        outcome = delivery.commit()
    return _answer(intake, outcome, closes=close)


def _answer(
    intake: _Intake, outcome: Outcome, *, closes: bool
) -> tuple[Receipt, dict[str, Any] | None]:
    counts = counts_of(outcome.n_rows, outcome.failures)
    if outcome.failures:
        logger.warning(
            "%d of %d rows for model %s failed and were left out; the result tells which",
            counts["failure"],
            counts["total"],
            intake.to.model_id,
            extra={"shown_by": "result"},
        )
    failures = intake.failures_by_source(outcome)
    result = Receipt.of(outcome.n_stored, counts=counts, failures=failures)
    return result, dict(_CLOSED) if closes and not outcome.failures else None


def _known_names(sources: Sequence[Source], layout: Layout, kind: Kind | None) -> set[str]:
    """Return the columns of all sources, or refuse those that nobody knows."""
    known = {*layout.inference_attributes, *layout.truth_attributes, *METADATA, *HALVES}
    found: set[str] = set()
    for source in sources:
        names = source.names if source.names is not None else _keys_of_rows(source.content)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise BadRequestError(f"{source.name}: {unknown_names(unknown, layout, kind)}")
        found.update(map(str, names))
    if not any(_has_any(found, layout, kind) for kind in SENT):
        raise UserValueError(
            "the rows have no attribute of this model; it has "
            f"{', '.join(map(repr, [*layout.inference_attributes, *layout.truth_attributes]))}"
        )
    return found


def _keys_of_rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _has_any(names: set[str], layout: Layout, kind: Kind) -> bool:
    half = HALVES[kind == Kind.GROUND_TRUTH]
    return half in names or bool(names.intersection(layout.attributes(kind)))
