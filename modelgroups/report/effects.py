"""Differences between versions with their intervals, as small pictures beside their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelgroups.experiments.wording import number_text, p_text, parts_of, subject_of_line
from modelgroups.report.advice import Standing
from modelgroups.report.charts import Scale

if TYPE_CHECKING:
    from modelgroups.experiments.comparison import Comparison, Line
    from modelgroups.experiments.effect import Effect

__all__ = ["Compared", "EffectRow", "Whisker", "compared_of", "reaches_of", "whisker_of"]

_WIDTH: Final = 180.0


@dataclass(frozen=True)
class Whisker:
    """An interval around a difference, on a scale with zero in its middle."""

    low: float
    high: float
    at: float
    zero: float = _WIDTH / 2
    width: float = _WIDTH


@dataclass(frozen=True)
class EffectRow:
    """One metric of one version against the first, in words."""

    subject: str
    first: str
    other: str
    difference: str
    interval: str
    whisker: Whisker | None
    p: str
    n: str
    method: str
    verdict: str


@dataclass(frozen=True)
class Compared:
    """How one version differs from the first: in a sentence, and metric by metric."""

    first: str
    other: str
    standing: Standing
    told: str
    rows: tuple[EffectRow, ...]


def reaches_of(effects: Iterable[tuple[str, Effect]]) -> dict[str, float]:
    """Return for each metric how far from zero its scale reaches."""
    reaches: dict[str, float] = {}
    for metric, effect in effects:
        ends = [effect.difference or 0.0]
        if effect.interval is not None:
            ends += [effect.interval.low, effect.interval.high]
        reaches[metric] = max(reaches.get(metric, 0.0), *map(abs, ends))
    return reaches


def whisker_of(effect: Effect, reach: float) -> Whisker | None:
    """Return the picture of an effect, None where it is not known."""
    if effect.difference is None or not reach:
        return None
    x = Scale(-reach, reach, 6.0, _WIDTH - 6.0)
    interval = effect.interval
    low, high = (
        (effect.difference,) * 2 if interval is None else (interval.low, interval.high)
    )  # fmt: skip
    return Whisker(x(low), x(high), x(effect.difference))


def compared_of(comparison: Comparison) -> list[Compared]:
    """Return what a comparison found, version by version."""
    reaches = reaches_of((line.metric, line.effect) for line in comparison.lines)
    first, *others = comparison.versions
    found = []
    for other, told in zip(others, parts_of(comparison), strict=True):
        standing = _standing(comparison, other)
        is_established = bool(standing.better or standing.worse)
        found.append(
            Compared(
                first,
                other,
                standing,
                standing.text if is_established else f"{told}.",
                tuple(_rows(comparison, other, reaches)),
            )
        )
    return found


def _standing(comparison: Comparison, other: str) -> Standing:
    """Return on what a version is better and worse than the first."""
    lines = [line for line in comparison.lines if line.other == other]
    better, worse = (
        tuple(subject_of_line(line) for line in lines if comparison.verdict(line) == word)
        for word in ("better", "worse")
    )
    return Standing(comparison.versions[0], other, better, worse)


def _rows(comparison: Comparison, other: str, reaches: Mapping[str, float]) -> Iterable[EffectRow]:
    lines: Sequence[Line] = [line for line in comparison.lines if line.other == other]
    for line in lines:
        effect, interval = line.effect, line.effect.interval
        bounds = "–"
        if interval is not None:
            ends = (number_text(end, signed=True) for end in (interval.low, interval.high))
            bounds = " to ".join(ends)
        same = effect.n_first == effect.n_other
        n = f"{effect.n_first:,}" if same else f"{effect.n_first:,} / {effect.n_other:,}"
        less = " (less is better)" if line.sign < 0 else ""
        yield EffectRow(
            subject_of_line(line) + less,
            number_text(effect.first),
            number_text(effect.other),
            number_text(effect.difference, signed=True),
            bounds,
            whisker_of(effect, reaches[line.metric]),
            p_text(line.p_corrected),
            n,
            effect.method,
            comparison.verdict(line) or effect.reason or "",
        )
