"""Registries that are made in a moment, and saved models in them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from modelgroups import Connection, Model, ModelGroup

__all__ = ["example_group", "example_model", "example_version", "open_copy"]


@contextmanager
def example_model(*, is_batch: bool = False) -> Iterator[Model]:
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
    >>> with example_model() as model:
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


def saved_sample(
    connection: Connection,
    kind: str,
    *,
    seed: int,
    group: ModelGroup | Model | None,
    version_label: str | None,
    **fields: Any,
) -> Model:
    """Return a `sample_model` that is saved: into a group, or as the first version of a new one.

    Parameters
    ----------
    connection
        Where.
    kind, seed
        Of `sample_model`.
    group
        The group, a model in it, or None.
    version_label
        Of the version.
    **fields
        Go to `Connection.model`; without a display name, the group gets one that is free.
    """
    from modelgroups.model import Model
    from modelgroups.testing.samples import sample_model

    model = sample_model(connection, kind, seed=seed, **fields)
    if group is None:
        if "display_name" not in fields:
            model.display_name = _free_name(str(model.display_name), connection)
        model.version_label = version_label
    else:
        joined = connection.get_model_group(group) if isinstance(group, Model) else group
        joined.add_version(model, label=version_label)
    model.save()
    return model


def _free_name(name: str, connection: Connection) -> str:
    taken = {group.name for group in connection.model_groups()}
    names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    return next(free for free in names if free not in taken)


def example_version(connection: Connection, label: str) -> Model:
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
    ...     [example_version(connection, label).version_sequence_num for label in ("V1", "V2")]
    [1, 2]
    """
    model = _built(connection, is_batch=False)
    model.version_label = label
    for group in connection.model_groups():
        model.model_group_id = group.id
    model.save()
    return model


@contextmanager
def example_group(*labels: str) -> Iterator[ModelGroup]:
    """Offer a group with a version for each label, each like that of `example_model`.

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
    >>> with example_group("V1", "V2") as group:
    ...     [version.version_label for version in group.get_versions()]
    ['V2', 'V1']
    """
    from modelgroups.connection import connect

    with connect(":memory:") as connection:
        for label in labels:
            example_version(connection, label)
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
