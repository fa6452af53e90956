"""Names of the SDK's plots."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["style", "utils", "visualizer"])
