"""What is exported comes in elsewhere with nothing lost; the same content makes the same bytes."""

import hashlib
import os
import subprocess
import sys
import zipfile

import pandas as pd
import pytest

import modelgroups as mg
from modelgroups.bundle import archive
from modelgroups.catalog.exported import EXPORTED, NOT_EXPORTED
from modelgroups.catalog.log_tables import METADATA
from modelgroups.catalog.tables import table
from modelgroups.errors import (
    BundleError,
    MethodNotApplicableError,
    ReadOnlyError,
    SnapshotCorruptError,
    SnapshotMissingError,
    UnexpectedError,
    UserTypeError,
    UserValueError,
)

from .samples import (
    assert_same_but_for_history,
    assert_same_group,
    contents,
    new_version,
    rich_group,
    rows,
)


@pytest.fixture
def connection(tmp_path):
    with mg.connect(tmp_path / "here") as connection:
        yield connection


@pytest.fixture
def elsewhere(tmp_path):
    with mg.connect(tmp_path / "elsewhere") as connection:
        yield connection


def small_group(connection):
    """Return a group of one version with a file of every kind."""
    model = new_version(connection, 1)
    model.save()
    model.send_inferences(rows(300))
    return connection.get_model_group(model)


def test_every_table_travels_or_is_said_to_stay():
    declared = [exported.table for exported in EXPORTED] + [table(row) for row in NOT_EXPORTED]
    assert sorted(t.name for t in declared) == sorted(METADATA.tables)
    order = [exported.name for exported in EXPORTED]
    for exported in EXPORTED:
        named = {key.column.table.name for key in exported.table.foreign_keys}
        assert all(order.index(name) < order.index(exported.name) for name in named)


@pytest.mark.parametrize("inferences", [False, True])
def test_everything_comes_in_elsewhere(connection, elsewhere, tmp_path, inferences):
    group = rich_group(connection, tmp_path)
    bundle = group.export(tmp_path / "fraud.bundle", inferences=inferences)
    there = elsewhere.import_bundle(bundle)
    assert there.id == group.id
    assert_same_group(group, there)
    report = elsewhere.verify()
    assert report, str(report)
    assert (report.n_models, report.n_artifacts) == (4, 4)
    first = there.get_version(label="V1")
    original = group.get_version(label="V1")
    assert first.get_enrichment("anomaly_detection")["enabled"]
    assert first.get_alert_rules() == original.get_alert_rules()
    assert [m.id for m in first.get_metrics()] == [m.id for m in original.get_metrics()]
    pd.testing.assert_frame_equal(first.reference_data(), original.reference_data())
    assert elsewhere.models(attribute="city", tag="cards") == [original]
    (imported,) = elsewhere.audit(type="group.imported").to_dict("records")
    assert (imported["group_id"], imported["after"]["rows"]["model"]) == (group.id, 4)
    pd.testing.assert_frame_equal(first.deletions(), original.deletions())
    if inferences:
        pd.testing.assert_frame_equal(first.inferences(), original.inferences())
        assert str(first.summary()) == str(original.summary())
        assert len(original.deletions()) == 1
        assert first.get_enrichments() == original.get_enrichments()
        assert first.get_alerts() == original.get_alerts()
        scores = {"select": [{"function": "sum", "parameters": {"property": "anomaly_score"}}]}
        assert first.query(scores) == original.query(scores)
        batches = there.get_version(sequence_num=3)
        pd.testing.assert_frame_equal(
            batches.batches(), group.get_version(sequence_num=3).batches()
        )
        seeing = there.get_latest_version()
        [image] = seeing.inferences()["picture"]
        assert "raw_image" in seeing.get_image(image, tmp_path)
        pd.testing.assert_frame_equal(
            first.metrics(["Elderly"], every=None), original.metrics(["Elderly"], every=None)
        )
    else:
        assert len(first.inferences()) == 0


def test_what_came_in_makes_the_same_bundle_again(connection, elsewhere, tmp_path):
    new_version(elsewhere, 7, partner_model_id="of another group").save()
    group = rich_group(connection, tmp_path)
    bundle = group.export(tmp_path / "1.bundle", inferences=True)
    again = group.export(tmp_path / "2.bundle", inferences=True)
    there = elsewhere.import_bundle(bundle).export(tmp_path / "3.bundle", inferences=True)
    assert bundle.read_bytes() == again.read_bytes()
    assert_same_but_for_history(bundle, there)


def test_a_group_that_came_in_goes_on_living(connection, elsewhere, tmp_path):
    group = rich_group(connection, tmp_path)
    there = elsewhere.import_bundle(group.export(tmp_path / "b", inferences=True))
    first = there.get_version(label="V1")
    first.send_inferences(rows(400, start=1000))
    assert first.send_inferences(rows(10))["counts"]["success"] == 10  # known, or deleted
    first.update_inference_ground_truths([1], partner_inference_ids=["i-1000"])
    n_rows = len(first.inferences())
    assert n_rows == 300 + 7 - 2 + 400 + 1  # i-5, which was deleted, came again
    first.compact()
    assert len(first.inferences()) == n_rows
    fifth = new_version(elsewhere, 5, there)
    fifth.save()
    assert fifth.version_sequence_num == 5
    there.get_version(sequence_num=2, include_archived=True).restore()
    assert elsewhere.verify()


