"""Series over time as lines. Loads pandas and, to draw, matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import (
    DASHES,
    MARKERS,
    colour_of,
    count_axis,
    date_axis,
    legend_below,
    look_of,
    name_axis,
    plain_axes,
    say,
    shade_of,
    title,
)
from modelgroups.viz.series import RATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.viz.series import Series

__all__ = ["figure_of"]

_WIDTH: Final = 9.0  # inches
_OF_PANEL: Final = 3.2
_OF_LEGEND: Final = 0.22
_MANY: Final = 60
_FAR: Final = 3  # common steps
_NO_PLACE: Final = -1
_FEW: Final = 3


def figure_of(
    method: str, heading: str, series: Sequence[Series], resolution: str, batches: Sequence[str]
) -> Figure:
    """Return a panel for each unit, with a line for each series.

    Parameters
    ----------
    method
        What draws it, for the error.
    heading
        What stands above it.
    series
        What is drawn.
    resolution
        The interval of each value.
    batches
        The batches in their order, where the interval is a batch.
    """
    units = list(dict.fromkeys(each.unit for each in series))
    height = 1.2 + _OF_PANEL * len(units) + _OF_LEGEND * len(series)
    figure = new_figure(method, _WIDTH, height)
    axes = figure.subplots(len(units), 1, squeeze=False)[:, 0]
    looks = _looks(series)
    drawn = []
    for unit, axis in zip(units, axes, strict=True):
        plain_axes(axis)
        members = [(each, look) for each, look in zip(series, looks, strict=True)
                   if each.unit == unit]  # fmt: skip
        axis.set_ylabel(shown(_unit_text(unit, [each for each, _ in members]), 60), wrap=True)
        drawn += [_draw(axis, each, look, batches) for each, look in members]
        _finish(axis, [each for each, _ in members], resolution, batches)
    title(figure, heading)
    legend_below(figure, drawn, [line.get_label() for line in drawn])
    return figure


def _unit_text(unit: str, series: Sequence[Series]) -> str:
    """Return what stands at an axis: the names of a few rates in place of the word."""
    names = list(dict.fromkeys(each.measured for each in series))
    if unit != RATE or len(names) > _FEW:
        return unit
    return f"{', '.join(names)} (0 to 1)"


def _looks(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Return how each line looks: no two alike, also without colour.

    The colour of a version is its own wherever it is drawn. The dashes tell the metrics, and where
    there are more of those than dashes, shades of the colour do.
    """
    measured = list(dict.fromkeys(each.measured for each in series))
    if len(measured) == 1:
        looks = [look_of(each.number) for each in series]
        if len({look["marker"] for look in looks}) == len(looks):
            return looks
    looks = []
    for number, each in enumerate(series):
        step, dashed = divmod(measured.index(each.measured), len(DASHES))
        looks.append(
            {
                "color": shade_of(colour_of(each.number), step),
                "linestyle": DASHES[dashed],
                "marker": MARKERS[number % len(MARKERS)],
            }
        )
    return looks


def _draw(axis: Any, series: Series, look: dict[str, Any], batches: Sequence[str]) -> Any:
    at = series.at
    if batches:
        at = at.map({batch: place for place, batch in enumerate(batches)}).fillna(_NO_PLACE)
    values = pd.Series(series.values.to_numpy(), index=at.to_numpy()).sort_index()
    if not batches:
        values = _with_gaps(values)
    has_values = bool(series.values.notna().any())
    label = series.label if has_values else f"{series.label}: no values"
    every = 1 + len(values) // _MANY
    look = look | {"label": label, "markevery": every}
    (line,) = axis.plot(
        values.index.to_numpy(), values.to_numpy(), markersize=4.5, linewidth=1.6, **look
    )
    _hollow(axis, series, look)
    return line


def _hollow(axis: Any, series: Series, look: dict[str, Any]) -> None:
    """Empty the marks of intervals of which only a part has been."""
    part = series.is_part & series.values.notna()
    if part.any():
        axis.scatter(
            series.at[part].to_numpy(), series.values[part].to_numpy(), s=34, zorder=3,
            marker=look["marker"], facecolor="white", edgecolor=look["color"],
        )  # fmt: skip


def _with_gaps(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return values with nothing in the middle of each stretch that is far longer than is common.

    A line across months without inferences would look as if something were known of them.
    """
    at = pd.DatetimeIndex(values.index)
    steps = at[1:] - at[:-1]
    if len(steps) < 2:
        return values
    is_far = steps > _FAR * steps.to_series().median()
    if not is_far.any():
        return values
    middles = at[:-1][is_far] + steps[is_far] / 2
    broken: pd.Series[Any] = pd.concat([values, pd.Series(float("nan"), index=middles)])
    return broken.sort_index()


def _finish(axis: Any, series: Sequence[Series], resolution: str, batches: Sequence[str]) -> None:
    known = pd.concat([each.at[each.values.notna()] for each in series])
    if known.empty:
        is_empty = all(each.at.empty for each in series)
        say(axis, "no inferences yet" if is_empty else "no value is defined, for lack of data")
        return
    if series[0].is_count:
        count_axis(axis)
    if batches:
        name_axis(axis.xaxis, batches)
        axis.set_xlim(-0.5, len(batches) - 0.5)
        axis.set_xlabel("batch")
        return
    date_axis(axis.xaxis, known.unique())
    has_parts = any((each.is_part & each.values.notna()).any() for each in series)
    told = f"; hollow: inferences of a part of the {resolution} only" if has_parts else ""
    axis.set_xlabel(f"{resolution} (UTC){told}")
    if known.nunique() == 1:
        start = known.iloc[0]
        axis.set_xlim(start - pd.Timedelta(days=1), start + pd.Timedelta(days=1))
