"""Spark, driven by Ibis: in a session of its own, with the settings that answers depend on.

Rows that have to be read first go to it as Arrow tables; in local mode it reads the files of the
log itself. Loads PySpark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelgroups.errors import MethodNotApplicableError, MissingDependencyError, UserValueError
from modelgroups.query.engines.base import ROW_NUMBER, FileGoneError, FileViews, NotInEngineError
from modelgroups.storage.lock import thread_lock

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Spark"]

_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # what does not fit is an error, not another number
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
}
_GLOB: Final = frozenset("*?[]{}\\,")
_TOLD: Final = re.compile(
    r"\[(?P<name>[A-Z_.]+)\] (?P<words>.*?) ?SQLSTATE: (?P<state>[0-9A-Z]{5})", re.DOTALL
)
_GONE: Final = ("PATH_NOT_FOUND", "FAILED_READ_FILE")
_DATA: Final = "22"  # the class of SQLSTATE: data exception
_UNKNOWN: Final = ("42", "0A")  # syntax error or unknown name; feature not supported


class Spark:
    """Runs queries on Spark.

    Parameters
    ----------
    backend
        An Ibis backend over a session. Neither its settings nor its views are touched.

    Raises
    ------
    MissingDependencyError
        The release of PySpark is older than 4.
    MethodNotApplicableError
        The backend is not connected, or by Spark Connect.
    """

    name: Final = "pyspark"
    can_lay_beside: Final = False

    def __init__(self, backend: Any) -> None:
        import pyspark

        if int(pyspark.__version__.partition(".")[0]) < 4:
            raise MissingDependencyError(
                f"PySpark {pyspark.__version__} is installed, and queries need 4 or newer: "
                "pip install 'modelgroups[spark]'"
            )
        given = getattr(backend, "_session", None)  # Ibis has no other name for it
        new_session = getattr(given, "newSession", None)
        if new_session is None:
            raise MethodNotApplicableError(
                "queries run on a classic Spark session, not on Spark Connect: "
                "ibis.pyspark.connect(SparkSession.builder.master(...).getOrCreate())"
            )
        self.backend = backend
        self.session = new_session()
        for key, value in _SETTINGS.items():
            self.session.conf.set(key, value)
        self.files = FileViews(self._make_view, self.session.catalog.dropTempView)
        self._lock = thread_lock()

    def sees(self, folder: Path) -> bool:
        """Return whether Spark runs on this machine, and takes the path for what it is."""
        master = self.session.conf.get("spark.master", "")
        return str(master).startswith("local") and not _GLOB.intersection(str(folder))

    def _make_view(self, path: str, name: str) -> None:
        rows = self.session.read.parquet(f"file://{path}")
        numbered = rows.selectExpr("*", f"_metadata.row_index AS {ROW_NUMBER}")
        numbered.createOrReplaceTempView(name)

    def file_table(
        self,
        path: str,
        types: Mapping[str, str],
        beside: Mapping[str, Any],  # noqa: ARG002  # there are none
        until: ExitStack,  # noqa: ARG002
    ) -> Any:
        """Return columns of a Parquet file as an Ibis table; see `Engine`."""
        import ibis

        with self._lock, _told():
            name = self.files.name_of(path)
        return ibis.table({**types, ROW_NUMBER: "int64"}, name=name)

    def run(self, expression: Any) -> pa.Table:
        """Return the answer of an Ibis expression; see `Engine`."""
        from ibis.common.exceptions import IbisError

        from modelgroups.query.engines.spark_rules import for_spark

        table = for_spark(expression)
        try:
            text = self.backend.compile(table)
        except (IbisError, NotImplementedError) as error:
            raise NotInEngineError(str(error) or type(error).__name__) from error
        with self._lock, _told(), self._rows_of(table):
            found = self.session.sql(text).toArrow()
        return _typed(found, expression.schema().to_pyarrow())

    @contextmanager
    def _rows_of(self, table: Any) -> Iterator[None]:
        """Give Spark the rows in memory, for as long as it works on them."""
        from ibis.expr.operations import InMemoryTable

        held = table.op().find(InMemoryTable)
        try:
            for node in held:
                rows = node.data.to_pyarrow(node.schema)
                self.session.createDataFrame(rows).createOrReplaceTempView(node.name)
            yield
        finally:
            for node in held:
                self.session.catalog.dropTempView(node.name)


def _typed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return an answer with the types that Ibis expects, by which all engines agree."""
    import pyarrow as pa

    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, names=schema.names)


@contextmanager
def _told() -> Iterator[None]:
    """Translate what Spark raises, by the SQLSTATE that it tells."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        found = _TOLD.search(str(error))
        if found is None:
            raise
        name, words, state = found["name"], " ".join(found["words"].split()), found["state"]
        if name.startswith(_GONE):
            raise FileGoneError(words) from error
        if state.startswith(_DATA):
            raise UserValueError(f"the query cannot be answered: {words}") from error
        if state.startswith(_UNKNOWN):
            raise NotInEngineError(words) from error
        raise
