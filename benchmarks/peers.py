"""Other registries, to run beside ours where they are installed; drift has its own peers."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["is_installed", "mlflow_client", "not_installed", "pins_board"]


def is_installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None


def not_installed(package: str) -> str:
    """Return the remark for a peer that is left out."""
    return f"{package} is not installed and was left out: pip install 'modelgroups[bench]'"


def mlflow_client(folder: Path) -> Any:
    """Return a client of an MLflow registry in an SQLite file."""
    mlflow = import_module("mlflow")
    for name in ("mlflow", "mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def pins_board(folder: Path) -> Any:
    """Return a board of pins in a folder."""
    import_module("pins.config").pins_options.quiet = True
    return import_module("pins").board_folder(str(folder), versioned=True)
