"""Every Python snippet of the README runs, in order, as one script in a new folder."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def snippets() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def test_the_snippets_run_in_order_as_a_newcomer_would_type_them(tmp_path):
    assert len(snippets()) >= 8
    script = tmp_path / "readme.py"
    script.write_text("\n".join(snippets()))
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fraud-registry" / "catalog.db").is_file()
    assert "404 Not Found" in done.stdout


def test_the_two_commands_are_there_for_the_build_to_run():
    text = README.read_text()
    assert "<!-- demo -->\n```sh\npython -m pip install -e '.[demo]'" in text
    assert "<!-- test -->\n```sh\npython -m pip install -e '.[test]'" in text
