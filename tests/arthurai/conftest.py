"""The published SDK's answers, and Python processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import modelgroups.arthurai

collect_ignore_glob = ["scripts/*"]  # they are programs, which a test runs

ROOT = Path(modelgroups.__file__).parents[1]


@pytest.fixture(scope="session")
def goldens():
    return json.loads(Path(__file__).with_name("goldens.json").read_text())


@pytest.fixture
def installed():
    modelgroups.arthurai.install()
    yield
    modelgroups.arthurai.uninstall()


@pytest.fixture
def python(tmp_path):
    """Run Python in an empty folder; return what it printed, or its errors where it shall fail."""

    def run(*arguments, fails=False, **environment):
        completed = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(completed.returncode) is fails, completed.stderr
        return completed.stderr if fails else completed.stdout

    return run
