"""Processes for the tests of faults, and what they save.

The processes are forked from a server that has imported everything, so that one costs some
milliseconds. What they run must be importable: it lies here, or at the top of a test module
that was imported by name.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.pandas_compat  # noqa: F401
from pandas.testing import assert_frame_equal

import modelgroups as mg
import modelgroups.connection
import modelgroups.lifecycle.maintenance
import modelgroups.lifecycle.saving
import modelgroups.model.storing
import modelgroups.query.engines.embedded
import modelgroups.reference.adding
import modelgroups.reference.files
import modelgroups.reference.reading
import modelgroups.schema.build
import modelgroups.schema.classifiers
import modelgroups.schema.review
import modelgroups.schema.validate  # forked processes need not import these
from modelgroups.lifecycle.provenance import gather, wanted_parts

gather(wanted_parts(None))  # nor find out once more where they run

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["pytest", "crew", "log_crew"])

NOBODY = 65534
LINES_OF_A_SAVE = 100
"""A save runs more lines than this in the modules that put it on the disk."""

_SAVING = (
    "catalog/session",
    "lifecycle/artifacts",
    "lifecycle/saving",
    "model/storing",
    "reference/intake",
    "storage/lock",
    "storage/objects",
    "storage/parquet",
)
STAGED = "objects/staging-*"


def frame(seed: int) -> pd.DataFrame:
    """A small frame that differs from seed to seed, in its length too."""
    random = np.random.default_rng(seed)
    n = int(random.integers(5, 40))
    return pd.DataFrame(
        {
            "amount": np.where(random.random(n) < 0.1, np.nan, random.normal(size=n)),
            "shop": [f"Läden {seed}-{i % 4}" for i in range(n)],
            "at": pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC"),
            "p_fraud": random.random(n),
            "fraud": np.arange(n) % 2,
        }
    )


def new_model(connection: mg.Connection, seed: int, **fields: Any) -> mg.Model:
    """An unsaved model that was built on the frame of that seed."""
    if "partner_model_id" not in fields:
        fields.setdefault("display_name", "Card fraud")
    model = connection.model(input_type="TABULAR", output_type="MULTICLASS", **fields)
    model.build(frame(seed), {"p_fraud": 1}, ground_truth_column="fraud")
    return model


def save_version(
    connection: mg.Connection, seed: int, group_id: str | None = None, **fields: Any
) -> mg.Model:
    """Save a version into the group, or as the first one of a new group."""
    label = fields.pop("label", None)
    model = new_model(connection, seed, **fields)
    model.model_group_id, model.version_label = group_id, label
    model.save()
    return model


def is_whole(model: mg.Model, seed: int) -> bool:
    """Whether a version that was read back is the one that was built on that frame."""
    assert_frame_equal(model.reference_data(), frame(seed))
    return {attribute.name for attribute in model.attributes or ()} >= set(frame(seed).columns)


def check_sound(connection: mg.Connection) -> None:
    """Fail unless every version is whole, numbers run 1..n, and every hash is right."""
    found = connection.verify()
    assert found, str(found)
    for group in connection.model_groups(archived=None):
        versions = group.get_versions(include_archived=True)
        numbers = [version.version_sequence_num for version in versions]
        assert numbers == list(range(len(versions), 0, -1)), numbers
        for version in versions:
            assert version.attributes
            assert len(version.reference_data(columns=["amount"])) >= 5


def age(root: Path) -> None:
    """Make the staged files look old, for gc leaves those alone that may be in use."""
    for path in root.glob(STAGED):
        os.utime(path, (time.time() - 600, time.time() - 600))


def listing(root: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def published(root: Path) -> set[str]:
    """The digests of the files in the object store."""
    return {path.stem for path in root.glob("objects/[0-9a-f]*.parquet")}


def known(root: Path) -> set[str]:
    """The digests that the catalog knows."""
    with closing(sqlite3.connect(root / "catalog.db")) as catalog:
        return {digest for (digest,) in catalog.execute("SELECT digest FROM snapshot")}


def held(root: Path) -> set[str]:
    """The digests of the artifacts in the object store."""
    return {path.stem for path in root.glob("objects/[0-9a-f]*.artifact")}


def named(root: Path) -> set[str]:
    """The digests of the artifacts that versions hold."""
    with closing(sqlite3.connect(root / "catalog.db")) as catalog:
        return {digest for (digest,) in catalog.execute("SELECT digest FROM artifact")}


@contextmanager
def team(n: int) -> Iterator[Callable[..., list[Any]]]:
    """Offer a function that runs work in `n` processes, all begun at one moment.

    It takes the work and a tuple of arguments for each process; it returns what each returned,
    and raises what one raised.
    """
    with ProcessPoolExecutor(
        n, CONTEXT, initializer=_meet_at, initargs=(CONTEXT.Barrier(n),)
    ) as pool:

        def run(work: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
            futures = [pool.submit(_begin, work, job) for job in jobs]
            return [future.result() for future in futures]

        yield run


def together(work: Callable[..., Any], jobs: list[tuple[Any, ...]]) -> list[Any]:
    """Run `work` once for each tuple of arguments, each in a process of its own; see `team`."""
    with team(len(jobs)) as run:
        return run(work, jobs)


def in_child(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run `work` in a process of its own; return what it returns, raise what it raises."""
    return together(work, [arguments])[0]


def unprivileged(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run `work` in a process that permissions bind; they do not bind root."""
    return in_child(_drop_privileges, work, arguments)


def _meet_at(barrier: Any) -> None:
    quiet()
    globals()["_barrier"] = barrier


def _begin(work: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    globals()["_barrier"].wait(60)
    return work(*job)


def _drop_privileges(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    with mg.connect(":memory:") as connection:  # loads what nobody may not be able to read
        save_version(connection, 0).reference_data()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return work(*arguments)


def act_at_line(number: int, act: Callable[[], object], modules: tuple[str, ...] = _SAVING) -> None:
    """Act before the nth line that is run from now on in some modules, those that save."""
    n = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal n
        if event == "call":
            name = frame.f_code.co_filename.partition("modelgroups/")[2]
            return trace if name.startswith(modules) else None
        if event == "line":
            n += 1
            if n == number:
                act()
        return trace

    sys.settrace(trace)


def quiet() -> None:
    """Keep the library's remarks off the terminal."""
    logging.getLogger("modelgroups").setLevel(logging.CRITICAL)
