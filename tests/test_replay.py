"""A month of traffic from three processes, with retries and late labels, against plain pandas."""

from __future__ import annotations

import logging
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

import modelgroups as mg

LABEL = "default_payment_next_month"
START = pd.Timestamp("2026-03-01", tz="UTC")
WEEK, MONTH = pd.Timedelta(7, "D"), pd.Timedelta(30, "D")
PROCESSES = 3


def accounts(n):
    """A frame of the shape of the data of credit card defaults of Yeh and Lien (2009)."""
    random = np.random.default_rng(0)
    months = ["0", "2", "3", "4", "5", "6"]
    columns = {
        "ID": np.arange(1, n + 1),
        "LIMIT_BAL": random.integers(1, 80, n) * 10_000,
        "SEX": random.integers(1, 3, n),
        "EDUCATION": random.integers(0, 7, n),
        "MARRIAGE": random.integers(0, 4, n),
        "AGE": random.integers(21, 80, n),
    }
    columns |= {f"PAY_{m}": random.integers(-2, 9, n) for m in months}
    columns |= {f"BILL_AMT{i}": random.integers(-10_000, 500_000, n) for i in range(1, 7)}
    columns |= {f"PAY_AMT{i}": random.integers(0, 100_000, n) for i in range(1, 7)}
    return pd.DataFrame(columns | {LABEL: (random.random(n) < 0.22).astype(int)})


def traffic(data):
    """The accounts as inferences: with a probability, an id, and a moment in the month."""
    n = len(data)
    score = 1 / (1 + np.exp(-(data["PAY_0"] + data["PAY_2"] / 2) / 2))
    share = np.arange(n) / n
    return data.drop(columns=[LABEL, "ID"]).assign(
        p_default=np.round(score, 6),
        partner_inference_id=[f"account-{number}" for number in data["ID"]],
        inference_timestamp=(START + pd.to_timedelta(share * MONTH / pd.Timedelta(1, "us"), "us"))
        .floor("us")
        .as_unit("us"),
    )


def labels(data):
    """What became known of them, a week late."""
    sent = traffic(data)
    return pd.DataFrame(
        {
            "partner_inference_id": sent["partner_inference_id"],
            LABEL: data[LABEL],
            "ground_truth_timestamp": sent["inference_timestamp"] + WEEK,
        }
    )


def cut(n, n_frames, n_singles):
    """The rows of each call: some in frames, the others one by one, evenly over the month."""
    random = np.random.default_rng(1)
    single = np.zeros(n, dtype=bool)
    single[random.choice(n, n_singles, replace=False)] = True
    return np.array_split(np.flatnonzero(~single), n_frames), np.flatnonzero(single)


def send_one(model, row):
    names = ["partner_inference_id", "inference_timestamp", "p_default"]
    id_, moment, p_default = (row[name] for name in names)
    inputs = {name: value for name, value in row.items() if name not in names}
    return model.send_inference(moment, id_, inputs, predicted_value={"p_default": p_default})


def replay(root, model_id, data, worker, n_frames, n_singles):
    """Send one process's share of the month, in order of time, and the labels in shuffled order."""
    signal.alarm(540)
    logging.getLogger("modelgroups").setLevel(logging.CRITICAL)
    random = np.random.default_rng(worker)
    sent, known = traffic(data), labels(data)
    frames, singles = cut(len(data), n_frames, n_singles)
    calls = [*frames[worker::PROCESSES], *(np.array([i]) for i in singles[worker::PROCESSES])]
    calls.sort(key=lambda rows: rows[0])
    late = random.permutation(np.arange(worker, len(data), PROCESSES))
    late = np.array_split(late, max(len(calls) // 8, 1))
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        for number, rows in enumerate(calls):
            for _ in range(1 + (random.random() < 0.1)):  # a retry, now and then
                if len(rows) == 1:
                    answer = send_one(model, sent.iloc[rows[0]].to_dict())
                else:
                    answer = model.send_inferences(sent.iloc[rows])
                assert answer["counts"] == {
                    "success": len(rows),
                    "failure": 0,
                    "total": len(rows),
                }
            if number % 8 == 7 and late:  # some before their inference, which another may send
                tell(model, known.iloc[late.pop()], random)
            if number == len(calls) // 2 and worker == 0:
                model.compact()
        while late:
            tell(model, known.iloc[late.pop()], random)


def tell(model, known, random):
    wrong = known.assign(
        ground_truth_timestamp=known["ground_truth_timestamp"] - WEEK / 2
    )  # what was believed before
    wrong[LABEL] = 1 - wrong[LABEL]
    for rows in (known, wrong, known) if random.random() < 0.3 else (known,):
        answer = model.update_inference_ground_truths(rows)
        assert answer["counts"]["failure"] == 0


def run(root, data, n_frames, n_singles):
    """Replay the data from three processes, and compare the log with the plain answer."""
    with mg.connect(root) as connection:
        model = connection.model(
            display_name="Credit card default", input_type="TABULAR", output_type="MULTICLASS"
        )
        reference = traffic(data).drop(columns=["partner_inference_id", "inference_timestamp"])
        model.build(
            reference.assign(**{LABEL: data[LABEL]})[: len(data) // 4],
            {"p_default": 1},
            ground_truth_column=LABEL,
        )
        model_id = model.save()
    context = get_context("forkserver")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        work = [
            pool.submit(replay, root, model_id, data, worker, n_frames, n_singles)
            for worker in range(PROCESSES)
        ]
        for future in work:
            future.result(timeout=560)
    with mg.connect(root) as connection:
        model = connection.get_model(model_id)
        check(model, data)
        summary = model.compact()
        assert summary.n_segments <= 12
        check(model, data)
        assert connection.verify()


def check(model, data):
    sent = traffic(data)
    expected = sent.merge(labels(data), on="partner_inference_id")
    names = list(expected.columns)
    found = model.inferences(names).sort_values("inference_timestamp", ignore_index=True)
    assert_frame_equal(found, expected, check_dtype=False, check_exact=True)
    day = (START + pd.Timedelta(9, "D"), START + pd.Timedelta(10, "D"))
    of_day = sent[sent["inference_timestamp"].between(*day, inclusive="left")]
    ids = model.inferences(["partner_inference_id"], since=day[0], until=day[1])
    assert sorted(ids["partner_inference_id"]) == sorted(of_day["partner_inference_id"])
    summary = model.summary()
    counts = (summary.n_inferences, summary.n_ground_truths, summary.n_waiting)
    assert counts == (len(data), len(data), 0)


def test_a_month_of_traffic_from_three_processes_is_the_plain_answer(tmp_path, monkeypatch):
    here = Path(__file__).parent
    monkeypatch.syspath_prepend(here)
    run(tmp_path / "registry", accounts(3_000), 30, 90)
