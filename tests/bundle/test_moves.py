"""Aliases travel with all their moves, and go on in the registry that takes them in."""

import json
import zipfile

import pytest

import modelgroups as mg
from modelgroups.bundle.checks import require_sound
from modelgroups.bundle.documents import dump_content, load_content
from modelgroups.bundle.export import _content
from modelgroups.errors import BundleError, ConflictError
from modelgroups.testing import example_group

from .samples import assert_same_but_for_history


@pytest.fixture
def group():
    with example_group("V1", "V2", "V3") as found:
        found.promote("V1", reason="the first")
        found.promote("V2")
        found.rollback(reason="too many alarms")
        found.set_alias("challenger", "V3")
        found.delete_alias("challenger")
        found.set_alias("shadow", "V2")
        yield found


@pytest.fixture
def elsewhere():
    with mg.connect(":memory:") as connection:
        yield connection


def told(group):
    history = group.alias_history()
    return history[["timestamp", "alias", "move", "before", "after", "reason"]].to_dict("records")


def test_every_move_is_there_with_its_moment_and_its_reason(group, elsewhere, tmp_path):
    moved = elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    assert told(moved) == told(group)
    assert {name: v.version_label for name, v in moved.aliases().items()} == {
        "champion": "V1", "shadow": "V2",
    }  # fmt: skip
    for at in group.alias_history()["timestamp"]:
        assert moved.champion(at=at).id == group.champion(at=at).id
    assert elsewhere.verify()


def test_a_promotion_and_a_rollback_go_on_from_there(group, elsewhere, tmp_path):
    moved = elsewhere.import_bundle(group.export(tmp_path / "bundle"))
    with pytest.raises(ConflictError, match="the first champion"):
        moved.rollback()
    moved.promote("V3")
    assert moved.rollback().version_label == "V1"


def test_the_same_bundle_again_changes_nothing(group, elsewhere, tmp_path):
    bundle = group.export(tmp_path / "bundle")
    moved = elsewhere.import_bundle(bundle)
    n_events = len(elsewhere.audit())
    elsewhere.import_bundle(bundle)
    assert len(elsewhere.audit()) == n_events
    assert_same_but_for_history(bundle, moved.export(tmp_path / "again"))


def test_moves_since_then_are_added(group, elsewhere, tmp_path):
    first = group.export(tmp_path / "first")
    elsewhere.import_bundle(first)
    group.promote("V3", reason="better")
    moved = elsewhere.import_bundle(group.export(tmp_path / "second"))
    assert moved.champion().version_label == "V3"
    assert told(moved) == told(group)
    assert elsewhere.import_bundle(first).champion().version_label == "V3"  # which is behind
    assert moved.rollback().version_label == "V1"


def test_an_alias_that_both_have_moved_is_refused(group, elsewhere, tmp_path):
    moved = elsewhere.import_bundle(group.export(tmp_path / "first"))
    moved.promote("V2")
    group.promote("V3")
    before = told(moved)
    with pytest.raises(ConflictError, match="the alias 'champion' was moved to other versions"):
        elsewhere.import_bundle(group.export(tmp_path / "second"))
    assert told(moved) == before


def test_a_version_that_is_archived_here_gets_no_alias(group, elsewhere, tmp_path):
    moved = elsewhere.import_bundle(group.export(tmp_path / "first"))
    moved.get_version(label="V3").archive()
    group.promote("V3")
    with pytest.raises(ConflictError, match=r"would point at .*, which is archived here"):
        elsewhere.import_bundle(group.export(tmp_path / "second"))
    assert moved.champion().version_label == "V1"


@pytest.mark.parametrize(
    ("number", "column", "value", "problem"),
    [
        (0, "kind", "stolen", "of a kind that there is not"),
        (0, "model_id", None, "of a kind that there is not"),
        (0, "model_id", "00000000-0000-4000-8000-000000000000", "a version that is not there"),
        (1, "at", "2020-01-01T00:00:00.000000Z", "one before the move before it"),
        (1, "at", "yesterday", "no time"),
        (1, "parent", 2, "goes back to one that is not before it"),
        (1, "parent", -1, "goes back to one that is not before it"),
        (5, "parent", 1, "goes back to one that is not before it"),
        (0, "name", 5, "a 'name' it cannot have"),
        (0, "reason", "\ud800", "a 'reason' it cannot have"),
        (0, "parent", True, "a 'parent' it cannot have"),
    ],
)
def test_moves_that_nobody_made_are_refused(group, number, column, value, problem):
    held = json.loads(dump_content(_content(group._registry, group.id, with_logs=False)))
    moves = held["alias_moves"]
    moves["rows"][number][moves["columns"].index(column)] = value
    with pytest.raises(BundleError, match=problem):
        require_sound(load_content(json.dumps(held).encode()), group.id)


def test_a_bundle_of_before_has_no_aliases(group, tmp_path):
    content = json.loads(dump_content(_content(group._registry, group.id, with_logs=False)))
    del content["alias_moves"]
    assert load_content(json.dumps(content).encode())["alias_moves"] == []


def test_the_moves_stand_in_the_bundle_by_name(group, tmp_path):
    with zipfile.ZipFile(group.export(tmp_path / "bundle")) as files:
        held = json.loads(files.read("catalog.json"))["alias_moves"]
    assert [row[held["columns"].index("kind")] for row in held["rows"]] == [
        "promote", "promote", "rollback", "set", "delete", "set",
    ]  # fmt: skip
