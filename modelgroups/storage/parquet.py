"""Arrow tables as Parquet files and back: streamed, hashed, with checked pages.

Every page carries a checksum and every reader here compares it, for without that
pyarrow reads most damaged pages as other data, silently. The checksums do not cover
the footer, where names, types and metadata stand: give the readers the file's digest
where that matters, and they compare the SHA-256 of the whole file first.

Loads pyarrow: import it lazily.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelgroups.errors import SnapshotCorruptError, SnapshotMissingError, UserValueError
from modelgroups.storage.digest import LOT, digest_file, sha256_of_file
from modelgroups.storage.encoding import writer_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = [
    "WrittenFile",
    "iter_batches",
    "open_parquet",
    "read_table",
    "write_parquet",
    "write_table",
]

_ROW_GROUP = 1 << 20  # rows; one dictionary serves a row group, so smaller ones need more room
_BATCH = 1 << 16  # rows
_STREAM_BUFFER = 1 << 16  # bytes a column; without it pyarrow loads a row group at once


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What is known of a file once it is written.

    Parameters
    ----------
    path
        Where it lies.
    digest
        The SHA-256 of its bytes in hexadecimal.
    size
        The number of its bytes.
    n_rows
        The number of its rows.
    """

    path: Path
    digest: str
    size: int
    n_rows: int


def write_parquet(
    tables: Iterable[pa.Table | pa.RecordBatch],
    schema: pa.Schema,
    path: Path,
    *,
    durable: bool = True,
    statistics: Sequence[str] = (),
) -> WrittenFile:
    """Write tables one after the other, each as a row group or more, into one file.

    No more than one of them is held. The same tables give the same bytes. How columns
    are encoded is decided by the first table.

    Parameters
    ----------
    tables
        The parts of the data; none gives a file without rows.
    schema
        The schema of each part. Its metadata are kept.
    path
        A temporary name: the file is complete only when this returns, and removed when
        it raises.
    durable
        Whether to wait until the bytes outlast a power cut. The name is the caller's care.
    statistics
        Columns whose least and greatest value each row group must tell; where none is named,
        those of times that rarely repeat do.

    Returns
    -------
    The digest, the size and the number of rows.

    Raises
    ------
    ValueError
        If a table has another schema.
    OSError
        If the file cannot be written, as on a full disk.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> parts = [pa.table({"x": [1, 2]}), pa.table({"x": [3]})]
    >>> with TemporaryDirectory() as folder:
    ...     written = write_parquet(parts, parts[0].schema, Path(folder, "new"))
    ...     read_table(written.path)["x"].to_pylist(), written.n_rows
    ([1, 2, 3], 3)
    """
    rest = iter(tables)
    first = next(rest, None)
    if first is None:
        first = schema.empty_table()
    sample = first if isinstance(first, pa.Table) else pa.Table.from_batches([first])
    options = writer_options(sample.slice(0, _ROW_GROUP))
    if statistics:
        options["write_statistics"] = list(statistics)
    n_rows = 0
    with (
        digest_file(path, durable=durable) as file,
        pa.BufferedOutputStream(pa.PythonFile(file, mode="w"), LOT) as sink,  # calls file seldom
        pq.ParquetWriter(sink, schema, write_page_checksum=True, **options) as writer,
    ):
        for table in chain([first], rest):
            writer.write(table, row_group_size=_ROW_GROUP)
            n_rows += table.num_rows
    return WrittenFile(path, file.digest, file.size, n_rows)


def write_table(table: pa.Table, path: Path, *, durable: bool = True) -> WrittenFile:
    """Write one table, cut into row groups of a million rows.

    Parameters
    ----------
    table
        The data.
    path, durable
        As for ``write_parquet``.

    Returns
    -------
    The digest, the size and the number of rows.

    Raises
    ------
    OSError
        If the file cannot be written, as on a full disk.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = write_table(pa.table({"x": [1, 2]}), Path(folder, "new"))
    ...     written.digest == sha256_of_file(written.path), written.n_rows
    (True, 2)
    """
    return write_parquet([table], table.schema, path, durable=durable)


def open_parquet(
    path: Path, *, digest: str | None = None, encoded: Sequence[str] = ()
) -> pq.ParquetFile:
    """Open a file for reading by parts; close it, or use it in a ``with`` block.

    Damage that is found later, in a page, comes as a SnapshotCorruptError too, except from
    its own ``iter_batches``; use the function of that name.

    Parameters
    ----------
    path
        The file.
    digest
        The SHA-256 that the file must have. The whole file is read to compare it.
    encoded
        Columns of text that come as dictionaries, as they lie in the file; those that it lacks
        do not count.

    Returns
    -------
    The open file, which compares the checksum of each page that it reads.

    Raises
    ------
    SnapshotMissingError
        If there is no such file.
    SnapshotCorruptError
        If it is not a readable Parquet file, or its digest is another one.

    Examples
    --------
    >>> from pathlib import Path
    >>> open_parquet(Path("nowhere.parquet"))
    Traceback (most recent call last):
    modelgroups.errors.SnapshotMissingError: there is no file nowhere.parquet; restore it ...
    """
    with _translated(path):
        file = _open(path, digest, _STREAM_BUFFER)
        held = [name for name in encoded if name in file.schema_arrow.names]
        if not held:
            return file
        with file:
            return _CheckedFile(path, _STREAM_BUFFER, file.metadata, held)


