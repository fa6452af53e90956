"""Running drift queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.types as pat
from numpy.typing import NDArray

from modelgroups.query.answer import plain
from modelgroups.query.drift.body import THRESHOLDS, DriftBody, TableBody, parse
from modelgroups.query.drift.cells import Rows
from modelgroups.query.drift.compare import compare
from modelgroups.query.drift.distributions import Counting
from modelgroups.query.drift.measures import MEASURES
from modelgroups.query.drift.reader import request_of
from modelgroups.query.drift.table import bucket_rows
from modelgroups.query.source import column_type
from modelgroups.query.subject import Subject

__all__ = ["reference_counts", "run_bucket_table", "run_drift"]


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


def _thresholds(each: Counting, rows: Rows, tree: DriftBody) -> list[Any]:
    from modelgroups.query.drift.thresholds import calibrated, expected

    counts = _base_counts(each, rows)
    if tree.confidence is None:
        return [expected(row, tree.target_size) for row in counts]
    return [calibrated(row, tree.confidence, tree.target_size) for row in counts]


def _base_counts(each: Counting, rows: Rows) -> list[NDArray[np.int64]]:
    return [row for tally in each.tallies(rows) for row in tally.base]


def reference_counts(subject: Subject, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return how many rows of the reference data lie in each bucket of some attributes.

    Parameters
    ----------
    subject
        The model.
    names
        The attributes, `MOST_PROPERTIES` at most.
    """
    body = {"properties": list(names), "metric": THRESHOLDS, "base": {"source": "reference"}}
    return {
        each.measured.key: counts
        for some, rows in compare(request_of(subject, parse(DriftBody, body)))
        for each in some
        if isinstance(each, Counting)
        for counts in _base_counts(each, rows)
    }


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
