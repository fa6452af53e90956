"""Name of the SDK's logging decorator."""

from __future__ import annotations

from modelgroups.arthurai._absent import absent

__all__ = ["log_prediction"]

log_prediction = absent(
    "log_prediction",
    "it keeps models and their reference data, not inferences; call the function undecorated "
    "and keep its predictions yourself",
)
