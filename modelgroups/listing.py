"""The versions of a group as a table for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from modelgroups.drawing.page import table_in_html
from modelgroups.model import Model

__all__ = ["versions_in_html"]

_COLUMNS: Final = ("version", "label", "aliases", "status", "saved (UTC)", "name")
_SHOWN: Final = 20
"""So many versions, the first of those given."""


def versions_in_html(title: str, versions: Sequence[Model], aliases: Mapping[str, Model]) -> str:
    """Return versions, newest first, with the aliases that point at them."""
    rows = [
        (
            version.version_sequence_num,
            version.version_label,
            ", ".join(name for name, model in aliases.items() if model.id == version.id),
            version.status,
            str(version.created_at)[:19].replace("T", " "),
            version.display_name,
        )
        for version in versions[:_SHOWN]
    ]
    more = len(versions) - len(rows)
    rest = f"<p>… and {more:,} older ones</p>" if more > 0 else ""
    return table_in_html(title, _COLUMNS, rows) + rest
