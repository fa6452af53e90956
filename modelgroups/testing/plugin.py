"""Fixtures for pytest: a registry for a test, saved models of every kind, a local ``arthurai``.

Every run of pytest loads this module where modelgroups is installed, so it imports nothing of
modelgroups before a fixture is used.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from modelgroups import Connection, Model, ModelGroup

__all__ = ["RegistryFactory", "SavedModel"]

RegistryFactory: TypeAlias = "Callable[[], Connection]"
"""Makes a new, empty registry."""

SavedModel: TypeAlias = "Callable[..., Model]"
"""Makes a saved model; the fixture `saved_model` says how."""

_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_FOLDERS: pytest.StashKey[list[Path]] = pytest.StashKey()
_KEPT = "registry"
_HINT = (
    "A test that asks for the fixture arthurai_local finds a local arthurai from then on. For an "
    "import at the top of a module, which pytest runs before any test, put 'arthurai_local = "
    "true' into the settings of pytest."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("modelgroups")
    group.addoption(
        "--registry-keep",
        action="store_true",
        help="keep the registries of tests that fail, and tell where they lie",
    )
    parser.addini(
        "arthurai_local",
        type="bool",
        default=False,
        help="let 'import arthurai' find the local one in the whole run, also while tests are "
        "collected",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Install the local ``arthurai`` where the settings ask for it, before anything imports it.

    What a test without the fixture `arthurai_local` saves goes into a folder of the run.
    """
    if early_config.getini("arthurai_local"):
        from modelgroups import arthurai

        patch = pytest.MonkeyPatch()
        folder = tempfile.mkdtemp(prefix="modelgroups-tests-")
        patch.setenv("MODELGROUPS_HOME", folder)
        arthurai.install()
        early_config.add_cleanup(lambda: _end_of_run(patch, folder))


def _end_of_run(patch: pytest.MonkeyPatch, folder: str) -> None:
    from modelgroups import arthurai

    if "modelgroups.arthurai.client._local" in sys.modules:
        from modelgroups.arthurai.client._local import close_client

        close_client(folder)
    arthurai.uninstall()
    patch.undo()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,  # noqa: ARG001  # a parameter of the hook
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Say how ``import arthurai`` is made to work where tests could not be collected for it."""
    report = yield
    call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
    if call is not None and call.excinfo is not None and _lacks_sdk(call.excinfo.value.__cause__):
        report.sections.append(("modelgroups", _HINT))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed; when it has ended, keep its registries or remove them."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        if call.excinfo is not None and _lacks_sdk(call.excinfo.value):
            report.sections.append(("modelgroups", _HINT))
    if report.when == "teardown":
        is_kept = item.config.getoption("--registry-keep") and item.stash.get(_FAILED, False)
        for folder in item.stash.get(_FOLDERS, []):
            if is_kept:
                report.user_properties += [(_KEPT, str(root)) for root in sorted(folder.iterdir())]
            else:
                shutil.rmtree(folder, ignore_errors=True)
    return report


def _lacks_sdk(error: BaseException | None) -> bool:
    return isinstance(error, ModuleNotFoundError) and error.name == "arthurai"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell which registries are kept, of which tests, and how to look at them."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    kept = [
        (report.nodeid, root)
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, root in report.user_properties
        if name == _KEPT
    ]
    if not kept:
        return
    terminalreporter.section("registries that are kept")
    for test, root in kept:
        terminalreporter.line(test)
        terminalreporter.line(f"    modelgroups --home {shlex.quote(str(root))} groups")
    terminalreporter.line(
        "They lie among pytest's temporary files, which later runs remove; copy what you need."
    )


@pytest.fixture(scope="session")
def _registry_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty registry, of which each test gets a copy: to make one takes longer."""
    from modelgroups.registry import open_registry

    root = tmp_path_factory.mktemp("registry-template") / "registry"
    open_registry(root, durable=False).close()
    return root