def read_table(
    path: Path, columns: Sequence[str] | None = None, *, digest: str | None = None
) -> pa.Table:
    """Read a whole file, or some of its columns.

    Parameters
    ----------
    path
        The file.
    columns
        The columns to read, in the order wanted; all when not given.
    digest
        The SHA-256 that the file must have. The whole file is read to compare it.

    Returns
    -------
    The table, with the metadata of its schema.

    Raises
    ------
    UserValueError
        If the file lacks one of the columns.
    SnapshotMissingError
        If there is no such file.
    SnapshotCorruptError
        If the file is damaged where it was read, or its digest is another one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = write_table(pa.table({"x": [1], "y": [2]}), Path(folder, "new"))
    ...     read_table(written.path, ["y"], digest=written.digest).to_pydict()
    {'y': [2]}
    """
    with _translated(path), _open(path, digest, 0) as file:
        names = _checked(columns, file, path)
        table = file.read(columns=names)
    return table if names is None else table.select(names)


def iter_batches(
    path: Path,
    columns: Sequence[str] | None = None,
    batch_size: int = _BATCH,
    *,
    digest: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read a file batch by batch, holding a batch and a page of each column at a time.

    The file is opened at the first batch, so that is when errors come.

    Parameters
    ----------
    path
        The file.
    columns
        The columns to read, in the order wanted; all when not given.
    batch_size
        The largest number of rows in a batch.
    digest
        The SHA-256 that the file must have. The whole file is read to compare it.

    Yields
    ------
    The batches, in the order of the file.

    Raises
    ------
    UserValueError
        If the file lacks one of the columns.
    SnapshotMissingError
        If there is no such file.
    SnapshotCorruptError
        If the file is damaged where it was read, or its digest is another one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = write_table(pa.table({"x": [1, 2, 3]}), Path(folder, "new"))
    ...     [batch.num_rows for batch in iter_batches(written.path, batch_size=2)]
    [2, 1]
    """
    with _translated(path), _open(path, digest, _STREAM_BUFFER) as file:
        names = _checked(columns, file, path)
        for batch in file.iter_batches(batch_size, columns=names):
            yield batch if names is None else batch.select(names)


def _open(path: Path, digest: str | None, buffer_size: int) -> pq.ParquetFile:
    if digest is not None and (found := sha256_of_file(path)) != digest:
        raise _corrupt(path, f"the SHA-256 of its bytes is {found}, not {digest}")
    return _CheckedFile(path, buffer_size)


class _CheckedFile(pq.ParquetFile):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file whose pages are compared with their checksums; damage is told as ours."""

    def __init__(
        self,
        path: Path,
        buffer_size: int,
        metadata: pq.FileMetaData | None = None,
        encoded: list[str] | None = None,
    ) -> None:
        self._path = path
        super().__init__(
            path,
            metadata=metadata,
            read_dictionary=encoded,
            page_checksum_verification=True,
            pre_buffer=False,
            buffer_size=buffer_size,
        )

    def read(self, *args: Any, **kwargs: Any) -> pa.Table:
        with _translated(self._path):
            return super().read(*args, **kwargs)

    def read_row_group(self, *args: Any, **kwargs: Any) -> pa.Table:
        with _translated(self._path):
            return super().read_row_group(*args, **kwargs)

    def read_row_groups(self, *args: Any, **kwargs: Any) -> pa.Table:
        with _translated(self._path):
            return super().read_row_groups(*args, **kwargs)


def _checked(columns: Sequence[str] | None, file: pq.ParquetFile, path: Path) -> list[str] | None:
    """Refuse columns that the file lacks; pyarrow would leave them out silently."""
    if columns is None:
        return None
    existing = file.schema_arrow.names
    if unknown := [name for name in columns if name not in existing]:
        raise UserValueError(
            f"the file {path} has no column {', '.join(map(repr, unknown))}; "
            f"choose from {', '.join(map(repr, existing))}"
        )
    return list(columns)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Tell damaged bytes, a missing file and trouble of the machine apart."""
    try:
        yield
    except FileNotFoundError as error:
        raise SnapshotMissingError(
            f"there is no file {path}; restore it from a backup of the registry"
        ) from error
    except (MemoryError, pa.ArrowCancelled):
        raise
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        if getattr(error, "errno", None) is not None:  # the disk's trouble, or a permission
            raise
        raise _corrupt(path, str(error).rstrip(".")) from error


def _corrupt(path: Path, reason: str) -> SnapshotCorruptError:
    return SnapshotCorruptError(
        f"the file {path} is damaged ({reason}); restore it from a backup of the registry"
    )
