"""Taking a folder of files into a log of inferences, and reading one day of a year's log."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import modelgroups as mg
from benchmarks.frames import make_frame
from benchmarks.measure import Context, Report, Row, quiet, run
from benchmarks.peak import extra_peak
from benchmarks.sending import ids_of, saved_model

__all__ = ["benchmark", "main"]

PART = 1 << 19
PARTS = 20
DAYS = 365


def benchmark(context: Context) -> Report:
    """Measure an intake of many files, and how much of a log a day's reading touches."""
    report = Report()
    with quiet():
        _intake(context, report)
        _one_day(context, report)
    return report


def _intake(context: Context, report: Report) -> None:
    part, n_parts = context.size(PART, quick=2_000), context.size(PARTS, quick=5)
    with ProcessPoolExecutor(1, mp_context=context.processes) as pool:
        folder = context.new_folder()
        peak, stream_ends, call_ends = pool.submit(_take_in, folder, part, n_parts).result()
    n_rows = part * n_parts
    if sys.platform == "linux":
        report.add_value(f"peak of an intake of {n_rows:,} rows", peak, "MB", target=1_000)
    for how, (first, last), target in (
        ("in one call", stream_ends, 1.3),
        ("one call a file, with the merging of files", call_ends, None),
    ):
        what = f"last {2 * part:,} rows of {n_rows:,}, {how}"
        report.rows.append(Row(what, last, "s", first, "the first", last / first, target))


def _take_in(
    folder: Path, part: int, n_parts: int
) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Return the peak of one call in MB, and the seconds of the first and last two files.

    In one call they are timed from one file's opening to another's; so the first is left out, with
    all that is done once, and the last, at which nothing more is opened.
    """
    source = folder / "source"
    source.mkdir()
    frame = make_frame(part, n_floats=20, n_texts=5).drop(columns="y")
    for number in range(n_parts):
        ids = pa.array(ids_of(number * part, part))
        table = pa.Table.from_pandas(frame).append_column("partner_inference_id", ids)
        pq.write_table(table, source / f"{number:03d}.parquet")
    del frame, table, ids
    with quiet(), mg.connect(folder / "one-call") as connection:
        model = saved_model(connection)
        send = model.send_bulk_inferences
        peak = extra_peak(lambda: send(directory_path=source, ignore_join_errors=True))
    with quiet(), mg.connect(folder / "timed") as connection:
        opened: list[float] = []
        reader = _noting(sorted(source.iterdir()), opened)
        saved_model(connection).send_bulk_inferences(data=reader, ignore_join_errors=True)
    seconds = []
    with quiet(), mg.connect(folder / "many-calls") as connection:
        model = saved_model(connection)
        for file in sorted(source.iterdir()):
            start = perf_counter()
            model.send_bulk_inferences(files=[file], ignore_join_errors=True)
            seconds.append(perf_counter() - start)
    stream_ends = opened[3] - opened[1], opened[-1] - opened[-3]
    return peak, stream_ends, (sum(seconds[1:3]), sum(seconds[-2:]))


def _noting(files: Sequence[Path], opened: list[float]) -> pa.RecordBatchReader:
    """Return the rows of files, and note when each was opened."""

    def batches() -> Iterator[pa.RecordBatch]:
        for file in files:
            opened.append(perf_counter())
            yield from pq.ParquetFile(file).iter_batches(1 << 17)

    return pa.RecordBatchReader.from_batches(pq.read_schema(files[0]), batches())


def _one_day(context: Context, report: Report) -> None:
    a_day = context.size(20_000, quick=300)
    frame = make_frame(a_day, n_floats=20, n_texts=5).drop(columns="y")
    start = datetime(2025, 1, 1, tzinfo=UTC)
    with mg.connect(context.new_folder()) as connection:
        model = saved_model(connection)
        for day in range(context.size(DAYS, quick=10)):
            offsets = pd.to_timedelta(np.linspace(0, 86_399, a_day), unit="s")
            times = pd.Series(start + timedelta(days=day) + offsets)
            model.send_inferences(frame, inference_timestamps=times)
        model.compact()
        middle = start + timedelta(days=context.size(DAYS, quick=10) // 2)
        bounds = {"since": middle, "until": middle + timedelta(days=1)}
        read = _bytes_read()
        day_frame = model.inferences(with_ground_truth=False, **bounds)
        touched = _bytes_read() - read
        total = model.summary().size
        if len(day_frame) != a_day:
            raise AssertionError(f"{len(day_frame)} rows of {a_day}")
    share = touched / total
    report.rows.append(
        Row("reading one day of a year", touched / 1e6, "MB", total / 1e6, "the log", share, 0.02)
    )


def _bytes_read() -> int:
    """Return the bytes that this process has read so far, from the disk or the cache."""
    status = Path("/proc/self/io")
    if not status.exists():
        return 0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("rchar"))
    return int(line.split()[1])


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "taking files into a log, and reading a day of it")


if __name__ == "__main__":
    main()
