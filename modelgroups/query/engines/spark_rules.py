"""What Spark, as Ibis drives it, would refuse or answer otherwise: rewritten in its own terms.

Each rule turns one operation of an expression into others that mean the same. Loads Ibis.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.operations as ops
from ibis.common.patterns import replace
from ibis.expr.rewrites import p

from modelgroups.query.engines.rules import as_double

__all__ = ["for_spark"]


def for_spark(expression: Any) -> Any:
    """Return an expression for Spark that gives the answer of DuckDB."""
    return expression.as_table().op().replace(_RULES).to_expr()


@replace(p.First)
def _first(_: Any) -> Any:
    """Take the row with the least key for the first in an order, which `first` does not know."""
    if not _.order_by:
        return _
    leads_down = not _.order_by[0].ascending
    parts = []
    for key in _.order_by:
        value = key.arg.to_expr()
        goes_down = not key.ascending
        parts.append(value if goes_down == leads_down else -value)
    best = parts[0] if len(parts) == 1 else ibis.struct({f"k{n}": v for n, v in enumerate(parts)})
    value = _.arg.to_expr()
    present = value.notnull() if _.where is None else _.where.to_expr() & value.notnull()
    pick = value.argmax if leads_down else value.argmin
    return pick(best, where=present).op()


@replace(p.ArrayCollect)
def _collect(_: Any) -> Any:
    """Collect values in an order by sorting them together with it."""
    if not _.order_by:
        return _
    keys = {f"k{n}": key.arg.to_expr() for n, key in enumerate(_.order_by)}
    where = None if _.where is None else _.where.to_expr()
    pairs = ibis.struct({**keys, "value": _.arg.to_expr()}).collect(where=where)
    return pairs.sort().map(lambda pair: pair["value"]).op()


@replace(p.Cast)
def _exact_sum(_: Any) -> Any:
    """Add numbers that are wide enough where the sum must leave 64 bits."""
    is_total = isinstance(_.arg, ops.Sum) and _.arg.arg.dtype.is_integer()
    if not (is_total and _.to.is_decimal()):
        return _
    numbers = _.arg.arg.to_expr().cast(_.to)
    return _.arg.copy(arg=numbers.op())


@replace(p.ArrayIndex)
def _element(_: Any) -> Any:
    """Return null for an element that is not there."""
    array, index = _.arg.to_expr(), _.index.to_expr()
    return ibis.ifelse(index < array.length(), _.to_expr(), ibis.null(_.dtype)).op()


@replace(p.StringSQLLike)
def _like(_: Any) -> Any:
    r"""Double ``\``, which takes the meaning of the next character away."""
    if not isinstance(_.pattern, ops.Literal):
        return _
    return _.copy(pattern=ops.Literal(_.pattern.value.replace("\\", "\\\\"), _.pattern.dtype))


@replace(p.Limit)
def _offset(_: Any) -> Any:
    """Pass over rows by their number in the order, which Spark forgets on the way."""
    if not _.offset or not isinstance(_.parent, ops.Sort):
        return _
    rows = _.parent.parent.to_expr()
    number = ibis.row_number().over(order_by=[key.to_expr() for key in _.parent.keys])
    rows = rows.mutate(**{"#number": number})
    wanted = rows["#number"] >= _.offset
    if _.n is not None:
        wanted &= rows["#number"] < _.offset + _.n
    return rows.filter(wanted).drop("#number").op()


_RULES = as_double | _first | _collect | _exact_sum | _element | _like | _offset
