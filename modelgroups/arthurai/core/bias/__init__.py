"""Names of the SDK's bias metrics and mitigation."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["bias_metrics", "bias_wrapper", "threshold_mitigation"])
