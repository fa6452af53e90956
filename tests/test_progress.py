"""Long work shows how far it is, on a terminal only, and leaves nothing behind."""

import os
import pty
import subprocess
import sys

SCRIPT = """
import sys, time
from modelgroups import progress
progress.PATIENCE_SECONDS = 0.05
print(sum(progress.tracked(range(3), "Adding up", total=3)))
with progress.progress("One long step", total=1) as advance:
    time.sleep(0.4)
    for _ in progress.tracked("ab", "Within it"):
        time.sleep(0.1)
    advance(1)
try:
    for _ in progress.tracked(range(3), "Breaking off"):
        time.sleep(0.2)
        raise ValueError
except ValueError:
    print("broken off")
with progress.progress("[bold] names stay", total=1) as advance:
    time.sleep(0.2)
"""


def test_nothing_is_shown_where_nobody_watches():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("3\nbroken off\n", "")


def test_a_bar_is_shown_on_a_terminal_for_what_takes_long():
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
    assert done.stdout == "3\nbroken off\n"
    for text in ("One long step", "0%", "Breaking off", "[bold] names stay"):
        assert text in shown
    for text in ("Adding up", "Within it"):
        assert text not in shown
    assert shown.endswith("\x1b[1A\x1b[2K")  # nothing is left on the screen
