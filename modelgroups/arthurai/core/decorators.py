"""The SDK's name of the decorator that logs predictions."""

from __future__ import annotations

from modelgroups.model.decorator import log_prediction

__all__ = ["log_prediction"]
