"""The commands, each a thin wrapper around the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from modelgroups import __version__

__all__ = ["app"]

app = typer.Typer(
    name="modelgroups",
    help="A local, embedded registry for versioned models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # read by its callback
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command()
def demo(
    home: Annotated[
        Path | None,
        typer.Option(help="The folder of the registry; a temporary one if not given."),
    ] = None,
) -> None:
    """Train two classifiers, save them as versions of one group, use them, show what is stored."""
    from modelgroups.cli.demo import run
    from modelgroups.errors import ModelGroupsError

    console = Console()
    try:
        run(console, home)
    except ModelGroupsError as error:
        Console(stderr=True).print(f"[bold red]Error:[/] {error}", highlight=False)
        raise typer.Exit(1) from error
