"""What explanations of a model can be about, and where each lies among the columns of the log.

An enrichment is one row for each id of a call: an anomaly score, and a column for each score of
an explanation. So a column holds numbers alone, and those that nobody asks for are not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelgroups.types import Stage, ValueType

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["ALGORITHMS", "ANOMALY", "RAW_ANOMALY", "Explanation", "explanations_of"]

ALGORITHMS: Final = ("lime", "shap")

ANOMALY: Final = "anomaly-score"
RAW_ANOMALY: Final = "raw-anomaly-score"
"""Names of columns have a hyphen, which no attribute has."""

_INPUT_STAGES: Final = (Stage.ModelPipelineInput, Stage.PredictFunctionInput)
_TOKEN_TYPES: Final = (ValueType.Unstructured_Text, ValueType.Tokens)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much one input weighs in one prediction, by one algorithm.

    Parameters
    ----------
    algorithm, predicted, attribute
        Which: the names of the algorithm and of both attributes.
    has_tokens
        Whether the input is a text, of which each token may have a score.
    """

    algorithm: str
    predicted: str
    attribute: str
    has_tokens: bool = False

    @property
    def column(self) -> str:
        """The column with the score.

        >>> Explanation("lime", "p_1", "age").column
        'lime-p_1-age'
        """
        return f"{self.algorithm}-{self.predicted}-{self.attribute}"

    @property
    def tokens_column(self) -> str:
        """The column with the tokens and the score of each."""
        return f"{self.column}-tokens"


def explanations_of(attributes: Iterable[Attribute]) -> list[Explanation]:
    """Return all that explanations of a model can be about: by algorithm, prediction and input.

    Examples
    --------
    >>> from modelgroups.schema.attribute import Attribute
    >>> found = explanations_of([Attribute("age", "INTEGER", "PIPELINE_INPUT", position=0),
    ...                          Attribute("p", "FLOAT", "PREDICTED_VALUE", position=0)])
    >>> [each.column for each in found]
    ['lime-p-age', 'shap-p-age']
    """
    ordered = sorted(attributes, key=lambda attribute: attribute.position or 0)
    inputs = [a for a in ordered if a.stage in _INPUT_STAGES]
    predicted = [a for a in ordered if a.stage == Stage.PredictedValue]
    return [
        Explanation(algorithm, p.name, a.name, a.value_type in _TOKEN_TYPES)
        for algorithm in ALGORITHMS
        for p in predicted
        for a in inputs
    ]
