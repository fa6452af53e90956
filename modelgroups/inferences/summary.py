"""What a log holds, in numbers: how much, from when, and of what quality."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from modelgroups.catalog import batches, logs, parcels, segments
from modelgroups.catalog.records import BatchRecord, Segment
from modelgroups.drawing.texts import number_of_things
from modelgroups.errors import MethodNotApplicableError
from modelgroups.inferences.layout import INFERENCE_TIME, TRUTH_TIME, Kind, time_column
from modelgroups.inferences.records import load_records
from modelgroups.inferences.times import as_text
from modelgroups.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from modelgroups.inferences.quality import AttributeQuality
    from modelgroups.inferences.recipient import Recipient
    from modelgroups.registry import Registry

__all__ = ["LogSummary", "batch_records", "count", "summarize", "wait_for"]

_MOST_SHOWN: Final = 3
"""So many new categories of an attribute are shown."""

_HEADING: Final = ("attribute", "stage", "type", "nulls", "new categories", "out of range")
_IS_NUMBER: Final = (False, False, False, True, False, True)


@dataclass(frozen=True, slots=True, repr=False)
class LogSummary:
    """What the inference log of a version holds.

    Parameters
    ----------
    n_inferences
        Inferences, without those that were deleted.
    n_ground_truths
        Inferences that have a ground truth.
    n_waiting
        Ids with a ground truth whose inference has not come yet.
    first_timestamp, last_timestamp
        The least and the greatest inference_timestamp, ISO 8601 in UTC; None without inferences.
    n_batches
        Batches.
    n_segments, size
        Files of the log, and their bytes.
    n_rows_in_catalog
        Rows that are not in a file yet.
    attributes
        For each attribute its nulls, its new categories and what is out of range; None where
        only the counts were asked for.

    Examples
    --------
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, None]})
    ...     found = model.summary()
    >>> found.n_inferences, found.n_ground_truths, [each.name for each in found.attributes]
    (2, 1, ['age', 'p', 'y'])
    """

    n_inferences: int = 0
    n_ground_truths: int = 0
    n_waiting: int = 0
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    n_batches: int = 0
    n_segments: int = 0
    size: int = 0
    n_rows_in_catalog: int = 0
    attributes: tuple[AttributeQuality, ...] | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the quality of the attributes, a row for each, by name.

        Returns
        -------
        DataFrame
            ``stage`` and ``value_type``; ``nulls`` and ``null_rate``; ``new_category``, the number
            of inferences with a category that the schema lacks, and ``new_categories``, a dict of
            these with their counts; ``out_of_range``. What an attribute has no categories or no
            range for is null.

        Raises
        ------
        MethodNotApplicableError
            Only the counts were asked for.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 99, None], "p": [0.25, 0.5, 0.75]})
        ...     found = model.summary().to_frame()
        >>> found[["nulls", "new_category", "new_categories"]]
                   nulls  new_category new_categories
        attribute
        age            1             1       {99: 1}
        p              0          <NA>             {}
        y              3             0             {}
        """
        import pandas as pd

        from modelgroups.drawing.frames import fitting

        if self.attributes is None:
            raise MethodNotApplicableError(
                "this summary holds counts only; summary() looks at the attributes too"
            )
        found = self.attributes
        counts = pd.Int64Dtype()
        columns = {
            "stage": [each.stage for each in found],
            "value_type": [each.value_type for each in found],
            "nulls": pd.array([each.n_nulls for each in found], "int64"),
            "null_rate": pd.array([each.null_rate for each in found], "float64"),
            "new_category": pd.array([each.n_new_category for each in found], counts),
            "new_categories": pd.Series([each.new_categories for each in found], dtype=object),
            "out_of_range": pd.array([each.n_out_of_range for each in found], counts),
        }
        index = pd.Index([each.name for each in found], name="attribute")
        frame = pd.DataFrame(columns).set_axis(index)
        return fitting(frame, "nulls", "new_category", "out_of_range", "new_categories")

    def __repr__(self) -> str:
        lines = [f"{name}: {value}" for name, value in self._counted()]
        if self.attributes:
            lines += ["", *_aligned([_HEADING, *map(_cells, self.attributes)])]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        counted = "".join(
            f"<tr>{_html('th', name)}{_html('td', value)}</tr>" for name, value in self._counted()
        )
        tables = f"<table>{counted}</table>"
        if self.attributes:
            heading = "".join(_html("th", cell) for cell in _HEADING)
            rows = "".join(
                f"<tr>{''.join(_html('td', cell) for cell in _cells(each))}</tr>"
                for each in self.attributes
            )
            tables += f"<table><tr>{heading}</tr>{rows}</table>"
        return tables

    def _counted(self) -> list[tuple[str, str]]:
        inferences, truths = f"{self.n_inferences:,}", f"{self.n_ground_truths:,}"
        if self.first_timestamp:
            first, last = map(_short, (self.first_timestamp, self.last_timestamp))
            inferences += f", from {first} to {last}"
        if self.n_waiting:
            truths += f", {self.n_waiting:,} waiting"
        lines = [("inferences", inferences), ("ground truths", truths)]
        if self.n_batches:
            lines.append(("batches", f"{self.n_batches:,}"))
        return [*lines, ("files", f"{self.n_segments:,} ({self.size:,} bytes)")]


def _short(time: str | None) -> str:
    return str(time).replace("+00:00", "Z").replace(".000000", "")


def _cells(found: AttributeQuality) -> tuple[str, ...]:
    """Return what is shown of an attribute; nothing where nothing is compared."""
    nulls = f"{found.n_nulls:,}"
    if found.n_nulls:
        nulls += f" ({found.null_rate:.1%})"
    outside = "" if found.n_out_of_range is None else f"{found.n_out_of_range:,}"
    return found.name, found.stage, found.value_type, nulls, _new_text(found), outside


