"""Commands for a whole registry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from modelgroups.cli.application import Family, Settings, confirm, opened
from modelgroups.cli.output import print_json, print_table, say
from modelgroups.cli.parameters import AsJson, Yes

__all__ = ["demo", "family", "gc", "groups", "init", "verify"]

family = Family()


@family.command("init", "--home fraud-registry init")
def init(ctx: typer.Context) -> None:
    """Make a registry; one that is there already stays as it is."""
    from modelgroups.connection import connect

    settings: Settings = ctx.obj
    with connect(settings.home) as connection:
        say(f"The registry is in {connection.location}")


@family.command("groups", "groups --name 'card*' --json")
def groups(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option(help="Only these; * stands for any text.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the groups."""
    with opened(ctx) as connection:
        found = connection.model_groups(name=name, archived=None if archived else False)
        records = [
            group.to_dict(skip_none=False)
            | {"n_versions": len(group.list_versions(include_archived=archived))}
            for group in found
        ]
    if as_json:
        print_json(records)
        return
    rows = [
        [each["name"], each["n_versions"], str(each["created_at"])[:10], each["id"][:8]]
        + (["archived" if each["archived"] else ""] if archived else [])
        for each in records
    ]
    heads = ["group", "versions", "created", "id", *(["state"] if archived else [])]
    print_table(heads, rows)


@family.command("verify", "verify --json")
def verify(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check every file and every row against its hash; fail if anything is wrong."""
    with opened(ctx) as connection:
        found = connection.verify()
    if as_json:
        print_json(asdict(found))
    else:
        say(str(found))
    if not found:
        raise typer.Exit(1)


@family.command("gc", "gc --yes")
def gc(ctx: typer.Context, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove the files that nothing refers to."""
    with opened(ctx) as connection:
        confirm(f"Remove the files in {connection.location} that nothing refers to?", yes)
        found = connection.gc()
    if as_json:
        print_json(asdict(found))
        return
    n_files = len(found.digests) + found.n_staging + found.n_log_files
    say(f"Removed {n_files} {'file' if n_files == 1 else 'files'}, {found.size:,} bytes")


@family.command("demo", "demo --home demo-registry")
def demo(ctx: typer.Context) -> None:
    """Train two classifiers, save them as versions of one group, use them, show what is stored.

    Without --home the registry is a temporary folder.
    """
    from modelgroups.cli.demo import run

    settings: Settings = ctx.obj
    run(settings.home)
