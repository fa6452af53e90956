"""Tests of what users call: connections, models, groups, and what these refuse."""
