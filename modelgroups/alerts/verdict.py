"""Whether anything drifted: PSI beside the threshold up to which chance explains it.

Each attribute is looked at over all of the time, and in each interval by itself, since drifts to
and fro cancel each other out. Of the probability 1 − `confidence` of a false alarm one half goes
to all of the time and the other to the intervals, in equal shares to each attribute and interval
(Bonferroni). So chance alone makes a table say that something drifted with that probability at
most, as far as `modelgroups.alerts.chance` has the thresholds right: drawn from the data behind the
reference data, 24 attributes in 20 buckets, 300 tables each, at 0.95:

| rows of the reference data | intervals and their rows | over all of the time | in an interval |
|---|---|---|---|
| 1,000 | 60 of 30 | 2.0 % | 3.3 % |
| 2,000 | 30 of 1,000 | 0.7 % | 2.3 % |
| 10,000 | 30 of 144 | 2.7 % | 1.7 % |
| 10,000 | 30 of 5,000 | 2.0 % | 3.0 % |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from modelgroups.alerts.calibrated import bucket_counts, window_threshold
from modelgroups.alerts.values import COUNT, number_of
from modelgroups.query.drift.frame import drift_frame
from modelgroups.query.frames import time_key
from modelgroups.query.metrics import Rows, evaluate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from modelgroups.query.subject import Subject

__all__ = ["drift_verdicts"]

_PSI: Final = "PSI"
_COLUMNS: Final = (
    "attribute",
    "psi",
    "threshold",
    "drifted",
    "worst",
    "worst_psi",
    "worst_threshold",
)


class _Look(NamedTuple):
    """An attribute in some rows: its drift, and the threshold of chance; None where it has none."""

    at: Any
    psi: float | None
    threshold: float | None

    @property
    def is_beyond(self) -> bool | None:
        if self.psi is None or self.threshold is None:
            return None
        return self.psi > self.threshold

    @property
    def excess(self) -> float:
        """How many times the threshold it is: what is not known is least."""
        return self.psi / self.threshold if self.psi is not None and self.threshold else -1.0


def drift_verdicts(
    subject: Subject,
    attributes: Sequence[str] | None,
    *,
    confidence: float,
    every: str,
    filters: Sequence[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """Return a row for each attribute: its drift, the threshold of chance, and whether it drifted.

    Parameters
    ----------
    subject
        The model.
    attributes
        Their names; all that can be compared when None.
    confidence
        The probability with which a table of data like the reference data has no drift in it.
    every
        Between what intervals the worst is looked for.
    filters
        Choose among the inferences.

    Raises
    ------
    NotFoundError
        There is no reference data.
    UserValueError
        A name or the interval is unknown, or an attribute has no such drift.
    """
    import pandas as pd

    asked: dict[str, Any] = {"by": (), "against": "reference", "filters": filters}
    frame = drift_frame(subject, attributes, _PSI, every=every, **asked)
    key = time_key(every)
    names = [str(name) for name in frame.columns if name != key]
    whole = drift_frame(subject, names, _PSI, every=None, **asked)
    n_rows = _counts(subject, every, filters)
    counts = bucket_counts(subject, names)
    chance = (1 - confidence) / (2 * max(len(names), 1))
    looks = max(len(frame), 1)
    rows = []
    for name in names:
        buckets = counts.get(name)
        value = whole[name].iloc[0] if len(whole) else None
        over_all = _look(None, value, buckets, 1 - chance, sum(n_rows.values()))
        parts = [
            _look(at, value, buckets, 1 - chance / looks, n_rows.get(at, 0))
            for at, value in zip(frame[key], frame[name], strict=True)
        ]
        known = [part for part in parts if part.excess >= 0]
        rows.append((name, over_all, max(known, key=lambda part: part.excess, default=None)))
    rows.sort(key=lambda row: max(row[1].excess, row[2].excess if row[2] else -1.0), reverse=True)
    return _frame(rows, pd.DatetimeTZDtype("us", "UTC") if key == "timestamp" else "object")


def _look(
    at: Any, value: Any, buckets: NDArray[Any] | None, confidence: float, n_rows: int
) -> _Look:
    threshold = None if buckets is None else window_threshold(buckets, confidence, n_rows)
    return _Look(at, number_of(value), threshold)


def _counts(subject: Subject, every: str, filters: Sequence[Mapping[str, Any]]) -> dict[Any, int]:
    """Return the inferences of each interval."""
    found = evaluate(subject, [COUNT], Rows(window=filters, every=every), {})
    return dict(zip(found[time_key(every)], map(int, found[COUNT.name]), strict=True))


def _frame(rows: Sequence[tuple[str, _Look, _Look | None]], type_of_worst: Any) -> pd.DataFrame:
    import pandas as pd

    from modelgroups.drawing.frames import fitting

    values = []
    for name, whole, worst in rows:
        sides = [side.is_beyond for side in (whole, worst) if side is not None]
        known = [side for side in sides if side is not None]
        drifted = any(known) if known else None
        part = (None, None, None) if worst is None else worst
        values.append((name, whole.psi, whole.threshold, drifted, *part))
    frame = pd.DataFrame(values, columns=list(_COLUMNS))
    numbers = dict.fromkeys(("psi", "threshold", "worst_psi", "worst_threshold"), "float64")
    frame = frame.astype(numbers | {"drifted": "boolean", "worst": type_of_worst})
    return fitting(frame, "attribute", "drifted", "psi", "threshold", "worst", "worst_psi")
