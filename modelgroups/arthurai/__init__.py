"""The import paths of the Arthur SDK (arthurai 3.33.3), leading to a local registry.

``modelgroups.arthurai.x.y`` offers the public names of ``arthurai.x.y``. After `install`,
``import arthurai`` finds this package, so that a script or notebook written for the platform
runs unchanged against a folder::

    import modelgroups.arthurai
    modelgroups.arthurai.install()

    from arthurai import ArthurAI

A whole script runs that way with ``python -m modelgroups.arthurai script.py``, a notebook after
``%load_ext modelgroups.arthurai``. Importing this
package loads nothing heavy and registers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelgroups.arthurai._install import (
    install,
    is_installed,
    load_ipython_extension,
    uninstall,
    unload_ipython_extension,
)
from modelgroups.arthurai._lazy import lazy_attributes
from modelgroups.arthurai.version import __version__

if TYPE_CHECKING:
    from modelgroups.arthurai.client.client import ArthurAI
    from modelgroups.arthurai.core.attributes import ArthurAttribute
    from modelgroups.arthurai.core.models import ArthurModel

__all__ = [
    "ArthurAI",
    "ArthurAttribute",
    "ArthurModel",
    "__version__",
    "install",
    "is_installed",
    "load_ipython_extension",
    "uninstall",
    "unload_ipython_extension",
]

__getattr__ = lazy_attributes(
    __name__,
    ["client", "common", "core", "datasets", "explainability", "util"],
    {
        "ArthurAI": "client.client",
        "ArthurAttribute": "core.attributes",
        "ArthurModel": "core.models",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
