"""What versions were saved with, and from which versions they were made."""

import json
import os
import platform
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version

import pytest
from sqlalchemy import text

import modelgroups as mg
from modelgroups.errors import (
    CatalogCorruptError,
    ConflictError,
    MethodNotApplicableError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.lifecycle.provenance import Provenance, wanted_parts

from .samples import contents, new_model, saved_model

TELL = """
from modelgroups.lifecycle.provenance import gather, wanted_parts
print(gather(wanted_parts(True))[1])
"""


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


IS_SCRIPT = getattr(sys.modules["__main__"], "__file__", None) is not None
"""Whether these tests run in a program with a file, which a worker of xdist is not."""


@pytest.fixture
def told_by(tmp_path):
    """Return a function that runs a program and returns what its versions would be saved with."""

    def run(program, *, cwd=tmp_path, **environment):
        command = [sys.executable, *program]
        variables = {**os.environ, "PYTHONPATH": ":".join(sys.path), **environment}
        told = subprocess.run(command, cwd=cwd, env=variables, check=True, stdout=subprocess.PIPE)
        return Provenance(**json.loads(told.stdout))

    return run


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "project"
    (root / "train").mkdir(parents=True)
    (root / "train" / "fraud.py").write_text(TELL)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first")
    return root


def git(root, *command):
    done = subprocess.run(["git", "-C", root, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_version_says_what_it_was_saved_with(connection):
    model = saved_model(connection)
    found = connection.get_model(model.id).provenance
    assert found.python == platform.python_version()
    assert platform.machine() in found.platform
    assert found.packages["pandas"] == version("pandas")
    assert found.packages["scikit-learn"] == version("scikit-learn")
    assert (found.script is not None) == IS_SCRIPT
    assert found == model.provenance
    assert f"python {found.python}" in repr(found)
    assert Provenance(**found.to_dict()) == found


def test_an_unsaved_model_has_none(connection):
    assert new_model(connection).provenance is None


def test_versions_of_one_process_share_a_document(connection):
    saved_model(connection)
    saved_model(connection, "other")
    rows, _ = contents(connection)
    assert (len(rows["provenance"]), len(rows["origin"])) == (1, 2)


def test_a_script_in_a_repository_is_recorded_with_the_commit(told_by, repository):
    script = repository / "train" / "fraud.py"
    (repository / "notes.txt").write_text("a new file is no change")
    clean = told_by([script])
    assert clean.code_revision == git(repository, "rev-parse", "HEAD")
    assert (clean.code_is_dirty, clean.script) == (False, "train/fraud.py")
    script.write_text(TELL + "\n")
    changed = told_by([script])
    assert changed.code_is_dirty
    assert "(changed)" in repr(changed)


def test_a_program_that_is_no_file_is_placed_by_its_folder(told_by, repository):
    found = told_by(["-c", TELL], cwd=repository)
    assert found.code_revision == git(repository, "rev-parse", "HEAD")
    assert found.script is None
    as_module = told_by(["-m", "train.fraud"], cwd=repository)
    assert as_module.script == "train.fraud"
    notebook = told_by(["-c", TELL], JPY_SESSION_NAME="/home/me/Fraud.ipynb")
    assert (notebook.script, notebook.code_revision) == ("Fraud.ipynb", None)


@pytest.mark.parametrize("damage", ["no commit", "no git", "broken"])
def test_a_save_never_fails_for_want_of_a_commit(told_by, repository, tmp_path, damage):
    variables = {}
    if damage == "no git":
        variables["PATH"] = str(tmp_path)
    elif damage == "broken":
        (repository / ".git" / "HEAD").write_text("nonsense")
    else:
        git(repository, "update-ref", "-d", "HEAD")
    found = told_by([repository / "train" / "fraud.py"], **variables)
    assert found.code_revision is None
    assert found.script == "train/fraud.py"


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        (True, {"python", "platform", "packages", "script"}),
        (False, None),
        ([], None),
        (["python"], {"python"}),
        (("packages", "script"), {"packages", "script"}),
    ],
)
def test_each_part_can_be_switched_off(given, recorded):
    with mg.connect(":memory:", provenance=given) as connection:
        found = saved_model(connection).provenance
    if recorded is None:
        assert found is None
    else:
        told = recorded if IS_SCRIPT else recorded - {"script"}
        assert set(found.to_dict()) - {"code_revision", "code_is_dirty"} == told


@pytest.mark.parametrize(
    ("text", "parts"),
    [("none", set()), (" Python , code", {"python", "code"}), ("all", None), ("", None)],
)
def test_the_environment_can_switch_it_off(monkeypatch, text, parts):
    monkeypatch.setenv("MODELGROUPS_PROVENANCE", text)
    everything = wanted_parts(True)
    assert wanted_parts(None) == (everything if parts is None else parts)
    assert wanted_parts(True) == everything


def test_bad_parts_are_refused(monkeypatch):
    with pytest.raises(UserValueError, match="'pythn' is not one of python, platform"):
        mg.connect(":memory:", provenance=["pythn"])
    for given in ("python", 5, [5]):
        with pytest.raises(UserTypeError, match="provenance"):
            mg.connect(":memory:", provenance=given)
    monkeypatch.setenv("MODELGROUPS_PROVENANCE", "yes")
    with pytest.raises(UserValueError, match="MODELGROUPS_PROVENANCE is 'yes'"):
        mg.connect(":memory:")


def test_a_changed_document_is_found(tmp_path):
    with mg.connect(tmp_path / "registry") as connection:
        model = saved_model(connection)
    with closing(sqlite3.connect(tmp_path / "registry" / "catalog.db")) as catalog:
        (document,) = catalog.execute("SELECT document FROM provenance").fetchone()
        forged = json.dumps(json.loads(document) | {"script": "other.py"})
        catalog.execute("UPDATE provenance SET document = ?", (forged,))
        catalog.commit()
    with mg.connect(tmp_path / "registry") as connection:
        assert "the provenance" in str(connection.verify())
        with connection.registry.catalog.write() as session:
            session.execute(text("UPDATE provenance SET document = '[1]'"))
        with pytest.raises(CatalogCorruptError, match=model.id):
            connection.get_model(model.id).provenance  # noqa: B018


# --- lineage ------------------------------------------------------------------------------


def test_parents_are_kept_in_order(connection):
    first, second = saved_model(connection, "a"), saved_model(connection, "b")
    child = new_model(connection, "c")
    assert child.parents == ()
    child.parents = [second, first.id]
    assert child.parents == (second.id, first.id)
    child.save()
    assert connection.get_model(child.id).parents == child.parents == (second.id, first.id)
    assert first.parents == ()
    assert connection.verify()


def test_parents_that_cannot_be_are_refused(connection):
    first, child = saved_model(connection, "a"), new_model(connection, "c")
    with pytest.raises(UserTypeError, match="a list of models or their ids, got Model"):
        child.parents = first
    with pytest.raises(UserTypeError, match="got str"):
        child.parents = first.id
    with pytest.raises(UserTypeError, match="a parent must be a str"):
        child.parents = [5]
    with pytest.raises(UserValueError, match="must be saved before"):
        child.parents = [new_model(connection, "d")]
    with pytest.raises(UserValueError, match="twice"):
        child.parents = [first, first.id]
    with pytest.raises(MethodNotApplicableError, match="immutable"):
        first.parents = []
    assert child.parents == ()


def test_an_unknown_parent_stops_the_save(connection):
    child = new_model(connection, "c")
    child.parents = ["no-such-id"]
    before = contents(connection)
    with pytest.raises(NotFoundError, match="no model has the id 'no-such-id'"):
        child.save()
    assert contents(connection) == before
    child.parents = []
    child.save()
    assert child.parents == ()


def test_a_version_that_became_its_own_ancestor_is_found(connection):
    first = saved_model(connection, "a")
    child = new_model(connection, "c")
    child.parents = [first]
    child.save()
    with connection.registry.catalog.write() as session:
        values = {"model": first.id, "parent": child.id}
        session.execute(text("INSERT INTO parent VALUES (:model, 0, :parent)"), values)
    assert "its own ancestor" in str(connection.verify())


def test_an_adopted_save_must_name_the_same_parents(connection):
    first, model = saved_model(connection, "a"), new_model(connection, "b")
    twin = new_model(connection, "b")
    model.save()
    twin.__dict__.update({"_id_to_save": model.id, "partner_model_id": model.partner_model_id})
    twin.parents = [first]
    with pytest.raises(ConflictError, match="was interrupted"):
        twin.save()
    twin.parents = []
    assert twin.save() == model.id
