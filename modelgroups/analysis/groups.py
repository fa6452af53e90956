"""Groups of rows by a sensitive attribute, and what they are called. Loads pandas lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.schema.attribute import Attribute, AttributeBin

__all__ = ["bin_label", "group_labels", "sorted_bins"]


def sorted_bins(attribute: Attribute) -> list[AttributeBin]:
    """Return the bins of an attribute, the lowest first."""
    lowest = float("-inf")
    return sorted(
        attribute.bins or [],
        key=lambda b: lowest if b.continuous_start is None else b.continuous_start,
    )


def bin_label(interval: AttributeBin) -> str:
    """Return what a bin is called.

    >>> from modelgroups.schema.attribute import AttributeBin
    >>> [bin_label(AttributeBin(*ends)) for ends in [(None, 18), (18, 65), (65, None)]]
    ['(-inf,18]', '(18,65]', '(65,inf)']
    """
    low = "-inf" if interval.continuous_start is None else f"{interval.continuous_start:g}"
    if interval.continuous_end is None:
        return f"({low},inf)"
    return f"({low},{interval.continuous_end:g}]"


def group_labels(values: pd.Series[Any], attribute: Attribute) -> pd.Series[Any]:
    """Return the group of each row as text: its category, or its bin; null outside of all.

    Examples
    --------
    >>> import pandas as pd
    >>> from modelgroups.schema.attribute import Attribute, AttributeBin
    >>> age = Attribute("age", "INTEGER", "PIPELINE_INPUT")
    >>> age.bins = [AttributeBin(None, 35), AttributeBin(35, None)]
    >>> group_labels(pd.Series([35, 36]), age).tolist()
    ['(-inf,35]', '(35,inf)']
    """
    import pandas as pd

    from modelgroups.query.drift.classes import text_of

    labels = pd.Series(None, index=values.index, dtype=object)
    if attribute.categorical or not attribute.bins:
        known = values.dropna()
        labels[known.index] = known.map({value: text_of(value) for value in known.unique()})
        return labels
    numbers = pd.to_numeric(values).astype("float64")
    for interval in sorted_bins(attribute):
        inside = numbers.notna()
        if interval.continuous_start is not None:
            inside &= numbers > interval.continuous_start
        if interval.continuous_end is not None:
            inside &= numbers <= interval.continuous_end
        labels[inside] = bin_label(interval)
    return labels
