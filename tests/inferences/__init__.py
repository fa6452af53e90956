"""Tests of the inference log; `samples` holds what they send."""
