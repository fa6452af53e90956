"""The functions of the query language, a module for each family."""

from __future__ import annotations

from modelgroups.query.library import (
    aggregates,
    classification,
    distributions,
    explanations,
    objects,
    ranked,
    regression,
    tokens,
    transformations,
)

__all__ = [
    "aggregates",
    "classification",
    "distributions",
    "explanations",
    "objects",
    "ranked",
    "regression",
    "tokens",
    "transformations",
]
