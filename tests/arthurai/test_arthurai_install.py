"""`install` makes ``import arthurai`` find the compatibility package, and nothing else."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import modelgroups.arthurai
from modelgroups.arthurai import install, uninstall
from modelgroups.errors import MethodNotApplicableError

FAKE = "__version__ = 'published'\n"


@pytest.fixture
def published(tmp_path):
    """A folder with another package named arthurai, as pip would have put it there."""
    package = tmp_path / "site" / "arthurai"
    (package / "common").mkdir(parents=True)
    (package / "__init__.py").write_text(FAKE)
    (package / "common" / "__init__.py").write_text("")
    (package / "extra.py").write_text("")
    return str(package.parent)


def test_nothing_is_found_before_install(python):
    python(
        "-c", "import modelgroups.arthurai, importlib.util as u; assert not u.find_spec('arthurai')"
    )


def test_install_is_idempotent(installed):
    finders = list(sys.meta_path)
    install()
    assert sys.meta_path == finders


def test_import_after_install_keeps_the_modules_own_names(installed):
    import arthurai
    import arthurai.common.log

    assert arthurai is modelgroups.arthurai
    assert arthurai.__name__ == arthurai.__spec__.name == "modelgroups.arthurai"
    assert arthurai.common.log.__spec__.name == "modelgroups.arthurai.common.log"
    assert sys.modules["arthurai.common.log"] is arthurai.common.log


def test_specs_can_be_looked_up(installed):
    assert importlib.util.find_spec("arthurai.core.alerts").name == "arthurai.core.alerts"
    assert importlib.util.find_spec("arthurai.core.nothing") is None


def test_unknown_submodules_are_not_found(installed):
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'arthurai\.nothing'"):
        importlib.import_module("arthurai.nothing")
    with pytest.raises(ModuleNotFoundError, match="is not a package"):
        importlib.import_module("arthurai.version.nothing")


def test_threads_may_import_at_once(python):
    script = """
import sys, threading
from importlib import import_module
import modelgroups.arthurai
modelgroups.arthurai.install()
names = ["core.util", "util", "core.alerts", "common.exceptions", "core.viz.utils", "core.viz"]
failures, barrier = [], threading.Barrier(6)

def work(first):
    barrier.wait()
    for name in names[first:] + names[:first]:
        try:
            assert import_module(f"arthurai.{name}") is sys.modules[f"modelgroups.arthurai.{name}"]
        except (ImportError, AssertionError, KeyError) as error:
            failures.append(repr(error))

threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(failures)
"""
    assert python("-c", script).strip() == "[]"


def test_other_packages_are_left_alone(installed):
    assert importlib.util.find_spec("arthurai_tools") is None
    assert importlib.util.find_spec("json").name == "json"


def test_uninstall_forgets_the_alias():
    before = list(sys.meta_path)
    install()
    import arthurai.core.alerts

    uninstall()
    uninstall()
    assert sys.meta_path == before
    assert not [name for name in sys.modules if name.split(".")[0] == "arthurai"]
    assert arthurai.core.alerts is modelgroups.arthurai.core.alerts
    assert importlib.util.find_spec("arthurai") is None


def test_install_hides_a_published_package_until_uninstall(python, published):
    script = f"""
import sys
sys.path.insert(0, {published!r})
import modelgroups.arthurai as ours
ours.install()
import arthurai
assert arthurai is ours
ours.uninstall()
import arthurai, arthurai.extra
print(arthurai.__version__)
"""
    assert python("-c", script).strip() == "published"


def test_install_refuses_when_another_arthurai_is_in_use(python, published):
    script = f"""
import sys
sys.path.insert(0, {published!r})
import arthurai, arthurai.common
import modelgroups.arthurai
from modelgroups.errors import MethodNotApplicableError
before = list(sys.meta_path)
try:
    modelgroups.arthurai.install()
except MethodNotApplicableError as error:
    print(error)
assert sys.meta_path == before
modelgroups.arthurai.uninstall()
assert sys.modules["arthurai"] is arthurai
"""
    message = python("-c", script)
    assert str(Path(published, "arthurai", "__init__.py")) in message
    assert "fresh process" in message


def test_install_refuses_a_stray_module_without_a_file(monkeypatch):
    monkeypatch.setitem(sys.modules, "arthurai.stray", type(sys)("arthurai.stray"))
    with pytest.raises(MethodNotApplicableError, match="an unknown place"):
        install()


def test_pickles_of_the_published_package_find_our_classes(installed):
    import pickle

    # What pickle.dumps(arthurai.core.attributes.AttributeCategory) gives with the SDK.
    reference = b"carthurai.core.attributes\nAttributeCategory\n."
    assert pickle.loads(reference).__name__ == "AttributeCategory"


def test_uninstall_without_install_changes_nothing():
    before = list(sys.meta_path)
    uninstall()
    assert sys.meta_path == before


def test_script_runs_with_its_arguments_and_folder(python, tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "neighbour.py").write_text("WORD = 'found'\n")
    (folder / "script.py").write_text(
        "import sys, neighbour\n"
        "from arthurai.common.constants import Stage\n"
        "print(__name__, sys.argv[1:], neighbour.WORD, Stage.GroundTruth)\n"
    )
    printed = python("-m", "modelgroups.arthurai", "scripts/script.py", "--fast", "-h", "x")
    assert printed.strip() == "__main__ ['--fast', '-h', 'x'] found GROUND_TRUTH"


def test_missing_script_is_a_usage_error(python):
    errors = python("-m", "modelgroups.arthurai", "nothing.py", fails=True)
    assert "usage: python -m modelgroups.arthurai" in errors
    assert "there is no file 'nothing.py'" in errors
