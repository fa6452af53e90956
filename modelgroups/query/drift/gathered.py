"""Values by cell, gathered part by part and then put in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.query.drift.sums import Where

__all__ = ["Gathered", "together"]

Codes: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.float64]


class Gathered:
    """Values with the cells that they lie in; nulls are left out.

    Examples
    --------
    >>> gathered = Gathered()
    >>> gathered.add(np.array([2.0, np.nan]), Where(np.array([7]), np.array([0])))
    >>> gathered.add(np.array([1.0]), Where(np.array([7]), np.array([0])))
    >>> list(gathered.in_order())
    [(7, 0, array([1., 2.]))]
    """

    def __init__(self) -> None:
        self._values: list[Floats] = []
        self._wheres: list[Where] = []

    def add(self, values: Floats, where: Where) -> None:
        """Take in the values of some rows, which are not copied unless there are nulls."""
        known = np.flatnonzero(~np.isnan(values))
        if len(known) < len(values):
            values, where = values[known], where.take(known)
        self._values.append(values)
        self._wheres.append(where)

    def in_order(self, places: Codes | None = None) -> Iterator[tuple[int, int, Floats]]:
        """Yield cells with their group, and their values in ascending order; forget them.

        Parameters
        ----------
        places
            For each cell the one that it is a part of, if it is.
        """
        wheres, lengths = self._wheres, [len(values) for values in self._values]
        if places is not None:
            wheres = [Where(places[where.cells], where.groups, where.rows) for where in wheres]
        where = Where.joined(wheres, lengths)
        values = np.concatenate([np.empty(0), *self._values])  # a copy, to be put in order
        self._values, self._wheres = [], []
        return where.in_order(values)


def together(parts: list[Floats]) -> Floats:
    """Return arrays one after the other; a single one as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0), *parts])
