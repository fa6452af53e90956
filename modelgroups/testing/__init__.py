"""Registries and models for tests: real ones, made in a moment and gone afterwards."""

from __future__ import annotations

from modelgroups.testing.factories import saved_model

__all__ = ["saved_model"]
