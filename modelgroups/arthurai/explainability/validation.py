"""Names of the SDK's checks of the order of predicted attributes."""

from __future__ import annotations

from modelgroups.arthurai._absent import absent

__all__ = [
    "validate_predicted_attribute_order_matches_dataframe",
    "validate_predicted_attribute_order_matches_remote",
]

_INSTEAD = "it runs no predict function; compare the positions of the predicted attributes yourself"

validate_predicted_attribute_order_matches_dataframe = absent(
    "validate_predicted_attribute_order_matches_dataframe", _INSTEAD
)
validate_predicted_attribute_order_matches_remote = absent(
    "validate_predicted_attribute_order_matches_remote", _INSTEAD
)
