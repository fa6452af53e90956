"""`RecordedDeployment`: what the registry holds of a deployment, to be read and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.catalog.deployments import DeploymentRecord
from modelgroups.drawing.page import fields_in_html
from modelgroups.experiments.assign import Assignment
from modelgroups.lifecycle.deployments import Plan

if TYPE_CHECKING:
    from modelgroups.registry import Registry

__all__ = ["RecordedDeployment"]


class RecordedDeployment:
    """A deployment as it was read last."""

    def __init__(self, registry: Registry, record: DeploymentRecord) -> None:
        self._registry = registry
        self._fill(record)

    def _fill(self, record: DeploymentRecord) -> None:
        self._record = record
        self._plan = plan = Plan.load(record.plan)
        pieces = tuple((end, plan.versions[version]) for end, version in plan.pieces)
        self._assignment = Assignment(plan.salt, pieces)

    @property
    def id(self) -> str:
        """Its id, a UUID."""
        return self._record.id

    @property
    def kind(self) -> str:
        """``replace``, ``ab``, ``canary`` or ``shadow``."""
        return self._record.kind

    @property
    def state(self) -> str:
        """``live``, ``concluded`` or ``aborted``."""
        return self._record.state

    @property
    def versions(self) -> list[str]:
        """Its versions by label, or number where there is none; the baseline comes first."""
        return list(self._plan.versions.values())

    @property
    def weights(self) -> dict[str, float]:
        """The share of traffic that each version gets."""
        names = self._plan.versions
        return {names[version]: share for version, share in self._plan.weights.items()}

    @property
    def shadow(self) -> str | None:
        """The version that sees all and answers nobody."""
        return None if self._plan.shadow is None else self._plan.versions[self._plan.shadow]

    @property
    def metric(self) -> str | None:
        """What is to improve."""
        return self._plan.metric

    @property
    def guardrails(self) -> dict[str, float]:
        """By how much each metric may be worse."""
        return dict(self._plan.guardrails or {})

    @property
    def steps(self) -> list[float]:
        """The shares that a canary gets one after the other."""
        return list(self._plan.steps)

    @property
    def step(self) -> int:
        """Which of the steps it is at, from 0."""
        return self._plan.step

    @property
    def failures(self) -> tuple[int, str | None]:
        """How often the shadow failed, and how the last time."""
        return self._record.n_failures, self._record.last_failure

    @property
    def created_at(self) -> str:
        """When it was started, ISO 8601 text in UTC."""
        return self._record.created_at

    @property
    def concluded_at(self) -> str | None:
        """When it ended."""
        return self._record.concluded_at

    def _repr_html_(self) -> str:
        told = {
            "id": self.id,
            "started": self.created_at,
            "ended": self.concluded_at,
            "metric": self.metric,
            "guardrails": ", ".join(f"{name} {most:g}" for name, most in self.guardrails.items()),
            "shadow": self.shadow,
        } | {f"share of {name}": f"{share:.4g}" for name, share in self.weights.items()}
        return fields_in_html(f"Deployment, {self.kind}, {self.state}", told)

    def __repr__(self) -> str:
        shares = ", ".join(f"{name} {share:.4g}" for name, share in self.weights.items())
        shadow = "" if self.shadow is None else f", shadow {self.shadow}"
        return f"<Deployment {self.kind} {self.state}: {shares}{shadow} {self.id}>"
