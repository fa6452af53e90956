"""Registries that are made in a moment, and saved models in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from modelgroups import Connection, Model, ModelGroup

__all__ = ["open_copy", "saved_group", "saved_model", "saved_version"]


@contextmanager
def saved_model(*, is_batch: bool = False) -> Iterator[Model]:
    """Offer a saved binary classifier: input ``age``, prediction ``p``, ground truth ``y``.

    Parameters
    ----------
    is_batch
        Whether it takes its inferences in batches.

    Yields
    ------
    Model
        The only version in a registry in memory, which is gone afterwards.

    Examples
    --------
    >>> with saved_model() as model:
    ...     model.version_sequence_num
    1
    """
    from modelgroups.connection import connect

    with connect(":memory:") as connection:
        model = _built(connection, is_batch=is_batch)
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


def saved_version(connection: Connection, label: str) -> Model:
    """Return such a classifier, saved as the next version of the only group of a registry.

    Parameters
    ----------
    connection
        An open registry, which may be empty.
    label
        Of the version.

    Examples
    --------
    >>> import modelgroups as mg
    >>> with mg.connect(":memory:") as connection:
    ...     [saved_version(connection, label).version_sequence_num for label in ("V1", "V2")]
    [1, 2]
    """
    model = _built(connection, is_batch=False)
    model.version_label = label
    for group in connection.model_groups():
        model.model_group_id = group.id
    model.save()
    return model


@contextmanager
def saved_group(*labels: str) -> Iterator[ModelGroup]:
    """Offer a group with a version for each label, each like that of `saved_model`.

    Parameters
    ----------
    *labels
        One or more.

    Yields
    ------
    ModelGroup
        The only group of a registry in memory, which is gone afterwards.

    Examples
    --------
    >>> with saved_group("V1", "V2") as group:
    ...     [version.version_label for version in group.get_versions()]
    ['V2', 'V1']
    """
    from modelgroups.connection import connect

    with connect(":memory:") as connection:
        for label in labels:
            saved_version(connection, label)
        [group] = connection.model_groups()
        yield group


def _built(connection: Connection, *, is_batch: bool) -> Model:
    import pandas as pd

    frame = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.7], "y": [0, 1, 1]})
    model = connection.model(
        display_name="Card fraud", input_type="TABULAR", output_type="MULTICLASS", is_batch=is_batch
    )
    model.build(frame, {"p": 1}, ground_truth_column="y")
    return model
