"""Times as the catalog keeps them: ISO 8601 text in UTC, always of the same width."""

from __future__ import annotations

from datetime import UTC, date, datetime

from modelgroups.errors import UserTypeError, UserValueError

__all__ = ["as_stored", "now"]


def now() -> str:
    """Return the present moment as stored text.

    >>> len(now()) == len("2026-01-31T12:00:00.000000+00:00")
    True
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def as_stored(moment: datetime | str, *, parameter: str) -> str:
    """Return a moment given by a user as stored text.

    Parameters
    ----------
    moment
        A time-zone-aware datetime, or ISO 8601 text with an offset.
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
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise UserValueError(
                f"{parameter}={moment!r} is not an ISO 8601 time; "
                "write it as '2026-01-31T12:00:00+00:00'"
            ) from error
    if not isinstance(moment, datetime):
        kind = "a date without a time" if isinstance(moment, date) else type(moment).__name__
        raise UserTypeError(f"{parameter} must be a datetime or ISO 8601 text, got {kind}")
    if moment.tzinfo is None:
        raise UserValueError(
            f"{parameter}={moment.isoformat()!r} has no time zone; "
            "add one, for example datetime(..., tzinfo=timezone.utc)"
        )
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as error:
        raise UserValueError(f"{parameter}={moment!s} lies outside the years 1 to 9999") from error
