"""Timing in turns, and the table that the benchmarks print."""

from __future__ import annotations

import argparse
import gc
import logging
import math
import multiprocessing
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import BaseContext
from pathlib import Path
from statistics import median
from time import perf_counter

from modelgroups.cautions import ModelGroupsWarning

__all__ = [
    "Benchmark",
    "Context",
    "Report",
    "Row",
    "Trial",
    "in_turns",
    "median_ratio",
    "quiet",
    "run",
    "show",
    "timed",
]

Trial = Callable[[], Callable[[], object]]
"""Prepares one round, untimed, and returns what is to be timed."""

_collects = True
"""Whether garbage is collected before each round, which takes longer than a quick one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    what
        What is measured.
    ours, other
        Its value, and that of what it is compared with.
    unit
        The unit of both.
    beside
        What it is compared with.
    ratio
        The median of the ratios of the rounds; where there were no rounds, ours / other.
    target
        The bound, on the ratio where there is one and `of_value` does not say otherwise.
    at_least
        Whether the target is a lower bound.
    of_value
        Whether the target bounds our value though there is a ratio.
    """

    what: str
    ours: float
    unit: str = "ms"
    other: float | None = None
    beside: str = ""
    ratio: float | None = None
    target: float | None = None
    at_least: bool = False
    of_value: bool = False

    @property
    def bounded(self) -> float:
        """The number that the target bounds."""
        return self.ours if self.of_value or self.ratio is None else self.ratio

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.bounded >= self.target if self.at_least else self.bounded <= self.target


@dataclass(slots=True)
class Report:
    """What a benchmark found: lines of the table, and remarks below it."""

    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        seconds: Sequence[float],
        others: Sequence[float] | None = None,
        *,
        beside: str = "",
        target: float | None = None,
        of_value: bool = False,
    ) -> None:
        """Add a line from times in seconds, of rounds that were taken in turns."""
        self.rows.append(
            Row(
                what,
                median(seconds) * 1e3,
                other=None if others is None else median(others) * 1e3,
                beside=beside,
                ratio=None if others is None else median_ratio(seconds, others),
                target=target,
                of_value=of_value,
            )
        )

    def add_value(self, what: str, ours: float, unit: str, *, target: float) -> None:
        """Add a line with a value that is not a time and should not exceed its target."""
        self.rows.append(Row(what, ours, unit, target=target))


@dataclass(frozen=True, slots=True)
class Context:
    """How to run: where files may lie, and whether small sizes and few rounds will do."""

    folder: Path
    quick: bool

    def rounds(self, full: int) -> int:
        """Return how many rounds to take."""
        return 1 if self.quick else full

    def size(self, full: int, *, quick: int) -> int:
        """Return how much data to take."""
        return quick if self.quick else full

    def new_folder(self) -> Path:
        """Return an empty folder, to be used once."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    @property
    def processes(self) -> BaseContext:
        """How to start others: new ones or, to see only that it runs, copies that have imported."""
        if not self.quick or "forkserver" not in multiprocessing.get_all_start_methods():
            return multiprocessing.get_context("spawn")
        server = multiprocessing.get_context("forkserver")
        server.set_forkserver_preload(["benchmarks.__main__"])
        return server


Benchmark = Callable[[Context], Report]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes, with the collection of its own garbage alone."""
    if _collects:
        gc.collect()
    gc.freeze()  # else it would also pay for looking through what others hold
    try:
        start = perf_counter()
        work()
        return perf_counter() - start
    finally:
        gc.unfreeze()


def in_turns(trials: Mapping[str, Trial], rounds: int) -> dict[str, list[float]]:
    """Time each trial once a round, in alternating order, after one round to warm up.

    What the machine does besides then weighs on all of them alike. A single round is only to see
    that they run, and nothing warms it up.
    """
    names = list(trials)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1) if rounds > 1 else (1,):
        for name in names if turn % 2 else reversed(names):
            seconds = timed(trials[name]())
            if turn:
                times[name].append(seconds)
    return times


def median_ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios round by round."""
    return median(a / b for a, b in zip(ours, others, strict=True))


def run(benchmark: Benchmark, argv: Sequence[str] | None, description: str) -> None:
    """Run a benchmark as a program and print its table."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, few rounds: only to see that it runs"
    )
    parser.add_argument(
        "--folder", type=Path, help="work below this folder, on the disk that is of interest"
    )
    given = parser.parse_args(argv)
    global _collects  # `timed` is called from everywhere
    _collects = not given.quick
    with quiet(), tempfile.TemporaryDirectory(dir=given.folder, prefix="benchmark-") as folder:
        report = benchmark(Context(Path(folder), given.quick))
    show(report, quick=given.quick)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back the advice that building and saving give, for it is given many times here."""
    logger = logging.getLogger("modelgroups")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ModelGroupsWarning)
            yield
    finally:
        logger.setLevel(level)


def show(report: Report, *, quick: bool) -> None:
    """Print the table. Quick runs are too small for the targets to mean anything."""
    lines = [("what", "ours", "floor or peer", "ratio", "" if quick else "target")]
    lines += [_cells(row, quick=quick) for row in report.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        what, ours, other, ratio, target = (
            cell.ljust(width) if i in (0, 2, 4) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print(f"{what}  {ours}  {other}  {ratio}  {target}".rstrip())
    for remark in report.remarks:
        print(f"- {remark}")
    if not quick:
        print(f"({os.cpu_count()} processors, load {os.getloadavg()[0]:.1f})")


def _cells(row: Row, *, quick: bool) -> tuple[str, str, str, str, str]:
    other = "" if row.other is None else f"{_number(row.other)} {row.unit}, {row.beside}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    target = ""
    if row.target is not None and not quick:
        unit = "×" if row.ratio is not None and not row.of_value else row.unit
        bound = "≥" if row.at_least else "≤"
        target = f"{bound} {row.target:g} {unit} {'met' if row.is_met else 'MISSED'}"
    ours = f"{_number(row.ours)} {row.unit}" if row.unit else f"{row.ours:g}"
    return row.what, ours, other, ratio, target


def _number(value: float) -> str:
    """Return a number with three digits or more."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}" if math.isfinite(value) else str(value)
