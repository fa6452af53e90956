"""Senders, readers and compactors of one log at once, and the totals always add up."""

from __future__ import annotations

import random
import time

import crew
import log_crew
from log_crew import Finish, check_files, check_log, hurry, id_of, until

import modelgroups as mg

SENDERS = 3
OWN = 100_000
"""Numbers of one sender only begin at a multiple of this."""
SHARED, DISPUTED = 900_000, 950_000


def ranges(worker):
    """The calls of a sender: ranges of numbers, each sent in one frame."""
    chance = random.Random(worker)
    found, start = [], OWN * worker
    for _ in range(6):
        size = chance.randint(300, 2_000)
        found.append(range(start, start + size))
        start += size
    return found


SHARED_CALLS = [range(SHARED + 700 * i, SHARED + 700 * (i + 1)) for i in range(4)]
SINGLES = 60


def singles(worker):
    """Numbers that a sender sends one by one."""
    return range(OWN * worker + 50_000, OWN * worker + 50_000 + SINGLES)


def disputed(worker):
    """Ranges that overlap with those of others, of which each sender says something else."""
    return [range(DISPUTED + 1_000 * i, DISPUTED + 1_000 * i + 300 + 100 * worker) for i in (0, 1)]


def accepted(answer, numbers):
    return [n for n, r in zip(numbers, answer["results"], strict=True) if r["status"] == 200]


def send(root, model_id, worker, finish):
    """Send everything, in an order of its own; return the disputed numbers that were taken."""
    hurry()
    chance = random.Random(worker)
    taken = []
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        calls = [("frame", numbers) for numbers in [*ranges(worker), *SHARED_CALLS]]
        calls += [("disputed", numbers) for numbers in disputed(worker)]
        calls += [("one", [number]) for number in singles(worker)]
        chance.shuffle(calls)
        for kind, numbers in calls:
            if kind == "one":
                answer = log_crew.send_one(model, numbers[0])
            else:
                variant = worker if kind == "disputed" else 0
                rows = log_crew.inferences(numbers, variant)
                answer = model.send_inferences(rows, fail_silently=True)
            if kind == "disputed":
                taken += accepted(answer, numbers)
            else:
                assert answer["counts"] == {
                    "success": len(numbers),
                    "failure": 0,
                    "total": len(numbers),
                }
            if chance.random() < 0.1:  # a retry
                again = model.send_inferences(
                    log_crew.inferences(numbers, worker if kind == "disputed" else 0),
                    fail_silently=True,
                )
                assert again["results"] == answer["results"]
    finish.here(worker)
    return taken


def told_numbers():
    own = [n for worker in range(1, SENDERS + 1) for r in ranges(worker)[:4] for n in r]
    lone = [n for worker in range(1, SENDERS + 1) for n in singles(worker)]
    never_sent = range(10, 60)
    return [*own, *lone, *SHARED_CALLS[0], *never_sent]


def tell(root, model_id, finish):
    """Send ground truths in shuffled order, some before their inference, some again."""
    hurry()
    chance = random.Random(0)
    numbers = told_numbers()
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        for version in (1, 0):  # the older one comes later, and changes nothing
            chance.shuffle(numbers)
            start = 0
            while start < len(numbers):
                size = chance.choice([1, 3, 40, 300, 1_500])
                some = numbers[start : start + size]
                answer = model.update_inference_ground_truths(log_crew.truths(some, version))
                assert answer["counts"]["failure"] == 0
                start += size
    finish.here("truths")


def watch(root, model_id, finish):
    """Read again and again: totals add up, and no call is ever seen in part."""
    hurry()
    calls = [call for worker in range(1, SENDERS + 1) for call in ranges(worker)] + SHARED_CALLS
    calls_of_ids = [{id_of(n) for n in call} for call in calls]
    most = n_truths = n_turns = 0
    with mg.connect(root, read_only=True) as connection:
        model = connection.get_model(model_id)
        for _ in until(finish):
            ids = model.inference_table(["partner_inference_id", "fraud"])
            found = ids["partner_inference_id"].to_pylist()
            seen = set(found)
            assert len(seen) == len(found)
            assert all(len(call & seen) in (0, len(call)) for call in calls_of_ids)
            summary = model.summary()
            assert most <= len(found) <= summary.n_inferences
            assert summary.n_ground_truths + summary.n_waiting >= n_truths
            assert len(found) - ids["fraud"].null_count <= summary.n_ground_truths
            most, n_truths = summary.n_inferences, summary.n_ground_truths + summary.n_waiting
            n_turns += 1
    return n_turns


def compact(root, model_id, finish):
    hurry()
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        for turn in until(finish):
            model.compact()
            if turn % 3 == 0:
                connection.gc()
            time.sleep(0.02)
    return turn


def work_on(work, *arguments):
    return work(*arguments)


def test_the_log_is_the_plain_answer_whoever_sends_reads_and_compacts_at_once(tmp_path, root):
    model_id = log_crew.new_log(root)
    finish = Finish(tmp_path, SENDERS + 1)
    jobs = [(send, root, model_id, worker, finish) for worker in range(1, SENDERS + 1)]
    jobs += [(work, root, model_id, finish) for work in (tell, watch, compact)]
    *taken, _, n_read, n_compacted = crew.together(work_on, jobs)
    assert n_read > 1
    assert n_compacted > 1

    sent = {n: 0 for worker in range(1, SENDERS + 1) for call in ranges(worker) for n in call}
    sent |= {n: 0 for worker in range(1, SENDERS + 1) for n in singles(worker)}
    sent |= {n: 0 for call in SHARED_CALLS for n in call}
    assert sum(map(len, taken)) >= len({n for numbers in taken for n in numbers})
    for worker, numbers in enumerate(taken, start=1):
        for number in set(numbers):
            # what of a number does not depend on the variant is the same inference
            assert sent.setdefault(number, worker) == worker or number % 11 == 0
    told = dict.fromkeys(told_numbers(), 1)
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        check_log(model, sent, told)
        assert model.compact().n_segments <= 12
        check_log(model, sent, told)
        check_files(connection, model)
