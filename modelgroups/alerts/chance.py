"""How far chance alone takes PSI, in windows of few rows as in those of many.

The reference data have c_k of their N rows in bucket k, p_k = c_k/N. What the shares are behind
them is not known; it is taken as Dirichlet(c₁ … c_K), which for buckets between quantiles is what
it is: they are spacings of uniform order statistics. So n further rows have X_k of them in each
bucket, Dirichlet-multinomial, which is independent negative binomials of size c_k given that they
add up to n. Their PSI is a sum over the buckets, an empty one counted as half a row:

    PSI = Σ g_k(X_k),   g_k(x) = (p_k − q)(ln p_k − ln q),   q = max(x, ½)/n

Its mean is Σ E g_k(X_k) over the beta-binomial X_k, exactly. Its variance, given the sum (Holst,
Biometrika 59, 1972; Morris, Annals of Statistics 3, 1975), is about

    (K − 1)/K · (Σ Var g_k − (Σ Cov(g_k, X_k))² / Σ Var X_k)

with the moments of the negative binomials; the factor, 1 for many buckets, is what it takes for
the variance of Pearson's χ² in equal buckets. The quantile is that of the gamma distribution with
this mean and variance (Satterthwaite, Biometrics Bulletin 2, 1946). For large n and N it becomes
the textbook's χ²_{K−1} (1/N + 1/n). Two buckets have one number that is not fixed, and an exact
quantile. Loads scipy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaincinv, gammaln

__all__ = ["psi_quantile"]

Floats: TypeAlias = NDArray[np.float64]

_POINTS: Final = 256
"""Numbers of rows in a bucket that are looked at, evenly spread where more are possible."""

_ROUNDING: Final = 1e-9
"""So much may two ways to compute one PSI differ, relatively."""


def psi_quantile(counts: NDArray[np.int64], confidence: float, n_rows: int) -> float:
    """Return the PSI that a window of data like the reference data stays below.

    Parameters
    ----------
    counts
        Rows of the reference data in each bucket; empty ones do not count.
    confidence
        The probability with which it does.
    n_rows
        Rows of the window.

    Examples
    --------
    >>> twenty = np.full(20, 500)
    >>> [round(psi_quantile(twenty, 0.95, n), 4) for n in (50, 144, 1_000, 100_000)]
    [0.5481, 0.2388, 0.0336, 0.0033]
    """
    filled = np.sort(counts[counts > 0])
    return _quantile(tuple(filled.tolist()), confidence, n_rows)


@lru_cache(maxsize=8192)  # attributes in equal buckets have the same
def _quantile(counts: tuple[int, ...], confidence: float, n_rows: int) -> float:
    if len(counts) < 2:
        return 0.0
    grid = _Grid.of(np.array(counts), n_rows)
    if len(counts) == 2:
        return _exact(grid, confidence)
    mean, variance = _moments(grid, len(counts))
    return float(gammaincinv(mean**2 / variance, confidence) * variance / mean)


class _Grid(NamedTuple):
    """Numbers of rows that buckets may get, a row for each size of bucket.

    Parameters
    ----------
    size
        Rows of the reference data in such a bucket.
    times
        How many such buckets there are.
    x
        Numbers of rows of the window.
    possible
        Which of them are.
    n_base, n_rows
        Rows of the reference data, and of the window.
    """

    size: Floats
    times: NDArray[np.int64]
    x: Floats
    possible: NDArray[np.bool_]
    n_base: int
    n_rows: int

    @classmethod
    def of(cls, counts: NDArray[np.int64], n_rows: int) -> _Grid:
        sizes, times = np.unique(counts, return_counts=True)
        n_base = int(counts.sum())
        size = sizes[:, None].astype(np.float64)
        mean = n_rows * size / n_base
        deviation = np.sqrt(mean * (1 + n_rows / n_base))
        low = np.floor(np.maximum(mean - 10 * deviation - 5, 0))
        high = np.ceil(np.minimum(mean + 12 * deviation + 15, n_rows))
        step = np.ceil((high - low + 1) / _POINTS)
        x = low + step * np.arange(np.max((high - low) // step) + 1)
        return cls(size, times, np.minimum(x, n_rows), x <= high, n_base, n_rows)

    def psi(self, x: Floats | None = None) -> Floats:
        """Return what a bucket adds to PSI."""
        p = self.size / self.n_base
        q = np.maximum(self.x if x is None else x, 0.5) / self.n_rows
        added: Floats = (p - q) * (np.log(p) - np.log(q))
        return added

    def shares(self, log_weights: Floats) -> Floats:
        """Return probabilities from the logarithms of weights."""
        top = np.max(log_weights, axis=1, where=self.possible, initial=-np.inf, keepdims=True)
        weights = np.where(self.possible, np.exp(np.minimum(log_weights - top, 0)), 0)
        found: Floats = weights / weights.sum(axis=1, keepdims=True)
        return found

    def beta_binomial(self) -> Floats:
        """Return how probable each number is."""
        rest = self.n_base - self.size
        ways = -gammaln(self.x + 1) - gammaln(self.n_rows - self.x + 1)
        return self.shares(ways + betaln(self.x + self.size, self.n_rows - self.x + rest))

    def negative_binomial(self) -> Floats:
        """Return how probable each would be, did buckets not share a fixed number of rows."""
        chance = np.log(self.n_rows / (self.n_rows + self.n_base))
        return self.shares(
            gammaln(self.x + self.size) - gammaln(self.x + 1) + self.x * chance,
        )


def _moments(grid: _Grid, n_buckets: int) -> tuple[float, float]:
    psi, x = grid.psi(), grid.x
    mean = np.sum(grid.times * np.sum(grid.beta_binomial() * psi, axis=1))
    weights = grid.negative_binomial()

    def covariance(left: Floats, right: Floats) -> float:
        centred = left - np.sum(weights * left, axis=1, keepdims=True)
        return float(np.sum(grid.times * np.sum(weights * centred * right, axis=1)))

    explained = covariance(psi, x) ** 2 / covariance(x, x)
    variance = (n_buckets - 1) / n_buckets * (covariance(psi, psi) - explained)
    return float(mean), variance


def _exact(grid: _Grid, confidence: float) -> float:
    """Return the quantile where there are two buckets: what one does not get, the other does."""
    probability, x = grid.beta_binomial()[:1], grid.x[:1]
    other = grid._replace(size=grid.n_base - grid.size[:1])
    psi = (grid._replace(size=grid.size[:1]).psi(x) + other.psi(grid.n_rows - x))[0]
    order = np.argsort(psi)
    below = np.cumsum(probability[0][order])
    place = min(int(np.searchsorted(below, confidence)), len(order) - 1)
    return float(psi[order[place]]) * (1 + _ROUNDING)
