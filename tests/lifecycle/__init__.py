"""Versions in use: aliases, audit events, differences."""
