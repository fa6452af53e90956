"""Name of the SDK's base class for waiting on the platform."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["StatusWaiter"]


class StatusWaiter(Absent):
    """Polls the platform in the SDK; cannot be made here, nor can its subclasses."""

    _instead = "there is nothing to wait for, a model is ready when save() returns"
