"""Drift of every column of a large log, beside a program written by hand, and other libraries.

The program is the best that one writes for it; the libraries are Evidently and NannyML, each in a
process of its own (`benchmarks.drift_peers` says in which).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
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
from benchmarks.measure import Context, Report, Row, in_turns, quiet, run

__all__ = ["benchmark", "main"]

ROWS = 1_000_000
REFERENCE = 100_000
NUMBERS, TEXTS, BINS, DAYS = 15, 5, 20, 30
PEER_TARGETS = {"evidently": 1 / 50, "nannyml": 1 / 6}
PEER_MEMORY = 1 / 3


def benchmark(context: Context) -> Report:
    """Measure drift queries over all columns."""
    report = Report()
    folder = context.new_folder()
    with quiet(), mg.connect(folder) as connection:
        model, names = _filled_model(context, connection)
        _agree(model, names, folder)
        trials: dict[str, Callable[[], object]] = {
            "psi": lambda: model.query(_body(names, "PSI"), "drift"),
            "hand": lambda: _by_hand(folder, names),
            "day": lambda: model.query(_body(names, "PSI") | {"rollup": "day"}, "drift"),
            "ks": lambda: model.query(_body(names, "HypothesisTest"), "drift"),
        }
        times = in_turns(
            {name: lambda trial=trial: trial for name, trial in trials.items()},
            context.rounds(7),
        )
    size = f"{context.size(ROWS, quick=3_000):,} × {len(names)}"
    hand, beside = times["hand"], "by hand"
    report.add(f"PSI of {size}", times["psi"], hand, beside=beside, target=1.5)
    report.add(f"PSI of {size} by day", times["day"], hand, beside=beside)
    report.add(f"hypothesis tests of {size}", times["ks"], hand, beside=beside)
    _beside_peers(context, folder, names, report)
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


def _filled_model(context: Context, connection: mg.Connection) -> tuple[mg.Model, list[str]]:
    reference = _frame(context.size(REFERENCE, quick=1_000))
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="REGRESSION"
    )
    model.build(reference, {"p": "y"})
    model.save()
    frame = _frame(context.size(ROWS, quick=3_000)).drop(columns="y")
    step = pd.Timedelta(days=DAYS) / len(frame)
    times = pd.Timestamp("2024-03-01", tz="UTC") + step * np.arange(len(frame))
    model.send_inferences(frame, inference_timestamps=pd.Series(times))
    return model, list(frame.columns)


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


def _by_hand(folder: Path, names: Sequence[str]) -> dict[str, float]:
    """Return the PSI of each column, read from the same files and sorted by NumPy."""
    base = pa.concat_tables(_read(folder / "objects", names))
    parts = _read(folder / "inferences", names)
    return {name: _psi(base[name], [part[name] for part in parts]) for name in names}


def _read(folder: Path, names: Sequence[str]) -> list[pa.Table]:
    files = sorted(file for file in folder.rglob("*.parquet"))
    return [pq.read_table(file, columns=list(names)) for file in files]


def _psi(base: pa.ChunkedArray, parts: Sequence[pa.ChunkedArray]) -> float:
    if not pa.types.is_floating(base.type):
        ours = _counts_of_texts([base])
        theirs = _counts_of_texts(parts)
        words = sorted({*ours, *theirs})
        p = np.array([ours.get(word, 0.5) for word in words])
        q = np.array([theirs.get(word, 0.5) for word in words])
    else:
        ordered = np.sort(base.to_numpy())
        edges = np.quantile(ordered, np.arange(1, BINS) / BINS)
        p, q = _counts(ordered, edges), np.zeros(BINS)
        for part in parts:
            q += _counts(np.sort(part.to_numpy()), edges)
        p, q = np.maximum(p, 0.5), np.maximum(q, 0.5)
    p, q = p / len(base), q / sum(map(len, parts))
    return float(np.sum((p - q) * np.log(p / q)))


def _counts(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.diff([0, *np.searchsorted(ordered, edges), len(ordered)]).astype(float)


def _counts_of_texts(parts: Sequence[pa.ChunkedArray]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for part in parts:
        for entry in pc.value_counts(part).to_pylist():
            counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    return counts


def _agree(model: mg.Model, names: Sequence[str], folder: Path) -> None:
    """Raise unless both ways give the same numbers."""
    (ours,) = model.query(_body(names, "PSI"), "drift")
    theirs = _by_hand(folder, names)
    for name in names:
        if abs(ours[name] - theirs[name]) > 1e-9:
            raise AssertionError(f"{name}: {ours[name]} and {theirs[name]}")


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "drift of every column of a large log")


if __name__ == "__main__":
    main()
