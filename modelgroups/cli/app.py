"""All commands together; each is a thin wrapper around the library."""

from __future__ import annotations

from importlib import import_module

from modelgroups.cli.application import app

__all__ = ["app"]

for _family in ("registry", "building", "versions", "sending", "asking"):  # as the help lists them
    import_module(f"modelgroups.cli.{_family}")
