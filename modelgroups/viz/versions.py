"""A version, as far as pictures of it are concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.query.metrics import Metric
    from modelgroups.schema.attribute import Attribute

__all__ = ["Version", "label_of", "name_of"]

_LONGEST_NAME: Final = 20
_KEPT_OF_NAME: Final = 17


class Version(Protocol):
    """A saved model, as far as it is asked here."""

    id: str | None
    display_name: str | None
    partner_model_id: str
    version_sequence_num: int | None
    output_type: str
    is_batch: bool
    classifier_threshold: float | None

    def get_attribute(self, name: str, stage: str | None = None) -> Attribute:
        """Return an attribute."""

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes of a stage."""

    def get_attribute_names(
        self, stage: str | None = None, value_type: str | None = None
    ) -> list[str]:
        """Return the names of the attributes."""

    def get_metrics(self) -> list[Metric]:
        """Return the metrics."""

    def metrics(
        self, names: str | Sequence[str] | None = None, *, every: str | None = "day"
    ) -> pd.DataFrame:
        """Return values of metrics over time."""

    def drift(
        self,
        attributes: str | Sequence[str] | None = None,
        metric: str = "PSI",
        every: str | None = None,
    ) -> pd.DataFrame:
        """Return the drift of attributes over time."""

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        """Answer a query."""

    def inferences(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return inferences."""

    def batches(self) -> pd.DataFrame:
        """Return the batches in the order in which they began."""


def name_of(version: Version) -> str:
    """Return what a version is called in pictures, such as ``(2)__Card fraud``.

    A name of more than 20 characters is cut to 17 and three dots, as the SDK does it.
    """
    name = version.display_name or version.partner_model_id
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_KEPT_OF_NAME]}..."
    return f"({version.version_sequence_num})__{name}"


def label_of(version: Version, measured: str) -> str:
    """Return what a series is called, such as ``(2)__Card fraud__AUC``."""
    return f"{name_of(version)}__{measured}"
