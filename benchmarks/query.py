"""Base queries: a small model's, and those over a large log beside SQL written by hand.

Half of the inferences of the large log have a ground truth, and their times cover a year.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

import modelgroups as mg
from benchmarks.frames import built_classifier, make_frame
from benchmarks.measure import Context, Report, Row, in_turns, median_ratio, quiet, run
from modelgroups.testing import example_model as small_model

__all__ = ["benchmark", "main"]

ROWS = 1_000_000
SLACK = 25  # ms that a query may take beyond its share of the SQL

Query = tuple[str, dict[str, Any], str]

_TRUE = "y = 1"
_JOINED = "{log} JOIN {truth} USING (partner_inference_id)"
_RIGHT = f"avg((({_TRUE}) = (p >= 0.5))::INT)"
_HOURS = "date_trunc('hour', inference_timestamp)"
_HOUR = {"property": "inference_timestamp", "time_interval": "hour"}


def _function(name: str, **parameters: Any) -> dict[str, Any]:
    return {"function": name, "parameters": parameters}


def _queries() -> list[Query]:
    """Return what each asks, as a body and as SQL over the columns of the log."""
    by_word = [{"property": "s0"}]
    floats = [f"f{number}" for number in range(18)]
    means = [_function("avg", property=name) | {"alias": name} for name in floats]
    return [
        ("mean of a column", {"select": [_function("avg", property="f0")]}, "SELECT avg(f0) {log}"),
        (
            "means of 18 columns",
            {"select": means},
            f"SELECT {', '.join(f'avg({name})' for name in floats)} {{log}}",
        ),
        (
            "count and variance by a text",
            {
                "select": [*by_word, _function("count"), _function("variance", property="f1")],
                "group_by": by_word,
            },
            "SELECT s0, count(*), var_samp(f1) {log} GROUP BY s0",
        ),
        (
            "share above a bound, of some rows",
            {
                "select": [_function("rate", property="f2", comparator="gt", value=50)],
                "filter": [{"property": "f3", "comparator": "lt", "value": 55}],
            },
            "SELECT avg((f2 > 50)::INT) {log} WHERE f3 < 55",
        ),
        (
            "a quantile",
            {"select": [_function("quantile", property="f4", level=0.9)]},
            "SELECT quantile_cont(f4, 0.9) {log}",
        ),
        (
            "accuracy, with its ground truth",
            {"select": [_function("accuracyRate")]},
            f"SELECT {_RIGHT} {_JOINED} WHERE p + y IS NOT NULL",
        ),
        (
            "accuracy by hour for a year",
            {
                "select": [
                    _function("roundTimestamp", **_HOUR) | {"alias": "hour"},
                    _function("accuracyRate"),
                ],
                "group_by": [{"alias": "hour"}],
                "order_by": [{"alias": "hour"}],
            },
            f"SELECT {_HOURS}, {_RIGHT} {_JOINED} WHERE p + y IS NOT NULL GROUP BY 1 ORDER BY 1",
        ),
        (
            "accuracy by a text",
            {"select": [*by_word, _function("accuracyRate")], "group_by": by_word},
            f"SELECT s0, {_RIGHT} {_JOINED} WHERE p + y IS NOT NULL GROUP BY s0",
        ),
        (
            "means of 18 columns where y is 1",
            {"select": means, "filter": [{"property": "y", "comparator": "eq", "value": 1}]},
            f"SELECT {', '.join(f'avg({name})' for name in floats)} {_JOINED} WHERE {_TRUE}",
        ),
        (
            "AUC, beside a sort of all scores",
            {"select": [_function("auc")]},
            "SELECT max(rank) FROM (SELECT row_number() OVER (ORDER BY p) AS rank {log})",
        ),
    ]


def benchmark(context: Context) -> Report:
    """Measure base queries."""
    report = Report()
    with quiet():
        _small(context, report)
        _large(context, report)
    return report


def _small(context: Context, report: Report) -> None:
    body = {
        "select": [{"property": "age"}, _function("accuracyRate"), _function("count")],
        "group_by": [{"property": "age"}],
        "order_by": [{"property": "age"}],
    }
    with small_model() as model:
        model.send_inferences({"age": [31, 47] * 50, "p": [0.25, 0.75] * 50, "y": [0, 1] * 50})
        times = in_turns({"small": lambda: lambda: model.query(body)}, context.rounds(15))
    report.add("query of a small model", times["small"], target=30)


def _large(context: Context, report: Report) -> None:
    n_rows = context.size(ROWS, quick=3_000)
    folder = context.new_folder()
    with mg.connect(folder) as connection, duckdb.connect() as hand:
        frame = make_frame(n_rows // 10, n_floats=20, n_texts=5)
        model = built_classifier(connection, frame)
        model.save()
        model.send_inferences(_year(n_rows))
        model.compact()
        files = _files(folder)
        for what, body, sql in _queries():
            told = f"{what} of {n_rows:,} rows"
            statement = sql.format(log=f"FROM {files[0]}", truth=files[1])
            _compare(context, report, told, lambda b=body: model.query(b),
                     lambda s=statement: hand.execute(s).fetchall())  # fmt: skip
    for what, function in (("first query in a process", "count"), ("with ground truth", "auc")):
        seconds = [_first(folder, model.id, function) for _ in range(context.rounds(5))]
        report.add(f"{what}, of {n_rows:,} rows", seconds, target=400)


def _year(n_rows: int) -> pd.DataFrame:
    """Return inferences of a year, of which half have a ground truth."""
    frame = make_frame(n_rows, n_floats=20, n_texts=5)
    frame["y"] = frame["y"].where(np.random.default_rng(8).random(n_rows) < 0.5)
    frame["inference_timestamp"] = pd.date_range("2025-01-01", "2026-01-01", n_rows, tz="UTC")
    return frame


_FIRST = """
from sys import argv
from time import perf_counter
import modelgroups as mg
with mg.connect(argv[1]) as connection:
    model = connection.get_model(argv[2])
    start = perf_counter()
    model.query({"select": [{"function": argv[3]}]})
    print(perf_counter() - start)
"""


def _first(folder: Path, model_id: str | None, function: str) -> float:
    """Return the seconds of a query in a process of its own, the start of the engine included."""
    command = [sys.executable, "-c", _FIRST, str(folder), str(model_id), function]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return float(done.stdout)


def _files(folder: Path) -> tuple[str, str]:
    """Return the inferences and the ground truths of a log, as tables of DuckDB."""
    with duckdb.connect() as engine:
        found: dict[bool, list[str]] = {False: [], True: []}
        for file in sorted(map(str, folder.rglob("*.parquet"))):
            names = [
                row[0] for row in engine.execute("DESCRIBE FROM read_parquet(?)", [file]).fetchall()
            ]
            if "partner_inference_id" in names:
                found["ground_truth_timestamp" in names].append(file)
    inferences, truths = (f"read_parquet({files!r})" for files in found.values())
    return inferences, truths


def _compare(
    context: Context,
    report: Report,
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
) -> None:
    times = in_turns({"ours": lambda: ours, "hand": lambda: theirs}, context.rounds(7))
    spared = [max(seconds - SLACK / 1e3, 0.0) for seconds in times["ours"]]
    report.add(what, times["ours"], times["hand"], beside="SQL by hand")
    ratio = median_ratio(spared, times["hand"])
    report.rows.append(Row(f"… less {SLACK} ms", ratio, "×", target=2 if "AUC" in what else 1.3))


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "base queries")


if __name__ == "__main__":
    main()
