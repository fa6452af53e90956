"""Constants, exceptions and logging."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["constants", "exceptions", "log"])
