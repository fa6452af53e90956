"""Make ``import arthurai`` find this package, and stop doing so."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING

from modelgroups.errors import MethodNotApplicableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = [
    "install",
    "is_installed",
    "load_ipython_extension",
    "uninstall",
    "unload_ipython_extension",
]

ALIAS = "arthurai"
PACKAGE = "modelgroups.arthurai"


class _AliasFinder(MetaPathFinder, Loader):
    """Answer ``arthurai`` and everything below it with the modules of this package."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002  # a parameter of the protocol
    ) -> ModuleSpec | None:
        if not _is_alias(fullname):
            return None
        # Finders run under the import lock: one that imports anything can deadlock two threads.
        if fullname == ALIAS:
            real = sys.modules[PACKAGE].__spec__
        else:
            real = PathFinder.find_spec(_real_name(fullname), path)
        if real is None:
            return None
        alias = ModuleSpec(fullname, self)
        # Another thread may look for a submodule before exec_module has put the package in place.
        alias.submodule_search_locations = real.submodule_search_locations
        return alias

    def exec_module(self, module: ModuleType) -> None:
        # The import system takes what stands in sys.modules when this returns, so both names
        # lead to one module object, whose own __name__ and __spec__ stay as they are.
        sys.modules[module.__name__] = import_module(_real_name(module.__name__))


_FINDER = _AliasFinder()


def install() -> None:
    """Let ``import arthurai`` and ``from arthurai.x.y import z`` find this package.

    Both names then give the same module objects. An installed `arthurai` distribution is left
    alone and merely not found until `uninstall`. Calling this again changes nothing.

    Raises
    ------
    MethodNotApplicableError
        Another package named ``arthurai`` was imported before.

    Examples
    --------
    >>> import modelgroups.arthurai
    >>> modelgroups.arthurai.install()
    >>> from arthurai.common.constants import InputType
    >>> InputType.Tabular
    <InputType.Tabular: 'TABULAR'>
    >>> modelgroups.arthurai.uninstall()
    """
    foreign = [name for name in _loaded_aliases() if not _is_ours(name)]
    if foreign:
        origin = getattr(sys.modules[foreign[0]], "__file__", None) or "an unknown place"
        raise MethodNotApplicableError(
            f"another package named 'arthurai' is already imported (from {origin}), and parts of "
            "it may be in use; call modelgroups.arthurai.install() in a fresh process, before "
            "anything imports 'arthurai'"
        )
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def is_installed() -> bool:
    """Return whether `install` holds.

    >>> is_installed()
    False
    """
    return _FINDER in sys.meta_path


def uninstall() -> None:
    """Undo `install`; names that were already imported stay usable.

    >>> uninstall()
    """
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    for name in _loaded_aliases():
        if _is_ours(name):
            del sys.modules[name]


def load_ipython_extension(ipython: object) -> None:  # noqa: ARG001  # IPython passes its shell
    """Call `install`: what ``%load_ext modelgroups.arthurai`` does in IPython and Jupyter."""
    install()


def unload_ipython_extension(ipython: object) -> None:  # noqa: ARG001
    """Call `uninstall`: what ``%unload_ext modelgroups.arthurai`` does."""
    uninstall()


def _is_alias(name: str) -> bool:
    return name == ALIAS or name.startswith(f"{ALIAS}.")


def _real_name(alias: str) -> str:
    return PACKAGE + alias.removeprefix(ALIAS)


def _loaded_aliases() -> list[str]:
    return sorted(name for name in sys.modules if _is_alias(name))


def _is_ours(alias: str) -> bool:
    return sys.modules[alias] is sys.modules.get(_real_name(alias))
