"""The part of `Model` that takes in inferences and ground truths by the million, and in batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from modelgroups.arguments import require_flag, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.model.sending import Answer, Sending, tell_once

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BulkSending"]


@checked_calls
class BulkSending(Sending):
    """What a version in use receives at once."""

    def send_bulk_inferences(
        self,
        batch_id: str | None = None,
        directory_path: str | os.PathLike[str] | None = None,
        data: Any = None,
        files: Sequence[str | os.PathLike[str] | IO[bytes]] | None = None,
        complete_batch: bool = True,
        ignore_join_errors: bool = False,
        wait_for_enrichments: bool = False,
    ) -> tuple[Answer, Answer | None]:
        """Store inferences by the million, in memory that does not grow with their number.

        All that one call brings is stored in one step: if a file cannot be read, nothing is. Of
        inputs and predictions that are missing in all rows it is warned, once for the call.

        Parameters
        ----------
        batch_id
            The batch of all rows.
        directory_path
            A folder; every ``.parquet`` and ``.json`` file in it and below is taken in.
        data
            A frame, an Arrow table, or anything that streams Arrow batches.
        files
            Paths, or open binary files.
        complete_batch
            Close the batches, where no row failed.
        ignore_join_errors
            Generate ids for inferences without one, although no ground truth can follow.
        wait_for_enrichments
            Accepted for the SDK's sake.

        Returns
        -------
        tuple
            ``counts`` with the ``failures`` of each file: row, status and message of up to a
            thousand rows that were left out; and the result of closing the batches, or None.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        MissingParameterError
            No source is given.
        UserValueError, UserTypeError
            Several sources are given, there are no rows, ids are missing, times lack a zone, or a
            file cannot be read.
        BadRequestError
            A column is not an attribute of the model.

        Examples
        --------
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> frame = pd.DataFrame({"age": [31, 47], "p": [0.25, 0.75]})
        >>> with example_model() as model:
        ...     model.send_bulk_inferences(data=frame, ignore_join_errors=True)
        (<2 rows: 2 stored, 0 failed; a dict of 'counts', 'failures'>, None)
        """
        from modelgroups.inferences.bulk import send_bulk, source_of

        require_flag(wait_for_enrichments, "wait_for_enrichments")
        return send_bulk(
            self._recipient("send_bulk_inferences"),
            source_of(directory_path, data, files, "send_bulk_inferences"),
            batch_id=None if batch_id is None else str(batch_id),
            complete_batch=require_flag(complete_batch, "complete_batch"),
            ignore_join_errors=require_flag(ignore_join_errors, "ignore_join_errors"),
        )

    def send_bulk_ground_truths(
        self,
        directory_path: str | os.PathLike[str] | None = None,
        data: Any = None,
        files: Sequence[str | os.PathLike[str] | IO[bytes]] | None = None,
    ) -> Answer:
        """Store ground truths by the million; each row must have a partner_inference_id.

        Parameters
        ----------
        directory_path, data, files
            As for `send_bulk_inferences`.

        Returns
        -------
        dict
            ``counts`` with the ``failures`` of each file.

        Raises
        ------
        MethodNotApplicableError, MissingParameterError, UserValueError, UserTypeError,
        BadRequestError
            As for `send_bulk_inferences`.

        Examples
        --------
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> truths = pd.DataFrame({"partner_inference_id": ["a", "b"], "y": [1, 0]})
        >>> with example_model() as model:
        ...     rows = {"age": [31, 47], "p": [0.25, 0.75]}
        ...     _ = model.send_inferences(rows, partner_inference_ids=["a", "b"])
        ...     model.send_bulk_ground_truths(data=truths)["counts"]
        {'success': 2, 'failure': 0, 'total': 2}
        """
        from modelgroups.inferences.bulk import send_bulk, source_of

        to = self._recipient("send_bulk_ground_truths")
        sources = source_of(directory_path, data, files, "send_bulk_ground_truths")
        return send_bulk(to, sources, truths_only=True)[0]

    def send_batch_inferences(
        self,
        batch_id: str | None,
        directory_path: str | os.PathLike[str] | None = None,
        data: pd.DataFrame | pd.Series[Any] | None = None,
        complete_batch: bool = True,
    ) -> tuple[Answer, Answer | None]:
        """Return what `send_bulk_inferences` returns, of which it is the old name.

        Parameters
        ----------
        batch_id, directory_path, data, complete_batch
            As of `send_bulk_inferences`.

        Examples
        --------
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> rows = {"partner_inference_id": ["a", "b"], "age": [31, 47], "p": [0.25, 0.75]}
        >>> frame = pd.DataFrame(rows)
        >>> with example_model(is_batch=True) as model:
        ...     sent, closed = model.send_batch_inferences("may", data=frame)
        >>> sent["counts"]
        {'success': 2, 'failure': 0, 'total': 2}
        """
        tell_once("send_batch_inferences() is deprecated; use send_bulk_inferences()")
        return self.send_bulk_inferences(batch_id, directory_path, data, None, complete_batch)

    def send_batch_ground_truths(
        self,
        directory_path: str | os.PathLike[str] | None = None,
        data: pd.DataFrame | pd.Series[Any] | None = None,
    ) -> Answer:
        """Return what `send_bulk_ground_truths` returns, of which it is the old name.

        Parameters
        ----------
        directory_path, data
            As of `send_bulk_ground_truths`.

        Examples
        --------
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> truths = pd.DataFrame({"partner_inference_id": ["a"], "y": [1]})
        >>> with example_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.send_batch_ground_truths(data=truths)["counts"]
        {'success': 1, 'failure': 0, 'total': 1}
        """
        tell_once("send_batch_ground_truths() is deprecated; use send_bulk_ground_truths()")
        return self.send_bulk_ground_truths(directory_path, data)

    def close_batch(self, batch_id: str, num_inferences: int | None = None) -> Answer:
        """Close a batch: it takes no new inferences from then on.

        Parameters
        ----------
        batch_id
            The batch.
        num_inferences
            How many its sender has sent; if the log has more or fewer, that is logged.

        Returns
        -------
        dict
            ``{"dataset_close_result": {"message": "success"}}``.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        NotFoundError
            It has no such batch.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model(is_batch=True) as model:
        ...     rows = {"partner_inference_id": ["a", "b"], "age": [31, 47], "p": [0.25, 0.75]}
        ...     _ = model.send_inferences(rows, batch_id="may", complete_batch=False)
        ...     _ = model.close_batch("may", num_inferences=2)
        ...     model.batches()["closed_at"].notna().tolist()
        [True]
        """
        from modelgroups.inferences.batch import close_batch

        model_id = self._require_saved("close_batch")
        declared = None if num_inferences is None else require_whole(num_inferences, "num")
        close_batch(self._registry, model_id, require_text(batch_id, "batch_id"), declared)
        return {"dataset_close_result": {"message": "success"}}

    def convert_dataframe(
        self, df: pd.DataFrame, is_ref_data: bool, max_rows_per_file: int = 500_000
    ) -> str:
        """Write a frame as files that bulk calls take in; the caller removes them.

        Models with time series or ranked lists get JSON, its rows nested; all others Parquet.

        Parameters
        ----------
        df
            Inferences, ground truths, or reference data.
        is_ref_data
            Whether it is reference data.
        max_rows_per_file
            How many rows a file has at most.

        Returns
        -------
        str
            The path of a new folder, with files named after the model's id and their number.

        Raises
        ------
        UserTypeError
            `df` is not a DataFrame, or holds values that JSON cannot have.
        UserValueError
            A column is unknown, a time has no zone, or the values of a column do not go into one
            type.

        Examples
        --------
        >>> import shutil
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> from modelgroups.testing import example_model
        >>> rows = {"partner_inference_id": ["a", "b"], "age": [31, 47], "p": [0.25, 0.75]}
        >>> frame = pd.DataFrame(rows)
        >>> with example_model(is_batch=True) as model:
        ...     folder = model.convert_dataframe(frame, is_ref_data=False)
        ...     sent, closed = model.send_bulk_inferences("may", directory_path=folder)
        >>> sent["counts"], len(list(Path(folder).glob("*.parquet")))
        ({'success': 2, 'failure': 0, 'total': 2}, 1)
        >>> shutil.rmtree(folder)
        """
        import pandas as pd

        from modelgroups.inferences.convert import convert_frame, wants_json

        if not isinstance(df, pd.DataFrame):
            raise UserTypeError(f"df must be a DataFrame, got {type(df).__name__}")
        most = require_whole(max_rows_per_file, "max_rows_per_file")
        if most < 1:
            raise UserValueError(f"max_rows_per_file must be at least 1, got {most}")
        folder = convert_frame(
            df,
            self.attributes or [],
            stem=self.id or "",
            as_json=wants_json(self.input_type, self.output_type),
            is_reference=require_flag(is_ref_data, "is_ref_data"),
            rows_per_file=most,
        )
        return str(folder)
