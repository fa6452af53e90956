"""How often each value of an attribute came, interval by interval. Loads pandas.

The engine counts; what comes here is a number for each interval and value, or bin of values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from modelgroups.errors import UserValueError
from modelgroups.query.drift.classes import text_of
from modelgroups.query.drift.measures import Form
from modelgroups.query.drift.request import form_of
from modelgroups.query.faults import nearest
from modelgroups.types import ValueType
from modelgroups.viz.versions import Version, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from modelgroups.schema.attribute import Attribute

__all__ = [
    "MISSING",
    "OTHER",
    "Bins",
    "attribute_of",
    "bins_of",
    "category_counts",
    "coarsened",
    "densities",
    "number_counts",
    "top_categories",
]

MISSING: Final = "missing"
OTHER: Final = "other"

_N_BINS: Final = 50
_TAIL: Final = 0.005
_MOST_DAYS: Final = 62
_COARSER: Final = {"week": "W-SUN", "month": "M", "year": "Y"}
_SMOOTHING: Final = 1.0  # bins


@dataclass(frozen=True)
class Bins:
    """Bins of equal width that numbers are counted in.

    Parameters
    ----------
    edges
        From the first to the last, one more than bins; a value at the upper edge is in the next.
    is_cut
        Whether long tails lie outside.
    """

    edges: NDArray[np.float64]
    is_cut: bool

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middles of the bins."""
        return (self.edges[:-1] + self.edges[1:]) / 2


def attribute_of(version: Version, name: str) -> tuple[Attribute, bool]:
    """Return an attribute of a version, and whether it has categories.

    Raises
    ------
    UserValueError
        There is none of that name, or its values are neither numbers nor categories.
    """
    known = version.get_attribute_names()
    if name not in known:
        raise UserValueError(f"{name_of(version)}: {nearest(name, known, 'attribute')}")
    attribute = version.get_attribute(name)
    form = form_of(attribute)
    if form not in (Form.CATEGORICAL, Form.CONTINUOUS) or (
        attribute.value_type == ValueType.Timestamp
    ):
        raise UserValueError(
            f"{name!r} of {name_of(version)} holds {attribute.value_type} values, which have no "
            "timeline; numbers and categories have one"
        )
    return attribute, form is Form.CATEGORICAL


def category_counts(version: Version, name: str) -> pd.DataFrame:
    """Return the number of inferences of each category: a row for each day, or batch.

    The column of inferences without a value is called ``missing``.
    """
    counts = _counts(version, {"property": name})
    texts = map(text_of, counts["value"])
    named = [MISSING if text is None else text for text in texts]
    return _table(version, counts.assign(value=named))


def number_counts(version: Version, name: str, bins: Bins) -> pd.DataFrame:
    """Return the number of inferences in each bin: a row for each day, or batch."""
    thresholds = bins.edges.tolist()
    parameters = {"property": name, "bin_thresholds": thresholds}
    counts = _counts(version, {"function": "binContinuous", "parameters": parameters})
    table = _table(version, counts.dropna(subset=["value"]).astype({"value": "int64"}))
    # the first number is that of what lies below, the last that of what lies above
    return table.reindex(columns=range(2, len(thresholds) + 1), fill_value=0)


def bins_of(versions: Sequence[Version], attribute: Attribute) -> Bins | None:
    """Return the bins that suit the values of all versions together; None without any value.

    Tails of half a percent that take up more than half of the room are cut off.
    """
    wanted = {"property": attribute.name}
    asked = [
        {"function": "min", "alias": "least", "parameters": wanted},
        {"function": "max", "alias": "most", "parameters": wanted},
        *(
            {"function": "quantile", "alias": alias, "parameters": wanted | {"level": level}}
            for alias, level in (("low", _TAIL), ("high", 1 - _TAIL))
        ),
    ]
    rows = [version.query({"select": asked})[0] for version in versions]
    rows = [row for row in rows if row["least"] is not None]
    if not rows:
        return None
    least, most = min(row["least"] for row in rows), max(row["most"] for row in rows)
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    is_cut = high > low and high - low < (most - least) / 2
    if is_cut:
        least, most = low, high
    return Bins(_edges(float(least), float(most), attribute.value_type), is_cut)


