"""Where the lines, bars and marks of a chart stand: plain geometry. Loads nothing.

Lengths are those of the ``viewBox`` of an SVG image, which is as wide as its place on the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from modelgroups.drawing.texts import list_text
from modelgroups.report.periods import Period, Periods
from modelgroups.report.words import count_text, number_text, short_number

__all__ = ["Histogram", "Lines", "Mark", "Scale", "Tick", "histogram_of", "line_of", "ticks_of"]

_WIDTH: Final = 320.0
_HEIGHT: Final = 132.0
_LEFT: Final = 42.0
_RIGHT: Final = 10.0
_TOP: Final = 8.0
_BOTTOM: Final = 20.0
_N_TICKS: Final = 4
_ROOM: Final = 70.0  # of the text of a tick
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high` on a line from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a number stands; the middle if the scale has no length.

        >>> Scale(0, 10, 100, 200)(5)
        150.0
        """
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Tick:
    """A mark at an axis with its text; `anchor` is where the text is held."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Mark:
    """A point of a line, and what it says when it is pointed at."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Lines:
    """Values over time, as a line that breaks where there are none.

    Parameters
    ----------
    title, description
        What it is of, and what is to be seen in it, for those who cannot see it.
    paths
        The line, in pieces; ``d`` of SVG paths.
    marks
        Its points.
    x_ticks, y_ticks
        Of the axes.
    last
        The last value.
    """

    title: str
    description: str
    paths: tuple[str, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    last: float | None
    width: float = _WIDTH
    height: float = _HEIGHT
    left: float = _LEFT
    right: float = _WIDTH - _RIGHT
    bottom: float = _HEIGHT - _BOTTOM


def ticks_of(low: float, high: float, most: int = _N_TICKS) -> list[float]:
    """Return round numbers that enclose a stretch: 1, 2 or 5 times a power of ten apart.

    Parameters
    ----------
    low, high
        The stretch.
    most
        How many steps, at most about.

    Examples
    --------
    >>> ticks_of(0.71, 0.83), ticks_of(0, 530), ticks_of(3, 3)
    ([0.7, 0.75, 0.8, 0.85], [0.0, 200.0, 400.0, 600.0], [2.0, 3.0, 4.0])
    """
    if low == high:
        margin = 10.0 ** math.floor(math.log10(abs(low))) if low else 1.0
        return [low - margin, float(low), low + margin]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in _STEPS if power * each >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)]


def line_of(
    title: str,
    periods: Periods,
    values: Sequence[float | None],
    *,
    is_count: bool = False,
    ticks: Sequence[float] | None = None,
) -> Lines:
    """Return a metric over time.

    Parameters
    ----------
    title
        What it is.
    periods
        When.
    values
        A number for each period, or None.
    is_count
        Whether it is a number of rows: its axis begins at 0.
    ticks
        Of its axis; made for its own values when not given.
    """
    known = [(period, v) for period, v in zip(periods.members, values, strict=True)
             if v is not None]  # fmt: skip
    numbers = [value for _, value in known]
    if ticks is None:
        ticks = ticks_of(0.0 if is_count else min(numbers), max(numbers)) if known else [0.0, 1.0]
    if is_count:
        ticks = [tick for tick in ticks if tick >= 0]
    y = Scale(ticks[0], ticks[-1], _HEIGHT - _BOTTOM, _TOP)
    x = _x_scale(periods.members)
    say = count_text if is_count else number_text
    return Lines(
        title,
        _described(known, periods.word, is_count=is_count),
        tuple(_pieces(periods.members, values, x, y)),
        tuple(Mark(x(p.at), y(v), f"{p.name}: {say(v)}") for p, v in known),
        tuple(_x_ticks(periods, x)),
        tuple(Tick(y(tick), short_number(tick), "end") for tick in ticks),
        next((v for v in reversed(values) if v is not None), None),
    )


def _x_scale(members: Sequence[Period]) -> Scale:
    first, last = (members[0].at, members[-1].at) if members else (0.0, 0.0)
    return Scale(first, last, _LEFT + 4, _WIDTH - _RIGHT - 4)


def _pieces(
    members: Sequence[Period], values: Sequence[float | None], x: Scale, y: Scale
) -> Iterable[str]:
    piece: list[str] = []
    for period, value in zip(members, values, strict=True):
        if value is None or period.is_after_gap:
            if len(piece) > 1:
                yield "M" + " L".join(piece)
            piece = []
        if value is not None:
            piece.append(f"{x(period.at)} {y(value)}")
    if len(piece) > 1:
        yield "M" + " L".join(piece)


