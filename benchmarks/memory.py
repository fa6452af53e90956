"""How much memory a save and an intake of files need at most, beside what was there before.

Each is measured in a process of its own, whose peak Linux tells and lets one reset.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import modelgroups as mg
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, Row, quiet, run
from benchmarks.peak import extra_peak

__all__ = ["benchmark", "main"]

_ROW_GROUP = 20_000


def benchmark(context: Context) -> Report:
    """Measure the peaks of a large save, and of intakes of a small and a large file."""
    report = Report()
    if sys.platform != "linux":
        report.remarks.append("only Linux tells the peak of a process: memory was left out")
        return report
    n_rows = context.size(1_000_000, quick=20_000)
    frame_mb, save_mb = _in_child(context, _peak_of_save, n_rows)
    report.rows.append(
        Row(
            f"peak of save() {n_rows:,} × 20",
            save_mb,
            "MB",
            frame_mb,
            "the frame itself",
            save_mb / frame_mb,
            2.0,
        )
    )
    small, large = context.size(500_000, quick=20_000), context.size(4_000_000, quick=40_000)
    (_, small_mb), (file_mb, large_mb) = (
        _in_child(context, _peak_of_intake, n_rows) for n_rows in (small, large)
    )
    report.rows.append(
        Row(
            f"peak of an intake of {large:,} rows",
            large_mb,
            "MB",
            small_mb,
            f"that of {small:,} rows",
            large_mb / small_mb,
            1.5,
        )
    )
    report.remarks.append(f"the larger intake holds {file_mb:,.0f} MB as an Arrow table")
    return report


def _in_child(
    context: Context, work: Callable[[Path, int], tuple[float, float]], n_rows: int
) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=context.processes) as pool:
        return pool.submit(work, context.new_folder(), n_rows).result()


def _peak_of_save(folder: Path, n_rows: int) -> tuple[float, float]:
    """Return the megabytes of a frame, and those that its save needs beside it."""
    with quiet(), mg.connect(folder) as connection:
        built_model(connection, make_frame(1_000, n_floats=15, n_texts=5)).save()  # warm up
        frame = make_frame(n_rows, n_floats=15, n_texts=5)
        model = built_model(connection, frame)
        extra = extra_peak(model.save)
    return float(frame.memory_usage(deep=True).sum()) / 1e6, extra


def _peak_of_intake(folder: Path, n_rows: int) -> tuple[float, float]:
    """Return the megabytes of a Parquet file's content, and those that its intake needs."""
    source = folder / "source"
    source.mkdir()
    part = make_frame(_ROW_GROUP, n_floats=15, n_texts=5)
    table = pa.Table.from_pandas(part)
    with pq.ParquetWriter(source / "rows.parquet", table.schema) as writer:
        for _ in range(n_rows // _ROW_GROUP):
            writer.write(table)
    with quiet(), mg.connect(folder / "registry") as connection:
        model = built_model(connection, part)
        model.save()  # warms up too
        extra = extra_peak(lambda: model.set_reference_data(directory_path=source))
    return table.nbytes * (n_rows // _ROW_GROUP) / 1e6, extra


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "the peak memory of saves and intakes")


if __name__ == "__main__":
    main()
