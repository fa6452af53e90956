"""Whether traffic was split as it should have been. Loads scipy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modelgroups.errors import UserValueError

__all__ = ["ALARM", "Split", "check_split"]

ALARM: Final = 0.001
"""Below this p-value the split is broken."""


@dataclass(frozen=True, slots=True)
class Split:
    """How much traffic each version got, and should have got.

    Parameters
    ----------
    counts, expected
        By version.
    p_value
        Of a split at least as uneven by chance; None where nothing can be told.
    reason
        Why it is None.

    Examples
    --------
    >>> Split({"V1": 400, "V2": 600}, {"V1": 500.0, "V2": 500.0}, 2.5e-10).is_broken
    True
    """

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float | None
    reason: str | None = None

    @property
    def is_broken(self) -> bool:
        """Whether chance does not explain it, so that no conclusion holds."""
        return self.p_value is not None and self.p_value < ALARM


def check_split(counts: Mapping[str, int], weights: Mapping[str, float]) -> Split:
    """Return whether versions got traffic in proportion to their weights.

    Pearson's chi-squared test, with an alarm below 0.001: A. Fabijan, J. Gupchup, S. Gupta,
    J. Omhover, W. Qin, L. Vermeer, P. Dmitriev, "Diagnosing sample ratio mismatch in online
    controlled experiments", KDD 2019, 2156–2164.

    Parameters
    ----------
    counts
        Inferences, or better the keys that were routed, by version.
    weights
        What each should get, by version; only their proportions count.

    Raises
    ------
    UserValueError
        A count is of a version without a weight, or a weight is negative.

    Examples
    --------
    >>> check_split({"V1": 5000, "V2": 5250}, {"V1": 0.5, "V2": 0.5}).is_broken
    False
    >>> check_split({"V1": 5000, "V2": 5500}, {"V1": 0.5, "V2": 0.5}).is_broken
    True
    """
    from scipy.special import chdtrc

    strangers = [version for version in counts if version not in weights]
    if strangers:
        raise UserValueError(f"counts: {strangers[0]!r} has no weight; give one for each version")
    whole, total = sum(weights.values()), sum(counts.values())
    if any(weight < 0 for weight in weights.values()) or not whole > 0:
        raise UserValueError(f"weights must not be negative, nor all be zero, got {dict(weights)}")
    seen = {version: counts.get(version, 0) for version in weights}
    expected = {version: total * weight / whole for version, weight in weights.items()}
    if any(seen[version] and not expected[version] for version in weights):
        return Split(seen, expected, 0.0)  # what should get nothing got something
    live = [version for version in weights if expected[version]]
    if len(live) < 2:  # a split has two parts
        reason = "there was no traffic" if not total else "all traffic belongs to one version"
        return Split(seen, expected, None, reason)
    squared = sum((seen[v] - expected[v]) ** 2 / expected[v] for v in live)
    return Split(seen, expected, float(chdtrc(len(live) - 1, squared)))
