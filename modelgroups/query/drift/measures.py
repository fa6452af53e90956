"""The measures of drift, each with its formula.

P are the probabilities of the buckets in the base (the older rows), Q those in the target; all
logarithms are natural. A bucket that is empty on both sides does not exist. Measures of counts
work on many cells at once: a row of counts for each. They are NaN where a side has no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelgroups.query.drift import samples
from modelgroups.query.drift.samples import Sample
from modelgroups.query.drift.sums import Counted

__all__ = ["MEASURES", "Counts", "Form", "Measure", "half_row_shares", "shares"]

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.integer[Any]]

LEAST_P_VALUE: Final = 2.2e-308


class Form(StrEnum):
    """What kind of values is compared."""

    CONTINUOUS = "continuous"
    CATEGORICAL = "categorical"
    ITEMS = "ranked"
    CLASSES = "class"


@dataclass(frozen=True)
class Counts:
    """How many rows of each cell lie in each bucket.

    Parameters
    ----------
    base, target
        A row for each cell, a column for each bucket; the last bucket is that of the nulls.
    """

    base: NDArray[np.int64]
    target: NDArray[np.int64]


@dataclass(frozen=True)
class Measure:
    """One measure of drift.

    Parameters
    ----------
    name
        What it is called in a body.
    forms
        The values that it can compare.
    of_counts
        Its value for each cell, from counts.
    of_ranks
        Its value for each cell, from how many values of the target lie where among those of the
        base; for continuous ones.
    of_values
        Its value for each of several targets, from all values of a base and theirs; for
        continuous ones.
    """

    name: str
    forms: tuple[Form, ...]
    of_counts: Callable[[Counts], Floats] | None
    of_ranks: Callable[[Counted, Callable[[int], Sample], Codes], Floats] | None = None
    of_values: Callable[[Sample, Floats, Codes], Floats] | None = None


def shares(counts: NDArray[np.int64]) -> Floats:
    """Return the share of each bucket in its cell; NaN where the cell is empty."""
    totals = counts.sum(axis=-1, keepdims=True).astype(float)
    totals[totals == 0] = np.nan
    found: Floats = counts / totals
    return found


def half_row_shares(counts: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """Return the shares, an empty bucket counted as half a row if the other side is in it.

    Nothing is renormalised, so full buckets keep their share. A logarithm needs a positive number,
    and half a row shrinks as the sample grows, where a constant would set the result.

    Examples
    --------
    >>> half_row_shares(np.array([0, 2, 0]), np.array([1, 1, 0]))
    array([0.25, 1.  , 0.  ])
    """
    totals = counts.sum(axis=-1, keepdims=True).astype(float)
    totals[totals == 0] = np.nan
    found: Floats = np.where((counts == 0) & (other > 0), 0.5, counts) / totals
    return found


def psi(counts: Counts) -> Floats:
    """Return the population stability index, Σ (P − Q)(ln P − ln Q): a divergence, from 0 up.

    It is symmetric: the sum of the Kullback–Leibler divergences of both directions (Jeffreys
    1946). An empty bucket counts as half a row. Continuous values: buckets between quantiles of
    the base.
    """
    p, q, exists = _positive(counts)
    found: Floats = ((p - q) * (np.log(p) - np.log(q))).sum(axis=-1, where=exists)
    return found


def kl_divergence(counts: Counts) -> Floats:
    """Return the Kullback–Leibler divergence from P to Q, Σ P ln(P/Q): not symmetric.

    Kullback and Leibler (1951), in nats. An empty bucket counts as half a row, which can make it
    negative. Continuous values: buckets between quantiles of the base.
    """
    p, q, exists = _positive(counts)
    found: Floats = (p * (np.log(p) - np.log(q))).sum(axis=-1, where=exists)
    return found


def js_divergence(counts: Counts) -> Floats:
    """Return the Jensen–Shannon divergence, 0 to ln 2.

    ½ Σ P ln(P/M) + ½ Σ Q ln(Q/M) with M = (P + Q)/2, which equals H(M) − (H(P) + H(Q))/2.
    The divergence itself (Lin 1991), not its square root, which is the distance that
    `scipy.spatial.distance.jensenshannon` returns. Empty buckets are true zeros, 0·ln 0 = 0.
    Continuous values: buckets between quantiles of the base.
    """
    p, q = shares(counts.base), shares(counts.target)
    middle = (p + q) / 2
    total = (_relative_entropies(p, middle) + _relative_entropies(q, middle)).sum(axis=-1) / 2
    found: Floats = np.clip(total, 0.0, np.log(2))
    return found


def hellinger_distance(counts: Counts) -> Floats:
    """Return the Hellinger distance, ‖√P − √Q‖₂ / √2: a distance, 0 to 1.

    Hellinger (1909). Empty buckets are true zeros. Continuous values: buckets between quantiles
    of the base.
    """
    apart = np.sqrt(shares(counts.base)) - np.sqrt(shares(counts.target))
    found: Floats = np.minimum(np.sqrt((apart**2).sum(axis=-1) / 2), 1.0)
    return found


def chi_squared_test(counts: Counts) -> Floats:
    """Return −log10(p) of Pearson's chi-squared test of two samples, without Yates' correction.

    On the counts of both sides, with one degree of freedom less than there are categories; null
    is a category. A single category gives 0. p is not taken smaller than 2.2e-308.
    """
    from scipy.special import chdtrc

    base, target = counts.base.astype(float), counts.target.astype(float)
    n_base, n_target = base.sum(axis=-1, keepdims=True), target.sum(axis=-1, keepdims=True)
    both = base + target
    with np.errstate(divide="ignore", invalid="ignore"):
        # Σ (observed − expected)²/expected over both samples, brought to one fraction
        terms = (base * n_target - target * n_base) ** 2 / (both * n_base * n_target)
    statistic = np.where(both > 0, terms, 0.0).sum(axis=-1)
    freedom = (both > 0).sum(axis=-1) - 1
    p_value = np.where(freedom < 1, 1.0, chdtrc(np.maximum(freedom, 1), statistic))
    return np.where((n_base * n_target)[..., 0] > 0, minus_log10(p_value), np.nan)


def missing_rate_change(counts: Counts) -> Floats:
    """Return the share of nulls in the target minus that in the base: −1 to 1, with its sign."""
    return shares(counts.target)[..., -1] - shares(counts.base)[..., -1]


def new_category_rate(counts: Counts) -> Floats:
    """Return the share of the target's rows with a category that the base lacks: 0 to 1.

    Null is no category. Without rows in the base it is null, not 1.
    """
    p, q = shares(counts.base), shares(counts.target)
    is_new = (counts.base == 0)[..., :-1]
    found: Floats = (q[..., :-1] * is_new).sum(axis=-1) + 0 * p.sum(axis=-1)
    return found


def ks_test(counts: Counted, base_of: Callable[[int], Sample], groups: Codes) -> Floats:
    """Return −log10(p) of the two-sample Kolmogorov–Smirnov test, two-sided, asymptotic p.

    Of all non-null values, without buckets; the statistic is the largest distance of the two
    empirical distribution functions. The p-value is that of `scipy.stats.ks_2samp` with
    ``method="asymp"``: the one-sample distribution for n·m/(n + m) values, rounded. It is not
    taken smaller than 2.2e-308. Null where a side has no values, or both have one.
    """
    from scipy.stats import kstwo

    seen, places = np.unique(groups, return_inverse=True)
    n = np.array([len(base_of(group)) for group in seen.tolist()], float)[places]
    m = np.bincount(counts.cells, counts.n, len(groups))
    size = np.round(np.maximum(n, m) * np.minimum(n, m) / np.maximum(n + m, 1.0))
    distance = samples.ks_distances(counts, base_of, groups)
    found = np.full(len(size), np.nan)
    known = size > 0
    if known.any():
        p_values = kstwo.sf(distance[known], size[known])
        found[known] = minus_log10(np.clip(p_values, 0, 1))
    return found


def wasserstein_distances(base: Sample, ordered: Floats, ends: Codes) -> Floats:
    """Return the Wasserstein distance of order 1.

    ∫ |F − G| over the two empirical distribution functions, also called the earth mover's
    distance (Vaserstein 1969): a distance, in the unit of the values (microseconds for times),
    from 0 up. All non-null values count, without buckets. It equals
    `scipy.stats.wasserstein_distance`. Null where a side has no values, or where it is infinite.
    """
    return samples.wasserstein_distances(base, ordered, ends)


def minus_log10(p_values: Any) -> Any:
    """Return the negative decimal logarithms; 0.0 for a p-value of 1."""
    return 0.0 - np.log10(np.maximum(p_values, LEAST_P_VALUE))


def _positive(counts: Counts) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the shares with the rule of half a row, 1 where no bucket exists, and where one does.

    A side without rows has NaN everywhere, and at least one bucket.
    """
    exists = (counts.base + counts.target) > 0
    exists[..., 0] |= ~exists.any(axis=-1)
    p = half_row_shares(counts.base, counts.target)
    q = half_row_shares(counts.target, counts.base)
    return np.where(exists, p, 1.0), np.where(exists, q, 1.0), exists


