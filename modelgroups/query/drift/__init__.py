"""Drift: how far the values of a target lie from those of a base, property by property.

A body becomes a typed tree (`body`) and is checked against the model (`request`, `reader`). The
rows of both sides come part by part (`parts`) and are numbered by group and time (`cells`). Of each
property only its distribution is kept (`distributions`): counts in the buckets that the base sets,
or what a measure of samples needs. What reference data and segments came to is remembered
(`baselines`, `kept`). Then the distributions are compared (`measures`, `samples`, `thresholds`,
`table`).
"""

from __future__ import annotations

__all__: list[str] = []
