"""The part of `Model` that takes in inferences and ground truths."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from modelgroups.arguments import require_flag, require_text
from modelgroups.calls import checked_calls
from modelgroups.errors import UserTypeError
from modelgroups.model.storing import Storing

if TYPE_CHECKING:
    from modelgroups.inferences.recipient import Recipient

__all__ = ["Answer", "Sending", "kept", "tell_once"]

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

        A value that is missing is stored as null. Where an input or a prediction is missing in
        all rows of a call, that is warned of (`ModelGroupsWarning`) before they are stored, once
        for the call; ground truth may come later.

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
            It looks short, however many rows there were: the counts and the first failures.

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
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     model.send_inferences([{"age": 31}], predictions=[0.25],
        ...                           partner_inference_ids=["a"])
        <1 row: 1 stored, 0 failed; a dict of 'counts', 'results'>
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
            Values by name of the attribute; of a missing one, except of a ground truth, it is
            warned.

        Returns
        -------
        dict
            As `send_inferences`.

        Examples
        --------
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
        ...     answer = model.send_inference("2026-01-31T12:00:00Z", "a", {"age": 31},
        ...                                   predicted_value={"p": 0.25})
        >>> answer["counts"]
        {'success': 1, 'failure': 0, 'total': 1}
        """
        tell_once("send_inference() is deprecated by the SDK; send_inferences() takes any number")
        if isinstance(inference_timestamp, Mapping):
            raise UserTypeError(
                "inference_timestamp must be a time, got a dict; the values of inputs are "
                "model_pipeline_input={...}, those of predictions predicted_value={...}"
            )
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
        >>> from modelgroups.testing import example_model
        >>> with example_model() as model:
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

        Examples
        --------
        >>> import modelgroups as mg
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, mg.connect(":memory:") as connection:
        ...     scan = Path(folder, "scan.gif")
        ...     _ = scan.write_bytes(b"GIF89a and its pixels")
        ...     model = connection.model("scans", "IMAGE", "REGRESSION")
        ...     _ = model.add_image_attribute("scan")
        ...     _ = model.add_regression_output_attributes({"dose": "given"}, "FLOAT")
        ...     _ = model.save()
        ...     _ = model.send_inferences([{"scan": str(scan), "dose": 1.5}])
        ...     [image] = model.inferences()["scan"]
        ...     Path(model.get_image(image, folder)).read_bytes()
        b'GIF89a and its pixels'
        """
        from modelgroups.inferences.images import save_image

        model_id = self._require_saved("get_image")
        image = require_text(image_id, "image_id")
        return save_image(self._registry, model_id, image, Path(save_path), type)

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


def tell_once(message: str) -> None:
    """Log a warning, the first time that there is reason for it."""
    if message not in _told:
        _told.add(message)
        logger.warning(message)
