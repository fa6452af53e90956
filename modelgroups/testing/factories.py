"""Registries that are made in a moment, and saved models in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from modelgroups import Connection, Model

__all__ = ["open_copy", "saved_model"]


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


def open_copy(template: Path, root: Path) -> Connection:
    """Return a connection to a registry that begins as a copy of another one.

    It is made faster than an empty one, and nothing in it waits for the disk.

    Parameters
    ----------
    template
        The folder of the other one, which nobody has open.
    root
        Its own folder, which is not there yet.
    """
    from modelgroups.connection import Connection
    from modelgroups.registry import open_registry

    shutil.copytree(template, root)
    return Connection(open_registry(root, durable=False))
