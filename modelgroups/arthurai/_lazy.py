"""Attributes of a package that are imported when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["lazy_attributes"]


def lazy_attributes(
    package: str, submodules: Iterable[str] = (), names: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a package.

    Parameters
    ----------
    package
        The package's ``__name__``.
    submodules
        Submodules that can be reached as attributes without importing them first: the
        published SDK imports all of them at once, so code written for it relies on that.
    names
        Objects of the package, and the submodule in which each is defined.

    Examples
    --------
    >>> getter = lazy_attributes("modelgroups", ["types"], {"Stage": "types"})
    >>> getter("Stage") is getter("types").Stage
    True
    """
    modules = frozenset(submodules)
    homes = dict(names or {})

    def getattr_(name: str) -> Any:
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return getattr_
