"""Provenance: what a version was saved with, gathered once in a process."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from modelgroups.arguments import require_member, require_names
from modelgroups.catalog import origins
from modelgroups.catalog.documents import documents_of, dump
from modelgroups.errors import UserValueError
from modelgroups.registry import Registry
from modelgroups.types import ProvenancePart

__all__ = ["ENVIRONMENT_VARIABLE", "Provenance", "gather", "provenance_of", "wanted_parts"]

ENVIRONMENT_VARIABLE: Final = "MODELGROUPS_PROVENANCE"

_PACKAGES: Final = (
    "catboost",
    "jax",
    "keras",
    "lightgbm",
    "modelgroups",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "polars",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "skops",
    "statsmodels",
    "tensorflow",
    "torch",
    "transformers",
    "xgboost",
)
"""What decides how models are trained, stored and asked."""

_GIT_SECONDS = 2.0
_NOTEBOOK_VARIABLES = ("__vsc_ipynb_file__", "__session__")  # VS Code, the Jupyter server
_ALL = frozenset(ProvenancePart)


@dataclass(frozen=True)
class Provenance:
    """What a version was saved with; None, or nothing, where it was not recorded.

    Parameters
    ----------
    python
        The version of Python.
    platform
        The operating system, its release, and the kind of machine.
    packages
        The versions of the packages that matter, as far as they are installed.
    code_revision
        The git commit of the code that saved it.
    code_is_dirty
        Whether files of that commit had been changed.
    script
        The script, module or notebook: its path in the repository, else its name.

    Examples
    --------
    >>> Provenance(python="3.13.1", code_revision="4f64621" + "0" * 33, code_is_dirty=True)
    Provenance(python 3.13.1, code 4f646210 (changed))
    """

    python: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    code_revision: str | None = None
    code_is_dirty: bool | None = None
    script: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what was recorded as a dictionary.

        Examples
        --------
        >>> Provenance(python="3.13.1", packages={"pandas": "3.0.0"}).to_dict()
        {'python': '3.13.1', 'packages': {'pandas': '3.0.0'}}
        """
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}

    def __repr__(self) -> str:
        changed = " (changed)" if self.code_is_dirty else ""
        parts = [
            f"python {self.python}" if self.python else "",
            f"on {self.platform}" if self.platform else "",
            f"code {self.code_revision[:8]}{changed}" if self.code_revision else "",
            f"script {self.script}" if self.script else "",
            *(f"{name} {version}" for name, version in self.packages.items()),
        ]
        return f"Provenance({', '.join(filter(None, parts)) or 'not recorded'})"


def wanted_parts(given: bool | Collection[str] | None) -> frozenset[str]:
    """Return which parts of provenance are to be recorded.

    Parameters
    ----------
    given
        True for all, False for none, or some `ProvenancePart`; None for what the environment
        variable ``MODELGROUPS_PROVENANCE`` says, else all.

    Raises
    ------
    UserTypeError, UserValueError
        It is something else.

    Examples
    --------
    >>> wanted_parts(["python", "code"]) == {"python", "code"}
    True
    """
    if given is None:
        return _parts_of_environment()
    if isinstance(given, bool):
        return _ALL if given else frozenset()
    names = require_names(given, "provenance")
    return frozenset(require_member(ProvenancePart, name, "provenance") for name in names)


def _parts_of_environment() -> frozenset[str]:
    text = os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower()
    if text in {"", "all"}:
        return _ALL
    if text == "none":
        return frozenset()
    names = [name.strip() for name in text.split(",")]
    strangers = [name for name in names if name not in _ALL]
    if strangers:
        raise UserValueError(
            f"the environment variable {ENVIRONMENT_VARIABLE} is {text!r}, and {strangers[0]!r} "
            f"is no part of provenance; give 'all', 'none', or some of {', '.join(sorted(_ALL))}"
        )
    return frozenset(names)


