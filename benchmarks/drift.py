"""Drift of every column of a large log, beside a program written by hand, and other libraries.

The program is the best that one writes for it; both know the reference data already, which never
change. The libraries are Evidently and NannyML, each in a process of its own
(`benchmarks.drift_peers` says in which). With ``--large`` it also asks ten million
rows, to see that time grows with the rows and memory does not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import modelgroups as mg
from benchmarks.drift_peers import PEERS, PEERS_PYTHON, run_in_child
from benchmarks.frames import make_frame
from benchmarks.measure import Context, Report, Row, in_turns, quiet, run, timed
from benchmarks.peak import extra_peak
from modelgroups.catalog import segment_counts, segments

__all__ = ["benchmark", "main"]

ROWS = 1_000_000
REFERENCE = 100_000
NUMBERS, TEXTS, BINS, DAYS = 15, 5, 20, 30
PEER_TARGETS = {"evidently": 1 / 50, "nannyml": 1 / 6}
PEER_MEMORY = 1 / 3
ASKED_AGAIN = 60  # ms
START = pd.Timestamp("2024-03-01", tz="UTC")

Base = Mapping[str, Any]


def benchmark(context: Context, *, large: bool = False) -> Report:
    """Measure drift queries over all columns."""
    report = Report()
    n_rows = context.size(ROWS, quick=3_000)
    folder = context.new_folder()
    with quiet(), mg.connect(folder) as connection:
        model = _saved_model(context, connection)
        _send(model, n_rows)
        names = list(_frame(10).columns.drop("y"))
        base = _base(folder, names)
        _agree(model, names, folder, base)
        times = in_turns(_trials(model, names, folder, base), context.rounds(7))
    size = f"of {n_rows:,} × {len(names)}"
    hand, sorted_ = times["hand"], times["sorted by hand"]
    report.add(f"PSI {size}", times["psi"], hand, beside="by hand", target=1.5)
    report.add(f"PSI {size} by day", times["day"], hand, beside="by hand")
    report.add(
        f"PSI {size} by day, asked again",
        times["again"],
        times["day"],
        beside="the first time",
        target=ASKED_AGAIN,
        of_value=True,
    )
    report.add(f"hypothesis tests {size}", times["tests"], sorted_, beside="by hand")
    report.add(f"hypothesis tests {size} by day", times["tests by day"], sorted_, beside="by hand")
    report.add(f"Wasserstein {size} by day", times["earth by day"], sorted_, beside="by hand")
    _beside_peers(context, folder, names, report)
    _add_growth(context, report, large=large)
    return report


def _beside_peers(context: Context, folder: Path, names: Sequence[str], report: Report) -> None:
    """Measure one drift of all columns, and all that both sides know, in ours and in a peer."""
    if sys.platform != "linux":
        report.remarks.append("only Linux tells the peak of a process: drift peers were left out")
        return
    base, target = context.new_folder() / "base.parquet", context.new_folder() / "target.parquet"
    _frame(context.size(REFERENCE, quick=1_000))[names].to_parquet(base)
    _frame(context.size(ROWS, quick=3_000))[names].to_parquet(target)
    for peer, most_time in PEER_TARGETS.items():
        for measures in (["JSDivergence"], [*PEERS[peer]]):
            other = run_in_child(peer, measures, base, target)
            if "absent" in other:
                report.remarks.append(
                    f"{peer} cannot be imported ({other['absent']}) and was left out; "
                    f"{PEERS_PYTHON} may name an interpreter that has it"
                )
                break
            ours = run_in_child("modelgroups", measures, folder, target)
            what = measures[0] if len(measures) == 1 else f"{len(measures)} measures"
            _add(report, what, peer, ours, other, most_time)


def _add(
    report: Report,
    what: str,
    peer: str,
    ours: dict[str, Any],
    other: dict[str, Any],
    most_time: float,
) -> None:
    if ours["n_values"] != other["n_values"]:
        raise AssertionError(f"{peer} measured {other['n_values']}, ours {ours['n_values']}")
    for kind, key, unit, factor, target in (
        ("time", "seconds", "ms", 1e3, most_time),
        ("time of processor", "cpu_seconds", "ms", 1e3, most_time),
        ("peak of process", "peak_mb", "MB", 1.0, PEER_MEMORY),
    ):
        mine, theirs = ours[key] * factor, other[key] * factor
        report.rows.append(
            Row(f"{what}: {kind}", mine, unit, theirs, peer, mine / theirs, round(target, 3))
        )


def _trials(
    model: mg.Model, names: Sequence[str], folder: Path, base: Base
) -> dict[str, Callable[[], Callable[[], object]]]:
    by_day = {"rollup": "day"}
    numbers = [name for name in names if name in base["ordered"]]

    def asking(metric: str, some: Sequence[str] = names, **more: str) -> Callable[[], object]:
        return partial(model.query, _body(some, metric) | more, "drift")

    def forgetful(metric: str, **more: str) -> Callable[[], object]:
        _forget(model)
        return asking(metric, **more)

    def again() -> Callable[[], object]:
        ask = asking("PSI", **by_day)
        ask()
        return ask

    return {
        "psi": lambda: forgetful("PSI"),
        "day": lambda: forgetful("PSI", **by_day),
        "again": again,
        "hand": lambda: partial(_by_hand, folder, names, base),
        "tests": lambda: asking("HypothesisTest"),
        "tests by day": lambda: asking("HypothesisTest", **by_day),
        "earth by day": lambda: asking("WassersteinDistance", numbers, **by_day),
        "sorted by hand": lambda: partial(_distances_by_hand, folder, numbers, base),
    }


def _saved_model(context: Context, connection: mg.Connection) -> mg.Model:
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="REGRESSION"
    )
    model.build(_frame(context.size(REFERENCE, quick=1_000)), {"p": "y"})
    model.save()
    return model


def _send(model: mg.Model, n_rows: int, start: int = 0) -> None:
    """Send rows of a month, a million at a time."""
    step = pd.Timedelta(days=DAYS) / n_rows
    for first in range(start, n_rows, ROWS):
        frame = _frame(min(ROWS, n_rows - first)).drop(columns="y")
        times = START + step * (first + np.arange(len(frame)))
        model.send_inferences(frame, inference_timestamps=pd.Series(times))


def _frame(n_rows: int) -> pd.DataFrame:
    return make_frame(n_rows, n_floats=NUMBERS + 1, n_texts=TEXTS)


def _body(names: Sequence[str], metric: str) -> dict[str, Any]:
    return {
        "properties": list(names),
        "num_bins": BINS,
        "metric": metric,
        "base": {"source": "reference"},
        "target": {"source": "inference"},
    }


def _forget(model: mg.Model) -> None:
    """Forget the counts that were kept, as if nobody had asked before."""
    registry = model._subject("benchmark").recipient.registry
    with registry.catalog.write() as session:
        for _, segment in segments.live_everywhere(session):
            segment_counts.forget(session, segment.id)


# --- by hand -------------------------------------------------------------------------------


def _base(folder: Path, names: Sequence[str]) -> Base:
    """Return what the reference data come to: edges and counts, or counts by text."""
    (file,) = (folder / "objects").rglob("*.parquet")
    table = pq.read_table(file, columns=list(names))
    numbers = [name for name in names if pa.types.is_floating(table[name].type)]
    ordered = {name: np.sort(table[name].to_numpy()) for name in numbers}
    edges = {
        name: np.quantile(values, np.arange(1, BINS) / BINS) for name, values in ordered.items()
    }
    counts = {name: _count(values, edges[name]) for name, values in ordered.items()}
    texts = {name: _count_texts(table[name]) for name in names if name not in ordered}
    return {"ordered": ordered, "edges": edges, "counts": counts, "texts": texts}


def _by_hand(folder: Path, names: Sequence[str], base: Base) -> dict[str, float]:
    """Return the PSI of each column: one row group after the other, compared with each edge."""
    numbers = {name: np.zeros(BINS, np.int64) for name in base["edges"]}
    texts: dict[str, dict[str, int]] = {name: {} for name in base["texts"]}
    for part in _row_groups(folder, names, list(texts)):
        for name, counts in numbers.items():
            counts += _count(part[name].to_numpy(), base["edges"][name])
        for name, known in texts.items():
            for word, n in _count_texts(part[name]).items():
                known[word] = known.get(word, 0) + n
    found = {name: _psi(base["counts"][name], counts) for name, counts in numbers.items()}
    for name, theirs in texts.items():
        ours = base["texts"][name]
        words = sorted({*ours, *theirs})
        found[name] = _psi(*(np.array([side.get(w, 0) for w in words]) for side in (ours, theirs)))
    return found


def _row_groups(folder: Path, names: Sequence[str], texts: Sequence[str]) -> Any:
    for path in sorted((folder / "inferences").rglob("*.parquet")):
        with pq.ParquetFile(path, read_dictionary=list(texts)) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=list(names))


def _count(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    codes = np.zeros(len(values), np.uint8)
    for edge in edges:
        codes += values >= edge
    return np.bincount(codes, minlength=BINS)


def _count_texts(column: pa.ChunkedArray) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}


def _psi(ours: np.ndarray, theirs: np.ndarray) -> float:
    p, q = (np.maximum(counts, 0.5) / counts.sum() for counts in (ours, theirs))
    return float(np.sum((p - q) * np.log(p / q)))


def _distances_by_hand(folder: Path, names: Sequence[str], base: Base) -> dict[str, float]:
    """Return the largest distance of the distribution functions of each column, whole."""
    parts = list(_row_groups(folder, names, []))
    found = {}
    for name in names:
        values = np.sort(np.concatenate([part[name].to_numpy() for part in parts]))
        ours = base["ordered"][name]
        upto = np.searchsorted(values, ours, side="right") / len(values)
        before = np.searchsorted(values, ours, side="left") / len(values)
        steps = np.arange(len(ours) + 1) / len(ours)
        found[name] = float(max((steps[1:] - upto).max(), (before - steps[:-1]).max()))
    return found


def _agree(model: mg.Model, names: Sequence[str], folder: Path, base: Base) -> None:
    """Raise unless both ways give the same numbers, and kept counts the same as a full scan."""
    (ours,) = model.query(_body(names, "PSI"), "drift")
    theirs = _by_hand(folder, names, base)
    for name in names:
        if abs(ours[name] - theirs[name]) > 1e-9:
            raise AssertionError(f"{name}: {ours[name]} and {theirs[name]}")
    if model.query(_body(names, "PSI"), "drift") != [ours]:
        raise AssertionError("asked again, the answer is another one")


# --- growth --------------------------------------------------------------------------------


def _add_growth(context: Context, report: Report, *, large: bool) -> None:
    """Add how time and memory grow with the rows."""
    if sys.platform != "linux":
        report.remarks.append("only Linux tells the peak of a process: memory was left out")
        return
    small = context.size(ROWS if large else ROWS // 4, quick=3_000)
    times = 10 if large and not context.quick else 4
    found = _in_child(context, small, times)
    for metric, ((few_s, few_mb), (many_s, many_mb)) in found.items():
        told = f"{metric} by day of {times * small:,} rows"
        beside = f"{small:,} rows"
        ratio = many_s / few_s / times
        report.rows.append(Row(told, many_s * 1e3, "ms", few_s * 1e3, beside, many_s / few_s))
        target = 1.5 if metric == "PSI" else None
        report.rows.append(
            Row("… its peak", many_mb, "MB", few_mb, beside, many_mb / few_mb, target)
        )
        report.remarks.append(f"{metric}: {ratio:.2f} of {times} times the time")


def _in_child(context: Context, small: int, times: int) -> dict[str, list[tuple[float, float]]]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_peaks, context, small, times).result()


def _peaks(context: Context, small: int, times: int) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds and megabytes of some measures, of a small and a large log."""
    names = list(_frame(10).columns.drop("y"))
    found: dict[str, list[tuple[float, float]]] = {}
    for n_rows in (small, small * times):
        with quiet(), mg.connect(context.new_folder()) as connection:
            model = _saved_model(context, connection)
            _send(model, n_rows)
            model.compact()
            for metric in ("PSI", "HypothesisTest"):
                ask = partial(model.query, _body(names, metric) | {"rollup": "day"}, "drift")
                ask()  # warm up
                _forget(model)
                peak = extra_peak(ask)
                seconds = []
                for _ in range(context.rounds(3)):
                    _forget(model)
                    seconds.append(timed(ask))
                found.setdefault(metric, []).append((min(seconds), peak))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--large", action="store_true")
    given, rest = parser.parse_known_args(argv)
    description = "drift of every column of a large log; --large asks ten million rows too"
    run(partial(benchmark, large=given.large), rest, description)


if __name__ == "__main__":
    main()
