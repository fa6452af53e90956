"""Names of the SDK's request helpers; a local registry makes no requests."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, absent

__all__ = [
    "JSON_CONTENT_TYPE",
    "construct_url",
    "get_arthur_internal_user_org",
    "get_auth_info",
    "get_current_org",
    "user_login",
]

JSON_CONTENT_TYPE = "application/json"

construct_url = absent("construct_url", NO_HTTP)
get_arthur_internal_user_org = absent("get_arthur_internal_user_org", NO_HTTP)
get_auth_info = absent("get_auth_info", NO_HTTP)
get_current_org = absent("get_current_org", "call ArthurAI().get_current_org() instead")
user_login = absent("user_login", "there are no accounts; ArthurAI() needs no login")
