"""A file has its name once it is whole; until then there is none that others could see."""

import os
import signal

import pytest

from modelgroups.storage import new_file as module
from modelgroups.storage.new_file import new_file


@pytest.fixture(params=["without a name", "with a hidden name"])
def target(request, tmp_path, monkeypatch):
    if request.param == "with a hidden name":
        monkeypatch.setattr(module, "_unnamed", lambda folder: None)
    elif module._unnamed(tmp_path) is None:
        pytest.skip("this disk has no files without a name")
    return tmp_path / "new"


def names(folder):
    return [path.name for path in folder.iterdir()]


def write(target, content, then):
    with new_file(target) as file:
        file.write(content)
        then()


def test_it_appears_whole(target):
    with new_file(target) as file:
        file.write(b"one")
        file.seek(0)
        assert file.read() == b"one"
        assert not target.exists()
    assert target.read_bytes() == b"one"
    assert names(target.parent) == ["new"]
    umask = os.umask(0)
    os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask


def test_an_error_leaves_nothing(target):
    with pytest.raises(ZeroDivisionError):
        write(target, b"half", lambda: 1 / 0)
    assert names(target.parent) == []


def test_what_came_there_meanwhile_stays(target):
    with pytest.raises(FileExistsError):
        write(target, b"second", lambda: target.write_bytes(b"first"))
    assert target.read_bytes() == b"first"
    assert names(target.parent) == ["new"]


def test_a_folder_that_is_not_there_is_told(target):
    with pytest.raises(FileNotFoundError), new_file(target / "deeper" / "new"):
        pass


def test_no_name_is_left_by_a_writer_that_is_killed(tmp_path):
    if module._unnamed(tmp_path) is None:
        pytest.skip("this disk has no files without a name")
    child = os.fork()
    if child == 0:
        write(tmp_path / "new", b"half", lambda: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(child, 0)
    assert names(tmp_path) == []
