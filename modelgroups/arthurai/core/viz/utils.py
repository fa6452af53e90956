"""Helpers of the SDK's plots. Imports NumPy, and is itself imported lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelgroups.errors import MethodNotApplicableError
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelgroups.model import Model

__all__ = ["get_pred_and_gt_attrs", "savgol_coefs", "savgol_filter"]

# Savitzky and Golay's smoothing coefficients for a cubic over five points.
savgol_coefs = np.array([-3, 12, 17, 12, -3]) / 35


def get_pred_and_gt_attrs(arthur_model: Model) -> tuple[str, str | None]:
    """Return the names of the predicted attribute and of the ground truth to compare it with.

    Parameters
    ----------
    arthur_model
        A regression model, or a classifier with a positive predicted attribute.

    Raises
    ------
    MethodNotApplicableError
        The model has no such pair of attributes.
    """
    predicted = arthur_model.get_attributes(Stage.PredictedValue)
    if arthur_model.output_type == OutputType.Regression:
        truths = arthur_model.get_attributes(Stage.GroundTruth)
        if predicted and truths:
            return predicted[0].name, truths[0].name
    elif arthur_model.output_type == OutputType.Multiclass:
        for attribute in predicted:
            if attribute.is_positive_predicted_attribute:
                return attribute.name, attribute.attribute_link
    raise MethodNotApplicableError(
        f"this {arthur_model.output_type} model has no one prediction to compare with a ground "
        "truth; that takes a regression model, or a classifier with a positive predicted attribute"
    )


def savgol_filter(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth a one-dimensional signal with a cubic over a window of five points.

    >>> savgol_filter(np.array([0.0, 0.0, 35.0, 0.0, 0.0])).round(6).tolist()
    [-3.0, 12.0, 17.0, 12.0, -3.0]
    """
    return np.convolve(signal, savgol_coefs, mode="same")
