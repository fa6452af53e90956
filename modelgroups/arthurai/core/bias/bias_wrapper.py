"""Name of the SDK's ``model.bias``."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["ArthurBiasWrapper"]


class ArthurBiasWrapper(Absent):
    """Holds a model's bias metrics and mitigation in the SDK; cannot be made here."""

    _instead = "it keeps no inferences that groups could be compared on"
