"""The version of the SDK whose names and behaviour this package follows."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "3.33.3"
