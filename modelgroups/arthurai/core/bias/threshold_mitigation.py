"""Names of the SDK's bias mitigation by thresholds."""

from __future__ import annotations

from modelgroups.analysis.mitigation import AXES, Curves
from modelgroups.model.mitigating import ThresholdMitigation

__all__ = [
    "CONSTRAINT_PLOT_DICT",
    "Curves",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "ThresholdMitigation",
]

DemographicParity = "demographic_parity"
EqualOpportunity = "equal_opportunity"
EqualizedOdds = "equalized_odds"

CONSTRAINT_PLOT_DICT = {constraint: list(axes) for constraint, axes in AXES.items()}
