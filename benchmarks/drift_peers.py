"""Drift as ours and as other libraries compute it, each in a process of its own.

``python -m benchmarks.drift_peers LIBRARY MEASURES BASE TARGET`` prints what one of them needs, as
JSON. The others get both sides as frames in memory; ours reads them from its files. A small
question comes first, so that nobody is charged for imports.

Evidently 0.7 cannot be imported with pandas 3, nor NannyML be installed on Python 3.13. They run in
the interpreter that the environment variable ``MODELGROUPS_PEERS_PYTHON`` names, for instance that
of an environment made with ``pip install evidently nannyml 'pandas<3'``; by default in this one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pandas as pd

__all__ = ["PEERS", "PEERS_PYTHON", "run_in_child"]

PEERS_PYTHON = "MODELGROUPS_PEERS_PYTHON"
ROOT = Path(__file__).parent.parent
WARM_UP = 1_000

PEERS = {
    "evidently": {
        "PSI": "psi",
        "KLDivergence": "kl_div",
        "JSDivergence": "jensenshannon",
        "HellingerDistance": "hellinger",
        "HypothesisTest": "ks",
        "WassersteinDistance": "wasserstein",
    },
    "nannyml": {
        "JSDivergence": "jensen_shannon",
        "HellingerDistance": "hellinger",
        "HypothesisTest": "kolmogorov_smirnov",
        "WassersteinDistance": "wasserstein",
    },
}
"""What our measures are called there, for numbers; texts get the chi-squared test for a ``ks``."""

_NO_REPORTS = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
"""Keeps both from telling their makers of the run, which would be timed too."""

_OF_TEXTS = {"ks": "chisquare", "kolmogorov_smirnov": "chi2", "wasserstein": None}


def run_in_child(library: str, measures: Sequence[str], base: Path, target: Path) -> dict[str, Any]:
    """Return what a library needs for some measures: seconds, cpu_seconds, peak_mb and values.

    Where it cannot be imported there is ``absent`` instead, the reason.
    """
    own = library == "modelgroups"
    python = sys.executable if own else os.environ.get(PEERS_PYTHON, sys.executable)
    asked = ["-m", __name__, library, ",".join(measures), str(base), str(target)]
    done = subprocess.run(
        [python, "-W", "ignore", *asked],
        cwd=ROOT,
        env=os.environ | _NO_REPORTS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{library} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _main(library: str, measures: Sequence[str], base: Path, target: Path) -> dict[str, Any]:
    if library == "modelgroups":
        return _ours(measures, base)
    try:
        import_module(library)
    except ImportError as error:
        return {"absent": str(error)}
    prepare = {"evidently": _evidently, "nannyml": _nannyml}[library]
    frames = pd.read_parquet(base), pd.read_parquet(target)
    prepare(measures, *(frame.head(WARM_UP) for frame in frames))()
    return _measured(prepare(measures, *frames))


def _measured(work: Callable[[], dict[str, float]]) -> dict[str, Any]:
    from benchmarks.peak import peaks

    found: dict[str, Any] = {}

    def timed() -> None:
        start, cpu = perf_counter(), process_time()
        found["n_values"] = len(work())
        found["seconds"], found["cpu_seconds"] = perf_counter() - start, process_time() - cpu

    found["before_mb"], found["peak_mb"] = peaks(timed)
    return found


def _ours(measures: Sequence[str], folder: Path) -> dict[str, Any]:
    import modelgroups as mg

    with mg.connect(folder) as connection:
        (model,) = connection.models()
        number = next(iter(_texts_and_numbers(model.reference_data())[1]))
        for measure in measures:
            model.drift(number, measure)

        def work() -> dict[str, float]:
            frames = {measure: model.drift(metric=measure) for measure in measures}
            return {f"{m} {n}": frame[n].item() for m, frame in frames.items() for n in frame}

        return _measured(work)


def _evidently(
    measures: Sequence[str], base: pd.DataFrame, target: pd.DataFrame
) -> Callable[[], dict[str, float]]:
    evidently, presets = import_module("evidently"), import_module("evidently.presets")
    texts, numbers = _texts_and_numbers(base)
    definition = evidently.DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    sides = [
        evidently.Dataset.from_pandas(side, data_definition=definition) for side in (target, base)
    ]
    reports = []
    for measure in measures:
        method = PEERS["evidently"][measure]
        of_texts = _OF_TEXTS.get(method, method)
        preset = presets.DataDriftPreset(
            columns=[*numbers, *(texts if of_texts else [])],
            num_method=method,
            cat_method=of_texts,
            include_tests=False,
        )
        reports.append((measure, evidently.Report([preset])))

    def work() -> dict[str, float]:
        answers = [(measure, report.run(*sides).dict()) for measure, report in reports]
        return {
            f"{measure} {entry['metric_name']}": entry["value"]
            for measure, answer in answers
            for entry in answer["metrics"]
            if entry["metric_name"].startswith("ValueDrift")
        }

    return work


def _nannyml(
    measures: Sequence[str], base: pd.DataFrame, target: pd.DataFrame
) -> Callable[[], dict[str, float]]:
    methods = [PEERS["nannyml"][measure] for measure in measures]
    of_texts = [_OF_TEXTS.get(method, method) for method in methods]
    calculator = import_module("nannyml").UnivariateDriftCalculator(
        column_names=list(base),
        continuous_methods=methods,
        categorical_methods=[method for method in of_texts if method] or ["jensen_shannon"],
        chunk_number=1,
    )

    def work() -> dict[str, float]:
        answer = calculator.fit(base).calculate(target).filter(period="analysis").to_df()
        return {str(key): answer[key].item() for key in answer if key[-1] == "value"}

    return work


def _texts_and_numbers(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    numbers = list(frame.select_dtypes("number"))
    return [name for name in frame if name not in numbers], numbers


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = sys.argv[1:]
    print(json.dumps(_main(asked[0], asked[1].split(","), *map(Path, asked[2:]))))
