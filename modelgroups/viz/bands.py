"""Timelines of attributes: stacked counts of categories, ridges of densities of numbers.

Loads pandas and, to draw, matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import (
    FILLS,
    GREY,
    colour_of,
    count_axis,
    date_axis,
    legend_below,
    name_axis,
    number_axis,
    plain_axes,
    say,
    title,
)
from modelgroups.viz.timelines import (
    MISSING,
    OTHER,
    Bins,
    bins_of,
    category_counts,
    coarsened,
    densities,
    number_counts,
    top_categories,
)
from modelgroups.viz.versions import Version, heading_of, names_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from modelgroups.schema.attribute import Attribute

__all__ = ["areas_figure", "ridges_figure"]

_WIDTH: Final = 9.0  # inches
_OF_AREA: Final = 2.6
_OF_RIDGE: Final = 0.16
_OVERLAP: Final = 2.4  # heights of the tallest ridge, in intervals
_HATCHES: Final = ("", "///", "...", "\\\\\\", "xx", "ooo", "--")
_HATCHED: Final = (1.0, 1.0, 1.0, 0.6)
_DATES: Final = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_EMPTY: Final = "no inferences yet"


def areas_figure(versions: Sequence[Version], attribute: Attribute) -> Figure:
    """Return a panel for each version with the counts of categories, one on another."""
    figure = new_figure("timeline", _WIDTH, 1.4 + _OF_AREA * len(versions))
    tables = top_categories([category_counts(v, attribute.name) for v in versions], len(FILLS))
    tables, word = _rolled_up(versions, tables)
    is_shared = word != "batch" and not any(table.empty for table in tables)
    axes = figure.subplots(len(versions), 1, sharex=is_shared, squeeze=False)[:, 0]
    drawn: list[Any] = []
    for name, table, axis in zip(names_of(versions), tables, axes, strict=True):
        plain_axes(axis)
        axis.set_title(shown(name), loc="left", size="medium")
        axis.set_ylabel(f"inferences per {word}")
        if table.empty:
            say(axis, _EMPTY)
            continue
        drawn = _stack(axis, table, word)
    axes[-1].set_xlabel("batch" if word == "batch" else f"{word} (UTC)")
    title(figure, heading_of(versions, f"{attribute.name}, categories by {word}"))
    names = [str(name) for name in tables[0].columns]
    if drawn:
        # as they lie on one another
        legend_below(figure, drawn, names)
    return figure


def ridges_figure(versions: Sequence[Version], attribute: Attribute) -> Figure:
    """Return a panel for each version with a density for each interval, one above another."""
    bins = bins_of(versions, attribute)
    counts = [pd.DataFrame() for _ in versions]
    if bins is not None:
        counts = [number_counts(version, attribute.name, bins) for version in versions]
    tables, word = _rolled_up(versions, counts)
    most = max(map(len, tables))
    height = max(3.5, min(2.0 + _OF_RIDGE * most, 12.0))
    figure = new_figure("timeline", max(_WIDTH * 0.7, 3.6 * len(versions)), height)
    is_shared = word != "batch" and not any(table.empty for table in tables)
    axes = figure.subplots(1, len(versions), sharey=is_shared, squeeze=False)[0]
    names = names_of(versions)
    for version, name, table, axis in zip(versions, names, tables, axes, strict=True):
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.set_title(shown(name), loc="left", size="medium")
        if bins is None or table.empty:
            say(axis, "no values" if _count(version) else _EMPTY)
            continue
        _ridges(axis, table, bins, word, colour_of(version.version_sequence_num))
        number_axis(axis.xaxis)
        cut = "\n(without tails of 0.5 % at the ends)" if bins.is_cut else ""
        axis.set_xlabel(shown(attribute.name, 40) + cut)
    axes[0].set_ylabel("batch" if word == "batch" else f"{word} (UTC)")
    title(figure, heading_of(versions, f"{attribute.name}, density by {word}"))
    return figure


def _count(version: Version) -> int:
    return int(version.query({"select": [{"function": "count", "alias": "n"}]})[0]["n"])


def _rolled_up(
    versions: Sequence[Version], tables: Sequence[pd.DataFrame]
) -> tuple[list[pd.DataFrame], str]:
    if versions[0].is_batch:
        return list(tables), "batch"
    return coarsened(tables)


def _stack(axis: Any, table: pd.DataFrame, word: str) -> list[Any]:
    """Draw steps, each as wide as its interval, so that a single one is seen too."""
    if word == "batch":
        at: Any = np.arange(len(table) + 1) - 0.5
        name_axis(axis.xaxis, list(table.index))
    else:
        end = (table.index[-1].to_period(word[0].upper()) + 1).to_timestamp()
        at = table.index.append(pd.DatetimeIndex([end])).to_numpy()
        date_axis(axis.xaxis, table.index.to_numpy())
    counts = table.to_numpy()
    heights = np.vstack([counts, counts[-1:]]).T
    looks = list(map(_fill, range(len(table.columns)), map(str, table.columns)))
    drawn = []
    top = np.zeros(len(at))
    for look, height in zip(looks, heights, strict=True):
        drawn.append(axis.fill_between(at, top, top + height, step="post", linewidth=0, **look))
        top = top + height
    axis.set_xlim(at[0], at[-1])
    axis.set_ylim(top=max(top.max() * 1.05, 1))
    count_axis(axis)
    return drawn


def _fill(number: int, name: str) -> dict[str, Any]:
    if name == MISSING:
        return {"facecolor": "white", "edgecolor": "#555555", "hatch": "////"}
    if name.startswith(f"{OTHER} (") and number == len(FILLS):
        return {"facecolor": GREY, "edgecolor": "white"}
    return {"facecolor": FILLS[number], "edgecolor": _HATCHED, "hatch": _HATCHES[number]}


def _ridges(axis: Any, table: pd.DataFrame, bins: Bins, word: str, colour: str) -> None:
    """Draw densities of one scale, each rising from its interval, the earliest on top."""
    heights = densities(table.to_numpy(), bins.edges)
    scale = _OVERLAP / heights.max() if heights.max() > 0 else 0.0
    for place, height in enumerate(heights):
        if not height.any():
            continue
        at, rise = _outline(bins, height)
        top = place - scale * rise
        axis.fill_between(at, place, top, facecolor=colour, alpha=0.55, linewidth=0,
                          zorder=2 + place)  # fmt: skip
        axis.plot(at, top, color="white", linewidth=2.2, zorder=2 + place)
        axis.plot(at, top, color=colour, linewidth=1.1, zorder=2 + place)
    axis.set_ylim(len(table) - 0.4, -_OVERLAP - 0.3)
    names = list(table.index)
    if word != "batch":
        names = list(pd.DatetimeIndex(table.index).strftime(_DATES[word]))
    name_axis(axis.yaxis, names, upright=True)
    axis.tick_params(axis="y", length=0)


def _outline(bins: Bins, height: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Return the corners of a density: smooth, or steps where the bins are few."""
    if len(height) > 10:
        return bins.centres, height
    return np.repeat(bins.edges, 2)[1:-1], np.repeat(height, 2)
