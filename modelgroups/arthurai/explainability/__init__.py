"""Names of the SDK's explainers."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes

__getattr__ = lazy_attributes(__name__, ["arthur_explainer", "explanation_packager", "validation"])
