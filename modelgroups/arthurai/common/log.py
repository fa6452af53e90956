"""Console output of the log messages, for those who ask for it.

The SDK sets this up when it is imported; here `initialize_logging` does, when called. The
messages are those of the logger ``modelgroups``.
"""

from __future__ import annotations

import logging
import sys

__all__ = [
    "DEFAULT_LOG_LEVEL",
    "FULL_FORMATTER",
    "LITE_FORMATTER",
    "InfoFilter",
    "disable_debug_logging",
    "enable_debug_logging",
    "initialize_logging",
]

DEFAULT_LOG_LEVEL = logging.INFO
LITE_FORMATTER = logging.Formatter("%(asctime)s - modelgroups - %(message)s", "%H:%M:%S")
FULL_FORMATTER = logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s")

_LOGGER = logging.getLogger("modelgroups")
_HANDLER_NAME = "modelgroups.console"  # tells our handlers from those of the application


class InfoFilter(logging.Filter):
    """Lets debug and info messages through, and nothing graver."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the message is of level debug or info."""
        return record.levelno in {logging.DEBUG, logging.INFO}


def initialize_logging() -> None:
    """Show info messages on stdout, short, and warnings and errors on stderr, in full."""
    stdout = logging.StreamHandler(sys.stdout)
    stdout.addFilter(InfoFilter())
    stdout.setFormatter(LITE_FORMATTER)
    stderr = logging.StreamHandler()
    stderr.setLevel(logging.WARNING)
    stderr.setFormatter(FULL_FORMATTER)
    _use(DEFAULT_LOG_LEVEL, stdout, stderr)


def enable_debug_logging() -> None:
    """Show every message on stderr, in full."""
    stderr = logging.StreamHandler()
    stderr.setFormatter(FULL_FORMATTER)
    _use(logging.DEBUG, stderr)


def disable_debug_logging() -> None:
    """Go back to what `initialize_logging` sets up."""
    initialize_logging()


def _use(level: int, *handlers: logging.Handler) -> None:
    for old in [h for h in _LOGGER.handlers if h.get_name() == _HANDLER_NAME]:
        _LOGGER.removeHandler(old)
    for handler in handlers:
        handler.set_name(_HANDLER_NAME)
        _LOGGER.addHandler(handler)
    _LOGGER.setLevel(level)
