"""Threads, forked children, interrupts, closings and refusals of the disk, while rows are sent."""

from __future__ import annotations

import gc
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crew
import log_crew
import pytest
from log_crew import check_files, check_log, hurry

import modelgroups as mg
from modelgroups.errors import ModelGroupsError, ReadOnlyError, UnexpectedError


def block(worker, turn, size):
    start = (worker * 1_000 + turn) * 1_000
    return range(start, start + size)


def sizes(worker, n):
    """Single rows, some rows, and so many that they make a segment."""
    chance = random.Random(worker)
    return [chance.choice([1, 5, 200, 300, 500]) for _ in range(n)]


def send(model, worker, n):
    """Send calls of many sizes; return what was sent."""
    sent = {}
    for turn, size in enumerate(sizes(worker, n)):
        numbers = block(worker, turn, size)
        if size == 1:
            log_crew.send_one(model, numbers[0])
        else:
            model.send_inferences(log_crew.inferences(numbers))
        model.update_inference_ground_truths(log_crew.truths(numbers))
        sent |= dict.fromkeys(numbers, 0)
    return sent


def test_threads_share_a_connection(root):
    model_id = log_crew.new_log(root)
    with mg.connect(root) as connection, ThreadPoolExecutor(6) as pool:
        model = connection.get_model(model_id)
        senders = [pool.submit(send, model, worker, 25) for worker in range(4)]
        compactor = pool.submit(lambda: [model.compact() for _ in range(10)])
        while not all(sender.done() for sender in senders):
            found = model.inference_table(["partner_inference_id"])["partner_inference_id"]
            assert len(found.unique()) == len(found)
        compactor.result(60)
        sent = {n: v for sender in senders for n, v in sender.result(60).items()}
        check_log(model, sent, sent)
        connection.registry.upkeep.wait()
        assert model.summary().n_segments < 40
        check_files(connection, model)


# forks


def fork_beside_senders(root, model_id, n_children):
    """Fork while threads send and upkeep works; each child sends through the same connection."""
    hurry()
    connection = mg.connect(root)
    model = connection.get_model(model_id)
    send(model, 90, 3)  # loads what is loaded late: a fork must not meet a lock of the imports
    with ThreadPoolExecutor(2) as pool:
        senders = [pool.submit(send, model, worker, 30) for worker in (1, 2)]
        children = []
        for number in range(n_children):
            child = os.fork()
            if child == 0:
                log_crew.hurry_after_fork(60)
                send(model, 10 + number, 12)
                connection.registry.upkeep.wait()
                connection.close()
                os._exit(0)
            children.append(child)
            time.sleep(0.02)
        statuses = [os.waitpid(child, 0)[1] for child in children]
        for sender in senders:
            sender.result(60)
    connection.close()
    return statuses


def test_forked_children_send_while_their_parent_sends_and_compacts(root):
    model_id = log_crew.new_log(root)
    n_children = 12
    statuses = crew.in_child(fork_beside_senders, root, model_id, n_children)
    assert statuses == [0] * n_children
    works = [(90, 3), (1, 30), (2, 30), *((10 + number, 12) for number in range(n_children))]
    sent = {
        n: 0
        for worker, n_calls in works
        for turn, size in enumerate(sizes(worker, n_calls))
        for n in block(worker, turn, size)
    }
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        check_log(model, sent, sent)
        model.compact()
        check_files(connection, model)


def fork_much_beside_senders(root, model_id):
    """A lock that another thread holds at the fork must not be held for ever in the child."""
    hurry()
    connection = mg.connect(root)
    model = connection.get_model(model_id)
    send(model, 90, 3)
    is_over = threading.Event()

    def send_on(worker):
        turn = 0
        while not is_over.is_set():
            log_crew.send_one(model, block(worker, turn, 1)[0])
            turn += 1
        return turn

    with ThreadPoolExecutor(3) as pool:
        senders = [pool.submit(send_on, worker) for worker in (1, 2, 3)]
        statuses = []
        for number in range(60):
            child = os.fork()
            if child == 0:
                log_crew.hurry_after_fork(60)
                model.send_inferences(log_crew.inferences(block(10 + number, 0, 300)))
                connection.close()
                os._exit(0)
            statuses.append(os.waitpid(child, 0)[1])
        is_over.set()
        n_sent = sum(sender.result(60) for sender in senders)
    connection.close()
    return statuses, n_sent


