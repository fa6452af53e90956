"""Commands for aliases: which version is meant by a name that moves, and what moving changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from modelgroups.cli import completing
from modelgroups.cli.application import Family, confirm, opened
from modelgroups.cli.names import find_group, find_version, nearest_of, version_in
from modelgroups.cli.output import print_frame, print_json, print_rows, say
from modelgroups.cli.parameters import (
    AsJson,
    At,
    GroupName,
    ModelName,
    Reason,
    VersionName,
    Yes,
)
from modelgroups.cli.versions import title_of

if TYPE_CHECKING:
    from modelgroups.model import Model

__all__ = ["alias", "diff", "family", "promote", "rollback"]

family = Family()


@family.command(
    "alias 'Card fraud'",
    "alias 'Card fraud' challenger V2 --reason 'better recall'",
    "alias 'Card fraud' challenger --delete",
    "alias 'Card fraud' champion --at 2026-03-01",
)
def alias(
    ctx: typer.Context,
    group: GroupName,
    name: Annotated[str | None, typer.Argument(metavar="ALIAS", help="The alias.")] = None,
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION",
            help="A label, #number or id.",
            autocompletion=completing.versions,
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the alias.")] = False,
    reason: Reason = None,
    at: At = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """List the aliases of a group, now or at a time, or one of them; or point it at a version."""
    if delete and (name is None or version is not None):
        raise typer.BadParameter("--delete takes an alias, and no version")
    with opened(ctx) as connection:
        found = find_group(connection, group)
        if name is not None and version is not None:
            model = found.set_alias(name, version_in(found, version), reason=reason, at=at)
            say(f"{name} is {title_of(connection, model)}")
        elif name is not None and delete:
            confirm(f"Delete the alias {name!r} of {found.name!r}?", yes)
            found.delete_alias(name, reason=reason, at=at)
            say(f"Deleted the alias {name}")
        else:
            aliases = found.aliases(at=at)
            if name is not None:
                aliases = {name: _model_of(aliases, name, found.name, at)}
            rows = [
                {
                    "alias": key,
                    "number": model.version_sequence_num,
                    "label": model.version_label,
                    "id": model.id,
                }
                for key, model in aliases.items()
            ]
            print_json(rows) if as_json else print_rows(rows)


def _model_of(aliases: dict[str, Model], name: str, group: str | None, at: str | None) -> Model:
    """Return what an alias means.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    if name not in aliases:
        from modelgroups.errors import NotFoundError

        when = "" if at is None else f" at {at}"
        raise NotFoundError(
            f"the group {group!r} has no alias {name!r}{when}{nearest_of(name, list(aliases))}"
        )
    return aliases[name]


@family.command("promote 'Card fraud@V2' --reason 'better recall'")
def promote(ctx: typer.Context, model: ModelName, reason: Reason = None, at: At = None) -> None:
    """Make a version the champion of its group."""
    with opened(ctx) as connection:
        version = find_version(connection, model)
        connection.get_model_group(version).promote(version, reason=reason, at=at)
        say(f"champion is {title_of(connection, version)}")


@family.command("rollback 'Card fraud' --reason 'too many alarms'", "rollback 'Card fraud' --to V1")
def rollback(
    ctx: typer.Context,
    group: GroupName,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="The one before it if not given.",
            autocompletion=completing.versions,
        ),
    ] = None,
    reason: Reason = None,
    at: At = None,
) -> None:
    """Make an earlier champion the champion again."""
    with opened(ctx) as connection:
        found = find_group(connection, group)
        earlier = None if to is None else version_in(found, to)
        model = found.rollback(reason=reason, to=earlier, at=at)
        say(f"champion is {title_of(connection, model)}")


GroupOrModel = Annotated[
    str,
    typer.Argument(
        metavar="GROUP|MODEL",
        help="A group, of which two versions follow; or a version, after which another one does.",
        autocompletion=completing.models,
    ),
]


@family.command("diff 'Card fraud' V1 V2", "diff 'Card fraud@champion' 'Card fraud#3' --json")
def diff(
    ctx: typer.Context,
    group: GroupOrModel,
    first: VersionName,
    second: Annotated[
        str | None,
        typer.Argument(
            metavar="VERSION", help="The other one.", autocompletion=completing.versions
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what differs between two versions: GROUP VERSION VERSION, or MODEL MODEL."""
    with opened(ctx) as connection:
        if second is None:
            versions = [
                find_version(connection, name, include_archived=True) for name in (group, first)
            ]
            found = connection.get_model_group(versions[0])
        else:
            found = find_group(connection, group)
            versions = [version_in(found, name, include_archived=True) for name in (first, second)]
        changes = found.diff(*versions)
        if as_json:
            print_json(changes.to_dict())
        elif changes:
            frame = changes.to_frame()
            print_frame(frame[["name", "property", "before", "after"]], as_json=False)
        else:
            say("No differences")
