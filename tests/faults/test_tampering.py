"""Wherever one byte of what is kept is changed, it is found, and named.

The places are drawn by hypothesis: in every column of the audit events, of here and of elsewhere,
in a snapshot, an artifact, the rows and the index of a segment, and in a bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import crew
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import modelgroups as mg
from modelgroups.catalog.events import StoredEvent
from modelgroups.catalog.history import TravellingEvent
from modelgroups.errors import BundleError
from modelgroups.testing.factories import open_copy

FILES = ("objects/*.parquet", "objects/*.artifact", "inferences/*/*.parquet", "inferences/*/*.npy")
TABLES = {"event": StoredEvent._fields, "imported_event": TravellingEvent._fields}
COLUMNS = [(table, name) for table, names in TABLES.items() for name in names]

REFERRED = "SELECT event FROM alias_move UNION SELECT import_event FROM imported_event"
often = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a registry that has events of another one, and with a bundle of its group."""
    folder = tmp_path_factory.mktemp("tampering")
    with mg.connect(folder / "origin") as origin:
        model = crew.new_model(origin, 1)
        model.add_artifact(b"weights " * 50, name="weights")
        model.save()
        sent = crew.frame(1).drop(columns="fraud")
        sent = sent.loc[sent.index.repeat(60)].reset_index(drop=True)
        model.send_inferences(sent)
        group = origin.get_model_group(model)
        group.set_alias("champion", 1)
        group.export(folder / "bundle", inferences=True)
    with mg.connect(folder / "registry") as connection:
        group = connection.import_bundle(folder / "bundle")
        group.set_alias("challenger", 1)
        group.delete_alias("challenger", reason="of no use")
    return folder


@pytest.fixture(scope="module")
def connection(places: Path) -> Iterator[mg.Connection]:
    """A copy of the registry, which each test leaves as it was."""
    with open_copy(places / "registry", places / "copy") as connection:
        assert connection.verify()
        yield connection
        assert connection.verify()


def flipped(content: bytes, data: st.DataObject) -> bytes:
    """Return bytes of which one is another."""
    place = data.draw(st.integers(0, len(content) - 1), "place")
    other = content[place] ^ data.draw(st.integers(1, 255), "bits")
    return content[:place] + bytes([other]) + content[place + 1 :]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_byte_of_an_audit_row(connection: mg.Connection, table: str, column: str) -> None:
    with connection.registry.catalog.read() as session:
        rows = session.execute(text(f"SELECT serial, CAST({column} AS BLOB) FROM {table}")).all()
        if column == "serial":  # what others refer to, SQLite keeps
            referred = set(session.execute(text(REFERRED)).scalars())
            rows = [row for row in rows if row.serial not in referred]
        kinds = session.execute(text(f"SELECT DISTINCT typeof({column}) FROM {table}")).scalars()
        kind = "INTEGER" if "integer" in set(kinds) else "TEXT"

    def write(serial: int, value: bytes | None) -> None:
        statement = f"UPDATE {table} SET {column} = CAST(:value AS {kind}) WHERE serial = :serial"
        with connection.registry.catalog.write() as session:
            session.execute(text(statement), {"value": value, "serial": serial})

    @settings(often, max_examples=10)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        serial, value = data.draw(st.sampled_from(rows), "row")
        if kind == "INTEGER":
            changed = str(int(value) + data.draw(st.integers(100, 10**6), "more")).encode()
        else:
            changed = b"x" if value is None else flipped(value, data)
        write(serial, changed)
        found = connection.verify().problems
        moved = int(changed) if column == "serial" else serial
        write(moved, value)
        what = "imported event" if table == "imported_event" else "audit event"
        assert any(what in problem for problem in found), found
        if column != "serial":
            assert any(f"event {serial} " in problem for problem in found), found

    check()


@pytest.mark.parametrize("kind", FILES)
def test_a_byte_of_a_file(connection: mg.Connection, kind: str) -> None:
    path = next(connection.registry.root.glob(kind))
    content = path.read_bytes()

    @often
    @given(st.data())
    def check(data: st.DataObject) -> None:
        path.write_bytes(flipped(content, data))
        (problem,) = connection.verify().problems
        assert path.name in problem

    check()
    path.write_bytes(content)


def test_a_byte_of_a_bundle(places: Path, tmp_path: Path) -> None:
    content = (places / "bundle").read_bytes()
    path = tmp_path / "bundle"
    with mg.connect(":memory:") as elsewhere:

        @often
        @given(st.data())
        def check(data: st.DataObject) -> None:
            path.write_bytes(flipped(content, data))
            with pytest.raises(BundleError, match=str(path)):
                elsewhere.import_bundle(path)

        check()
        assert elsewhere.audit_head().n_events == 0
