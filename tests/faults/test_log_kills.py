"""Processes that are killed while they use a log lose nothing that they have acknowledged."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from itertools import chain, product

import crew
import log_crew
import pytest
from log_crew import check_files, check_log, hurry, id_of

import modelgroups as mg

ROUNDS_PER_SEED = 13
SENDERS = 3
SIZES = (1, 300, 40, 650)


def call(worker, turn, k):
    """The numbers of the kth call of a worker in a round."""
    start = ((worker * 100 + turn) * 1_000 + k) * 1_000
    return range(start, start + SIZES[(worker + k) % len(SIZES)])


def send_for_ever(root, model_id, worker, turn, acknowledge):
    """Send inferences, then their ground truths; tell what was acknowledged."""
    hurry()
    model = mg.connect(root).get_model(model_id)
    k = 0
    while True:
        numbers = call(worker, turn, k)
        if len(numbers) == 1:
            log_crew.send_one(model, numbers[0])
        else:
            model.send_inferences(log_crew.inferences(numbers))
        os.write(acknowledge.fileno(), f"sent {worker} {turn} {k}\n".encode())
        model.update_inference_ground_truths(log_crew.truths(numbers))
        os.write(acknowledge.fileno(), f"told {worker} {turn} {k}\n".encode())
        k += 1


def doomed(numbers):
    """Those of a call that are deleted."""
    return [id_of(n) for n in numbers if n % 2]


def delete_for_ever(root, model_id, worker, turn, acknowledge):
    """Send, and delete every second inference."""
    hurry()
    model = mg.connect(root).get_model(model_id)
    k = 0
    while True:
        numbers = call(worker, turn, k)
        model.send_inferences(log_crew.inferences(numbers))
        os.write(acknowledge.fileno(), f"sent {worker} {turn} {k}\n".encode())
        model.delete_inferences(doomed(numbers))
        os.write(acknowledge.fileno(), f"deleted {worker} {turn} {k}\n".encode())
        k += 1


def compact_for_ever(root, model_id, turn):
    hurry()
    connection = mg.connect(root)
    model = connection.get_model(model_id)
    if turn % 3 == 0:
        connection.gc()
    while True:
        model.compact()


def kill_all(chance, root, model_id, turn):
    """Let a crew work, and kill each at an instant of its own; return what was acknowledged."""
    reader, writer = crew.CONTEXT.Pipe(duplex=False)
    jobs = [(send_for_ever, (root, model_id, w, turn, writer)) for w in range(1, SENDERS + 1)]
    jobs.append((delete_for_ever, (root, model_id, SENDERS + 1, turn, writer)))
    jobs.append((compact_for_ever, (root, model_id, turn)))
    processes = [crew.CONTEXT.Process(target=f, args=args, daemon=True) for f, args in jobs]
    for process in processes:
        process.start()
    writer.close()
    with os.fdopen(os.dup(reader.fileno())) as told:
        first = [told.readline() for _ in range(chance.randint(1, 8))]
        for process in chance.sample(processes, len(processes)):
            time.sleep(chance.uniform(0.0, 0.02))
            process.kill()
        for process in processes:
            process.join()
            assert process.exitcode == -signal.SIGKILL
        lines = [line.split() for line in [*first, *told]]
    reader.close()
    return [(what, int(worker), int(turn), int(k)) for what, worker, turn, k in lines]


def check_round(model, acknowledged, turn):
    """All that was acknowledged is there once, and every call is there whole or not at all."""
    table = model.inference_table(["partner_inference_id", "fraud"])
    found = table["partner_inference_id"].to_pylist()
    labelled = {i for i, label in zip(found, table["fraud"].to_pylist(), strict=True) if label}
    assert len(found) == len(set(found))
    by_call = defaultdict(set)
    for text in found:
        by_call[int(text[3:]) // 1_000].add(text)
    for (worker, k), done in acknowledged.items():
        numbers = call(worker, turn, k)
        there = by_call.pop(numbers[0] // 1_000, set())
        whole = {id_of(n) for n in numbers}
        left = whole - set(doomed(numbers))
        if "deleted" in done:
            assert there == left
        elif worker > SENDERS:
            assert there in (whole, left)  # and none where it was not acknowledged, below
        else:
            assert there == whole
        if "told" in done:
            assert {id_of(n) for n in numbers if n % 2} <= labelled
    for start, there in by_call.items():
        worker, of_turn, k = start // 100_000, start // 1_000 % 100, start % 1_000
        if of_turn == turn:
            assert len(there) == len(call(worker, turn, k))


def send_all_again(model, acknowledged, *, together):
    """Repeat every call, and one more of each worker; return what the log must hold.

    Together, the calls of a worker in a round become one.
    """
    sent, told = {}, {}
    for worker, turn in product(range(1, SENDERS + 2), range(ROUNDS_PER_SEED)):
        done = (k for _, w, t, k in acknowledged if (w, t) == (worker, turn))
        calls = [call(worker, turn, k) for k in range(max(done, default=-1) + 2)]
        for numbers in [list(chain.from_iterable(calls))] if together else calls:
            assert model.send_inferences(log_crew.inferences(numbers))["counts"]["failure"] == 0
            sent |= dict.fromkeys(numbers, 0)
            if worker <= SENDERS:
                model.update_inference_ground_truths(log_crew.truths(numbers))
                told |= dict.fromkeys(numbers, 0)
            else:
                model.delete_inferences(doomed(numbers))
                gone = {n for n in numbers if n % 2}
                sent = {n: v for n, v in sent.items() if n not in gone}
    return sent, told


@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_survives_kills(quick_root, seed):
    chance = random.Random(seed)
    model_id = log_crew.new_log(quick_root)
    everything = []
    for turn in range(ROUNDS_PER_SEED):
        acknowledged = kill_all(chance, quick_root, model_id, turn)
        everything += acknowledged
        by_call = defaultdict(set)
        for what, worker, _, k in acknowledged:
            by_call[worker, k].add(what)
        with mg.connect(quick_root) as connection:
            check_round(connection.get_model(model_id), by_call, turn)
    with mg.connect(quick_root) as connection:
        model = connection.get_model(model_id)
        check_log(model, *send_all_again(model, everything, together=False))
        model.compact()
        check_log(model, *send_all_again(model, everything, together=True))
        check_files(connection, model)


# at every line


def killed_at_line(root, model_id, line, work):
    """Work in a forked child that kills itself before its nth line; return its status."""
    child = os.fork()
    if child == 0:
        log_crew.hurry_after_fork()
        with mg.connect(root) as connection:
            model = connection.get_model(model_id)
            log_crew.act_at_line(line, lambda: os.kill(os.getpid(), signal.SIGKILL))
            work(model, line)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def kill_at_lines(root, model_id, work, prepare, check, step):
    """Kill work at every so many lines, until it gets through; return their number."""
    hurry()
    with mg.connect(root) as connection:
        prepare(connection.get_model(model_id), 0)
    line = 1
    while True:
        status = killed_at_line(root, model_id, line, work)
        assert status in (0, signal.SIGKILL)
        with mg.connect(root) as connection:
            model = connection.get_model(model_id)
            check(model, line)
            if status == 0:
                return line
            prepare(model, line)
        line += step


def numbers_at(line, size):
    return range(line * 1_000, line * 1_000 + size)


def send_many(model, line):
    rows = log_crew.inferences(numbers_at(line, 300))
    model.send_inferences(rows.assign(fraud=1, ground_truth_timestamp=log_crew.START))


def send_few(model, line):
    rows = log_crew.inferences(numbers_at(line, 3))
    model.send_inferences(rows.assign(fraud=1, ground_truth_timestamp=log_crew.START))


def is_whole_or_absent(model, line):
    """The call is there whole, with its ground truths, or not at all; and can be repeated."""
    low, high = id_of(line * 1_000), id_of(line * 1_000 + 999)
    table = model.inference_table(["partner_inference_id", "fraud"]).to_pandas()
    mine = table[table["partner_inference_id"].between(low, high)]
    assert len(mine) in (0, 3, 300)
    assert (mine["fraud"] == 1).all()
    summary = model.summary()
    assert summary.n_inferences == summary.n_ground_truths == len(table)
    size = len(mine)
    if size:
        rows = log_crew.inferences(numbers_at(line, size))
        rows = rows.assign(fraud=1, ground_truth_timestamp=log_crew.START)
        assert model.send_inferences(rows)["counts"]["success"] == size
        assert model.summary().n_inferences == summary.n_inferences


@pytest.mark.parametrize(("send", "step"), [(send_many, 83), (send_few, 31)])
def test_a_call_that_is_killed_at_any_line_is_whole_or_absent(quick_root, send, step):
    model_id = log_crew.new_log(quick_root)
    n_lines = crew.in_child(
        kill_at_lines, quick_root, model_id, send, nothing, is_whole_or_absent, step
    )
    assert n_lines > 60
    with mg.connect(quick_root) as connection:
        model = connection.get_model(model_id)
        model.compact()
        check_files(connection, model)


def nothing(model, line):
    """Prepare nothing."""


def scatter(model, line):
    """Leave parcels, segments and deleted rows for a compaction."""
    start = line * 1_000
    for number in range(start, start + 3):
        log_crew.send_one(model, number)
    model.update_inference_ground_truths(log_crew.truths(range(start, start + 400)))
    model.send_inferences(log_crew.inferences(range(start + 100, start + 400)))
    model.delete_inferences([id_of(n) for n in range(start + 200, start + 230)])
    model.delete_inferences([id_of(start + 1)])


def expected_after(line, step):
    """What `scatter` leaves, over all its calls."""
    sent, told = {}, {}
    for at in [0, *range(1, line + 1, step)]:
        start = at * 1_000
        gone = {start + 1, *range(start + 200, start + 230)}
        there = [*range(start, start + 3), *range(start + 100, start + 400)]
        sent |= {n: 0 for n in there if n not in gone}
        told |= {n: 0 for n in range(start, start + 400) if n not in gone}
    return sent, told


COMPACTION_STEP = 157


def compact(model, line):
    model.compact()


def is_as_scattered(model, line):
    check_log(model, *expected_after(line - COMPACTION_STEP, COMPACTION_STEP))


def test_a_compaction_that_is_killed_at_any_line_changes_no_answer(quick_root):
    model_id = log_crew.new_log(quick_root)
    n_lines = crew.in_child(
        kill_at_lines, quick_root, model_id, compact, scatter, is_as_scattered, COMPACTION_STEP
    )
    assert n_lines > 300
    with mg.connect(quick_root) as connection:
        model = connection.get_model(model_id)
        check_files(connection, model)
        model.compact()
        check_files(connection, model)


def delete_half(model, line):
    model.delete_inferences([id_of(n) for n in numbers_at(line, 400) if n % 2])


def lay_out(model, line):
    """Lay out what the next turn deletes: rows in parcels and in a segment."""
    following = line + DELETION_STEP if line else 1
    numbers = numbers_at(following, 400)
    model.send_inferences(log_crew.inferences(numbers[:300]))
    model.send_inferences(log_crew.inferences(numbers[300:]))
    model.update_inference_ground_truths(log_crew.truths(numbers))


DELETION_STEP = 67


def is_deleted_or_not(model, line):
    table = model.inference_table(["partner_inference_id", "fraud"]).to_pandas()
    low, high = id_of(line * 1_000), id_of(line * 1_000 + 999)
    mine = table[table["partner_inference_id"].between(low, high)]
    assert len(mine) in (200, 400)
    summary = model.summary()
    counts = (summary.n_inferences, summary.n_ground_truths, summary.n_waiting)
    assert counts == (len(table), int(table["fraud"].notna().sum()), 0)
    n_deleted = model.deletions()["n_inferences"].sum()
    n_calls = len(range(1, line + 1, DELETION_STEP))
    assert len(table) + n_deleted == 400 * n_calls


def test_a_deletion_that_is_killed_at_any_line_is_whole_or_absent(quick_root):
    model_id = log_crew.new_log(quick_root)
    n_lines = crew.in_child(
        kill_at_lines, quick_root, model_id, delete_half, lay_out, is_deleted_or_not, DELETION_STEP
    )
    assert n_lines > 100
    with mg.connect(quick_root) as connection:
        model = connection.get_model(model_id)
        model.compact()
        check_files(connection, model)


ENRICHING_STEP = 101


def enrich_many(model, line):
    model.add_enrichments(log_crew.enrichments(numbers_at(line, 300)))


def enrich_few(model, line):
    model.add_enrichments(log_crew.enrichments(numbers_at(line, 3)))


def send_following(model, line):
    """Send the inferences that the next turn enriches."""
    following = line + ENRICHING_STEP if line else 1
    model.send_inferences(log_crew.inferences(numbers_at(following, 300)))


def is_enriched_or_not(model, line):
    table = log_crew.enriched(model).reindex(
        columns=["partner_inference_id", "anomaly_score", "explainer_score"]
    )
    low, high = id_of(line * 1_000), id_of(line * 1_000 + 999)
    mine = table[table["partner_inference_id"].between(low, high)].dropna()
    assert len(mine) in (0, 3, 300)
    wanted = log_crew.enrichments(numbers_at(line, len(mine)))[list(mine.columns)]
    assert mine.reset_index(drop=True).equals(wanted) or not len(mine)


@pytest.mark.parametrize("enrich", [enrich_many, enrich_few])
def test_enrichments_that_are_killed_at_any_line_are_whole_or_absent(quick_root, enrich):
    model_id = log_crew.new_log(quick_root)
    n_lines = crew.in_child(
        kill_at_lines,
        quick_root,
        model_id,
        enrich,
        send_following,
        is_enriched_or_not,
        ENRICHING_STEP,
    )
    assert n_lines > 60
    with mg.connect(quick_root) as connection:
        model = connection.get_model(model_id)
        model.compact()
        check_files(connection, model)
