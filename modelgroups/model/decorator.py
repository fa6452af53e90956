"""A decorator that sends what a prediction function was given and what it returned."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from modelgroups.errors import (
    ExpectedParameterNotFoundError,
    MethodNotApplicableError,
    UserValueError,
)
from modelgroups.inferences.cells import is_null
from modelgroups.inferences.nesting import RESERVED_COLUMNS
from modelgroups.types import OutputType, Stage

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups.model.model import Model

__all__ = ["log_prediction"]

logger = logging.getLogger("modelgroups")

_ID = "partner_inference_id"


def log_prediction(
    arthur_model: Model,
) -> Callable[[Callable[..., Any]], Callable[..., tuple[Any, Any]]]:
    """Return a decorator for a function that predicts for a DataFrame.

    A call sends each row of the frame with its prediction, and returns what the function
    returned together with the id of the inference; with a list of ids, one for each row, where
    the frame has not exactly one row or ids were given as a list. Columns that are no attributes
    of the model are left out, with a warning.

    The call takes two keywords of its own: ``inference_timestamp``, one or one for each row
    (now), and ``partner_inference_id``, the sender's id or a list of ids (generated). All other
    keywords go to the function. It may return a number, an array, a list or a frame: a value or
    a vector for each row, in the order of the positions of the predicted attributes.

    Parameters
    ----------
    arthur_model
        A saved model.

    Raises
    ------
    MethodNotApplicableError
        The model is neither a regression nor multiclass; or, from a call, it does not get one
        DataFrame by position, and the function is not called.
    ExpectedParameterNotFoundError
        From a call: a predicted attribute has no position.
    UserValueError
        From a call: there are not as many ids, times or predictions as rows.
    ResponseClientError
        From a call: rows could not be stored.

    Examples
    --------
    >>> import pandas as pd
    >>> from modelgroups.testing import example_model
    >>> with example_model() as model:
    ...     @log_prediction(model)
    ...     def predict(rows): return rows["age"] / 100
    ...     predict(pd.DataFrame({"age": [25, 50]}), partner_inference_id=["a", "b"])[1]
    ...     model.inference("b")["p"]
    ['a', 'b']
    0.5
    """
    if arthur_model.output_type not in (OutputType.Regression, OutputType.Multiclass):
        raise MethodNotApplicableError(
            f"log_prediction() is for models of output type REGRESSION or MULTICLASS, and this one "
            f"has {arthur_model.output_type}; call send_inferences() yourself"
        )

    def decorate(function: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
        told: set[str] = set()

        @wraps(function)
        def logged(
            *args: Any,
            inference_timestamp: datetime | str | Sequence[datetime | str] | None = None,
            partner_inference_id: str | Sequence[str] | None = None,
            **options: Any,
        ) -> tuple[Any, Any]:
            frame = _only_frame(args, getattr(function, "__name__", "the function"))
            ids = _ids(frame, partner_inference_id)
            _require_positions(arthur_model)
            output = function(*args, **options)
            if isinstance(output, Iterator):
                output = list(output)
            if len(frame):
                arthur_model.send_inferences(
                    _known_columns(frame, arthur_model, told),
                    predictions=_by_row(output, len(frame)),
                    inference_timestamps=_times(inference_timestamp, len(frame)),
                    partner_inference_ids=ids,
                    complete_batch=False,
                )
            alone = len(ids) == 1 and (
                partner_inference_id is None or isinstance(partner_inference_id, str)
            )
            return output, ids[0] if alone else ids

        return logged

    return decorate


def _only_frame(args: tuple[Any, ...], name: str) -> pd.DataFrame:
    import pandas as pd

    if len(args) == 1 and isinstance(args[0], pd.DataFrame):
        return args[0]
    given = ", ".join(type(argument).__name__ for argument in args) or "nothing"
    raise MethodNotApplicableError(
        f"{name}() logs its predictions and takes one DataFrame by position, got {given}; pass "
        "what else it needs by keyword"
    )


def _require_positions(model: Model) -> None:
    without = [a.name for a in model.get_attributes(Stage.PredictedValue) if a.position is None]
    if without:
        raise ExpectedParameterNotFoundError(
            f"the predicted attributes {', '.join(map(repr, without))} have no position, so "
            "predictions cannot be told apart; set it"
        )


def _ids(frame: pd.DataFrame, given: str | Sequence[str] | None) -> list[str]:
    """Return an id for each row: given, or in the frame, or new."""
    if isinstance(given, str):
        ids = [given]
    elif given is not None:
        ids = list(given)
    elif _ID in frame.columns:
        ids = [str(uuid4()) if is_null(id_) else id_ for id_ in frame[_ID]]
    else:
        ids = [str(uuid4()) for _ in range(len(frame))]
    if len(ids) != len(frame):
        raise UserValueError(
            f"{_ID} has {len(ids)} ids for {len(frame)} rows; give a list with one for each row"
        )
    return ids


def _known_columns(frame: pd.DataFrame, model: Model, told: set[str]) -> pd.DataFrame:
    """Return the columns that can be sent; warn of each other one once."""
    known = {*model.get_attribute_names(), *RESERVED_COLUMNS}
    unknown = [str(name) for name in frame.columns if name not in known]
    if not told.issuperset(unknown):
        told.update(unknown)
        logger.warning("columns that are no attributes of the model are not logged: %s", unknown)
    return frame.loc[:, [name in known for name in frame.columns]] if unknown else frame


def _times(given: Any, n_rows: int) -> Any:
    return [given] * n_rows if isinstance(given, str | datetime) else given


def _by_row(output: Any, n_rows: int) -> Any:
    """Return predictions in a shape that `send_inferences` takes: a part for each row.

    >>> _by_row(0.5, 1), _by_row([0.25, 0.75], 1), _by_row([0.25, 0.75], 2)
    ([0.5], [[0.25, 0.75]], [0.25, 0.75])
    """
    import numpy as np
    import pandas as pd

    if isinstance(output, pd.DataFrame):
        return output
    if isinstance(output, Mapping):
        return output if any(map(_holds_more, output.values())) else [output]
    if hasattr(output, "__array__"):  # a Series, a scalar of NumPy, a tensor
        output = np.asarray(output)
        if output.ndim == 0:
            return [output.item()]
        return output.reshape(1, -1) if n_rows == 1 and output.ndim == 1 else output
    if not _holds_more(output):
        return [output]
    parts = list(output)
    return [parts] if n_rows == 1 and not any(map(_holds_more, parts)) else parts


def _holds_more(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)
