"""Curves of bias mitigation as a picture. Loads pandas and matplotlib: import it lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modelgroups.analysis.mitigation import AXES, Curves
from modelgroups.drawing import new_figure, shown
from modelgroups.drawing.looks import COLOURS, DASHES, legend_below, plain_axes, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["curves_figure"]

_WIDTH: Final = 9.2  # inches
_HEIGHT: Final = 4.8


def curves_figure(curves: Curves) -> Figure:
    """Return a line for each group, and where the best of all is."""
    figure = new_figure("plot_curves", _WIDTH, _HEIGHT)
    axis = figure.subplots()
    plain_axes(axis)
    handles: list[Any] = []
    best = curves.max_acc_idx
    for number, (group, curve) in enumerate(curves.attr_val_to_threshold.items()):
        look: dict[str, Any] = {
            "color": COLOURS[number % len(COLOURS)],
            "linestyle": DASHES[number % len(DASHES)],
        }
        threshold = curve["threshold"].iloc[best]
        label = f"{curves.attribute_name} {group}, threshold {threshold:g}"
        handles += axis.plot(curve["x"], curve["y"], label=label, linewidth=1.8, **look)
    place = best / (len(next(iter(curves.attr_val_to_threshold.values()))) - 1)
    axis.axvline(place, color="#555555", linewidth=1.0)
    x, y = (name.replace("_", " ") for name in AXES[curves.constraint])
    axis.set_xlim(0, 1)
    axis.set_xlabel(f"{x} of every group; best at {place:g}")
    axis.set_ylabel(y)
    title(figure, f"{curves.constraint.replace('_', ' ')} by {shown(curves.attribute_name)}")
    legend_below(figure, handles, [handle.get_label() for handle in handles])
    return figure
