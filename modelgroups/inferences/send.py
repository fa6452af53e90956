"""Sending inferences and ground truths, in the shapes and with the answers of the SDK.

Loads pandas and pyarrow: import it lazily.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from modelgroups.errors import UserValueError
from modelgroups.inferences.accept import Rules
from modelgroups.inferences.deliver import Delivery, Outcome
from modelgroups.inferences.gaps import columns_with_values, tell_missing
from modelgroups.inferences.layout import BATCH, ID, INFERENCE_TIME, TRUTH_TIME, Kind
from modelgroups.inferences.outcome import (
    counts_of,
    logger,
    mark_failures,
    results_of,
    tell_failures,
    waiting_message,
)
from modelgroups.inferences.receipt import Receipt
from modelgroups.inferences.shapes import (
    TRUTHS,
    Given,
    column_of_metadata,
    give_apart,
    is_arrow,
    parse,
)
from modelgroups.inferences.unmatched import tell_unmatched
from modelgroups.types import InputType, Stage

if TYPE_CHECKING:
    from modelgroups.inferences.recipient import Recipient

__all__ = ["send_ground_truths", "send_inferences"]


def send_inferences(
    to: Recipient,
    inferences: Any,
    *,
    predictions: Any = None,
    inference_timestamps: Any = None,
    ground_truths: Any = None,
    ground_truth_timestamps: Any = None,
    tz: tzinfo | None = None,
    partner_inference_ids: Any = None,
    batch_id: Any = None,
    fail_silently: bool = False,
    complete_batch: bool = True,
) -> Receipt:
    """Store the inferences of one call; see `Model.send_inferences`."""
    given = parse(inferences, to.layout)
    if predictions is not None:
        wanted = to.of_stage(Stage.PredictedValue)
        give_apart(given, predictions, Kind.INFERENCE, wanted, "predictions")
    if ground_truths is not None:
        wanted = to.layout.truth_attributes
        give_apart(given, ground_truths, Kind.GROUND_TRUTH, wanted, "ground_truths")
    _give_metadata(given, INFERENCE_TIME, inference_timestamps, "inference_timestamps")
    _give_metadata(given, TRUTH_TIME, ground_truth_timestamps, "ground_truth_timestamps")
    _give_metadata(given, ID, partner_inference_ids, "partner_inference_ids")
    if batch_id is not None:
        alone = isinstance(batch_id, str) or not hasattr(batch_id, "__len__")
        each = [str(batch_id)] * given.n_rows if alone else batch_id
        _give_metadata(given, BATCH, each, "batch_id")
    if not given.n_rows:
        return _answer(to, [], Outcome())
    close = to.is_batch and complete_batch
    with Delivery(to, close_batches=close) as delivery:
        accepted = delivery.add(given, Rules(is_batch=to.is_batch, tz=tz))
        if len(accepted.failures) < given.n_rows:
            tell_missing(to, columns_with_values(given.values[Kind.INFERENCE]), given.n_rows)
        results = results_of(_texts(accepted.ids))
        outcome = delivery.commit()
    mark_failures(results, outcome.failures)
    if to.input_type != InputType.Image:
        tell_failures(results, outcome.failures, silently=fail_silently)
    return _answer(to, results, outcome)


def _answer(to: Recipient, results: list[dict[str, Any]], outcome: Outcome) -> Receipt:
    told: dict[str, Any] = {"counts": counts_of(len(results), outcome.failures)}
    if to.input_type == InputType.Image:
        told["failures"] = [results[row] for row in outcome.failures]
    else:
        told["results"] = results
    return Receipt.of(outcome.n_stored, **told, **waiting_message(outcome.n_waiting))


def send_ground_truths(
    to: Recipient,
    ground_truths: Any,
    *,
    partner_inference_ids: Any = None,
    ground_truth_timestamps: Any = None,
    tz: tzinfo | None = None,
    fail_silently: bool = False,
) -> Receipt:
    """Store the ground truths of one call; see `Model.update_inference_ground_truths`."""
    given = _parse_truths(to, ground_truths)
    _give_metadata(given, ID, partner_inference_ids, "partner_inference_ids")
    _give_metadata(given, TRUTH_TIME, ground_truth_timestamps, "ground_truth_timestamps")
    if not given.n_rows:
        raise UserValueError("ground_truths has no rows; give at least one")
    dropped = sorted(given.values[Kind.INFERENCE])
    if dropped:
        logger.warning("the inference attributes %s of ground truths are ignored", dropped)
        given.values[Kind.INFERENCE] = {}
    with Delivery(to) as delivery:
        accepted = delivery.add(given, Rules(tz=tz, truths_only=True, ids_needed=True))
        tell_unmatched(to, delivery, given.n_rows)
        results = results_of(_texts(accepted.ids))
        outcome = delivery.commit()
    mark_failures(results, outcome.failures)
    tell_failures(results, outcome.failures, silently=fail_silently)
    counts = counts_of(len(results), outcome.failures)
    waiting = waiting_message(outcome.n_waiting)
    return Receipt.of(outcome.n_stored, counts=counts, results=results, **waiting)


def _parse_truths(to: Recipient, ground_truths: Any) -> Given:
    """Take ground truths apart, which may be bare values too."""
    import pandas as pd

    bare = isinstance(ground_truths, pd.Series) or (
        hasattr(ground_truths, "__len__")
        and not isinstance(ground_truths, dict | pd.DataFrame)
        and not is_arrow(ground_truths)
        and not any(isinstance(row, dict) for row in ground_truths)
    )
    if not bare or not len(ground_truths):
        return parse(ground_truths, to.layout, TRUTHS)
    given = Given(len(ground_truths))
    attributes = to.layout.truth_attributes
    give_apart(given, ground_truths, Kind.GROUND_TRUTH, attributes, TRUTHS)
    return given


def _give_metadata(given: Given, name: str, values: Any, what: str) -> None:
    if values is not None:
        given.metadata[name] = column_of_metadata(values, given.n_rows, what)


def _texts(ids: Any) -> Sequence[str]:
    return ids if isinstance(ids, list) else list(ids.to_pylist())
