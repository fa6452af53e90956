"""Arrays that wait in a file until somebody looks at them. Loads numpy: import it lazily."""

from __future__ import annotations

import os
from mmap import ACCESS_COPY, ALLOCATIONGRANULARITY, mmap
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Scratch"]

Number = TypeVar("Number", bound=np.generic)


class Scratch:
    """A temporary file that arrays are put into.

    What is read of them later comes from the file and takes memory only then; what is written
    to them stays in memory.

    Parameters
    ----------
    path
        A file that is there; whoever made it removes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, array: NDArray[Number]) -> NDArray[Number]:
        """Return an array that has the values of another one, and its shape and type.

        Raises
        ------
        OSError
            The disk is full, or refuses.

        Examples
        --------
        >>> from tempfile import NamedTemporaryFile
        >>> with NamedTemporaryFile() as file:
        ...     waits = Scratch(Path(file.name)).put(np.array([1, 2, 3]))
        >>> waits[0] = 7
        >>> waits
        array([7, 2, 3])
        """
        if not array.size:
            return array
        with self._path.open("r+b") as file:  # not a map to write: a full disk would kill us
            end = file.seek(0, os.SEEK_END)
            start = file.seek(-(-end // ALLOCATIONGRANULARITY) * ALLOCATIONGRANULARITY)
            file.write(np.ascontiguousarray(array).data.cast("B"))
            file.flush()
            mapped = mmap(file.fileno(), array.nbytes, access=ACCESS_COPY, offset=start)
        return np.frombuffer(mapped, array.dtype).reshape(array.shape)
