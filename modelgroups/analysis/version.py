"""The model that something is found out about, as far as it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.schema.attribute import Attribute

__all__ = ["Described", "Version"]


class Described(Protocol):
    """A model with a schema."""

    input_type: str
    output_type: str
    text_delimiter: str | None

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes of a stage."""


class Version(Protocol):
    """A saved model."""

    output_type: str
    classifier_threshold: float | None

    def get_attribute(self, name: str, stage: str | None = None) -> Attribute:
        """Return an attribute."""

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes of a stage."""

    def inferences(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return inferences with their ground truth."""

    def reference_data(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the reference data."""

    def enable_bias_mitigation(self) -> str:
        """Enable bias mitigation."""
