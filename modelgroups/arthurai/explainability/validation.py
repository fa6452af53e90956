"""The SDK's checks of the order of predicted attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.analysis.predictions import require_same_predictions
from modelgroups.errors import UserValueError
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.model import Model

__all__ = [
    "validate_predicted_attribute_order_matches_dataframe",
    "validate_predicted_attribute_order_matches_remote",
]

validate_predicted_attribute_order_matches_dataframe = require_same_predictions


def validate_predicted_attribute_order_matches_remote(model: Model) -> None:
    """Raise unless predicted attributes stand in the order that is stored.

    Raises
    ------
    UserValueError
        They were reordered since.
    """
    known = model._recipient("validation")  # noqa: SLF001  # what is stored, not what is here
    there = {name: a.position for name, a in known.of_stage(Stage.PredictedValue).items()}
    here = {a.name: a.position for a in model.get_attributes(Stage.PredictedValue)}
    if here != there:
        raise UserValueError(
            "the predicted attributes have other positions than those that are stored; "
            "call model.update() first"
        )
