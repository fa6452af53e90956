"""Console logging is there for those who ask for it."""

from __future__ import annotations

import logging

import pytest

from modelgroups.arthurai.common.log import (
    InfoFilter,
    disable_debug_logging,
    enable_debug_logging,
    initialize_logging,
)

LOGGER = logging.getLogger("modelgroups")


@pytest.fixture(autouse=True)
def clean_logger():
    handlers, level = list(LOGGER.handlers), LOGGER.level
    yield
    LOGGER.handlers[:] = handlers
    LOGGER.setLevel(level)


def log_each_level():
    child = logging.getLogger("modelgroups.part")
    child.debug("a debug text")
    child.info("an info text")
    child.warning("a warning text")
    child.error("an error text")


def test_info_goes_to_stdout_and_the_rest_to_stderr(capsys):
    initialize_logging()
    log_each_level()
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert out.endswith(" - modelgroups - an info text\n")
    assert [line.split(" - ", 1)[1] for line in err.splitlines()] == [
        "modelgroups.part - WARNING - a warning text",
        "modelgroups.part - ERROR - an error text",
    ]


def test_initializing_again_does_not_repeat_messages(capsys):
    initialize_logging()
    initialize_logging()
    log_each_level()
    assert capsys.readouterr().out.count("info text") == 1


def test_debug_logging_sends_everything_to_stderr_until_disabled(capsys):
    enable_debug_logging()
    log_each_level()
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 4
    disable_debug_logging()
    log_each_level()
    assert "debug text" not in "".join(capsys.readouterr())


def test_handlers_of_the_application_stay():
    mine = logging.NullHandler()
    LOGGER.addHandler(mine)
    initialize_logging()
    enable_debug_logging()
    assert mine in LOGGER.handlers


@pytest.mark.parametrize(
    ("level", "shown"), [(logging.DEBUG, True), (logging.INFO, True), (logging.WARNING, False)]
)
def test_info_filter(level, shown):
    record = logging.LogRecord("name", level, "file", 1, "text", None, None)
    assert InfoFilter().filter(record) is shown
