"""Processes that promote at once, or are killed while they do."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import crew
import pytest

import modelgroups as mg
import modelgroups.lifecycle.aliases
from modelgroups.errors import ConflictError

ROUNDS = 15
LINES_OF_A_MOVE = 100
_MOVING = ("catalog/aliases", "catalog/events", "catalog/session", "lifecycle/aliases")


def promote_once(root: Path, group_id: str, label: str, current: str | None) -> bool:
    """Promote a version if another is the champion; return whether that came about."""
    with mg.connect(root, actor=label) as connection:
        group = connection.get_model_group(group_id)
        try:
            group.promote(label, if_current=current)
        except ConflictError:
            return False
        return True


def roll_back_once(root: Path, group_id: str, current: str) -> bool:
    """Roll back if a version is the champion; return whether that came about."""
    with mg.connect(root) as connection:
        try:
            connection.get_model_group(group_id).rollback(if_current=current)
        except ConflictError:
            return False
        return True


@pytest.fixture
def root(quick_root: Path) -> Path:
    """Where a registry may be made that need not outlast the machine."""
    return quick_root


@pytest.fixture
def group_id(root: Path) -> str:
    """Save three versions and return the id of their group."""
    with mg.connect(root) as connection:
        group_id = None
        for seed, label in enumerate(("V1", "V2", "V3")):
            group_id = crew.save_version(connection, seed, group_id, label=label).model_group_id
    assert group_id is not None
    return group_id


def test_of_two_processes_that_replace_one_champion_exactly_one_wins(
    root: Path, group_id: str
) -> None:
    current: str | None = None
    with crew.team(2) as run, mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        for number in range(ROUNDS):
            rivals = [label for label in ("V1", "V2", "V3") if label != current][:2]
            jobs = [(root, group_id, label, current) for label in rivals]
            won = run(promote_once, jobs)
            assert sorted(won) == [False, True]
            winner = rivals[won.index(True)]
            champion = group.champion()
            assert champion is not None
            assert champion.version_label == current_of(group) == winner
            assert len(group.alias_history()) == number + 1
            current = winner
        assert connection.verify()


def current_of(group: mg.ModelGroup) -> str:
    """Return what the last move of the history says."""
    history = group.alias_history("champion")
    assert history["actor"].iloc[-1] == history["after"].iloc[-1]
    return str(history["after"].iloc[-1])


def test_of_two_rollbacks_of_one_champion_exactly_one_happens(root: Path, group_id: str) -> None:
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        for label in ("V1", "V2", "V3"):
            group.promote(label)
        won = crew.together(roll_back_once, [(root, group_id, "V3")] * 2)
        assert sorted(won) == [False, True]
        champion = group.champion()
        assert champion is not None
        assert champion.version_label == "V2"


def use_or_archive(root: Path, group_id: str, act: str) -> bool:
    """Put V2 to use, or archive it; return whether that came about."""
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        try:
            if act == "promote":
                group.promote("V2")
            elif act == "deploy":
                group.deploy.ab({"V1": 0.5, "V2": 0.5})
            else:
                group.get_version(label="V2").archive()
        except ConflictError:
            return False
        return True


@pytest.mark.parametrize("use", ["promote", "deploy"])
def test_a_version_is_put_to_use_or_archived_and_never_both(
    root: Path, group_id: str, use: str
) -> None:
    with crew.team(2) as run, mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        for _ in range(ROUNDS // 3):
            jobs = [(root, group_id, act) for act in (use, "archive")]
            used, _ = won = run(use_or_archive, jobs)
            assert sorted(won) == [False, True]
            version = group.get_version(label="V2", include_archived=True)
            assert version.archived is not used
            if not used:
                version.restore()
            elif use == "promote":
                group.delete_alias("champion")
            else:
                live = group.deploy.live()
                assert live is not None
                live.abort()
        assert connection.verify()


def promote_all(root: Path, group_id: str, n_moves: int) -> int:
    """Promote one version after another; return how many moves happened."""
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        for number in range(n_moves):
            group.promote(("V1", "V2", "V3")[number % 3])
    return n_moves


def test_the_chain_of_events_holds_however_many_write(root: Path, group_id: str) -> None:
    crew.together(promote_all, [(root, group_id, 20)] * 3)
    with mg.connect(root) as connection:
        report = connection.verify()
        assert report, str(report)
        history = connection.get_model_group(group_id).alias_history()
        assert list(history["before"])[1:] == list(history["after"])[:-1]


def promotion_killed_at_line(connection: mg.Connection, group_id: str, label: str, n: int) -> int:
    """Promote in a forked child that kills itself before its nth line; return its status."""
    child = os.fork()
    if child == 0:
        group = connection.get_model_group(group_id)
        crew.act_at_line(n, lambda: os.kill(os.getpid(), signal.SIGKILL), _MOVING)
        group.promote(label)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_at_every_line(root: Path, group_id: str) -> int:
    """Kill promotions at their 1st, 6th … line until one gets through; check each time."""
    line, n_moves = 1, 0
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        while True:
            label = ("V1", "V2", "V3")[line % 3]
            status = promotion_killed_at_line(connection, group_id, label, line)
            moves = list(group.alias_history()["after"])
            champion = group.champion()
            assert len(moves) - n_moves in (0, 1)
            assert len(connection.audit(type="alias.moved")) == len(moves)
            assert (champion and champion.version_label) == (moves[-1] if moves else None)
            if len(moves) > n_moves:
                assert moves[-1] == label
            n_moves = len(moves)
            if status == 0:
                assert connection.verify()
                return line
            line += 5


def test_a_promotion_that_is_killed_at_any_line_is_whole_or_absent(
    root: Path, group_id: str
) -> None:
    assert crew.in_child(kill_at_every_line, root, group_id) > LINES_OF_A_MOVE