def test_a_fork_meets_no_lock_of_another_thread(root):
    model_id = log_crew.new_log(root)
    statuses, n_sent = crew.in_child(fork_much_beside_senders, root, model_id)
    assert statuses == [0] * 60
    n_before = sum(sizes(90, 3))
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        assert model.summary().n_inferences == n_before + 60 * 300 + n_sent


# interrupts and ends


def interrupt_sends(root, model_id, seed):
    """Send with Ctrl-C at random moments, and each call again that was interrupted."""
    hurry()
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    chance = random.Random(seed)
    n_interrupted = 0
    sent = {}
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        send(model, 900, 2)
        for turn in range(80):
            numbers = block(seed, turn, chance.choice([1, 40, 300]))
            rows = log_crew.inferences(numbers).assign(fraud=1)
            rows["ground_truth_timestamp"] = log_crew.START
            for _ in range(3):
                try:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-4, 0.04))
                    model.send_inferences(rows)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    n_interrupted += 1
            assert model.send_inferences(rows)["counts"]["failure"] == 0
            sent |= dict.fromkeys(numbers, 0)
            summary = model.summary()
            assert summary.n_inferences == summary.n_ground_truths
        connection.registry.upkeep.wait()
        assert all(used.closed for used in connection.registry.catalog._in_use)
        gc.collect()  # what a traceback held
        assert list(root.glob(crew.STAGED)) == []
    assert threading.active_count() == 1
    return n_interrupted, sorted(sent)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_interrupted_call_can_be_repeated_and_is_stored_once(root, seed):
    model_id = log_crew.new_log(root)
    n_interrupted, sent = crew.in_child(interrupt_sends, root, model_id, seed)
    assert n_interrupted > 5
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        ids = model.inferences(["partner_inference_id"])["partner_inference_id"]
        before = [log_crew.id_of(n) for t, s in enumerate(sizes(900, 2)) for n in block(900, t, s)]
        assert len(ids) == len(set(ids))
        assert set(ids) == {*map(log_crew.id_of, sent), *before}
        model.compact()
        check_files(connection, model)


def close_early(root, model_id, turn):
    """Close while upkeep has work, and end the process."""
    hurry()
    connection = mg.connect(root)
    model = connection.get_model(model_id)
    for number in range(9):  # nine segments are one too many
        model.send_inferences(log_crew.inferences(block(turn, number, 300)))
    time.sleep(random.Random(turn).uniform(0, 0.05))
    start = time.monotonic()
    connection.close()
    n_threads = threading.active_count()
    with pytest.raises(ModelGroupsError, match="closed"):
        model.send_inferences(log_crew.inferences(block(turn, 10, 1)))
    return time.monotonic() - start, n_threads


def test_closing_while_upkeep_works_is_quick_and_loses_nothing(root):
    model_id = log_crew.new_log(root)
    for turn in range(8):
        seconds, n_threads = crew.in_child(close_early, root, model_id, turn)
        assert seconds < 10
        assert n_threads <= 2  # that of the pool which runs this
        with mg.connect(root) as connection:
            summary = connection.get_model(model_id).summary()
            assert summary.n_inferences == (turn + 1) * 2_700
            assert summary.n_segments < 20
    with mg.connect(root) as connection:
        check_files(connection, connection.get_model(model_id))


