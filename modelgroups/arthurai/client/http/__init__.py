"""Names of the SDK's HTTP clients; a local registry opens no socket."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["arthur", "base", "requests"])
