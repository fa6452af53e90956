"""The program around the commands: options of all of them, errors in one line, exit codes.

0 is success, 1 a failure, 2 a call that cannot be understood, 130 Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from modelgroups import __version__
from modelgroups.cli.commands import COMMANDS
from modelgroups.cli.telling import never_fail_to_print, notes_told, printable, remark, tell
from modelgroups.errors import ModelGroupsError, NotARegistryError
from modelgroups.hints import did_you_mean
from modelgroups.lazy import lazy

if TYPE_CHECKING:
    from modelgroups.connection import Connection

__all__ = ["Family", "Settings", "app", "confirm", "opened"]

F = TypeVar("F", bound=Callable[..., None])

_INTERRUPTED: Final = 130
_ClickException: Any = typer.BadParameter.__mro__[2]  # Typer does not export it by name
_WITH_VALUE: Final = "--home"
_FLAGS: Final = ("--debug",)


@dataclass(frozen=True)
class Settings:
    """What holds for every command.

    Parameters
    ----------
    home
        The folder of the registry, if one was named.
    debug
        Whether an error shows its traceback.
    """

    home: Path | None
    debug: bool


class _Group(TyperGroup):
    """Commands, of which one may have been meant where none has the name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, or tell which one may have been meant."""
        try:
            return super().resolve_command(ctx, args)
        except _ClickException as error:
            hint = did_you_mean(args[0], self.list_commands(ctx))
            if hint and hint not in error.message.lower():  # newer releases of Typer ask it too
                error.message = f"{error.message.rstrip('.')}; {hint}"
            raise


class _Application(_Group):
    """All commands; tells what is wrong with a call in one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options of all commands wherever they stand."""
        return super().parse_args(ctx, _common_first(args))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the signature is Typer's
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Load a command, and none that is not called."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"modelgroups.cli.{COMMANDS[cmd_name][0]}")
        return module.family[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write what the commands do, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command, and end the process with its exit code."""
        never_fail_to_print()
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except _ClickException as error:
            if not standalone_mode:
                raise
            if type(error).__name__ == "NoArgsIsHelpError":  # its text is the help
                typer.echo(error.format_message(), err=True)
            else:
                tell(_usage(error))
            sys.exit(error.exit_code)
        except typer.Abort:
            if not standalone_mode:
                raise
            tell("stopped, and nothing was changed; --yes goes on without asking")
            sys.exit(1)
        if standalone_mode:
            sys.exit(code or 0)
        return code


class _Command(TyperCommand):
    """A command whose failures are told in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            with notes_told():
                return super().invoke(ctx)
        except (_ClickException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt as interrupt:
            if sys.stderr.isatty():
                typer.echo(err=True)  # which shows ^C where the cursor was
            for note in getattr(interrupt, "__notes__", ()):
                remark(note)
            raise
        except ModelGroupsError as error:
            _fail(ctx, getattr(error, "detail", None) or str(error), error)
        except OSError as error:
            _fail(ctx, f"{error.filename or 'the system'}: {error.strerror or error}", error)
        except Exception as error:  # noqa: BLE001  # the last one to tell of it
            text = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            _fail(ctx, text, error)


app = typer.Typer(
    name="modelgroups",
    cls=_Application,
    help="A local, embedded registry for versioned models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its help would take longer to load than all the rest
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _folder(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("the name of the folder is empty")
    if text == ":memory:":
        raise typer.BadParameter("a registry in memory would end with the command")
    return Path(text)


@app.callback(
    epilog="GROUP is the name of a group, its id, or the start of it. MODEL is a version: its id "
    "or the start of it, 'Card fraud@label', 'Card fraud#3', or 'Card fraud' for the latest one."
)
def options(
    ctx: typer.Context,
    home: Annotated[
        Any,
        typer.Option(
            parser=_folder,
            help="The folder of the registry; else that in MODELGROUPS_HOME, else the user's.",
            metavar="DIR",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
    version: Annotated[  # noqa: ARG001  # read by its callback
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that every command has, before it or after it."""
    ctx.obj = Settings(home, debug)


