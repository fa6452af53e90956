"""Names of the SDK's login plumbing; a local registry has no login."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, Absent

__all__ = ["AuthRefresher"]


class AuthRefresher(Absent):
    """Renews the platform's session token in the SDK; cannot be made here."""

    _instead = NO_HTTP
