"""The part of `Model` that takes in inferences and ground truths."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from modelgroups.arguments import require_flag, require_text, require_whole
from modelgroups.calls import checked_calls
from modelgroups.errors import UserTypeError, UserValueError
from modelgroups.model.storing import Storing

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.inferences.recipient import Recipient

__all__ = ["Sending", "kept"]

logger = logging.getLogger("modelgroups")

Answer = dict[str, Any]
R = TypeVar("R")
_told: set[str] = set()


@checked_calls
class Sending(Storing):
    """What a version in use receives."""

    def send_inferences(
        self,
        inferences: Any,
        predictions: Any = None,
        inference_timestamps: Sequence[datetime | str] | None = None,
        ground_truths: Any = None,
        ground_truth_timestamps: Sequence[datetime | str] | None = None,
        tz: tzinfo | str | None = None,
        partner_inference_ids: Sequence[str] | None = None,
        batch_id: str | Sequence[str] | None = None,
        fail_silently: bool = False,
        complete_batch: bool = True,
        wait_for_enrichments: bool = False,
    ) -> Answer:
        """Store what the model predicted; durable when this returns.

        A partner_inference_id stands for one inference: sending it again with the same content
        succeeds and stores nothing, with another content that row fails with status 409. So a
        call that broke off can simply be repeated, if it gives ids.

        Parameters
        ----------
        inferences
            A DataFrame, a list of dicts, a dict of lists, or an Arrow table (anything with the
            Arrow C stream, such as a polars frame). A row is flat, or has the keys
            ``inference_data`` and ``ground_truth_data``. Beside attributes it may have
            inference_timestamp, ground_truth_timestamp, partner_inference_id and batch_id.
        predictions, ground_truths
            Given apart: a table in any of these shapes, the values where there is one attribute,
            or vectors as long as there are predicted attributes. They go over what the rows say.
        inference_timestamps, ground_truth_timestamps
            Datetimes or ISO 8601 texts, one for each row. Where there is none it is now.
        tz
            The zone, or its name, of times without one.
        partner_inference_ids
            The sender's ids, one for each row; where there is none it is generated.
        batch_id
            The batch of all rows, or one for each.
        fail_silently
            Return although rows failed; else that raises, after the others were stored.
        complete_batch
            Close the batches, where all rows were stored.
        wait_for_enrichments
            Accepted for the SDK's sake; nothing is computed afterwards.

        Returns
        -------
        dict
            ``counts`` of success, failure and total, and ``results``: for each row its
            message, status and partner_inference_id. Image models have ``failures`` instead.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserValueError, UserTypeError
            The shape, a name, a time or a length is wrong; nothing is stored.
        ResponseClientError
            Rows failed; its `results` are theirs, and the other rows are stored.
        ConflictError
            The model is archived.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     model.send_inferences([{"age": 31}], predictions=[0.25],
        ...                           partner_inference_ids=["a"])
        {'counts': {'success': 1, 'failure': 0, 'total': 1},
         'results': [{'message': 'success', 'status': 200, 'partner_inference_id': 'a'}]}
        """
        from modelgroups.inferences.send import send_inferences
        from modelgroups.inferences.times import as_zone

        require_flag(wait_for_enrichments, "wait_for_enrichments")
        options: dict[str, Any] = {
            "predictions": kept(predictions),
            "inference_timestamps": inference_timestamps,
            "ground_truths": kept(ground_truths),
            "ground_truth_timestamps": ground_truth_timestamps,
            "tz": as_zone(tz),
            "partner_inference_ids": partner_inference_ids,
            "batch_id": batch_id,
            "fail_silently": require_flag(fail_silently, "fail_silently"),
            "complete_batch": require_flag(complete_batch, "complete_batch"),
        }
        return self._send("send_inferences", lambda to: send_inferences(to, inferences, **options))

    def send_inference(
        self,
        inference_timestamp: datetime | str,
        partner_inference_id: str = "",
        model_pipeline_input: dict[str, Any] | None = None,
        non_input_data: dict[str, Any] | None = None,
        predicted_value: dict[str, Any] | None = None,
        ground_truth: dict[str, Any] | None = None,
    ) -> Answer:
        """Store one inference.

        Parameters
        ----------
        inference_timestamp
            When it was made; with a ground truth, when that became known too.
        partner_inference_id
            The sender's id; generated where it is empty.
        model_pipeline_input, non_input_data, predicted_value, ground_truth
            Values by name of the attribute.

        Returns
        -------
        dict
            As `send_inferences`.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     answer = model.send_inference("2026-01-31T12:00:00Z", "a", {"age": 31},
        ...                                   predicted_value={"p": 0.25})
        >>> answer["counts"]
        {'success': 1, 'failure': 0, 'total': 1}
        """
        _tell_once("send_inference() is deprecated by the SDK; send_inferences() takes any number")
        data = (model_pipeline_input or {}) | (predicted_value or {}) | (non_input_data or {})
        row: dict[str, Any] = {
            "inference_timestamp": inference_timestamp,
            "partner_inference_id": partner_inference_id,
            "inference_data": data,
        }
        if ground_truth:
            row |= {
                "ground_truth_timestamp": inference_timestamp,
                "ground_truth_data": ground_truth,
            }
        return self.send_inferences([row])

    def update_inference_ground_truths(
        self,
        ground_truths: Any,
        partner_inference_ids: Sequence[str] | None = None,
        ground_truth_timestamps: Sequence[datetime | str] | None = None,
        tz: tzinfo | str | None = None,
        fail_silently: bool = False,
    ) -> Answer:
        """Store what really happened, for inferences that were sent or will be.

        For each attribute the value of the latest ground_truth_timestamp holds, then the one
        received last; what was sent before stays on record. A ground truth whose inference is not
        known is kept until it arrives.

        Parameters
        ----------
        ground_truths
            A table in any shape that `send_inferences` takes, or the values alone where there is
            one ground truth attribute. A null says nothing.
        partner_inference_ids
            Which inferences they belong to, unless the rows say so.
        ground_truth_timestamps, tz, fail_silently
            As for `send_inferences`.

        Returns
        -------
        dict
            ``counts`` and ``results`` as of `send_inferences`; and a ``message`` where ground
            truths wait for their inferences.

        Raises
        ------
        MethodNotApplicableError
            The model is not saved.
        UserValueError, UserTypeError
            A row has no id, or the shape, a name, a time or a length is wrong; nothing is stored.
        ResponseClientError
            Rows failed; the others are stored.

        Examples
        --------
        >>> from modelgroups.testing import saved_model
        >>> with saved_model() as model:
        ...     _ = model.send_inferences([{"age": 31, "p": 0.25, "partner_inference_id": "a"}])
        ...     model.update_inference_ground_truths([1, 0], ["a", "b"])["message"]
        '1 ground truth is kept until its inference arrives'
        """
        from modelgroups.inferences.send import send_ground_truths
        from modelgroups.inferences.times import as_zone

        options: dict[str, Any] = {
            "partner_inference_ids": partner_inference_ids,
            "ground_truth_timestamps": ground_truth_timestamps,
            "tz": as_zone(tz),
            "fail_silently": require_flag(fail_silently, "fail_silently"),
        }
        rows = kept(ground_truths)
        method = "update_inference_ground_truths"
        return self._send(method, lambda to: send_ground_truths(to, rows, **options))

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

        All that one call brings is stored in one step: if a file cannot be read, nothing is.

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
        >>> from modelgroups.testing import saved_model
        >>> frame = pd.DataFrame({"age": [31, 47], "p": [0.25, 0.75]})
        >>> with saved_model() as model:
        ...     model.send_bulk_inferences(data=frame, ignore_join_errors=True)
        ({'counts': {'success': 2, 'failure': 0, 'total': 2}, 'failures': [[]]}, None)
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
        """
        _tell_once("send_batch_inferences() is deprecated; use send_bulk_inferences()")
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
        """
        _tell_once("send_batch_ground_truths() is deprecated; use send_bulk_ground_truths()")
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
        """
        from modelgroups.inferences.batch import close_batch

        model_id = self._require_saved("close_batch")
        declared = None if num_inferences is None else require_whole(num_inferences, "num")
        close_batch(self._registry, model_id, require_text(batch_id, "batch_id"), declared)
        return {"dataset_close_result": {"message": "success"}}

    def get_image(
        self, image_id: str, save_path: str | os.PathLike[str], type: str = "raw_image"
    ) -> str:
        """Write an image that was sent into a folder.

        Parameters
        ----------
        image_id
            What the log has in place of its path: the SHA-256 of its bytes.
        save_path
            The folder.
        type
            An `ImageResponseType`; only images as they were sent are kept.

        Returns
        -------
        str
            The path of the file.

        Raises
        ------
        NotFoundError
            No inference of the model has such an image.
        MethodNotApplicableError
            Another rendering is asked for, or the model is not saved.
        """
        from modelgroups.inferences.images import save_image

        model_id = self._require_saved("get_image")
        image = require_text(image_id, "image_id")
        return save_image(self._registry, model_id, image, Path(save_path), type)

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

    def _recipient(self, method: str) -> Recipient:
        from modelgroups.inferences.recipient import recipient_of

        return recipient_of(self._registry, self._require_saved(method), fresh=True)

    def _send(self, method: str, send: Callable[[Recipient], R]) -> R:
        """Send with what is known of the model, and once more if that turns out to be old."""
        from modelgroups.inferences.recipient import sent_to

        return sent_to(self._registry, self._require_saved(method), send)


def kept(values: Any) -> Any:
    """Return values that can be read twice."""
    if hasattr(values, "__len__") or hasattr(values, "__arrow_c_stream__"):
        return values
    return list(values) if isinstance(values, Iterable) else values


def _tell_once(message: str) -> None:
    if message not in _told:
        _told.add(message)
        logger.warning(message)
