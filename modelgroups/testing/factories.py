"""Saved models in registries that vanish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelgroups import Model

__all__ = ["saved_model"]


@contextmanager
def saved_model(*, is_batch: bool = False) -> Iterator[Model]:
    """Offer a saved binary classifier: input ``age``, prediction ``p``, ground truth ``y``.

    Parameters
    ----------
    is_batch
        Whether it takes its inferences in batches.

    Examples
    --------
    >>> with saved_model() as model:
    ...     model.version_sequence_num
    1
    """
    import pandas as pd

    from modelgroups.connection import connect

    frame = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.7], "y": [0, 1, 1]})
    with connect(":memory:") as connection:
        model = connection.model(
            display_name="Card fraud",
            input_type="TABULAR",
            output_type="MULTICLASS",
            is_batch=is_batch,
        )
        model.build(frame, {"p": 1}, ground_truth_column="y")
        model.save()
        yield model
