"""A registry of an older release is brought up to date, whole, or left as it was.

`revision_0001` holds a registry as its revision wrote it: the catalog as SQL text and
its one snapshot. `revision_0003` has two versions with inferences, of which some were deleted.
`revision_0010` has a group of two versions that came with the bundle beside it.
"""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect

import modelgroups as mg
from modelgroups.catalog import setup
from modelgroups.catalog.engine import APPLICATION_ID
from modelgroups.errors import ReadOnlyError, UnexpectedError

FIXTURE = Path(__file__).parent / "revision_0001"
WITH_LOGS = Path(__file__).parent / "revision_0003"
WITH_IMPORTS = Path(__file__).parent / "revision_0010"

REFERENCE = pd.DataFrame(
    {
        "age": [31, 47, 52, 31],
        "city": ["Ulm", "Bonn", "Ulm", "Köln"],
        "p": [0.2, 0.9, 0.7, 0.1],
        "y": [0, 1, 1, 0],
    }
)


@pytest.fixture
def older(tmp_path):
    """Return the folder of a registry at revision 0001."""
    return restored(FIXTURE, tmp_path / "older")


def restored(fixture: Path, root: Path) -> Path:
    root.mkdir()
    with closing(sqlite3.connect(root / "catalog.db")) as database:
        database.executescript((fixture / "catalog.sql").read_text())
        database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.execute("PRAGMA journal_mode=WAL")
    for file in [*fixture.glob("*.parquet"), *fixture.glob("*.artifact")]:
        folder = root / "objects" / ("" if fixture == WITH_IMPORTS else file.name[:2])
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder)
    return root


def objects_of(root: Path) -> set[str]:
    return {str(path.relative_to(root / "objects")) for path in (root / "objects").rglob("*")}


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_everything_is_there_after_the_migration(older):
    with mg.connect(older) as connection:
        group = connection.get_model_group("Card fraud")
        first, second = connection.models(group=group, archived=None)
        assert (first.version_label, first.tags, first.description) == (
            "V1",
            ["cards", "eu"],
            "première",
        )
        assert second.archived
        assert connection.get_model("answers", id_type="partner_model_id").is_batch
        pd.testing.assert_frame_equal(
            first.reference_data().astype({"city": object}), REFERENCE.astype({"city": object})
        )
        report = connection.verify()
        assert report, str(report)
        assert report.n_models == 3


def test_versions_are_found_by_their_attributes_after_the_migration(older):
    with closing(sqlite3.connect(older / "catalog.db")) as database:
        rows = database.execute(
            "SELECT model.id, attribute.name FROM attribute JOIN model ON serial = model_serial"
        ).fetchall()
    assert rows
    with mg.connect(older) as connection:
        for name in {name for _, name in rows}:
            found = {model.id for model in connection.models(attribute=name, archived=None)}
            assert found == {model_id for model_id, of in rows if of == name}


def test_files_of_an_older_registry_are_moved_into_one_folder(older):
    names = {path.name for path in FIXTURE.glob("*.parquet")}
    mg.connect(older).close()
    assert objects_of(older) == names


def test_a_move_that_was_broken_off_is_finished(older):
    (moved,) = (older / "objects").glob("*/*.parquet")
    moved.replace(older / "objects" / moved.name)
    with mg.connect(older) as connection:
        assert connection.verify()
    assert objects_of(older) == {moved.name}


def test_an_older_registry_can_be_written_after_the_migration(older):
    with mg.connect(older) as connection:
        group = connection.get_model_group("Card fraud")
        model = connection.model("fraud-3", "TABULAR", "MULTICLASS")
        model.build(REFERENCE, {"p": 1}, ground_truth_column="y")
        group.add_version(model)
        model.save()
        assert model.version_sequence_num == 3


def test_a_copy_of_the_catalog_as_it_was_is_kept_beside_it(older):
    before = rows(older / "catalog.db")
    mg.connect(older).close()
    copy = older / "catalog.db.revision-0001.bak"
    assert setup.read_revision(copy) == "0001"
    assert rows(copy) == before


def test_a_migrated_catalog_has_the_schema_of_a_new_one(older, tmp_path):
    mg.connect(older).close()
    mg.connect(tmp_path / "new").close()
    assert schema_of(older / "catalog.db") == schema_of(tmp_path / "new" / "catalog.db")


