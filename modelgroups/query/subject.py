"""The model that a query is about: its attributes and how they belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelgroups.inferences.explanations import ALGORITHMS
from modelgroups.query.engines import engine_of
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.catalog.records import ModelRecord
    from modelgroups.inferences.recipient import Recipient
    from modelgroups.query.engines.base import Engine
    from modelgroups.registry import Registry
    from modelgroups.schema.attribute import Attribute

__all__ = ["DEFAULT_ALGORITHM", "Subject", "positive_of", "subject_of"]

DEFAULT_ALGORITHM: Final = ALGORITHMS[0]

_TRUTH_STAGES = (Stage.GroundTruth, Stage.GroundTruthClass)


@dataclass(frozen=True)
class Subject:
    """What queries know of a model.

    Parameters
    ----------
    recipient
        Where its rows lie.
    output_type
        An `OutputType`.
    threshold
        The probability from which on a class is predicted.
    text_delimiter
        What splits texts into tokens.
    explanation_algorithm
        Whose explanations are meant where a query does not say.
    is_explained
        Whether explainability is enabled.
    """

    recipient: Recipient
    output_type: str
    threshold: float | None = None
    text_delimiter: str | None = None
    explanation_algorithm: str = DEFAULT_ALGORITHM
    is_explained: bool = False

    @property
    def engine(self) -> Engine:
        """What runs queries about it."""
        return engine_of(self.recipient.registry)

    @property
    def attributes(self) -> dict[str, Attribute]:
        """All attributes by name, in the order of the schema."""
        layout = self.recipient.layout
        return layout.inference_attributes | layout.truth_attributes

    @property
    def has_ground_truth(self) -> bool:
        """Whether there is any ground truth attribute."""
        return bool(self.recipient.layout.truth_attributes)

    def predicted(self) -> list[Attribute]:
        """Return the predicted attributes in order of position."""
        found = [a for a in self.attributes.values() if a.stage == Stage.PredictedValue]
        return sorted(found, key=lambda a: a.position or 0)

    def truths(self) -> list[Attribute]:
        """Return the ground truth attributes, a class column first."""
        found = [a for a in self.attributes.values() if a.stage in _TRUTH_STAGES]
        return sorted(found, key=lambda a: (a.stage != Stage.GroundTruthClass, a.position or 0))

    def truth_class(self) -> Attribute | None:
        """Return the column that holds the true class, if there is one."""
        return next((a for a in self.truths() if a.stage == Stage.GroundTruthClass), None)

    def positive(self) -> Attribute | None:
        """Return the predicted attribute of the positive class, of a model with two at most."""
        return positive_of(self.predicted())


def positive_of(predicted: Sequence[Attribute]) -> Attribute | None:
    """Return which of a model's predicted attributes is that of the positive class, if one is."""
    flagged = [a for a in predicted if a.is_positive_predicted_attribute]
    if len(flagged) == 1:
        return flagged[0]
    declared = [a for a in predicted if not a.implicit]
    return declared[0] if len(declared) == 1 else None


def subject_of(registry: Registry, record: ModelRecord) -> Subject:
    """Return the model of a record as queries know it."""
    from modelgroups.inferences.recipient import recipient_of

    return Subject(
        recipient_of(registry, record.id),
        record.output_type,
        record.classifier_threshold,
        record.text_delimiter,
    )