@pytest.fixture
def registry_factory(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    _registry_template: Path,
) -> Iterator[RegistryFactory]:
    """Offer a function that makes new, empty registries; they are gone after the test.

    Each is a folder of its own. Nothing in it waits for the disk, for nobody needs it after a
    power cut.
    """
    from modelgroups.testing.factories import open_copy

    name = re.sub(r"\W+", "-", request.node.name)[:40].strip("-")
    parent = tmp_path_factory.getbasetemp() / "registries"
    parent.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
    request.node.stash.setdefault(_FOLDERS, []).append(folder)
    opened: list[Connection] = []

    def make() -> Connection:
        opened.append(open_copy(_registry_template, folder / f"registry-{len(opened)}"))
        return opened[-1]

    yield make
    with ExitStack() as stack:
        for connection in opened:
            stack.callback(connection.close)


@pytest.fixture
def registry(registry_factory: RegistryFactory) -> Connection:
    """Return an open connection to a new, empty registry; it is gone after the test."""
    return registry_factory()


@pytest.fixture
def saved_model(request: pytest.FixtureRequest) -> SavedModel:
    """Return a function that makes a saved model, in `registry` unless it is told another one.

    ``saved_model(kind="binary", *, n_inferences=0, seed=0, connection=None, group=None,
    version_label=None, **fields)``:

    - `kind` is one of `modelgroups.testing.KINDS`;
    - `n_inferences` rows of `modelgroups.testing.sample_inferences` are sent to it;
    - `seed` chooses the reference data, which are those of `modelgroups.testing.sample_frame`;
    - `connection` is to another registry;
    - `group` is the one it joins, or a model in it; without one, it is the first of a new group;
    - `version_label` is its label there;
    - `fields` go to `Connection.model`: `display_name`, `tags` and so on.

    The same call makes the same model, inferences, their ids and times among them.
    """
    from modelgroups.cautions import ModelGroupsWarning
    from modelgroups.testing.factories import saved_sample
    from modelgroups.testing.samples import sample_inferences

    def make(
        kind: str = "binary",
        *,
        n_inferences: int = 0,
        seed: int = 0,
        connection: Connection | None = None,
        group: ModelGroup | Model | None = None,
        version_label: str | None = None,
        **fields: Any,
    ) -> Model:
        rows = sample_inferences(kind, n_inferences, seed + 1) if n_inferences else None
        home = request.getfixturevalue("registry") if connection is None else connection
        model = saved_sample(
            home, kind, seed=seed, group=group, version_label=version_label, **fields
        )
        if rows is not None:
            with warnings.catch_warnings():  # of images, which are on no disk
                warnings.simplefilter("ignore", ModelGroupsWarning)
                model.send_inferences(rows)
        return model

    return make


@pytest.fixture
def arthurai_local(
    request: pytest.FixtureRequest, registry: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    """Let code that imports ``arthurai`` find a local one, which keeps its models in `registry`.

    A module that is imported meanwhile stays in memory and keeps what it imported. In a later test
    without this fixture, it is refused the registry of the user. Modules that import ``arthurai``
    while tests are collected need ``arthurai_local = true`` in the settings of pytest.
    """
    from modelgroups import arthurai
    from modelgroups.arthurai.client._local import close_client, keep_out, let_in
    from modelgroups.registry import default_location

    own = default_location()
    monkeypatch.setenv("MODELGROUPS_HOME", registry.location)
    was_installed = arthurai.is_installed()
    arthurai.install()
    yield registry
    close_client(registry.location)
    if not was_installed:
        arthurai.uninstall()
        keep_out(
            own,
            f"this test would use the registry at {own}, which is not made for it: let it ask for "
            "the fixture arthurai_local, or set MODELGROUPS_HOME in it; with arthurai_local = true "
            "in the settings of pytest, such tests use a folder of the run",
        )
        request.config.add_cleanup(lambda: let_in(own))
