"""Values over time, one series for each version and metric. Loads pandas: import it lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import NotFoundError, UserValueError
from modelgroups.query.faults import nearest
from modelgroups.query.frames import EVERY, time_key
from modelgroups.types import OutputType
from modelgroups.viz.versions import Version, name_of, names_of

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.query.metrics import Metric

__all__ = ["RATE", "Series", "batch_order", "drift_series", "interval_of", "metric_series"]

RATE: Final = "rate (0 to 1)"
_RATES: Final = frozenset(
    {
        "accuracyRate",
        "accuracyRateMulticlass",
        "auc",
        "balancedAccuracyRate",
        "f1",
        "falseNegativeRate",
        "falsePositiveRate",
        "meanAveragePrecision",
        "meanReciprocalRank",
        "nDCGAtK",
        "precision",
        "precisionAtK",
        "rankedListAUC",
        "rate",
        "recall",
        "recallAtK",
        "specificity",
    }
)
_SAME_AS: Final = {
    "sensitivity": "recall",
    "truePositiveRate": "recall",
    "trueNegativeRate": "specificity",
}
_LONG: Final = {"week": "W-SUN", "month": "M", "year": "Y"}
_INFERENCES: Final = "(inferences)"
_COUNTS: Final = ("count", "countIf")
_IN_UNITS_OF: Final = ("avg", "mae", "rmse")
_DRIFT_UNITS: Final = {
    "PSI": "no unit; 0 is no drift",
    "KLDivergence": "nats; 0 is no drift",
    "JSDivergence": "nats, 0 to ln 2; 0 is no drift",
    "HellingerDistance": "0 to 1; 0 is no drift",
    "HypothesisTest": "−log10 of p; 0 is no drift",
    "WassersteinDistance": "in the attribute's unit; 0 is no drift",
    "MissingRateChange": "share of rows, −1 to 1; 0 is no change",
    "NewCategoryRate": "share of rows, 0 to 1; 0 is no drift",
}


@dataclass(frozen=True)
class Series:
    """Values of one version over time.

    Parameters
    ----------
    label
        What it is called in the legend.
    version, number, measured
        What it is of, the sequence number of that, and what was measured: series that share one
        of them look alike in it.
    unit
        What stands at the axis; series of one unit share it.
    at
        The starts of the intervals in UTC without a zone, or ids of batches.
    values
        As many numbers, NaN where there is none.
    is_part
        As many truths: whether the inferences begin or end within that week, month or year.
    """

    label: str
    version: str
    number: int | None
    measured: str
    unit: str
    at: pd.Series[Any]
    values: pd.Series[Any]
    is_part: pd.Series[Any]

    @property
    def is_count(self) -> bool:
        """Whether the values are numbers of inferences."""
        return self.unit.endswith(_INFERENCES)


def metric_series(
    versions: Sequence[Version], names: Sequence[str], resolution: str
) -> list[Series]:
    """Return the values of metrics, those of each version together.

    Raises
    ------
    NotFoundError
        A version has no metric of a name.
    UserValueError
        The interval is unknown, or a function is there for each of several classes.
    """
    found = []
    for version, told in zip(versions, names_of(versions), strict=True):
        metrics = version.get_metrics()
        chosen = {name: _metric(version, metrics, name) for name in names}
        frame = version.metrics(
            list(dict.fromkeys(metric.name for metric in chosen.values())), every=resolution
        )
        columns = {name: metric.name for name, metric in chosen.items()}
        units = {name: _unit(metric) for name, metric in chosen.items()}
        found += _of_frame(version, told, frame, columns, resolution, units.__getitem__)
    return found


def drift_series(
    versions: Sequence[Version], attributes: Sequence[str], metric: str, resolution: str
) -> list[Series]:
    """Return the drift of attributes, those of each version together.

    Raises
    ------
    NotFoundError
        A version has no reference data.
    UserValueError
        A name or the interval is unknown, or an attribute has no such drift.
    """
    found = []
    unit = f"{metric} ({_DRIFT_UNITS.get(metric, '')})"
    for version, told in zip(versions, names_of(versions), strict=True):
        known = version.get_attribute_names()
        for name in attributes:
            if name not in known:
                raise UserValueError(f"{name_of(version)}: {nearest(name, known, 'attribute')}")
        frame = version.drift(attributes, metric, every=resolution)
        columns = {name: name for name in attributes}
        found += _of_frame(version, told, frame, columns, resolution, lambda _: unit)
    return found


def interval_of(versions: Sequence[Version], resolution: str) -> str:
    """Return what values of versions are rolled up by: by batch, where all of them have batches.

    Raises
    ------
    UserValueError
        The interval is unknown.
    """
    if resolution not in EVERY:
        raise UserValueError(f"time_resolution: {nearest(resolution, EVERY, 'interval')}")
    return "batch_id" if all(version.is_batch for version in versions) else resolution


def batch_order(versions: Sequence[Version]) -> list[str]:
    """Return the batches of versions in the order in which they began, each version's in turn."""
    return list(dict.fromkeys(each for v in versions for each in v.batches()["batch_id"]))


def _of_frame(
    version: Version,
    told: str,
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    resolution: str,
    unit_of: Callable[[str], str],
) -> list[Series]:
    at = frame[time_key(resolution)]
    if resolution != "batch_id":
        at = at.dt.tz_localize(None)
    is_part = _parts(version, at, resolution)
    return [
        Series(
            f"{told} · {name}",
            told,
            version.version_sequence_num,
            name,
            unit_of(name),
            at,
            frame[column].astype("float64"),
            is_part,
        )
        for name, column in columns.items()
    ]


def _parts(version: Version, at: pd.Series[Any], resolution: str) -> pd.Series[Any]:
    """Return which intervals of several days the inferences begin or end within."""
    import pandas as pd

    if resolution not in _LONG or at.empty:
        return pd.Series(False, index=at.index)
    summary = version.summary(attributes=False)
    first, last = (
        pd.Timestamp(str(moment)).tz_convert("UTC").tz_localize(None).normalize()
        for moment in (summary.first_timestamp, summary.last_timestamp)
    )
    ends = at.dt.to_period(_LONG[resolution]).dt.end_time.dt.normalize()
    found: pd.Series[Any] = ((at < first) & (first <= ends)) | ((at <= last) & (last < ends))
    return found


def _metric(version: Version, metrics: Sequence[Metric], name: str) -> Metric:
    """Return the metric of a name, or the default one of a function of the query language."""
    by_name = {metric.name: metric for metric in metrics}
    if name in by_name:
        return by_name[name]
    function = _SAME_AS.get(name, name)
    made = [metric for metric in metrics if metric.is_default and _function(metric) == function]
    if len(made) > 1 and version.output_type != OutputType.Regression:
        each = ", ".join(repr(metric.name) for metric in made)
        raise UserValueError(f"{name_of(version)}: {name!r} is there for each class: {each}")
    if not made:
        functions = filter(None, map(_function, metrics))
        known = dict.fromkeys((*by_name, *functions))
        raise NotFoundError(f"{name_of(version)}: {nearest(name, known, 'metric')}")
    return made[0]


def _function(metric: Metric) -> str | None:
    select = metric.query.get("select", ())
    return select[0].get("function") if len(select) == 1 else None


def _unit(metric: Metric) -> str:
    function = _function(metric)
    if function in _RATES:
        return RATE
    if function in _COUNTS:
        return f"{metric.name} {_INFERENCES}"
    if function in _IN_UNITS_OF and metric.attribute:
        return f"{metric.name} (in the unit of {metric.attribute})"
    return metric.name
