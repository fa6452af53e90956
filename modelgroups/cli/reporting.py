"""The command that writes a report of a version, of a group, or of the whole registry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelgroups.cli.application import Family, opened
from modelgroups.cli.names import find_group, find_version
from modelgroups.cli.output import say
from modelgroups.cli.parameters import Since, Until
from modelgroups.errors import NotFoundError

if TYPE_CHECKING:
    from modelgroups.connection import Connection
    from modelgroups.group import ModelGroup
    from modelgroups.model import Model

__all__ = ["family", "report"]

family = Family()

_LONGEST = 80


@family.command(
    "report 'Card fraud'",
    "report 'Card fraud@champion' champion.html",
    "report 'Card fraud@V1' march.html --since 2026-03-01 --until 2026-04-01",
    "report --all registry.html",
)
def report(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A group ('Card fraud'), or a version ('Card fraud@label', 'Card fraud#3', an id, "
            "or the start of one). The whole registry if none.",
        ),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="The file; made of the name if none."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="The whole registry; then only PATH is given.")
    ] = False,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write an HTML page about a version, a group, or the whole registry.

    A file that is there is replaced. --since and --until are for a version.
    """
    if whole and path is not None:
        raise typer.BadParameter("--all is for the whole registry; leave NAME out")
    from modelgroups.group import ModelGroup

    is_bounded = bool(since or until)

    with opened(ctx) as connection:
        if whole or name is None:
            _require_no_bounds(is_bounded)
            target = Path(name) if name is not None else Path("registry.html")
            written = connection.report(target)
        else:
            found, target = _named(connection, name), path or Path(f"{file_name(name)}.html")
            if isinstance(found, ModelGroup):
                _require_no_bounds(is_bounded)
                written = found.report(target)
            else:
                written = found.report(target, since=since, until=until)
    say(f"Wrote {written}, {written.stat().st_size:,} bytes")


def _require_no_bounds(is_bounded: bool) -> None:
    if is_bounded:
        raise typer.BadParameter(
            "--since and --until are for a version; name one, as in 'Card fraud@label'"
        )


def _named(connection: Connection, name: str) -> Model | ModelGroup:
    """Return what a name stands for: a group, else a version, also where it is archived."""
    try:
        return find_group(connection, name)
    except NotFoundError:
        return find_version(connection, name, include_archived=True)


def file_name(name: str) -> str:
    """Return a name for a file, without what a file system or a shell may not like.

    >>> file_name("Card fraud@champion"), file_name("../a/b"), file_name("***")
    ('Card-fraud-champion', 'a-b', 'report')
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-._")[:_LONGEST] or "report"
