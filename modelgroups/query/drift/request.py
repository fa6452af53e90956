"""What is compared: two sides, and the distributions in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from modelgroups.query.drift.measures import Form
from modelgroups.query.source import Column
from modelgroups.query.subject import Subject
from modelgroups.query.tree import Condition
from modelgroups.types import ValueType

if TYPE_CHECKING:
    from modelgroups.schema.attribute import Attribute

__all__ = ["ROLLUP", "Classes", "Measured", "Request", "Side", "form_of", "time_of"]

ROLLUP: Final = "rollup"
"""The key of the time or batch in the answer."""

_SHAPELESS: Final = frozenset(
    {
        ValueType.Image,
        ValueType.Unstructured_Text,
        ValueType.BoundingBox,
        ValueType.TimeSeries,
        ValueType.Tokens,
        ValueType.TokenLikelihoods,
        ValueType.StringArray,
    }
)


class Classes(StrEnum):
    """Which classes of a classifier are compared; the value is the key of the answer."""

    PREDICTED = "predictedClass"
    TRUE = "groundTruthClass"


@dataclass(frozen=True)
class Side:
    """The rows of one side.

    Parameters
    ----------
    subject
        The model.
    source
        Where they are from.
    conditions
        What they fulfil.
    columns
        The columns that the source has.
    """

    subject: Subject
    source: str
    conditions: Sequence[Condition]
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Measured:
    """One distribution that is compared.

    Parameters
    ----------
    key
        Its name in the answer.
    form
        What kind of values it has.
    column
        The column that holds it, unless it is of classes.
    classes
        Which classes, if any.
    chosen
        The classes that count; None for all.
    """

    key: str
    form: Form
    column: str = ""
    classes: Classes | None = None
    chosen: frozenset[str] | None = None

    def needs(self, subject: Subject) -> list[str]:
        """Return the columns that it is read from."""
        if self.classes is None:
            return [self.column]
        if self.classes is Classes.PREDICTED:
            return [attribute.name for attribute in subject.predicted()]
        truth = subject.truth_class()
        return [truth.name] if truth else [attribute.name for attribute in subject.truths()]


@dataclass(frozen=True)
class Request:
    """What is compared; without a target, the base with samples of itself."""

    base: Side
    target: Side | None
    measured: Sequence[Measured]
    groups: Sequence[str]
    rollup: str | None
    num_bins: int


def form_of(attribute: Attribute) -> Form | None:
    """Return what kind of distribution an attribute has, if any."""
    if attribute.value_type in _SHAPELESS:
        return None
    if attribute.value_type == ValueType.RankedList:
        return Form.ITEMS
    if attribute.categorical or attribute.value_type in (ValueType.String, ValueType.Boolean):
        return Form.CATEGORICAL
    return Form.CONTINUOUS


def time_of(side: Side) -> str:
    """Return the column with the time of the rows of a side."""
    return "ground_truth_timestamp" if side.source == "ground_truth" else "inference_timestamp"
