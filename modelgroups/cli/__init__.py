"""The command line: ``modelgroups``, or ``python -m modelgroups``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from modelgroups.cli.application import app

        app()
    except KeyboardInterrupt:  # while it was still being loaded
        sys.exit(130)
