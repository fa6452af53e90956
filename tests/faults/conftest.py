"""A folder for a registry, and the server that the processes of these tests are forked from."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from multiprocessing import forkserver
from pathlib import Path

import pytest

import modelgroups

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # processes import `crew` and the test modules by their names
sys.path.append(str(HERE.parents[1]))


@pytest.fixture(scope="session", autouse=True)
def forks():
    """Start the server where it finds what it has to import beforehand, and Ctrl-C arrives.

    The jobs that a shell runs in the background begin with SIGINT ignored, and hand that on.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    paths = [str(HERE), str(Path(modelgroups.__file__).parents[1])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        forkserver.ensure_running()


@pytest.fixture
def tmp_path():
    """A folder on the disk, wherever other tests have theirs."""
    with tempfile.TemporaryDirectory(prefix="modelgroups-faults-") as folder:
        yield Path(folder)


@pytest.fixture
def root(tmp_path):
    """Where a registry may be made."""
    return tmp_path / "registry"


@pytest.fixture
def quick_root():
    """Where a registry may be made whose files need not outlast the machine, only processes."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder, "registry")


@pytest.fixture
def public():
    """A folder that other users can look into; pytest's own cannot be."""
    folder = Path(tempfile.mkdtemp(prefix="modelgroups-public-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