@pytest.mark.parametrize("end", ["", "raise SystemExit(0)", "del connection, model", "1 / 0"])
def test_a_program_that_ends_without_closing_ends_quietly(root, end):
    model_id = log_crew.new_log(root)
    code = (
        "import sys, log_crew, modelgroups as mg\n"
        "connection = mg.connect(sys.argv[1])\n"
        "model = connection.get_model(sys.argv[2])\n"
        "for turn in range(12):\n"
        "    numbers = range(turn * 100_000, turn * 100_000 + 20_000)\n"
        "    model.send_inferences(log_crew.inferences(numbers))\n"
        f"{end}\n"
    )
    paths = [str(Path(crew.__file__).parent), str(Path(mg.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), model_id],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == ("/ 0" in end), done.stderr
    assert "thread" not in done.stderr.lower()
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        assert model.summary().n_inferences == 240_000
        check_files(connection, model)


# reading only


def read_log(root, model_id):
    """Read a log where nothing can be written; every method that writes is refused."""
    with mg.connect(root, read_only=True) as connection:
        model = connection.get_model(model_id)
        check_log(model, dict.fromkeys(range(400), 0), dict.fromkeys(range(300), 0))
        assert model.inference(log_crew.id_of(3))["fraud"] == 1
        assert len(model.batches()) == len(model.deletions()) == 0
        for write in (
            lambda: model.send_inferences(log_crew.inferences([1])),
            lambda: model.send_inferences(log_crew.inferences(range(300))),
            lambda: model.update_inference_ground_truths(log_crew.truths([1])),
            lambda: model.delete_inferences([log_crew.id_of(1)]),
            lambda: model.send_bulk_inferences(data=log_crew.inferences(range(300))),
            lambda: model.close_batch("b"),
            model.compact,
        ):
            with pytest.raises(ReadOnlyError, match="read-only"):
                write()
        assert connection.verify()
    return True


def make_readable(root):
    model_id = log_crew.new_log(root)
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        model.send_inferences(log_crew.inferences(range(300)))
        model.send_inferences(log_crew.inferences(range(300, 400)))
        model.update_inference_ground_truths(log_crew.truths(range(300)))
    return model_id


def test_a_reader_of_a_log_is_refused_every_write_and_changes_nothing(root):
    model_id = make_readable(root)
    before = crew.listing(root)
    assert read_log(root, model_id)
    assert crew.listing(root) == before


def test_a_log_is_read_where_nothing_can_be_written(root, public):
    model_id = make_readable(root)
    shared = public / "registry"
    shutil.copytree(root, shared)
    for path in [*shared.rglob("*"), shared]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert crew.unprivileged(read_log, shared, model_id)
    finally:
        for path in [shared, *shared.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


# refusals of the disk


def limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def send_with_limits(root, model_id, limits):
    """Send while no file may grow beyond a limit; then lift the limit and send again."""
    hurry()
    n_refused = 0
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        for turn, limit in enumerate(limits):
            numbers = block(1, turn, 300 if turn % 2 else 200)
            rows = log_crew.inferences(numbers).assign(fraud=1)
            rows["ground_truth_timestamp"] = log_crew.START
            before = model.summary().n_inferences
            limit_files(limit)
            try:
                model.send_inferences(rows)
            except UnexpectedError as error:
                n_refused += "free some space" in str(error)
            limit_files(resource.RLIM_INFINITY)
            assert model.summary().n_inferences in (before, before + len(numbers))
            assert model.send_inferences(rows)["counts"]["failure"] == 0
            summary = model.summary()
            assert summary.n_inferences == summary.n_ground_truths == before + len(numbers)
        connection.registry.upkeep.wait()
        model.compact()
        check_files(connection, model)
    return n_refused


def test_a_call_that_the_disk_refuses_is_whole_or_absent_and_can_be_repeated(root):
    model_id = log_crew.new_log(root)
    limits = [1_000 * 2**n for n in range(9) for _ in range(4)]
    assert crew.in_child(send_with_limits, root, model_id, limits) > 5


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_and_use(folder, model_id):
    """Send, compact and delete while the disk is full to a varying degree."""
    hurry()
    root, ballast = folder / "registry", folder / "ballast"
    n_refused = n_sent = 0
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        for turn in range(40):
            if connection.registry.upkeep is not None:
                connection.registry.upkeep.wait()
            free = shutil.disk_usage(folder).free
            ballast.write_bytes(bytes(max(free - 4096 * (turn * 7 % 40), 0)))
            rows = log_crew.inferences(block(1, turn, 300))
            before = model.summary().n_inferences
            for work in (
                lambda rows=rows: model.send_inferences(rows),
                model.compact,
                lambda turn=turn: model.delete_inferences([log_crew.id_of(block(1, turn, 1)[0])]),
            ):
                try:
                    work()
                except UnexpectedError:
                    n_refused += 1
            if connection.registry.upkeep is not None:
                connection.registry.upkeep.wait()
            ballast.unlink()
            n_sent = model.summary().n_inferences
            assert n_sent - before in (0, 299, 300)
            assert connection.verify()
            model.send_inferences(rows)
            assert model.summary().n_inferences == before + 300
        model.compact()
        check_files(connection, model)
    return n_refused


def test_a_full_disk_neither_kills_nor_tears(small_disk):
    model_id = log_crew.new_log(small_disk / "registry")
    assert crew.in_child(fill_and_use, small_disk, model_id) > 5
