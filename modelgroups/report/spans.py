"""Versions of a group and the aliases that pointed at them, as lanes along time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from modelgroups.report.charts import Scale, Tick
from modelgroups.report.words import moment_text, short

if TYPE_CHECKING:
    from modelgroups.catalog.aliases import HistoricMove

__all__ = ["Born", "Lane", "Span", "TimeLine", "spans_of", "time_line_of"]

CHAMPION: Final = "champion"
_WIDTH: Final = 960.0
_LEFT: Final = 150.0
_TOP: Final = 8.0
_ROW: Final = 20.0  # of an alias in a lane
_GAP: Final = 8.0
_MOST_ROWS: Final = 4
_OF_LETTER: Final = 6.8


@dataclass(frozen=True)
class Born:
    """A version that has a lane: its id, its number, its name, and when it was saved."""

    id: str
    number: int | None
    name: str
    at: datetime


@dataclass(frozen=True)
class Span:
    """The time in which an alias pointed at a version; `end` is None where it still does."""

    alias: str
    version: str
    start: datetime
    end: datetime | None

    @property
    def text(self) -> str:
        """What it was, and when."""
        end = "now" if self.end is None else moment_text(self.end)
        return f"{self.alias}: {moment_text(self.start)} to {end}"


@dataclass(frozen=True)
class Drawn:
    """A span as it is drawn; its name where there is room for it."""

    x: float
    y: float
    width: float
    name: str
    text: str
    is_champion: bool


@dataclass(frozen=True)
class Lane:
    """A version as it is drawn."""

    number: int | None
    name: str
    y: float
    born: float
    text: str
    spans: tuple[Drawn, ...]


@dataclass(frozen=True)
class TimeLine:
    """The lanes, newest version first, and the dates below them."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    height: float
    width: float = _WIDTH
    left: float = _LEFT


def spans_of(moves: Sequence[HistoricMove]) -> list[Span]:
    """Return when each alias pointed at which version.

    Parameters
    ----------
    moves
        Of all aliases, oldest first.
    """
    spans: list[Span] = []
    going_on: dict[str, tuple[str, datetime]] = {}
    for move in moves:
        at = datetime.fromisoformat(move.at)
        if move.name in going_on:
            version, start = going_on.pop(move.name)
            spans.append(Span(move.name, version, start, at))
        if move.model_id is not None:
            going_on[move.name] = (move.model_id, at)
    spans += [Span(alias, version, start, None) for alias, (version, start) in going_on.items()]
    return spans


def time_line_of(versions: Sequence[Born], spans: Sequence[Span], now: datetime) -> TimeLine:
    """Return the lanes of some versions.

    Parameters
    ----------
    versions
        From the top down.
    spans
        Of all aliases; those of other versions are left out.
    now
        Where the lanes end; they begin with the first save, or move if that is earlier.
    """
    shown = {version.id for version in versions}
    moved = (span.start for span in spans if span.version in shown)  # perhaps before it was saved
    first = min((*(version.at for version in versions), *moved), default=now)
    x = Scale(first.timestamp(), now.timestamp(), _LEFT + 8, _WIDTH - 12)
    lanes = []
    top = _TOP
    for version in versions:
        mine = [span for span in spans if span.version == version.id]
        lanes.append(_lane(version, top, mine, x, now))
        n_rows = len({span.alias for span in mine})
        top += _ROW * min(max(n_rows, 1), _MOST_ROWS) + _GAP
    return TimeLine(tuple(lanes), _ticks(first, now, x), top + 16)


def _lane(version: Born, y: float, spans: Sequence[Span], x: Scale, now: datetime) -> Lane:
    aliases = sorted({span.alias for span in spans}, key=lambda name: (name != CHAMPION, name))
    drawn = []
    for span in spans:
        start, end = x(span.start.timestamp()), x((span.end or now).timestamp())
        width = round(max(end - start, 2.0), 1)
        name = short(span.alias, 20)
        fits = width > _OF_LETTER * len(name) + 8
        row = min(aliases.index(span.alias), _MOST_ROWS - 1)
        drawn.append(Drawn(start, y + 1 + _ROW * row, width, name if fits else "",
                           span.text, span.alias == CHAMPION))  # fmt: skip
    born = f"{version.name}: saved {moment_text(version.at)}"
    return Lane(
        version.number, short(version.name, 20), y, x(version.at.timestamp()), born, tuple(drawn)
    )


def _ticks(first: datetime, now: datetime, x: Scale) -> tuple[Tick, ...]:
    """Return five dates; times where all is of one day or two."""
    length = now - first
    form = "%H:%M:%S" if length < timedelta(hours=1) else "%d %b %H:%M"
    if length > timedelta(days=3):
        form = "%Y-%m-%d"
    moments = [first + length * place / 4 for place in range(5)] if length else [now]
    anchors = ["start", "middle", "middle", "middle", "end"]
    return tuple(
        Tick(x(moment.timestamp()), f"{moment:{form}}", anchor)
        for moment, anchor in zip(moments, anchors, strict=False)
    )
