"""Many processes and threads use one registry at once, and nothing is lost or torn."""

from __future__ import annotations

import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier

import crew
import pytest

import modelgroups as mg
from modelgroups.errors import ConflictError

PROCESSES = 8


@pytest.fixture
def group_id(root):
    with mg.connect(root) as connection:
        return crew.save_version(connection, 0).model_group_id


def open_and_save(root, worker):
    with mg.connect(root) as connection:
        return crew.save_version(connection, worker).id


def test_one_fresh_folder_is_opened_by_many_at_once(tmp_path):
    with crew.team(PROCESSES) as run:
        for number in range(12):
            root = tmp_path / f"registry-{number}"
            ids = run(open_and_save, [(root, worker) for worker in range(PROCESSES)])
            with mg.connect(root) as connection:
                assert {model.id for model in connection.models()} == set(ids)
                crew.check_sound(connection)
            assert {path.name for path in root.iterdir()} == {".lock", "catalog.db", "objects"}


def save_many(root, group_id, worker, n):
    with mg.connect(root) as connection:
        return [
            crew.save_version(connection, i, group_id, partner_model_id=f"{worker}-{i}")
            .version_sequence_num
            for i in range(n)
        ]  # fmt: skip


def test_versions_of_one_group_are_numbered_without_gap_by_many_processes(root, group_id):
    jobs = [(root, group_id, worker, 25) for worker in range(PROCESSES)]
    numbers = crew.together(save_many, jobs)
    assert all(given == sorted(given) for given in numbers)
    assert sorted(chain.from_iterable(numbers)) == list(range(2, 202))
    with mg.connect(root) as connection:
        crew.check_sound(connection)
    assert len(crew.published(root)) == 25  # equal frames share a file


def test_versions_are_numbered_without_gap_by_threads_that_share_a_connection(root, group_id):
    barrier = Barrier(PROCESSES)
    with mg.connect(root) as connection, ThreadPoolExecutor(PROCESSES) as pool:

        def save(worker):
            barrier.wait(60)
            models = [crew.save_version(connection, i, group_id) for i in range(10)]
            return [model.version_sequence_num for model in models]

        numbers = list(pool.map(save, range(PROCESSES)))
        crew.check_sound(connection)
    assert sorted(chain.from_iterable(numbers)) == list(range(2, 10 * PROCESSES + 2))


def race(root, group_id, seed, fields):
    with mg.connect(root) as connection:
        try:
            return crew.save_version(connection, seed, group_id, **fields).id
        except ConflictError as error:
            return str(error)


@pytest.mark.parametrize("field", ["label", "partner_model_id"])
def test_exactly_one_of_two_processes_gets_a_name(root, group_id, field):
    with crew.team(2) as run, mg.connect(root) as connection:
        for number in range(20):
            name = f"name-{number}"
            answers = run(race, [(root, group_id, seed, {field: name}) for seed in (1, 2)])
            (won,) = (answer for answer in answers if name not in answer)
            assert [model.id for model in connection.models(**{field: name})] == [won]
        crew.check_sound(connection)


def name_many(root, worker):
    with mg.connect(root) as connection:
        return [crew.save_version(connection, 1).partner_model_id for _ in range(5)]


def test_partner_ids_that_are_made_within_one_second_never_clash(root, group_id):
    made = list(chain.from_iterable(crew.together(name_many, [(root, w) for w in range(4)])))
    assert len(set(made)) == len(made) == 20


def read_until(root, group_id, n_last):
    """Read the newest version again and again, until it is the last one."""
    with mg.connect(root) as connection:
        group = connection.get_model_group(group_id)
        while True:
            versions = group.get_versions()
            numbers = [version.version_sequence_num for version in versions]
            assert numbers == list(range(len(versions), 0, -1))
            newest = versions[0]
            assert crew.is_whole(newest, int(newest.description or 0))
            if newest.version_sequence_num == n_last:
                return True


def save_described(root, group_id, seeds):
    with mg.connect(root) as connection:
        return [
            bool(crew.save_version(connection, seed, group_id, description=str(seed)))
            for seed in seeds
        ]


def work_on(work, *arguments):
    return work(*arguments)


def test_readers_beside_writers_see_whole_versions(root, group_id):
    jobs = [
        *((save_described, root, group_id, range(1, 31)) for _ in range(2)),
        *((read_until, root, group_id, 61) for _ in range(2)),
    ]
    assert crew.together(work_on, jobs)[2:] == [True, True]


def save_and_archive(root, seeds):
    """Save versions, each in a group of its own, archive every second, read all back."""
    with mg.connect(root) as connection:
        models = [crew.save_version(connection, seed) for seed in seeds]
        for model in models[::2]:
            model.archive()
        return all(crew.is_whole(m, seed) for m, seed in zip(models, seeds, strict=True))