class Family:
    """Commands that belong together; they are loaded when one of them is called.

    Parameters
    ----------
    name, summary, examples
        Of the command that they are parts of, as of ``modelgroups deploy ab``; where there is
        none, each is a command by itself.

    Examples
    --------
    >>> family = Family()
    >>> @family.command("greet --help")
    ... def greet() -> None:
    ...     "Say hello."
    >>> family["greet"].name
    'greet'
    """

    def __init__(self, name: str | None = None, summary: str | None = None, *examples: str) -> None:
        self._name = name
        self._typer = typer.Typer(
            name=name,
            cls=_Group,
            rich_markup_mode=None,
            no_args_is_help=True,
            add_completion=False,
        )
        # a callback makes one command alone a group too
        self._typer.callback(help=summary, epilog=_epilog(examples))(lambda: None)

    def command(self, *examples: str, name: str | None = None) -> Callable[[F], F]:
        """Make a function a command; `examples` end its help.

        Parameters
        ----------
        examples
            What comes after ``modelgroups`` in a shell.
        name
            Its name, where it is not that of the function.
        """
        return self._typer.command(name, cls=_Command, epilog=_epilog(examples))

    def names(self) -> list[str]:
        """Return the names of its commands."""
        return list(self._group.commands) if self._name is None else [self._name]

    def __getitem__(self, name: str) -> Any:
        return self._group if name == self._name else self._group.commands[name]

    @lazy
    def _group(self) -> Any:  # asked for once all of its commands are there
        return typer.main.get_command(self._typer)


def _epilog(examples: Sequence[str]) -> str:
    lines = "\n".join(f"  modelgroups {example}" for example in examples)
    return f"\b\nExamples:\n{lines}" if lines else ""


def opened(ctx: typer.Context) -> AbstractContextManager[Connection]:
    """Open the registry that was named; one that is not there is not made.

    Raises
    ------
    NotARegistryError
        There is none.
    """
    from modelgroups.connection import connect
    from modelgroups.registry import default_location

    settings: Settings = ctx.obj
    folder = Path(default_location() if settings.home is None else settings.home).expanduser()
    if not (folder / "catalog.db").is_file():
        raise NotARegistryError(
            f"there is no registry in {folder}; make one with 'modelgroups init', or name another "
            "with --home"
        )
    return connect(folder)


def confirm(question: str, yes: bool) -> None:
    """Go on only if the user agrees, or has done so before; standard output stays as it is."""
    if yes:
        return
    typer.echo(f"{printable(question)} [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not sys.stdin.isatty() or not answer:  # nobody has begun a new line
        typer.echo(err=True)
    if answer.strip().lower() not in {"y", "yes"}:
        raise typer.Abort


def _usage(error: Any) -> str:
    context = getattr(error, "ctx", None)
    text = str(error.format_message()).strip().rstrip(".").replace("Value error, ", "")
    path = "modelgroups" if context is None else context.command_path
    return f"{text}; see '{path} --help'"


def _fail(ctx: typer.Context, text: str, error: Exception) -> None:
    settings = ctx.obj
    if isinstance(settings, Settings) and settings.debug:
        import traceback

        traceback.print_exception(error)
    tell(text)
    raise typer.Exit(1) from error


def _common_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with the options of all commands in front.

    >>> _common_first(["groups", "--json", "--home", "here", "--", "--debug"])
    ['--home', 'here', 'groups', '--json', '--', '--debug']
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(args)
    for arg in waiting:
        if arg == "--":
            rest += [arg, *waiting]
        elif arg == _WITH_VALUE:
            value = next(waiting, None)
            if value is None:
                return [arg]  # which is what is wrong with the call
            front += [arg, value]
        elif arg in _FLAGS or arg.startswith(f"{_WITH_VALUE}="):
            front.append(arg)
        else:
            rest.append(arg)
    return front + rest
