"""The shell example of the README runs as it stands."""

import os
import re
import shlex
import subprocess
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_shell_example_runs_as_a_newcomer_would_type_it(tmp_path, program):
    (script,) = re.findall(r"<!-- terminal -->\n```sh\n(.*?)^```$", README.read_text(), re.S | re.M)
    file = tmp_path / "bin" / "modelgroups"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n')
    file.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{file.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Saved version 1 (V1) of 'Card fraud'" in done.stdout
    assert "monday.csv: 2 rows stored" in done.stdout
    assert "Archived version 1 (V1) of 'Card fraud'" in done.stdout
    assert (tmp_path / "terminal-registry" / "catalog.db").is_file()
