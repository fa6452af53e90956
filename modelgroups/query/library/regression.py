"""How good a regression is. A row counts where it has a prediction and a ground truth."""

from __future__ import annotations

from typing import Any

from modelgroups.query.library.pairs import pair_of_columns
from modelgroups.query.library.registry import Call, Kind, Parameter, Takes, function

__all__: list[str] = []

_NAME = Parameter(Takes.TEXT, None)
_PAIR = {"predicted_property": _NAME, "ground_truth_property": _NAME}


def _columns(call: Call, predicted: str | None, truth: str | None) -> tuple[Any, Any] | None:
    """Return the columns of prediction and ground truth, null where either is."""
    import ibis

    found = pair_of_columns(call, predicted, truth)
    if found is None:
        return None
    p, y = found
    if not p.type().is_numeric() or not y.type().is_numeric():
        call.blame("", "numbers are wanted")
        return None
    both = p.notnull() & y.notnull()
    p, y = p.cast("float64"), y.cast("float64")
    return ibis.ifelse(both, p, None), ibis.ifelse(both, y, None)


@function("rmse", Kind.EVALUATION, _PAIR)
def rmse(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
    """Square root of the mean of (prediction − truth)²."""
    found = _columns(call, predicted_property, ground_truth_property)
    if found is None:
        return None
    error = found[0] - found[1]
    return (error * error).mean().sqrt()


@function(
    "mae",
    Kind.EVALUATION,
    {
        **_PAIR,
        "aggregation": Parameter(Takes.CHOICE, "avg", choices=("avg", "min", "max")),
        "normalizationMin": Parameter(Takes.NUMBER, None),
        "normalizationMax": Parameter(Takes.NUMBER, None),
    },
)
def mae(
    call: Call,
    predicted_property: Any,
    ground_truth_property: Any,
    aggregation: str,
    normalizationMin: float | None,  # noqa: N803  # the name in the language
    normalizationMax: float | None,  # noqa: N803
) -> Any:
    """Mean, or extreme, of the absolute error, divided by max − min where both are given."""
    found = _columns(call, predicted_property, ground_truth_property)
    if found is None:
        return None
    error = (found[0] - found[1]).abs()
    value = {"avg": error.mean, "min": error.min, "max": error.max}[aggregation]()
    if normalizationMin is None or normalizationMax is None:
        return value
    if normalizationMin == normalizationMax:
        call.blame("normalizationMax", "it must differ from normalizationMin")
        return None
    return value / abs(float(normalizationMax) - float(normalizationMin))


@function("rSquared", Kind.EVALUATION, _PAIR)
def r_squared(call: Call, predicted_property: Any, ground_truth_property: Any) -> Any:
    """1 − sum of (truth − prediction)² / sum of (truth − mean truth)²."""
    found = _columns(call, predicted_property, ground_truth_property)
    if found is None:
        return None
    p, y = found
    residual = ((y - p) * (y - p)).sum()
    total = y.var(how="pop") * y.count()
    return 1 - residual / total.nullif(0.0)
