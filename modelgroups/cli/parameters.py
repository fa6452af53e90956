"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from modelgroups.cli import completing

__all__ = [
    "AsJson",
    "At",
    "ByNames",
    "Every",
    "GroupName",
    "ModelName",
    "Reason",
    "Rename",
    "Since",
    "Until",
    "VersionName",
    "Yes",
    "every",
    "pair",
]


def _moment(text: str) -> str:
    """Return a time as ISO 8601 with an offset; one without is in UTC.

    >>> _moment("2026-03-01")
    '2026-03-01T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a time; write it as 2026-03-01 or 2026-03-01T12:00:00+01:00"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


GroupName = Annotated[
    str,
    typer.Argument(
        metavar="GROUP",
        help="A group: its name, its id, or the start of it.",
        autocompletion=completing.groups,
    ),
]
VersionName = Annotated[
    str,
    typer.Argument(
        metavar="VERSION",
        help="A label, #number, alias or id.",
        autocompletion=completing.versions,
    ),
]
ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A version: 'Card fraud' (the latest), 'Card fraud@label', 'Card fraud#3', an id, "
        "or the start of one.",
        autocompletion=completing.models,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print plain JSON, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Since = Annotated[
    str | None,
    typer.Option(parser=_moment, metavar="TIME", help="From this time on; UTC without an offset."),
]
At = Annotated[
    str | None,
    typer.Option(
        parser=_moment, metavar="TIME", help="As of this time in the past; UTC without an offset."
    ),
]
Reason = Annotated[str | None, typer.Option(help="Why; it stays on record.")]
Until = Annotated[str | None, typer.Option(parser=_moment, metavar="TIME", help="Before this one.")]
Every = Annotated[
    str,
    typer.Option(
        "--every",
        metavar="INTERVAL",
        help="second, minute, hour, day, week, month, year, batch_id, or all for one answer.",
    ),
]
ByNames = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="ATTRIBUTE", help="Make groups of its values; repeatable."),
]


def pair(text: str) -> tuple[str, str]:
    """Return what stands before and behind the last equals sign.

    >>> pair("p_fraud=1")
    ('p_fraud', '1')
    """
    first, mark, second = text.rpartition("=")
    if not mark or not first or not second:
        raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE")
    return first, second


Rename = Annotated[
    list[Any] | None,
    typer.Option(
        "--rename",
        parser=pair,
        metavar="COLUMN=NAME",
        help="Give a column of the file another name; repeatable.",
    ),
]


def every(interval: str) -> str | None:
    """Return an interval as the library takes it: None for all of it together."""
    return None if interval == "all" else interval
