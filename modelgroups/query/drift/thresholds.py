"""Thresholds: the drift to expect of a sample from the base itself.

If the target is drawn from the base's distribution P over K buckets, its own distribution Q is
taken as Dirichlet(1 + N·p_k) for N rows. Loads scipy.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, digamma, gammaln

__all__ = ["calibrated", "expected"]

Floats: TypeAlias = NDArray[np.float64]

_FEW = 50.0

_METRICS = ("HellingerDistance", "JSDivergence", "KLDivergence", "PSI")


def expected(counts: NDArray[np.int64], target_size: int | None = None) -> dict[str, float | None]:
    """Return the expected drift of a sample of `target_size` rows, in closed form.

    With α = 1 + N·p, α₀ = K + N, m = α/α₀ and ψ the digamma function (natural logarithms):
    KL = Σ p (ln p − ψ(α)) + ψ(α₀); PSI = KL + Σ m (ln m − ln p), the second direction to first
    order; JS = min(ln 2, PSI/4); Hellinger = √(1 − Σ √p · Γ(α+½) Γ(α₀) / (Γ(α) Γ(α₀+½))), the
    exact moment. These are means, not critical values: samples of the base itself exceed them
    about half the time (PSI nearly always). `calibrated` bounds the rate of false alarms.

    Parameters
    ----------
    counts
        The rows of the base in each bucket; empty buckets do not count.
    target_size
        The number of rows of the target; as many as in the base if it is not given.

    Examples
    --------
    >>> expected(np.array([4, 4, 4, 4, 4]))["KLDivergence"]
    0.08318693198607...
    """
    counts = counts[counts > 0]
    if not len(counts):
        return dict.fromkeys(_METRICS)
    n = counts.sum() if target_size is None else target_size
    p = counts / counts.sum()
    alpha, alpha_0 = 1 + n * p, len(p) + n
    mean = alpha / alpha_0
    kl = float(np.sum(p * (np.log(p) - digamma(alpha))) + digamma(alpha_0))
    psi = kl + float(np.sum(mean * (np.log(mean) - np.log(p))))
    apart = np.sum((np.sqrt(p) - np.sqrt(mean)) ** 2) / 2  # 1 − Σ √(p m), without cancellation
    bends = np.sqrt(p * mean) * np.expm1(_half_step(alpha) - _half_step(np.float64(alpha_0)))
    return _as_answer(
        hellinger=float(np.sqrt(max(0.0, apart - np.sum(bends)))),
        js=min(float(np.log(2)), psi / 4),
        kl=kl,
        psi=psi,
    )


def _half_step(a: Floats | np.float64) -> Floats:
    """Return ln(Γ(a + ½) / (Γ(a) √a)), by its asymptotic series where that is exact enough.

    The difference of two logarithms of Γ would lose as many digits as they have before the point.
    """
    with np.errstate(over="ignore"):
        series = -1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5) + 17 / (14336 * a**7)
    found: Floats = np.where(a < _FEW, gammaln(a + 0.5) - gammaln(a) - np.log(a) / 2, series)
    return found


def calibrated(
    counts: NDArray[np.int64], confidence: float, target_size: int | None = None
) -> dict[str, float | None]:
    """Return the drift that a sample of the base exceeds with probability 1 − `confidence`.

    The statistics tend to chi-squared with K − 1 degrees of freedom: with c its quantile times
    (1/N_base + 1/N_target), PSI = c, KL = c/2, JS = c/8, Hellinger = √(c/8).

    Examples
    --------
    >>> calibrated(np.array([500, 500]), 0.95)["PSI"]
    0.00768...
    """
    counts = counts[counts > 0]
    if not len(counts):
        return dict.fromkeys(_METRICS)
    n_base = int(counts.sum())
    n = n_base if target_size is None else target_size
    quantile = float(chdtri(len(counts) - 1, 1 - confidence)) if len(counts) > 1 else 0.0
    c = quantile * (1 / n_base + 1 / n)
    return _as_answer(hellinger=float(np.sqrt(c / 8)), js=c / 8, kl=c / 2, psi=c)


def _as_answer(*, hellinger: float, js: float, kl: float, psi: float) -> dict[str, float | None]:
    return dict(zip(_METRICS, (hellinger, js, kl, psi), strict=True))
