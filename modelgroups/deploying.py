"""`group.deploy`: bringing a new version in, as A/B test, canary, shadow, or at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from modelgroups.calls import checked_calls
from modelgroups.experiments.deployment import Deployment
from modelgroups.lifecycle.aliases import require_reason
from modelgroups.lifecycle.deployments import history_of, live_of, replace_champion, start
from modelgroups.lifecycle.moments import past_or_none

if TYPE_CHECKING:
    from modelgroups.lifecycle.deployments import Plan
    from modelgroups.lifecycle.naming import VersionName
    from modelgroups.registry import Registry

__all__ = ["Deploying"]


@checked_calls
class Deploying:
    """The ways to bring a new version of a group in. A group has one live deployment at most.

    Versions are named by label, number, alias or id, or given as a `Model`. Those of a deployment
    must predict the same, and take inputs that one request can have.

    Parameters
    ----------
    registry, group_id
        The group.

    Examples
    --------
    >>> from modelgroups.testing import example_group
    >>> with example_group("V1", "V2") as group:
    ...     _ = group.promote("V1")
    ...     _ = group.deploy.shadow("V2")
    ...     group.deploy.live().kind
    'shadow'
    """

    def __init__(self, registry: Registry, group_id: str) -> None:
        self._registry = registry
        self._group_id = group_id

    def __repr__(self) -> str:
        return (
            "<group.deploy: ab(), canary(), shadow() and replace() bring a version in; live() and "
            "history() return deployments>"
        )

    def live(self) -> Deployment | None:
        """Return the deployment that goes on, or None.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     before = group.deploy.live()
        ...     _ = group.deploy.ab({"V1": 0.5, "V2": 0.5})
        ...     before, group.deploy.live().state
        (None, 'live')
        """
        record = live_of(self._registry, self._group_id)
        return None if record is None else Deployment(self._registry, record)

    def history(self) -> list[Deployment]:
        """Return all deployments, oldest first.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.deploy.ab({"V1": 0.5, "V2": 0.5}).abort(reason="not today")
        ...     _ = group.deploy.replace("V2")
        ...     [(each.kind, each.state) for each in group.deploy.history()]
        [('ab', 'aborted'), ('replace', 'concluded')]
        """
        records = history_of(self._registry, self._group_id)
        return [Deployment(self._registry, record) for record in records]

    def replace(
        self,
        version: VersionName,
        *,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Give all traffic to one version at once, and make it the champion.

        Parameters
        ----------
        version
            The version.
        reason, at
            As of `ab`.

        Returns
        -------
        Deployment
            The deployment, which is concluded.

        Raises
        ------
        NotFoundError
            There is no such version.
        ConflictError
            It is archived, or a deployment is live.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     done = group.deploy.replace("V2", reason="the only one that is left")
        ...     done.state, done.route("customer-17"), group.champion().version_label
        ('concluded', 'V2', 'V2')
        """
        from modelgroups.experiments.deploy import plan_replace

        told = require_reason(reason)
        plan = plan_replace(self._registry, self._group_id, version)
        moment = past_or_none(at)
        record = replace_champion(self._registry, self._group_id, plan, reason=told, at=moment)
        return Deployment(self._registry, record)

    def ab(
        self,
        weights: Mapping[Any, float],
        *,
        metric: str | None = None,
        guardrails: Mapping[str, float] | None = None,
        confidence: float = 0.95,
        planned: int | None = None,
        salt: str | None = None,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Divide traffic among versions to find out which is best.

        Parameters
        ----------
        weights
            The share of each version. The champion, else the first, is what others are compared
            with.
        metric
            What is to improve, as `ModelGroup.compare` names it; the first that versions of the
            kind are compared by, when not given.
        guardrails
            By how much other metrics may be worse than those of the baseline.
        confidence
            Of all tests together.
        planned
            After how many inferences to keep the baseline where nothing was established; the
            tests are sharpest there.
        salt
            What sets this division of keys apart; it is generated where it is not given.
        reason
            Why, for the audit trail.
        at
            When it begins, if not now: a moment in the past with a time zone, when what happened
            is told afterwards.

        Returns
        -------
        Deployment
            The deployment, which is live.

        Raises
        ------
        NotFoundError
            There is no such version.
        UserValueError, UserTypeError
            The weights do not sum to one, a version is named twice, versions cannot share inputs
            or do not predict the same, or the kind of model has no such metric.
        ConflictError
            A version is archived, or a deployment is live.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.75, "V2": 0.25}, metric="AUC", salt="checkout")
        ...     test.weights, test.route("customer-17")
        ({'V1': 0.75, 'V2': 0.25}, 'V1')
        """
        from modelgroups.experiments.deploy import Watch, plan_ab

        told = require_reason(reason)
        watch = Watch(metric, guardrails, confidence, planned, salt)
        plan = plan_ab(self._registry, self._group_id, weights, watch)
        return self._start("ab", plan, told, at)

    def canary(
        self,
        version: VersionName,
        *,
        guardrails: Mapping[str, float],
        steps: Sequence[float] = (0.01, 0.05, 0.25, 1.0),
        metric: str | None = None,
        confidence: float = 0.95,
        planned: int | None = None,
        salt: str | None = None,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Let a version take over from the champion step by step, as long as guardrails hold.

        Parameters
        ----------
        version
            The new version.
        guardrails
            By how much each metric may be worse than that of the champion, such as
            ``{"Accuracy Rate": 0.02}``.
        steps
            The shares of traffic that it gets, one after the other.
        metric
            What is told besides.
        confidence, planned, salt, reason, at
            As of `ab`.

        Returns
        -------
        Deployment
            The deployment, which is live.

        Raises
        ------
        NotFoundError
            There is no such version.
        UserValueError, UserTypeError
            It is the champion, the steps do not grow, versions cannot share inputs or do not
            predict the same, or the kind of model has no such metric.
        ConflictError
            There is no champion, a version is archived, or a deployment is live.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     canary = group.deploy.canary("V2", guardrails={"Recall": 0.02}, steps=[0.25, 1.0])
        ...     canary.step, canary.weights
        (0, {'V1': 0.75, 'V2': 0.25})
        """
        from modelgroups.experiments.deploy import Watch, plan_canary

        told = require_reason(reason)
        watch = Watch(metric, guardrails, confidence, planned, salt)
        plan = plan_canary(self._registry, self._group_id, version, steps, watch)
        return self._start("canary", plan, told, at)

    def shadow(
        self,
        version: VersionName,
        *,
        metric: str | None = None,
        guardrails: Mapping[str, float] | None = None,
        confidence: float = 0.95,
        planned: int | None = None,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Let a version see what the champion sees; its answers are logged and never returned.

        Parameters
        ----------
        version
            The new version.
        metric, guardrails, confidence, planned, reason, at
            As of `ab`. Both versions score the same requests, so they are compared in pairs.

        Returns
        -------
        Deployment
            The deployment, which is live.

        Raises
        ------
        NotFoundError, UserValueError, UserTypeError, ConflictError
            As of `canary`.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     shadow = group.deploy.shadow("V2")
        ...     shadow.shadow, shadow.route("customer-17")
        ('V2', 'V1')
        """
        from modelgroups.experiments.deploy import Watch, plan_shadow

        told = require_reason(reason)
        watch = Watch(metric, guardrails, confidence, planned)
        plan = plan_shadow(self._registry, self._group_id, version, watch)
        return self._start("shadow", plan, told, at)

    def _start(
        self, kind: str, plan: Plan, reason: str | None, at: datetime | date | str | None
    ) -> Deployment:
        moment = past_or_none(at)
        record = start(self._registry, self._group_id, kind, plan, reason=reason, at=moment)
        return Deployment(self._registry, record)
