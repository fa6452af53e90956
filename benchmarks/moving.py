"""Artifacts, backups and bundles, beside plain copies that are hashed and synced too."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import modelgroups as mg
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, in_turns, run

__all__ = ["benchmark", "main"]

_LOT = 1 << 20


def benchmark(context: Context) -> Report:
    """Measure what takes files in, out, and to another registry."""
    report = Report()
    size = context.size(100, quick=1) << 20
    source = context.new_folder() / "model.bin"
    source.write_bytes(os.urandom(size))
    with (
        mg.connect(context.new_folder()) as connection,
        mg.connect(context.new_folder()) as filling,
    ):
        model = built_model(connection, make_frame(1_000, n_floats=11, n_texts=3))
        model.add_artifact(source)
        model.save()
        group = connection.get_model_group(model)
        bundle = group.export(context.new_folder() / "bundle")
        times = in_turns(
            {
                "artifact": lambda: _add(filling, source),
                "backup": lambda: _with_new(context, connection.backup),
                "export": lambda: _with_new(context, group.export),
                "import": lambda: _import(context, bundle),
                "copy": lambda: _with_new(context, lambda target: _copy(source, target)),
            },
            context.rounds(10),
        )
    beside = "copy, hashed and synced"
    for name, what in (
        ("artifact", "add_artifact()"),
        ("backup", "backup()"),
        ("export", "export()"),
        ("import", "import_bundle()"),
    ):
        report.add(f"{what} {size >> 20} MiB", times[name], times["copy"], beside=beside)
    return report


def _add(connection: mg.Connection, source: Path) -> Callable[[], object]:
    """Add an artifact whose bytes are nowhere in the registry yet."""
    with source.open("r+b") as file:
        file.write(os.urandom(16))
    model = built_model(connection, make_frame(10, n_floats=11, n_texts=3))
    model.save()
    return lambda: model.add_artifact(source)


def _with_new(context: Context, work: Callable[[Path], object]) -> Callable[[], object]:
    target = context.new_folder() / "new"
    return lambda: work(target)


def _import(context: Context, bundle: Path) -> Callable[[], object]:
    connection = mg.connect(context.new_folder())

    def take_in() -> None:
        with connection:
            connection.import_bundle(bundle)

    return take_in


def _copy(source: Path, target: Path) -> None:
    """Copy a file as someone would who wants it hashed and on the disk."""
    found = hashlib.sha256()
    with source.open("rb") as file, target.open("wb") as copy:
        while lot := file.read(_LOT):
            found.update(lot)
            copy.write(lot)
        copy.flush()
        os.fsync(copy.fileno())


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "artifacts, backups and bundles")


if __name__ == "__main__":
    main()
