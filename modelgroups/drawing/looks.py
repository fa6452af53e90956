"""How pictures look: colours, lines and marks, axes with dates and batches, legends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from modelgroups.drawing import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "DASHES",
    "FILLS",
    "GREY",
    "MARKERS",
    "MOST_SERIES",
    "colour_of",
    "count_axis",
    "date_axis",
    "legend_below",
    "look_of",
    "name_axis",
    "number_axis",
    "plain_axes",
    "say",
    "shade_of",
    "title",
]

MOST_SERIES: Final = 10

# Okabe and Ito's colours, which people with colour vision deficiency can tell apart: the yellow
# is too light for lines. Two that follow each other differ in lightness too.
COLOURS: Final = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#000000",
    "#CC79A7",
    "#7F7F7F",
)
FILLS: Final = ("#0072B2", "#F0E442", "#009E73", "#E69F00", "#56B4E9", "#D55E00", "#CC79A7")
GREY: Final = "#BBBBBB"
DASHES: Final = ("-", "--", ":", "-.")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")

_FEW_DATES: Final = 7
_LARGE: Final = 10_000
_MOST_NAMES: Final = 25
_LONGEST_NAME: Final = 24


def colour_of(number: int | None) -> str:
    """Return the colour of a version: its number in its group decides, wherever it is drawn.

    >>> colour_of(1), colour_of(2), colour_of(9)
    ('#0072B2', '#E69F00', '#0072B2')
    """
    return COLOURS[_place(number) % len(COLOURS)]


def shade_of(colour: str, step: int) -> str:
    """Return a colour as it is at step 0, lighter at step 1, darker at step 2, and so on.

    >>> [shade_of("#0072B2", step) for step in range(4)]
    ['#0072B2', '#73B1D5', '#003F62', '#0072B2']
    """
    towards, share = ((0, 0.0), (255, 0.45), (0, 0.45))[step % 3]
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = [round(part + share * (towards - part)) for part in parts]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def look_of(number: int | None) -> dict[str, str]:
    """Return the colour, the dashes and the mark of a version's line, by its number as well.

    >>> look_of(2)
    {'color': '#E69F00', 'linestyle': '--', 'marker': 's'}
    """
    place = _place(number)
    return {
        "color": colour_of(number),
        "linestyle": DASHES[place % len(DASHES)],
        "marker": MARKERS[place % len(MARKERS)],
    }


def _place(number: int | None) -> int:
    return (number or 1) - 1


def plain_axes(axis: Any) -> None:
    """Take away what is no data, and put a faint grid behind it."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(visible=True, axis="y", color="#E5E5E5", linewidth=0.8)
    axis.set_axisbelow(True)


def title(figure: Figure, text: str) -> None:
    """Write above all of it."""
    figure.suptitle(shown(text, 90), x=0.01, ha="left", weight="bold")


def date_axis(axis: Any, starts: Any) -> None:
    """Write dates in UTC, as short as they are clear, along a matplotlib axis.

    Parameters
    ----------
    axis
        The axis.
    starts
        Of the intervals, as an array; where there is room for all of them, each is written in
        full, and no other.
    """
    import matplotlib.dates
    import matplotlib.ticker

    dates: Any = matplotlib.dates  # it is typed in part
    places = sorted(set(dates.date2num(starts).tolist()))
    closest = min((b - a for a, b in pairwise(places)), default=0.0)
    if len(places) <= _FEW_DATES and closest * _FEW_DATES >= places[-1] - places[0]:
        is_by_day = all(place.is_integer() for place in places)
        form = "%Y-%m-%d" if is_by_day else "%Y-%m-%d\n%H:%M:%S"
        axis.set_major_locator(matplotlib.ticker.FixedLocator(places))
        axis.set_major_formatter(dates.DateFormatter(form, tz=UTC))
        return
    from modelgroups.drawing.dates import TimeFormatter, round_places

    axis.set_major_locator(round_places(places[0], places[-1]))
    axis.set_major_formatter(TimeFormatter())


def number_axis(axis: Any) -> None:
    """Write large numbers along a matplotlib axis with a letter for their thousands."""
    from matplotlib.ticker import EngFormatter

    low, high = axis.get_view_interval()
    if max(abs(low), abs(high)) >= _LARGE:
        axis.set_major_formatter(EngFormatter(sep=""))


def count_axis(axis: Any) -> None:
    """Let the upright axis of matplotlib axes begin at 0, with whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))
    number_axis(axis.yaxis)


def name_axis(axis: Any, names: Sequence[str], *, upright: bool = False) -> None:
    """Write names at 0, 1, 2 …, as many of them as there is room for, along a matplotlib axis."""
    step = -(-len(names) // _MOST_NAMES) or 1
    places = range(0, len(names), step)
    labels = [shown(names[place], _LONGEST_NAME) for place in places]
    is_long = sum(map(len, labels)) > 80
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axis.set_ticks(places, labels, **(turned if is_long and not upright else {}))


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put the legend under the axes, in as many columns as there is room for."""
    texts = [shown(label, 100) for label in labels]
    longest = max(map(len, texts), default=1)
    columns = min(len(texts), max(1, 110 // (longest + 8)))
    figure.legend(
        handles,
        texts,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        handlelength=3.2,
    )


def say(axis: Any, text: str) -> None:
    """Say in axes without data why there is none."""
    axis.text(
        0.5, 0.5, shown(text), transform=axis.transAxes, ha="center", va="center", color="#555555"
    )
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)
