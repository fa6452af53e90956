"""Name of the SDK's packing of a predict function."""

from __future__ import annotations

from modelgroups.arthurai._absent import Absent

__all__ = ["ExplanationPackager"]


class ExplanationPackager(Absent):
    """Packs a predict function for the platform in the SDK; cannot be made here."""

    _instead = (
        "it explains no predictions; use a package such as lime or shap on the model itself and "
        "store what it finds with model.add_enrichments"
    )
