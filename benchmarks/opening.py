"""Importing the package, opening registries, and a fresh process up to its first answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import modelgroups as mg
from benchmarks.frames import schema_only_model
from benchmarks.measure import Context, Report, Row, Trial, in_turns, run
from benchmarks.peers import is_installed, mlflow_client, not_installed
from modelgroups.testing.factories import open_copy

__all__ = ["benchmark", "main"]

HEAVY = ("pandas", "pyarrow", "alembic", "mlflow")


def benchmark(context: Context) -> Report:
    """Measure imports, opening, and the first answer of a fresh process."""
    report = Report()
    _imports(context, report)
    _opening(context, report)
    _first_answer(context, report)
    return report


def _imports(context: Context, report: Report) -> None:
    times = in_turns(
        {
            "package": _process("import modelgroups"),
            "connect": _process("from modelgroups import connect"),
            "sqlmodel": _process("import sqlmodel"),
        },
        context.rounds(20),
    )
    for what, name in (("import modelgroups", "package"), ("import connect from it", "connect")):
        report.add(what, times[name], times["sqlmodel"], beside="import sqlmodel", target=1.1)
    code = (
        "import sys, modelgroups; modelgroups.connect; "
        f"print(sum(name in sys.modules for name in {HEAVY}))"
    )
    report.rows.append(Row("heavy packages loaded by that", float(_output(code)), "", target=0))
    times = in_turns(
        {
            "help": _process("from modelgroups.cli import main; main()", "--help"),
            "typer": _process("import typer, rich"),
        },
        context.rounds(20),
    )
    report.add(
        "modelgroups --help", times["help"], times["typer"], beside="import typer, rich", target=1.3
    )


def _opening(context: Context, report: Report) -> None:
    existing = context.new_folder()
    with mg.connect(existing) as connection:
        schema_only_model(connection, n_attributes=25).save()

    def open_new() -> Callable[[], object]:
        folder = context.new_folder() / "registry"
        return lambda: mg.connect(folder).close()

    def open_existing() -> None:
        mg.connect(existing).close()

    def ask_existing() -> None:
        with mg.connect(existing) as connection:
            connection.model_groups()

    def fixture() -> Callable[[], object]:
        root = context.new_folder() / "registry"

        def make_and_remove() -> None:
            open_copy(template, root).close()
            shutil.rmtree(root)

        return make_and_remove

    template = context.new_folder() / "registry"
    mg.connect(template).close()
    times = in_turns(
        {
            "fixture": fixture,
            "new": open_new,
            "existing": lambda: open_existing,
            "existing and asked": lambda: ask_existing,
        },
        context.rounds(30),
    )
    report.add("open a new registry", times["new"], target=25)
    report.add("a registry for a test, and its end", times["fixture"], target=5)
    report.add("open an existing one", times["existing"], target=8)
    report.add("open it, ask, close", times["existing and asked"])


def _first_answer(context: Context, report: Report) -> None:
    folder = context.new_folder()
    with mg.connect(folder) as connection:
        schema_only_model(connection, n_attributes=25).save()
    trials: dict[str, Trial] = {
        "ours": _process(
            f"import modelgroups as mg; print(len(mg.connect({str(folder)!r}).model_groups()))"
        )
    }
    if is_installed("mlflow"):
        client = mlflow_client(folder)
        client.create_registered_model("fraud")
        client.create_model_version("fraud", source=str(folder))
        trials["mlflow"] = _process(
            "from pathlib import Path; from benchmarks.peers import mlflow_client; "
            f"print(len(mlflow_client(Path({str(folder)!r})).search_registered_models()))"
        )
    else:
        report.remarks.append(not_installed("mlflow"))
    times = in_turns(trials, context.rounds(9))
    report.add(
        "fresh process to first answer",
        times["ours"],
        times.get("mlflow"),
        beside="MLflow",
        target=700,
        of_value=True,
    )


def _process(code: str, *args: str) -> Trial:
    """Time a fresh interpreter from its start to its end."""
    return lambda: lambda: _output(code, *args)


def _output(code: str, *args: str) -> str:
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "importing, opening, and the first answer of a fresh process")


if __name__ == "__main__":
    main()
