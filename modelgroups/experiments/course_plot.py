"""A deployment as a picture: its traffic over time, and its differences. Loads matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import (
    colour_of,
    date_axis,
    legend_below,
    look_of,
    plain_axes,
    say,
    title,
)
from modelgroups.experiments.course import KINDS, Course

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.experiments.decide import Finding, Guardrail

__all__ = ["figure_of"]

_WIDTH: Final = 9.0  # inches
_OF_TRAFFIC: Final = 3.0
_OF_METRIC: Final = 0.55
_OF_LINE: Final = 0.34
_FEW: Final = 40
_LARGEST: Final = 8
"""Of the markers, in points."""


def figure_of(course: Course) -> Figure:
    """Return a panel with the shares of the traffic, and one for each metric that is watched.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    panels: dict[str, list[Finding | Guardrail]] = {}
    if course.observed is not None:
        found: list[Finding | Guardrail] = [*course.observed.findings, *course.observed.guardrails]
        for each in found:
            panels.setdefault(each.metric, []).append(each)
    heights = [_OF_TRAFFIC, *(_OF_METRIC + _OF_LINE * len(some) for some in panels.values())]
    figure = new_figure("plot", _WIDTH, sum(heights) + 1.1 + 0.25 * len(panels))
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    handles = _draw_traffic(axes[0], course)
    for axis, (metric, some) in zip(axes[1:], panels.items(), strict=True):
        _draw_metric(axis, metric, some, course)
    kind = KINDS[course.kind]
    of = f"{kind[:1].upper()}{kind[1:]} of {', '.join(course.versions)}"
    title(figure, f"{of}: {course.state}")
    if handles:
        legend_below(figure, handles, [str(line.get_label()) for line in handles])
    return figure


def _draw_traffic(axis: Any, course: Course) -> list[Any]:
    """Draw what each version got, and thin beside it what it was to get."""
    plain_axes(axis)
    axis.set_title("Traffic", loc="left", size="medium")
    axis.set_ylabel("inferences" if course.kind == "shadow" else "share of the inferences")
    if not course.starts:
        say(axis, "no inferences" if course.state != "live" else "no inferences yet")
        return []
    handles = []
    for place, (number, name) in enumerate(zip(course.numbers, course.versions, strict=True)):
        values: list[float] = list(course.counts[name])
        if course.kind != "shadow":
            values = course.shares(name)
            _draw_planned(axis, course, name, colour_of(number))
        look = look_of(number) | ({} if len(course.starts) <= _FEW else {"marker": ""})
        at = [start.replace(tzinfo=None) for start in course.starts]
        size = max(_LARGEST - 3 * place, 3)  # so that what lies beneath is seen
        handles += axis.plot(at, values, label=name, linewidth=1.8, markersize=size, **look)
    if course.kind == "shadow":
        axis.set_ylim(bottom=0)
    else:
        axis.set_ylim(-0.03, 1.03)
    date_axis(axis.xaxis, [start.replace(tzinfo=None) for start in course.starts])
    axis.set_xlabel(f"{course.interval} (UTC)" + _of_plan(course))
    return handles


def _of_plan(course: Course) -> str:
    return "" if course.kind == "shadow" else "; thin: the share that was planned"


def _draw_planned(axis: Any, course: Course, name: str, colour: str) -> None:
    for each in course.divisions:
        ends = [moment.replace(tzinfo=None) for moment in (each.start, each.end)]
        axis.plot(ends, [each.weights.get(name, 0.0)] * 2, color=colour, linewidth=0.9, alpha=0.8)


def _draw_metric(axis: Any, metric: str, some: list[Finding | Guardrail], course: Course) -> None:
    """Draw differences from the baseline, and how far a guardrail lets them go."""
    baseline = course.versions[0]
    names = []
    for place, each in enumerate(reversed(some)):
        colour = colour_of(course.numbers[course.versions.index(each.candidate)])
        names.append(shown(each.candidate, 20) + _state(each))
        _draw_effect(axis, place, each, colour)
    if any(_is_drawn(each) for each in some):
        axis.axvline(0, color="black", linewidth=0.8)
    else:
        axis.set_xticks([])
    axis.set_yticks(range(len(some)), names)
    axis.set_ylim(-0.7, len(some) - 0.3)
    percent = f"{100 * course.confidence:g} %"
    axis.set_title(
        f"{shown(metric)}: difference from {shown(baseline, 20)}, {percent} at every look",
        loc="left", size="medium",
    )  # fmt: skip
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _draw_effect(axis: Any, place: int, each: Finding | Guardrail, colour: str) -> None:
    effect = each.effect
    if effect.difference is None or effect.interval is None:
        told = shown(effect.reason or "not known yet")
        across = axis.get_yaxis_transform()
        axis.text(0.01, place, told, color="#555555", va="center", transform=across, size="small")
        return
    axis.plot([effect.interval.low, effect.interval.high], [place] * 2, color=colour)
    axis.plot([effect.difference], [place], "o", color=colour)
    for bound in getattr(each, "bounds", ()):
        axis.plot([bound] * 2, [place - 0.35, place + 0.35], color="#555555", ls="--", lw=1)


def _is_drawn(each: Finding | Guardrail) -> bool:
    return each.effect.difference is not None and each.effect.interval is not None


def _state(each: Finding | Guardrail) -> str:
    return f" ({state})" if (state := getattr(each, "state", None)) else ""
