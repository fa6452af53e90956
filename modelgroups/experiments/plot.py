"""A comparison as a picture: each difference with its interval. Loads matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import colour_of, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.experiments.comparison import Comparison, Line

__all__ = ["figure_of"]

# told apart by the mark as well as by the colour, which is one of Okabe and Ito's
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "better": {"color": "#0072B2", "marker": "^"},
    "worse": {"color": "#D55E00", "marker": "v"},
    "different": {"color": "#CC79A7", "marker": "D"},
    "": {"color": "#737373", "marker": "o"},
}
_WIDTH: Final = 8.0  # inches
_OF_LINE: Final = 0.32
_OF_PANEL: Final = 0.42
_MARGIN: Final = 0.2


def figure_of(comparison: Comparison) -> Figure:
    """Return a panel for each metric, with a line for each version and segment.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    panels: dict[str, list[Line]] = {}
    for line in comparison.lines:
        panels.setdefault(line.metric, []).append(line)
    heights = [_OF_PANEL + _OF_LINE * len(lines) for lines in panels.values()]
    figure = new_figure("plot", _WIDTH, sum(heights) + 0.9)
    from matplotlib.lines import Line2D

    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=_MARGIN)  # the last number of a scale is half outside
    names = list(dict.fromkeys(map(_label, comparison.lines)))
    axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axis, (metric, lines) in zip(axes, panels.items(), strict=True):
        _draw(axis, metric, lines, comparison, is_named=len(names) > 1)
    percent = f"{100 * comparison.confidence:g} %"
    of = f" of {names[0]}" if len(names) == 1 else ""
    title(figure, f"Difference{of} from {comparison.versions[0]}, with {percent} intervals")
    verdicts = set(map(comparison.verdict, comparison.lines))
    present = [word for word in _LOOKS if word in verdicts]
    marks = [Line2D([], [], **_LOOKS[word]) for word in present]
    words = [word or "not established" for word in present]
    figure.legend(marks, words, loc="outside lower right", ncols=len(words), frameon=False)
    return figure


def _draw(
    axis: Any, metric: str, lines: list[Line], comparison: Comparison, *, is_named: bool
) -> None:
    """Draw the lines of a metric; a name that all of them share stands in the title."""
    axis.axvline(0, color="black", linewidth=0.8)
    numbers = dict(zip(comparison.versions, comparison.numbers, strict=False))
    for place, line in enumerate(reversed(lines)):
        if is_named and line.other in numbers:
            _name_by_colour(axis, place, colour_of(numbers[line.other]))
        effect, look = line.effect, _LOOKS[comparison.verdict(line)]
        colour = look["color"]
        if effect.difference is None:
            axis.annotate(effect.reason or "", (0, place), va="center", color=colour, size="small")
            continue
        if effect.interval is not None:
            axis.plot([effect.interval.low, effect.interval.high], [place] * 2, color=colour)
        axis.plot([effect.difference], [place], linestyle="", **look)
    labels = [_label(line) for line in reversed(lines)] if is_named else []
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(-0.7, len(lines) - 0.3)
    less_is_better = " (less is better)" if lines[0].sign < 0 else ""
    axis.set_title(shown(metric) + less_is_better, loc="left", size="medium")
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0, pad=16)


def _name_by_colour(axis: Any, place: int, colour: str) -> None:
    """Put the colour that a version has in all pictures beside its name."""
    beside = axis.get_yaxis_transform()
    axis.plot([-0.012], [place], "s", color=colour, markersize=6, transform=beside, clip_on=False,
              label="_version")  # fmt: skip


def _label(line: Line) -> str:
    return " · ".join(map(shown, (line.other, *line.segment.values())))