def litter_and_collect(root, litter, n):
    """Put the files of others into place again and again, and collect what nobody uses."""
    (root / "objects").mkdir(exist_ok=True)
    with mg.connect(root) as connection:
        removed = 0
        for _ in range(n):
            for path in litter.glob("*.parquet"):
                target = root / "objects" / path.name
                if not target.exists():
                    shutil.copy(path, target.parent / "copy")
                    (target.parent / "copy").replace(target)
            removed += len(connection.gc().digests)
        return removed


def test_collecting_garbage_never_removes_what_equal_frames_use(tmp_path, root):
    """The frames that are being saved lie there already, as garbage, when their savers come."""
    litter = tmp_path / "litter"
    seeds = [i % 10 for i in range(20)]
    with mg.connect(litter) as connection:
        for seed in set(seeds):
            crew.save_version(connection, seed)
    mg.connect(root).close()
    jobs = [
        *((save_and_archive, root, seeds) for _ in range(3)),
        (litter_and_collect, root, litter / "objects", 40),
    ]
    *whole, _ = crew.together(work_on, jobs)
    assert whole == [True, True, True]
    with mg.connect(root) as connection:
        connection.gc()
        crew.check_sound(connection)
    assert crew.published(root) == crew.known(root)


def save_in_parent_and_child(root, group_id, n):
    """Fork with an open connection; both save at once through it, and the parent leaves first."""
    connection = mg.connect(root)
    crew.save_version(connection, 1, group_id)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        for i in range(n):
            crew.save_version(connection, i, group_id)
        os.read(reader, 1)  # until the parent has closed its connection
        for i in range(n):
            crew.save_version(connection, i, group_id)
        connection.close()
        os._exit(0)
    os.close(reader)
    for i in range(n):
        crew.save_version(connection, i, group_id)
    connection.close()
    os.close(writer)
    with mg.connect(root) as again:
        for i in range(n):
            crew.save_version(again, i, group_id)
    return os.waitpid(child, 0)[1]


def test_a_forked_child_goes_on_with_the_connection_of_its_parent(root, group_id):
    assert crew.in_child(save_in_parent_and_child, root, group_id, 15) == 0
    with mg.connect(root) as connection:
        assert connection.get_model_group(group_id).get_latest_version().version_sequence_num == 62
        crew.check_sound(connection)


def fork_beside_threads(root, group_id, n):
    """Fork while other threads save; each child saves once through the same connection."""
    with mg.connect(root) as connection, ThreadPoolExecutor(3) as pool:
        crew.save_version(connection, 1, group_id)  # a lock of Python's imports would stay taken
        prepared = [crew.new_model(connection, i) for i in range(n)]
        savers = [
            pool.submit(lambda: [crew.save_version(connection, i, group_id) for i in range(n)])
            for _ in range(3)
        ]
        children = []
        for model in prepared:
            child = os.fork()
            if child == 0:
                signal.alarm(60)  # rather dead than stuck
                model.model_group_id = group_id
                model.save()
                os._exit(0)
            children.append(child)
        statuses = [os.waitpid(child, 0)[1] for child in children]
        return statuses, sum(len(saver.result()) for saver in savers)


def test_forking_while_other_threads_save_loses_nothing(root, group_id):
    statuses, n_saved = crew.in_child(fork_beside_threads, root, group_id, 10)
    assert statuses == [0] * 10
    with mg.connect(root) as connection:
        crew.check_sound(connection)
        newest = connection.get_model_group(group_id).get_latest_version()
        assert newest.version_sequence_num == 2 + n_saved + 10


def test_a_memory_registry_of_a_parent_outlives_the_end_of_a_child(tmp_path):
    assert crew.in_child(end_a_child_with_memory) == 1


def end_a_child_with_memory():
    with mg.connect(":memory:") as connection:
        crew.save_version(connection, 1)
        child = os.fork()
        if child == 0:
            connection.close()
            os._exit(0)
        os.waitpid(child, 0)
        crew.check_sound(connection)
        return len(connection.models())


def test_opening_a_registry_twice_in_one_process_loses_no_locks(root, group_id):
    """A process that closes a file loses every lock that it has on it, by POSIX."""
    with mg.connect(root) as connection:
        crew.save_version(connection, 1, group_id)
        mg.connect(root).close()
        mg.connect(root, read_only=True).close()
        crew.together(open_and_save, [(root, 2)])  # and leaves, as the last one as it believes
        saved = crew.save_version(connection, 3, group_id)
        crew.together(open_and_save, [(root, 4)])
    with mg.connect(root) as connection:
        assert crew.is_whole(connection.get_model(saved.id), 3)
        assert len(connection.models()) == 5
