"""Alembic migrations: one file a revision, numbered in order, frozen once released."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from modelgroups.catalog.engine import driver
from modelgroups.catalog.session import catalog_error
from modelgroups.errors import CatalogCorruptError

__all__ = ["upgrade"]


def upgrade(path: Path, revision: str = "head") -> None:
    """Bring the catalog file to a revision, in one transaction.

    Foreign keys are off meanwhile, for SQLite changes a column by copying its table; they
    are checked before the commit.

    Raises
    ------
    UnexpectedError
        A statement failed; the catalog is as it was.
    """
    from alembic import command
    from alembic.config import Config

    module = driver()
    engine = create_engine(
        "sqlite://",
        module=module,
        creator=lambda: module.connect(path, isolation_level=None, timeout=30.0),
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if dangling is not None:
                raise CatalogCorruptError(
                    f"the catalog {path} cannot be migrated: a row of {dangling[0]} names a row "
                    f"of {dangling[2]} that is not there; restore it from a backup"
                )
            connection.exec_driver_sql("COMMIT")
    except SQLAlchemyError as error:
        raise catalog_error(error, path) from error
    finally:
        engine.dispose()
