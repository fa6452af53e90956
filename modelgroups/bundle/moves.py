"""The aliases of a group as they travel: every move that they ever made, in order.

In the registry that takes them in they are made again, since the same moments and for the same
reasons, by whoever took them in: who made them at first, the events say that travel with them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlmodel import Session

from modelgroups.catalog import aliases, models
from modelgroups.catalog.aliases import AliasMove
from modelgroups.catalog.transfer import Row
from modelgroups.lifecycle.aliases import repeat_move
from modelgroups.lifecycle.lookup import version_name

__all__ = ["KINDS", "MOVES", "MOVE_TYPES", "merge_moves", "read_moves"]

MOVES: Final = "alias_moves"
"""What the moves are called among the tables of a bundle."""

KINDS: Final = frozenset({"set", "promote", "rollback", "delete"})

MOVE_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "name": (str,),
    "kind": (str,),
    "at": (str,),
    "model_id": (str, type(None)),
    "parent": (int, type(None)),
    "reason": (str, type(None)),
}
"""The columns; `parent` is the number, from 1, of the move that a rollback goes back to."""


def read_moves(session: Session, group_id: str) -> list[Row]:
    """Return the moves of the aliases of a group."""
    made = _made(session, group_id)
    numbers = {move.serial: number for number, move in enumerate(made, start=1)}
    return [
        {
            "name": move.name,
            "kind": move.kind,
            "at": move.at,
            "model_id": move.model_id,
            "parent": None if move.parent is None else numbers[move.parent],
            "reason": told.reason,
        }
        for move, told in zip(made, aliases.history(session, group_id), strict=True)
    ]


def merge_moves(
    session: Session, group_id: str, moves: list[Row], *, insert: bool
) -> tuple[list[str], list[Row]]:
    """Find out which moves are new here, and what is in their way; make them if there is nothing.

    An alias goes on where it is here if it made the same moves before. Where one registry has
    gone further than the other, the further one holds.

    Returns
    -------
    tuple of list
        One sentence for each thing that is in the way, and the new moves.
    """
    here: dict[str, list[AliasMove]] = defaultdict(list)
    for made in _made(session, group_id):
        here[made.name].append(made)
    serials: dict[int, int] = {}
    new: dict[int, Row] = {}
    conflicts = []
    for name in dict.fromkeys(row["name"] for row in moves):
        rows = {n: row for n, row in enumerate(moves, start=1) if row["name"] == name}
        known = dict(zip(rows, here[name], strict=False))
        if any(not _is_same(made, rows[number]) for number, made in known.items()):
            conflicts.append(f"the alias {name!r} was moved to other versions, or at other times")
        serials |= {number: made.serial for number, made in known.items()}
        new |= {number: row for number, row in rows.items() if number not in known}
    if insert and not conflicts:
        for number, row in sorted(new.items()):
            told = row | {"parent": serials.get(row["parent"])}
            serials[number] = repeat_move(session, group_id, **told)
        conflicts += _problems_of_pointers(session, group_id) if new else []
    return conflicts, [row for _, row in sorted(new.items())]


def _made(session: Session, group_id: str) -> list[AliasMove]:
    return [made for made in aliases.moves_everywhere(session) if made.group_id == group_id]


def _is_same(made: AliasMove, row: Row) -> bool:
    return all(getattr(made, name) == row[name] for name in ("kind", "at", "model_id"))


def _problems_of_pointers(session: Session, group_id: str) -> list[str]:
    found = []
    for name, model_id in aliases.live(session, group_id).items():
        version = models.find(session, model_id)
        if version is not None and version.archived_at is not None:
            found.append(
                f"the alias {name!r} would point at {version_name(version)}, which is archived "
                "here; bring it back first with model.restore()"
            )
    return found
