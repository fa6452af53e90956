"""The engines that run queries: DuckDB in this process, or a backend that Ibis drives.

A query is one Ibis expression over tables; an engine turns it into an Arrow table. Which one a
connection has is told by `modelgroups.connect`. All of them give the same answers.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from modelgroups.errors import UserTypeError
from modelgroups.query.engines.base import Engine
from modelgroups.query.engines.embedded import DuckDB, Embedded, embedded

if TYPE_CHECKING:
    from modelgroups.registry import Registry

__all__ = ["embedded_of", "engine_of", "require_engine"]

logger = logging.getLogger("modelgroups")


def require_engine(given: Any) -> DuckDB | Engine:
    """Return what a connection keeps of the engine that a user gave.

    Raises
    ------
    UserTypeError
        It is none.
    MethodNotApplicableError, MissingDependencyError
        It is a Spark session of Connect, or of a release before 4.

    Examples
    --------
    >>> require_engine("pyspark")
    Traceback (most recent call last):
    modelgroups.errors.UserTypeError: engine must be a modelgroups.DuckDB, a connected Ibis backend
    such as ibis.pyspark.connect(session), or None, got str 'pyspark'
    """
    if given is None:
        return DuckDB()
    if isinstance(given, DuckDB):
        return given
    from ibis.backends import BaseBackend

    if not isinstance(given, BaseBackend):
        shown = f" {given!r}" if isinstance(given, str | int | dict) else ""
        raise UserTypeError(
            "engine must be a modelgroups.DuckDB, a connected Ibis backend such as "
            f"ibis.pyspark.connect(session), or None, got {type(given).__name__}{shown}"
        )
    if given.name == "pyspark":
        from modelgroups.query.engines.spark import Spark

        return Spark(given)
    from modelgroups.query.engines.foreign import Foreign

    if given.name != "duckdb":
        logger.warning(
            "answers on the engine %s are not tested: they follow its own rules for nulls, texts "
            "and times; those on DuckDB and Spark are the same",
            given.name,
        )
    return Foreign(given)


def engine_of(registry: Registry) -> Engine:
    """Return the engine that runs the queries of a connection."""
    kept = registry.engine
    return embedded_of(registry) if kept is None or isinstance(kept, DuckDB) else kept


def embedded_of(registry: Registry) -> Embedded:
    """Return the engine in this process, also where another one runs the queries."""
    kept = registry.engine
    return embedded(kept if isinstance(kept, DuckDB) else DuckDB())
