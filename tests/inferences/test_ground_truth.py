"""Ground truth in any order, beside plain pandas; and the log beside a plain model of it."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import modelgroups as mg

from .samples import FEW, day, is_missing, log_of, two_truths

SIZES = [4, FEW + 4]
NOW = (pd.Timestamp.now("UTC") - day(0)).days
LONG_AFTER = 40_000  # days

# --- the value that holds -----------------------------------------------------------------


def last_values(history):
    """Return what holds by pandas: of each column the last value that is not null."""
    columns = ["id", "order", "received", "y", "z"]
    frame = pd.DataFrame(history, columns=columns).astype({"y": "float64", "z": "float64"})
    frame = frame[frame[["y", "z"]].notna().any(axis=1)]
    ordered = frame.sort_values(["order", "received"], kind="stable")
    last = ordered.groupby("id")[["y", "z"]].last()  # it passes over nulls
    return {
        id_: {name: value for name, value in row.items() if not is_missing(value)}
        for id_, row in last.to_dict("index").items()
    }


VALUES = st.one_of(st.none(), st.integers(0, 5).map(float))
UPDATES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), VALUES, VALUES), min_size=1, max_size=6
)


@pytest.mark.parametrize("n_tiles", [1, 80])
@settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck], database=None)
@given(calls=st.lists(UPDATES, min_size=1, max_size=4), at=st.integers(0, 4), data=st.data())
def test_the_latest_ground_truth_holds_in_any_order(n_tiles, calls, at, data):
    """Inferences arrive before call number `at`; each row comes `n_tiles` times, with other ids."""
    tiles = [f"/{tile}" for tile in range(n_tiles)]
    history = []
    with mg.connect(":memory:") as connection:
        model = two_truths(connection)

        def send():
            ids = [f"{i}{tile}" for tile in tiles for i in range(4)]
            model.send_inferences({"age": [1] * len(ids), "partner_inference_id": ids})

        for number, call in enumerate(calls):
            if number == at:
                send()
            rows = [
                {
                    "partner_inference_id": f"{i}{t}",
                    "ground_truth_timestamp": day(d),
                    "y": y,
                    "z": z,
                }
                for t in tiles
                for i, d, y, z in call
            ]
            answer = model.update_inference_ground_truths(rows, fail_silently=True)
            assert answer["counts"]["success"] == len(rows)
            if data.draw(st.booleans()):
                model.compact()
            history += [(str(i), d, number, y, z) for i, d, y, z in call]
        if at >= len(calls):
            send()
        expected = last_values(history)
        found = log_of(model, "y", "z")
        for tile in tiles:
            assert {str(i): found[f"{i}{tile}"] for i in range(4)} == {
                str(i): expected.get(str(i), {}) for i in range(4)
            }
        held = model.summary()
        assert (held.n_ground_truths, held.n_waiting) == (len(expected) * n_tiles, 0)


@pytest.fixture(params=SIZES)
def n_rows(request):
    return request.param


def inferences(n_rows):
    return {"age": [1] * n_rows, "partner_inference_id": ids(n_rows)}


def ids(n_rows):
    return [f"id {i}" for i in range(n_rows)]


def test_ground_truth_may_come_in_parts(prices, n_rows):
    prices.send_inferences(inferences(n_rows))
    for part in ({"y": 1.0}, {"z": 2.0}):
        rows = {name: [value] * n_rows for name, value in part.items()}
        prices.update_inference_ground_truths(rows, ids(n_rows))
    assert log_of(prices, "y", "z") == {id_: {"y": 1.0, "z": 2.0} for id_ in ids(n_rows)}
    assert prices.summary().n_ground_truths == n_rows


def test_an_older_ground_truth_that_comes_later_does_not_hold(prices, n_rows):
    prices.send_inferences(inferences(n_rows))
    for value, moment in ((1.0, day(5)), (2.0, day(3))):
        prices.update_inference_ground_truths(
            {"y": [value] * n_rows, "z": [0.0] * n_rows}, ids(n_rows), [moment] * n_rows
        )
    frame = prices.inferences()
    assert frame["y"].tolist() == [1.0] * n_rows
    assert frame["ground_truth_timestamp"].tolist() == [day(5)] * n_rows


def test_of_one_moment_the_one_received_last_holds(prices, n_rows):
    prices.send_inferences(inferences(n_rows))
    for value in (2.0, 1.0, 3.0, 0.0):
        prices.update_inference_ground_truths(
            {"y": [value] * n_rows}, ids(n_rows), [day(1)] * n_rows
        )
        assert prices.inferences()["y"].tolist() == [value] * n_rows
    prices.compact()
    assert prices.inferences()["y"].tolist() == [0.0] * n_rows


def test_the_last_row_of_a_call_holds(prices, n_rows):
    prices.send_inferences(inferences(n_rows))
    twice = {"y": [1.0] * n_rows + [2.0] * n_rows}
    prices.update_inference_ground_truths(twice, ids(n_rows) * 2)
    assert prices.inferences()["y"].tolist() == [2.0] * n_rows
    assert prices.summary().n_ground_truths == n_rows


def test_a_null_says_nothing(prices, n_rows):
    prices.send_inferences(inferences(n_rows))
    prices.update_inference_ground_truths({"y": [1.0] * n_rows}, ids(n_rows))
    nulls = {"y": [None] * n_rows, "z": [float("nan")] * n_rows}
    answer = prices.update_inference_ground_truths(nulls, ids(n_rows))
    assert answer["counts"]["success"] == n_rows
    assert log_of(prices, "y", "z") == {id_: {"y": 1.0} for id_ in ids(n_rows)}


def test_ground_truth_waits_for_its_inference(prices, n_rows):
    answer = prices.update_inference_ground_truths({"y": [1.0] * n_rows}, ids(n_rows))
    assert answer["message"].startswith(f"{n_rows} ground truths are kept")
    assert len(prices.inferences()) == 0
    assert (prices.summary().n_ground_truths, prices.summary().n_waiting) == (0, n_rows)
    prices.compact()
    prices.send_inferences(inferences(n_rows - 1))
    assert (prices.summary().n_ground_truths, prices.summary().n_waiting) == (n_rows - 1, 1)
    assert prices.inferences()["y"].tolist() == [1.0] * (n_rows - 1)


def test_ground_truth_that_comes_after_its_inference_was_deleted_waits_and_can_go(prices, n_rows):
    prices.send_inferences(
        inferences(n_rows), inference_timestamps=[day(0), *[day(9)] * (n_rows - 1)]
    )
    prices.compact()
    assert prices.delete_inferences(before=day(1)) == {"inferences": 1, "ground_truths": 0}
    answer = prices.update_inference_ground_truths({"y": [1.0]}, ["id 0"], [day(2)])
    assert answer["message"].startswith("1 ground truth is kept")
    assert prices.delete_inferences(before=day(2)) == {"inferences": 0, "ground_truths": 0}
    assert prices.delete_inferences(before=day(3)) == {"inferences": 0, "ground_truths": 1}
    assert prices.summary().n_waiting == 0


# --- the whole log beside a model of it ---------------------------------------------------


@dataclass
class Truth:
    order: float
    y: float | None
    z: float | None


@dataclass
class Plain:
    """What a log must hold, as dicts and lists."""

    days: dict[str, int] = field(default_factory=dict)
    truths: dict[str, list[Truth]] = field(default_factory=dict)
    deletions: list[tuple[int, int]] = field(default_factory=list)
    n_calls: int = 0

    def now(self):
        self.n_calls += 1
        return NOW + self.n_calls / 1000

    def send(self, rows, *, contradicts, truth, at):
        """Take inferences with a ground truth `y`, or none; return failures and who waits."""
        filled = self.now()
        known = {id_: list(self.truths.get(id_, [])) for id_ in rows}
        were = set(self.days)
        failed = []
        for id_ in rows:
            if contradicts and id_ in were:
                failed.append(id_)
                continue
            self.days.setdefault(id_, day_of(id_))
            said_before = any(one.y == truth for one in known[id_])
            if truth is not None and not (id_ in were and at is None and said_before):
                self.add(id_, Truth(filled if at is None else at, truth, None))
        return failed

    def update(self, rows, at):
        filled = self.now()
        waiting = 0
        for id_, y, z in rows:
            if y is not None or z is not None:
                self.add(id_, Truth(filled if at is None else at, y, z))
                waiting += id_ not in self.days
        return waiting

    def add(self, id_, truth):
        self.truths.setdefault(id_, []).append(truth)

    def delete(self, doomed):
        n_inferences = sum(self.days.pop(id_, None) is not None for id_ in doomed)
        n_truths = sum(len(self.truths.pop(id_, ())) for id_ in doomed)
        self.deletions.append((n_inferences, n_truths))
        return {"inferences": n_inferences, "ground_truths": n_truths}

    def older_than(self, number):
        waiting = set(self.truths) - set(self.days)
        newest = {id_: max(truth.order for truth in self.truths[id_]) for id_ in waiting}
        return {id_ for id_, at in (self.days | newest).items() if at < number}

    def holding(self):
        history = [
            (id_, truth.order, place, truth.y, truth.z)
            for id_, truths in self.truths.items()
            for place, truth in enumerate(truths)
        ]
        return last_values(history)


def day_of(id_):
    return int(id_.removeprefix("id ")) % 10


def check(model, plain):
    held = model.summary()
    has_truth = set(plain.truths)
    assert held.n_inferences == len(plain.days)
    assert held.n_ground_truths == len(has_truth & set(plain.days))
    assert held.n_waiting == len(has_truth - set(plain.days))
    truths = plain.holding()
    assert log_of(model, "age", "y", "z", "inference_timestamp") == {
        id_: {"age": int(id_[3:]), "inference_timestamp": pd.Timestamp(day(number))}
        | truths.get(id_, {})
        for id_, number in plain.days.items()
    }
    found = model.deletions()[["n_inferences", "n_ground_truths"]]
    assert list(found.itertuples(index=False, name=None)) == plain.deletions


SOME_IDS = st.one_of(
    st.lists(st.integers(0, 7), min_size=1, max_size=4),
    st.tuples(st.integers(0, 150), st.integers(FEW + 1, FEW + 20)).map(
        lambda ends: list(range(ends[0], sum(ends)))
    ),
).map(lambda numbers: [f"id {number}" for number in numbers])
MOMENTS = st.sampled_from([None, None, 0, 1, 2, LONG_AFTER])
STEPS = st.one_of(
    st.tuples(st.just("send"), SOME_IDS, st.booleans(), st.sampled_from([None, 0.0, 1.0]), MOMENTS),
    st.tuples(st.just("truth"), SOME_IDS, st.integers(0, 8), MOMENTS),
    st.tuples(st.just("delete"), SOME_IDS),
    st.tuples(st.just("delete before"), st.sampled_from([1, 3, 9, NOW - 1, 2 * LONG_AFTER])),
    st.tuples(st.just("compact")),
)


def send(model, plain, rows, contradicts, truth, at):
    numbers = [int(id_[3:]) for id_ in rows]
    were = set(plain.days)
    given_ = {
        "partner_inference_id": rows,
        "age": [n + (1000 if contradicts and f"id {n}" in were else 0) for n in numbers],
        "inference_timestamp": [day(day_of(id_)) for id_ in rows],
    }
    if truth is not None:
        given_["y"] = [truth] * len(rows)
        if at is not None:
            given_["ground_truth_timestamp"] = [day(at)] * len(rows)
    failed = plain.send(rows, contradicts=contradicts, truth=truth, at=at)
    answer = model.send_inferences(given_, fail_silently=True)
    statuses = Counter(result["status"] for result in answer["results"])
    assert statuses == +Counter({200: len(rows) - len(failed), 409: len(failed)})


def update(model, plain, rows, shift, at):
    values = [None, 0.0, 1.0]
    truths = [
        (id_, values[(place + shift) % 3], values[(place + shift // 3) % 3])
        for place, id_ in enumerate(rows)
    ]
    waiting = plain.update(truths, at)
    frame = pd.DataFrame(truths, columns=["partner_inference_id", "y", "z"])
    times = None if at is None else [day(at)] * len(rows)
    answer = model.update_inference_ground_truths(frame, ground_truth_timestamps=times)
    assert answer["counts"]["success"] == len(rows)
    assert answer.get("message", "0").startswith(f"{waiting} ground" if waiting else "0")


@settings(max_examples=30, deadline=None, suppress_health_check=[*HealthCheck], database=None)
@given(steps=st.lists(STEPS, min_size=2, max_size=9))
def test_the_log_agrees_with_a_plain_model_of_it_after_every_step(steps):
    plain = Plain()
    with mg.connect(":memory:") as connection:
        model = two_truths(connection)
        for what, *details in steps:
            if what == "send":
                send(model, plain, *details)
            elif what == "truth":
                update(model, plain, *details)
            elif what == "delete":
                if plain.n_calls:
                    assert model.delete_inferences(*details) == plain.delete(set(*details))
            elif what == "delete before":
                if plain.n_calls:
                    doomed = plain.older_than(*details)
                    assert model.delete_inferences(before=day(*details)) == plain.delete(doomed)
            else:
                model.compact()
            check(model, plain)
