"""The benchmarks run and print finite numbers; what the numbers are is not tested here."""

import logging
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as whole
from benchmarks import parquet_write
from benchmarks.measure import Report, Row, in_turns, median_ratio, quiet, show

ROOT = Path(whole.__file__).parents[1]


def test_a_quick_run_of_all_prints_a_table_of_finite_numbers(tmp_path):
    # as a program: beside all that other tests left, collecting garbage would take longest
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.split("…")[:-1] == [
        ("\n" if i else "") + f"{module.__name__} " for i, module in enumerate(whole.BENCHMARKS)
    ]
    heading, *lines = [line for line in done.stdout.splitlines() if not line.startswith("- ")]
    assert heading.split() == ["what", "ours", "floor", "or", "peer", "ratio"]
    assert len(lines) > len(whole.BENCHMARKS)
    for line in lines:
        _, ours, *rest = re.split(r"  +", line)
        values = [ours, *rest]
        assert all(math.isfinite(leading_number(value)) for value in values), line
    assert list(tmp_path.iterdir()) == []


def test_each_benchmark_is_a_program_of_its_own(tmp_path, capsys):
    parquet_write.main(["--quick", "--folder", str(tmp_path)])
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.startswith("what")
    assert lines


def leading_number(cell: str) -> float:
    return float(cell.split()[0].replace(",", ""))


def test_the_whole_run_has_every_benchmark():
    files = (ROOT / "benchmarks").glob("[!_]*.py")
    known = {f.stem for f in files if re.search(r"^def benchmark\(", f.read_text(), re.MULTILINE)}
    assert {module.__name__.rpartition(".")[2] for module in whole.BENCHMARKS} == known


def test_a_benchmark_leaves_the_log_level_alone():
    logger = logging.getLogger("modelgroups")
    before = logger.level
    with quiet():
        assert logger.level == logging.ERROR
    assert logger.level == before


def test_turns_alternate_and_the_first_round_is_not_counted():
    order = []
    times = in_turns({name: lambda name=name: lambda: order.append(name) for name in "ab"}, 2)
    assert "".join(order) == "baabba"
    assert [len(seconds) for seconds in times.values()] == [2, 2]


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds():
    assert median_ratio([1.0, 4.0, 9.0], [1.0, 2.0, 3.0]) == 2.0


@pytest.mark.parametrize(
    ("row", "is_met"),
    [
        (Row("time", 3.0), None),
        (Row("time", 3.0, target=3.0), True),
        (Row("time", 3.0, target=2.9), False),
        (Row("time", 3.0, other=6.0, ratio=0.5, target=0.6), True),
        (Row("time", 3.0, other=6.0, ratio=0.5, target=2.0, of_value=True), False),
        (Row("rate", 90.0, "/s", 100.0, ratio=0.9, target=0.8, at_least=True), True),
        (Row("rate", 70.0, "/s", 100.0, ratio=0.7, target=0.8, at_least=True), False),
    ],
)
def test_a_target_bounds_the_ratio_or_the_value(row, is_met):
    assert row.is_met is is_met


def test_the_table_says_which_targets_are_missed(capsys):
    report = Report()
    report.add("save()", [0.003], [0.001], beside="floor", target=1.8)
    show(report, quick=False)
    line = capsys.readouterr().out.splitlines()[1]
    assert line == "save()  3.00 ms  1.00 ms, floor   3.00  ≤ 1.8 × MISSED"
