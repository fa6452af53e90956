"""What a caller is told of the rows that were sent, in the SDK's words."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from modelgroups.errors import ResponseClientError

__all__ = [
    "counts_of",
    "logger",
    "mark_failures",
    "results_of",
    "tell_failures",
    "told_together",
    "waiting_message",
]

logger = logging.getLogger("modelgroups")

_OK: Final = HTTPStatus.OK.value
_MOST_SHOWN: Final = 5

Failures = Mapping[int, tuple[int, str]]


def counts_of(n_rows: int, failures: Failures) -> dict[str, int]:
    """Return how many rows were stored, how many failed, and all.

    >>> counts_of(3, {1: (400, "no")})
    {'success': 2, 'failure': 1, 'total': 3}
    """
    return {"success": n_rows - len(failures), "failure": len(failures), "total": n_rows}


def results_of(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what becomes of each row if none fails, in the order of the call."""
    return [{"message": "success", "status": _OK, "partner_inference_id": id_} for id_ in ids]


def mark_failures(results: list[dict[str, Any]], failures: Failures) -> None:
    """Say of the rows that failed why they did."""
    for row, (status, message) in failures.items():
        results[row] |= {"message": message, "status": status}


def waiting_message(n_waiting: int) -> dict[str, str]:
    """Return what to say of ground truths whose inferences are not known yet.

    >>> waiting_message(0), waiting_message(2)["message"]
    ({}, '2 ground truths are kept until their inferences arrive')
    """
    if not n_waiting:
        return {}
    what = "1 ground truth is" if n_waiting == 1 else f"{n_waiting:,} ground truths are"
    theirs = "its inference arrives" if n_waiting == 1 else "their inferences arrive"
    return {"message": f"{what} kept until {theirs}"}


def told_together(failed: Iterable[tuple[str, int, str]]) -> list[str]:
    """Return what is wrong with rows: what is the same once, with the first rows that it is of.

    Parameters
    ----------
    failed
        Of each row that failed which it is, the status and what is wrong.

    Examples
    --------
    >>> told_together([("row 0", 409, "twice"), ("row 3", 400, "no"), ("row 4", 409, "twice")])
    ['row 0, row 4: 409 twice', 'row 3: 400 no']
    """
    rows: dict[tuple[int, str], list[str]] = {}
    n_rows: Counter[tuple[int, str]] = Counter()
    for where, status, message in failed:
        fault = status, message
        n_rows[fault] += 1
        if n_rows[fault] <= _MOST_SHOWN:
            rows.setdefault(fault, []).append(where)
    told = []
    for (status, message), shown in list(rows.items())[:_MOST_SHOWN]:
        more = n_rows[status, message] - len(shown)
        told.append(
            f"{', '.join(shown)}{f' and {more:,} more' if more else ''}: {status} {message}"
        )
    n_others = n_rows.total() - sum(n_rows[fault] for fault in list(rows)[:_MOST_SHOWN])
    return [*told, f"and {n_others:,} more rows"] if n_others else told


def tell_failures(results: Sequence[dict[str, Any]], failures: Failures, *, silently: bool) -> None:
    """Raise because rows failed, or log it.

    Raises
    ------
    ResponseClientError
        Rows failed and that is not to pass silently; the others are stored.
    """
    if not failures:
        return
    failed = (
        (f"row {row} ({results[row].get('partner_inference_id')!r})", status, message)
        for row, (status, message) in failures.items()
    )
    rest = "none was stored" if len(failures) == len(results) else "the others were stored"
    told = "; ".join(told_together(failed))
    text = f"{len(failures):,} of {len(results):,} rows failed and {rest}: {told}"
    if silently:
        logger.error("%s", text)
        return
    error = ResponseClientError(text)
    error.results = [results[row] for row in failures]
    raise error
