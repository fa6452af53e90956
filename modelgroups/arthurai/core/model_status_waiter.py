"""Name of the SDK's waiting for a model."""

from __future__ import annotations

from modelgroups.arthurai.core.status_waiter import StatusWaiter

__all__ = ["ModelStatusWaiter"]


class ModelStatusWaiter(StatusWaiter):
    """Waits in the SDK until the platform has prepared a model; cannot be made here."""
