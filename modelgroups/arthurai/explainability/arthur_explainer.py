"""The SDK's name of `modelgroups.analysis.explainer.Explainer`."""

from __future__ import annotations

from modelgroups.analysis.explainer import Explainer as ArthurExplainer

__all__ = ["ArthurExplainer", "EmptyLimeExplanation"]


class EmptyLimeExplanation:
    """The explanation of a row with a missing value: NaN for every input.

    Parameters
    ----------
    class_int_labels
        The numbers of the predictions that are explained.
    num_features
        How many inputs there are.

    Examples
    --------
    >>> EmptyLimeExplanation([0], 2).as_map()
    {0: [(0, nan), (1, nan)]}
    """

    def __init__(self, class_int_labels: list[int], num_features: int) -> None:
        self.class_int_labels = class_int_labels
        self.num_features = num_features

    def as_map(self) -> dict[int, list[tuple[int, float]]]:
        """Return the scores of each prediction, as LIME gives them."""
        nothing = [(feature, float("nan")) for feature in range(self.num_features)]
        return {label: list(nothing) for label in self.class_int_labels}
