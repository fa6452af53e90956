"""A bundle adds what is new to a group that is there, and refuses what contradicts it."""

import pandas as pd
import pytest
from sqlalchemy import text

import modelgroups as mg
from modelgroups.errors import ConflictError

from .samples import assert_same_group, contents, new_version, rich_group, rows


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def elsewhere():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def start(connection, tmp_path):
    model = new_version(connection, 1)
    model.save()
    group = connection.get_model_group(model)
    return group, group.export(tmp_path / "start")


def version(connection, group, number, **fields):
    model = new_version(connection, number, group, **fields)
    model.save()
    return model


def test_what_is_there_already_changes_nothing(connection, elsewhere, tmp_path):
    bundle = rich_group(connection, tmp_path).export(tmp_path / "b", inferences=True)
    elsewhere.import_bundle(bundle)
    before = contents(elsewhere)
    elsewhere.import_bundle(bundle)
    elsewhere.import_bundle(bundle, inferences=False)
    assert contents(elsewhere) == before


def test_new_versions_and_additions_come_to_a_group_that_is_there(
    connection, elsewhere, start, tmp_path
):
    group, bundle = start
    there = elsewhere.import_bundle(bundle)
    first = group.get_version(label="V1")
    second = version(connection, group, 2)
    second.send_inferences(rows(300))
    first.add_artifact(b"later", name="later")
    first.set_reference_data(data=first.reference_data().tail(2))
    elsewhere.import_bundle(group.export(tmp_path / "next", inferences=True))
    assert_same_group(group, there)
    assert there.get_latest_version().version_label == "V2"
    assert len(there.get_latest_version().inferences()) == 300
    assert len(there.get_version(label="V1").reference_data()) == 2
    assert elsewhere.verify()


def test_inferences_come_later_into_an_empty_log_only(connection, elsewhere, start, tmp_path):
    group, bundle = start
    elsewhere.import_bundle(bundle)
    model = group.get_version(label="V1")
    model.send_inferences(rows(300))
    there = elsewhere.import_bundle(group.export(tmp_path / "2", inferences=True))
    other = there.get_version(label="V1")
    pd.testing.assert_frame_equal(other.inferences(), model.inferences())
    model.send_inferences(rows(5, start=300))
    bundle = group.export(tmp_path / "3", inferences=True)
    before = contents(elsewhere)
    with pytest.raises(ConflictError, match=r"version 1 .* has other inferences here"):
        elsewhere.import_bundle(bundle)
    assert contents(elsewhere) == before
    elsewhere.import_bundle(bundle, inferences=False)
    assert len(other.inferences()) == 300


def test_what_each_registry_may_change_stays_as_it_is(connection, elsewhere, start, tmp_path):
    group, bundle = start
    there = elsewhere.import_bundle(bundle)
    there.name, group.name = "theirs", "ours"
    mine, other = group.get_version(label="V1"), there.get_version(label="V1")
    mine.tags, other.tags = ["ours"], ["theirs"]
    mine.update()
    other.update()
    mine.archive()
    version(connection, group, 2)
    elsewhere.import_bundle(group.export(tmp_path / "next"))
    assert elsewhere.get_model_group(group.id).name == "theirs"
    kept = there.get_version(label="V1")
    assert (kept.tags, kept.archived) == (["theirs"], False)
    assert elsewhere.verify()


def test_conflicts_are_refused_in_one_list(connection, elsewhere, start, tmp_path):
    group, bundle = start
    there = elsewhere.import_bundle(bundle)
    version(connection, group, 2)
    version(connection, group, 3)
    version(elsewhere, there, 2)
    new_version(elsewhere, 0, partner_model_id="fraud-3").save()
    group.get_version(label="V1").add_artifact(b"ours", name="report")
    there.get_version(label="V1").add_artifact(b"theirs", name="report")
    bundle, before = group.export(tmp_path / "next"), contents(elsewhere)
    with pytest.raises(ConflictError) as refused:
        elsewhere.import_bundle(bundle)
    told = str(refused.value)
    assert "(4 conflicts)" in told
    assert "version 2 is" in told
    assert "'fraud-3' of version 3 belongs to another active model" in told
    assert "'fraud-2' of version 2 belongs" in told
    assert "name 'report' is another one here: digest" in told
    assert contents(elsewhere) == before


def test_a_label_that_is_taken_and_an_archived_group_are_conflicts(
    connection, elsewhere, start, tmp_path
):
    group, bundle = start
    there = elsewhere.import_bundle(bundle)
    second, third = (new_version(c, 2, g) for c, g in ((connection, group), (elsewhere, there)))
    third.version_label = "V3"
    second.save()
    third.save()
    taken = new_version(connection, 3, group)
    taken.save()
    with pytest.raises(ConflictError, match="the label 'V3' belongs to version 2 here"):
        elsewhere.import_bundle(group.export(tmp_path / "3"))
    with mg.connect(":memory:") as third_registry:
        third_registry.import_bundle(bundle).archive()
        with pytest.raises(ConflictError, match="is archived here"):
            third_registry.import_bundle(tmp_path / "3")
        third_registry.import_bundle(bundle)  # brings nothing new


def test_versions_under_each_other_make_no_circle(connection, elsewhere, start, tmp_path):
    group, bundle = start
    elsewhere.import_bundle(bundle)
    child = new_version(connection, 2, group)
    child.parents = [group.get_version(label="V1")]
    child.save()
    with elsewhere.registry.catalog.write() as session:
        values = {"model": group.get_version(label="V1").id, "parent": child.id}
        session.execute(text("INSERT INTO parent VALUES (:model, 0, :parent)"), values)
    with pytest.raises(ConflictError, match="its own ancestor"):
        elsewhere.import_bundle(group.export(tmp_path / "2"))


def test_a_metric_of_the_same_name_must_be_the_same(connection, elsewhere, start, tmp_path):
    group, bundle = start
    there = elsewhere.import_bundle(bundle)

    def rate(value):
        parameters = {"property": "age", "comparator": "gt", "value": value}
        return {"select": [{"function": "rate", "parameters": parameters}]}

    group.get_version(label="V1").create_metric("Elderly", rate(40))
    elsewhere.import_bundle(group.export(tmp_path / "2"))
    elsewhere.import_bundle(tmp_path / "2")
    group.get_version(label="V1").create_metric("Young", rate(20))
    there.get_version(label="V1").create_metric("Young", rate(30))
    with pytest.raises(ConflictError, match="name 'Young' is another one here: id, query"):
        elsewhere.import_bundle(group.export(tmp_path / "3"))