def _new_text(found: AttributeQuality) -> str:
    """Return in how many rows new categories are, and which: a number is not taken for another.

    >>> from modelgroups.inferences.quality import AttributeQuality
    >>> _new_text(AttributeQuality("sex", "PIPELINE_INPUT", "INTEGER", 8, 0, 3, {6: 2, 9: 1}, None))
    '3 rows: 6 in 2, 9 in 1'
    """
    if not found.n_new_category:
        return "" if found.n_new_category is None else "0"
    named = [*found.new_categories.items()]
    rows = number_of_things(found.n_new_category, "row")
    if len(named) == 1:
        return f"{named[0][0]!r} in {rows}"
    shown = [f"{value!r} in {n:,}" for value, n in named[:_MOST_SHOWN]]
    more = ["…"] if len(named) > _MOST_SHOWN else []
    return f"{rows}: {', '.join([*shown, *more])}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    places = list(zip(widths, _IS_NUMBER, strict=True))
    return [
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, (width, is_number) in zip(row, places, strict=True)
        ).rstrip()
        for row in rows
    ]


def _html(tag: str, text: str) -> str:
    return f"<{tag} style='text-align:left'>{html.escape(text)}</{tag}>"


def summarize(
    to: Recipient,
    *,
    since: int | None = None,
    until: int | None = None,
    attributes: bool = True,
) -> LogSummary:
    """Return what the log of a model holds, and the quality of its attributes, in one pass.

    Parameters
    ----------
    to
        The model.
    since, until
        Bounds of the inference_timestamp, in microseconds: from the first, before the second.
        Waiting ground truths, batches and files are those of the whole log.
    attributes
        Whether to look at the attributes.

    Raises
    ------
    SnapshotMissingError, SnapshotCorruptError
        A file of the log is gone or damaged.
    """
    import pyarrow.compute as pc

    from modelgroups.inferences.quality import Tally
    from modelgroups.inferences.read import Selection, read_tables
    from modelgroups.inferences.view import open_view

    counts = count(to.registry, to.model_id)
    held = to.layout.inference_attributes | to.layout.truth_attributes
    names = [name for name, one in held.items() if attributes and not one.implicit]
    tally = Tally(to.layout, names)
    times = [TRUTH_TIME] if to.layout.truth_attributes else []
    selection = Selection([INFERENCE_TIME, *times, *names], since=since, until=until)
    bounds: list[str] = []
    with (
        open_view(to.registry, to.model_id, to.layout) as view,
        progress("Summing up the log", total=counts.n_inferences) as advance,
    ):
        for table in read_tables(
            to.registry, to.model_id, to.layout, selection, is_batch=to.is_batch, view=view
        ):
            tally.add(table)
            ends = pc.min_max(table[INFERENCE_TIME].cast("int64")).as_py()
            bounds += [as_text(end) for end in ends.values() if end is not None]
            advance(len(table))
    return replace(
        counts,
        n_inferences=tally.n_rows,
        n_ground_truths=tally.n_ground_truths,
        n_waiting=view.n_waiting,  # of the moment of the rows, so that both add up
        first_timestamp=min(bounds, default=None),
        last_timestamp=max(bounds, default=None),
        attributes=tally.found() if attributes else None,
    )


def count(registry: Registry, model_id: str) -> LogSummary:
    """Return how much the log of a model holds, without reading its files."""
    with registry.catalog.read() as session:
        log = logs.find(session, model_id)
        if log is None:
            return LogSummary()
        found = segments.live(session, log.serial)
        waiting = {kind: parcels.live(session, log.serial, kind) for kind in Kind}
        n_batches = len(batches.live(session, log.serial))
    of_inferences = [segment for segment in found if segment.kind == Kind.INFERENCE]
    times = [*_bounds(of_inferences), *_times(waiting[Kind.INFERENCE])]
    n_parcel_rows = {kind: sum(parcel.n_rows for parcel in waiting[kind]) for kind in Kind}
    n_in_files = sum(segment.n_rows - segment.n_deleted for segment in of_inferences)
    return LogSummary(
        n_inferences=n_in_files + n_parcel_rows[Kind.INFERENCE],
        n_ground_truths=log.n_truths - log.n_waiting,
        n_waiting=log.n_waiting,
        first_timestamp=min(times, default=None),
        last_timestamp=max(times, default=None),
        n_batches=n_batches,
        n_segments=len(found),
        size=sum(segment.size for segment in found),
        n_rows_in_catalog=sum(n_parcel_rows.values()),
    )


def _bounds(found: list[Segment]) -> list[str]:
    return [time for segment in found for time in (segment.from_time, segment.to_time)]


def _times(waiting: list[Any]) -> list[str]:
    name = time_column(Kind.INFERENCE)
    return [as_text(row[name]) for parcel in waiting for row in load_records(parcel.rows)]


def batch_records(registry: Registry, model_id: str) -> list[BatchRecord]:
    """Return the batches of a log, in the order in which they began."""
    with registry.catalog.read() as session:
        log = logs.find(session, model_id)
        return [] if log is None else batches.live(session, log.serial)


def wait_for(count: Callable[[], int], wanted: int, *, seconds: float, what: str) -> None:
    """Return once there are enough rows, which another process may send.

    Raises
    ------
    TimeoutError
        There were too few when the time was over.
    """
    deadline = time.monotonic() + seconds
    pause = 0.01
    while (found := count()) < wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(
                f"waited {seconds:g} s for {wanted:,} {what}, and there are {found:,}"
            )
        time.sleep(min(pause, left))
        pause = min(2 * pause, 1.0)
