"""Settings that all tests share."""

import hypothesis
import pytest

hypothesis.settings.register_profile("modelgroups", deadline=None)
hypothesis.settings.load_profile("modelgroups")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Send the tests of Spark to one worker, so that it is started once, all others anywhere."""
    from xdist.scheduler import LoadScopeScheduling

    class OneSession(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return "spark" if "/test_spark.py::" in nodeid else nodeid

    return OneSession(config, log)
