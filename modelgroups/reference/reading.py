"""Reading reference data back: every file is hashed before a value of it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa

from modelgroups.catalog import references
from modelgroups.catalog.records import ReferenceSet
from modelgroups.errors import NotFoundError, UserTypeError, UserValueError
from modelgroups.registry import Registry
from modelgroups.storage.frames import to_frame
from modelgroups.storage.parquet import iter_batches, read_table

__all__ = ["current_set", "read_batches", "read_frame", "read_tables"]

DEFAULT_BATCH_ROWS = 65_536


def current_set(registry: Registry, model_id: str) -> ReferenceSet:
    """Return the current reference set of a model.

    Raises
    ------
    NotFoundError
        It has none.
    """
    with registry.catalog.read() as session:
        found = references.current(session, model_id)
    if found is None or not found.files:
        raise NotFoundError(
            f"the model {model_id} has no reference data; "
            "give it some with model.set_reference_data(data=frame)"
        )
    return found


def read_tables(
    registry: Registry, model_id: str, columns: Sequence[str] | None = None
) -> list[pa.Table]:
    """Return the files of the current reference set as Arrow tables.

    Raises
    ------
    SnapshotMissingError, SnapshotCorruptError
        A file is gone, or its bytes are not those that were saved.
    """
    names = _names(columns)
    return [
        read_table(registry.objects.path(file.digest), names, digest=file.digest)
        for file in current_set(registry, model_id).files
    ]


def read_frame(
    registry: Registry, model_id: str, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the current reference data as the frame that was given."""
    frames = [to_frame(table) for table in read_tables(registry, model_id, columns)]
    if len(frames) == 1:
        return frames[0]
    numbered = all(isinstance(frame.index, pd.RangeIndex) for frame in frames)
    return pd.concat(frames, ignore_index=numbered)


def read_batches(
    registry: Registry,
    model_id: str,
    columns: Sequence[str] | None = None,
    *,
    batch_size: int = DEFAULT_BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Yield the current reference data as Arrow batches, for data larger than memory."""
    if type(batch_size) is not int or batch_size < 1:
        raise UserValueError(f"batch_size must be a positive number of rows, got {batch_size!r}")
    names = _names(columns)
    files = current_set(registry, model_id).files
    return (
        batch
        for file in files
        for batch in iter_batches(
            registry.objects.path(file.digest), names, batch_size, digest=file.digest
        )
    )


def _names(columns: Sequence[str] | None) -> list[str] | None:
    if columns is None:
        return None
    names = require_names(columns, "columns")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserValueError(f"columns names {', '.join(map(repr, repeated))} more than once")
    return names
