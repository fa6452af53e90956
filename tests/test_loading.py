"""Loading heavy libraries without a look for garbage."""

import gc

import pytest

from modelgroups.loading import loading


@pytest.fixture
def collector():
    """The garbage collector, switched on; whatever was set apart comes back afterwards."""
    gc.enable()
    gc.unfreeze()
    yield gc
    gc.unfreeze()


def is_old(some):
    return any(each is some for each in gc.get_objects(generation=2))


def test_what_was_loaded_counts_as_old(collector):
    with loading():
        assert not collector.isenabled()
        loaded = [[] for _ in range(1000)]
    assert collector.isenabled()
    assert is_old(loaded)
    assert collector.get_freeze_count() == 0


def test_what_somebody_has_set_apart_stays_so(collector):
    collector.collect()
    collector.freeze()
    before = collector.get_freeze_count()
    with loading():
        loaded = [[]]
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
