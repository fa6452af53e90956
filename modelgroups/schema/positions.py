"""Positions of attributes: their places within a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.types import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelgroups.schema.attribute import Attribute

__all__ = ["free_positions", "new_positions", "pair_positions", "taken_positions"]


def free_positions(taken: Iterable[int], preferred: Iterable[int]) -> list[int]:
    """Return a position for each preferred one: itself if free, else one above all used.

    Parameters
    ----------
    taken
        Positions in use in the stage.
    preferred
        Positions wanted, in order.

    Examples
    --------
    >>> free_positions([1], [0, 1, 2])
    [0, 2, 3]
    """
    used = set(taken)
    positions = []
    for wanted in preferred:
        position = max(used) + 1 if wanted in used else wanted
        positions.append(position)
        used.add(position)
    return positions


def taken_positions(attributes: Iterable[Attribute], stage: str) -> set[int]:
    """Return the positions that the attributes use in a stage."""
    return {
        attribute.position
        for attribute in attributes
        if attribute.stage == stage and attribute.position is not None
    }


def new_positions(existing: Iterable[Attribute], stage: str, number: int) -> list[int]:
    """Return positions for new attributes of a stage, from 0 where these are free."""
    return free_positions(taken_positions(existing, stage), range(number))


def pair_positions(existing: Sequence[Attribute], number: int) -> list[tuple[int, int]]:
    """Return positions for new pairs of a predicted and a ground truth attribute."""
    return list(
        zip(
            new_positions(existing, Stage.PredictedValue, number),
            new_positions(existing, Stage.GroundTruth, number),
            strict=True,
        )
    )
