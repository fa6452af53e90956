"""The explanation of one row as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelgroups.analysis.explainer import LIME, SHAP, Explainer
from modelgroups.errors import MethodNotApplicableError, UserValueError
from modelgroups.types import InputType

__all__ = ["scores_of"]


def scores_of(
    explainer: Explainer, algorithm: str, row: Sequence[Any], inputs: Sequence[str], n_samples: int
) -> list[dict[str, Any]]:
    """Return the parts of an explanation, as `Model.add_enrichments` takes them.

    Parameters
    ----------
    explainer
        Of the model.
    algorithm
        ``"lime"`` or ``"shap"``.
    row
        The inputs in order of position.
    inputs
        What they are called.
    n_samples
        How many predictions it takes.

    Raises
    ------
    UserValueError
        There is no such algorithm for the model.
    MethodNotApplicableError
        It explains images.
    """
    if algorithm not in (LIME, SHAP):
        raise UserValueError(f"algorithm={algorithm!r} is not one of {LIME}, {SHAP}")
    if explainer.model_input_type == InputType.Image:
        raise MethodNotApplicableError(
            "explanations of images are not stored; look at them with explain_image of "
            "arthurai.explainability.arthur_explainer.ArthurExplainer"
        )
    named = {"algo": algorithm}
    predicted = [attribute.name for attribute in explainer.predicted_attributes]
    if explainer.model_input_type == InputType.NLP:
        (by_prediction,) = explainer.explain_nlp(algorithm, [row], n_samples)
        return [
            named
            | {
                "predicted_attribute": name,
                "attribute": inputs[0],
                "tokens": [
                    {"token": token, "position": position, "value": float(score)}
                    for position, (token, score) in enumerate(tokens)
                ],
            }
            for name, tokens in zip(predicted, by_prediction, strict=True)
        ]
    (scores,) = explainer.explain_tabular(algorithm, [row], n_samples)
    return [
        named | {"predicted_attribute": name, "attribute": attribute, "score": float(score)}
        for name, of_inputs in zip(predicted, scores, strict=True)
        for attribute, score in zip(inputs, of_inputs, strict=True)
    ]
