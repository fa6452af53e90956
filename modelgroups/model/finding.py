"""The part of `Model` that finds out where it is wrong."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812  # the SDK calls a parameter date
from datetime import datetime
from numbers import Real
from typing import Any

from modelgroups.arguments import require_member, require_text
from modelgroups.calls import checked_calls
from modelgroups.errors import (
    MethodNotApplicableError,
    NotFoundError,
    UserError,
    UserTypeError,
    UserValueError,
)
from modelgroups.model.explaining import Explaining
from modelgroups.types import AccuracyMetric, InputType, OutputType

__all__ = ["Finding"]


@checked_calls
class Finding(Explaining):
    """What is found out of inferences, and computed when it is asked for."""

    def find_hotspots(
        self,
        metric: str = "accuracy",
        threshold: float = 0.5,
        batch_id: str | None = None,
        date: str | Date | None = None,
        ref_set_id: str | int | None = None,
    ) -> dict[str, Any]:
        """Return where a tabular classifier is wrong: regions of its inputs and non-inputs.

        A decision tree, seven splits deep at most, divides the rows that have a ground truth so
        that right and wrong predictions fall apart. Its nodes are looked at from the top; one
        whose metric is below the threshold is a hotspot, and is not divided further.

        Parameters
        ----------
        metric
            An `AccuracyMetric`: ``"accuracy"``, ``"recall"``, ``"f1"`` or ``"precision"``; of
            several classes the last three are weighted by the size of the class.
        threshold
            The metric of a hotspot is below it.
        batch_id
            The batch to look at, of a model that takes batches.
        date
            A day or a moment; looked at is the week, from Monday in UTC, in which it lies. Only
            for a model that takes none.
        ref_set_id
            The number of the reference set to look at; only the current one can be.

        Returns
        -------
        dict
            ``data``, a list of hotspots, each shown as a line: ``rules`` by attribute (``gt``,
            ``lte``; ``eq`` or ``ne`` of categories), the four metrics, ``n_samples``,
            ``impurity`` (Gini), ``gt_to_info`` (of each true class how many rows there are, and
            what was predicted), ``feature`` and ``cutoff`` by which it could be divided.

        Raises
        ------
        UserError
            Not exactly one of `batch_id`, `date` and `ref_set_id` is given.
        MethodNotApplicableError
            The model is not saved, or no tabular classifier.
        NotFoundError
            There is no such reference set, or no row with a ground truth.
        UserTypeError
            `threshold` is no number, or `date` no day and no moment.
        MissingDependencyError
            scikit-learn is not installed.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> rows = {"age": [31] * 8 + [47] * 8, "p": [0.9] * 16, "y": [1] * 8 + [0] * 8}
        >>> with example_model() as model:
        ...     _ = model.send_inferences(rows, inference_timestamps=["2026-03-02T12:00:00Z"] * 16)
        ...     found = model.find_hotspots(date="2026-03-04")
        >>> found
        1 hotspot, in full in ["data"]:
          age > 39: n_samples 8, accuracy 0, precision 0, recall 0, f1 0
        >>> found["data"]
        [{'gt_to_info': {'0': {'count': 8, 'predicted': {'1': 8}}}, 'accuracy': 0.0,
          'precision': 0.0, 'recall': 0.0, 'f1': 0.0, 'n_samples': 8,
          'rules': {'age': {'gt': 39.0}}, 'impurity': 0.0, 'feature': None, 'cutoff': None}]
        """
        from modelgroups.analysis.hotspots import hotspots
        from modelgroups.analysis.judging import described, judged, wanted_columns
        from modelgroups.analysis.spots import Hotspots

        self._recipient("find_hotspots")
        given = {"batch_id": batch_id, "date": date, "ref_set_id": ref_set_id}
        chosen = [name for name, value in given.items() if value is not None]
        if len(chosen) != 1:
            raise UserError(
                f"exactly one of batch_id, date and ref_set_id must be given, got {len(chosen)}"
            )
        measure = require_member(AccuracyMetric, metric, "metric")
        if not isinstance(threshold, Real) or isinstance(threshold, bool):
            raise UserTypeError(f"threshold must be a number, got {threshold!r}")
        if self.input_type != InputType.Tabular or self.output_type != OutputType.Multiclass:
            raise MethodNotApplicableError(
                f"hot spots are those of tabular classifiers; this is a {self.input_type} model "
                f"with the output {self.output_type}"
            )
        columns = wanted_columns(self)
        if ref_set_id is not None:
            frame = self._of_reference_set(ref_set_id, columns)
        else:
            frame = self.inferences(columns, **self._stretch(batch_id, date))
        rows = judged(self, frame)
        if not len(rows.frame):
            raise NotFoundError(
                f"no row with {chosen[0]}={given[chosen[0]]!r} has a prediction and a ground truth"
            )
        return Hotspots(data=hotspots(rows, described(self), str(measure), float(threshold)))

    def _stretch(self, batch_id: str | None, date: str | Date | None) -> dict[str, Any]:
        """Return which inferences are asked for."""
        if batch_id is not None:
            if not self.is_batch:
                raise UserValueError("the model takes no batches; give a date")
            return {"batch_id": require_text(batch_id, "batch_id")}
        if self.is_batch:
            raise UserValueError("the model takes its inferences in batches; give a batch_id")
        return _week_of(date)

    def _of_reference_set(self, number: str | int, columns: list[str]) -> Any:
        from modelgroups.reference.reading import current_set

        to = self._recipient("find_hotspots")
        current = current_set(to.registry, to.model_id).sequence_num
        if str(number) != str(current):
            raise NotFoundError(
                f"ref_set_id={number!r} is not the current reference set, which is {current}"
            )
        held = self.reference_data()
        return held.reindex(columns=columns)


def _week_of(date: object) -> dict[str, str]:
    """Return the week of a day or a moment, from its Monday to the next, in UTC."""
    from datetime import UTC, timedelta

    from modelgroups.inferences.times import micros

    day: Date
    if isinstance(date, str):
        day = _day_of(date)
    elif isinstance(date, datetime):
        day = datetime.fromtimestamp(micros(date, UTC, "date") / 1e6, UTC).date()
    elif isinstance(date, Date):
        day = date
    else:
        raise UserTypeError(f"date must be a day or a time, got {type(date).__name__}")
    monday = day - timedelta(days=day.weekday())
    until = monday + timedelta(days=7)
    return {"since": f"{monday}T00:00:00Z", "until": f"{until}T00:00:00Z"}


def _day_of(text: str) -> Date:
    from datetime import UTC

    from modelgroups.inferences.times import micros

    try:
        return Date.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(micros(text, UTC, "date") / 1e6, UTC).date()
