"""`ModelGroup`: versions, names, archiving."""

import dataclasses
import json
import warnings

import pytest

import modelgroups as mg
from modelgroups import ModelGroup
from modelgroups.errors import (
    BadRequestError,
    ClosedError,
    ConflictError,
    MethodNotApplicableError,
    NotFoundError,
    ResponseClientError,
    UserTypeError,
    UserValueError,
)

from .samples import contents, new_model, saved_model


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def group(connection):
    """Return a group with the versions 1 (V1), 2 (no label) and 3 (V3)."""
    group = connection.get_model_group(saved_model(connection, label="V1"))
    saved_model(connection, group=group)
    saved_model(connection, group=group, label="V3")
    return group


def numbers(models):
    return [model.version_sequence_num for model in models]


# --- versions -----------------------------------------------------------------------------


def test_a_version_is_added_and_stored_by_its_save(connection, group):
    model = new_model(connection)
    before = contents(connection)
    assert group.add_version(model, label="V4") is None
    assert (model.model_group_id, model.version_label) == (group.id, "V4")
    assert contents(connection) == before
    model.save()
    assert (model.version_sequence_num, model.version_label) == (4, "V4")


def test_a_second_group_of_one_name_is_told_and_made(connection, group):
    model = new_model(connection)
    with pytest.warns(mg.ModelGroupsWarning, match=f"another model group named .*{group.id}"):
        model.save()
    assert model.model_group_id != group.id
    other = connection.get_model_group(model)
    third = new_model(connection)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(mg.ModelGroupsWarning, match=group.id):
            third.save()
        assert (third.id, len(connection.model_groups())) == (None, 2)
        other.add_version(third)
        third.save()
        group.archive()
        other.archive()
        new_model(connection).save()


def test_a_label_that_was_set_before_stays(connection, group):
    model = new_model(connection)
    model.version_label = "mine"
    group.add_version(model)
    assert model.version_label == "mine"


def test_a_model_is_added_to_one_group(connection, group):
    model, saved = new_model(connection), group.get_version(1)
    elsewhere = connection.get_model_group(connection.get_model(saved_model(connection).id))
    elsewhere.add_version(model)
    for added, there in ((model, elsewhere), (saved, group)):
        with pytest.raises(UserValueError, match=there.id):
            group.add_version(added, label="other")
        assert added.version_label != "other"


def test_a_label_that_is_taken_can_be_chosen_anew(connection, group):
    model = new_model(connection)
    group.add_version(model, label=group.get_version(1).version_label)
    with pytest.raises(ConflictError, match="choose another"):
        model.save()
    group.add_version(model, label="V4")
    model.save()
    assert (model.version_sequence_num, model.version_label) == (4, "V4")


@pytest.mark.parametrize("model, label", [(5, None), (None, None), ("new", 5), ("new", b"V4")])
def test_a_version_is_a_model_with_a_text_for_a_label(connection, group, model, label):
    model = new_model(connection) if model == "new" else model
    with pytest.raises(UserTypeError):
        group.add_version(model, label=label)
    assert getattr(model, "model_group_id", None) is None


def test_an_archived_group_takes_no_versions(connection, group):
    group.archive()
    model = new_model(connection)
    group.add_version(model)
    before = contents(connection)
    with pytest.raises(ConflictError, match=r"^409 .*archived.*group\.restore\(\)"):
        model.save()
    assert contents(connection) == before
    assert not model.model_is_saved()
    group.restore()
    model.save()
    assert model.version_sequence_num == 4


