"""Audit events travel with their group, and are verifiable beside the chain that takes them in."""

import json
import re
import zipfile
from contextlib import contextmanager

import pytest
from sqlalchemy import text

import modelgroups as mg
from modelgroups.bundle.checks import require_sound
from modelgroups.bundle.documents import dump_content, load_content
from modelgroups.bundle.export import _content
from modelgroups.catalog.events import chained
from modelgroups.errors import BundleError, CatalogCorruptError, NotFoundError
from modelgroups.testing.factories import example_version

ROW = {"age": 31, "p": 0.25}


@contextmanager
def origin():
    """Offer a registry with a group to which something happened."""
    with mg.connect(":memory:", actor="ada") as connection:
        example_version(connection, "V1")
        version = example_version(connection, "V2")
        version.send_inferences([ROW | {"partner_inference_id": f"i-{n}"} for n in range(3)])
        version.delete_inferences(["i-0", "i-1"])
        connection.get_model_group(version).promote("V1", reason="the first")
        yield connection


@pytest.fixture
def connection():
    with origin() as connection:
        yield connection


@pytest.fixture(scope="module")
def document():
    """Return the rows of the group as they travel."""
    with origin() as connection:
        (group,) = connection.model_groups()
        return dump_content(_content(connection.registry, group.id, with_logs=False))


@pytest.fixture
def group(connection):
    return connection.model_groups()[0]


@pytest.fixture
def elsewhere():
    with mg.connect(":memory:", actor="bob") as connection:
        yield connection


def group_of(held):
    return held["model_group"]["rows"][0][held["model_group"]["columns"].index("id")]


def told(events):
    """Return events without what says whose they are."""
    return events.drop(columns="import_id").to_dict("records")


def changed(connection, statement, **values):
    with connection.registry.catalog.write() as session:
        session.execute(text(statement), values)


# --- the story at its destination ---------------------------------------------------------------


def test_the_events_of_the_origin_are_listed_as_they_are_there(
    connection, group, elsewhere, tmp_path
):
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    events = elsewhere.audit(group=group.id)
    came = events[events["import_id"].notna()]
    assert told(came) == told(connection.audit(group=group))
    assert set(came["actor"]) == {"ada"}
    (imported,) = elsewhere.audit(type="group.imported").to_dict("records")
    assert set(came["import_id"]) == {imported["event_id"]}
    assert imported["after"]["history"]["events"] == len(came)
    ours = events[events["import_id"].isna()]
    assert set(ours["actor"]) == {"bob"}
    assert list(ours["type"]) == ["group.imported", "model.imported", "model.imported",
                                  "alias.moved"]  # fmt: skip
    assert events.index[events["type"] == "group.imported"] == [len(came)]  # they stand before it
    report = elsewhere.verify()
    assert report, str(report)


def test_the_filters_of_the_audit_hold_for_what_came(group, elsewhere, tmp_path):
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    second = group.get_version(label="V2")
    assert len(elsewhere.audit(type="inferences.deleted", model=second.id)) == 1
    assert len(elsewhere.audit(type="inferences.deleted", group=group.name)) == 1
    with pytest.raises(NotFoundError, match="another"):
        elsewhere.audit(group="another")
    moved = elsewhere.audit(category="alias")
    assert list(moved["actor"]) == ["ada", "bob"]
    assert len(elsewhere.audit(until=moved["timestamp"].iloc[0].to_pydatetime())) < 7


def test_what_was_deleted_is_told_and_the_rows_stay_away(group, elsewhere, tmp_path):
    bundle = group.export(tmp_path / "bundle", inferences=True)
    moved = elsewhere.import_bundle(bundle).get_version(label="V2")
    original = group.get_version(label="V2")
    assert moved.deletions().to_dict("records") == original.deletions().to_dict("records")
    assert list(moved.deletions()["n_inferences"]) == [2]
    assert list(moved.inferences()["partner_inference_id"]) == ["i-2"]
    with mg.connect(":memory:") as third:
        without = third.import_bundle(bundle, inferences=False)
        assert len(without.get_version(label="V2").deletions()) == 1


def test_the_last_event_that_travelled_is_a_head_that_the_origin_can_verify(
    connection, group, tmp_path
):
    with zipfile.ZipFile(group.export(tmp_path / "bundle")) as archive:
        history = json.loads(archive.read("catalog.json"))["history"]
    last = dict(zip(history["columns"], history["rows"][-1], strict=True))
    assert connection.verify(audit_head=mg.AuditHead(last["number"], last["hash"]))
    assert not connection.verify(audit_head=mg.AuditHead(last["number"], "0" * 64))


def test_a_group_that_comes_back_brings_what_happened_meanwhile(
    connection, group, elsewhere, tmp_path
):
    moved = elsewhere.import_bundle(group.export(tmp_path / "1"))
    before = connection.audit(group=group)
    moved.promote("V2", reason="better there")
    connection.import_bundle(moved.export(tmp_path / "2"))
    after = connection.audit(group=group)
    came = after[after["import_id"].notna()]
    assert set(came["actor"]) == {"bob"}  # what is ours did not come a second time
    assert told(after[: len(before)]) == told(before)
    assert list(came["type"])[-1] == "alias.moved"
    assert group.champion().version_label == "V2"
    assert connection.verify()
    third = mg.connect(":memory:")
    third.import_bundle(group.export(tmp_path / "3"))
    assert told(third.audit(group=group.id))[: len(after)] == told(after)
    assert third.verify()
    third.close()


