"""Long work shows how far it is, on a terminal only, and leaves nothing behind."""

import os
import pty
import subprocess
import sys

SCRIPT = """
import sys
from modelgroups import progress
progress.PATIENCE_SECONDS = 0.0
print(sum(progress.tracked(range(5), "Adding up", total=5)))
"""


def test_nothing_is_shown_where_nobody_watches():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("10\n", "")


def test_a_bar_is_shown_on_a_terminal():
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.stdout == "10\n"
    assert "Adding up" in shown
