"""Small helpers around a model. Imports NumPy, and is itself imported lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelgroups.errors import UserValueError
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from modelgroups.model import Model

__all__ = [
    "EPSILON",
    "check_attr_is_bias",
    "check_has_bias_attrs",
    "get_positive_predicted_class",
    "tensors_to_arthur_inference",
]

EPSILON = 1e-3
_MAX_PROBABILITIES = 5


def check_has_bias_attrs(model: Model) -> bool:
    """Return whether any attribute of the model is monitored for bias."""
    return any(attribute.monitor_for_bias for attribute in model.get_attributes())


def check_attr_is_bias(model: Model, attr_name: str) -> bool:
    """Return whether the attribute of that name is monitored for bias."""
    return model.get_attribute(attr_name).monitor_for_bias


def get_positive_predicted_class(model: Model) -> str | None:
    """Return the name of the positive predicted attribute of a binary classifier.

    As in the SDK, a model that is none gives a sentence that says so, and a classifier of two
    classes without a positive one gives None.
    """
    if model.output_type != OutputType.Multiclass:
        return "Not a classifier model."
    predicted = model.get_attributes(Stage.PredictedValue)
    if len(predicted) != 2:
        return "Not a binary classifier."
    return next((a.name for a in predicted if a.is_positive_predicted_attribute), None)


def tensors_to_arthur_inference(
    log_tensor: NDArray[np.floating],
    id_to_vocab: Mapping[int, str] | Sequence[str],
    num_probs: int,
) -> list[dict[str, float]]:
    """Return the likeliest tokens at each place of a sequence, with their probabilities.

    Parameters
    ----------
    log_tensor
        Natural logarithms of probabilities, one row per place and one column per token.
    id_to_vocab
        The token of each column.
    num_probs
        How many tokens to return for each place, from 1 to 5.

    Returns
    -------
    list of dict
        For each place a dictionary from token to probability, the likeliest first.

    Raises
    ------
    UserValueError
        `num_probs` is out of range, `log_tensor` does not have two dimensions, or a row's
        probabilities do not sum to 1.

    Examples
    --------
    >>> tensors_to_arthur_inference(np.log([[0.25, 0.75]]), {0: "a", 1: "b"}, 1)
    [{'b': 0.75}]
    """
    if not 1 <= num_probs <= _MAX_PROBABILITIES:
        raise UserValueError(f"num_probs must be from 1 to {_MAX_PROBABILITIES}, got {num_probs}")
    if log_tensor.ndim != 2:
        raise UserValueError(f"log_tensor must have 2 dimensions, got {log_tensor.ndim}")
    if num_probs > log_tensor.shape[1]:
        raise UserValueError(
            f"num_probs is {num_probs}, and log_tensor has only {log_tensor.shape[1]} tokens"
        )
    probabilities = np.exp(log_tensor)
    sums = probabilities.sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) < EPSILON))  # NaN is wrong, too
    if len(wrong):
        raise UserValueError(
            f"the probabilities of each row must sum to 1; {len(wrong)} rows do not, the first is "
            f"row {wrong[0]} with {sums[wrong[0]]}"
        )
    top = np.argpartition(probabilities, -num_probs, axis=1)[:, -num_probs:]
    order = np.argsort(-np.take_along_axis(probabilities, top, axis=1), axis=1, kind="stable")
    ids = np.take_along_axis(top, order, axis=1)
    values = np.take_along_axis(probabilities, ids, axis=1)
    return [
        dict(zip((id_to_vocab[i] for i in row_ids), row_values, strict=True))
        for row_ids, row_values in zip(ids.tolist(), values.tolist(), strict=True)
    ]