def test_a_version_is_got_by_number_or_label(group):
    assert group.get_version(2) == group.get_version(sequence_num=2)
    assert numbers([group.get_version(2), group.get_version(label="V3")]) == [2, 3]
    assert group.get_version(1).version_label == "V1"


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({}, UserValueError, "none was given"),
        ({"sequence_num": 1, "label": "V1"}, UserValueError, "not 2 of them"),
        ({"sequence_num": "1"}, UserTypeError, "sequence_num must be an int, got str '1'"),
        ({"sequence_num": "V1"}, UserTypeError, r"got str 'V1'; .*get_version\(label='V1'\)"),
        ({"sequence_num": 1.0}, UserTypeError, "sequence_num"),
        ({"sequence_num": True}, UserTypeError, "sequence_num must be an int, got bool True"),
        ({"sequence_num": "1", "label": "V1"}, UserTypeError, "sequence_num"),
        ({"label": 1}, UserTypeError, "label must be a str"),
        ({"label": "\ud800"}, UserValueError, "label"),
        ({"sequence_num": 1, "include_archived": 1}, UserTypeError, "include_archived"),
        ({"sequence_num": 1, "include_archived": None}, UserTypeError, "include_archived"),
        ({"sequence_num": 0}, NotFoundError, "^404 .*number 0"),
        ({"sequence_num": -1}, NotFoundError, "number -1"),
        ({"sequence_num": 4}, NotFoundError, "number 4, the last is"),
        ({"sequence_num": 10**30}, NotFoundError, "number 10000"),
        ({"label": "v1"}, NotFoundError, "^404 .*label 'v1'"),
        ({"label": ""}, NotFoundError, "label ''"),
        ({"label": "%"}, NotFoundError, "label '%'"),
        ({"label": "'; DROP TABLE model; --"}, NotFoundError, "DROP TABLE"),
    ],
)
def test_a_version_that_cannot_be_got_says_why(group, arguments, error, words):
    with pytest.raises(error, match=words) as caught:
        group.get_version(**arguments)
    assert (error is NotFoundError) == isinstance(caught.value, ResponseClientError)


def test_an_archived_version_is_got_only_when_asked_for(group):
    group.get_version(3).archive()
    for arguments in ({"sequence_num": 3}, {"label": "V3"}):
        with pytest.raises(NotFoundError, match=r"archived.*include_archived=True"):
            group.get_version(**arguments)
        assert group.get_version(**arguments, include_archived=True).archived


def test_versions_come_newest_first_with_their_attributes(group):
    versions = group.get_versions()
    assert numbers(versions) == [3, 2, 1]
    assert group.list_versions() == versions
    group.get_version(2).archive()
    assert numbers(group.get_versions()) == numbers(group.list_versions()) == [3, 1]
    archived = {"include_archived": True}
    assert numbers(group.get_versions(**archived)) == [3, 2, 1]
    assert numbers(group.list_versions(**archived)) == [3, 2, 1]
    for listing in (group.get_versions, group.list_versions, group.get_latest_version):
        with pytest.raises(UserTypeError, match="include_archived"):
            listing(include_archived="yes")


def test_versions_bring_their_attributes_and_listed_ones_read_them_when_asked(connection, group):
    versions, listed = group.get_versions(), group.list_versions()
    connection.close()
    assert [v.get_attribute("age").position for v in versions] == [0, 0, 0]
    with pytest.raises(ClosedError):
        listed[0].get_attribute("age")


def test_the_latest_version_has_the_highest_number(group):
    assert numbers([group.get_latest_version()]) == [3]
    group.get_version(3).archive()
    assert numbers([group.get_latest_version()]) == [2]
    assert numbers([group.get_latest_version(include_archived=True)]) == [3]
    for version in group.get_versions():
        version.archive()
    with pytest.raises(NotFoundError, match=r"^404 .*archived"):
        group.get_latest_version()
    assert numbers([group.get_latest_version(include_archived=True)]) == [3]


def test_returned_versions_are_fresh_and_can_be_used(group):
    one, other = group.get_version(1), group.get_version(1)
    one.get_attribute("age").label = "changed"
    assert other.get_attribute("age").label is None
    other.description = "works"
    other.update()
    assert group.get_versions()[-1].description == "works"
    assert other.reference_data().shape == (3, 3)


def test_versions_of_other_groups_are_not_seen(connection, group):
    saved_model(connection, label="elsewhere")
    with pytest.raises(NotFoundError):
        group.get_version(label="elsewhere")
    assert len(group.get_versions()) == 3


# --- name and description -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["name", "description"])
def test_a_new_name_is_stored_at_once(connection, group, field):
    updated = group.updated_at
    setattr(group, field, "Größe 😀 '; DROP TABLE model_group; --")
    fresh = connection.get_model_group(group.id)
    assert fresh == group
    assert getattr(fresh, field) == "Größe 😀 '; DROP TABLE model_group; --"
    assert fresh.updated_at > updated
    assert group.get_version(1).display_name == "Card fraud"


@pytest.mark.parametrize("field", ["name", "description"])
@pytest.mark.parametrize(
    "value, error",
    [
        ("", UserValueError),
        (None, UserValueError),
        (5, UserTypeError),
        (["x"], UserTypeError),
        ("x" * 256, BadRequestError),
        ("a\0b", BadRequestError),
        ("\ud800", UserValueError),
    ],
)
def test_a_name_that_cannot_be_stored_changes_nothing(connection, group, field, value, error):
    group.description = "before"
    before, fields = contents(connection), group.to_dict()
    with pytest.raises(error, match=field):
        setattr(group, field, value)
    assert contents(connection) == before
    assert group.to_dict() == fields


