"""Sending inferences: frames of a million rows, and rows one by one.

Frames are compared with ``pyarrow.parquet.write_table`` of the same data, which neither checks,
hashes nor waits for the disk; single rows with the least commit that SQLite makes durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import modelgroups as mg
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, Row, in_turns, quiet, run, timed

__all__ = ["bare_commits", "benchmark", "ids_of", "main", "saved_model"]

ROWS = 1_000_000
LOG = 10_000_000
SINGLE = 3_000


def benchmark(context: Context) -> Report:
    """Measure calls of many rows and of one."""
    report = Report()
    with quiet():
        _frames(context, report)
        _into_large_log(context, report)
        _one_by_one(context, report)
    return report


def saved_model(connection: mg.Connection) -> mg.Model:
    """Return a saved model of the frames that `make_frame` makes, with 25 attributes."""
    model = built_model(connection, make_frame(1_000, n_floats=20, n_texts=5))
    model.save()
    return model


def ids_of(start: int, n_rows: int) -> list[str]:
    """Return ids such as a sender may give."""
    return [f"inference-{number:09d}" for number in range(start, start + n_rows)]


def _frames(context: Context, report: Report) -> None:
    n_rows = context.size(ROWS, quick=3_000)
    labelled = make_frame(n_rows, n_floats=20, n_texts=5)
    frame = labelled.drop(columns="y")
    table, path = pa.Table.from_pandas(labelled), context.new_folder() / "plain.parquet"
    with mg.connect(context.new_folder()) as connection:
        model = saved_model(connection)
        times = in_turns(
            {
                "send": lambda: lambda: model.send_inferences(frame),
                "both": lambda: lambda: model.send_inferences(labelled),
                "plain": lambda: lambda: pq.write_table(table, path),
            },
            context.rounds(5),
        )
    size = f"{n_rows:,} × 25"
    beside = "write_table"
    report.add(
        f"send_inferences() {size}", times["send"], times["plain"], beside=beside, target=1.6
    )
    report.add("with ground truth", times["both"], times["plain"], beside=beside, target=2.0)


def _into_large_log(context: Context, report: Report) -> None:
    n_rows, n_logged = context.size(ROWS, quick=2_000), context.size(LOG, quick=10_000)
    labelled = make_frame(n_rows, n_floats=20, n_texts=5)
    frame = labelled.drop(columns="y")
    table, path = pa.Table.from_pandas(labelled), context.new_folder() / "plain.parquet"
    with mg.connect(context.new_folder()) as connection:
        model = saved_model(connection)
        fill(model, frame, n_logged)
        sends, plain, truths, columns = [], [], [], []
        for turn in range(context.rounds(3)):
            ids = ids_of(n_logged + turn * n_rows, n_rows)
            plain.append(timed(lambda: pq.write_table(table, path)))
            sends.append(
                timed(lambda ids=ids: model.send_inferences(frame, partner_inference_ids=ids))
            )
            known = _shuffled(n_logged, n_rows, turn)
            values = {"y": labelled["y"], "partner_inference_id": known}
            truth = pd.DataFrame(values)
            truths.append(timed(lambda truth=truth: model.update_inference_ground_truths(truth)))
            columns.append(timed(lambda: model.inference_table(["partner_inference_id"])))
    report.add(
        f"send_inferences() with ids into {n_logged:,}",
        sends,
        plain,
        beside="write_table",
        target=2.2,
    )
    report.add(
        f"{n_rows:,} ground truths against {n_logged:,}",
        truths,
        columns,
        beside="reading the ids",
        target=3_000,
        of_value=True,
    )


def fill(model: mg.Model, frame: pd.DataFrame, n_rows: int) -> None:
    """Send a frame again and again, under new ids, until there are so many rows."""
    for start in range(0, n_rows, len(frame)):
        model.send_inferences(frame, partner_inference_ids=ids_of(start, len(frame)))
    model.compact()


def _shuffled(n_logged: int, n_rows: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [f"inference-{number:09d}" for number in rng.choice(n_logged, n_rows, replace=False)]


def _one_by_one(context: Context, report: Report) -> None:
    n_rows = context.size(SINGLE, quick=60)
    folder = context.new_folder()
    with mg.connect(folder) as connection:
        model = saved_model(connection)
        rows = _rows(n_rows)
        send = _sender(model)
        for row in rows[:50]:
            send(row)  # warms up
        alone = [timed_once(lambda row=row: send(row)) for row in rows]
        with _other_sender(context.processes, folder, str(model.id)):
            beside = [timed_once(lambda row=row: send(row)) for row in rows]
    commits = bare_commits(context.new_folder(), n_rows)
    name = "send_inference() of one row"
    report.rows.append(
        Row(f"{name}, alone", n_rows / sum(alone), "/s", target=1_000, at_least=True)
    )
    report.add(name, alone, commits, beside="bare commit")
    ours, bound = median(beside) * 1e3, float(np.percentile(beside, 99)) * 1e3
    report.add_value(f"{name}, beside another sender, median", ours, "ms", target=1.0)
    report.add_value(f"{name}, beside another sender, 99 %", bound, "ms", target=10.0)


def _rows(n_rows: int) -> list[dict[str, Any]]:
    frame = make_frame(n_rows, n_floats=20, n_texts=5).drop(columns="y")
    return frame.to_dict("records")  # type: ignore[return-value]  # names are texts


def _sender(model: mg.Model) -> Callable[[dict[str, Any]], object]:
    def send(row: dict[str, Any]) -> object:
        inputs = {name: value for name, value in row.items() if name != "p"}
        return model.send_inference(
            "2026-01-31T12:00:00+00:00",
            model_pipeline_input=inputs,
            predicted_value={"p": row["p"]},
        )

    return send


def timed_once(work: Callable[[], object]) -> float:
    """Return the seconds of one call, garbage collection included."""
    start = perf_counter()
    work()
    return perf_counter() - start


class _other_sender:  # noqa: N801  # used as a function
    """Another process that sends rows all the while."""

    def __init__(self, context: BaseContext, folder: Path, model_id: str) -> None:
        self._ready, self._over = context.Event(), context.Event()
        arguments = (folder, model_id, self._ready, self._over)
        self._process = context.Process(target=_send_on, args=arguments)

    def __enter__(self) -> None:
        self._process.start()
        self._ready.wait(60)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._process.join()


def _send_on(folder: Path, model_id: str, ready: Event, over: Event) -> None:
    with quiet(), mg.connect(folder) as connection:
        model = connection.get_model(model_id)
        send, rows = _sender(model), _rows(100)
        while not over.is_set():
            for row in rows:
                send(row)
            ready.set()


def bare_commits(folder: Path, n_rows: int) -> list[float]:
    """Return how long the least commits take that SQLite makes durable."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE parcel (rows BLOB)")

        def commit() -> None:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO parcel VALUES (?)", (b"x" * 800,))
            database.execute("COMMIT")

        return [timed_once(commit) for _ in range(n_rows)]


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "sending inferences")


if __name__ == "__main__":
    main()
