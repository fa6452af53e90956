"""Name of the SDK's bias metrics."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["BiasMetrics"]


class BiasMetrics(Absent):
    """Compares groups of inferences in the SDK; cannot be made here."""

    _instead = "it keeps no inferences that groups could be compared on"
