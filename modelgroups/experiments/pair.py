"""Two versions side by side, of the same rows or of different ones. Loads numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelgroups.lazy import lazy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.experiments.outcomes import Outcomes

__all__ = ["Pair"]


@dataclass(frozen=True)
class Pair:
    """What two versions said.

    Parameters
    ----------
    first, other
        Of either version; where they are paired, of the same inferences in the same order.
    is_paired
        Whether they are.
    """

    first: Outcomes
    other: Outcomes
    is_paired: bool

    @lazy
    def scored(self) -> Pair:
        """The rows that have a prediction, where paired of both versions."""
        return self._where(~np.isnan(self.first.score), ~np.isnan(self.other.score))

    @lazy
    def known(self) -> Pair:
        """The rows that have a prediction and a ground truth, where paired the same one."""
        one, two = self.scored.first.truth, self.scored.other.truth
        if self.is_paired:
            agree = one == two  # NaN is equal to nothing
            return self.scored._where(agree, agree)  # noqa: SLF001
        return self.scored._where(~np.isnan(one), ~np.isnan(two))  # noqa: SLF001

    @property
    def n_conflicts(self) -> int:
        """The pairs whose ground truths differ."""
        if not self.is_paired:
            return 0
        one, two = self.scored.first.truth, self.scored.other.truth
        return int(np.count_nonzero((one != two) & ~np.isnan(one) & ~np.isnan(two)))

    @lazy
    def joint(self) -> NDArray[np.int64]:
        """Numbers of pairs, by whether it is true, the first said so, and the other did."""
        first, other = self.first, self.other
        codes = (first.is_true * np.uint8(4)) | (first.is_predicted * np.uint8(2))
        codes |= other.is_predicted
        return np.bincount(codes, minlength=8).reshape(2, 2, 2)

    @lazy
    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of rows of either version, by whether it is true and was predicted."""
        if self.is_paired:
            return self.joint.sum(axis=2), self.joint.sum(axis=1)
        return _cells(self.first), _cells(self.other)

    def _where(self, first: NDArray[np.bool_], other: NDArray[np.bool_]) -> Pair:
        if self.is_paired:
            first = other = first & other
        if first.all() and other.all():
            return self
        return Pair(self.first.take(first), self.other.take(other), self.is_paired)


def _cells(outcomes: Outcomes) -> NDArray[Any]:
    codes = (outcomes.is_true * np.uint8(2)) | outcomes.is_predicted
    return np.bincount(codes, minlength=4).reshape(2, 2)
