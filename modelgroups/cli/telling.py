"""What commands tell on stderr, and how a terminal gets it that lacks a character."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import typer

__all__ = ["never_fail_to_print", "notes_told", "printable", "remark", "tell"]

_PLAIN: Final = str.maketrans({
    "–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "×": "x", "≤": "<=", "≥": ">=", "’": "'",
})  # fmt: skip

_ENDLESS: Final = re.compile(r"\S{300,}")
"""A word that would hide what is said of it."""


def tell(text: str, *, head: str = "Error", color: str = "red") -> None:
    """Write one line to stderr, whatever is in the text."""
    line = " ".join(part.strip() for part in text.splitlines() if part.strip())
    line = _ENDLESS.sub(lambda word: f"{word[0][:80]}…{word[0][-20:]}", line)
    has_color = (
        sys.stderr.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in {"dumb", "unknown"}
    )
    typer.secho(f"{head}: ", fg=color, bold=True, err=True, nl=False, color=has_color)
    typer.echo(printable(line), err=True)


def remark(text: str) -> None:
    """Write one line to stderr that is no error by itself."""
    typer.echo(printable(text), err=True)


def printable(text: str) -> str:
    r"""Return a text without what a terminal would obey.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


@contextmanager
def notes_told() -> Iterator[None]:
    """Tell what the library warns of in the block, once each; not what a command shows anyway."""
    import logging
    import warnings

    from modelgroups.cautions import ModelGroupsWarning

    told: set[str] = set()

    def note(text: str) -> None:
        if text not in told:
            told.add(text)
            tell(text, head="Note", color="yellow")

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not hasattr(record, "shown_by"):
                note(record.getMessage())

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, ModelGroupsWarning):
            note(str(message))
        else:
            shown(message, category, filename, lineno, file, line)

    logger, handler = logging.getLogger("modelgroups"), Notes(logging.WARNING)
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ModelGroupsWarning)
            shown, warnings.showwarning = warnings.showwarning, show
            yield
    finally:
        logger.removeHandler(handler)


def never_fail_to_print() -> None:
    """Let a terminal that lacks a character show one like it, or its number.

    A stream that the caller has closed leads nowhere.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    codecs.register_error("modelgroups.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="modelgroups.plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    r"""Return what stands for characters that cannot be encoded, and where to go on.

    >>> codecs.register_error("modelgroups.plain", _plain)
    >>> "−0.5 … 🦊".encode("ascii", "modelgroups.plain")
    b'-0.5 ... \\U0001f98a'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end
