"""What a log holds, in numbers, without reading its files."""

from __future__ import annotations

import html
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from modelgroups.catalog import batches, logs, parcels, segments
from modelgroups.catalog.records import BatchRecord, Segment
from modelgroups.inferences.layout import Kind, time_column
from modelgroups.inferences.records import load_records
from modelgroups.inferences.times import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelgroups.registry import Registry

__all__ = ["LogSummary", "batch_records", "summarize", "wait_for"]


@dataclass(frozen=True, slots=True)
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

    def __str__(self) -> str:
        waiting = f", {self.n_waiting:,} waiting" if self.n_waiting else ""
        lines = [f"inferences: {self.n_inferences:,}"]
        if self.first_timestamp:
            lines[0] += f", from {self.first_timestamp} to {self.last_timestamp}"
        lines.append(f"ground truths: {self.n_ground_truths:,}{waiting}")
        if self.n_batches:
            lines.append(f"batches: {self.n_batches:,}")
        lines.append(f"files: {self.n_segments:,} ({self.size:,} bytes)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:right'>{html.escape(str(value))}</td></tr>"
            for name, value in asdict(self).items()
            if value is not None
        )
        return f"<table>{cells}</table>"


def summarize(registry: Registry, model_id: str) -> LogSummary:
    """Return what the log of a model holds."""
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
