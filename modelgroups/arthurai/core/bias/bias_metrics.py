"""The SDK's name of `modelgroups.model.bias.BiasMetrics`."""

from __future__ import annotations

from modelgroups.model.bias import BiasMetrics

__all__ = ["BiasMetrics"]
