"""Run a script written for the Arthur SDK against a local registry.

Usage: ``python -m modelgroups.arthurai script.py [arguments ...]``
"""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from modelgroups.arthurai._install import install


def main() -> None:
    """Run the script that the command line names, as ``__main__``."""
    parser = argparse.ArgumentParser(
        prog="python -m modelgroups.arthurai",
        description="Run a script that imports arthurai against a local registry.",
    )
    parser.add_argument("script", help="the Python file to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to the script")
    options = parser.parse_args()
    if not Path(options.script).is_file():
        parser.error(f"there is no file {options.script!r}")
    install()
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = str(Path(options.script).resolve().parent)  # as `python script.py` has it
    runpy.run_path(options.script, run_name="__main__")


if __name__ == "__main__":
    main()
