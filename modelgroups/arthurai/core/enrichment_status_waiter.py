"""Names of the SDK's waiting for enrichments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.arthurai.core.status_waiter import StatusWaiter

if TYPE_CHECKING:
    from modelgroups.model import Model

__all__ = ["EnrichmentStatusWaiter", "StatusForEnrichment", "await_enrichments_ready"]


class StatusForEnrichment:
    """The status of one enrichment."""

    def __init__(self, enrichment_name: str, status: str) -> None:
        self.enrichment_name = enrichment_name
        self.status = status


class EnrichmentStatusWaiter(StatusWaiter):
    """Waits in the SDK until the platform has prepared enrichments; cannot be made here."""

    _instead = "no enrichment works in the background, so there is nothing to wait for"


def await_enrichments_ready(model: Model) -> None:
    """Return at once if the model is saved: no enrichment works in the background here."""
    model.get_enrichments()
