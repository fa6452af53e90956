"""Settings that all tests share."""

import gc
import os
import shutil
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("modelgroups", deadline=None)
hypothesis.settings.load_profile("modelgroups")

LONG = (
    "tests/query/test_spark.py",
    "tests/faults/test_log_kills.py",
    "tests/faults/test_log_forks_and_threads.py",
    "tests/faults/test_kills.py",
    "tests/test_benchmarks.py",
    "tests/faults/",
    "tests/cli/",
    "tests/testing/",
    "tests/query/",
)
"""What takes longest, and begins first: else one worker is at it when the others have ended."""


MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that are free in memory before tests use it as a disk."""


os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Programs that tests start find modules compiled, as those of users do: half of their start."""


def pytest_configure(config):
    """Keep the folders of tests in memory where there is room: they wait for no disk.

    In the tests of faults, where what a disk keeps may matter, `tmp_path` is on the disk all the
    same. All are with ``--basetemp=FOLDER``, or with PYTEST_DEBUG_TEMPROOT in the environment.
    """
    if config.option.basetemp is None and _has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _has_room(folder):
    return os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free >= ROOM


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Send each file of tests to one worker: what its tests share is made once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # as they were collected, not by their number
    return ByFile(config, log)


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):  # in one process the order does not matter
        items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid):
    return next((i for i, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


def pytest_collection_finish():
    """Leave what was imported to the end of the process: no collection of garbage looks at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
