"""Name of the SDK's older HTTP client."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, Absent

__all__ = ["FALSE_OFFLINE_DEFAULT", "ArthurHTTPClient"]

FALSE_OFFLINE_DEFAULT = False


class ArthurHTTPClient(Absent):
    """Sends requests in the SDK; cannot be made here."""

    _instead = f"{NO_HTTP}; what takes a client takes ArthurAI().client"
