"""Names of the SDK's explainer."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["ArthurExplainer", "EmptyLimeExplanation"]

_INSTEAD = (
    "it explains no predictions; use a package such as lime or shap on the model itself and store "
    "what it finds with model.add_enrichments"
)


class ArthurExplainer(Absent):
    """Explains predictions in the SDK; cannot be made here."""

    _instead = _INSTEAD


class EmptyLimeExplanation(Absent):
    """Stands for a row that cannot be explained in the SDK; cannot be made here."""

    _instead = _INSTEAD
