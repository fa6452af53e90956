"""Writing a table as a Parquet file: time and room.

All programs write page checksums where it says so, hash and sync what they write where
it says so, and run in turns. Run with ``python benchmarks/parquet_write.py [--quick]``.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

if not __package__:  # run as a file: the folder above is not on the path
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.frames import make_frame
from benchmarks.measure import Context, Report, Row, Trial, in_turns, run
from modelgroups.storage.parquet import write_table

Write = Callable[[pa.Table, Path], object]


def by_default(table: pa.Table, path: Path) -> None:
    """Write as pyarrow does unasked: no page checksums, neither hashed nor synced."""
    pq.write_table(table, path)


def by_default_durable(table: pa.Table, path: Path) -> None:
    """Write as pyarrow does unasked, then hash and sync."""
    pq.write_table(table, path)
    _hash_and_sync(path)


def by_hand_durable(table: pa.Table, path: Path) -> None:
    """Write with settings found by hand for this very table, then hash and sync."""
    texts = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    compression = {name: "snappy" if name in texts else "none" for name in table.column_names}
    pq.write_table(
        table,
        path,
        use_dictionary=texts,
        compression=compression,
        write_statistics=False,
        write_page_checksum=True,
    )
    _hash_and_sync(path)


def by_us_undurable(table: pa.Table, path: Path) -> None:
    """Write and hash with modelgroups, and leave it to the kernel when to store it."""
    write_table(table, path, durable=False)


def _hash_and_sync(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())


def benchmark(context: Context) -> Report:
    """Compare times on a large and a small table, and sizes on three kinds of data."""
    report = Report()
    large = context.size(100_000, quick=5_000)
    _times(context, report, _table(large, 15, 5), context.rounds(25), target=0.5)
    _times(context, report, _table(1_000, 9, 5), context.rounds(200), target=1.5)
    for kind in ("random", "rounded", "categorical"):
        _sizes(context, report, _table(large, 15, 5, kind), kind)
    return report


def _table(n_rows: int, n_floats: int, n_texts: int, kind: str = "random") -> pa.Table:
    return pa.Table.from_pandas(make_frame(n_rows, n_floats=n_floats, n_texts=n_texts, kind=kind))


def _times(
    context: Context, report: Report, table: pa.Table, rounds: int, *, target: float
) -> None:
    programs: dict[str, Write] = {
        "pyarrow's defaults, no hash, no sync": by_default,
        "pyarrow's defaults + SHA-256 + fsync": by_default_durable,
        "set by hand + SHA-256 + fsync": by_hand_durable,
        "modelgroups, not synced": by_us_undurable,
        "modelgroups": write_table,
    }
    path = context.new_folder() / "new.parquet"
    times = in_turns({name: _trial(write, table, path) for name, write in programs.items()}, rounds)
    what = f"write {table.num_rows:,} x {table.num_columns}"
    for name, seconds in times.items():
        if name.startswith("modelgroups"):
            continue
        ours = times["modelgroups, not synced" if "no sync" in name else "modelgroups"]
        bound = target if "defaults + SHA" in name else None
        report.add(what, ours, seconds, beside=name, target=bound)


def _trial(write: Write, table: pa.Table, path: Path) -> Trial:
    def prepare() -> Callable[[], object]:
        path.unlink(missing_ok=True)
        return lambda: write(table, path)

    return prepare


def _sizes(context: Context, report: Report, table: pa.Table, kind: str) -> None:
    path = context.new_folder() / "new.parquet"
    ours = write_table(table, path, durable=False).size / 1e6
    by_default(table, path)
    other = path.stat().st_size / 1e6
    what = f"size, {kind} floats"
    beside = "pyarrow's defaults"
    report.rows.append(Row(what, ours, "MB", other, beside, ratio=ours / other, target=1.0))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table: modelgroups on the left."""
    run(benchmark, argv, "Time and size of Parquet files: modelgroups against pyarrow.")


if __name__ == "__main__":
    main()
