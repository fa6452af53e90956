"""Commands that carry a registry, or a group of it, elsewhere, and that tell its story."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from modelgroups.cli import completing
from modelgroups.cli.application import Family, opened
from modelgroups.cli.names import find_group
from modelgroups.cli.output import print_frame, print_table, say
from modelgroups.cli.parameters import AsJson, GroupName, Since, Until

if TYPE_CHECKING:
    from modelgroups.connection import Connection

__all__ = ["audit", "backup", "export", "family", "import_bundle"]

family = Family()

_LONGEST: Final = 40
"""A value with more characters, such as a hash, is left to --json."""

_NAMED_ELSEWHERE: Final = {"name", "display_name", "partner_model_id", "version"}


@family.command("export 'Card fraud' fraud.bundle", "export 'Card fraud' all.bundle --inferences")
def export(
    ctx: typer.Context,
    group: GroupName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="There must be none.")],
    inferences: Annotated[
        bool, typer.Option("--inferences", help="With inferences and ground truths.")
    ] = False,
) -> None:
    """Write a group with all its versions into one file."""
    with opened(ctx) as connection:
        written = find_group(connection, group).export(file, inferences)
    say(f"Wrote {written}, {written.stat().st_size:,} bytes")


@family.command("import fraud.bundle", name="import")
def import_bundle(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What export has written.")],
    without_inferences: Annotated[
        bool, typer.Option("--without-inferences", help="Leave inferences in it out.")
    ] = False,
) -> None:
    """Take in a group from a file, wholly or not at all."""
    with opened(ctx) as connection:
        group = connection.import_bundle(file, inferences=not without_inferences)
        n_versions = len(group.list_versions(include_archived=True))
    say(f"The group {group.name!r} has {n_versions} versions: {group.id}")


@family.command("backup fraud-backup")
def backup(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
) -> None:
    """Copy the registry, while others may write to it."""
    with opened(ctx) as connection:
        say(f"Copied to {connection.backup(folder)}")


@family.command("audit", "audit --group 'Card fraud' --since 2026-03-01 --json")
def audit(
    ctx: typer.Context,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Only what happened to this group.",
            autocompletion=completing.groups,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only these; repeatable.")
    ] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Show every change of the registry: when, what, who, and why."""
    with opened(ctx) as connection:
        found = None if group is None else find_group(connection, group).id
        frame = connection.audit(group=found, type=kind or None, since=since, until=until)
        if as_json:
            print_frame(frame, as_json)
            return
        subjects = _subjects(connection, set(frame["group_id"].dropna()))
    rows = [
        [
            event["timestamp"],
            event["type"],
            subjects.get(event["model_id"]) or subjects.get(event["group_id"]),
            _told_of(event["after"]),
            event["reason"],
            event["actor"],
        ]
        for event in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]
    print_table(["time", "event", "of", "what", "reason", "actor"], rows)


def _subjects(connection: Connection, group_ids: set[str]) -> dict[str | None, str]:
    """Return what groups, and the versions in them, are called, by their ids."""
    names: dict[str | None, str] = {}
    for group in connection.model_groups(archived=None):
        if group.id in group_ids:
            names[group.id] = group.name
            for version in group.list_versions(include_archived=True):
                names[version.id] = f"{group.name}#{version.version_sequence_num}"
    return names


def _told_of(after: Mapping[str, Any] | None) -> str | None:
    """Return the short ones of the values that a change has set.

    >>> _told_of({"alias": "champion", "parent": None, "segments": ["9c04"]})
    'alias champion'
    """
    short = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in (after or {}).items()
        if isinstance(value, str | int | float)
        and len(str(value)) <= _LONGEST
        and name not in _NAMED_ELSEWHERE
    ]
    return ", ".join(short) or None