def test_a_long_name_fits(connection, group):
    group.name = "x" * 255
    assert connection.get_model_group("x" * 255) == group


def test_two_groups_may_have_one_name(connection, group):
    other = connection.get_model_group(saved_model(connection, "Other"))
    other.name = group.name
    assert [g.name for g in connection.model_groups(name=group.name)] == [group.name] * 2


# --- archive and restore ------------------------------------------------------------------


def test_archiving_a_group_archives_its_versions(connection, group):
    assert group.archive() is None
    assert group.archived
    assert connection.model_groups() == connection.models() == group.get_versions() == []
    assert connection.get_model_group(group.id) == group
    versions = group.get_versions(include_archived=True)
    assert [v.status for v in versions] == ["Archived"] * 3
    assert versions[0].reference_data().shape == (3, 3)
    with pytest.raises(NotFoundError, match=r"^404 .*group\.restore\(\)"):
        group.archive()


def test_restoring_brings_back_what_was_archived_together(connection, group):
    group.get_version(2).archive()
    group.archive()
    group.restore()
    assert not group.archived
    assert connection.get_model_group(group.id) == group
    assert numbers(group.get_versions()) == [3, 1]
    with pytest.raises(ConflictError, match="not archived"):
        group.restore()


def test_restoring_needs_the_partner_ids(connection, group):
    ids = [version.partner_model_id for version in group.get_versions()]
    group.archive()
    thief = saved_model(connection, partner_model_id=ids[1])
    before = contents(connection)
    with pytest.raises(ConflictError, match=ids[1]):
        group.restore()
    assert contents(connection) == before
    assert group.archived
    thief.archive()
    group.restore()
    assert numbers(group.get_versions()) == [3, 2, 1]


def test_another_object_learns_of_it_when_it_is_got_again(connection, group):
    other = connection.get_model_group(group.id)
    group.archive()
    assert not other.archived
    assert connection.get_model_group(group.id).archived


# --- as a value ---------------------------------------------------------------------------


def test_groups_are_equal_by_their_fields(connection, group):
    fresh = connection.get_model_group(group.id)
    assert fresh == group
    assert fresh is not group
    fresh.archived = True
    assert fresh != group
    assert group != group.id
    with pytest.raises(TypeError, match="unhashable"):
        hash(group)


def test_a_dictionary_has_the_public_fields_only(group):
    record = group.to_dict(skip_none=False)
    assert list(record) == ["id", "name", "description", "archived", "created_at", "updated_at"]
    assert [record[key] for key in list(record)[1:4]] == ["Card fraud", None, False]
    assert "description" not in group.to_dict()
    assert json.loads(group.to_json()) == group.to_dict()
    back = ModelGroup.from_dict(record | {"colour": "red"})
    assert back == group
    assert back.to_dict() == group.to_dict()


def test_the_fields_are_those_of_the_sdk():
    public = [f.name for f in dataclasses.fields(ModelGroup) if not f.name.startswith("_")]
    assert public == ["id", "name", "description", "archived", "created_at", "updated_at"]


def test_a_group_without_a_registry_keeps_its_fields_and_does_nothing():
    group = ModelGroup("id-1", "Card fraud")
    group.name = "Other"
    assert group.name == "Other"
    with pytest.raises(MethodNotApplicableError, match="belongs to no registry"):
        group.get_versions()
    with pytest.raises(UserTypeError, match="client"):
        ModelGroup("id-1", "Card fraud", client=5)


def test_repr_and_html_name_the_group_and_its_versions(connection, group):
    assert repr(group) == f"<ModelGroup 'Card fraud': 3 versions, id {group.id}>"
    group.name = "<b onclick=\"x('1')\">"
    saved_model(connection, "<i>", group=group, label="<u>")
    shown = group._repr_html_()
    assert "&lt;b onclick=&quot;x(&#x27;1&#x27;)&quot;&gt;" in shown
    assert "&lt;i&gt;" in shown
    assert "&lt;u&gt;" in shown
    assert not any(tag in shown for tag in ("<b onclick", "<i>", "<u>"))
    assert shown.count("<tr>") == 5
    group.archive()
    assert repr(group).endswith("archived>")


def test_the_constructor_takes_a_connection(connection, group):
    made = ModelGroup(group.id, "Card fraud", client=connection)
    assert numbers(made.get_versions()) == [3, 2, 1]
