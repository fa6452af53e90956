"""Scripts in the style of the SDK run as they are, and what they print is right.

Each script follows a model of its kind from the first frame to the archive, asserts what it shows,
worked out with numpy, pandas and scikit-learn, and ends with ``done``. One of them runs in a
process of its own, as users run it; the others share this one.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import modelgroups as mg
from modelgroups.arthurai.client._local import LAST_MODEL_ID, close_client

SCRIPTS = {path.stem: path for path in sorted(Path(__file__).with_name("scripts").glob("*.py"))}
ALONE = SCRIPTS["token_sequence"]

NOTEBOOK = """
%load_ext modelgroups.arthurai
from arthurai import ArthurAI
import pandas as pd
arthur = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = arthur.get_model({model_id!r})
print(model.get_attribute_names(stage="GROUND_TRUTH"))
model = arthur.model(display_name="Spend", input_type="TABULAR", output_type="REGRESSION")
frame = pd.DataFrame({{"age": [31, 47], "p": [1.5, 2.5], "y": [1.0, 3.0]}})
model.build(frame, {{"p": "y"}})
_ = model.save()
model
%unload_ext modelgroups.arthurai
import sys; print("arthurai" in sys.modules)
"""


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
    assert list(SCRIPTS) == [*wanted.split(), *others.split()]


@pytest.mark.filterwarnings("error::modelgroups.cautions.ModelGroupsWarning")
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != ALONE.stem])
def test_script_runs_after_install(name, home, installed, capsys):
    runpy.run_path(str(SCRIPTS[name]), run_name="__main__")
    assert capsys.readouterr().out.splitlines()[-1] == "done"
    assert (home / "catalog.db").is_file()


def test_a_notebook_finds_what_a_script_of_another_process_saved(python, tmp_path):
    home = tmp_path / "registry"
    printed = python("-m", "modelgroups.arthurai", str(ALONE), MODELGROUPS_HOME=str(home))
    assert printed.splitlines()[-1] == "done"
    with mg.connect(home) as connection:
        (saved,) = connection.models(archived=True, label="likelihoods")
        assert (saved.display_name, saved.version_sequence_num) == ("Translations", 2)
        model_id = connection.get_model_group(saved).get_version(1, include_archived=True).id
    pytest.importorskip("IPython")
    completed = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "--simple-prompt"],
        input=NOTEBOOK.format(model_id=model_id),
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "MODELGROUPS_HOME": str(home),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Error" not in completed.stdout + completed.stderr
    assert "['truth', 'truth_tokens']" in completed.stdout
    assert "PREDICTED_VALUE" in completed.stdout  # build() shows its review
    assert "<Model 'Spend' version 1" in completed.stdout
    assert "False" in completed.stdout
