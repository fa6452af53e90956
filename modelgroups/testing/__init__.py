"""Registries and models for tests: real ones, made in a moment and gone afterwards.

`modelgroups.testing.plugin` offers them as pytest fixtures.
"""

from __future__ import annotations

from modelgroups.testing.factories import example_group, example_model, example_version
from modelgroups.testing.samples import (
    KINDS,
    sample_frame,
    sample_inferences,
    sample_model,
)

__all__ = [
    "KINDS",
    "example_group",
    "example_model",
    "example_version",
    "sample_frame",
    "sample_inferences",
    "sample_model",
]