def _edges(least: float, most: float, value_type: str) -> NDArray[np.float64]:
    if value_type == ValueType.Integer and most - least < 2**52:
        width = max(1, math.ceil((math.floor(most) - math.ceil(least) + 1) / _N_BINS))
        n_bins = (math.floor(most) - math.ceil(least)) // width + 1
        first = math.ceil(least) - 0.5
        return np.asarray(first + width * np.arange(n_bins + 1), np.float64)
    if least == most:
        margin = abs(least) / 2 or 0.5
        return np.linspace(least - margin, most + margin, _N_BINS + 1)
    # the largest value is in the last bin
    return np.append(np.linspace(least, most, _N_BINS + 1)[:-1], np.nextafter(most, np.inf))


def densities(counts: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return smooth densities of counts in bins, row by row: each encloses the area 1.

    Many bins are smoothed by a Gaussian with the width of a bin as its standard deviation,
    reflected at the ends; up to ten stand as they are. A row without counts is 0.

    Examples
    --------
    >>> densities(np.array([[1, 3]]), np.array([0.0, 2.0, 4.0])).tolist()
    [[0.125, 0.375]]
    """
    from scipy.ndimage import gaussian_filter1d

    smooth: NDArray[np.float64] = counts.astype(np.float64)
    if smooth.shape[1] > 10:
        smooth = gaussian_filter1d(smooth, _SMOOTHING, axis=1, mode="reflect")
    areas = (smooth * np.diff(edges)).sum(axis=1, keepdims=True)
    nothing = np.zeros_like(smooth)
    found: NDArray[np.float64] = np.divide(smooth, areas, out=nothing, where=areas > 0)
    return found


def coarsened(tables: Sequence[pd.DataFrame]) -> tuple[list[pd.DataFrame], str]:
    """Return counts by day, or by week, month or year where there are many days.

    Days between the first and the last without any inferences are rows of zeros.
    """
    moments = [moment for table in tables for moment in table.index]
    if not moments:
        return list(tables), "day"
    word, code = "day", "D"
    for coarser, its_code in _COARSER.items():
        if len(pd.period_range(min(moments), max(moments), freq=code)) <= _MOST_DAYS:
            break
        word, code = coarser, its_code
    every = pd.period_range(min(moments), max(moments), freq=code)
    return [_regrouped(table, code, every) for table in tables], word


def _regrouped(table: pd.DataFrame, code: str, every: pd.PeriodIndex) -> pd.DataFrame:
    if table.empty:
        return table
    found = table.groupby(pd.DatetimeIndex(table.index).to_period(code)).sum()
    whole = found.reindex(every, fill_value=0)
    whole.index = every.to_timestamp()
    return whole


def top_categories(tables: Sequence[pd.DataFrame], most: int) -> list[pd.DataFrame]:
    """Return tables with the most frequent categories as columns, and all others as ``other``.

    The columns are the same in each; missing values come last.
    """
    sums = [table.sum() for table in tables if not table.empty]
    totals = pd.concat(sums).groupby(level=0, sort=False).sum() if sums else pd.Series(dtype=float)
    ranked = totals.drop(MISSING, errors="ignore").sort_values(ascending=False, kind="stable")
    kept = list(ranked.index[:most])
    rest = list(ranked.index[most:])
    shown = []
    for table in tables:
        whole = table.reindex(columns=[*kept, *rest, MISSING], fill_value=0)
        top = whole[kept].copy()
        if rest:
            top[f"{OTHER} ({len(rest)})"] = whole[rest].sum(axis=1)
        if MISSING in totals:
            top[MISSING] = whole[MISSING]
        shown.append(top)
    return shown


def _counts(version: Version, value: dict[str, Any]) -> pd.DataFrame:
    """Return rows with at, value and n."""
    at: dict[str, Any] = {"property": "batch_id", "alias": "at"}
    if not version.is_batch:
        by_day = {"property": "inference_timestamp", "time_interval": "day"}
        at = {"function": "roundTimestamp", "alias": "at", "parameters": by_day}
    body = {
        "select": [at, value | {"alias": "value"}, {"function": "count", "alias": "n"}],
        "group_by": [{"alias": "at"}, {"alias": "value"}],
    }
    rows = pd.DataFrame(version.query(body), columns=["at", "value", "n"], dtype=object)
    return rows.astype({"n": "int64"})  # and a whole number beside nulls is no float


def _table(version: Version, counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with a row for each interval, in order, and a column for each value."""
    if not version.is_batch:
        at = pd.to_datetime(counts["at"], utc=True, format="ISO8601")
        counts = counts.assign(at=at.dt.tz_localize(None))
    table = counts.pivot_table(
        index="at", columns="value", values="n", aggfunc="sum", fill_value=0, observed=True
    )
    if version.is_batch:
        return table.reindex([b for b in version.batches()["batch_id"] if b in table.index])
    return table.sort_index()