@lru_cache
def gather(parts: frozenset[str]) -> tuple[str, str] | None:
    """Return what this process saves with as JSON, behind its digest; None for no part.

    It is what holds when it is first asked for. Nothing here fails: what cannot be found out
    is left out.
    """
    if not parts:
        return None
    facts: dict[str, Any] = {}
    for part in sorted(parts):
        facts |= _SOURCES[part]()
    document = dump({name: facts[name] for name in sorted(facts)})
    return origins.digest_of(document), document


def provenance_of(registry: Registry, model_id: str) -> Provenance | None:
    """Return what a version was saved with, or None where that was not recorded.

    Raises
    ------
    CatalogCorruptError
        The document is damaged.
    """
    with registry.catalog.read() as session:
        document = origins.provenance(session, model_id)
    if document is None:
        return None
    with documents_of(model_id):
        return Provenance(**json.loads(document))


def _python() -> dict[str, Any]:
    name = platform.python_implementation()
    return {"python": platform.python_version() + ("" if name == "CPython" else f" {name}")}


def _platform() -> dict[str, Any]:
    machine = platform.uname()
    return {"platform": f"{machine.system} {machine.release} {machine.machine}".strip()}


def _packages() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for name in _PACKAGES:
        # an installation that is broken in any way must not break a save
        with suppress(PackageNotFoundError, OSError, ValueError, KeyError, TypeError):
            found[name] = str(version(name))
    return {"packages": found}


def _script() -> dict[str, Any]:
    name = _notebook() or _module()
    if name is None:
        path = _script_path()
        if path is None:
            return {}
        root = _repository(path.parent)
        name = path.relative_to(root).as_posix() if root else path.name
    return {"script": name.encode("utf-8", "replace").decode()}


def _notebook() -> str | None:
    said = [*map(_of_main, _NOTEBOOK_VARIABLES), os.environ.get("JPY_SESSION_NAME")]
    return next((Path(path).name for path in said if isinstance(path, str) and path), None)


def _module() -> str | None:
    """Return the module that ``python -m`` runs, if there is one."""
    spec = _of_main("__spec__")
    return None if spec is None else str(spec.name).removesuffix(".__main__")


def _script_path() -> Path | None:
    file = _of_main("__file__")
    with suppress(OSError, ValueError, RuntimeError):
        return Path(file).resolve() if isinstance(file, str) else None
    return None


def _of_main(name: str) -> Any:
    """Return a global of the program that runs, or None."""
    return getattr(sys.modules.get("__main__"), name, None)


def _code() -> dict[str, Any]:
    path = _script_path()
    with suppress(OSError):  # the folder may be gone
        root = (_repository(path.parent) if path else None) or _repository(Path.cwd())
        if root is not None:
            return _state_of(root)
    return {}


def _repository(folder: Path) -> Path | None:
    """Return the git repository that a folder lies in; no program is started for that."""
    with suppress(OSError):
        return next((root for root in (folder, *folder.parents) if (root / ".git").exists()), None)
    return None


def _state_of(root: Path) -> dict[str, Any]:
    """Return the commit of a repository, and whether its files differ from it."""
    revision = _git(root, "rev-parse", "--verify", "HEAD")
    if revision is None:
        return {}
    facts: dict[str, Any] = {"code_revision": revision}
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    return facts if changes is None else facts | {"code_is_dirty": bool(changes)}


def _git(root: Path, *command: str) -> str | None:
    """Return what git says, or None where there is no git, or it fails, or takes too long."""
    program = shutil.which("git")
    if program is None:
        return None
    options = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(root))
    try:
        done = subprocess.run(  # noqa: S603  # no part of it comes from outside
            [program, *options, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


_SOURCES: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    ProvenancePart.Python: _python,
    ProvenancePart.Platform: _platform,
    ProvenancePart.Packages: _packages,
    ProvenancePart.Code: _code,
    ProvenancePart.Script: _script,
}
