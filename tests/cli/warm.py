"""The program in processes that need not import it: copies of one that has.

They have arguments, streams, a folder, an environment and an exit code of their own, as any. What
the interpreter makes of the environment when it starts, and signals, need a process of the usual
kind.
"""

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = [
    "ibis.backends.duckdb",
    "modelgroups.arthurai",
    "modelgroups.connection",
    "modelgroups.query.engines.embedded",
    "modelgroups.query.metrics",
    "modelgroups.query.run",
    "modelgroups.report",
    "modelgroups.viz",
    "pandas",
    "pyarrow.pandas_compat",
]
CALLER = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    socket.send_fds(server, [b"."], [0, 1, 2])
    call = {"args": sys.argv[2:], "folder": os.getcwd(), "env": dict(os.environ)}
    server.sendall(json.dumps(call).encode() + b"\\n")
    sys.exit(int(server.makefile().readline()))
"""


@contextlib.contextmanager
def serving():
    """Offer a command that is called as the program is, until the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "socket"))
        with (
            socket.socket(socket.AF_UNIX) as server,
            subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.cli.warm", str(bind(server, path))],
                pass_fds=[server.fileno()],
                cwd=ROOT,
                stdin=subprocess.PIPE,  # whose end is that of the server
            ),
        ):
            yield [sys.executable, "-I", "-S", "-c", CALLER, path]


def bind(server, path):
    """Let calls wait from now on; return the number that the server finds them under."""
    server.bind(path)
    server.listen()
    return server.fileno()


def serve(calls):
    """Answer calls, each in a process of its own, until standard input ends."""
    import modelgroups.cli

    for module in pkgutil.iter_modules(modelgroups.cli.__path__, "modelgroups.cli."):
        import_module(module.name)
    for name in HEAVY:
        import_module(name)
    gc.freeze()
    while sys.stdin not in select.select([calls, sys.stdin], [], [])[0]:
        call, _ = calls.accept()
        if not os.fork():
            answer(call)
            os._exit(0)
        call.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def answer(call):
    """Run the program for one call, and tell its exit code."""
    _, streams, _, _ = socket.recv_fds(call, 1, 3)
    asked = json.loads(call.makefile().readline())
    child = os.fork()
    if not child:
        call.close()
        run(asked["args"], asked["folder"], asked["env"], streams)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    call.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def run(args, folder, env, streams):
    """Become the program."""
    from modelgroups.cli import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["modelgroups", *args]
    sys.modules["__main__"].__package__ = None  # by which its name would be told
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", encoding="utf-8", errors=errors)
        for number, errors in ((1, "surrogateescape"), (2, "backslashreplace"))
    )
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001  # as the interpreter does
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
