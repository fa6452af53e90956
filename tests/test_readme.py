"""Every Python snippet of the README runs, in order, as one script in a new folder."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HIDING = """\
import sys
from importlib.machinery import PathFinder


class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {hidden!r} else PathFinder.find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
"""
"""Lets packages look as if they were not installed."""


def brought_by(extra: str) -> set[str]:
    """Return the names of all that ``pip install modelgroups[extra]`` brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = [
        f'{text} ; extra == "{name}"'
        for name, some in project["optional-dependencies"].items()
        for text in (text.partition(";")[0] for text in some)
    ]
    found: set[tuple[str, str]] = set()
    waiting = [("modelgroups", extra), ("modelgroups", "")]
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in found:
            continue
        found.add((name, wanted))
        is_ours = name == "modelgroups"
        for text in [*project["dependencies"], *ours] if is_ours else requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": wanted}):
                its = canonicalize_name(needed.name)
                waiting += [(its, each) for each in ("", *needed.extras)]
    return {name for name, _ in found}


def not_brought_by(extra: str) -> set[str]:
    """Return the top-level modules that are installed here, and not where only an extra is."""
    brought = brought_by(extra)
    return {
        module
        for module, its in packages_distributions().items()
        if not brought & set(map(canonicalize_name, its))
    }


def snippets() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def test_the_snippets_run_in_order_with_what_the_first_command_installs(tmp_path):
    assert len(snippets()) >= 8
    hidden = not_brought_by("demo")
    assert {"pytest", "polars"} < hidden
    assert not {"pandas", "sklearn", "skops", "matplotlib", "jinja2", "modelgroups"} & hidden
    script = tmp_path / "readme.py"
    script.write_text("\n".join([HIDING.format(hidden=hidden), *snippets()]))
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("V2 is better than V1 on Accuracy Rate")
    assert (tmp_path / "fraud-registry" / "catalog.db").is_file()
    assert "404 Not Found" in done.stdout


def test_the_two_commands_are_there_for_the_build_to_run():
    text = README.read_text()
    assert "<!-- demo -->\n```sh\npython -m pip install -e '.[demo]'" in text
    assert "<!-- test -->\n```sh\npython -m pip install -e '.[test]'" in text
