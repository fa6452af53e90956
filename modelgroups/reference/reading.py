"""Reading reference data back: every file is hashed before a value of it is believed.

Loads pyarrow, and pandas where the index or a frame is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from modelgroups.arguments import require_names, require_whole
from modelgroups.catalog import references
from modelgroups.catalog.records import ReferenceSet
from modelgroups.errors import NotFoundError, UserValueError
from modelgroups.lazy import lazy
from modelgroups.registry import Registry
from modelgroups.storage.parquet import iter_batches, open_parquet, read_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

__all__ = [
    "OpenSet",
    "column_names",
    "current_set",
    "has_reference",
    "open_set",
    "read_batches",
    "read_frame",
    "read_tables",
    "wanted_columns",
]

DEFAULT_BATCH_ROWS = 65_536
_MOST_BATCH_ROWS = 2**31 - 1


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


def has_reference(registry: Registry, model_id: str) -> bool:
    """Return whether a model has reference data."""
    with registry.catalog.read() as session:
        found = references.current(session, model_id)
    return found is not None and bool(found.files)


def column_names(registry: Registry, model_id: str) -> set[str]:
    """Return the columns of the current reference set of a model, its index left out."""
    names: set[str] = set()
    for file in current_set(registry, model_id).files:
        with registry.objects.reading(file.digest) as path, open_parquet(path) as opened:
            names |= _names(opened)
    return names


def _names(file: pq.ParquetFile) -> set[str]:
    from modelgroups.storage.frames import index_fields

    fields = index_fields(file.schema_arrow)
    return {name for name in file.schema_arrow.names if name not in fields}


@dataclass(frozen=True)
class OpenSet:
    """A reference set whose files were hashed and are open, to be read more than once."""

    registry: Registry
    files: Sequence[tuple[str, pq.ParquetFile]]

    @lazy
    def names(self) -> set[str]:
        """The columns, the index left out."""
        return set().union(*(_names(file) for _, file in self.files))

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns of each file as a table, those that it has.

        Raises
        ------
        SnapshotCorruptError
            A file was damaged after it was opened.
        """
        for digest, file in self.files:
            names = [name for name in columns if name in file.schema_arrow.names]
            with self.registry.objects.reading(digest):
                table = file.read(columns=names).select(names)
            yield table


@contextmanager
def open_set(registry: Registry, model_id: str) -> Iterator[OpenSet]:
    """Open the current reference set of a model; every file is hashed first.

    Raises
    ------
    NotFoundError
        There is none.
    SnapshotMissingError, SnapshotCorruptError
        A file is gone, or its bytes are not those that were saved.
    """
    opened = []
    with ExitStack() as files:
        for file in current_set(registry, model_id).files:
            with registry.objects.reading(file.digest) as path:
                opened.append((file.digest, open_parquet(path, digest=file.digest)))
            files.enter_context(opened[-1][1])
        yield OpenSet(registry, opened)


def read_tables(
    registry: Registry, model_id: str, columns: Sequence[str] | None = None
) -> list[pa.Table]:
    """Return the files of the current reference set as Arrow tables.

    Raises
    ------
    SnapshotMissingError, SnapshotCorruptError
        A file is gone, or its bytes are not those that were saved.
    """
    names = wanted_columns(columns)
    return [
        _read(registry, file.digest, names, with_index=False)
        for file in current_set(registry, model_id).files
    ]


def _read(
    registry: Registry, digest: str, names: list[str] | None, *, with_index: bool
) -> pa.Table:
    with registry.objects.reading(digest) as path:
        if names is not None and with_index:
            from modelgroups.storage.frames import index_fields

            with open_parquet(path, digest=digest) as file:
                fields = index_fields(file.schema_arrow)
            names = names + [name for name in fields if name not in names]
        return read_table(path, names, digest=digest)


def read_frame(
    registry: Registry, model_id: str, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the current reference data as the frame that was given, with its index."""
    import pandas as pd

    from modelgroups.storage.frames import to_frame

    names = wanted_columns(columns)
    frames = [
        to_frame(_read(registry, file.digest, names, with_index=True))
        for file in current_set(registry, model_id).files
    ]
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
    batch_size = min(require_whole(batch_size, "batch_size"), _MOST_BATCH_ROWS)
    if batch_size < 1:
        raise UserValueError(f"batch_size must be 1 row or more, got {batch_size}")
    names = wanted_columns(columns)
    files = current_set(registry, model_id).files
    return (batch for file in files for batch in _batches(registry, file.digest, names, batch_size))


def _batches(
    registry: Registry, digest: str, names: list[str] | None, batch_size: int
) -> Iterator[pa.RecordBatch]:
    with registry.objects.reading(digest) as path:
        yield from iter_batches(path, names, batch_size, digest=digest)


def wanted_columns(columns: Sequence[str] | None) -> list[str] | None:
    """Return the names of the columns to read, each once; None for all."""
    if columns is None:
        return None
    names = require_names(columns, "columns")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserValueError(f"columns names {', '.join(map(repr, repeated))} more than once")
    return names
