"""Running drift queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.types as pat

from modelgroups.progress import progress
from modelgroups.query.answer import plain
from modelgroups.query.drift.body import THRESHOLDS, DriftBody, TableBody, parse
from modelgroups.query.drift.cells import cells_of
from modelgroups.query.drift.measures import MEASURES
from modelgroups.query.drift.reader import request_of
from modelgroups.query.drift.request import Request, time_of
from modelgroups.query.drift.sides import rows_of, times_of
from modelgroups.query.drift.table import bucket_rows
from modelgroups.query.drift.tally import Compared
from modelgroups.query.subject import Subject

__all__ = ["run_bucket_table", "run_drift"]


def run_drift(subject: Subject, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the answer of a drift query: a row for each group and time of the target.

    Raises
    ------
    UserValueError
        Lists every fault of the body, with its path.
    """
    tree: DriftBody = parse(DriftBody, body)
    request = request_of(subject, tree)
    with progress("Measuring drift", total=1 + len(request.measured)) as advance:
        compared = _load(request)
        advance(1)
        rows = [dict(key) for key in compared.cells.keys]
        for measured in request.measured if rows else ():
            if tree.metric == THRESHOLDS:
                values = _thresholds(compared.tally(measured).target, tree)
            else:
                values = compared.measure(MEASURES[tree.metric], measured).tolist()
            for row, value in zip(rows, values, strict=True):
                row[measured.key] = plain(value)
            advance(1)
    return rows


def _thresholds(counts: Any, tree: DriftBody) -> list[Any]:
    from modelgroups.query.drift.thresholds import calibrated, expected

    if tree.confidence is None:
        return [expected(row, tree.target_size) for row in counts]
    return [calibrated(row, tree.confidence, tree.target_size) for row in counts]


def run_bucket_table(subject: Subject, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table of buckets behind one PSI, for each group and time of the target.

    Raises
    ------
    UserValueError
        Lists every fault of the body, with its path.
    """
    tree: TableBody = parse(TableBody, body)
    request = request_of(subject, tree)
    (measured,) = request.measured
    compared = _load(request)
    if not compared.cells.keys:
        return []
    tally = compared.tally(measured)
    is_time = pat.is_timestamp(compared.base[measured.column].type)
    return [
        row
        for cell, key in enumerate(compared.cells.keys)
        for row in bucket_rows(tally, cell, int(compared.cells.groups[cell]), key, is_time=is_time)
    ]


def _load(request: Request) -> Compared:
    """Return the rows of both sides, each read once."""
    read = [[*each.needs(request.base.subject), *request.groups] for each in request.measured]
    base = rows_of(request.base, [name for names in read for name in names])
    if request.target is None:
        return Compared(request, base, None, cells_of(base, None, request.groups))
    subject = request.target.subject
    names = [name for each in request.measured for name in each.needs(subject)]
    names += request.groups
    times = None
    if request.rollup is not None:
        names.append("batch_id" if request.rollup == "batch_id" else time_of(request.target))
    target = rows_of(request.target, names)
    if request.rollup is not None:
        times = times_of(request.target, target, request.rollup)
    return Compared(request, base, target, cells_of(base, target, request.groups, times))
