"""What is asked for a report: the public methods of a model, a group and a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.experiments.comparison import Comparison
    from modelgroups.experiments.deployment import Deployment
    from modelgroups.inferences.summary import LogSummary
    from modelgroups.lifecycle.provenance import Provenance
    from modelgroups.query.metrics import Metric
    from modelgroups.schema.attribute import Attribute

__all__ = ["BiasAnswers", "Group", "Version"]


class BiasAnswers(Protocol):
    """`model.bias.metrics`, as far as it is asked here."""

    def demographic_parity(self, attr_name: str) -> dict[Any, float | None]:
        """Return the share predicted positive of each group."""

    def group_counts(self, attr_name: str) -> dict[Any, int]:
        """Return the inferences of each group."""

    def group_confusion_matrices(
        self, attr_name: str, pred_property: str | None = None, *, return_by_metric: bool = True
    ) -> dict[Any, dict[Any, float | None]]:
        """Return the rates of the confusion matrix of each group."""


class _Bias(Protocol):
    @property
    def metrics(self) -> Any:
        """The `BiasAnswers`."""


class Version(Protocol):
    """A saved model, as far as it is asked here."""

    id: str | None
    display_name: str | None
    partner_model_id: str
    description: str | None
    input_type: str
    output_type: str
    is_batch: bool
    archived: bool
    created_at: str | None
    tags: list[str] | None
    classifier_threshold: float | None
    model_group_id: str | None
    version_sequence_num: int | None
    version_label: str | None
    status: str | None

    @property
    def provenance(self) -> Provenance | None:
        """What it was saved with."""

    @property
    def bias(self) -> _Bias:
        """What belongs to fairness."""

    def get_attributes(self, stage: str | None = None) -> list[Attribute]:
        """Return the attributes."""

    def get_metrics(self) -> list[Metric]:
        """Return the metrics."""

    def metrics(
        self,
        names: str | Sequence[str] | None = None,
        *,
        by: str | Sequence[str] | None = None,
        every: str | None = "day",
    ) -> pd.DataFrame:
        """Return values of metrics."""

    def drift(
        self,
        attributes: str | Sequence[str] | None = None,
        metric: str = "PSI",
        every: str | None = None,
    ) -> pd.DataFrame:
        """Return the drift of attributes."""

    def query(self, body: Mapping[str, Any], query_type: str = "base") -> list[dict[str, Any]]:
        """Answer a query."""

    def batches(self) -> pd.DataFrame:
        """Return the batches in the order in which they began."""

    def summary(self, *, attributes: bool = True) -> LogSummary:
        """Return what the log holds."""


class _Deploying(Protocol):
    def history(self) -> list[Deployment]:
        """Return all deployments, oldest first."""


class Group(Protocol):
    """A group, as far as it is asked here."""

    id: str
    name: str
    description: str | None
    archived: bool
    created_at: str | None

    @property
    def deploy(self) -> _Deploying:
        """The deployments."""

    def list_versions(self, include_archived: bool = False) -> Sequence[Any]:
        """Return the versions, newest first."""

    def aliases(self) -> Mapping[str, Any]:
        """Return the versions that aliases point at."""

    def alias_history(self) -> pd.DataFrame:
        """Return every move of every alias."""

    def compare(self, *versions: Any) -> Comparison:
        """Return how versions differ from the first of them."""
