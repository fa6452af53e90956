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
    from datetime import datetime

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
    title(figure, _title(course))
    if handles:
        legend_below(figure, handles, [str(line.get_label()) for line in handles])
    return figure


def _title(course: Course) -> str:
    names = course.versions
    kind = KINDS[course.kind]
    if course.kind == "shadow":
        return f"{', '.join(names[1:])} as a shadow of {names[0]}: {course.state}"
    return f"{kind[0].upper()}{kind[1:]} of {', '.join(names)}: {course.state}"


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
            n_above = len(course.versions) - 1 - place
            _draw_planned(axis, course, name, {"color": colour_of(number), "lw": 0.9 + 2 * n_above})
        look: dict[str, Any] = look_of(number)
        look |= {"linewidth": 1.8, "markersize": 4.5}
        look |= {} if len(course.starts) <= _FEW else {"marker": ""}
        look |= _ringed(len(course.versions) - 1 - place) if course.kind == "shadow" else {}
        at = [start.replace(tzinfo=None) for start in course.starts]
        handles += axis.plot(at, values, label=name, **look)
    if course.kind == "shadow":
        axis.set_ylim(0, 1.08 * max(map(max, course.counts.values())))
    else:
        axis.set_ylim(-0.03, 1.03)
        axis.set_xlim(*_limits(course))
    date_axis(axis.xaxis, [start.replace(tzinfo=None) for start in course.starts])
    axis.set_xlabel(f"{course.interval} (UTC)" + _of_plan(course))
    return handles


def _ringed(n_above: int) -> dict[str, Any]:
    """Return the look of a line that others may hide: all versions of a shadow get as much."""
    if not n_above:
        return {}
    return {
        "linewidth": 1.8 + 2.4 * n_above,
        "markersize": 4.5 + 4.5 * n_above,
        "markerfacecolor": "none",
        "markeredgewidth": 1.8,
    }


def _of_plan(course: Course) -> str:
    return "" if course.kind == "shadow" else "; thin: the share that was planned"


def _draw_planned(axis: Any, course: Course, name: str, look: dict[str, Any]) -> None:
    """Draw what was planned, over the whole of the first and the last interval as well.

    A test that was begun a moment ago would else be a stub beside points at the start of a minute.
    """
    first, last = _ends(course)
    for place, each in enumerate(course.divisions):
        start = first if place == 0 else each.start
        end = last if place == len(course.divisions) - 1 else each.end
        ends = [moment.replace(tzinfo=None) for moment in (start, end)]
        axis.plot(ends, [each.weights.get(name, 0.0)] * 2, **look)


def _ends(course: Course) -> tuple[datetime, datetime]:
    """Return between what the intervals and the plan lie."""
    starts = [course.starts[0], *(each.start for each in course.divisions)]
    ends = [course.starts[-1] + course.length, *(each.end for each in course.divisions)]
    return min(starts), max(ends)


def _limits(course: Course) -> list[datetime]:
    """Return the ends with some room beside them, more where there is little between them."""
    first, last = _ends(course)
    room = max((last - first) / 20, course.length / 2)
    return [moment.replace(tzinfo=None) for moment in (first - room, last + room)]


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
