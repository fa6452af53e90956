"""Building and saving versions with their reference data.

Large frames are compared with ``pyarrow.parquet.write_table``, which neither hashes nor
waits for the disk, and with a tuned program that does both; small ones with the least
program that takes the same durable steps.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import modelgroups as mg
from benchmarks.bare import BareRegistry
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, Row, Trial, in_turns, run
from benchmarks.peers import is_installed, not_installed, pins_board

__all__ = ["benchmark", "main"]

LARGE = 100_000
SMALL = 1_000


def benchmark(context: Context) -> Report:
    """Measure saves of large and of small frames, and the sizes of the files."""
    report = Report()
    with mg.connect(context.new_folder()) as connection:
        _large(context, connection, report)
        _sizes(context, connection, report)
        _small(context, connection, report)
    return report


def _large(context: Context, connection: mg.Connection, report: Report) -> None:
    n_rows = context.size(LARGE, quick=2_000)
    frame = make_frame(n_rows, n_floats=15, n_texts=5)
    table = pa.Table.from_pandas(frame)
    path = context.new_folder() / "plain.parquet"
    floor = "write_table"

    def write_plainly() -> None:
        pq.write_table(table, path)

    def write_tuned() -> None:
        _write_tuned(frame, path)

    times = in_turns(
        {
            "save": _save_trial(connection, frame),
            "build": lambda: lambda: built_model(connection, frame),
            "plain": lambda: write_plainly,
            "tuned": lambda: write_tuned,
        },
        context.rounds(15),
    )
    size = f"{n_rows:,} × 20"
    report.add(f"save() {size}", times["save"], times["plain"], beside=floor, target=0.9)
    report.add(f"save() {size}", times["save"], times["tuned"], beside="tuned program")
    report.add(f"build() {size}", times["build"], times["plain"], beside=floor, target=0.5)


def _sizes(context: Context, connection: mg.Connection, report: Report) -> None:
    n_rows = context.size(LARGE, quick=2_000)
    path = context.new_folder() / "plain.parquet"
    for kind in ("random", "rounded", "categorical"):
        frame = make_frame(n_rows, n_floats=15, n_texts=5, kind=kind)
        pq.write_table(pa.Table.from_pandas(frame), path)
        stored = _saved_file(connection, frame)
        ours, plain = stored.stat().st_size / 1e6, path.stat().st_size / 1e6
        report.rows.append(
            Row(f"file of {kind} data", ours, "MB", plain, "write_table", ours / plain, 1.0)
        )


def _small(context: Context, connection: mg.Connection, report: Report) -> None:
    n_rows = context.size(SMALL, quick=100)
    frame = make_frame(n_rows, n_floats=11, n_texts=3)
    attributes = built_model(connection, frame).attributes or []
    bare = BareRegistry(context.new_folder())
    trials = {
        "save": _save_trial(connection, frame),
        "bare": _fresh(frame, lambda fresh: lambda: bare.save(fresh, attributes)),
    }
    if is_installed("pins"):
        board = pins_board(context.new_folder())
        trials["pins"] = _fresh(
            frame, lambda fresh: lambda: board.pin_write(fresh, "fraud", type="parquet")
        )
    else:
        report.remarks.append(not_installed("pins"))
    times = in_turns(trials, context.rounds(60))
    bare.close()
    size = f"{n_rows:,} × 14"
    report.add(
        f"save() {size}", times["save"], times["bare"], beside="bare durable program", target=1.8
    )
    if "pins" in times:
        report.add(f"save() {size}", times["save"], times["pins"], beside="pins (not synced)")


def _save_trial(connection: mg.Connection, frame: pd.DataFrame) -> Trial:
    return _fresh(frame, lambda fresh: built_model(connection, fresh).save)


def _fresh(frame: pd.DataFrame, prepare: Callable[[pd.DataFrame], Callable[[], object]]) -> Trial:
    """Give every round a frame of its own, so that no file is there already."""
    numbers = itertools.count()

    def trial() -> Callable[[], object]:
        fresh = frame.copy()
        fresh.loc[0, "p"] = 1 / (next(numbers) + 2)
        return prepare(fresh)

    return trial


def _write_tuned(frame: pd.DataFrame, path: Path) -> None:
    """Do what someone would who knows this frame, Parquet and the disk."""
    table = pa.Table.from_pandas(frame)
    texts = [name for name in table.column_names if name.startswith("s")]
    with path.open("w+b") as file:
        pq.write_table(
            table,
            file,
            use_dictionary=texts,
            compression={n: "snappy" if n in texts else "none" for n in table.column_names},
            write_statistics=False,
            write_page_checksum=True,
        )
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        hashlib.file_digest(file, "sha256").hexdigest()


def _saved_file(connection: mg.Connection, frame: pd.DataFrame) -> Path:
    """Save a frame and return the file that came of it."""
    folder = Path(connection.location)
    before = set(folder.rglob("*.parquet"))
    built_model(connection, frame).save()
    (path,) = set(folder.rglob("*.parquet")) - before
    return path


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "building and saving versions with their reference data")


if __name__ == "__main__":
    main()
