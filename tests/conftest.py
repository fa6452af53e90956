"""Settings that all tests share."""

import hypothesis

hypothesis.settings.register_profile("modelgroups", deadline=None)
hypothesis.settings.load_profile("modelgroups")
