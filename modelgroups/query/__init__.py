"""Questions to a version: the query language, in which every number about a model is asked for.

A body of JSON becomes a typed tree (`tree`), the tree an Ibis expression over the rows that it
asks about (`source`, `compile`), and the answer a list of rows of plain JSON. Each function of the
language is a small unit in `library`, with its parameters declared.
"""

from __future__ import annotations

__all__: list[str] = []
