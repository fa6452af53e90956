"""Registries and models for tests: real ones, made in a moment and gone afterwards.

`modelgroups.testing.plugin` offers them as pytest fixtures.
"""

from __future__ import annotations

from modelgroups.testing.factories import saved_group, saved_model, saved_version
from modelgroups.testing.samples import KINDS, sample_frame, sample_model

__all__ = ["KINDS", "sample_frame", "sample_model", "saved_group", "saved_model", "saved_version"]
