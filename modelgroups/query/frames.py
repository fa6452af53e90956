"""What frames of answers are asked by, and how their columns are typed. Loads pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.query.faults import nearest
from modelgroups.query.source import available
from modelgroups.query.subject import Subject

__all__ = ["EVERY", "check_split", "time_key", "typed"]

EVERY: Final = ("second", "minute", "hour", "day", "week", "month", "year", "batch_id")
"""How values are rolled up."""


def check_split(subject: Subject, every: object, by: Sequence[str]) -> None:
    """Check what inferences are split by.

    Raises
    ------
    UserTypeError
        The interval is not a text.
    UserValueError
        The interval or a group is unknown.
    """
    if every is not None and not isinstance(every, str):
        raise UserTypeError(f"every must be a text or None, got {type(every).__name__}")
    if every is not None and every not in EVERY:
        raise UserValueError(f"every: {nearest(every, EVERY, 'interval')}")
    columns = available(subject, "inference") if by else {}
    for name in by:
        if name not in columns:
            raise UserValueError(f"by: {nearest(name, columns, 'attribute')}")
    if every is not None and (twice := time_key(every)) in by:
        raise UserValueError(f"by: the answer would have the column {twice!r} twice")


def time_key(every: str) -> str:
    """Return the name of the column with what values are rolled up by."""
    return "batch_id" if every == "batch_id" else "timestamp"


def typed(frame: pd.DataFrame, values: Iterable[str], *, has_times: bool) -> pd.DataFrame:
    """Return a frame with its times as times, and columns without any value as numbers.

    Parameters
    ----------
    frame
        An answer; it is changed.
    values
        The columns that hold what was asked for.
    has_times
        Whether it is rolled up by time, and has the column ``timestamp`` of it.

    Examples
    --------
    >>> frame = pd.DataFrame({"timestamp": ["2026-03-01T00:00:00Z"], "AUC": [None]})
    >>> typed(frame, ["AUC"], has_times=True).dtypes.astype(str).tolist()
    ['datetime64[us, UTC]', 'float64']
    """
    if has_times:
        times = pd.to_datetime(frame["timestamp"], utc=True, format="ISO8601")
        frame["timestamp"] = times.dt.as_unit("us")
    for name in values:
        if frame[name].isna().all():
            frame[name] = frame[name].astype("float64")
    return frame
