"""Processes that change one deployment at once, or are killed while they conclude it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import crew
import pytest

import modelgroups as mg
from modelgroups.errors import ConflictError
from modelgroups.experiments.deployment import Deployment
from modelgroups.testing.factories import example_version

LINES_OF_A_CONCLUSION = 100
ROUNDS = 5
FEW_ROUNDS = 3
_CONCLUDING = (
    "catalog/aliases",
    "catalog/deployments",
    "catalog/events",
    "catalog/session",
    "lifecycle/aliases",
    "lifecycle/deployments",
)


@pytest.fixture
def root(quick_root: Path) -> Path:
    """Where a registry may be made that need not outlast the machine."""
    return quick_root


@pytest.fixture
def group_id(root: Path) -> str:
    """Save two versions; return the id of their group."""
    with mg.connect(root) as connection:
        for label in ("V1", "V2"):
            version = example_version(connection, label)
        return str(version.model_group_id)


def start_once(root: Path, group_id: str) -> bool:
    """Start a deployment; return whether that came about."""
    with mg.connect(root) as connection:
        try:
            connection.get_model_group(group_id).deploy.ab({"V1": 0.5, "V2": 0.5})
        except ConflictError:
            return False
        return True


CHANGES: dict[str, Callable[[mg.ModelGroup, Deployment], object]] = {
    "abort": lambda group, live: live.abort(),
    "advance": lambda group, live: live.advance(override=True),
    "conclude": lambda group, live: live.conclude(promote=None),
    "conclude for V2": lambda group, live: live.conclude(promote="V2"),
    "promote V2": lambda group, live: group.promote("V2", if_current="V1"),
    "reweight": lambda group, live: live.reweight({"V1": 0.25, "V2": 0.75}),
}


def change_once(root: Path, group_id: str, change: str, revision: int) -> bool:
    """Change the live deployment if it was not changed yet; return whether that came about."""
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        live = group.deploy.live()
        if live is None or live._record.revision != revision:
            return False
        try:
            CHANGES[change](group, live)
        except ConflictError:
            return False
        return True


def test_of_two_processes_that_start_a_deployment_exactly_one_does(
    root: Path, group_id: str
) -> None:
    with crew.team(2) as run, mg.connect(root) as connection:
        deploy = connection.get_model_group(group_id).deploy
        for number in range(ROUNDS):
            assert sorted(run(start_once, [(root, group_id)] * 2)) == [False, True]
            live = deploy.live()
            assert live is not None
            assert len(deploy.history()) == number + 1
            live.abort()
        assert connection.verify()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("abort", "abort"),
        ("abort", "conclude"),
        ("abort", "reweight"),
        ("conclude", "conclude"),
        ("reweight", "reweight"),
    ],
)
def test_of_two_processes_that_change_a_deployment_exactly_one_wins(
    root: Path, group_id: str, one: str, other: str
) -> None:
    with crew.team(2) as run, mg.connect(root) as connection:
        deploy = connection.get_model_group(group_id).deploy
        for _ in range(ROUNDS):
            test = deploy.ab({"V1": 0.5, "V2": 0.5})
            before = len(connection.audit(category="deployment"))
            jobs = [(root, group_id, change, 1) for change in (one, other)]
            assert sorted(run(change_once, jobs)) == [False, True]
            assert len(connection.audit(category="deployment")) == before + 1
            if test.refresh().state == "live":
                test.abort()
        assert connection.verify()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("advance", "advance"),
        ("advance", "abort"),
        ("conclude for V2", "conclude for V2"),
        ("conclude for V2", "advance"),
        ("conclude for V2", "promote V2"),
    ],
)
def test_of_two_processes_that_decide_by_what_was_seen_exactly_one_wins(
    root: Path, group_id: str, one: str, other: str
) -> None:
    with crew.team(2) as run, mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        for number in range(FEW_ROUNDS):
            live = group.deploy.live()
            if live is not None:
                live.abort()
            group.promote("V1")
            canary = group.deploy.canary("V2", steps=[0.5, 1.0], guardrails={"Accuracy Rate": 0.02})
            for version in group.get_versions():
                sent = {"age": 31, "p": 0.25, "partner_inference_id": f"{version.id}-{number}"}
                version.send_inferences([sent])
            jobs = [(root, group_id, change, 1) for change in (one, other)]
            assert sorted(run(change_once, jobs)) == [False, True]
            state, step = canary.refresh().state, canary.step
            champion = group.champion()
            assert champion is not None
            is_second = champion.version_label == "V2"
            assert (state, step, is_second) in {
                ("live", 1, False),  # it advanced
                ("aborted", 0, False),
                ("concluded", 0, True),
                ("live", 0, True),  # the champion was changed past it
            }
        assert connection.verify()


def conclusion_killed_at_line(connection: mg.Connection, group_id: str, n: int) -> int:
    """Promote V2 in a forked child that kills itself before its nth line; return its status."""
    child = os.fork()
    if child == 0:
        live = connection.get_model_group(group_id).deploy.live()
        assert live is not None
        crew.act_at_line(n, lambda: os.kill(os.getpid(), signal.SIGKILL), _CONCLUDING)
        live._finish("concluded", live._plan.shadow or "", "better", None)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_at_every_line(root: Path, group_id: str) -> int:
    """Kill conclusions at their 1st, 8th … line until one gets through; check each time."""
    line = 1
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        while True:
            if group.deploy.live() is None:
                group.promote("V1")
                group.deploy.shadow("V2")
            before = len(connection.audit(type="deployment.concluded"))
            status = conclusion_killed_at_line(connection, group_id, line)
            n_concluded = len(connection.audit(type="deployment.concluded")) - before
            champion = group.champion()
            assert champion is not None
            is_whole = (n_concluded, champion.version_label, group.deploy.live() is None)
            assert is_whole in ((0, "V1", False), (1, "V2", True))
            if status == 0:
                assert is_whole[0] == 1
                assert connection.verify()
                return line
            line += 7


def test_a_conclusion_that_is_killed_at_any_line_is_whole_or_absent(
    root: Path, group_id: str
) -> None:
    assert crew.in_child(kill_at_every_line, root, group_id) > LINES_OF_A_CONCLUSION
