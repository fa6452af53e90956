"""Name of the SDK's HTTP client."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, Absent

__all__ = ["HTTPClient"]


class HTTPClient(Absent):
    """Sends requests in the SDK; cannot be made here."""

    _instead = f"{NO_HTTP}; what takes a client takes ArthurAI().client"