def _relative_entropies(p: Floats, q: Floats) -> Floats:
    """Return p ln(p/q), 0 where p is 0."""
    positive = np.where(p == 0, 1.0, p)
    found: Floats = p * (np.log(positive) - np.log(np.where(p == 0, 1.0, q)))
    return found


_BINNED: Final = (Form.CONTINUOUS, Form.CATEGORICAL, Form.CLASSES)


def _named(measures: Iterable[Measure]) -> dict[str, Measure]:
    return {measure.name: measure for measure in measures}


MEASURES: Final = _named(
    [
        Measure("PSI", tuple(Form), psi),
        Measure("KLDivergence", _BINNED, kl_divergence),
        Measure("JSDivergence", _BINNED, js_divergence),
        Measure("HellingerDistance", _BINNED, hellinger_distance),
        Measure("HypothesisTest", _BINNED, chi_squared_test, of_ranks=ks_test),
        Measure("WassersteinDistance", (Form.CONTINUOUS,), None, of_values=wasserstein_distances),
        Measure("MissingRateChange", (Form.CONTINUOUS, Form.CATEGORICAL), missing_rate_change),
        Measure("NewCategoryRate", (Form.CATEGORICAL, Form.CLASSES), new_category_rate),
    ]
)
"""The measures by their names."""
