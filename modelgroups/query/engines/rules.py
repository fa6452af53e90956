"""What every engine would take for something else, as Ibis writes it. Loads Ibis."""

from __future__ import annotations

import math
from typing import Any

import ibis
from ibis.common.patterns import replace
from ibis.expr.rewrites import p

__all__ = ["as_double", "with_doubles"]


def with_doubles(expression: Any) -> Any:
    """Return an expression whose constants are floats where Ibis takes them for floats."""
    return expression.op().replace(as_double).to_expr()


@replace(p.Literal)
def as_double(_: Any) -> Any:
    """Say that a constant is a float: SQL takes 0.5 for a decimal, whose products overflow."""
    if not _.dtype.is_floating() or _.value is None or not math.isfinite(_.value):
        return _
    return ibis.literal(repr(float(_.value))).cast(_.dtype).op()
