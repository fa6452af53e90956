"""What the tests of faults send to an inference log, and the plain answer it must give.

The content of an inference follows from its number and a variant, so that any process can tell
what it must be.
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
from crew import save_version
from pandas.testing import assert_frame_equal

import modelgroups as mg
import modelgroups.inferences.bulk
import modelgroups.inferences.compact
import modelgroups.inferences.delete
import modelgroups.inferences.enrich
import modelgroups.inferences.read
import modelgroups.inferences.send
import modelgroups.inferences.show  # forked processes need not import these

START = pd.Timestamp("2026-03-01", tz="UTC")
COLUMNS = ["partner_inference_id", "inference_timestamp", "amount", "shop", "p_fraud"]
TRUTHS = ["fraud", "ground_truth_timestamp"]
PATIENCE = 120
"""Seconds after which a process is killed rather than waited for."""


def hurry(seconds: int = PATIENCE) -> None:
    """Let this process tell where it is stuck and die, and keep its remarks off the terminal."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    logging.getLogger("modelgroups").setLevel(logging.CRITICAL)


def hurry_after_fork(seconds: int = PATIENCE) -> None:
    """Do the same in a child that was forked from a process that hurries."""
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(seconds)


def id_of(number: int) -> str:
    return f"id-{number:07d}"


def inferences(numbers: Iterable[int], variant: int = 0) -> pd.DataFrame:
    """What is sent for some numbers."""
    n = np.fromiter(numbers, dtype=np.int64)
    return pd.DataFrame(
        {
            "partner_inference_id": [id_of(number) for number in n],
            "inference_timestamp": START + pd.to_timedelta(n, "s"),
            "amount": np.where(n % 11 == 0, np.nan, n + variant / 64),
            "shop": [f"Läden {number % 7}" for number in n],
            "p_fraud": n % 1024 / 1024,
        }
    )


def truths(numbers: Iterable[int], version: int = 0) -> pd.DataFrame:
    """What is sent later for some numbers; of several versions the greatest holds."""
    n = np.fromiter(numbers, dtype=np.int64)
    return pd.DataFrame(
        {
            "partner_inference_id": [id_of(number) for number in n],
            "ground_truth_timestamp": START + pd.to_timedelta(n + 3600 * version, "s"),
            "fraud": (n + version) % 2,
        }
    )


def enrichments(numbers: Iterable[int]) -> pd.DataFrame:
    """What is computed of some numbers, in long form."""
    n = np.fromiter(numbers, dtype=np.int64)
    return pd.DataFrame(
        {
            "partner_inference_id": [id_of(number) for number in n],
            "anomaly_score": n % 1024 / 1024,
            "explainer_algo": "lime",
            "explainer_predicted_attribute": "p_fraud",
            "explainer_attribute": "amount",
            "explainer_score": n / 64,
        }
    )


def enriched(model: mg.Model) -> pd.DataFrame:
    """The enriched inferences of a model, as the log has them."""
    to = model._recipient("enriched")
    selection = modelgroups.inferences.read.Selection(
        columns=["partner_inference_id"], enrichments=["anomaly-score", "lime-p_fraud-amount"]
    )
    tables = modelgroups.inferences.read.read_tables(
        to.registry, to.model_id, to.layout, selection, is_batch=False
    )
    names = ["partner_inference_id", "anomaly_score", "explainer_score"]
    return pd.concat(
        [table.to_pandas().set_axis(names[: len(table.column_names)], axis=1) for table in tables]
    )


def send_one(model: mg.Model, number: int, variant: int = 0) -> Any:
    """Send one inference by the call for one."""
    [row] = inferences([number], variant).to_dict("records")
    return model.send_inference(
        row["inference_timestamp"],
        row["partner_inference_id"],
        {} if number % 11 == 0 else {"amount": row["amount"]},
        predicted_value={"p_fraud": row["p_fraud"]},
        non_input_data={"shop": row["shop"]},
    )


def new_log(root: Path, **fields: Any) -> str:
    """Make a registry with a model and return its id."""
    with mg.connect(root) as connection:
        return str(save_version(connection, 0, **fields).id)


def expected(sent: Mapping[int, int], told: Mapping[int, int] | None = None) -> pd.DataFrame:
    """The plain answer: a row for each number with its variant and its ground truth's version."""
    told = told or {}
    variants = pd.Series(sent, dtype="int64").sort_index()
    parts = [inferences(group.index, variant) for variant, group in variants.groupby(variants)]
    frame = pd.concat(parts) if parts else inferences([])
    versions = pd.Series(told, dtype="int64")
    answers = [truths(group.index, version) for version, group in versions.groupby(versions)]
    answer = pd.concat(answers) if answers else truths([])
    return _sorted(frame.merge(answer, how="left", on="partner_inference_id"))


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.sort_values("partner_inference_id", ignore_index=True)[[*COLUMNS, *TRUTHS]]
    times = ["inference_timestamp", "ground_truth_timestamp"]
    return frame.astype(
        {"fraud": "Int64", "partner_inference_id": object, "shop": object}
        | dict.fromkeys(times, "datetime64[us, UTC]")
    )


def check_log(
    model: mg.Model, sent: Mapping[int, int], told: Mapping[int, int] | None = None
) -> None:
    """Fail unless the log is the plain answer row for row, and its counts are exact."""
    told = told or {}
    assert_frame_equal(_sorted(model.inferences([*COLUMNS, *TRUTHS])), expected(sent, told))
    found = model.summary()
    waiting = set(told) - set(sent)
    counts = (found.n_inferences, found.n_ground_truths, found.n_waiting)
    assert counts == (len(sent), len(told) - len(waiting), len(waiting))


def log_files(root: Path) -> set[str]:
    """The files of the logs, by their names."""
    return {path.name for path in root.glob("inferences/*/*")}


def check_files(connection: mg.Connection, model: mg.Model) -> None:
    """Fail unless all is sound, and nothing but what the catalog names is left by gc()."""
    found = connection.verify()
    assert found, str(found)
    connection.gc()
    root = connection.registry.root
    assert len(log_files(root)) == 2 * model.summary().n_segments
    found = connection.verify()
    assert found, str(found)


class Finish:
    """Tells processes that others have come to their end."""

    def __init__(self, folder: Path, n: int) -> None:
        self._folder, self._n = folder, n

    def here(self, worker: object) -> None:
        (self._folder / f"done-{worker}").touch()

    def reached(self) -> bool:
        return len(list(self._folder.glob("done-*"))) >= self._n


def until(finish: Finish, seconds: float = PATIENCE) -> Iterable[int]:
    """Count the turns of a loop that goes on until others have finished."""
    deadline = time.monotonic() + seconds
    turn = 0
    while not finish.reached():
        assert time.monotonic() < deadline, "the others do not finish"
        yield turn
        turn += 1


_MODULES = (
    "catalog/parcels",
    "catalog/segments",
    "catalog/session",
    "inferences/compact",
    "inferences/delete",
    "inferences/deliver",
    "inferences/enrich",
    "inferences/garbage",
    "inferences/segment_files",
    "storage/keys",
    "storage/objects",
    "storage/segments",
)


def act_at_line(number: int, act: Callable[[], object]) -> None:
    """Act before the nth line that any thread runs from now on in the modules of the log."""
    n = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal n
        if event == "call":
            name = frame.f_code.co_filename.partition("modelgroups/")[2]
            return trace if name.startswith(_MODULES) else None
        if event == "line":
            n += 1
            if n == number:
                act()
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
