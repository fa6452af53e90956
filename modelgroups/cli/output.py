"""What commands print: tables that fit the terminal, and plain JSON."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

__all__ = [
    "print_fields",
    "print_frame",
    "print_json",
    "print_json_rows",
    "print_rows",
    "print_table",
    "say",
    "time_text",
]

_NOTHING: Final = "–"
_NARROWEST: Final = 10
"""A column is folded to this width, not below."""

_WIDEST_WORD: Final = 20
_BETWEEN: Final = 2
"""So wide is the space between two columns."""

_LARGE: Final = 1e4
_MOST_DECIMALS: Final = 6

_BOUNDLESS: Final = 1 << 20
"""The width of what is no terminal: a line of a table stays one line in a pipe."""


def say(text: str) -> None:
    """Print text as it is; lines end between words where a terminal is narrow."""
    printable = _printable(text)
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        printable = "\n".join(_wrapped(line, width) for line in printable.splitlines())
    print(printable, flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; columns that do not fit the terminal are left out, and named below it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    console = _console()
    heads = [_printable(str(column)) for column in columns]
    columns_of_cells = [_aligned(column) for column in zip(*rows, strict=True)]
    cells = list(zip(*columns_of_cells, strict=True))
    if not cells:
        say("Nothing to show")
        return
    needed = [_least_width(head, [row[place] for row in cells]) for place, head in enumerate(heads)]
    n_shown = _fitting(needed, console.width)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for place, head in enumerate(heads[:n_shown]):
        is_numeric = all(_is_number(row[place]) for row in cells)
        table.add_column(
            Text(head),
            overflow="fold",
            min_width=min(needed[place], console.width - _BETWEEN),
            justify="right" if is_numeric else "left",
        )
    for row in cells:
        table.add_row(*(Text(text) for text in row[:n_shown]))
    console.print(table)
    if n_shown < len(heads):
        say(f"Left out, for the width of the terminal: {', '.join(heads[n_shown:])}")


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names with their values, one a line; what is None is left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in fields.items():
        if value is not None:
            table.add_row(Text(name, style="bold"), Text(_cell(value)))
    _console().print(table)


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print dictionaries as a table."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    print_table(columns, [[row.get(name) for name in columns] for row in rows])


def print_frame(
    frame: pd.DataFrame,
    as_json: bool,
    *,
    name: str = "name",
    value: str = "value",
    one_by_one: bool = True,
) -> None:
    """Print a frame, as a table or as JSON.

    A single row is shown as names with values beside them, unless `one_by_one` is false.
    """
    names = [str(name) for name in frame.columns]
    rows = list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif len(rows) == 1 and one_by_one:
        print_table([name, value], list(zip(names, rows[0], strict=True)))
    else:
        print_table(names, rows)


def print_json(value: Any) -> None:
    """Print plain JSON: times are ISO 8601, what is not a number is null."""
    print(_json(value, indent=2), flush=True)


def print_json_rows(parts: Iterable[Sequence[Mapping[str, Any]]]) -> None:
    """Print rows that come in parts as one JSON list, a line for each, holding one part only."""
    separator = "["
    for rows in parts:
        for row in rows:
            sys.stdout.write(f"{separator}\n  {_json(row)}")
            separator = ","
    print("\n]" if separator == "," else "[]", flush=True)


def _console() -> Console:
    from rich.console import Console

    is_narrow = sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))
    return Console() if is_narrow else Console(width=_BOUNDLESS)


def _wrapped(line: str, width: int) -> str:
    """Return a line broken between words, never within one, which may be a path.

    One that is indented, as code is, stays whole.

    >>> print(_wrapped("a difference of +0.0118", 18))
    a difference of
    +0.0118
    """
    if line.startswith(" "):
        return line
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def _json(value: Any, indent: int | None = None) -> str:
    is_unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    return json.dumps(_plain(value), indent=indent, ensure_ascii=not is_unicode, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, bytes):
        return value.hex()
    isoformat = getattr(value, "isoformat", None)
    text = str(value) if isoformat is None else isoformat()
    return None if text in {"NaT", "<NA>"} else text


def _cell(value: Any) -> str:
    """Return a value as text.

    >>> _cell(0.123456789), _cell(None), _cell(["a", "b"]), _cell(True)
    ('0.1235', '–', 'a, b', 'yes')
    """
    if isinstance(value, datetime):
        return time_text(value)
    value = _plain(value)
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < _LARGE else f"{value:,.2f}"
    if isinstance(value, list):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return _printable(json.dumps(value, ensure_ascii=False))
    return _printable(str(value))


def _aligned(values: Sequence[Any]) -> list[str]:
    """Return the values of a column as texts, its fractions with as many decimals as each other.

    >>> _aligned([0.78, 0.7497, None, 3]), _aligned([1234567.5, 0.00001])
    (['0.7800', '0.7497', '–', '3'], ['1,234,567.50', '1e-05'])
    """
    texts = list(map(_cell, values))
    places = [place for place, value in enumerate(values) if _is_fraction(value)]
    decimals = max((len(texts[place].partition(".")[2]) for place in places), default=0)
    if decimals <= _MOST_DECIMALS and not any("e" in texts[place] for place in places):
        for place in places:
            texts[place] = f"{values[place]:.{decimals}f}"
    return texts


def _is_fraction(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and abs(value) < _LARGE


def time_text(moment: datetime) -> str:
    """Return a time, in UTC, without what is zero at its end.

    >>> from datetime import UTC
    >>> time_text(datetime(2026, 3, 1, 9, 30, tzinfo=UTC)), time_text(datetime(2026, 3, 1))
    ('2026-03-01 09:30', '2026-03-01')
    """
    if moment != moment:  # NaT of pandas
        return _NOTHING
    text = moment.replace(tzinfo=None).isoformat(" ", "seconds")
    return text.removesuffix(":00").removesuffix(" 00:00")


def _printable(text: str) -> str:
    r"""Return a text without what a terminal would obey.

    >>> _printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return text == _NOTHING
    return True


def _least_width(head: str, cells: Sequence[str]) -> int:
    """Return the width from which on a column can be read: whole words, and no less than ten.

    >>> _least_width("first difference", ["0.5"]), _least_width("id", ["tx-1"])
    (10, 4)
    """
    longest = max(len(head), *map(len, cells))
    word = max(map(len, head.split()), default=0)
    return max(min(longest, _NARROWEST), min(word, _WIDEST_WORD))


def _fitting(needed: Sequence[int], width: int) -> int:
    """Return how many columns fit beside each other; one always does.

    >>> _fitting([10, 10, 10], 24)
    2
    """
    ends = accumulate(least + _BETWEEN for least in needed)
    return max(1, sum(end <= width for end in ends))
