"""Threshold curves as a picture. Loads numpy and, to draw, matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import COLOURS, DASHES, MARKERS, legend_below, plain_axes, say, title
from modelgroups.viz.thresholds import Curves, threshold_curves, threshold_of
from modelgroups.viz.versions import Version, heading_of, names_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["curves_figure"]

_OF_PANEL: Final = 4.6  # inches
_HEIGHT: Final = 4.8


def curves_figure(versions: Sequence[Version]) -> Figure:
    """Return a panel for each version with its curves, its own threshold marked."""
    found = [threshold_curves(version) for version in versions]
    n_columns = min(len(versions), 2)
    n_rows = -(-len(versions) // n_columns)
    width = 7.0 if n_columns == 1 else _OF_PANEL * n_columns
    figure = new_figure("threshold_curves", width, 0.6 + _HEIGHT * n_rows)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    handles: list[Any] = []
    names = names_of(versions)
    for version, name, curves, axis in zip(versions, names, found, axes, strict=False):
        plain_axes(axis)
        axis.set_title(shown(name), loc="left", size="medium")
        if not curves.n_scores:
            say(axis, "no inferences yet")
            continue
        drawn = _draw(axis, curves, threshold_of(version))
        handles = max(handles, drawn, key=len)
    for axis in axes[len(versions) :]:
        axis.remove()
    title(figure, heading_of(versions, "what other thresholds would do"))
    if handles:
        legend_below(figure, handles, [line.get_label() for line in handles])
    return figure


def _draw(axis: Any, curves: Curves, threshold: float) -> list[Any]:
    place = int(np.searchsorted(curves.thresholds, threshold))
    axis.axvline(threshold, color="#555555", linewidth=1.0)
    drawn = []
    notes = []
    for number, (name, values) in enumerate(curves.lines().items()):
        if np.isnan(values).all():
            continue
        look = {"color": COLOURS[number], "linestyle": DASHES[number % len(DASHES)]}
        axis.plot(threshold, values[place], MARKERS[number], color=COLOURS[number], markersize=6)
        drawn += axis.plot(curves.thresholds, values, label=name, linewidth=1.8, **look)
        notes.append(f"{name} {values[place]:.3f}")
    axis.set_xlim(0, 1)
    axis.set_ylim(-0.02, 1.02)
    axis.set_xlabel(f"threshold\nat {threshold:g}: " + ", ".join(notes[:2])
                    + (",\n" + ", ".join(notes[2:]) if notes[2:] else ""))  # fmt: skip
    axis.set_ylabel("rate (0 to 1)")
    if not curves.n_truths:
        axis.text(0.98, 0.97, "no ground truth yet", transform=axis.transAxes, ha="right",
                  va="top", color="#555555")  # fmt: skip
    return drawn
