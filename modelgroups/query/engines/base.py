"""What every engine can do, and how it tells what it cannot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    import pyarrow as pa

__all__ = ["ROW_NUMBER", "Engine", "FileGoneError", "FileViews", "NotInEngineError"]

ROW_NUMBER: Final = "file_row_number"
"""The column with the number of each row in its file."""

_MOST_FILES: Final = 256


class FileGoneError(Exception):
    """A file could not be read, as after a compaction that was faster than the query."""


class NotInEngineError(Exception):
    """The engine has no such operation."""


class Engine(Protocol):
    """Runs Ibis expressions."""

    @property
    def name(self) -> str:
        """What Ibis calls it."""

    @property
    def can_lay_beside(self) -> bool:
        """Whether it can lay columns beside those of a file."""

    def sees(self, folder: Path) -> bool:
        """Return whether it can read the files below a folder of this machine itself."""

    def file_table(
        self, path: str, types: Mapping[str, str], beside: Mapping[str, Any], until: ExitStack
    ) -> Any:
        """Return columns of a Parquet file as an Ibis table, with the number of each row.

        Parameters
        ----------
        path
            Where it lies.
        types
            The columns, and their types for Ibis.
        beside
            Columns that it does not hold, as Arrow arrays with a value for each of its rows; none
            where the engine cannot lay them beside it.
        until
            Lets go of these columns when it is closed.

        Raises
        ------
        FileGoneError
            The file cannot be read.
        """

    def run(self, expression: Any) -> pa.Table:
        """Return the answer of an Ibis expression.

        Raises
        ------
        UserValueError
            A value does not fit what is computed of it.
        NotInEngineError
            The engine lacks an operation.
        FileGoneError
            A file cannot be read.
        """


@dataclass
class FileViews:
    """The views of files in an engine, of which it keeps those that were used last.

    Parameters
    ----------
    make
        Makes a view of a path under a name.
    drop
        Drops the view of a name.
    """

    make: Callable[[str, str], None]
    drop: Callable[[str], None]
    names: OrderedDict[str, str] = field(default_factory=OrderedDict)
    n_made: int = 0

    def name_of(self, path: str) -> str:
        """Return the name of the view of a file."""
        if path not in self.names:
            name = f"file_{self.n_made}"
            self.make(path, name)
            self.names[path] = name
            self.n_made += 1
        self.names.move_to_end(path)
        if len(self.names) > _MOST_FILES:
            _, oldest = self.names.popitem(last=False)
            self.drop(oldest)
        return self.names[path]
