"""Answering requests with the versions of a deployment, each inference in the log of its version.

A shadow works in a thread of its own, after the answer is on its way: neither its failures nor
its slowness reach whoever asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import BoundedSemaphore
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from modelgroups.catalog import deployments
from modelgroups.errors import ModelGroupsError, UserTypeError, UserValueError
from modelgroups.experiments.assign import Assignment, Key
from modelgroups.lifecycle.deployments import LIVE, Plan, find_deployment
from modelgroups.lifecycle.naming import find_version
from modelgroups.query.faults import nearest
from modelgroups.storage.background import submit
from modelgroups.types import Stage

if TYPE_CHECKING:
    from modelgroups.catalog.deployments import DeploymentRecord
    from modelgroups.inferences.recipient import Recipient
    from modelgroups.registry import Registry

__all__ = ["MOST_WAITING", "Predict", "Server", "predictors_of"]

logger = logging.getLogger("modelgroups")

Predict = Callable[[dict[str, Any]], Any]
"""From the inputs of a request to the prediction, as `Model.send_inferences` takes one."""

MOST_WAITING: Final = 1000
"""How many requests may wait for the shadow; it is not asked about more."""

_LONGEST_FAILURE: Final = 500
_GIVEN: Final = (Stage.ModelPipelineInput, Stage.PredictFunctionInput, Stage.NonInputData)


def predictors_of(
    registry: Registry, record: DeploymentRecord, predictors: object
) -> dict[str, Predict]:
    """Return the functions of the versions of a deployment, by id.

    Raises
    ------
    UserValueError, UserTypeError
        A version has none, one is of no version of the deployment, or is no function.
    """
    plan = Plan.load(record.plan)
    if not isinstance(predictors, Mapping):
        raise UserTypeError(
            f"serve() takes a dict of functions by version, got {type(predictors).__name__}"
        )
    found: dict[str, Predict] = {}
    for name, predict in predictors.items():
        version = find_version(registry, record.group_id, name)
        if version.id not in plan.versions:
            known = plan.versions.values()
            raise UserValueError(f"{nearest(name, known, 'version of the deployment')}")
        if not callable(predict):
            raise UserTypeError(f"the predictor of {name!r} must be a function, got {predict!r}")
        found[version.id] = predict
    missing = [name for version, name in plan.versions.items() if version not in found]
    if missing:
        raise UserValueError(f"serve() needs a function for each version; {missing[0]!r} has none")
    return found


class Server:
    """Answers requests as a deployment says, also after it was changed or ended elsewhere.

    Call it with the key and the inputs of a request. It is safe to call from several threads.

    Parameters
    ----------
    registry, record
        The deployment.
    predictors
        What predicts, by id of the version.

    Examples
    --------
    >>> from modelgroups.testing import example_group
    >>> with example_group("V1", "V2") as group:
    ...     _ = group.promote("V1")
    ...     shadow = group.deploy.shadow("V2")
    ...     with shadow.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.7}) as answer:
    ...         answer("customer-17", {"age": 31})
    0.1
    """

    def __init__(
        self, registry: Registry, record: DeploymentRecord, predictors: Mapping[str, Predict]
    ) -> None:
        self._registry = registry
        self._predictors = predictors
        self._known = _state(record)
        self._pool = ThreadPoolExecutor(1, "modelgroups-shadow")
        self._room = BoundedSemaphore(MOST_WAITING)

    def __call__(
        self,
        key: Key,
        inputs: Mapping[str, Any],
        *,
        partner_inference_id: str | None = None,
        inference_timestamp: datetime | str | None = None,
    ) -> Any:
        """Return the prediction for one request; its inference is durable by then.

        Parameters
        ----------
        key
            What is routed by: the same key gets the same version.
        inputs
            The values of attributes, by name; leave them as they are. A version gets all of them,
            its log those it knows.
        partner_inference_id
            What ground truth is told by later; it is generated where it is not given.
        inference_timestamp
            When the request was made; now.

        Raises
        ------
        UserValueError, UserTypeError
            The key is missing, or no version knows an input.
        ResponseClientError
            The log refused the inference: a value does not suit its attribute.
        """
        at = inference_timestamp or datetime.now(UTC)
        _, assignment, shadow = self._current()
        row = self._checked(inputs)
        id_ = partner_inference_id or str(uuid4())
        version = assignment.route(key)
        answer = self._predictors[version](dict(row))
        self._log(version, row, answer, id_, at)
        if shadow is not None:
            self._ask(shadow, dict(inputs), id_, at)
        return answer

    def wait(self) -> None:
        """Return when the shadow has answered all that it was asked.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     shadow = group.deploy.shadow("V2")
        ...     with shadow.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.7}) as answer:
        ...         _ = answer("customer-17", {"age": 31})
        ...         answer.wait()
        ...         len(group.get_version(label="V2").inferences())
        1
        """
        submit(self._pool, _nothing).result()

    def close(self) -> None:
        """Wait for the shadow, and end its thread.

        Examples
        --------
        >>> from modelgroups.testing import example_group
        >>> with example_group("V1", "V2") as group:
        ...     _ = group.promote("V1")
        ...     shadow = group.deploy.shadow("V2")
        ...     answer = shadow.serve({"V1": lambda row: 0.1, "V2": lambda row: 0.7})
        ...     _ = answer("customer-17", {"age": 31})
        ...     answer.close()
        ...     len(group.get_version(label="V2").inferences())
        1
        """
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _current(self) -> _State:
        """Return how traffic is divided now."""
        record = find_deployment(self._registry, self._known[0][0])
        if (record.id, record.revision) != self._known[0]:
            self._known = _state(record)
        return self._known

    def _checked(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(inputs, Mapping):
            raise UserTypeError(
                f"inputs must be a dict of values by attribute, got {type(inputs).__name__}"
            )
        row = dict(inputs)
        if not row.keys() <= self._names():
            known = self._names(fresh=True)
            for name in row:
                if name not in known:
                    raise UserValueError(f"inputs: {nearest(name, sorted(known), 'attribute')}")
        return row

    def _names(self, *, fresh: bool = False) -> set[str]:
        """Return what the versions know of a request."""
        from modelgroups.inferences.recipient import recipient_of

        names: set[str] = set()
        for version in self._predictors:
            names |= recipient_of(self._registry, version, fresh=fresh).of_stage(*_GIVEN).keys()
        return names

    def _log(
        self, version: str, row: dict[str, Any], answer: Any, id_: str, at: datetime | str
    ) -> None:
        """Store an inference in the log of its version."""
        from modelgroups.inferences.recipient import sent_to
        from modelgroups.inferences.send import send_inferences

        def send(to: Recipient) -> None:
            known = to.of_stage(*_GIVEN)
            send_inferences(
                to,
                [{name: value for name, value in row.items() if name in known}],
                predictions=[answer],
                partner_inference_ids=[id_],
                inference_timestamps=[at],
            )

        sent_to(self._registry, version, send)

    # --- the shadow ------------------------------------------------------------------------

    def _ask(self, version: str, row: dict[str, Any], id_: str, at: datetime | str) -> None:
        """Have the shadow answer too, some time."""
        deployment = self._known[0][0]
        if not self._room.acquire(blocking=False):
            self._note(deployment, f"{MOST_WAITING:,} requests wait for it already")
            return
        submit(self._pool, self._shadow, deployment, version, row, id_, at)

    def _shadow(
        self, deployment: str, version: str, row: dict[str, Any], id_: str, at: datetime | str
    ) -> None:
        try:
            self._log(version, row, self._predictors[version](dict(row)), id_, at)
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody is to feel it
            self._note(deployment, _told(error))
        finally:
            self._room.release()

    def _note(self, deployment: str, failure: str) -> None:
        """Record a failure of the shadow."""
        logger.warning("the shadow of the deployment %s failed: %s", deployment, failure)
        try:
            with self._registry.catalog.write() as session:
                deployments.note_failure(session, deployment, failure)
        except ModelGroupsError:
            logger.exception("the failure of the shadow could not be recorded")


_State = tuple[tuple[str, int], Assignment, str | None]


def _state(record: DeploymentRecord) -> _State:
    """Return what of a deployment matters for a request."""
    plan = Plan.load(record.plan)
    shadow = plan.shadow if record.state == LIVE else None
    return (record.id, record.revision), Assignment(plan.salt, plan.pieces), shadow


def _told(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    return text.encode(errors="replace").decode().replace("\0", "")[:_LONGEST_FAILURE]


def _nothing() -> None:
    """Be the last in a queue."""
