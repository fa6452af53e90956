"""A file that gets its name when it is whole, and leaves nothing behind if its writer is killed.

Linux makes files that have no name until they are linked to one (open(2), O_TMPFILE); where that is
not to be had, the file has a hidden name meanwhile, which stays if the writer is killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from modelgroups.storage.objects import fsync

__all__ = ["new_file"]


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """Offer a file to write and read, which is at its place, and on the disk, at the end.

    Parameters
    ----------
    target
        Where it is to be; nothing must be there.

    Yields
    ------
    BinaryIO
        The file, empty and open. If an error ends the block, there is none.

    Raises
    ------
    FileExistsError
        Something is there by now.
    OSError
        The disk refused.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with new_file(Path(folder, "new")) as file:
    ...         n_bytes = file.write(b"whole")
    ...         names = os.listdir(folder)
    ...     names, Path(folder, "new").read_bytes()
    ([], b'whole')
    """
    fd = _unnamed(target.parent)
    if fd is None:
        with _hidden(target) as file:
            yield file
    else:
        with os.fdopen(fd, "w+b") as file:
            yield file
            file.flush()
            os.fsync(fd)
            _link(fd, target)
    fsync(target.parent)


def _unnamed(folder: Path) -> int | None:
    """Return a file in a folder that has no name, or None where there are no such files."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except FileNotFoundError:
        raise
    except OSError:  # not on this disk; what else is wrong, the other way tells
        return None


def _link(fd: int, target: Path) -> None:
    folder = os.open(target.parent, os.O_RDONLY)
    try:  # without a folder Python would link the link to the file
        os.link(f"/proc/self/fd/{fd}", target.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


@contextmanager
def _hidden(target: Path) -> Iterator[BinaryIO]:
    building = target.with_name(f".modelgroups-{uuid4().hex}")
    try:
        with building.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise FileExistsError(f"{target} is there already")
        building.replace(target)
    finally:
        building.unlink(missing_ok=True)