def _x_ticks(periods: Periods, x: Scale) -> Iterable[Tick]:
    """Yield the first and the last period, and one between them."""
    members = periods.members
    if not members:
        return
    is_long = periods.is_time and members[0].name[:4] != members[-1].name[:4]
    last = len(members) - 1
    middle = (members[0].at + members[-1].at) / 2
    between = min(range(len(members)), key=lambda place: abs(members[place].at - middle))
    chosen = [0]
    if last and x(members[last].at) - x(members[0].at) > _ROOM:
        far = min(abs(x(members[between].at) - x(members[end].at)) for end in (0, last))
        chosen += [between, last] if far > _ROOM and not is_long and periods.is_time else [last]
    for place in chosen:
        period = members[place]
        text = period.name if is_long or not periods.is_time else _day(period, periods.word)
        anchor = "start" if place == 0 else "end" if place == len(members) - 1 else "middle"
        yield Tick(x(period.at), text, anchor if len(members) > 1 else "middle")


def _day(period: Period, word: str) -> str:
    return f"{period.short} {period.head[:3]}" if word == "day" else period.short


def _described(known: Sequence[tuple[Period, float]], word: str, *, is_count: bool) -> str:
    if not known:
        return "No value is defined."
    say = count_text if is_count else number_text
    (low_at, low), (high_at, high) = (f(known, key=lambda each: each[1]) for f in (min, max))
    plural = "batches" if word == "batch" else f"{word}s"
    n = f"1 {word}" if len(known) == 1 else f"{len(known)} {plural}"
    return (
        f"{n} from {known[0][0].name} to {known[-1][0].name}: lowest {say(low)} ({low_at.name}), "
        f"highest {say(high)} ({high_at.name}), last {say(known[-1][1])}."
    )


@dataclass(frozen=True)
class Histogram:
    """Shares of reference data as an area of steps, and those of inferences as an outline.

    Parameters
    ----------
    description
        What is to be seen, for those who cannot see it.
    area, outline
        ``d`` of SVG paths; None where there is nothing to draw.
    x_ticks
        Of the axis of values.
    """

    description: str
    area: str | None
    outline: str | None
    x_ticks: tuple[Tick, ...]
    width: float = _WIDTH
    height: float = 96.0
    bottom: float = 78.0


def histogram_of(
    edges: Sequence[float], reference: Sequence[float], inferences: Sequence[float] | None
) -> Histogram:
    """Return how numbers are distributed.

    Parameters
    ----------
    edges
        Of the bins, one more than there are bins.
    reference, inferences
        The share of the rows in each bin.
    """
    x = Scale(edges[0], edges[-1], 4.0, _WIDTH - 4.0)
    top = max([*reference, *(inferences or ()), 1e-12])
    y = Scale(0.0, top, 78.0, 6.0)
    inner = [tick for tick in ticks_of(edges[0], edges[-1]) if edges[0] <= tick <= edges[-1]]
    place = max(range(len(reference)), key=reference.__getitem__)
    ends = list_text([short_number(end) for end in edges[place : place + 2]])
    return Histogram(
        f"{len(reference)} bins from {short_number(edges[0])} to {short_number(edges[-1])}; most "
        f"reference rows lie between {ends}.",
        _steps(edges, reference, x, y, is_closed=True) if any(reference) else None,
        _steps(edges, inferences, x, y) if inferences and any(inferences) else None,
        tuple(_x_tick(tick, x) for tick in inner),
    )


def _x_tick(value: float, x: Scale) -> Tick:
    at = x(value)
    anchor = "start" if at < 20 else "end" if at > _WIDTH - 20 else "middle"
    return Tick(at, short_number(value), anchor)


def _steps(
    edges: Sequence[float], shares: Sequence[float], x: Scale, y: Scale, *, is_closed: bool = False
) -> str:
    corners = [
        f"{x(end)} {y(share)}"
        for ends, share in zip(pairwise(edges), shares, strict=True)
        for end in ends
    ]
    if is_closed:
        corners = [f"{x(edges[0])} {y(0)}", *corners, f"{x(edges[-1])} {y(0)}"]
    return "M" + " L".join(corners) + ("Z" if is_closed else "")
