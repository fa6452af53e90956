"""Files that versions hold: kept exactly, never changed, checked when they are read."""

import hashlib
import os
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import modelgroups as mg
from modelgroups.errors import (
    ConflictError,
    MissingParameterError,
    NotFoundError,
    ReadOnlyError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UserTypeError,
    UserValueError,
)
from modelgroups.lifecycle.artifacts import require_artifact_name

from .samples import contents, new_model, saved_model

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "registry"


@pytest.fixture
def connection(folder):
    with mg.connect(folder) as connection:
        yield connection


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(CONTENT)
    return path


def stored_artifacts(connection):
    return sorted(connection.registry.artifacts.root.glob("*.artifact"))


def read(model, name):
    with model.open_artifact(name) as file:
        return file.read()


def test_what_is_added_before_save_is_stored_with_the_version(connection, folder, file):
    model = new_model(connection)
    model.add_artifact(file)
    model.add_artifact(b"", name="empty")
    assert [(a.name, a.size) for a in model.artifacts()] == [("empty", 0), ("model.onnx", 10240)]
    assert read(model, "model.onnx") == CONTENT
    assert stored_artifacts(connection) == []
    model.save()
    with mg.connect(folder, read_only=True) as reader:
        again = reader.get_model(model.id)
        assert again.artifacts() == model.artifacts()
        assert read(again, "model.onnx") == CONTENT
        assert read(again, "empty") == b""
        assert again.artifacts()[1].digest == hashlib.sha256(CONTENT).hexdigest()
        assert reader.verify().n_artifacts == 2


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_saved_version_takes_bytes_and_files(connection, file, kind):
    model = saved_model(connection)
    stored = model.add_artifact(kind(CONTENT), name="weights")
    same = model.add_artifact(str(file), name="copy")
    assert stored.digest == same.digest
    assert len(stored_artifacts(connection)) == 1
    assert [a.name for a in model.artifacts()] == ["copy", "weights"]
    assert read(model, "copy") == read(model, "weights") == CONTENT


@pytest.mark.parametrize("saved", [True, False])
def test_a_name_stands_for_one_content(connection, file, saved):
    model = saved_model(connection) if saved else new_model(connection)
    first = model.add_artifact(CONTENT, name="model.onnx")
    assert model.add_artifact(file) == first
    with pytest.raises(ConflictError, match=r"another artifact named 'model\.onnx'"):
        model.add_artifact(b"other", name="model.onnx")
    assert read(model, "model.onnx") == CONTENT


def test_a_refused_artifact_leaves_nothing(connection):
    model = saved_model(connection)
    model.add_artifact(CONTENT, name="a")
    before = contents(connection)
    with pytest.raises(ConflictError):
        model.add_artifact(b"other", name="a")
    assert contents(connection) == before


@pytest.mark.parametrize(
    "change",
    [lambda file: file.write_bytes(b"other"), lambda file: file.unlink()],
    ids=["changed", "gone"],
)
def test_a_file_that_is_not_there_any_more_at_save_stops_it(connection, file, change):
    model = new_model(connection)
    model.add_artifact(file)
    before = contents(connection)
    change(file)
    with pytest.raises(UserValueError, match=r"gone or was changed.*'model\.onnx'"):
        model.save()
    assert contents(connection) == before
    assert model.id is None


@pytest.mark.parametrize(
    ("artifact", "name", "error", "message"),
    [
        (b"x", None, MissingParameterError, "bytes need a name"),
        (5, "n", UserTypeError, "got int"),
        (b"x", 5, UserTypeError, "name must be a str"),
        ("no/such/file", None, UserValueError, "no file 'no/such/file'"),
        ("nul\0", "n", UserValueError, "cannot be read"),
        ("/", "n", UserValueError, "pack the folder"),
        ("/dev/null", "n", UserValueError, "is not a file"),
        (b"x", "", UserValueError, "a letter or a digit"),
        (b"x", "a/b", UserValueError, "not a path"),
        (b"x", "..", UserValueError, "not a path"),
        (b"x", "a\\b", UserValueError, "not a path"),
        (b"x", "c:b", UserValueError, "not a path"),
        (b"x", "a\nb", UserValueError, "control"),
        (b"x", "a\u202eb", UserValueError, "control"),
        (b"x", " a", UserValueError, "space"),
        (b"x", "é" * 128, UserValueError, "255 bytes"),
        (b"x", "\ud83d", UserValueError, "surrogate"),
    ],
)
@pytest.mark.parametrize("saved", [True, False])
def test_bad_input_is_refused_before_anything_is_written(
    connection, saved, artifact, name, error, message
):
    model = saved_model(connection) if saved else new_model(connection)
    before = contents(connection)
    with pytest.raises(error, match=message):
        model.add_artifact(artifact, name)
    assert contents(connection) == before
    assert model.artifacts() == []


