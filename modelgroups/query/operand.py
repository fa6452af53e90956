"""What a name, a constant or a function stands for while a query is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

__all__ = ["Deferred", "Level", "Operand"]


class Level(IntEnum):
    """How many values something has: one, one for each row, or one for each group."""

    CONSTANT = 0
    ROW = 1
    GROUP = 2


@dataclass(frozen=True)
class Deferred:
    """A value that is finished in Python from what the engine returns for a group.

    Parameters
    ----------
    columns
        Ibis expressions over a group, by name.
    finish
        From their values to the value.
    """

    columns: Mapping[str, Any]
    finish: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Operand:
    """Something that a function can work on.

    Parameters
    ----------
    value
        An Ibis expression, a Python constant, or a `Deferred`.
    level
        How many values it has.
    uses
        The columns of the source that it reads row by row.
    """

    value: Any
    level: Level
    uses: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_deferred(self) -> bool:
        """Whether it is finished in Python."""
        return isinstance(self.value, Deferred)
