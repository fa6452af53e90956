"""SHA-256 of files, of those that exist and of those that are being written.

A file is hashed on its way to the disk, so that its name is known as soon as it
is complete. Large files are hashed and written by a second thread, while the first
one encodes what comes next; small ones need no thread.
"""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelgroups.errors import SnapshotCorruptError
from modelgroups.storage.background import submit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, BinaryIO

__all__ = ["LOT", "DigestFile", "copy_checked", "digest_file", "sha256_of_file"]

LOT = 1 << 20  # bytes handed to the thread at once; at most three such lots are in memory


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Parameters
    ----------
    path
        The file to hash.

    Returns
    -------
    The 64 lower-case hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "abc")
    ...     _ = path.write_bytes(b"abc")
    ...     sha256_of_file(path)
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class DigestFile:
    """The writable file that ``digest_file`` gives; its methods are those pyarrow calls.

    Attributes
    ----------
    size
        The number of bytes written so far.
    digest
        The SHA-256 of all bytes in hexadecimal, once the block is left.
    """

    def __init__(self, file: BinaryIO, *, durable: bool) -> None:
        self.size = 0
        self.digest = ""
        self.closed = False
        self._file = file
        self._durable = durable
        self._pool: ThreadPoolExecutor | None = None
        self._hash = hashlib.sha256()
        self._running: Future[None] | None = None
        self._waiting: list[bytes] = []
        self._n_waiting = 0

    def write(self, data: bytes) -> int:
        """Append bytes; once the file is closed or lost they are dropped."""
        if not self.closed:  # a Parquet writer that failed still adds its footer
            self._waiting.append(data)
            self._n_waiting += len(data)
            self.size += len(data)
            if self._n_waiting >= LOT:
                self._join()
                self._running = submit(self._thread(), self._store, *self._take())
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written counts once the block is left."""

    def close(self) -> None:
        """Wait until all is hashed and written, and synced if it is to be durable."""
        if self.closed:
            return
        self._join()
        self._store(*self._take())
        self._file.flush()
        if self._durable:
            os.fsync(self._file.fileno())
        self.digest = self._hash.hexdigest()
        self.closed = True

    def release(self) -> None:
        """Take no more bytes, and end the thread if there is one."""
        self.closed = True
        if self._pool is not None:
            self._pool.shutdown()

    def _thread(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "modelgroups-digest")
        return self._pool

    def _take(self) -> tuple[bytes, int]:
        """Empty the waiting line; return its bytes and where in the file they begin."""
        lot, start = b"".join(self._waiting), self.size - self._n_waiting
        self._waiting, self._n_waiting = [], 0
        return lot, start

    def _join(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def _store(self, lot: bytes, start: int) -> None:
        self._file.write(lot)
        if self._durable and len(lot) >= LOT and sys.platform == "linux":
            # The kernel begins to write these pages out now, so the fsync has little left.
            os.posix_fadvise(self._file.fileno(), start, len(lot), os.POSIX_FADV_DONTNEED)
        self._hash.update(lot)


@contextmanager
def digest_file(path: Path, *, durable: bool = True) -> Iterator[DigestFile]:
    """Write a file and hash it in passing; leave none behind if that fails.

    Parameters
    ----------
    path
        Where to write; a file that stands there is overwritten.
    durable
        Whether to wait until the bytes (the name is another matter) outlast a power cut.

    Yields
    ------
    The file. Its ``digest`` is known after the block.

    Raises
    ------
    OSError
        If the file cannot be opened, written or synced: no space, a limit, a bad disk.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with digest_file(Path(folder, "abc")) as file:
    ...         _ = file.write(b"abc")
    ...     file.digest == sha256_of_file(Path(folder, "abc")), file.size
    (True, 3)
    """
    raw = path.open("wb")
    file = DigestFile(raw, durable=durable)
    try:
        with raw:
            try:
                yield file
                file.close()
            finally:
                file.release()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def copy_checked(source: IO[bytes], target: Path, digest: str, *, durable: bool = True) -> int:
    """Copy the rest of an open file, hashed in passing, and return its size.

    Parameters
    ----------
    source
        What to read.
    target
        Where to write; no file is left there if that fails.
    digest
        The SHA-256 that the bytes must have.
    durable
        Whether to wait until the bytes outlast a power cut.

    Raises
    ------
    SnapshotCorruptError
        The bytes have another hash.
    OSError
        A file cannot be read or written.
    """
    with digest_file(target, durable=durable) as copy:
        while lot := source.read(LOT):
            copy.write(lot)
        copy.close()
        if copy.digest != digest:
            raise SnapshotCorruptError(
                f"the file {getattr(source, 'name', source)} was changed since it was saved: the "
                f"SHA-256 of its bytes is {copy.digest}, and not {digest}"
            )
    return copy.size
