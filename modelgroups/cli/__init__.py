"""The command line: ``modelgroups``, or ``python -m modelgroups``."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    from modelgroups.cli.application import app

    app()
