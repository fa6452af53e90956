"""The least program that saves a version durably: what any registry must do at least.

It does by hand, with pyarrow and sqlite3, the durable steps of a save, and nothing else:
no schema is inferred or checked, nobody reads it back.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import pandas as pd

    from modelgroups import Attribute

__all__ = ["BareRegistry"]

_SCHEMA = """
CREATE TABLE model_group (id TEXT PRIMARY KEY, name TEXT, last INTEGER NOT NULL);
CREATE TABLE model (
    serial INTEGER PRIMARY KEY, id TEXT UNIQUE, group_id TEXT REFERENCES model_group,
    sequence_num INTEGER, name TEXT, input_type TEXT, output_type TEXT, attributes TEXT,
    created_at TEXT, UNIQUE (group_id, sequence_num));
CREATE TABLE attribute (
    model INTEGER REFERENCES model, ordinal INTEGER, name TEXT, stage TEXT, value_type TEXT,
    PRIMARY KEY (model, ordinal));
CREATE INDEX by_name ON attribute (name, model);
CREATE TABLE snapshot (digest TEXT PRIMARY KEY, size INTEGER, n_rows INTEGER, created_at TEXT);
CREATE TABLE reference (
    model TEXT REFERENCES model (id), digest TEXT REFERENCES snapshot, closed_at TEXT);
INSERT INTO model_group VALUES ('group', 'Card fraud', 0);
"""


class BareRegistry:
    """A folder with a catalog of one group and the files of its versions."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._objects.mkdir(parents=True, exist_ok=True)
        path = folder / "catalog.db"
        is_new = not path.exists()
        self._catalog = sqlite3.connect(path, isolation_level=None, timeout=60)
        self._catalog.execute("PRAGMA journal_mode=WAL")
        self._catalog.execute("PRAGMA synchronous=FULL")
        if is_new:
            self._catalog.executescript(_SCHEMA)

    def save(self, frame: pd.DataFrame, attributes: Sequence[Attribute]) -> int:
        """Store a version durably and return its number."""
        table = pa.Table.from_pandas(frame)
        staged = self._objects / f"staging-{uuid.uuid4().hex}"
        with staged.open("w+b") as file:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._catalog.execute("BEGIN IMMEDIATE")
        self._publish(staged, digest)
        number = self._insert(attributes, digest, size, table.num_rows)
        self._catalog.execute("COMMIT")
        return number

    def close(self) -> None:
        """Release the catalog."""
        self._catalog.close()

    def _publish(self, staged: Path, digest: str) -> None:
        staged.replace(self._objects / f"{digest}.parquet")
        fd = os.open(self._objects, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)

    def _insert(self, attributes: Sequence[Attribute], digest: str, size: int, n_rows: int) -> int:
        execute = self._catalog.execute
        at = datetime.now(UTC).isoformat()
        ((number,),) = execute("UPDATE model_group SET last = last + 1 RETURNING last").fetchall()
        model = str(uuid.uuid4())
        document = json.dumps([[a.name, a.stage, a.value_type] for a in attributes])
        serial = execute(
            "INSERT INTO model VALUES (NULL, ?, 'group', ?, 'Card fraud', ?, ?, ?, ?)",
            (model, number, "TABULAR", "REGRESSION", document, at),
        ).lastrowid
        self._catalog.executemany(
            "INSERT INTO attribute VALUES (?, ?, ?, ?, ?)",
            [(serial, i, a.name, a.stage, a.value_type) for i, a in enumerate(attributes)],
        )
        execute("INSERT OR IGNORE INTO snapshot VALUES (?, ?, ?, ?)", (digest, size, n_rows, at))
        execute("INSERT INTO reference VALUES (?, ?, ?)", (model, digest, at))
        return int(number)
