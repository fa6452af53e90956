"""Names of the SDK's waiting for enrichments."""

from __future__ import annotations

from modelgroups.arthurai._absent import absent
from modelgroups.arthurai.core.status_waiter import StatusWaiter

__all__ = ["EnrichmentStatusWaiter", "StatusForEnrichment", "await_enrichments_ready"]


class StatusForEnrichment:
    """The status of one enrichment."""

    def __init__(self, enrichment_name: str, status: str) -> None:
        self.enrichment_name = enrichment_name
        self.status = status


class EnrichmentStatusWaiter(StatusWaiter):
    """Waits in the SDK until the platform has prepared enrichments; cannot be made here."""

    _instead = "it computes no enrichments, so there is nothing to wait for"


await_enrichments_ready = absent(
    "await_enrichments_ready", "it computes no enrichments, so there is nothing to wait for"
)
