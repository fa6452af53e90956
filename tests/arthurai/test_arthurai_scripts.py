"""Scripts in the style of the SDK run as they are, and what they print is right.

Each script asserts what it shows, worked out with pandas and scikit-learn, and ends with ``done``.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from modelgroups.arthurai.client._local import LAST_MODEL_ID, close_client

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.py"))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of the default registry; what a script leaves in the process goes with it."""
    monkeypatch.setenv("MODELGROUPS_HOME", str(tmp_path / "registry"))
    monkeypatch.setenv(LAST_MODEL_ID, "")
    yield tmp_path / "registry"
    close_client(str(tmp_path / "registry"))


def test_there_is_a_script_for_each_kind_of_model():
    wanted = "images multilabel ranked_list tabular_binary tabular_multiclass tabular_regression"
    others = "text_classifier time_series token_sequence"
    assert [script.stem for script in SCRIPTS] == [*wanted.split(), *others.split()]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_runs_after_install(script, home, installed, capsys):
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.splitlines()[-1] == "done"
    assert (home / "catalog.db").is_file()


def test_script_runs_in_a_process_of_its_own(python, home):
    script = next(s for s in SCRIPTS if s.stem == "tabular_binary")
    printed = python("-m", "modelgroups.arthurai", str(script), MODELGROUPS_HOME=str(home))
    assert printed.splitlines()[-1] == "done"
    assert "accuracy and AUC" in printed


def test_script_of_another_process_finds_what_was_saved(python, tmp_path):
    first = tmp_path / "first.py"
    first.write_text(
        "import pandas as pd\n"
        "from arthurai import ArthurAI\n"
        "model = ArthurAI(url='x').model(\n"
        "    'm-1', input_type='TABULAR', output_type='REGRESSION')\n"
        "model.build(pd.DataFrame({'x': [1.5], 'p': [1.0], 'y': [2.0]}), {'p': 'y'})\n"
        "model.save()\n"
    )
    second = tmp_path / "second.py"
    second.write_text(
        "from arthurai import ArthurAI\n"
        "model = ArthurAI(url='x').get_model('m-1', id_type='partner_model_id')\n"
        "print(model.get_attribute_names())\n"
    )
    home = str(tmp_path / "registry")
    python("-m", "modelgroups.arthurai", str(first), MODELGROUPS_HOME=home)
    printed = python("-m", "modelgroups.arthurai", str(second), MODELGROUPS_HOME=home)
    assert printed.strip() == "['x', 'p', 'y']"


def test_a_notebook_loads_the_extension(tmp_path):
    pytest.importorskip("IPython")
    cells = """
%load_ext modelgroups.arthurai
from arthurai import ArthurAI
import pandas as pd
arthur = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = arthur.model(display_name="Spend", input_type="TABULAR", output_type="REGRESSION")
frame = pd.DataFrame({"age": [31, 47], "p": [1.5, 2.5], "y": [1.0, 3.0]})
model.build(frame, {"p": "y"})
_ = model.save()
model
%unload_ext modelgroups.arthurai
import sys; print("arthurai" in sys.modules)
"""
    completed = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "--simple-prompt"],
        input=cells,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "MODELGROUPS_HOME": str(tmp_path / "registry"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Error" not in completed.stdout + completed.stderr
    assert "<Model 'Spend' version 1" in completed.stdout
    assert "False" in completed.stdout
    assert "PREDICTED_VALUE" in completed.stdout  # build() shows its review
