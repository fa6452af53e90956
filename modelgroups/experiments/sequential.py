"""Comparing as often as one likes: always-valid p-values and confidence sequences.

A p-value that is looked at again and again until it is small enough is small far too often. That of
the mixture sequential probability ratio test (mSPRT) may be looked at after every inference, and
the test ended whenever one likes: the chance that it ever falls below α where there is no
difference is at most α. It takes any `Effect` with a standard error: rates, means, AUC, whatever
is a mean to first order. Loads numpy.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from modelgroups.experiments.effect import Effect, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PLANNED", "always_valid", "margin_of", "mixture_p", "mixture_variance"]

PLANNED: Final = 5000
"""The number of rows at which the confidence sequence is narrowest, where nothing else is said."""


def mixture_p(
    difference: NDArray[Any] | float, variance: NDArray[Any] | float, tau2: NDArray[Any] | float
) -> NDArray[np.float64]:
    """Return the always-valid p-values of differences, each by itself; 1 where nothing is known.

    min(1, 1/Λ), with the likelihood ratio mixed over effects of N(0, τ²),
    ``Λ = √(v/(v + τ²)) · exp(τ²·d²/(2·v·(v + τ²)))``, for a difference d of variance v: R. Johari,
    P. Koomen, L. Pekelis, D. Walsh, "Always valid inference: continuous monitoring of A/B tests",
    Operations Research 70 (2022) 1806–1821, formula of section 4. Of a sequence of looks the
    p-value is the least so far: ``np.minimum.accumulate``.

    Parameters
    ----------
    difference, variance
        At each look; the variance is that of the difference.
    tau2
        τ² of the mixture, chosen beforehand: see `mixture_variance`.

    Examples
    --------
    >>> mixture_p([0.0, 0.02, 0.03], 1e-4, 4e-4).round(4)
    array([1.    , 0.4515, 0.0611])
    """
    d, v = np.asarray(difference, np.float64), np.asarray(variance, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_ratio = (np.log(v / (v + tau2)) + tau2 * d * d / (v * (v + tau2))) / 2
        p = np.exp(-np.maximum(log_ratio, 0.0))
    return np.where((v > 0) & np.isfinite(p), p, 1.0)


def margin_of(
    variance: NDArray[Any] | float, tau2: NDArray[Any] | float, confidence: float = 0.95
) -> NDArray[np.float64]:
    """Return the half width of the confidence sequence; infinite where nothing is known.

    ``√(v·(v + τ²)/τ² · (ln((v + τ²)/v) + 2·ln(1/α)))``: all differences that `mixture_p` does not
    refuse. It is the normal mixture boundary of S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
    "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49
    (2021) 1055–1080; with an estimated variance it holds asymptotically: I. Waudby-Smith,
    D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory and
    asymptotic confidence sequences", Annals of Statistics 52 (2024) 2613–2640.

    >>> margin_of([1e-4, 0.0], 4e-4).round(4)
    array([0.0308,    inf])
    """
    v = np.asarray(variance, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = v * (v + tau2) / tau2 * (np.log((v + tau2) / v) - 2 * math.log(1 - confidence))
    return np.where((v > 0) & np.isfinite(squared), np.sqrt(np.abs(squared)), np.inf)


def mixture_variance(
    variance_of_row: float, planned: int = PLANNED, confidence: float = 0.95
) -> float:
    """Return the τ² with which the confidence sequence is narrowest after so many rows.

    ``σ²·(−2·ln α + ln(−2·ln α + 1))/n``: Waudby-Smith et al. (2024), equation 161 of
    arXiv:2103.06476v7, after section 3.5 of Howard et al. (2021). It must not depend on the
    differences that were seen.

    >>> round(mixture_variance(0.25, 1000), 8)
    0.00198404
    """
    twice = -2 * math.log(1 - confidence)
    return variance_of_row * (twice + math.log(twice + 1)) / planned


def always_valid(effect: Effect, *, planned: int = PLANNED, confidence: float = 0.95) -> Effect:
    """Return an effect with the p-value and the interval of the mSPRT instead of its own.

    Of both it is what holds at this look. Whoever looks again keeps the least p-value, and may
    keep the intersection of the intervals.

    Parameters
    ----------
    effect
        What was found of all rows so far.
    planned
        The rows, of both versions, or the pairs, at which the interval is to be narrowest; the same
        at every look.
    confidence
        Of the confidence sequence.

    Examples
    --------
    >>> from modelgroups.experiments.rates import compare_rates
    >>> found = always_valid(compare_rates(480, 800, 560, 700))
    >>> found.method, round(found.interval.low, 4), round(found.interval.high, 4)
    ('mSPRT', 0.1264, 0.2736)
    """
    if effect.difference is None or not effect.error:
        return effect.without_test(effect.reason or "the difference does not vary between rows")
    n = effect.n_first if effect.is_paired else effect.n_first + effect.n_other
    variance = effect.error**2
    tau2 = mixture_variance(variance * n, planned, confidence)
    margin = float(margin_of(variance, tau2, confidence))
    return replace(
        effect,
        method="mSPRT, paired" if effect.is_paired else "mSPRT",
        p_value=float(mixture_p(effect.difference, variance, tau2)),
        interval=Interval(effect.difference - margin, effect.difference + margin),
        reason=None,
    )
