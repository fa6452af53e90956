"""The fixtures as a test suite meets them: pytest itself runs small suites."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import modelgroups as mg

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

def test_a_second_version_has_its_label(saved_model, registry):
    first = saved_model(version_label="V1")
    second = saved_model(group=first, version_label="V2", seed=1)
    third = saved_model(group=registry.get_model_group(first))
    assert [(v.version_sequence_num, v.version_label) for v in (first, second, third)] == [
        (1, "V1"), (2, "V2"), (3, None)
    ]

def test_each_group_has_a_name_of_its_own(saved_model, registry):
    names = {saved_model(kind).display_name for kind in ["binary", "binary", "text", "binary"]}
    assert names == {"Sample binary", "Sample binary 2", "Sample binary 3", "Sample text"}
    with pytest.warns(match="Sample text"):
        saved_model("text", display_name="Sample text")

def test_the_same_call_sends_the_same_rows(saved_model, registry_factory):
    one, again = (
        saved_model(n_inferences=3, connection=registry_factory()).query(
            {"select": [{"property": name} for name in
                        ("partner_inference_id", "inference_timestamp", "amount")]}
        )
        for _ in range(2)
    )
    assert one == again

def test_samples_say_nothing(saved_model, caplog, recwarn):
    for kind in ("binary", "multiclass", "multilabel", "image", "object_detection"):
        saved_model(kind, n_inferences=3)
    assert caplog.records == []
    assert list(recwarn) == []

@pytest.mark.parametrize("wrong", [-1, "many", 2.5])
def test_rows_that_cannot_be_made(saved_model, registry, wrong):
    with pytest.raises((TypeError, ValueError), match="n_rows"):
        saved_model(n_inferences=wrong)
    assert registry.model_groups() == []

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
    assert "18 passed" in told
    assert kept_in(tmp_path) == []


def test_the_registry_of_a_failed_test_is_kept_where_that_is_asked_for(run, tmp_path):
    status, told = run(FAILING)
    assert (status, "1 failed, 1 passed" in told) == (1, True), told
    assert kept_in(tmp_path) == []
    status, told = run(FAILING, "--registry-keep", "--tb=no", "--show-capture=no", "-n2")
    assert status == 1
    (kept,) = kept_in(tmp_path)
    assert f"test_suite.py::test_fails\n    modelgroups --home {kept} groups\n" in told
    assert kept.parent.name.startswith("test_fails-")
    with mg.connect(kept) as connection:
        assert [group.name for group in connection.model_groups()] == ["Sample binary"]


BAD_TEARDOWN = """
import pytest

@pytest.fixture
def broken():
    yield
    raise RuntimeError("in teardown")

@pytest.fixture
def late(broken, registry_factory):
    yield registry_factory()

def test_passes_and_ends_badly(late):
    assert late.model_groups() == []
"""


@pytest.mark.parametrize("asked", [False, True])
def test_the_registry_of_a_test_that_fails_at_its_end_is_kept_or_not_told(run, tmp_path, asked):
    status, told = run(BAD_TEARDOWN, *["--registry-keep"] * asked)
    assert (status, "1 passed, 1 error" in told) == (1, True), told
    kept = kept_in(tmp_path)
    assert len(kept) == asked
    assert ("modelgroups --home" in told) == asked
    assert all(f"modelgroups --home {root} groups" in told for root in kept)


def kept_in(folder):
    return [found.parent for found in folder.rglob("registries/*/*/catalog.db")]


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
    assert "put 'arthurai_local = true' into the settings of pytest" in told


LEFT_IN_MEMORY = """
import pathlib, sys
import pytest

def test_with_the_fixture(arthurai_local):
    import publishing
    publishing.publish("one")
    assert [group.name for group in arthurai_local.model_groups()] == ["one"]

def test_without_it():
    with pytest.raises(Exception, match="ask for the fixture arthurai_local"):
        sys.modules["publishing"].publish("stray")

def test_with_a_place_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELGROUPS_HOME", str(tmp_path / "own"))
    sys.modules["publishing"].publish("wanted")
    assert (tmp_path / "own" / "catalog.db").exists()

def test_with_the_fixture_again(arthurai_local):
    sys.modules["publishing"].publish("other")
    assert [group.name for group in arthurai_local.model_groups()] == ["other"]

def test_an_import_without_the_fixture():
    import arthurai
"""


def test_what_a_module_kept_of_the_sdk_never_reaches_the_registry_of_the_user(
    run, tmp_path, monkeypatch
):
    own = tmp_path / "own registry"
    monkeypatch.setenv("MODELGROUPS_HOME", str(own))
    module = PUBLISHING.partition("def test_one")[0]
    (tmp_path / "publishing.py").write_text(module)
    status, told = run(LEFT_IN_MEMORY)
    assert (status, "1 failed, 4 passed" in told) == (1, True), told
    assert "asks for the fixture arthurai_local finds a local arthurai" in told
    assert not own.exists()
