"""The rows of a group as JSON, and back: every value of the type that its column has."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from sqlalchemy import Column

from modelgroups.arguments import is_unicode
from modelgroups.bundle.deployments import DEPLOYMENT_TYPES, DEPLOYMENTS
from modelgroups.bundle.history import HISTORY, HISTORY_TYPES
from modelgroups.bundle.moves import MOVE_TYPES, MOVES
from modelgroups.catalog.documents import dump
from modelgroups.catalog.exported import EXPORTED, Exported
from modelgroups.catalog.transfer import Content, Row
from modelgroups.errors import BundleError

__all__ = ["dump_content", "dump_json", "load_content", "load_json"]

_LARGEST = 2**63
_PARTS: Final = {MOVES: MOVE_TYPES, DEPLOYMENTS: DEPLOYMENT_TYPES, HISTORY: HISTORY_TYPES}
"""What travels in forms of its own, with the types of its columns."""


def dump_json(value: Any) -> bytes:
    """Return a value as JSON that is the same for equal values."""
    return dump(value).encode()


def load_json(document: bytes, name: str) -> Any:
    """Return the value of a JSON document.

    Raises
    ------
    BundleError
        It is not JSON.
    """
    try:
        return json.loads(document, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"the bundle's {name} cannot be read: {error}") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def dump_content(content: Content) -> bytes:
    """Return the rows of a group as JSON."""
    tables = {
        name: {
            "columns": list(types),
            "rows": [[row[column] for column in types] for row in content[name]],
        }
        for name, types in _PARTS.items()
    }
    return dump_json(
        tables
        | {
            exported.name: {
                "columns": list(exported.table.c.keys()),
                "rows": [
                    [_plain(row[name]) for name in exported.table.c.keys()]  # noqa: SIM118
                    for row in content[exported.name]
                ],
            }
            for exported in EXPORTED
            if exported.name in content
        }
    )


def _plain(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def load_content(document: bytes) -> Content:
    """Return the rows that a JSON document holds, each with every column of its table.

    A bundle of an older release lacks tables and columns; they are empty.

    Raises
    ------
    BundleError
        It holds tables, columns or values that there are not.
    """
    found = load_json(document, "catalog")
    known = {exported.name: exported for exported in EXPORTED}
    if not isinstance(found, dict):
        raise BundleError("the bundle's catalog is no object of tables")
    strangers = sorted(set(found) - set(known) - set(_PARTS))
    if strangers:
        raise BundleError(
            f"the bundle's catalog has tables that this release does not know "
            f"({', '.join(map(repr, strangers[:3]))}); upgrade modelgroups to take it in"
        )
    content = {name: _rows(exported, found.get(name)) for name, exported in known.items()}
    return content | {name: _part(name, types, found.get(name)) for name, types in _PARTS.items()}


def _part(table: str, types: Mapping[str, tuple[type, ...]], part: Any) -> list[Row]:
    if part is None:
        return []
    if not isinstance(part, dict) or part.get("columns") != list(types):
        raise BundleError(f"the bundle's table {table!r} needs the columns {', '.join(types)}")
    rows = part.get("rows")
    if not isinstance(rows, list):
        raise BundleError(f"the bundle's table {table!r} has no list of rows")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(types):
            raise BundleError(f"row {number} of the bundle's table {table!r} lacks values")
        for (name, kinds), value in zip(types.items(), row, strict=True):
            if type(value) not in kinds or not _can_be_stored(value):
                raise BundleError(
                    f"row {number} of the bundle's table {table!r} has a {name!r} it cannot have"
                )
    return [dict(zip(types, row, strict=True)) for row in rows]


def _can_be_stored(value: Any) -> bool:
    if isinstance(value, str):
        return is_unicode(value)
    return not isinstance(value, int) or -_LARGEST <= value < _LARGEST


def _rows(exported: Exported, part: Any) -> list[Row]:
    if part is None:
        return []
    name = exported.name
    if not isinstance(part, dict) or set(part) != {"columns", "rows"}:
        raise BundleError(f"the bundle's table {name!r} needs columns and rows")
    columns, rows = part["columns"], part["rows"]
    _require_columns(exported, columns)
    if not isinstance(rows, list):
        raise BundleError(f"the bundle's table {name!r} has no list of rows")
    return [_row(exported, columns, row, number) for number, row in enumerate(rows)]


def _require_columns(exported: Exported, columns: Any) -> None:
    known = exported.table.c
    names = columns if isinstance(columns, list) else [columns]
    strangers = [repr(name) for name in names if not isinstance(name, str) or name not in known]
    if strangers or len(set(names)) < len(names):
        raise BundleError(
            f"the bundle's table {exported.name!r} has columns that this release does not know "
            f"({', '.join(strangers[:3])}), or one twice; upgrade modelgroups to take it in"
        )
    absent = [column.name for column in known if column.name not in names and not column.nullable]
    if absent:
        raise BundleError(f"the bundle's table {exported.name!r} lacks {', '.join(absent)}")


def _row(exported: Exported, columns: list[str], values: Any, number: int) -> Row:
    if not isinstance(values, list) or len(values) != len(columns):
        raise BundleError(
            f"row {number} of the bundle's table {exported.name!r} does not have "
            f"{len(columns)} values"
        )
    row: Row = dict.fromkeys(exported.table.c.keys())
    for name, value in zip(columns, values, strict=True):
        try:
            row[name] = _typed(exported.table.c[name], value)
        except ValueError as error:
            raise BundleError(
                f"row {number} of the bundle's table {exported.name!r} has a {name!r} that it "
                f"cannot have: {error}"
            ) from error
    return row


def _typed(column: Column[Any], value: Any) -> Any:
    """Return a value as its column holds it."""
    if value is None and column.nullable:
        return None
    kind: type = getattr(column.type, "impl_instance", column.type).python_type
    if kind is bytes and isinstance(value, str):
        return b64decode(value, validate=True)
    if type(value) is not kind:
        raise ValueError(f"{type(value).__name__} instead of {kind.__name__}")
    if isinstance(value, str) and not is_unicode(value):
        raise ValueError("half of a surrogate pair")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise ValueError("a number of more than 64 bits")
    return value
