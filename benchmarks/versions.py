"""Finding and listing versions, and whether that and changing them depends on their number.

Groups are filled in one transaction, by the functions of the catalog that a save calls: to
save 10,000 versions one by one would measure the disk.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import modelgroups as mg
from benchmarks.frames import schema_only_model
from benchmarks.measure import Context, Report, Trial, in_turns, run
from benchmarks.peers import is_installed, mlflow_client, not_installed
from modelgroups.catalog import groups, models
from modelgroups.lifecycle.lookup import get_model

__all__ = ["benchmark", "main"]

N_ATTRIBUTES = 25


def benchmark(context: Context) -> Report:
    """Measure lookups, listings and changes in small and large groups."""
    report = Report()
    _thousand(context, report)
    _many(context, report)
    return report


def _thousand(context: Context, report: Report) -> None:
    """Look up and list 1,000 versions, beside MLflow with as many."""
    count = context.size(1_000, quick=20)
    with mg.connect(context.new_folder()) as connection:
        group = _filled(connection, count)
        labels = itertools.cycle(range(1, count + 1, 7))
        trials: dict[str, Trial] = {
            "one": lambda: _bound(_attributes_of_one, group, f"V{next(labels)}"),
            "all": lambda: _bound(_attributes_of_all, group),
            "undecoded": lambda: group.get_versions,
        }
        if is_installed("mlflow"):
            trials |= _mlflow_trials(context.new_folder(), count)
        else:
            report.remarks.append(not_installed("mlflow"))
        times = in_turns(trials, context.rounds(25))
    for what, ours, peer, target in (
        (f"get_version(label=), attributes, of {count:,}", "one", "mlflow one", 2.0),
        (f"get_versions(), all attributes, of {count:,}", "all", "mlflow all", 120.0),
        (f"get_versions() alone of {count:,}", "undecoded", "mlflow all", None),
    ):
        report.add(
            what, times[ours], times.get(peer), beside="MLflow", target=target, of_value=True
        )


def _attributes_of_one(group: mg.ModelGroup, label: str) -> object:
    return group.get_version(label=label).attributes


def _attributes_of_all(group: mg.ModelGroup) -> object:
    """Decode the attributes too, which otherwise waits until they are used."""
    return [version.attributes for version in group.get_versions()]


def _mlflow_trials(folder: Path, count: int) -> dict[str, Trial]:
    """Return the same questions to MLflow; its versions carry the attributes as tags."""
    client = mlflow_client(folder)
    client.create_registered_model("fraud")
    tags = {f"attribute_{i}": "FLOAT PIPELINE_INPUT" for i in range(N_ATTRIBUTES)}
    for number in range(1, count + 1):
        client.create_model_version("fraud", source=str(folder), tags=tags)
        if number % 7 == 1:
            client.set_registered_model_alias("fraud", f"label-{number}", str(number))
    labels = itertools.cycle(range(1, count + 1, 7))
    return {
        "mlflow one": lambda: _bound(
            client.get_model_version_by_alias, "fraud", f"label-{next(labels)}"
        ),
        "mlflow all": lambda: _bound(
            client.search_model_versions, "name='fraud'", max_results=count
        ),
    }


def _many(context: Context, report: Report) -> None:
    """Compare a group of 10,000 versions with one of 10, each in its own registry."""
    count = context.size(10_000, quick=100)
    with (
        mg.connect(context.new_folder()) as large_connection,
        mg.connect(context.new_folder()) as small_connection,
    ):
        large, small = _filled(large_connection, count), _filled(small_connection, 10)
        trials = {
            f"{what} {size}": trial
            for size, connection, group in (
                ("small", small_connection, small),
                ("large", large_connection, large),
            )
            for what, trial in _changes(connection, group).items()
        }
        trials["list_versions"] = lambda: large.list_versions
        trials["models"] = lambda: _bound(large_connection.models, group=large)
        times = in_turns(trials, context.rounds(15))
    for what in _changes(large_connection, large):
        report.add(
            f"{what} with {count:,} versions",
            times[f"{what} large"],
            times[f"{what} small"],
            beside="with 10",
            target=1.3,
        )
    for what, name in (("list_versions()", "list_versions"), ("models(group=)", "models")):
        report.add(f"{what} of {count:,}", times[name], target=100.0)


def _changes(connection: mg.Connection, group: mg.ModelGroup) -> dict[str, Trial]:
    """Return what should cost the same in a group of any size."""
    numbers = itertools.count(1)

    def version() -> mg.Model:
        return group.get_version(5)

    def save() -> Callable[[], object]:
        model = schema_only_model(connection, n_attributes=N_ATTRIBUTES)
        group.add_version(model, label=f"new {next(numbers)}")
        return model.save

    def update() -> Callable[[], object]:
        model = version()
        model.description = f"changed {next(numbers)} times"
        return model.update

    def archive() -> Callable[[], object]:
        model = version()

        def archive_and_restore() -> None:
            model.archive()
            model.restore()

        return archive_and_restore

    return {
        "get_version(label=)": lambda: _bound(_attributes_of_one, group, "V7"),
        "get_version(number)": lambda: _bound(group.get_version, 7),
        "get_latest_version()": lambda: group.get_latest_version,
        "get_model(id)": lambda: _bound(connection.get_model, version().id),
        "save()": save,
        "update()": update,
        "archive() + restore()": archive,
    }


def _filled(connection: mg.Connection, count: int) -> mg.ModelGroup:
    """Return a group of that many versions, labelled V1, V2 …"""
    first = schema_only_model(connection, n_attributes=N_ATTRIBUTES)
    first.version_label = "V1"
    first.save()
    record = get_model(connection.registry, str(first.id))
    with connection.registry.catalog.write() as session:
        for number in range(2, count + 1):
            copy = record._replace(
                id=str(uuid4()),
                partner_model_id=f"fraud {number}",
                label=f"V{number}",
                sequence_num=groups.next_sequence_num(session, record.group_id),
            )
            models.create(session, copy)
    return connection.get_model_group(first)


def _bound(method: Callable[..., object], *args: Any, **kwargs: Any) -> Callable[[], object]:
    return lambda: method(*args, **kwargs)


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "finding, listing and changing versions in small and large groups")


if __name__ == "__main__":
    main()
