"""Drift of a model's attributes as a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import UserValueError
from modelgroups.query.drift.body import MOST_PROPERTIES
from modelgroups.query.drift.measures import MEASURES
from modelgroups.query.drift.request import ROLLUP, form_of
from modelgroups.query.drift.run import run_drift
from modelgroups.query.source import available
from modelgroups.types import ValueType

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.query.subject import Subject

__all__ = ["drift_frame"]

_REFERENCE: Final = "reference"


def drift_frame(
    subject: Subject,
    attributes: Sequence[str] | None,
    metric: str,
    *,
    every: str | None,
    by: Sequence[str],
    against: str,
    filters: Sequence[Mapping[str, Any]] = (),
) -> pd.DataFrame:
    """Return a row for each interval and group of the inferences, a column for each attribute.

    The filters choose among the inferences only; the reference data counts whole.

    Raises
    ------
    UserValueError
        A name is unknown, or an attribute has no such drift.
    """
    import pandas as pd

    from modelgroups.drawing.frames import fitting
    from modelgroups.query.frames import check_split, time_key, typed

    check_split(subject, every, by)
    names = list(_comparable(subject, metric, by)) if attributes is None else list(attributes)
    if attributes is None and not names:
        raise UserValueError(
            f"no input or prediction of the model has a distribution that {metric} could compare "
            "with the reference data"
        )
    body: dict[str, Any] = {
        "metric": metric,
        "base": {"source": _REFERENCE},
        "target": {"source": "inference", "filter": list(filters)},
        "group_by": [{"property": name} for name in by],
        "rollup": every,
    }
    if against != _REFERENCE:
        body["base"]["model"] = against
    rows: list[dict[str, Any]] = [{}]
    for start in range(0, max(len(names), 1), MOST_PROPERTIES):
        part = run_drift(subject, body | {"properties": names[start : start + MOST_PROPERTIES]})
        rows = [old | new for old, new in zip(rows, part, strict=True)] if start else part
    keys = [*([] if every is None else [time_key(every)]), *by]
    if every is not None:
        rows = [{keys[0]: row.pop(ROLLUP), **row} for row in rows]
    frame = pd.DataFrame(rows)
    has_times = every not in (None, "batch_id")
    frame = typed(frame.reindex(columns=[*keys, *names]), names, has_times=has_times)
    frame = frame.sort_values(keys, ignore_index=True) if keys else frame
    return fitting(frame, *keys, *frame[names].max().sort_values(ascending=False).index)


def _comparable(subject: Subject, metric: str, by: Sequence[str]) -> Iterator[str]:
    """Yield the inputs and predictions that a metric can compare with the reference data.

    Ground truths come late, and ids are all different: both would only seem to drift. Real
    numbers that are all different are no ids.
    """
    held = available(subject, _REFERENCE)
    forms = MEASURES[metric].forms if metric in MEASURES else None
    for name, attribute in subject.recipient.layout.inference_attributes.items():
        form = form_of(attribute)
        if form is None or (forms is not None and form not in forms):
            continue
        is_id = attribute.is_unique and attribute.value_type != ValueType.Float
        if name in held and name not in by and not attribute.implicit and not is_id:
            yield name
