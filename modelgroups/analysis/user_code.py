"""The module of a user that has a predict function, kept apart from all others.

While its code runs, its folder is the current one and the first of the search path, as code
written for the platform expects. Modules that it imports from its folder are its own: those of the
same name elsewhere stay as they are, and loading it again gives new ones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Final

from modelgroups.errors import UserError, UserValueError

__all__ = ["UserCode"]

_PLACE: Final = RLock()  # the current folder and the search path are those of the whole process


class UserCode:
    """A module in a folder.

    Parameters
    ----------
    folder
        An absolute path.
    module
        Its name, with dots where it lies deeper.

    Raises
    ------
    UserValueError
        The path is not absolute or no folder, or there is no such module.
    UserError
        The module cannot be imported.
    """

    def __init__(self, folder: str | os.PathLike[str], module: str) -> None:
        self._folder = Path(folder)
        self._modules: dict[str, ModuleType] = {}
        if not self._folder.is_absolute():
            raise UserValueError(
                f"project_directory={str(folder)!r} is not an absolute path; "
                f"this one is: {self._folder.absolute()}"
            )
        if not self._folder.is_dir():
            raise UserValueError(f"project_directory={str(folder)!r} is not a folder")
        with self._inside():
            self._module = self._imported(module)

    def _imported(self, name: str) -> ModuleType:
        invalidate_caches()
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
                raise UserValueError(
                    f"there is no module {name!r} in {self._folder}, which "
                    "user_predict_function_import_path names"
                ) from None
            raise UserError(f"the module {name!r} cannot be imported: {error}") from error
        except Exception as error:
            raise UserError(
                f"the module {name!r} cannot be imported: {type(error).__name__}: {error}"
            ) from error

    def function(self, name: str) -> Callable[..., Any]:
        """Return one of its functions, to be called from anywhere.

        Raises
        ------
        UserValueError
            It has none of that name.
        """
        found = getattr(self._module, name, None)
        if not callable(found):
            raise UserValueError(f"the module {self._module.__name__!r} has no function {name!r}")

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._inside():
                return found(*args, **kwargs)

        return call

    @contextmanager
    def _inside(self) -> Iterator[None]:
        with _PLACE:
            before = Path.cwd()
            displaced = {name: sys.modules.get(name) for name in self._modules}
            others = dict(sys.modules)
            sys.modules.update(self._modules)
            sys.path.insert(0, str(self._folder))
            os.chdir(self._folder)
            try:
                yield
            finally:
                os.chdir(before)
                sys.path.remove(str(self._folder))
                self._keep(others | {n: m for n, m in displaced.items() if m is not None})

    def _keep(self, others: dict[str, ModuleType]) -> None:
        """Take the modules of the folder out of those of the process."""
        for name, module in list(sys.modules.items()):
            if self._is_own(module) and others.get(name) is not module:
                self._modules[name] = module
                if name in others:
                    sys.modules[name] = others[name]
                else:
                    del sys.modules[name]

    def _is_own(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        return file is not None and Path(file).is_relative_to(self._folder)
