"""Processes that are killed while they save lose nothing that they have acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import crew
import pytest

import modelgroups as mg

ROUNDS_PER_SEED = 10
WORKERS = 3


def save_for_ever(root: Path, group_id: str | None, worker: int, acknowledge: Connection) -> None:
    """Save versions; tell each id once save() has returned."""
    crew.quiet()
    connection = mg.connect(root)
    n = 0
    while True:
        n += 1
        seed = n if n % 3 == 0 else 1_000 * worker + n  # every third frame is one of all workers
        into = group_id if n % 4 else None
        model = crew.save_version(connection, seed, into)
        os.write(acknowledge.fileno(), f"{model.id} {seed}\n".encode())


def collect_for_ever(root: Path) -> None:
    """Collect garbage."""
    connection = mg.connect(root)
    while True:
        connection.gc()


class Crew:
    """Processes that save into one registry until they are killed."""

    def __init__(self, root: Path, group_id: str | None, *, with_collector: bool) -> None:
        self._reader, writer = crew.CONTEXT.Pipe(duplex=False)
        jobs = [
            (save_for_ever, (root, group_id, worker, writer)) for worker in range(1, WORKERS + 1)
        ]
        if with_collector:
            jobs.append((collect_for_ever, (root,)))
        self._processes = [
            crew.CONTEXT.Process(target=work, args=arguments, daemon=True)
            for work, arguments in jobs
        ]
        for process in self._processes:
            process.start()
        writer.close()

    def kill(self, chance: random.Random, *, after: int) -> list[tuple[str, int]]:
        """Kill each at an instant of its own, after some acknowledgements; return all of them."""
        with os.fdopen(os.dup(self._reader.fileno())) as told:
            first = [told.readline() for _ in range(after)]
            for process in chance.sample(self._processes, len(self._processes)):
                time.sleep(chance.uniform(0.0, 0.03))
                process.kill()
            for process in self._processes:
                process.join()
                assert process.exitcode == -signal.SIGKILL
            lines = [line.split() for line in [*first, *told]]
        self._reader.close()
        return [(model_id, int(seed)) for model_id, seed in lines]


def check_after_kills(root: Path, acknowledged: list[tuple[str, int]]) -> None:
    with mg.connect(root) as connection:
        for model_id, seed in acknowledged:
            assert crew.is_whole(connection.get_model(model_id), seed)
        crew.check_sound(connection)


def check_collected(root: Path) -> None:
    """Nothing but what the catalog names is left after a collection."""
    crew.age(root)
    with mg.connect(root) as connection:
        connection.gc()
        crew.check_sound(connection)
    assert crew.published(root) == crew.known(root)
    assert crew.held(root) == crew.named(root)
    assert list(root.glob(crew.STAGED)) == []


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_survives_kills(quick_root, seed):
    root = quick_root
    chance = random.Random(seed)
    with mg.connect(root) as connection:
        group_id = crew.save_version(connection, 0).model_group_id
    for _ in range(ROUNDS_PER_SEED):
        workers = Crew(root, group_id, with_collector=True)
        after = chance.randint(1, 8)
        acknowledged = workers.kill(chance, after=after)
        assert len(acknowledged) >= after
        check_after_kills(root, acknowledged)
    check_collected(root)


def test_a_folder_opens_whenever_its_makers_were_killed(tmp_path):
    chance = random.Random(0)
    for number in range(15):
        root = tmp_path / f"registry-{number}"
        workers = Crew(root, None, with_collector=False)
        check_after_kills(root, workers.kill(chance, after=chance.randint(0, 1)))
        with mg.connect(root) as connection:
            assert crew.is_whole(crew.save_version(connection, 1), 1)


def killed_at_line(root: Path, seed: int, group_id: str, line: int) -> int:
    """Save in a forked child that kills itself before its nth line; return its status."""
    child = os.fork()
    if child == 0:
        with mg.connect(root) as connection:
            model = crew.new_model(connection, seed)
            model.model_group_id = group_id
            model.add_artifact(str(seed).encode(), name="weights")
            crew.act_at_line(line, lambda: os.kill(os.getpid(), signal.SIGKILL))
            model.save()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_at_every_line(root: Path) -> tuple[int, int]:
    """Kill saves at their 1st, 2nd, 3rd … line until one gets through."""
    crew.quiet()
    with mg.connect(root) as connection:
        group_id = crew.save_version(connection, 0).model_group_id
    line = 1
    while killed_at_line(root, line, group_id, line):
        line += 1
    with mg.connect(root) as connection:
        _, *others = reversed(connection.get_model_group(group_id).get_versions())
        assert all([a.name for a in version.artifacts()] == ["weights"] for version in others)
        return line, 1 + len(others)


def test_a_save_that_is_killed_at_any_line_is_whole_or_absent(quick_root):
    root = quick_root
    n_lines, n_versions = crew.in_child(kill_at_every_line, root)
    assert n_lines > crew.LINES_OF_A_SAVE
    assert 2 < n_versions < n_lines  # those killed after the commit are there
    check_after_kills(root, [])
    check_collected(root)


def save_and_die(root: Path, group_id: str, named: int, go: int) -> None:
    """Save, but wait once the file has its name, and die once the version is stored."""
    connection = mg.connect(root)
    objects = connection._registry.objects
    offer = objects.offer

    def offer_and_wait(staged: Path, digest: str) -> None:
        offer(staged, digest)
        os.write(named, b"!")
        os.read(go, 1)
        sys.settrace(lambda frame, *_: die if frame.f_code.co_name == "stage" else None)

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)  # before the staged name is taken back

    objects.offer = offer_and_wait  # type: ignore[method-assign]
    model = crew.new_model(connection, 1)
    model.model_group_id = group_id
    model.save()


def collect_while_a_save_dies(root: Path) -> int:
    """Let a save be stored before every line of a collection; return how many lines there are."""
    crew.quiet()
    line = 0
    while True:
        line += 1
        with mg.connect(root / str(line)) as connection:  # a loop over more rows has more lines
            group_id = str(crew.save_version(connection, 0).model_group_id)
        named, go = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            save_and_die(root / str(line), group_id, named[1], go[0])
            os._exit(1)
        os.read(named[0], 1)
        reached = []

        def let_it_save(go: int = go[1], child: int = child, reached: list[bool] = reached) -> None:
            reached.append(True)
            os.write(go, b"!")
            for _ in range(20):  # it waits for the lock, if the collection has it
                if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    return
                time.sleep(0.005)

        with mg.connect(root / str(line)) as connection:
            crew.act_at_line(line, let_it_save, ("lifecycle/maintenance",))
            connection.gc()
            sys.settrace(None)
            if not reached:
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            crew.check_sound(connection)
            newest = connection.get_model_group(group_id).get_latest_version()
            assert crew.is_whole(newest, 1 if reached else 0)
        if not reached:
            return line


def test_a_collection_spares_what_is_saved_while_it_runs(tmp_path):
    assert crew.in_child(collect_while_a_save_dies, tmp_path) > 10


def collect_beside_the_dead(root: Path, before: Path) -> None:
    """Collect garbage while a transaction lies in the log whose process died in its commit.

    It has written all to the log, and not yet told the index of the log. The same comes about
    where the process dies right after its commit and the index is put back as it was.
    """
    crew.quiet()
    connection = mg.connect(root)
    crew.save_version(connection, 1)
    index = root / "catalog.db-shm"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reader, 1)
        crew.save_version(connection, 2)
        os.kill(os.getpid(), signal.SIGKILL)
    connection.models()  # so that this process has the catalog open when the child leaves
    subprocess.run(["cp", str(index), str(before)], check=True)  # not here: it would end locks
    os.write(writer, b"!")
    os.waitpid(child, 0)
    subprocess.run(["dd", f"if={before}", f"of={index}", "conv=notrunc", "status=none"], check=True)
    assert len(connection.models()) == 1
    assert len(connection.gc().digests) == 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_save_that_died_in_its_commit_does_not_come_back_without_its_file(tmp_path, root):
    process = crew.CONTEXT.Process(target=collect_beside_the_dead, args=(root, tmp_path / "index"))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    check_after_kills(root, [])
    with mg.connect(root) as connection:
        assert len(connection.models()) == 1
