"""Names of the SDK's checks of HTTP responses; a local registry has no responses."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, absent

__all__ = ["validate_multistatus_response_and_get_failures", "validate_response_status"]

validate_response_status = absent("validate_response_status", NO_HTTP)
validate_multistatus_response_and_get_failures = absent(
    "validate_multistatus_response_and_get_failures", NO_HTTP
)
