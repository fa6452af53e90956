"""The part of `Model` that gives inferences back: reading, counting, deleting, compacting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from modelgroups.arguments import require_flag, require_names, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import (
    MissingParameterError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)
from modelgroups.model.enriching import Enriching

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from modelgroups.inferences.read import Selection
    from modelgroups.inferences.summary import LogSummary

__all__ = ["Logged"]


@checked_calls
class Logged(Enriching):
    """What a version in use has received."""

    def inferences(
        self,
        columns: Sequence[str] | None = None,
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        batch_id: str | Sequence[str] | None = None,
        with_ground_truth: bool = True,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return inferences as a frame, in the order of storing.

        Parameters
        ----------
        columns
            Names of attributes, or of partner_inference_id, inference_timestamp, batch_id,
            received_timestamp and ground_truth_timestamp; all attributes when not given.
        since, until
            Inferences from the first moment on and before the second, by inference_timestamp. A
            plain date is its midnight in UTC.
        batch_id
            A batch, or several.
        with_ground_truth
            Whether the ground truth that holds stands beside each inference.
        limit
            How many rows at most.

        Returns
        -------
        DataFrame
            A row for each inference, with a new index. Times are in UTC.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserValueError
            A column is unknown, or a time has no zone.
        SnapshotMissingError, SnapshotCorruptError
            A file of the log is gone or damaged.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, None]})
        ...     model.inferences(columns=["age", "p", "y"])
           age     p     y
        0   31  0.25     0
        1   47  0.75  <NA>
        """
        from modelgroups.inferences.show import frame_of

        return frame_of(
            self.inference_table(
                columns,
                since=since,
                until=until,
                batch_id=batch_id,
                with_ground_truth=with_ground_truth,
                limit=limit,
            )
        )

    def inference_table(
        self,
        columns: Sequence[str] | None = None,
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        batch_id: str | Sequence[str] | None = None,
        with_ground_truth: bool = True,
        limit: int | None = None,
    ) -> pa.Table:
        """Return inferences as an Arrow table, one row each.

        Parameters
        ----------
        columns, since, until, batch_id, with_ground_truth, limit
            As in `inferences`.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     model.inference_table(["age"]).num_rows
        2
        """
        import pyarrow as pa

        selection = self._selection(columns, since, until, batch_id, with_ground_truth, limit)
        return pa.concat_tables(self._tables("inference_table", selection))

    def inference_batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        batch_id: str | Sequence[str] | None = None,
        with_ground_truth: bool = True,
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over inferences as Arrow record batches, for a log larger than memory.

        The log is read as it was at the first of them.

        Parameters
        ----------
        columns, since, until, batch_id, with_ground_truth, limit
            As in `inferences`.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     sum(batch.num_rows for batch in model.inference_batches(["age"]))
        2
        """
        selection = self._selection(columns, since, until, batch_id, with_ground_truth, limit)
        tables = self._tables("inference_batches", selection)
        return (batch for table in tables for batch in table.to_batches())

    def inference(self, partner_inference_id: str) -> dict[str, Any]:
        """Return one inference with its ground truth, by name of the column.

        Parameters
        ----------
        partner_inference_id
            The id that the inference was sent with, or was given then.

        Raises
        ------
        NotFoundError
            The model has no inference with that id.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.inference("a")["age"]
        31
        """
        from modelgroups.inferences.read import read_one
        from modelgroups.inferences.show import rows_of

        to = self._recipient("inference")
        wanted = require_text(partner_inference_id, "partner_inference_id")
        found = rows_of(read_one(to.registry, to.model_id, to.layout, wanted))
        if not found:
            raise NotFoundError(
                f"the model {to.model_id} has no inference with the partner_inference_id {wanted!r}"
            )
        return found[0]

    def batches(self) -> pd.DataFrame:
        """Return the batches of inferences, in the order in which they began.

        Returns
        -------
        DataFrame
            batch_id, n_inferences, first_timestamp and last_timestamp of their inferences,
            created_at, closed_at (NaT while open), and n_declared, the count given at closing.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model(is_batch=True) as model:
        ...     _ = model.send_inferences({"age": [31], "p": [0.25], "batch_id": ["monday"]})
        ...     model.batches()[["batch_id", "n_inferences"]].values.tolist()
        [['monday', 1]]
        """
        import pandas as pd

        from modelgroups.drawing.frames import fitting
        from modelgroups.inferences.summary import batch_records

        records = batch_records(self._registry, self._require_saved("batches"))
        frame = pd.DataFrame(
            [record._asdict() for record in records],
            columns=list(records[0]._fields if records else _BATCH_COLUMNS),
        )
        for name in ("from_time", "to_time", "created_at", "closed_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
        frame["n_declared"] = frame["n_declared"].astype("Int64")
        frame = frame.rename(
            columns={
                "n_rows": "n_inferences",
                "from_time": "first_timestamp",
                "to_time": "last_timestamp",
            }
        )
        return fitting(frame, "batch_id", "n_inferences", "first_timestamp", "last_timestamp")

    def summary(
        self,
        *,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        attributes: bool = True,
    ) -> LogSummary:
        """Return what the log holds: how much, from when, and of what quality its values are.

        Of each attribute it says how many values are missing, which are categories that the
        schema does not list, and how many lie outside its range. Categories and range are those
        of the reference data that the schema was built from, unless they were edited. The log is
        read once, in parts.

        Parameters
        ----------
        since, until
            Inferences from the first moment on and before the second, by inference_timestamp. A
            plain date is its midnight in UTC.
            Waiting ground truths, batches and files are counted for the whole log.
        attributes
            Whether to look at the attributes; without them, and without bounds, no file is read.

        Returns
        -------
        LogSummary
            It prints as a table; ``to_frame()`` has a row for each attribute.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserValueError
            A time has no zone.
        SnapshotMissingError, SnapshotCorruptError
            A file of the log is gone or damaged.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences(
        ...         {"age": [31, 99, None], "p": [0.25, 0.5, 0.75], "y": [0, None, None]},
        ...         inference_timestamps=["2026-03-01T09:00:00Z"] * 3)
        ...     model.summary()
        inferences: 3, from 2026-03-01T09:00:00Z to 2026-03-01T09:00:00Z
        ground truths: 1
        files: 0 (0 bytes)
        <BLANKLINE>
        attribute  stage               type         nulls  new categories  out of range
        age        PIPELINE_INPUT      INTEGER  1 (33.3%)  99 in 1 row
        p          PREDICTED_VALUE     FLOAT            0                             0
        y          GROUND_TRUTH_CLASS  INTEGER  2 (66.7%)  0
        """
        from modelgroups.inferences.summary import count, summarize

        to = self._recipient("summary")
        bounds = self._selection(None, since, until, None, False, None)
        looks = require_flag(attributes, "attributes")
        if not looks and bounds.since is None and bounds.until is None:
            return count(to.registry, to.model_id)
        return summarize(to, since=bounds.since, until=bounds.until, attributes=looks)

    def await_inferences(
        self, min_count: int = 1, with_ground_truth: bool = True, timeout_min: float = 5
    ) -> None:
        """Return once there are so many inferences, which another process may send.

        Parameters
        ----------
        min_count
            How many.
        with_ground_truth
            Count those that have a ground truth.
        timeout_min
            How many minutes to wait.

        Raises
        ------
        TimeoutError
            There were too few in time.
        MethodNotApplicableError
            The model is not saved.
        UserTypeError
            A parameter is of another type.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75], "y": [0, 1]})
        ...     model.await_inferences(2, timeout_min=0.1)
        """
        from modelgroups.inferences.summary import wait_for

        self._require_saved("await_inferences")
        wanted = require_whole(min_count, "min_count")
        if isinstance(timeout_min, bool) or not isinstance(timeout_min, int | float):
            raise UserTypeError(f"timeout_min must be a number of minutes, got {timeout_min!r}")
        truth = require_flag(with_ground_truth, "with_ground_truth")
        what = "inferences with a ground truth" if truth else "inferences"

        def count() -> int:
            found = self.summary(attributes=False)
            return found.n_ground_truths if truth else found.n_inferences

        wait_for(count, wanted, seconds=60 * timeout_min, what=what)

    def delete_inferences(
        self,
        partner_inference_ids: Sequence[str] | None = None,
        *,
        before: datetime | date | str | None = None,
    ) -> dict[str, int]:
        """Delete inferences with all that belongs to them: gone from every answer at once.

        Their ground truths and their enrichments go with them.

        From the disk they are gone after `compact`. How many were deleted, by which rule and
        when stays on record (`deletions`); their values do not.

        Parameters
        ----------
        partner_inference_ids
            Which; unknown ids are passed over.
        before
            All of an inference_timestamp before this moment.

        Returns
        -------
        dict
            How many ``inferences`` and how many rows of ``ground_truths`` were deleted.

        Raises
        ------
        MissingParameterError, UserValueError
            Neither or both are given, or the time has no zone.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.delete_inferences(["a", "b"])
        {'inferences': 1, 'ground_truths': 0}
        """
        from modelgroups.inferences.delete import delete_before, delete_ids
        from modelgroups.inferences.times import bound

        to = self._recipient("delete_inferences")
        if partner_inference_ids is None and before is None:
            raise MissingParameterError("delete_inferences() needs partner_inference_ids or before")
        if partner_inference_ids is not None and before is not None:
            raise UserValueError("delete_inferences() takes partner_inference_ids or before")
        if partner_inference_ids is not None:
            ids = require_names(partner_inference_ids, "partner_inference_ids")
            inferences, truths = delete_ids(to.registry, to.model_id, to.layout, ids)
        else:
            moment = bound(before, "before")
            inferences, truths = delete_before(to.registry, to.model_id, to.layout, moment)
        return {"inferences": inferences, "ground_truths": truths}

    def deletions(self) -> pd.DataFrame:
        """Return what was deleted: at, rule, n_inferences, n_ground_truths; oldest first.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     _ = model.delete_inferences(["a"])
        ...     model.deletions()["n_inferences"].tolist()
        [1]
        """
        from modelgroups.lifecycle.audit import deletions_frame

        return deletions_frame(self._registry, self._require_saved("deletions"))

    def compact(self) -> LogSummary:
        """Bring the log into few files, without what was deleted.

        It happens by itself in the background of later calls; this does all of it at once.

        Returns
        -------
        LogSummary
            What `summary` returns, without the attributes.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        ReadOnlyError
            The registry is open read-only.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     _ = model.send_inferences({"age": [31, 47], "p": [0.25, 0.75]})
        ...     model.compact().n_inferences
        2
        """
        from modelgroups.inferences.compact import compact

        compact(self._recipient("compact"))
        return self.summary(attributes=False)

    def _tables(self, method: str, selection: Selection) -> Iterator[pa.Table]:
        from modelgroups.inferences.read import read_tables

        to = self._recipient(method)
        return read_tables(to.registry, to.model_id, to.layout, selection, is_batch=to.is_batch)

    def _selection(
        self,
        columns: Sequence[str] | None,
        since: datetime | date | str | None,
        until: datetime | date | str | None,
        batch_id: str | Sequence[str] | None,
        with_ground_truth: bool,
        limit: int | None,
    ) -> Selection:
        from modelgroups.inferences.read import Selection
        from modelgroups.inferences.times import bounds
        from modelgroups.reference.reading import wanted_columns

        if isinstance(batch_id, str):
            batch_id = [batch_id]
        most = None if limit is None else require_whole(limit, "limit")
        if most is not None and most < 0:
            raise UserValueError(f"limit must be 0 or more, got {most}")
        first, end = bounds(since, until)
        return Selection(
            columns=wanted_columns(columns),
            since=first,
            until=end,
            batch_ids=None if batch_id is None else require_names(batch_id, "batch_id"),
            with_ground_truth=require_flag(with_ground_truth, "with_ground_truth"),
            limit=most,
        )


_BATCH_COLUMNS = (
    "batch_id",
    "n_rows",
    "from_time",
    "to_time",
    "created_at",
    "closed_at",
    "n_declared",
)
