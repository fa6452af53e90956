"""Registries and saved models that are gone after the test."""

from __future__ import annotations

import pytest

import modelgroups as mg

from .samples import classifier, two_truths


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def model(connection):
    """Return a saved binary classifier: input `age`, prediction `p`, true class `y`."""
    return classifier(connection)


@pytest.fixture
def prices(connection):
    """Return a saved regression: input `age`, predictions `p`, `q`, ground truths `y`, `z`."""
    return two_truths(connection)
