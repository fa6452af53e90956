"""The fixtures as a test suite meets them: pytest itself runs small suites."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest
from modelgroups.testing import sample_frame

def test_a_registry_is_empty_and_takes_models(registry):
    assert registry.model_groups() == []
    model = registry.model("m-1", "NLP", "TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    model.save()

@pytest.mark.parametrize("turn", range(3))
def test_it_is_another_one_for_each_test(registry, turn):
    assert registry.model_groups() == []

def test_several(registry_factory, saved_model):
    one, other = registry_factory(), registry_factory()
    saved_model(connection=one)
    assert (len(one.model_groups()), len(other.model_groups())) == (1, 0)

@pytest.mark.parametrize("kind", ["binary", "regression", "image", "token_sequence"])
def test_saved_models(saved_model, registry, kind):
    model = saved_model(kind, n_inferences=10, display_name="mine")
    (group,) = registry.model_groups()
    assert group.name == "mine"
    assert model.summary().n_inferences == 10
    assert saved_model(kind, seed=2).reference_data().equals(sample_frame(kind, seed=2))

def test_the_sdk(arthurai_local):
    from arthurai import ArthurAI
    from arthurai.common.constants import InputType, OutputType

    client = ArthurAI(url="https://platform.example", access_key="none")
    model = client.model("m-1", InputType.NLP, OutputType.TokenSequence)
    model.build_token_sequence_model("question", "answer")
    model.save()
    assert [group.name for group in arthurai_local.model_groups()] == ["m-1"]

def test_the_sdk_is_gone_again():
    with pytest.raises(ModuleNotFoundError):
        import arthurai
"""
FAILING = """
def test_fails(registry, saved_model):
    saved_model()
    assert False

def test_passes(saved_model):
    saved_model()
"""


@pytest.fixture
def run(tmp_path):
    def run(suite, *options):
        (tmp_path / "test_suite.py").write_text(suite)
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            # by its module, whether or not the package is installed with its entry points
            *("-p", "no:modelgroups", "-p", "modelgroups.testing.plugin"),
            *("-W", "error", f"--basetemp={tmp_path / 'base'}", *options),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("options", [("-n0",), ("-n2",)])
def test_a_suite_that_uses_every_fixture(run, options, tmp_path):
    status, told = run(SUITE, *options)
    assert status == 0, told
    assert "11 passed" in told
    assert not list(tmp_path.rglob("registries-*"))


def test_the_registry_of_a_failed_test_is_kept_where_that_is_asked_for(run, tmp_path):
    status, told = run(FAILING)
    assert (status, "1 failed, 1 passed" in told) == (1, True), told
    assert not list(tmp_path.rglob("registries-*"))
    status, told = run(FAILING, "--registry-keep")
    assert status == 1
    (kept,) = tmp_path.rglob("registries-*")
    location = re.search(r"^(/.*registry-0)$", told, re.MULTILINE)
    assert location is not None, told
    assert Path(location[1]).parent == kept
    assert (Path(location[1]) / "catalog.db").exists()


def test_the_suite_of_the_readme_passes(run):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    suite = re.search(r"<!-- pytest -->\n```py\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    status, told = run(suite[1])
    assert (status, "3 passed" in told) == (0, True), told


UNUSED = """
import sys

def test_without_fixtures():
    light = {"modelgroups", "modelgroups.errors", "modelgroups.types", "modelgroups.testing"}
    ours = {name for name in sys.modules if name.partition(".")[0] == "modelgroups"}
    assert {name for name in ours if not name.startswith("modelgroups.testing.")} <= light
    assert not {"pandas", "numpy", "pyarrow", "sqlmodel", "sqlalchemy"} & sys.modules.keys()
"""


def test_a_suite_that_uses_no_fixture_loads_nothing_for_them(run):
    status, told = run(UNUSED)
    assert (status, "1 passed" in told) == (0, True), told


PUBLISHING = """
from arthurai import ArthurAI  # at the top, as code under test does
import os

def publish(name):
    client = ArthurAI(url="https://platform.example", access_key="none")
    model = client.model(name, "NLP", "TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    model.save()

def test_one(arthurai_local):
    publish("one")
    assert [group.name for group in arthurai_local.model_groups()] == ["one"]

def test_other(arthurai_local):
    publish("other")
    assert [group.name for group in arthurai_local.model_groups()] == ["other"]

def test_without_the_fixture():
    publish("stray")
    assert "modelgroups-tests-" in os.environ["MODELGROUPS_HOME"]
    assert os.path.exists(os.path.join(os.environ["MODELGROUPS_HOME"], "catalog.db"))
"""


@pytest.mark.parametrize("options", [("-n0",), ("-n2",)])
def test_a_setting_lets_the_sdk_be_imported_while_tests_are_collected(
    run, options, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    status, told = run(PUBLISHING, "-o", "arthurai_local=true", *options)
    assert (status, "3 passed" in told) == (0, True), told
    assert not list(tmp_path.glob("modelgroups-tests-*"))
    status, told = run(PUBLISHING)
    assert status != 0
    assert "No module named 'arthurai'" in told
