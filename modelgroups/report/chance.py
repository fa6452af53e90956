"""How much drift chance alone would show in so many rows, so that few rows do not look alarming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.lifecycle.lookup import get_model
from modelgroups.query.subject import subject_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.registry import Registry

__all__ = ["CONFIDENCE", "Chance", "chance_of"]

CONFIDENCE: Final = 0.99
"""A page shows hundreds of numbers: at 95 %, dozens of them would stand out by chance."""


@dataclass(frozen=True)
class Chance:
    """What samples of the reference data themselves would show.

    Parameters
    ----------
    counts
        Of each attribute, how many rows of the reference data lie in each bucket.

    Examples
    --------
    >>> import numpy as np
    >>> chance = Chance({"age": np.full(20, 100)})
    >>> chance.explains("age", 0.5, 50), chance.explains("age", 0.5, 500)
    (True, False)
    """

    counts: Mapping[str, NDArray[Any]]

    def explains(self, name: str, psi: float | None, n_rows: int, n_looks: int = 1) -> bool:
        """Return whether an attribute shows no more drift than one sample in a hundred would.

        Where there are too few rows for any bound, chance explains all.

        Parameters
        ----------
        name
            The attribute.
        psi
            Its drift; None where that is not known, of which nothing is said.
        n_rows
            How many inferences it is of.
        n_looks
            Of how many numbers it is the largest, so that one in a hundred such tables shows as
            much.
        """
        from modelgroups.alerts.calibrated import window_threshold

        if psi is None or name not in self.counts:
            return False
        confidence = 1 - (1 - CONFIDENCE) / n_looks
        bound = window_threshold(self.counts[name], confidence, n_rows)
        return bound is None or psi <= bound


def chance_of(registry: Registry, model_id: str, names: Sequence[str]) -> Chance:
    """Return what samples of the reference data of a version would show in some attributes."""
    from modelgroups.alerts.calibrated import bucket_counts

    return Chance(bucket_counts(subject_of(registry, get_model(registry, model_id)), names))
