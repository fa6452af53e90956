"""Moving an alias, checking the audit events, and routing and serving as a deployment says.

A move is compared with the least commit that SQLite makes durable; the check with reading the
events and hashing each by itself; serving a request with sending its inference alone, in turns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import pandas as pd

import modelgroups as mg
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, in_turns, quiet, run
from benchmarks.sending import bare_commits
from modelgroups.catalog.audit import check_audit
from modelgroups.catalog.events import record
from modelgroups.testing.factories import example_version

__all__ = ["benchmark", "main"]

EVENTS = 100_000
MOVES = 500
KEYS = 1_000_000


def benchmark(context: Context) -> Report:
    """Measure moves of the champion, and the check of a long chain."""
    report = Report()
    with quiet(), mg.connect(context.new_folder()) as connection:
        group = _group(connection)
        _moves(context, report, group)
        _deployment(context, report)
        _audit(context, report, connection, group.id)
    return report


def _group(connection: mg.Connection) -> mg.ModelGroup:
    """Return a group with two versions of 25 attributes."""
    group_id = None
    for label in ("V1", "V2"):
        model = built_model(connection, make_frame(1_000, n_floats=20, n_texts=5))
        model.model_group_id, model.version_label = group_id, label
        model.save()
        group_id = model.model_group_id
    return connection.get_model_group(str(group_id))


def _moves(context: Context, report: Report, group: mg.ModelGroup) -> None:
    n_moves = context.size(MOVES, quick=20)
    for label in ("V1", "V2"):
        group.promote(label)
    times = []
    for number in range(n_moves):
        label = ("V1", "V2")[number % 2]
        start = perf_counter()
        group.promote(label, reason="measured")
        times.append(perf_counter() - start)
    commits = bare_commits(context.new_folder(), n_moves)
    report.add("promote()", times, commits, beside="bare commit", target=2.0, of_value=True)


def _deployment(context: Context, report: Report) -> None:
    """Route one key and many, and serve requests whose model takes no time."""
    with mg.connect(context.new_folder()) as connection:
        one, two = (example_version(connection, label) for label in ("V1", "V2"))
        test = connection.get_model_group(one).deploy.ab({"V1": 0.5, "V2": 0.5}, salt="measured")
        keys = [f"customer-{number}" for number in range(context.size(KEYS, quick=1_000))]
        column = pd.Series(keys)
        few = keys[: len(keys) // 10]
        routes = in_turns(
            {
                "many": lambda: lambda: test.route_many(column),
                "one": lambda: lambda: [test.route(key) for key in few],
            },
            context.rounds(5),
        )
        report.add(f"route_many() of {len(keys):,}", routes["many"])
        report.add(f"route(), {len(few):,} times", routes["one"])
        served, sent = [], []
        with test.serve({"V1": lambda _: 0.25, "V2": lambda _: 0.75}) as answer:
            for number in range(context.size(MOVES, quick=20)):
                start = perf_counter()
                answer(number, {"age": 31})
                served.append(perf_counter() - start)
                start = perf_counter()
                two.send_inferences([{"age": 31}], predictions=[0.75])
                sent.append(perf_counter() - start)
        report.add(
            "serve(), a request",
            served,
            sent,
            beside="send_inferences()",
            target=1.5,
            of_value=True,
        )


def _audit(context: Context, report: Report, connection: mg.Connection, group_id: str) -> None:
    n_events = context.size(EVENTS, quick=500)
    catalog = connection.registry.catalog
    after = {"version": 1, "label": "V1", "fingerprint": "a" * 64, "reference_rows": 1_000}
    with catalog.write() as session:
        for _ in range(n_events):
            record(session, mg.EventType.GroupUpdated, group_id=group_id, after=after)

    def check() -> None:
        with catalog.read() as session:
            assert not check_audit(session).problems

    times = in_turns(
        {
            "check": lambda: check,
            "read": lambda: lambda: _read_and_hash(catalog.path),
            "frame": lambda: connection.audit,
        },
        context.rounds(5),
    )
    report.add(
        f"checking {n_events:,} events",
        times["check"],
        times["read"],
        beside="read and hash",
        target=1_000.0,
        of_value=True,
    )
    report.add(f"audit() of {n_events:,} events", times["frame"], times["read"], beside="likewise")


def _read_and_hash(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        for row in database.execute("SELECT * FROM event ORDER BY serial"):
            sha256(repr(row).encode()).digest()


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "moving aliases and checking events")


if __name__ == "__main__":
    main()
