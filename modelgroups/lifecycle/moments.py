"""Since when a change holds: from now on, or from a moment in the past that a user names.

So the history of what was in use can be told afterwards, by whoever replays it. Its event says
when it was recorded, and in ``after`` since when it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from modelgroups.catalog.clock import as_stored, now
from modelgroups.errors import ConflictError, UserValueError

__all__ = ["holding_from", "past_or_none"]


def past_or_none(at: datetime | date | str | None) -> str | None:
    """Return a moment that has come, as it is stored, or None.

    Raises
    ------
    UserTypeError, UserValueError
        It is none, has no time zone, or is still to come.

    Examples
    --------
    >>> past_or_none("2026-01-31T13:00:00+01:00")
    '2026-01-31T12:00:00.000000+00:00'
    """
    if at is None:
        return None
    moment = as_stored(at, parameter="at")
    if moment > now():
        raise UserValueError(
            f"at={moment!r} is still to come; what happens is recorded once it has happened"
        )
    return moment


def holding_from(at: str, after: Iterable[str | None], what: str) -> str:
    """Return a moment since which a change is to hold, unless that is against the order of things.

    Parameters
    ----------
    at
        The moment.
    after
        When what it changes, or rests on, was changed last.
    what
        What that is, for the message.

    Raises
    ------
    ConflictError
        It was changed after the moment.
    """
    last = max((moment for moment in after if moment is not None), default="")
    if at < last:
        raise ConflictError(
            f"{what} was changed at {last}, and cannot be changed as of {at}, before that; "
            "history is told in the order in which it happened"
        )
    return at
