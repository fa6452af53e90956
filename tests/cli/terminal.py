"""A terminal for a process: what it shows, at the width that it has."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PROGRAM = [sys.executable, "-W", "error", "-m", "modelgroups"]
_PATIENCE = 60
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs a command of the program as somebody at a terminal does."""

    def __init__(self, home, *args, columns=60, cwd=None, program=PROGRAM, **env):
        self._primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}}
        self._process = subprocess.Popen(
            [*program, "--home", str(home), *map(str, args)],
            env={**inherited, "TERM": "xterm", **env},
            cwd=cwd,
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            start_new_session=True,
            preexec_fn=_control,
        )
        os.close(secondary)
        self.raw = ""

    def wait_for(self, text):
        """Read until a text is shown."""
        ends = time.monotonic() + _PATIENCE
        while text not in self.raw:
            assert self._read(ends), f"{text!r} was not shown, but {self.raw!r}"

    def type(self, text):
        os.write(self._primary, text.encode())

    def end(self, again=""):
        """Read until the process ends; return its exit code.

        What is to be typed again comes after five quiet seconds: Python loses a Ctrl-C in the
        instant between a prompt and the wait for its answer.
        """
        ends = time.monotonic() + _PATIENCE
        while True:
            if again and not select.select([self._primary], [], [], 5)[0]:
                self.type(again)
                again = ""
            if not self._read(ends):
                break
        os.close(self._primary)
        return self._process.wait(timeout=_PATIENCE)

    @property
    def lines(self):
        """What was shown, without colors."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n").splitlines()

    def _read(self, ends):
        ready, _, _ = select.select([self._primary], [], [], max(0, ends - time.monotonic()))
        if not ready:
            self._process.kill()
            return False
        data = b""
        with contextlib.suppress(OSError):  # Linux says so when nobody writes any more
            data = os.read(self._primary, 1 << 16)
        self.raw += data.decode(errors="replace")
        return bool(data)


def _control():
    """Make the terminal that of the process, so that Ctrl-C in it arrives."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
