"""`Deployment`: how versions share traffic: routing, serving, evaluating, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_flag
from modelgroups.calls import checked_calls
from modelgroups.errors import ConflictError, UserValueError
from modelgroups.experiments.assign import Assignment
from modelgroups.experiments.recorded import RecordedDeployment
from modelgroups.lifecycle.aliases import require_reason
from modelgroups.lifecycle.deployments import (
    ABORTED,
    CONCLUDED,
    Plan,
    change,
    finish,
    require_live,
)
from modelgroups.lifecycle.moments import past_or_none
from modelgroups.lifecycle.naming import find_version
from modelgroups.types import EventType

if TYPE_CHECKING:
    from modelgroups.experiments.evaluation import Evaluation
    from modelgroups.experiments.serve import Server
    from modelgroups.lifecycle.naming import VersionName

__all__ = ["Deployment"]


@checked_calls
class Deployment(RecordedDeployment):
    """How versions of a group share its traffic; got from `group.deploy`.

    It is kept in the registry and goes on in any process. The object knows the deployment as it
    was read last: `refresh` reads it again, and what would change it is refused where somebody
    else did so meanwhile.

    Parameters
    ----------
    registry, record
        Where it is kept, and how it was read; users get deployments from `group.deploy`.

    Examples
    --------
    >>> from modelgroups.testing import example_group
    >>> with example_group("V1", "V2") as group:
    ...     _ = group.promote("V1")
    ...     canary = group.deploy.canary("V2", guardrails={"AUC": 0.02}, steps=[0.25, 1.0])
    >>> canary.kind, canary.state, canary.versions, canary.weights
    ('canary', 'live', ['V1', 'V2'], {'V1': 0.75, 'V2': 0.25})
    >>> canary.step, canary.steps, canary.metric, canary.guardrails, canary.shadow, canary.failures
    (0, [0.25, 1.0], None, {'AUC': 0.02}, None, (0, None))
    >>> canary.concluded_at is None, canary.created_at.endswith("+00:00"), len(canary.id)
    (True, True, 36)
    """

    def serve(self, predictors: Mapping[VersionName, Callable[[dict[str, Any]], Any]]) -> Server:
        """Return what answers requests: it routes, predicts, logs the inference, asks the shadow.

        It looks up how traffic is divided at each request, so that it follows what other processes
        do. A shadow answers in a thread of its own: `wait()` waits for it, `close()` ends it, and
        its failures are counted in `failures`.

        Parameters
        ----------
        predictors
            For each version a function from the inputs of one request, a dict, to the prediction:
            a number, a dict by attribute, or whatever else `Model.send_inferences` takes of a row.

        Returns
        -------
        Server
            Call it as ``answer(key, inputs, partner_inference_id=…)``.

        Raises
        ------
        UserValueError, UserTypeError, NotFoundError
            A version has no function, or one is of no version of the deployment.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, salt="checkout")
        ...     with test.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.7}) as answer:
        ...         answer("customer-17", {"age": 31}, partner_inference_id="tx-1")
        ...     group.get_version(label="V2").inferences()["p"].tolist()
        0.7
        [0.7]
        """
        from modelgroups.experiments.serve import Server, predictors_of

        functions = predictors_of(self._registry, self._record, predictors)
        return Server(self._registry, self._record, functions)

    def evaluate(
        self,
        *,
        counts: Mapping[str, int] | None = None,
        at: datetime | date | str | None = None,
    ) -> Evaluation:
        """Return what was found so far, and what is to be done; a broken guardrail aborts it.

        Counted are the inferences since traffic was last divided, by inference_timestamp. All
        tests are always valid (mSPRT), so look as often as you like.

        Parameters
        ----------
        counts
            How many keys each version got, to check the split by; of inferences where it is not
            given, which are too alike where a key has many.
        at
            Count the inferences before this moment only, as `promote` takes one; what is aborted
            is so as of then.

        Returns
        -------
        Evaluation
            Shows itself as a table; has a ``decision`` and a ``reason``.

        Raises
        ------
        ConflictError
            It has ended.
        UserValueError
            There was no inference since.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5}, metric="Recall")
        ...     for label, p in (("V1", 0.1), ("V2", 0.9)):
        ...         _ = group[label].send_inferences({"age": [31], "p": [p], "y": [1]})
        ...     found = test.evaluate()
        >>> print(found.decision, found.counts)
        continue {'V1': 1, 'V2': 1}
        """
        from modelgroups.experiments.decide import GuardrailState
        from modelgroups.experiments.deploy import evaluate

        require_live(self._record)
        moment = past_or_none(at)
        found = evaluate(self._registry, self._record, counts, until=moment)
        broken = any(each.state is GuardrailState.BROKEN for each in found.guardrails)
        if broken and not self._registry.catalog.read_only:
            self._finish(ABORTED, self._plan.baseline, found.reason, found, moment)
        return found

    def advance(
        self,
        *,
        reason: str | None = None,
        override: bool = False,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Go to the next step of a canary, if the guardrails hold.

        Parameters
        ----------
        reason
            Why, for the audit trail.
        override
            Go on although it is not known yet whether they hold; a broken one aborts all the same.
        at
            As of this moment instead of now; inferences before it count.

        Returns
        -------
        Deployment
            This one.

        Raises
        ------
        ConflictError
            It is no canary, has ended, is at its last step, its guardrails do not hold, traffic
            is broken, somebody else changed it, or it was changed after `at`.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     canary = group.deploy.canary("V2", guardrails={"Recall": 0.02}, steps=[0.25, 1.0])
        ...     for label, p in (("V1", 0.1), ("V2", 0.9)):
        ...         _ = group[label].send_inferences({"age": [31], "p": [p], "y": [1]})
        ...     canary.advance(override=True, reason="a demonstration").weights
        {'V1': 0.0, 'V2': 1.0}
        """
        told = require_reason(reason)
        require_flag(override, "override")
        require_live(self._record)
        plan = self._plan
        if not plan.steps:
            raise ConflictError(f"{self!r} has no steps; only a canary advances")
        if plan.step == len(plan.steps) - 1:
            raise ConflictError(f"{self!r} is at its last step; conclude() it")
        found = self.evaluate(at=at)
        if found.split is not None and found.split.is_broken:
            raise ConflictError(f"{self!r} does not advance: {found.reason}")
        self._require_held(found, override)
        share = plan.steps[plan.step + 1]
        baseline, candidate = plan.versions
        self._divide(
            {baseline: 1 - share, candidate: share},
            EventType.DeploymentAdvanced,
            told,
            past_or_none(at),
            step=plan.step + 1,
        )
        return self

    def _require_held(self, found: Evaluation, override: bool) -> None:
        from modelgroups.experiments.decide import GuardrailState

        states = {each.state for each in found.guardrails}
        if GuardrailState.BROKEN in states:
            raise ConflictError(f"{self!r} does not advance: {found.reason}")
        if GuardrailState.OPEN in states and not override:
            raise ConflictError(
                f"{self!r} does not advance: {found.reason}. Wait for more inferences and ground "
                "truths, or pass override=True"
            )

    def reweight(
        self,
        weights: Mapping[Any, float],
        *,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """Divide the traffic of an A/B test anew; no more keys move than must.

        What was found before does not count any more: `evaluate` begins again.

        Parameters
        ----------
        weights
            The share of each version.
        reason
            Why, for the audit trail.
        at
            As of this moment instead of now.

        Returns
        -------
        Deployment
            This one.

        Raises
        ------
        ConflictError
            It is no A/B test, has ended, or somebody else changed it.
        UserValueError, NotFoundError
            The weights do not sum to one, or are not those of its versions.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5})
        ...     test.reweight({"V1": 0.25, "V2": 0.75}).weights
        {'V1': 0.25, 'V2': 0.75}
        """
        from modelgroups.experiments.deploy import weighted

        told = require_reason(reason)
        require_live(self._record)
        if self.kind != "ab":
            raise ConflictError(f"{self!r} has no weights to choose; only an A/B test has")
        _, shares = weighted(self._registry, self._record.group_id, weights)
        if shares.keys() != self._plan.versions.keys():
            raise UserValueError(
                f"weights must name the versions of the deployment, {self.versions}, got "
                f"{dict(weights)}"
            )
        self._divide(shares, EventType.DeploymentReweighted, told, past_or_none(at))
        return self

    def abort(
        self, *, reason: str | None = None, at: datetime | date | str | None = None
    ) -> Deployment:
        """End it; all traffic goes back to the baseline, and the champion stays.

        Parameters
        ----------
        reason
            Why, for the audit trail.
        at
            As of this moment instead of now.

        Returns
        -------
        Deployment
            This one.

        Raises
        ------
        ConflictError
            It has ended, or somebody else changed it.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     test = group.deploy.ab({"V1": 0.5, "V2": 0.5}).abort(reason="not today")
        ...     test.state, test.route("customer-17")
        ('aborted', 'V1')
        """
        told = require_reason(reason)
        require_live(self._record)
        self._finish(ABORTED, self._plan.baseline, told, None, past_or_none(at))
        return self

    def conclude(
        self,
        *,
        promote: VersionName | EllipsisType | None = ...,
        reason: str | None = None,
        at: datetime | date | str | None = None,
    ) -> Deployment:
        """End it, and make the winner the champion, in one transaction.

        Parameters
        ----------
        promote
            The version to promote, None to keep the baseline, or nothing to do as `evaluate`
            decides.
        reason
            Why, for the audit trail.
        at
            As of this moment instead of now; inferences before it count.

        Returns
        -------
        Deployment
            This one; all its traffic goes to the winner.

        Raises
        ------
        ConflictError
            It has ended, nothing is decided yet, traffic is broken, a guardrail broke, the
            champion is another one by now, or somebody else changed it.
        UserValueError, NotFoundError
            There is no inference to decide by, or the version is none of its own.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     shadow = group.deploy.shadow("V2")
        ...     _ = shadow.conclude(promote=None, reason="another way was found")
        ...     shadow.state, group.champion().version_label
        ('concluded', 'V1')
        """
        told = require_reason(reason)
        require_live(self._record)
        winner, found = self._plan.baseline, None
        if isinstance(promote, EllipsisType):
            found = self.evaluate(at=at)
            winner = self._decided(found)
        elif promote is not None:
            winner = find_version(self._registry, self._record.group_id, promote).id
            if winner not in self._plan.versions:
                raise UserValueError(
                    f"promote={promote!r} has no part in the deployment; it has {self.versions}"
                )
            found = self.evaluate(at=at)
            self._require_sound(found)
        why = told or (None if found is None else found.reason)
        self._finish(CONCLUDED, winner, why, found, past_or_none(at))
        return self

    def _require_sound(self, found: Evaluation) -> None:
        if found.decision == "abort":
            raise ConflictError(f"{self!r} cannot be concluded: {found.reason}")

    def _decided(self, found: Evaluation) -> str:
        """Return the id of the version that an evaluation is for."""
        self._require_sound(found)
        if found.decision == "continue":
            raise ConflictError(
                f"{self!r} cannot be concluded yet: {found.reason}. Wait, or say what is to be "
                "done: promote='…', or promote=None to keep the baseline"
            )
        names = {name: version for version, name in self._plan.versions.items()}
        return self._plan.baseline if found.promote is None else names[found.promote]

    def _divide(
        self,
        weights: Mapping[str, float],
        type: EventType,
        reason: str | None,
        at: str | None,
        **changed: Any,
    ) -> None:
        """Store other weights."""
        plan = self._plan
        pieces = Assignment(plan.salt, plan.pieces).reweighted(weights).pieces
        new = Plan(**(vars(plan) | {"pieces": pieces} | changed))
        self._fill(change(self._registry, self._record, new, type, reason=reason, at=at))

    def _finish(
        self,
        state: str,
        winner: str,
        reason: str | None,
        found: Evaluation | None,
        at: str | None = None,
    ) -> None:
        decision = None
        if found is not None:
            decision = {"decision": found.decision.value, "why": found.reason}
        options: dict[str, Any] = {"reason": reason, "decision": decision, "at": at}
        self._fill(finish(self._registry, self._record, state, winner, **options))
