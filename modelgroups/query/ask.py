"""`Model.query`: the three types of queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelgroups.errors import UserValueError
from modelgroups.query.run import run_base
from modelgroups.query.subject import Subject

__all__ = ["QUERY_TYPES", "ask"]

QUERY_TYPES: Final = ("base", "drift", "drift_psi_bucket_table")


def ask(subject: Subject, body: Mapping[str, Any], query_type: str) -> list[dict[str, Any]]:
    """Return the answer to a query.

    Raises
    ------
    UserValueError
        The type is unknown, or the body has faults, which are all listed.
    """
    if query_type not in QUERY_TYPES:
        choices = ", ".join(map(repr, QUERY_TYPES))
        raise UserValueError(f"query_type={query_type!r} is not one of {choices}")
    if query_type == "base":
        return run_base(subject, body)
    from modelgroups.query.drift.run import run_bucket_table, run_drift

    return (run_drift if query_type == "drift" else run_bucket_table)(subject, body)