def schema_of(path: Path) -> dict:
    inspector = inspect(create_engine(f"sqlite:///{path}"))
    described = {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(
                (key["constrained_columns"], key["referred_table"], key["referred_columns"])
                for key in inspector.get_foreign_keys(table)
            ),
            "unique": sorted(c["column_names"] for c in inspector.get_unique_constraints(table)),
            "indexes": sorted(
                (index["name"], index["column_names"], index["unique"])
                for index in inspector.get_indexes(table)
            ),
        }
        for table in inspector.get_table_names()
    }
    inspector.bind.dispose()
    for table in described.values():  # lengths of texts are not enforced by SQLite
        table["columns"] = [
            (name, kind.split("(")[0].replace("TEXT", "VARCHAR"), nullable, default)
            for name, kind, nullable, default in table["columns"]
        ]
    return described


def test_a_migration_that_fails_changes_nothing(older):
    with closing(sqlite3.connect(older / "catalog.db")) as database:
        database.execute("CREATE TABLE _alembic_tmp_model (in_the_way INTEGER)")
    before = rows(older / "catalog.db")
    with pytest.raises(UnexpectedError, match="_alembic_tmp_model"):
        mg.connect(older)
    assert rows(older / "catalog.db") == before
    assert setup.read_revision(older / "catalog.db") == "0001"
    assert {len(Path(name).parts) for name in objects_of(older)} == {1, 2}


def test_an_older_registry_is_not_migrated_by_a_reader(older):
    before = rows(older / "catalog.db")
    with pytest.raises(ReadOnlyError, match="older release"):
        mg.connect(older, read_only=True)
    assert rows(older / "catalog.db") == before
    assert not list(older.glob("*.bak"))


def test_processes_that_open_an_older_registry_at_once_migrate_it_once(older):
    code = f"import modelgroups; print(len(modelgroups.connect({str(older)!r}).models()))"
    workers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [worker.communicate()[0].strip() for worker in workers] == ["2"] * 4
    with mg.connect(older) as connection:
        assert connection.verify()


def test_deletions_of_before_are_events_and_the_chain_begins(tmp_path):
    root = restored(WITH_LOGS, tmp_path / "older")
    with closing(sqlite3.connect(root / "catalog.db")) as database:
        query = "SELECT at, rule, n_inferences, n_truths FROM log_change ORDER BY at"
        before = database.execute(query).fetchall()
    assert len(before) == 3
    with mg.connect(root) as connection:
        first, second = connection.models()
        assert (len(first.inferences()), len(second.inferences())) == (3, 1)
        assert list(first.deletions()["rule"]) == [before[0][1], before[2][1]]
        assert list(second.deletions()["n_inferences"]) == [0]
        assert first.deletions()["at"].iloc[0] == pd.Timestamp(before[0][0])
        events = connection.audit()
        assert list(events["type"]) == ["inferences.deleted"] * 3 + ["registry.migrated"] * 2
        assert set(events["actor"]) == {"not recorded"}
        assert list(events["model_id"])[:3] == [first.id, second.id, first.id]
        assert events["after"].iloc[3] == {"revision": "0008", "groups": 1, "models": 2}
        first.delete_inferences(["id-4"])
        assert list(first.deletions()["n_inferences"]) == [1, 1, 1]
        connection.get_model_group(first).promote("V1")
        report = connection.verify()
        assert report, str(report)
        assert report.n_events == 7


def test_what_no_event_told_of_is_told_by_the_migration(tmp_path):
    root = restored(WITH_IMPORTS, tmp_path / "older")
    with mg.connect(root) as connection:
        (event,) = connection.audit(type="registry.migrated").to_dict("records")
        versions = {model.id for model in connection.models()}
        assert event["after"]["revision"] == "0012"
        assert event["after"]["fingerprints"].keys() == versions
        assert {row[0] for row in event["after"]["artifacts"]} == versions
        assert connection.verify()
        connection.get_model_group("Card fraud").promote("V2")
        assert connection.verify()
    for number, change in enumerate(
        (
            "UPDATE artifact SET digest = hex(zeroblob(32))",
            "UPDATE artifact SET name = 'x' || name",
            "DELETE FROM artifact",
        )
    ):
        copy = shutil.copytree(root, tmp_path / f"copy-{number}")
        with closing(sqlite3.connect(copy / "catalog.db")) as database, database:
            database.execute(change)
        with mg.connect(copy) as connection:
            assert "artifact 'weights.bin'" in str(connection.verify())


def test_a_bundle_of_before_there_was_a_history_comes_in(tmp_path):
    with mg.connect(tmp_path / "new") as connection:
        group = connection.import_bundle(WITH_IMPORTS / "fraud.bundle")
        assert [version.version_label for version in group.get_versions()] == ["V2", "V1"]
        assert group.champion().version_label == "V1"
        assert len(group.get_version(label="V1").inferences()) == 2
        assert group.deploy.history() == []
        assert connection.verify()
        assert connection.audit()["import_id"].isna().all()
