"""Run every benchmark and print one table."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks import (
    compare,
    drift,
    lifecycle,
    log,
    memory,
    moving,
    opening,
    parquet_write,
    query,
    save,
    sending,
    versions,
    writers,
)
from benchmarks.measure import Context, Report, run

__all__ = ["main"]

BENCHMARKS = (
    save,
    parquet_write,
    versions,
    opening,
    writers,
    memory,
    sending,
    log,
    drift,
    query,
    compare,
    lifecycle,
    moving,
)


def benchmark(context: Context) -> Report:
    """Run one after the other and put their lines together."""
    whole = Report()
    for module in BENCHMARKS:
        print(f"{module.__name__} …", file=sys.stderr)
        report = module.benchmark(context)
        whole.rows += report.rows
        whole.remarks += [text for text in report.remarks if text not in whole.remarks]
    return whole


def main(argv: Sequence[str] | None = None) -> None:
    """Run every benchmark as one program."""
    run(benchmark, argv, "every benchmark")


if __name__ == "__main__":
    main()