def test_the_same_bundle_again_brings_nothing(group, elsewhere, tmp_path):
    bundle = group.export(tmp_path / "bundle")
    elsewhere.import_bundle(bundle)
    before = elsewhere.audit_head()
    elsewhere.import_bundle(bundle)
    assert elsewhere.audit_head() == before


# --- tampering ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE imported_event SET reason = 'x' WHERE serial = 3", "event 3 .* not as it was"),
        ('UPDATE imported_event SET actor = \'{"name":"eve"}\' WHERE serial = 1', "event 1 "),
        ("UPDATE imported_event SET number = number + 1 WHERE serial = 2", "event 2 "),
        ("UPDATE imported_event SET previous = hash WHERE serial = 2", "event 2 "),
        ("UPDATE imported_event SET hash = hex(zeroblob(32)) WHERE serial = 2", "not as they came"),
        ("UPDATE imported_event SET after = x'00' WHERE serial = 2", "event 2 "),
        ("DELETE FROM imported_event WHERE serial = 4", "not as they came"),
        ("DELETE FROM imported_event", "0 are here, and not as they came"),
        ("UPDATE imported_event SET serial = -1 WHERE serial = 2", "not as they came"),
        ("UPDATE imported_event SET import_event = 2 WHERE serial = 2", "which tells of none"),
        ("UPDATE model SET display_name = 'x' WHERE sequence_num = 1", "was changed since"),
    ],
)
def test_what_was_changed_in_it_is_named(group, elsewhere, tmp_path, change, problem):
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    changed(elsewhere, change)
    assert re.search(problem, str(elsewhere.verify()))


def test_a_made_up_event_is_named(group, elsewhere, tmp_path):
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    values = ["0" * 64, 1, "2026-01-01T00:00:00.000000+00:00", "group.updated", group.id, None]
    values += ['{"name":"eve"}', None, None, None]
    row = dict(zip("abcdefghij", values, strict=True)) | {"k": chained(values[0], values[1:])}
    changed(
        elsewhere,
        "INSERT INTO imported_event SELECT NULL, import_event, :a, :b, :c, :d, :e, :f, :g, :h, :i, "
        ":j, :k FROM imported_event LIMIT 1",
        **row,
    )
    assert "not as they came" in str(elsewhere.verify())


def test_an_imported_version_whose_row_and_fingerprint_were_changed_is_named(
    group, elsewhere, tmp_path
):
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    changed(elsewhere, "UPDATE model SET fingerprint = :other", other="0" * 64)
    assert len(elsewhere.verify().problems) == 2


@pytest.mark.parametrize("column", ["digest", "size", "name"])
def test_an_imported_artifact_whose_row_was_changed_is_named(group, elsewhere, tmp_path, column):
    group.get_version(label="V1").add_artifact(b"weights", name="weights")
    elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    assert elsewhere.verify()
    changed(elsewhere, f"UPDATE artifact SET {column} = {column} || '0'")
    assert "artifact 'weights" in str(elsewhere.verify())


def test_events_that_were_changed_are_not_exported(connection, group, tmp_path):
    changed(connection, "UPDATE event SET reason = 'x' WHERE serial = 2")
    with pytest.raises(CatalogCorruptError, match=r"audit event 2 .* cannot be exported"):
        group.export(tmp_path / "bundle")
    assert not list(tmp_path.iterdir())


UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("type", "model.stolen", "a type, number or time that there is not"),
        ("number", 0, "a type, number or time that there is not"),
        ("at", "yesterday", "a type, number or time that there is not"),
        ("group_id", UNKNOWN, "of another group"),
        ("model_id", UNKNOWN, "of no version of it"),
        ("actor", "{}", "not JSON"),
        ("actor", '{"name":5}', "not JSON"),
        ("actor", '{"user":"a","host":"b","process":"c"}', "not JSON"),
        ("actor", "[" * 100_000, "not JSON"),
        ("after", "[]", "not JSON"),
        ("before", "{", "not JSON"),
        ("number", 2**63, "a 'number' it cannot have"),
        ("reason", "\ud800", "a 'reason' it cannot have"),
        ("hash", None, "a 'hash' it cannot have"),
    ],
)
def test_events_that_nobody_recorded_are_refused(document, column, value, problem):
    held = json.loads(document)
    part = held["history"]
    row = dict(zip(part["columns"], part["rows"][1], strict=True))
    row[column] = value
    previous, *rest, _ = row.values()
    if column != "hash":
        row["hash"] = chained(previous, rest)
    part["rows"][1] = list(row.values())
    with pytest.raises(BundleError, match=problem):
        require_sound(load_content(json.dumps(held).encode()), group_of(held))


@pytest.mark.parametrize("column", ["previous", "reason", "hash", "actor"])
def test_events_with_another_hash_are_refused(document, column):
    held = json.loads(document)
    part = held["history"]
    part["rows"][1][part["columns"].index(column)] = "0" * 64
    with pytest.raises(BundleError, match=r"event 2 .* the hash that it was recorded with"):
        require_sound(load_content(json.dumps(held).encode()), group_of(held))
    part["rows"][1] = part["rows"][0]
    with pytest.raises(BundleError, match="stands there twice"):
        require_sound(load_content(json.dumps(held).encode()), group_of(held))
