"""Models, attributes, alerts and the SDK's helpers around them."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(
    __name__,
    [
        "alerts",
        "attributes",
        "auth_info",
        "base",
        "bias",
        "data_service",
        "dataset_validation_utils",
        "decorators",
        "enrichment_status_waiter",
        "inferences",
        "model_status_waiter",
        "model_utils",
        "models",
        "status_waiter",
        "util",
        "viz",
    ],
)
