"""What the platform tells about a user."""

from __future__ import annotations

from dataclasses import dataclass

from modelgroups.arthurai.core.base import ArthurBaseJsonDataclass

__all__ = ["AuthInfo"]


@dataclass
class AuthInfo(ArthurBaseJsonDataclass):
    """A user of the platform, for code that names the class; a local registry has no users."""

    issuer: str
    username: str
    first_name: str
    last_name: str
    email: str
    roles: list[str]
    organization_ids: list[str]
    internal_user_id: str | None = None
    external_user_id: str | None = None
