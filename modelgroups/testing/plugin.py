"""Fixtures for pytest: a registry for a test, saved models of every kind, a local ``arthurai``.

Every run of pytest loads this module where modelgroups is installed, so it imports nothing of
modelgroups before a fixture is used.
"""

from __future__ import annotations

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
    from modelgroups import Connection, Model

__all__ = ["RegistryFactory", "SavedModel"]

RegistryFactory: TypeAlias = "Callable[[], Connection]"
"""Makes a new, empty registry."""

SavedModel: TypeAlias = "Callable[..., Model]"
"""Makes a saved model: ``saved_model(kind, n_inferences=0, seed=0, connection=None, **fields)``."""

_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_LOCATIONS: pytest.StashKey[list[str]] = pytest.StashKey()


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
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, and tell where its registries lie if they are kept."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        made = item.stash.get(_LOCATIONS, None)
        if made and item.config.getoption("--registry-keep"):
            report.sections.append(("registries that are kept", "\n".join(made)))
    return report


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

    folder = tmp_path_factory.getbasetemp() / f"registries-{id(request.node):x}"
    opened: list[Connection] = []

    def make() -> Connection:
        root = folder / f"registry-{len(opened)}"
        opened.append(open_copy(_registry_template, root))
        request.node.stash.setdefault(_LOCATIONS, []).append(str(root))
        return opened[-1]

    yield make
    with ExitStack() as stack:
        for connection in opened:
            stack.callback(connection.close)
    is_kept = request.config.getoption("--registry-keep") and request.node.stash.get(_FAILED, False)
    if not is_kept:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def registry(registry_factory: RegistryFactory) -> Connection:
    """Return an open connection to a new, empty registry; it is gone after the test."""
    return registry_factory()


@pytest.fixture
def saved_model(request: pytest.FixtureRequest) -> SavedModel:
    """Return a function that makes a saved model, in `registry` unless it is told another one.

    Its data are the same for the same seed: see `modelgroups.testing.sample_frame`.
    """
    from modelgroups.cautions import ModelGroupsWarning
    from modelgroups.testing.samples import sample_frame, sample_model

    def make(
        kind: str = "binary",
        *,
        n_inferences: int = 0,
        seed: int = 0,
        connection: Connection | None = None,
        **fields: Any,
    ) -> Model:
        home = request.getfixturevalue("registry") if connection is None else connection
        model = sample_model(home, kind, seed=seed, **fields)
        with warnings.catch_warnings():  # groups of one name, and images that are on no disk
            warnings.simplefilter("ignore", ModelGroupsWarning)
            model.save()
            if n_inferences:
                rows = sample_frame(kind, n_inferences, seed + 1)
                model.send_inferences(rows.drop(columns="image", errors="ignore"))
        return model

    return make


@pytest.fixture
def arthurai_local(registry: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Let code that imports ``arthurai`` find a local one, which keeps its models in `registry`."""
    from modelgroups import arthurai
    from modelgroups.arthurai.client._local import close_client

    monkeypatch.setenv("MODELGROUPS_HOME", registry.location)
    was_installed = arthurai.is_installed()
    arthurai.install()
    yield registry
    if not was_installed:
        arthurai.uninstall()
    close_client(registry.location)
