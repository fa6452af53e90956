"""DuckDB in this process: the engine unless another one is given."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4
from weakref import finalize

from modelgroups.arguments import require_text, require_whole
from modelgroups.errors import UserError, UserTypeError, UserValueError
from modelgroups.loading import loading
from modelgroups.query.engines.base import ROW_NUMBER, FileGoneError, FileViews
from modelgroups.storage.lock import thread_lock

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DuckDB", "Embedded", "embedded"]

_MOST_THREADS: Final = 1024
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B)", re.IGNORECASE)
_LEAST_MEMORY: Final = 16 * 2**20
_POWERS: Final = {"K": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True)
class DuckDB:
    """Options of the engine that runs queries in this process.

    Connections with equal options share one engine, those with other options have another.

    Parameters
    ----------
    threads
        How many it uses at most; as many as there are cores when not given.
    memory_limit
        How much memory its operators hold at most, such as ``"512MB"`` or ``"2GiB"``; four fifths
        of the machine's when not given. Sorting, grouping and joining spill to the disk beyond
        it. What the engine does not read from files itself lies in memory besides: ground truth,
        which rows are deleted, few rows, lists.
    temp_directory
        An existing folder to spill to; that of the system when not given. The engine makes a
        folder of its own in it once it spills, and removes it when the process ends.

    Raises
    ------
    UserTypeError, UserValueError
        An option is not what it must be.

    Examples
    --------
    >>> from modelgroups import DuckDB, connect
    >>> with connect(":memory:", engine=DuckDB(threads=2, memory_limit="1GB")) as connection:
    ...     connection.models()
    []
    >>> DuckDB(memory_limit="plenty")
    Traceback (most recent call last):
    modelgroups.errors.UserValueError: memory_limit='plenty' is no size; give a number and a unit,
    such as '512MB' or '2GiB'
    """

    threads: int | None = None
    memory_limit: str | None = None
    temp_directory: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.threads is not None:
            threads = require_whole(self.threads, "threads")
            if not 1 <= threads <= _MOST_THREADS:
                raise UserValueError(f"threads={threads} is not between 1 and {_MOST_THREADS}")
        if self.memory_limit is not None:
            _require_size(require_text(self.memory_limit, "memory_limit"))
        if self.temp_directory is not None:
            object.__setattr__(self, "temp_directory", _require_folder(self.temp_directory))


def _require_size(text: str) -> None:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UserValueError(
            f"memory_limit={text!r} is no size; give a number and a unit, such as '512MB' or '2GiB'"
        )
    unit = found[2].upper()
    size = float(found[1]) * (1024 if "I" in unit else 1000) ** _POWERS[unit[0]]
    if not _LEAST_MEMORY <= size < 2**63:
        raise UserValueError(f"memory_limit={text!r} is too small or too large; 16MiB is the least")


def _require_folder(given: object) -> str:
    if not isinstance(given, str | os.PathLike):
        raise UserTypeError(f"temp_directory must be a folder, got {type(given).__name__}")
    folder = os.fspath(given)
    if not isinstance(folder, str) or "\0" in folder or not Path(folder).expanduser().is_dir():
        raise UserValueError(f"temp_directory={folder!r} is not a folder that is there; make it")
    return str(Path(folder).expanduser().absolute())


@dataclass
class Embedded:
    """A connection of DuckDB, which runs one query at a time.

    Parameters
    ----------
    options
        Its options.
    """

    options: DuckDB
    name: str = field(default="duckdb", init=False)
    can_lay_beside: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        spill = Path(self.options.temp_directory or tempfile.gettempdir())
        self.spill = spill / f"modelgroups-spill-{os.getpid()}-{uuid4().hex[:8]}"
        settings: dict[str, Any] = {"temp_directory": str(self.spill)}
        if self.options.threads is not None:
            settings["threads"] = self.options.threads
        if self.options.memory_limit is not None:
            settings["memory_limit"] = self.options.memory_limit.strip()
        with loading():  # Ibis loads its dialects when it connects
            import ibis

            self.connection = ibis.duckdb.connect(**settings)
        self.connection.raw_sql("SET TimeZone = 'UTC'")
        self.files = FileViews(self._make_view, self._drop_view)
        self._numbers = count()
        self._lock = thread_lock()
        finalize(self, _remove_spill, self.connection, self.spill, os.getpid())

    def _make_view(self, path: str, name: str) -> None:
        self.connection.con.read_parquet(path, file_row_number=True).create_view(name)

    def _drop_view(self, name: str) -> None:
        self.connection.raw_sql(f"DROP VIEW {name}")  # a name of ours

    def _lay_beside(self, view: str, columns: Mapping[str, Any], until: ExitStack) -> str:
        """Return the name of a view that has more columns than another one, row by row."""
        import pyarrow as pa

        name = f"beside_{next(self._numbers)}"
        until.callback(self._take_away, name)
        self.connection.con.register(f"{name}_columns", pa.table(dict(columns)))
        both = f"{view} POSITIONAL JOIN {name}_columns"  # names of ours
        self.connection.raw_sql(f"CREATE VIEW {name} AS FROM {both}")
        return name

    def _take_away(self, name: str) -> None:
        with self._lock:
            self.connection.raw_sql(f"DROP VIEW IF EXISTS {name}")  # a name of ours
            self.connection.con.unregister(f"{name}_columns")

    def sees(self, folder: Path) -> bool:  # noqa: ARG002  # as other engines need it
        """Return True: it runs where the files are."""
        return True

    def file_table(
        self, path: str, types: Mapping[str, str], beside: Mapping[str, Any], until: ExitStack
    ) -> Any:
        """Return columns of a Parquet file as an Ibis table; see `Engine`."""
        import duckdb
        import ibis

        try:
            with self._lock:
                name = self.files.name_of(path)
                if beside:
                    name = self._lay_beside(name, beside, until)
        except duckdb.IOException as error:
            raise FileGoneError(str(error)) from error
        return ibis.table({**types, ROW_NUMBER: "int64"}, name=name)

    def run(self, expression: Any) -> pa.Table:
        """Return the answer of an Ibis expression; see `Engine`."""
        import duckdb

        from modelgroups.query.engines.rules import with_doubles

        told = with_doubles(expression)
        try:
            with self._lock:
                return self._fetched(told)
        except duckdb.DataError as error:  # a value that is not what the query takes it for
            first, _, _ = str(error).partition("\n")
            raise UserValueError(f"the query cannot be answered: {first}") from error
        except duckdb.OutOfMemoryException as error:
            first, _, _ = str(error).partition("\n")
            raise UserError(
                f"the query needs more memory, or space to spill to, than DuckDB has: {first}; "
                "connect with a larger engine=DuckDB(memory_limit=...), or ask for less at once"
            ) from error
        except duckdb.IOException as error:
            raise FileGoneError(str(error)) from error

    def _fetched(self, expression: Any) -> pa.Table:
        """Return what `to_pyarrow` of Ibis does, which loads pandas for it."""
        import pyarrow as pa

        from modelgroups.query.engines.memory import registered

        connection = self.connection.con
        with registered(expression, connection):
            answer = connection.sql(self.connection.compile(expression)).to_arrow_table()
        schema = expression.schema().to_pyarrow()
        for place, field_ in enumerate(schema):
            if pa.types.is_null(field_.type):  # DuckDB takes it for numbers
                answer = answer.set_column(place, field_, pa.nulls(len(answer)))
        return answer.cast(schema)


def _remove_spill(connection: Any, folder: Path, owner: int) -> None:
    """Remove what was spilled, unless this is a forked child of the process that spilled it."""
    if os.getpid() == owner:
        connection.disconnect()
        shutil.rmtree(folder, ignore_errors=True)


_engines: Final[dict[tuple[int, DuckDB], Embedded]] = {}
_making: Final = thread_lock()


def embedded(options: DuckDB) -> Embedded:
    """Return the engine with these options of this process: none crosses a fork."""
    key = (os.getpid(), options)
    with _making:
        if key not in _engines:
            _engines[key] = Embedded(options)
        return _engines[key]


def _leave_to_the_parent() -> None:
    """Never destroy an engine in a forked child: DuckDB would wait for threads that are not there.

    The reference that is too many keeps it alive, also while the interpreter ends.
    """
    for engine in _engines.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine.connection.con))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
