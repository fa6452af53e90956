"""Drift: how far the values of a target lie from those of a base, property by property.

A body becomes a typed tree (`body`), is checked against the model (`request`), the rows of both
sides are loaded once (`sides`) and numbered by group and time (`cells`). Each property is then
counted into the buckets that the base sets (`buckets`), and the counts, or for some measures the
ordered values, are compared (`measures`, `samples`, `thresholds`, `table`).
"""

from __future__ import annotations

__all__: list[str] = []
