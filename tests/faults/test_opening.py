"""Opening what is there, whatever it is; and leaving alone what is not ours to change."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import crew
import pytest

import modelgroups as mg
from modelgroups.errors import (
    CatalogTooNewError,
    ModelGroupsError,
    NotARegistryError,
    NotFoundError,
    ReadOnlyError,
)

CATALOG = "catalog.db"


@pytest.fixture
def saved(root):
    """A version in a registry that is closed."""
    with mg.connect(root) as connection:
        return crew.save_version(connection, 1)


def check_usable(root, saved):
    with mg.connect(root) as connection:
        assert crew.is_whole(connection.get_model(saved.id), 1)
        crew.save_version(connection, 2, saved.model_group_id)
        crew.check_sound(connection)


def alter(root, statement):
    with closing(sqlite3.connect(root / CATALOG)) as catalog, catalog:
        catalog.execute(statement)


# What is not a registry


def test_a_file_is_not_a_registry(tmp_path):
    path = tmp_path / "file"
    path.write_text("something")
    for read_only in (False, True):
        with pytest.raises(NotARegistryError, match="file"):
            mg.connect(path, read_only=read_only)
    assert path.read_text() == "something"


def test_a_folder_of_other_files_is_not_a_registry(tmp_path):
    (tmp_path / "thesis.tex").write_text("something")
    with pytest.raises(NotARegistryError, match=r"thesis\.tex"):
        mg.connect(tmp_path)
    assert set(crew.listing(tmp_path)) == {"thesis.tex"}


def test_a_folder_in_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("something")
    with pytest.raises(ModelGroupsError, match="file"):
        mg.connect(tmp_path / "file" / "registry")


def test_nothing_is_made_for_a_reader(root):
    with pytest.raises(NotARegistryError, match="registry"):
        mg.connect(root, read_only=True)
    assert not root.exists()


def test_a_catalog_that_is_a_folder_is_refused(root):
    (root / CATALOG).mkdir(parents=True)
    for read_only in (False, True):
        with pytest.raises(ModelGroupsError, match="registry at"):
            mg.connect(root, read_only=read_only)


# What a newer release made, and what was left half made


@pytest.mark.parametrize("is_live", [False, True], ids=["closed", "with a live log"])
def test_a_newer_registry_is_refused_and_left_as_it_is(root, saved, is_live):
    if is_live:
        leave_a_live_log(root, "UPDATE alembic_version SET version_num = '9999'")
    else:
        alter(root, "UPDATE alembic_version SET version_num = '9999'")
    before = crew.listing(root)
    for read_only in (False, True):
        with pytest.raises(CatalogTooNewError, match="9999"):
            mg.connect(root, read_only=read_only)
    after = crew.listing(root)
    after.pop(f"{CATALOG}-shm", None)  # the index of the log may be made anew
    before.pop(f"{CATALOG}-shm", None)
    assert after == before


def leave_a_live_log(root, statement):
    """Change the catalog in a process that dies before it folds the log into the file."""
    code = (
        "import os, sqlite3, sys\n"
        "catalog = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "catalog.execute(sys.argv[2])\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(root / CATALOG), statement], check=True)
    assert (root / f"{CATALOG}-wal").stat().st_size > 0


@pytest.mark.parametrize(
    "left", [[".lock"], [".catalog.db.0123"], [".lock", ".catalog.db.0123", "objects/"], []]
)
def test_a_folder_that_was_left_half_made_opens(root, left):
    root.mkdir()
    for name in left:
        if name.endswith("/"):
            (root / name).mkdir()
        else:
            (root / name).write_bytes(b"SQLite")
    with mg.connect(root) as connection:
        crew.save_version(connection, 1)
        crew.check_sound(connection)


@pytest.mark.parametrize("rest", ["-wal", "-shm", "-journal"])
def test_an_empty_file_beside_the_catalog_does_no_harm(root, saved, rest):
    (root / f"{CATALOG}{rest}").touch()
    with mg.connect(root, read_only=True) as connection:
        assert crew.is_whole(connection.get_model(saved.id), 1)
    check_usable(root, saved)


# Moving and copying


def test_a_registry_can_be_moved(root, saved, tmp_path):
    moved = tmp_path / "elsewhere" / "Ünïcode name #1?%20"
    moved.parent.mkdir()
    root.rename(moved)
    check_usable(moved, saved)
    assert not root.exists()


def test_a_closed_registry_can_be_copied(root, saved, tmp_path):
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(root), str(copy)], check=True)
    before = crew.listing(root)
    check_usable(copy, saved)
    assert crew.listing(root) == before


def test_closing_leaves_one_catalog_file(root, saved):
    assert {path.name for path in root.iterdir()} == {".lock", CATALOG, "objects"}


def test_a_registry_is_found_by_a_relative_path_and_stays_when_the_directory_changes(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with mg.connect("here") as connection:
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        saved = crew.save_version(connection, 1)
    check_usable(tmp_path / "here", saved)
    assert list((tmp_path / "other").iterdir()) == []


# Reading only


def writes(connection, saved):
    """Every method that writes, on a registry that was opened read-only."""
    model = connection.get_model(saved.id)
    group = connection.get_model_group(saved.model_group_id)
    new = crew.new_model(connection, 2)
    added = crew.new_model(connection, 2)
    group.add_version(added)

    def describe():
        model.description = "other"
        model.update()

    return {
        "save": new.save,
        "save a version": added.save,
        "update": describe,
        "archive": model.archive,
        "restore": model.restore,
        "set_reference_data": lambda: model.set_reference_data(data=crew.frame(2)),
        "group.name": lambda: setattr(group, "name", "other"),
        "group.description": lambda: setattr(group, "description", "other"),
        "group.archive": group.archive,
        "group.restore": group.restore,
        "gc": connection.gc,
    }


def test_a_reader_is_refused_every_write_and_changes_nothing(root, saved):
    before = crew.listing(root)
    folders = {path for path in root.rglob("*") if path.is_dir()}
    with mg.connect(root, read_only=True) as connection:
        assert connection.read_only
        for name, write in writes(connection, saved).items():
            with pytest.raises(ReadOnlyError, match="read-only"):
                pytest.fail(f"{name} wrote {write()!r}")
        assert crew.is_whole(connection.get_model(saved.id), 1)
        assert connection.verify()
    assert crew.listing(root) == before
    assert {path for path in root.rglob("*") if path.is_dir()} == folders


def test_a_reader_sees_what_is_saved_while_it_is_open(root, saved):
    with mg.connect(root, read_only=True) as reader:
        group = reader.get_model_group(saved.model_group_id)
        assert len(group.get_versions()) == 1
        with mg.connect(root) as writer:
            crew.save_version(writer, 2, group.id)
            assert len(group.get_versions()) == 2
        assert len(group.get_versions()) == 2
    with mg.connect(root) as connection:
        crew.check_sound(connection)


def read_all(root, model_id):
    """Read everything; return what cannot be done to a folder that may not be written."""
    with mg.connect(root, read_only=True) as connection:
        crew.is_whole(connection.get_model(model_id), 1)
        n = len(connection.models())
        assert connection.verify()
    with pytest.raises(ReadOnlyError, match="read_only=True"):
        mg.connect(root)
    return n


def lock(root):
    """Take every right to write away, also from the owner."""
    for path in [*root.rglob("*"), root]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def unlock(root):
    root.chmod(0o755)
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def shared(public, root, saved):
    """The registry where others can look at it."""
    folder = public / "registry"
    shutil.copytree(root, folder)
    yield folder
    unlock(folder)


def test_a_folder_that_cannot_be_written_is_read_when_it_was_closed(shared, saved):
    lock(shared)
    before = crew.listing(shared)
    assert crew.unprivileged(read_all, shared, saved.id) == 1
    assert crew.listing(shared) == before


def test_a_folder_that_cannot_be_written_is_read_with_a_live_log(shared, saved):
    with mg.connect(shared) as connection:
        crew.save_version(connection, 2, saved.model_group_id)
        lock(shared)
        assert crew.unprivileged(read_all, shared, saved.id) == 2
        unlock(shared)


def test_a_folder_that_cannot_be_written_is_read_after_its_writer_was_killed(shared, saved):
    leave_a_live_log(shared, "UPDATE model_group SET description = 'changed'")
    lock(shared)
    assert crew.unprivileged(read_all, shared, saved.id) == 1
    unlock(shared)


def test_what_sqlite_cannot_read_where_nothing_can_be_written_is_told(shared, saved, tmp_path):
    leave_a_live_log(shared, "UPDATE model_group SET description = 'changed'")
    (shared / f"{CATALOG}-shm").unlink()
    lock(shared)
    with_advice = crew.unprivileged(advice, shared)
    assert with_advice == [True, True]
    copy = tmp_path / "copy"
    shutil.copytree(shared, copy)
    unlock(copy)
    with mg.connect(copy) as connection:
        assert connection.model_groups()[0].description == "changed"


def advice(root):
    found = []
    for read_only in (False, True):
        with pytest.raises(ReadOnlyError) as caught:
            mg.connect(root, read_only=read_only)
        found.append("copy the registry" in str(caught.value))
    return found


def test_a_reader_of_a_folder_that_others_write_sees_what_they_save(shared, saved):
    with mg.connect(shared) as writer:
        crew.save_version(writer, 2, saved.model_group_id)
        lock(shared)
        with mg.connect(shared) as other:
            crew.save_version(other, 3, saved.model_group_id)  # root may, whatever the rights
        assert crew.unprivileged(read_all, shared, saved.id) == 3
        unlock(shared)


def test_a_folder_that_cannot_be_looked_into_is_told(public):
    folder = public / "private"
    folder.mkdir()
    mg.connect(folder).close()
    folder.chmod(0o000)
    try:
        assert crew.unprivileged(refusals, folder) == [True, True]
    finally:
        folder.chmod(0o755)


def refusals(root):
    found = []
    for read_only in (False, True):
        with pytest.raises(ModelGroupsError) as caught:
            mg.connect(root, read_only=read_only)
        found.append(str(root) in str(caught.value))
    return found


def test_a_registry_cannot_be_made_where_nothing_can_be_written(public):
    public.chmod(0o555)
    assert crew.unprivileged(refusals, public / "registry") == [True, True]
    public.chmod(0o755)


# In memory


@pytest.mark.parametrize(
    "end",
    [
        "connection.close()",
        "",
        "del connection",
        "raise SystemExit(0)",
        "connection.close(); connection.close()",
        "os.fork() or os._exit(0); os.wait()",
        "os.fork() and os.wait()",
    ],
)
def test_a_registry_in_memory_leaves_nothing_behind(tmp_path, end):
    code = (
        "import os, crew, modelgroups as mg\n"
        "connection = mg.connect(':memory:')\n"
        "model = crew.save_version(connection, 1)\n"
        f"{end}\n"
    )
    paths = [str(Path(crew.__file__).parent), str(Path(mg.__file__).parents[1])]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_registries_in_memory_know_nothing_of_each_other():
    with mg.connect(":memory:") as one, mg.connect(":memory:") as other:
        saved = crew.save_version(one, 1)
        with pytest.raises(NotFoundError):
            other.get_model(saved.id)
