"""Running drift queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.types as pat

from modelgroups.query.answer import plain
from modelgroups.query.drift.body import DriftBody, TableBody, parse
from modelgroups.query.drift.compare import compare
from modelgroups.query.drift.distributions import Counting
from modelgroups.query.drift.measures import MEASURES
from modelgroups.query.drift.reader import request_of
from modelgroups.query.drift.table import bucket_rows
from modelgroups.query.source import column_type
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
    measure = MEASURES.get(tree.metric)
    names = [each.key for each in request.measured]  # some are compared before others
    answer: list[dict[str, Any]] = []
    for some, rows in compare(request, measure):
        answer = answer or [{**key, **dict.fromkeys(names)} for key in rows.keys]
        for each in some if answer else []:
            if measure is None:
                assert isinstance(each, Counting)  # noqa: S101  # thresholds are of counts
                values = _thresholds(each, rows, tree)
            else:
                values = each.drift(measure, rows).tolist()
            for row, value in zip(answer, values, strict=True):
                row[each.measured.key] = plain(value)
    return answer


def _thresholds(each: Counting, rows: Any, tree: DriftBody) -> list[Any]:
    from modelgroups.query.drift.thresholds import calibrated, expected

    counts = [row for tally in each.tallies(rows) for row in tally.base]
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
    is_time = pat.is_timestamp(column_type(request.base.columns[measured.column]))
    return [
        row
        for distributions, rows in compare(request)
        for each in distributions
        if isinstance(each, Counting)
        for tally in each.tallies(rows)
        for number, key in enumerate(tally.keys)
        for row in bucket_rows(tally, number, key, is_time=is_time)
    ]
