"""Names of the SDK's bias mitigation by thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelgroups.arthurai._absent import Absent

if TYPE_CHECKING:
    import pandas as pd

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

CONSTRAINT_PLOT_DICT = {
    DemographicParity: ["selection_rate", "accuracy"],
    EqualOpportunity: ["true_positive_rate", "accuracy"],
    EqualizedOdds: ["false_positive_rate", "true_positive_rate"],
}


@dataclass
class Curves:
    """Trade-off curves of the groups of one attribute under one constraint.

    Parameters
    ----------
    attribute_name
        The attribute whose values are the groups.
    constraint
        One of the three constraints of this module.
    max_acc_idx
        The row of each curve at which accuracy is best.
    attr_val_to_threshold
        For each group a DataFrame with the columns x, y and threshold.
    """

    attribute_name: str
    constraint: str
    max_acc_idx: int
    attr_val_to_threshold: dict[str, pd.DataFrame]


class ThresholdMitigation(Absent):
    """Trains and shows trade-off curves in the SDK; cannot be made here."""

    _instead = "it keeps no inferences that groups could be compared on"
