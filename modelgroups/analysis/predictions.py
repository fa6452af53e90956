"""What a predict function of a user returns, brought into one form, and compared. Loads pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelgroups.errors import UserError, UserValueError
from modelgroups.schema.attribute import Attribute
from modelgroups.types import OutputType

__all__ = ["in_columns", "require_same_predictions"]

_TWO: Final = 2
_NEAR: Final = 0.01

Matrix = NDArray[np.float64]


def in_columns(output: Any, model_type: str, predicted: Sequence[Attribute]) -> Matrix:
    """Return predictions as a row for each, with a column for each predicted attribute.

    Parameters
    ----------
    output
        What a predict function returned: a number for each row, or several.
    model_type
        An `OutputType`.
    predicted
        In order of position. Of two classes the positive one alone is enough.

    Examples
    --------
    >>> no, yes = (Attribute(name, "FLOAT", "PREDICTED_VALUE") for name in ("no", "yes"))
    >>> yes.is_positive_predicted_attribute = True
    >>> in_columns([0.25, 1.0], "MULTICLASS", [no, yes]).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    found: Matrix = np.asarray(output, dtype=np.float64)
    if found.ndim == 1:
        found = found[:, None]
    if model_type == OutputType.Multiclass and len(predicted) == _TWO and found.shape[1] == 1:
        places = [i for i, a in enumerate(predicted) if a.is_positive_predicted_attribute]
        if len(places) != 1:
            raise UserError("of two predicted attributes one must be the positive one")
        both = [1 - found, found] if places == [1] else [found, 1 - found]
        found = np.hstack(both)
    if found.ndim != _TWO or found.shape[1] != len(predicted):
        names = ", ".join(a.name for a in predicted)
        raise UserValueError(
            f"predict() must return a value for each of {names}, got an array of the shape "
            f"{found.shape}"
        )
    return found


def require_same_predictions(
    actual_preds: Matrix, sample_data: pd.DataFrame, predicted_attributes: Sequence[Attribute]
) -> None:
    """Raise unless predictions are those of the columns of a frame, in order of position.

    Parameters
    ----------
    actual_preds
        What the predict function returned.
    sample_data
        The predictions that are known; of two classes the negative one may be left out.
    predicted_attributes
        The predicted attributes of the model.

    Raises
    ------
    UserValueError
        A column is missing, or a prediction differs by more than 0.01.
    """
    ordered = sorted(predicted_attributes, key=lambda attribute: attribute.position or 0)
    known = sample_data.copy()
    if len(ordered) == _TWO:
        positive = [a.name for a in ordered if a.is_positive_predicted_attribute]
        if len(positive) != 1:
            raise UserValueError("of two predicted attributes one must be the positive one")
        for attribute in ordered:
            if attribute.name not in known and positive[0] in known:
                known[attribute.name] = 1 - known[positive[0]]
    missing = [attribute.name for attribute in ordered if attribute.name not in known]
    if missing:
        raise UserValueError(
            f"the data has no column {', '.join(missing)}; predictions are needed to see whether "
            "predict() returns the same"
        )
    names = [attribute.name for attribute in ordered]
    wanted = known[names].to_numpy(np.float64).reshape(np.shape(actual_preds))
    gaps = np.abs(wanted - actual_preds)
    if not (gaps <= _NEAR).all():
        row, column = np.argwhere(~(gaps <= _NEAR))[0]
        raise UserValueError(
            f"predict() returns {actual_preds[row, column]:g} as {names[column]} of row {row}, and "
            f"the data has {wanted[row, column]:g}. It must return the predictions in order of "
            f"position: {', '.join(names)}; if only the order is wrong, call "
            "model.swap_predicted_attribute_positions()"
        )
