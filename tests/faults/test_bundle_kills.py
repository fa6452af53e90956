"""Imports, exports and backups that are killed leave all, or nothing."""

import os
import random
import signal
import sys
from pathlib import Path

import crew
import pytest

import modelgroups as mg
import modelgroups.bundle.export
import modelgroups.bundle.intake
import modelgroups.lifecycle.backup
from tests.bundle.samples import assert_same_but_for_history

TRACED = (
    "bundle/deployments",
    "bundle/export",
    "bundle/archive",
    "bundle/intake",
    "bundle/history",
    "bundle/members",
    "bundle/merge",
    "catalog/history",
    "catalog/session",
    "catalog/transfer",
    "lifecycle/backup",
    "storage/digest",
    "storage/new_file",
    "storage/objects",
    "storage/segments",
)
N_KILLS = 8


def import_it(connection, bundle, _):
    connection.import_bundle(bundle)


def export_it(connection, _, target):
    connection.model_groups()[0].export(target, inferences=True)


def back_it_up(connection, _, target):
    connection.backup(target)


def act_at_line(number, act):
    """Act before the nth traced line; return the list that counts the lines so far."""
    n = [0]

    def trace(frame, event, argument):
        if event == "call":
            name = frame.f_code.co_filename.partition("modelgroups/")[2]
            return trace if name.startswith(TRACED) else None
        if event == "line":
            n[0] += 1
            if n[0] == number:
                act()
        return trace

    sys.settrace(trace)
    return n


def killed_at_line(work, root, bundle, target, line):
    """Work in a forked child that kills itself before its nth line; return how many it ran."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with mg.connect(root) as connection:
            n = act_at_line(line, lambda: os.kill(os.getpid(), signal.SIGKILL))
            work(connection, bundle, target)
            sys.settrace(None)
        os.write(writer, str(n[0]).encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        n_lines = told.read()
    assert status == 0 or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
    return int(n_lines or 0)


def filled(root: Path, folder: Path) -> Path:
    """Make a registry with a file of every kind, and return a bundle of its group."""
    with mg.connect(root) as connection:
        model = crew.new_model(connection, 1)
        model.add_artifact(b"weights", name="weights")
        model.save()
        frame = crew.frame(1)[["amount", "shop", "at", "p_fraud"]]
        frame = frame.loc[frame.index.repeat(60)].reset_index(drop=True)
        model.send_inferences(frame)
        group = connection.get_model_group(model)
        group.deploy.replace(1)
        return group.export(folder / "bundle", inferences=True)


def lines_to_kill_at(work, root, bundle, target):
    """Return some lines of the work, more of them near its end, where things become visible."""
    chance = random.Random(work.__name__)
    n_lines = killed_at_line(work, root, bundle, target, 0)
    assert n_lines > 100
    late = chance.sample(range(n_lines - 80, n_lines), N_KILLS)
    return sorted({*chance.sample(range(1, n_lines), N_KILLS), *late, n_lines})


def kill_imports(folder: Path) -> tuple[int, int]:
    """Kill imports; return how many left nothing, and how many left all."""
    crew.quiet()
    folder.mkdir()
    bundle = filled(folder / "first", folder)
    found = []
    for number, line in enumerate(lines_to_kill_at(import_it, folder / "x", bundle, None)):
        root = folder / f"registry-{number}"
        killed_at_line(import_it, root, bundle, None, line)
        with mg.connect(root) as connection:
            found.append(len(connection.models()))
            report = connection.verify()
            assert report, str(report)
            crew.age(root)
            connection.gc()
            if not connection.models():
                assert not [path for path in root.glob("*/**/*") if path.is_file()]
            assert not list(root.glob(crew.STAGED))
            group = connection.import_bundle(bundle)
            again = group.export(folder / f"again-{number}", inferences=True)
            assert_same_but_for_history(bundle, again)
            assert group.champion() == group.get_latest_version()
            assert [past.state for past in group.deploy.history()] == ["concluded"]
    return found.count(0), found.count(1)


def kill_writers_of(work, folder: Path) -> tuple[int, int]:
    """Kill exports or backups; return how many left nothing, and how many left all."""
    crew.quiet()
    folder.mkdir()
    root = folder / "registry"
    bundle = filled(root, folder)
    n_nothing = n_whole = 0
    for number, line in enumerate(lines_to_kill_at(work, root, bundle, folder / "x")):
        target = folder / f"copy-{number}"
        killed_at_line(work, root, bundle, target, line)
        if work is export_it:
            assert not list(folder.glob(".modelgroups-*"))
        if not target.exists():
            n_nothing += 1
            continue
        n_whole += 1
        with mg.connect(target if target.is_dir() else ":memory:") as copy:
            if not target.is_dir():
                copy.import_bundle(target)
            assert copy.verify()
            assert len(copy.models()) == 1
    with mg.connect(root) as connection:
        assert connection.verify()
    return n_nothing, n_whole


def test_an_import_that_is_killed_is_whole_or_absent(quick_root):
    n_absent, n_whole = crew.in_child(kill_imports, quick_root)
    assert n_absent > N_KILLS
    assert n_whole > 0


@pytest.mark.parametrize("work", [export_it, back_it_up], ids=["export", "backup"])
def test_a_copy_that_is_killed_is_whole_or_absent(quick_root, work):
    n_nothing, n_whole = crew.in_child(kill_writers_of, work, quick_root)
    assert n_nothing > N_KILLS
    assert n_whole > 0


def import_once(root: Path, bundle: Path) -> str:
    with mg.connect(root) as connection:
        return connection.import_bundle(bundle).id


def test_processes_that_import_one_bundle_at_once_all_get_it(tmp_path):
    bundle = filled(tmp_path / "first", tmp_path)
    root = tmp_path / "registry"
    assert len(set(crew.together(import_once, [(root, bundle)] * 4))) == 1
    with mg.connect(root) as connection:
        crew.check_sound(connection)
        assert len(connection.models()) == 1
        again = connection.model_groups()[0].export(tmp_path / "again", inferences=True)
        assert_same_but_for_history(bundle, again)
