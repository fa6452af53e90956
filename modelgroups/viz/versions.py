"""A version, as far as pictures of it are concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.inferences.summary import LogSummary
    from modelgroups.query.metrics import Metric
    from modelgroups.schema.attribute import Attribute

__all__ = ["Version", "heading_of", "name_of", "names_of"]

_LONGEST_NAME: Final = 24


class Version(Protocol):
    """A saved model, as far as it is asked here."""

    id: str | None
    display_name: str | None
    partner_model_id: str
    version_sequence_num: int | None
    version_label: str | None
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

    def summary(self, *, attributes: bool = True) -> LogSummary:
        """Return what the log holds."""

    def batches(self) -> pd.DataFrame:
        """Return the batches in the order in which they began."""


def name_of(version: Version) -> str:
    """Return what a version is called in pictures: its number and its label.

    >>> from types import SimpleNamespace
    >>> name_of(SimpleNamespace(version_sequence_num=2, version_label="forest"))
    'v2 · forest'
    >>> name_of(SimpleNamespace(version_sequence_num=2, version_label="V2"))
    'V2'
    """
    number, label = f"v{version.version_sequence_num}", version.version_label
    if not label:
        return number
    return label if label.lower() == number else f"{number} · {_cut(label)}"


def names_of(versions: Sequence[Version]) -> list[str]:
    """Return what versions are called beside each other: those of several models by these too.

    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(version_sequence_num=1, version_label=None, display_name="Fraud")
    >>> other = SimpleNamespace(version_sequence_num=1, version_label=None, display_name="Spend")
    >>> names_of([one, one]), names_of([one, other])
    (['v1', 'v1'], ['Fraud v1', 'Spend v1'])
    """
    if len(set(map(_model_name, versions))) == 1:
        return list(map(name_of, versions))
    return [f"{_cut(_model_name(version))} {name_of(version)}" for version in versions]


def heading_of(versions: Sequence[Version], text: str) -> str:
    """Return what stands above a picture: the name of the model, if it is one, and a text."""
    names = set(map(_model_name, versions))
    return f"{_cut(names.pop())}: {text}" if len(names) == 1 else text


def _model_name(version: Version) -> str:
    return version.display_name or version.partner_model_id


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
