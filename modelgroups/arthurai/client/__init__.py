"""The front door: `ArthurAI`, and the names of the SDK's HTTP plumbing."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["apiv3", "auth", "client", "helper", "http", "validation"])
