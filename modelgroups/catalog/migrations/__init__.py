"""Alembic migrations: one file a revision, numbered in order, frozen once released."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from modelgroups.catalog.engine import driver

__all__ = ["upgrade"]


def upgrade(path: Path, revision: str = "head") -> None:
    """Bring the catalog file to a revision, in one transaction.

    Foreign keys are off meanwhile, for SQLite changes a column by copying its table; they
    are checked before the commit.
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
            connection.exec_driver_sql("PRAGMA foreign_key_check")
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()