def test_a_bundle_is_an_archive_that_others_can_read(connection, tmp_path):
    bundle = small_group(connection).export(tmp_path / "b.zip")
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names[:2] == ["manifest.json", "catalog.json"]
    assert "artifacts/" + hashlib.sha256(b"weights of 1").hexdigest() in names
    assert not any(name.startswith("segments") for name in names)


def test_deleted_inferences_do_not_travel(connection, tmp_path):
    model = new_version(connection, 1)
    model.save()
    frame = rows(300)
    frame.loc[7, "city"] = "a secret place"
    model.send_inferences(frame)
    model.delete_inferences(["i-7"])
    group = connection.get_model_group(model)
    with mg.connect(tmp_path / "here", read_only=True) as reader:
        with pytest.raises(MethodNotApplicableError, match="deleted inferences"):
            reader.get_model_group(group.id).export(tmp_path / "r", inferences=True)
        reader.get_model_group(group.id).export(tmp_path / "without")
    bundle = group.export(tmp_path / "b", inferences=True)
    assert b"a secret place" not in bundle.read_bytes()
    assert len(model.inferences()) == 299


def test_another_process_takes_a_bundle_in(connection, tmp_path):
    group = rich_group(connection, tmp_path)
    bundle = group.export(tmp_path / "b", inferences=True)
    code = (
        "import sys, modelgroups as mg\n"
        "with mg.connect(sys.argv[1]) as c: print(len(c.import_bundle(sys.argv[2]).get_versions()))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "new"), str(bundle)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "3\n"
    with mg.connect(tmp_path / "new", read_only=True) as reader:
        assert_same_group(group, reader.get_model_group(group.id))
        with pytest.raises(ReadOnlyError):
            reader.import_bundle(bundle)


def test_bad_paths_are_refused(connection, elsewhere, tmp_path):
    group = small_group(connection)
    (tmp_path / "cat.gif").write_bytes(b"GIF89a cat")
    before = sorted(tmp_path.iterdir())
    for path in (tmp_path, tmp_path / "cat.gif"):
        with pytest.raises(UserValueError, match="there already"):
            group.export(path)
    with pytest.raises(UserTypeError, match="given by its path"):
        group.export(None)
    with pytest.raises(UserValueError, match="not the path"):
        group.export("a\0b")
    with pytest.raises(mg.ModelGroupsError, match="no bundle can be written"):
        group.export(tmp_path / "no" / "such" / "folder")
    with pytest.raises(UserTypeError, match="inferences must be True or False"):
        group.export(tmp_path / "b", inferences="yes")
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BundleError, match="there is no bundle"):
            elsewhere.import_bundle(path)
    with pytest.raises(BundleError, match="is no bundle"):
        elsewhere.import_bundle(tmp_path / "cat.gif")
    with pytest.raises(UserTypeError):
        elsewhere.import_bundle(5)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("damage", ["flipped", "gone"])
@pytest.mark.parametrize("kind", ["objects/*.parquet", "objects/*.artifact", "inferences/*/*"])
def test_damage_is_not_exported(connection, tmp_path, kind, damage):
    group = small_group(connection)
    path = next(path for path in (tmp_path / "here").glob(kind) if path.stat().st_size)
    if damage == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    wanted = SnapshotMissingError if damage == "gone" else SnapshotCorruptError
    with pytest.raises(wanted, match=path.stem):
        group.export(tmp_path / "b", inferences=True)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith((".modelgroups", "b"))]


def test_nothing_changes_by_an_export(connection, tmp_path):
    group = rich_group(connection, tmp_path)
    group.export(tmp_path / "1", inferences=True)  # removes what was deleted
    before = contents(connection)
    group.export(tmp_path / "2", inferences=True)
    assert contents(connection) == before


def test_a_collection_leaves_the_files_of_an_import_that_is_under_way(connection):
    with connection.registry.objects.stage_folder() as folder:
        (folder / "0").write_bytes(b"on its way")
        os.utime(folder, (0, 0))  # it looks as if it were old
        assert connection.gc().n_staging == 0
        assert (folder / "0").read_bytes() == b"on its way"
    assert not folder.exists()
    folder.mkdir()
    (folder / "0").write_bytes(b"whose process died")
    os.utime(folder, (0, 0))
    collected = connection.gc()
    assert (collected.n_staging, collected.size) == (1, 18)
    assert not folder.exists()


def test_files_that_are_compacted_away_meanwhile_are_not_missed(connection, tmp_path, monkeypatch):
    group = small_group(connection)
    model = group.get_latest_version()
    for start in range(300, 1500, 300):
        model.send_inferences(rows(300, start))
    added = []

    def add(self, name, *more, real=archive.Writer.add):
        if not added and name.endswith(".npy"):
            added.append(name)
            model.compact()
        real(self, name, *more)

    monkeypatch.setattr(archive.Writer, "add", add)
    bundle = group.export(tmp_path / "b", inferences=True)
    assert added
    assert bundle.read_bytes() == group.export(tmp_path / "c", inferences=True).read_bytes()
    with mg.connect(":memory:") as elsewhere:
        assert len(elsewhere.import_bundle(bundle).get_latest_version().inferences()) == 1500


def test_a_disk_that_refuses_is_told_and_nothing_comes_in(connection, elsewhere, tmp_path):
    bundle = small_group(connection).export(tmp_path / "b", inferences=True)
    (tmp_path / "elsewhere" / "objects").write_bytes(b"in the way")
    with pytest.raises(UnexpectedError, match="Nothing was stored"):
        elsewhere.import_bundle(bundle)
    assert elsewhere.models() == []
