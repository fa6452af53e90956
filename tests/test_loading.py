"""Loading heavy libraries without a look for garbage."""

import gc
import sys
from types import ModuleType

import pytest

from modelgroups.loading import loading


@pytest.fixture
def collector():
    """The garbage collector, switched on and with nothing set apart; afterwards as before."""
    was_set_apart = gc.get_freeze_count()
    gc.enable()
    gc.unfreeze()
    yield gc
    gc.unfreeze()
    if was_set_apart:
        gc.freeze()


@pytest.fixture
def load(monkeypatch):
    """Load a module, which holds what is returned."""

    def load():
        module = ModuleType("heavy")
        module.loaded = [[] for _ in range(1000)]
        monkeypatch.setitem(sys.modules, "heavy", module)
        return module.loaded

    return load


def is_old(some):
    return any(each is some for each in gc.get_objects(generation=2))


def test_what_was_loaded_counts_as_old(collector, load):
    with loading():
        assert not collector.isenabled()
        loaded = load()
    assert collector.isenabled()
    assert is_old(loaded)
    assert collector.get_freeze_count() == 0


def test_where_nothing_was_loaded_the_young_stay_young(collector):
    young = [[]]
    with loading():
        assert not collector.isenabled()
    assert collector.isenabled()
    assert not is_old(young)


def test_what_somebody_has_set_apart_stays_so(collector, load):
    collector.collect()
    collector.freeze()
    before = collector.get_freeze_count()
    with loading():
        loaded = load()
    assert collector.isenabled()
    assert collector.get_freeze_count() == pytest.approx(before, rel=0.01)
    assert not is_old(loaded)


def test_a_collector_that_is_off_stays_off(collector):
    collector.disable()
    try:
        with loading():
            pass
        assert not collector.isenabled()
    finally:
        collector.enable()