@given(st.text(max_size=90))
@example("naïve 😀.bin")
@example("-rf")
def test_a_name_that_is_taken_is_no_path_and_can_be_seen(name):
    try:
        require_artifact_name(name)
    except (UserValueError, UnicodeEncodeError):
        return
    assert os.path.basename(name) == name  # noqa: PTH119  # as programs would take it
    assert name not in {"", ".", ".."}
    assert not any(unicodedata.category(sign) == "Cc" for sign in name)


def test_names_of_every_kind_mean_nothing_to_sql(connection):
    model = saved_model(connection)
    names = ["'; DROP TABLE artifact; --", "%", "_", "100%_off", "😀 naïve", "-rf", "NULL"]
    for name in names:
        model.add_artifact(name.encode(), name=name)
    assert [a.name for a in model.artifacts()] == sorted(names)
    assert all(read(model, name) == name.encode() for name in names)


@pytest.mark.parametrize("saved", [True, False])
def test_an_unknown_name_is_told_with_the_nearest(connection, saved):
    model = saved_model(connection) if saved else new_model(connection)
    with pytest.raises(NotFoundError, match="has none"):
        model.open_artifact("weights")
    model.add_artifact(b"x", name="weights.bin")
    with pytest.raises(NotFoundError, match=r"did you mean 'weights\.bin'"):
        model.open_artifact("weight.bin")
    with pytest.raises(NotFoundError, match=r"it has 'weights\.bin'"):
        model.open_artifact("zzz")
    with pytest.raises(UserTypeError, match="name must be a str"):
        model.open_artifact(None)


def test_an_archived_version_takes_nothing_and_shows_what_it_holds(connection):
    model = saved_model(connection)
    model.add_artifact(CONTENT, name="a")
    model.archive()
    with pytest.raises(ConflictError, match="archived"):
        model.add_artifact(CONTENT, name="b")
    assert read(model, "a") == CONTENT


def test_a_reader_cannot_add(connection, folder):
    model = saved_model(connection)
    with mg.connect(folder, read_only=True) as reader, pytest.raises(ReadOnlyError):
        reader.get_model(model.id).add_artifact(CONTENT, name="a")


def test_every_flipped_byte_is_found_on_reading_and_by_verify(connection):
    model = saved_model(connection)
    model.add_artifact(CONTENT[:300], name="a")
    (path,) = stored_artifacts(connection)
    for place in range(300):
        damaged = bytearray(CONTENT[:300])
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(SnapshotCorruptError):
            model.open_artifact("a")
    assert not connection.verify()
    model.add_artifact(CONTENT[:300], name="a")  # what is given again mends it
    assert connection.verify()
    path.unlink()
    with pytest.raises(SnapshotMissingError):
        model.open_artifact("a")
    assert "no file" in str(connection.verify())


def test_collection_leaves_what_is_named_and_removes_the_rest(connection):
    model = saved_model(connection)
    model.add_artifact(CONTENT, name="a")
    (path,) = stored_artifacts(connection)
    stray = path.parent / f"{path.stem[:2]}{'0' * 62}.artifact"
    stray.write_bytes(b"12345")
    collected = connection.gc()
    assert (collected.digests, collected.size) == ((stray.stem,), 5)
    assert stored_artifacts(connection) == [path]
    assert read(model, "a") == CONTENT


def test_a_large_file_is_not_held_in_memory(tmp_path):
    size = 160 << 20
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(size)
    code = f"""
import resource, modelgroups as mg
with mg.connect({str(tmp_path / "registry")!r}) as connection:
    model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE")
    model.build_token_sequence_model("question", "answer")
    model.add_artifact({str(large)!r})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.save()
    with model.open_artifact("large.bin") as file:
        assert file.seek(0, 2) == {size}
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unit = 1024 if sys.platform == "darwin" else 1
    assert int(done.stdout) / unit < 50 * 1024  # kilobytes


def test_a_save_that_broke_off_and_came_through_is_adopted_with_its_artifacts(connection):
    model = new_model(connection)
    model.add_artifact(CONTENT, name="a")
    twin = new_model(connection)
    model.save()
    twin.__dict__.update({"_id_to_save": model.id, "partner_model_id": model.partner_model_id})
    twin.add_artifact(CONTENT, name="a")
    twin.add_artifact(b"more", name="b")
    assert twin.save() == model.id
    assert [a.name for a in model.artifacts()] == ["a", "b"]
