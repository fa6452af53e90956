"""Times as the catalog keeps them: ISO 8601 text in UTC, always of the same width."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any, Final

from modelgroups.errors import UserTypeError, UserValueError

__all__ = ["as_stored", "date_as_midnight", "now"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def now() -> str:
    """Return the present moment as stored text.

    >>> len(now()) == len("2026-01-31T12:00:00.000000+00:00")
    True
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def date_as_midnight(moment: Any) -> Any:
    """Return a date without a time as the midnight in UTC that it begins with; else what it is.

    A Timestamp of pandas counts, where it is a midnight without a zone: pandas has no dates.

    >>> str(date_as_midnight("2026-01-31")), str(date_as_midnight(date(2026, 1, 31)))
    ('2026-01-31 00:00:00+00:00', '2026-01-31 00:00:00+00:00')
    """
    if isinstance(moment, str) and _DATE.fullmatch(moment):
        try:
            moment = date.fromisoformat(moment)
        except ValueError:  # there is no 31 February
            return moment
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime.combine(moment, time(), UTC)
    if isinstance(moment, datetime) and moment.tzinfo is None and hasattr(moment, "normalize"):
        return moment.replace(tzinfo=UTC) if moment.normalize() == moment else moment
    return moment


def as_stored(moment: datetime | date | str, *, parameter: str) -> str:
    """Return a moment given by a user as stored text.

    Parameters
    ----------
    moment
        A time-zone-aware datetime, or ISO 8601 text with an offset; a plain date is its midnight
        in UTC.
    parameter
        The name of the argument, for the message.

    Raises
    ------
    UserTypeError
        Neither a datetime nor text.
    UserValueError
        Not ISO 8601, without a time zone, or outside the years 1 to 9999 in UTC.

    Examples
    --------
    >>> as_stored("2026-01-31T13:00:00+01:00", parameter="created_after")
    '2026-01-31T12:00:00.000000+00:00'
    """
    moment = date_as_midnight(moment)
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise UserValueError(
                f"{parameter}={moment!r} is not an ISO 8601 time; "
                "write it as '2026-01-31T12:00:00+00:00'"
            ) from error
    if not isinstance(moment, datetime):
        kind = type(moment).__name__
        raise UserTypeError(f"{parameter} must be a datetime, a date or ISO 8601 text, got {kind}")
    if moment.tzinfo is None:
        raise UserValueError(
            f"{parameter}={moment.isoformat()!r} has no time zone; "
            "add one, for example datetime(..., tzinfo=timezone.utc)"
        )
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as error:
        raise UserValueError(f"{parameter}={moment!s} lies outside the years 1 to 9999") from error
