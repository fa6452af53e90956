"""Tables for notebooks: HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

__all__ = ["fields_in_html", "table_in_html"]


def table_in_html(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a line for each row; None is an empty cell.

    >>> table_in_html("<x>", ["a"], [[1], [None]])[:50]
    '<table><caption><b>&lt;x&gt;</b></caption><thead><'
    """
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return (
        f"<table><caption><b>{escape(title)}</b></caption>"
        f"<thead><tr>{_cells('th', columns)}</tr></thead><tbody>{body}</tbody></table>"
    )


def fields_in_html(title: str, fields: Mapping[str, object]) -> str:
    """Return a table with a line for each name and its value; what is missing is left out.

    >>> fields_in_html("m-1", {"tags": None, "label": ""})
    '<table><caption><b>m-1</b></caption></table>'
    """
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in fields.items()
        if value not in (None, "")
    )
    return f"<table><caption><b>{escape(title)}</b></caption>{cells}</table>"


def _cells(tag: str, values: Iterable[object]) -> str:
    texts = ("" if value is None else str(value) for value in values)
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
