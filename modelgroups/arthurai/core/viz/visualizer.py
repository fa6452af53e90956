"""The SDK's pictures."""

from __future__ import annotations

from modelgroups.viz.visualizer import DataVisualizer

__all__ = ["DataVisualizer"]
