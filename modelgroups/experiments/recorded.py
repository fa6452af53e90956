"""`RecordedDeployment`: what the registry holds of a deployment: to be read, shown, routed by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from modelgroups.calls import checked_calls
from modelgroups.catalog.deployments import DeploymentRecord
from modelgroups.drawing.page import fields_in_html
from modelgroups.experiments.assign import Assignment
from modelgroups.lifecycle.deployments import Plan, find_deployment

if TYPE_CHECKING:
    from uuid import UUID

    import numpy as np
    import pyarrow as pa
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from modelgroups.experiments.course import Course
    from modelgroups.registry import Registry

__all__ = ["RecordedDeployment"]


@checked_calls
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

    def refresh(self) -> Self:
        """Read it again from the registry; return it.

        Returns
        -------
        Deployment
            This one.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
        ...     _ = group.deploy.live().abort()              # as another process might
        ...     test.state, test.refresh().state
        ('live', 'aborted')
        """
        self._fill(find_deployment(self._registry, self.id))
        return self

    def route(self, key: str | int | bytes | UUID) -> str:
        """Return the version that answers a key: always the same while the weights stay.

        It does not look into the registry, so `refresh` a deployment that others may change;
        `serve` does so by itself. Once it has ended, all keys go to the outcome.

        Parameters
        ----------
        key
            What inferences are divided by, such as a customer.

        Raises
        ------
        UserTypeError, UserValueError
            The key is missing, or of another type.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, salt="checkout")
        ...     test.route("customer-17"), list(test.route_many(["customer-17", "customer-19"]))
        ('V2', ['V2', 'V1'])
        """
        return self._assignment.route(key)

    def route_many(
        self, keys: Iterable[str | int | bytes | UUID] | pa.Array
    ) -> NDArray[np.object_]:
        """Return the version that answers each of many keys, as `route` does.

        Parameters
        ----------
        keys
            What inferences are divided by, one key for each.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, salt="checkout")
        ...     list(test.route_many(["customer-17", "customer-19"]))
        ['V2', 'V1']
        """
        return self._assignment.route_many(keys)

    def course(self) -> Course:
        """Return how it went so far, or until its end, and change nothing.

        Returns
        -------
        Course
            The inferences of each version over time, how traffic was to be divided, and the
            differences since it was last divided.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.75, "V2": 0.25})
        ...     [division.weights for division in test.course().divisions]
        [{'V1': 0.75, 'V2': 0.25}]
        """
        from modelgroups.experiments.course import course_of

        return course_of(self._registry, self._record)

    def plot(self) -> Figure:
        """Draw how it went: the traffic of each version over time, and how they differ.

        Returns
        -------
        matplotlib.figure.Figure
            A panel with the traffic, what was planned as thin lines, and one for each metric: the
            difference from the baseline with its interval, tolerances of guardrails dashed.

        Raises
        ------
        MissingDependencyError
            matplotlib is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     figure = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="AUC").plot()
        >>> print(figure.get_suptitle())
        A/B test of V1, V2: live
        """
        from modelgroups.experiments.course_plot import figure_of

        return figure_of(self.course())

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
