"""Comparing two versions over their logs, beside the same numbers from SQL written by hand.

The SQL joins the logs and their ground truths by id, counts the joint confusion matrix, sums what
the t-tests need, and ranks the scores for DeLong's test; what is computed of those few numbers is
left out. Besides: routing of keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd

import modelgroups as mg
from benchmarks.measure import Context, Report, Row, in_turns, quiet, run
from benchmarks.sending import ids_of
from modelgroups.experiments.assign import Assignment
from modelgroups.testing import example_version

__all__ = ["benchmark", "main"]

ROWS = 1_000_000
KEYS = 1_000_000

_JOINED = """
CREATE OR REPLACE TEMP TABLE joined AS
SELECT a.p AS p, b.p AS q, s.y = 1 AS y, a.p >= 0.5 AS c, b.p >= 0.5 AS d
FROM {first} a JOIN {other} b USING (partner_inference_id)
JOIN {first_truth} s USING (partner_inference_id)
JOIN {other_truth} t USING (partner_inference_id)
WHERE s.y = t.y"""
_NUMBERS = """
SELECT y, c, d, count(*), avg(p), avg(q), var_samp(q - p), avg((p - y::INT)**2),
       avg((q - y::INT)**2), var_samp((q - y::INT)**2 - (p - y::INT)**2)
FROM joined GROUP BY ALL"""
_AREAS = """
WITH ranked AS (
    SELECT y,
        rank() OVER (ORDER BY p) - rank() OVER (PARTITION BY y ORDER BY p) AS below_p,
        rank() OVER (ORDER BY q) - rank() OVER (PARTITION BY y ORDER BY q) AS below_q
    FROM joined)
SELECT y, count(*), avg(below_p), avg(below_q), var_samp(below_q - below_p)
FROM ranked GROUP BY y"""
_APART = """
CREATE OR REPLACE TEMP TABLE joined AS
SELECT a.p AS p, s.y = 1 AS y, a.p >= 0.5 AS c
FROM {log} a JOIN {truth} s USING (partner_inference_id)"""
_NUMBERS_APART = """
SELECT y, c, count(*), avg(p), var_samp(p), avg((p - y::INT)**2), var_samp((p - y::INT)**2)
FROM joined GROUP BY ALL"""
_AREA_APART = """
WITH ranked AS (
    SELECT y, rank() OVER (ORDER BY p) - rank() OVER (PARTITION BY y ORDER BY p) AS below
    FROM joined)
SELECT y, count(*), avg(below), var_samp(below) FROM ranked GROUP BY y"""


def benchmark(context: Context) -> Report:
    """Measure comparing and routing."""
    report = Report()
    with quiet():
        _compare(context, report, is_paired=True)
        _compare(context, report, is_paired=False)
        _route(context, report)
    return report


def _compare(context: Context, report: Report, *, is_paired: bool) -> None:
    n_rows = context.size(ROWS, quick=3_000)
    folder = context.new_folder()
    with mg.connect(folder) as connection, duckdb.connect() as hand:
        versions = [example_version(connection, label) for label in ("V1", "V2")]
        random = np.random.default_rng(7)
        for place, version in enumerate(versions):
            start = 0 if is_paired else place * n_rows
            version.send_inferences(
                _frame(n_rows, random), partner_inference_ids=ids_of(start, n_rows)
            )
            version.compact()
        group = connection.get_model_group(versions[0])
        files = [_files(folder / "inferences" / str(version.id)) for version in versions]

        def ours() -> object:
            return group.compare("V1", "V2")

        def by_hand() -> object:
            return _paired(hand, files) if is_paired else [_apart(hand, each) for each in files]

        assert group.compare("V1", "V2")["AUC"].effect.is_paired is is_paired
        times = in_turns({"ours": lambda: ours, "hand": lambda: by_hand}, context.rounds(5))
    what = f"compare() of 2 × {n_rows:,} {'pairs' if is_paired else 'independent'}, 10 metrics"
    report.add(what, times["ours"], times["hand"], beside="SQL by hand", target=2)


def _frame(n_rows: int, random: np.random.Generator) -> pd.DataFrame:
    truth = np.arange(n_rows) % 3 == 0
    scores = 1 / (1 + np.exp(-random.normal(2.0 * truth - 1.0, 1.5)))
    return pd.DataFrame({"age": random.choice([31, 47, 52], n_rows), "p": scores, "y": truth * 1})


def _files(folder: Path) -> tuple[str, str]:
    """Return the inferences and the ground truths of a log, as tables of DuckDB."""
    found: dict[bool, list[str]] = {False: [], True: []}
    with duckdb.connect() as engine:
        for file in sorted(map(str, folder.rglob("*.parquet"))):
            rows = engine.execute("DESCRIBE FROM read_parquet(?)", [file]).fetchall()
            found["ground_truth_timestamp" in [row[0] for row in rows]].append(file)
    inferences, truths = (f"read_parquet({files!r})" for files in found.values())
    return inferences, truths


def _paired(hand: duckdb.DuckDBPyConnection, files: Sequence[tuple[str, str]]) -> list[object]:
    (first, first_truth), (other, other_truth) = files
    hand.execute(_JOINED.format(first=first, other=other, first_truth=first_truth,
                                other_truth=other_truth))  # fmt: skip
    return [hand.execute(sql).fetchall() for sql in (_NUMBERS, _AREAS)]


def _apart(hand: duckdb.DuckDBPyConnection, files: tuple[str, str]) -> list[object]:
    hand.execute(_APART.format(log=files[0], truth=files[1]))
    return [hand.execute(sql).fetchall() for sql in (_NUMBERS_APART, _AREA_APART)]


def _route(context: Context, report: Report) -> None:
    n_keys = context.size(KEYS, quick=3_000)
    texts = pd.Series([str(UUID(int=number * 7919)) for number in range(n_keys)])
    assignment = Assignment.of({"V1": 0.5, "V2": 0.3, "V3": 0.2}, salt="checkout")
    some = texts.head(1_000).to_list()

    def one_by_one() -> object:
        return [assignment.route(key) for key in some]

    times = in_turns(
        {"many": lambda: lambda: assignment.route_many(texts), "one": lambda: one_by_one},
        context.rounds(7),
    )
    per_second = n_keys / min(times["many"]) / 1e3
    report.rows.append(
        Row("route_many() of UUIDs", per_second, "thousand/s", target=500, at_least=True)
    )
    report.add_value("route() of one", min(times["one"]) / len(some) * 1e6, "µs", target=20)


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "comparing versions, and routing to them")


if __name__ == "__main__":
    main()
