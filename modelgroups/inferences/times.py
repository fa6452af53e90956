"""Times: what a caller may give, and what is kept, microseconds since 1970 in UTC.

A datetime, a pandas Timestamp or ISO 8601 text, with a zone, or without one where `tz` names it.
Anything else is a fault of the call.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from modelgroups.catalog.clock import date_as_midnight
from modelgroups.errors import UserTypeError, UserValueError

__all__ = ["as_text", "as_time", "as_zone", "bound", "bounds", "localized", "micros"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}\S*)?$")
"""What has the form of a date, or of a date with a time."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: Any, tz: tzinfo | None, column: str) -> int:
    """Return a time as microseconds since 1970 in UTC; parts of microseconds are cut off.

    Parameters
    ----------
    moment
        A datetime or ISO 8601 text.
    tz
        The zone of a time without one.
    column
        Where it comes from, for the message.

    Raises
    ------
    UserValueError
        A text that is not ISO 8601 with an offset, or a time without zone.
    UserTypeError
        Neither a datetime nor text.

    Examples
    --------
    >>> micros("1970-01-01T01:00:01+01:00", None, "inference_timestamp")
    1000000
    """
    if isinstance(moment, str):
        moment = _from_text(moment, column)
    elif not isinstance(moment, datetime):
        raise UserTypeError(
            f"{column!r} must hold datetimes or ISO 8601 texts, got "
            f"{type(moment).__name__} {moment!r}"
        )
    if moment.utcoffset() is None:
        if tz is None:
            raise UserValueError(
                f"{column!r} holds {moment.isoformat()!r}, which has no time zone; give the times "
                "one, or pass tz='UTC' or another zone"
            )
        moment = localized(moment, tz)
    try:
        since = moment.astimezone(UTC) - _EPOCH
    except (OverflowError, ValueError) as error:  # of datetime, of pandas
        raise UserValueError(f"{column!r} holds {moment}, which is out of range in UTC") from error
    return int(since // _MICROSECOND)


def bound(moment: Any, parameter: str, tz: tzinfo | None = None) -> int:
    """Return a bound of a span of time, in microseconds; a plain date is its midnight in UTC.

    Parameters
    ----------
    moment
        A datetime, a date, or ISO 8601 text.
    parameter
        The name of the argument, for the message.
    tz
        The zone of a datetime without one.

    Raises
    ------
    UserValueError, UserTypeError
        As of `micros`.

    Examples
    --------
    >>> bound("1970-01-02", "since")
    86400000000
    """
    moment = date_as_midnight(moment)
    if isinstance(moment, str):
        moment = _from_text(moment, parameter)
    if isinstance(moment, datetime) and moment.utcoffset() is None and tz is None:
        raise UserValueError(
            f"{parameter}={moment.isoformat()!r} has no time zone; write it as "
            f"'{moment.isoformat()}Z' if it is in UTC, or as a plain date for midnight in UTC"
        )
    return micros(moment, tz, parameter)


def bounds(since: Any, until: Any) -> tuple[int | None, int | None]:
    """Return the bounds of a span of time, in microseconds; None leaves it open.

    Parameters
    ----------
    since, until
        From the first moment on and before the second; each as `bound` takes it, or None.

    Raises
    ------
    UserValueError, UserTypeError
        As of `bound`; or the first is after the second.

    Examples
    --------
    >>> bounds("1970-01-02", None)
    (86400000000, None)
    >>> bounds("2026-11-01", "2026-10-01")
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: since='2026-11-01' is after until='2026-10-01', so nothing
    lies between them
    """
    first, end = (
        None if moment is None else bound(moment, name)
        for name, moment in (("since", since), ("until", until))
    )
    if first is not None and end is not None and first > end:
        raise UserValueError(
            f"since={str(since)!r} is after until={str(until)!r}, so nothing lies between them"
        )
    return first, end


def localized(moment: datetime, tz: tzinfo) -> datetime:
    """Return a time without zone as one of a zone.

    >>> localized(datetime(2026, 1, 31, 12), UTC).isoformat()
    '2026-01-31T12:00:00+00:00'
    """
    localize = getattr(tz, "localize", None)  # zones of pytz want it so
    zoned: datetime = moment.replace(tzinfo=tz) if localize is None else localize(moment)
    return zoned


def _from_text(text: str, column: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        if _DATE.match(text):
            raise UserValueError(f"{column!r} holds {text!r}, which is no time: {error}") from error
        raise UserValueError(
            f"{column!r} holds {text!r}, which is not ISO 8601 with an offset; write it as "
            "'2026-01-31T12:00:00+00:00'"
        ) from error


def as_time(since: int) -> datetime:
    """Return the time that `micros` made a number of.

    >>> as_time(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=since)


def as_text(since: int) -> str:
    """Return a time as the catalog keeps it.

    >>> as_text(1_000_000)
    '1970-01-01T00:00:01.000000+00:00'
    """
    return as_time(since).isoformat(timespec="microseconds")


def as_zone(tz: object) -> tzinfo | None:
    """Return a time zone given by itself or by its name.

    Raises
    ------
    UserTypeError
        Neither a zone nor a text.
    UserValueError
        There is no zone of that name.

    Examples
    --------
    >>> as_zone("Europe/Berlin")
    zoneinfo.ZoneInfo(key='Europe/Berlin')
    """
    if tz is None or isinstance(tz, tzinfo):
        return tz
    if not isinstance(tz, str):
        raise UserTypeError(f"tz must be a time zone or its name, got {type(tz).__name__} {tz!r}")
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a folder of zones
        raise UserValueError(f"there is no time zone {tz!r}; use one such as 'UTC'") from error
