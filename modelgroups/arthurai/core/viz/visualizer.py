"""Name of the SDK's plots."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["DataVisualizer"]


class DataVisualizer(Absent):
    """Draws inferences over time in the SDK; cannot be made here."""

    _instead = "it keeps no inferences that could be drawn"
