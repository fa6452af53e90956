"""A backup is the registry as it was at one moment, and is there wholly or not at all."""

import threading

import numpy as np
import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.errors import (
    CatalogCorruptError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UserTypeError,
    UserValueError,
)
from modelgroups.lifecycle import backup

FRAME = pd.DataFrame({"age": [31, 47, 52], "p": [0.2, 0.9, 0.4], "y": [0, 1, 0]})


def saved_model(connection, name="Card fraud"):
    model = connection.model(display_name=name, input_type="TABULAR", output_type="MULTICLASS")
    model.build(FRAME, {"p": 1}, ground_truth_column="y")
    model.add_artifact(name.encode(), name="weights")
    model.save()
    return model


def rows(n, start=0):
    return pd.DataFrame(
        {
            "age": np.arange(n) % 90,
            "p": np.arange(n) / n,
            "partner_inference_id": [f"i-{start + i}" for i in range(n)],
        }
    )


@pytest.fixture
def connection(tmp_path):
    with mg.connect(tmp_path / "registry") as connection:
        yield connection


def assert_same(copy, connection, model_id):
    model, original = copy.get_model(model_id), connection.get_model(model_id)
    assert model == original
    assert model.artifacts() == original.artifacts()
    pd.testing.assert_frame_equal(model.reference_data(), original.reference_data())
    pd.testing.assert_frame_equal(model.inferences(), original.inferences())


@pytest.mark.parametrize("read_only", [False, True])
def test_a_backup_holds_everything_and_opens(connection, tmp_path, read_only):
    model = saved_model(connection)
    model.send_inferences(rows(300))
    model.send_inferences(rows(5, start=300))
    model.update_inference_ground_truths([0, 1], partner_inference_ids=["i-1", "i-2"])
    with mg.connect(tmp_path / "registry", read_only=read_only) as source:
        assert source.backup(tmp_path / "copies" / "monday") == tmp_path / "copies" / "monday"
    with mg.connect(tmp_path / "copies" / "monday") as copy:
        report = copy.verify()
        assert report, str(report)
        assert (report.n_models, report.n_artifacts) == (1, 1)
        assert report.n_segments == connection.verify().n_segments > 0
        assert_same(copy, connection, model.id)
        saved_model(copy, "written to the copy only")
    assert len(connection.models()) == 1
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["monday"]


def test_a_registry_in_memory_can_be_kept(tmp_path):
    (tmp_path / "kept").mkdir()  # an empty folder will do
    with mg.connect(":memory:") as connection:
        model = saved_model(connection)
        with mg.connect(connection.backup(str(tmp_path / "kept"))) as copy:
            assert copy.get_model(model.id) == model


def test_files_that_are_compacted_away_meanwhile_are_not_missed(connection, tmp_path, monkeypatch):
    model = saved_model(connection)
    for start in range(0, 1200, 300):
        model.send_inferences(rows(300, start))
    copied = []

    def copy_file(path, target, digest, real=backup._copy_file):
        if not copied and path.suffix == ".npy":
            copied.append(path)
            model.compact()
        real(path, target, digest)

    monkeypatch.setattr(backup, "_copy_file", copy_file)
    connection.backup(tmp_path / "copy")
    assert copied
    with mg.connect(tmp_path / "copy") as copy:
        assert copy.verify()
        assert len(copy.get_model(model.id).inferences()) == 1200
        assert copy.gc().size == 0  # nothing was copied in vain


def test_a_backup_under_writers_is_one_moment(connection, tmp_path):
    model = saved_model(connection)
    done = threading.Event()
    failures = []

    def write():
        n = 0
        try:
            while not done.is_set():
                model.send_inferences(rows(300, start=1000 * n))
                saved_model(connection, f"other {n}")
                n += 1
                if n % 4 == 0:
                    model.compact()
        except Exception as error:
            failures.append(error)
            raise

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            connection.backup(tmp_path / f"copy-{number}")
    finally:
        done.set()
        writer.join()
    assert failures == []
    for number in range(4):
        with mg.connect(tmp_path / f"copy-{number}") as copy:
            assert copy.verify()
            n_sent = len(copy.get_model(model.id).inferences()) // 300
            assert len(copy.models()) - 1 in {n_sent, n_sent - 1}


@pytest.mark.parametrize("kind", ["parquet", "artifact", "keys.npy"])
@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_registry_is_not_copied(connection, tmp_path, kind, damage):
    model = saved_model(connection)
    model.send_inferences(rows(300))
    path = next((tmp_path / "registry").rglob(f"*/*.{kind}"))
    if damage == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    wanted = SnapshotMissingError if damage == "gone" else SnapshotCorruptError
    with pytest.raises(wanted, match=path.name):
        connection.backup(tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["registry"]


def test_a_damaged_catalog_is_not_passed_on(connection, tmp_path):
    saved_model(connection)
    with connection.registry.catalog.write() as session:
        session.connection().exec_driver_sql("PRAGMA writable_schema=ON")
        session.connection().exec_driver_sql(
            "UPDATE sqlite_master SET rootpage = 2 WHERE name = 'ix_tag_tag'"
        )
    with pytest.raises(CatalogCorruptError):
        connection.backup(tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["registry"]


def test_bad_locations_are_refused(connection, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for location in (tmp_path / "full", tmp_path / "full" / "file"):
        with pytest.raises(UserValueError, match="there already"):
            connection.backup(location)
    for location in (tmp_path / "registry", tmp_path / "registry" / "objects" / "copy"):
        with pytest.raises(UserValueError, match="in the registry itself"):
            connection.backup(location)
    with pytest.raises(UserValueError, match="a folder that stays"):
        connection.backup(":memory:")
    with pytest.raises(UserTypeError):
        connection.backup(5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "registry"]
