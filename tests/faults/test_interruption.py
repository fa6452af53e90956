"""Saves that are broken off leave nothing half done, and can be repeated."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading

import crew
import pytest
from crew import LINES_OF_A_SAVE

import modelgroups as mg
from modelgroups.errors import ModelGroupsError, ReadOnlyError, UnexpectedError


def save_until_it_is_saved(connection, model, interrupt):
    """Save; when interrupted, save again. Return whether it was interrupted."""
    try:
        with interrupt:
            model.save()
    except KeyboardInterrupt:
        if model.id is None:
            model.save()
        return True
    return False


class Timer:
    """Send SIGINT after some time, or not at all if the block ends before."""

    def __init__(self, seconds):
        self._seconds = seconds

    def __enter__(self):
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)


class Line:
    """Send SIGINT before the nth line of the modules that save."""

    def __init__(self, n):
        self._n = n

    def __enter__(self):
        crew.act_at_line(self._n, self._interrupt)

    def __exit__(self, *_):
        sys.settrace(None)

    @staticmethod
    def _interrupt():
        sys.settrace(None)
        signal.raise_signal(signal.SIGINT)


def interrupt_saves(root, interrupts):
    """Save one version for each interrupt; return how many were interrupted."""
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    n = 0
    with mg.connect(root) as connection:
        group_id = crew.save_version(connection, 0).model_group_id
        for seed, interrupt in enumerate(interrupts, start=1):
            model = crew.new_model(connection, seed)
            model.model_group_id = group_id
            n += save_until_it_is_saved(connection, model, interrupt)
            assert all(used.closed for used in connection.registry.catalog._in_use)
            assert model.version_sequence_num == seed + 1
            assert crew.is_whole(connection.get_model(model.id), seed)
        assert threading.active_count() == 1
        crew.check_sound(connection)
        with mg.connect(root) as other:  # nobody holds the write lock
            crew.save_version(other, 0)
    return n


def check_nothing_leaked(root, n_versions):
    crew.age(root)
    with mg.connect(root) as connection:
        connection.gc()
        crew.check_sound(connection)
        assert len(connection.models()) == n_versions
    assert list(root.glob(crew.STAGED)) == []
    assert crew.published(root) == crew.known(root)


def test_an_interrupted_save_can_be_repeated_and_makes_one_version(root):
    chance = random.Random(1)
    timers = [Timer(chance.uniform(1e-6, 0.02)) for _ in range(300)]
    n = crew.in_child(interrupt_saves, root, timers)
    assert n > 0
    check_nothing_leaked(root, 302)


def test_a_save_can_be_repeated_whichever_line_was_interrupted(root):
    n = crew.in_child(interrupt_saves, root, [Line(n) for n in range(1, LINES_OF_A_SAVE + 1)])
    assert n == LINES_OF_A_SAVE
    check_nothing_leaked(root, LINES_OF_A_SAVE + 2)


def save_while_another_waits(root, group_id):
    """Ctrl-C ends the wait for the write lock, which the parent of this process holds."""
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    with mg.connect(root) as connection:
        model = crew.new_model(connection, 1)
        model.model_group_id = group_id
        with pytest.raises(KeyboardInterrupt), Timer(0.2):
            model.save()
        return model.id


def test_waiting_for_another_writer_can_be_interrupted(root):
    with mg.connect(root) as connection:
        group_id = crew.save_version(connection, 0).model_group_id
        with connection.registry.catalog.write() as session:
            session.connection()  # the first use takes the lock
            assert crew.in_child(save_while_another_waits, root, group_id) is None
    check_nothing_leaked(root, 1)


def refused(work, *arguments):
    """Return the error of our own tree that the work raises."""
    with pytest.raises(ModelGroupsError) as caught:
        work(*arguments)
    return caught.value


def limit_files(size):
    """Let no file of this process grow beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def save_with_limit(root, limit):
    """Save while no file may grow beyond a limit; then lift the limit and save again."""
    with mg.connect(root) as connection:
        model = crew.new_model(connection, 1)
        before = crew.published(root)
        limit_files(limit)
        error = refused(model.save)
        limit_files(resource.RLIM_INFINITY)
        assert model.id is None
        assert len(connection.models()) == 1
        model.save()
        assert len(crew.published(root) - before) == 1
        return type(error), str(error)


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(1_000, id="the snapshot does not fit"),
        pytest.param(6_000, id="the log of the catalog does not fit"),
    ],
)
def test_a_save_that_the_disk_refuses_changes_nothing_and_can_be_repeated(root, limit):
    with mg.connect(root) as connection:
        crew.save_version(connection, 0)
    kind, text = crew.in_child(save_with_limit, root, limit)
    assert kind is UnexpectedError
    assert "free some space" in text
    check_nothing_leaked(root, 2)


def make_with_limit(root):
    limit_files(10_000)
    return str(refused(mg.connect, root))


def test_a_registry_that_the_disk_refuses_to_hold_can_be_made_later(root):
    assert str(root) in crew.in_child(make_with_limit, root)
    assert {path.name for path in root.iterdir()} <= {".lock"}
    with mg.connect(root) as connection:
        crew.save_version(connection, 0)
        crew.check_sound(connection)


@pytest.fixture
def small_disks(tmp_path):
    """A small file system in memory; none where this user may not mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    yield [folder] if mounted else []
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder, ballast, *, but):
    """Leave only so many bytes free."""
    ballast.write_bytes(bytes(max(shutil.disk_usage(folder).free - but, 0)))


def test_a_full_disk_loses_nothing_and_is_usable_once_there_is_space(small_disks):
    for folder in small_disks:
        root, ballast = folder / "registry", folder / "ballast"
        n_refused = 0
        with mg.connect(root) as connection:
            group_id = crew.save_version(connection, 0).model_group_id
            for seed in range(1, 25):
                model = crew.new_model(connection, seed)
                model.model_group_id = group_id
                fill(folder, ballast, but=4096 * (seed % 12))
                try:
                    model.save()
                except UnexpectedError:
                    n_refused += 1
                    assert model.id is None
                ballast.unlink()
                crew.check_sound(connection)
                if model.id is None:
                    model.save()
        assert n_refused > 0
        check_nothing_leaked(root, 25)


def save_where_nothing_can_be_written(root):
    with mg.connect(root) as connection:
        crew.save_version(connection, 0)
        model = crew.new_model(connection, 1)
        for folder in (root / "objects", root):
            folder.chmod(0o555)
        error = refused(model.save)
        for folder in (root, root / "objects"):
            folder.chmod(0o755)
        assert model.id is None
        model.save()
        return type(error), str(error)


def test_a_save_into_a_folder_that_became_read_only_says_so(public):
    root = public / "registry"
    public.chmod(0o777)
    kind, text = crew.unprivileged(save_where_nothing_can_be_written, root)
    assert kind is ReadOnlyError
    assert str(root) in text
    check_nothing_leaked(root, 2)
